// Whole command lines that need no graph: what is printed where, and the exit status.
#include <sys/stat.h>

#include "cli/fixture.h"

namespace omnigraph::cli {
namespace {

using RunTest = CliTest;

TEST_F(RunTest, VersionAndHelp) {
  EXPECT_EQ(run({"-v"}).out, "omnigraph 0.1.0\n");
  EXPECT_EQ(run({"version"}).out, "omnigraph 0.1.0\ninternal-schema 1\n");
  EXPECT_EQ(run({"--help"}).status, 0);
  const Outcome none = run({});
  EXPECT_EQ(none.status, 2);
  EXPECT_EQ(none.out, "");
  EXPECT_TRUE(contains(none.err, "Usage: omnigraph"));
}

TEST_F(RunTest, DeprecatedSpellingsWarnEvenBeforeUsageErrors) {
  const Outcome outcome = run({"read", "--nonsense"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(outcome.err.starts_with(
      "warning: `omnigraph read` is deprecated; use `omnigraph query` instead\n"));
  EXPECT_TRUE(contains(outcome.err, "unexpected argument '--nonsense' found"));
  EXPECT_TRUE(contains(run({"query", "check", "--query", "q"}).err, "`omnigraph query check` is"));
}

TEST_F(RunTest, AFailureIsANumberedReport) {
  const Outcome outcome = run({"snapshot", "--json"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_TRUE(outcome.err.starts_with("Error:\n   0: no graph addressed — pass a positional URI"));
  EXPECT_FALSE(contains(outcome.err, "\x1b"));
}

// ---- the addressing guard ----

TEST_F(RunTest, GuardNamesTheFirstOffender) {
  const Outcome outcome = run({"version", "--graph", "kb", "--server", "prod"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(contains(outcome.err,
                       "`version` is a local command; --server addresses a served graph and does "
                       "not apply. It does not address a graph."));
}

TEST_F(RunTest, GuardPrecedesFilesAndFollowsUsage) {
  EXPECT_TRUE(contains(run({"load", "--cluster", "c", "--data", "absent", "--mode", "append"}).err,
                       "`load` is a data command; --cluster addresses a cluster-scoped command and "
                       "does not apply.\n"));
  EXPECT_EQ(run({"load", "--cluster", "c"}).status, 2);
}

TEST_F(RunTest, GuardSpeaksOfEachCapability) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"optimize", "--server", "s"},
       "`optimize` is a direct (storage-native) command; --server addresses a served graph and "
       "does "
       "not apply. Pass a storage URI, or --cluster <dir> --graph <id>."},
      {{"schema", "plan", "--schema", "s", "--graph", "g"}, "Pass a storage URI."},
      {{"queries", "list", "--store", "g"},
       "`queries list` is a cluster control command; --store addresses a single graph's storage "
       "directly and does not apply. It operates on a cluster (pass --cluster <dir|uri>, or select "
       "a "
       "cluster profile)."},
      {{"cluster", "status", "--as", "a"}, "(pass --config <dir>)."},
      {{"graphs", "list", "--store", "g"},
       "Address the server with --server <name|url> or --profile <name>."},
      {{"query", "--as", "a", "-e", "x"},
       "`query` is a data command; --as sets the actor for a direct-engine or actor-bound cluster "
       "operation and does not apply."},
      {{"init", "--schema", "s", "--profile", "p", "g"}, "--profile selects a scope bundle"}};
  for (const auto& [args, expected] : cases) {
    const Outcome outcome = run(args);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(contains(outcome.err, expected));
  }
}

TEST_F(RunTest, GuardOfAliasListsAllOffenders) {
  EXPECT_TRUE(contains(run({"alias", "x", "--as", "a", "--server", "s", "--graph", "g"}).err,
                       "remove global scope flag(s): --server, --graph, --as"));
}

// ---- operator config ----

TEST_F(RunTest, ConfigWarnsAboutUnknownKeysOnce) {
  write_config("colour: green\nprofiles:\n  p: { store: g.omni, flavour: mint }\n");
  const Outcome outcome = run({"profile", "list"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_TRUE(contains(outcome.err,
                       "warning: unknown key `colour` (newer CLI feature or typo); "
                       "ignored in operator config '"));
  EXPECT_TRUE(contains(outcome.err, "`profiles.p.flavour`"));
}

TEST_F(RunTest, ConfigRefusesWhatIsMalformed) {
  for (const char* text :
       {"operator: [broken", "operator: 7\n", "servers: { a: { } }\n",
        "defaults: { table_max_column_width: wide }\n", "defaults: { output: xml }\n",
        "defaults: { table_cell_layout: fold }\n", "aliases: { a: { server: s } }\n",
        "profiles: { p: { store: [a] } }\n"}) {
    write_config(text);
    const Outcome outcome = run({"profile", "list"});
    EXPECT_EQ(outcome.status, 1) << text;
    EXPECT_TRUE(contains(outcome.err, "could not parse operator config")) << text;
  }
  write_config("defaults: { server: a, store: b }\n");
  EXPECT_TRUE(contains(run({"snapshot", "g.omni"}).err, "binds one entity"));
  write_config("defaults: { store: b, default_graph: c }\n");
  EXPECT_TRUE(contains(run({"snapshot", "g.omni"}).err, "already a single graph"));
}

TEST_F(RunTest, EmptyConfigIsNoConfig) {
  write_config("");
  EXPECT_EQ(run({"profile", "list"}).out, "no profiles defined in the operator config\n");
  EXPECT_EQ(run({"profile", "list", "--json"}).out, "[]\n");
}

TEST_F(RunTest, UsageErrorPrecedesConfig) {
  write_config("operator: [broken");
  EXPECT_EQ(run({"snapshot", "--nonsense"}).status, 2);
  EXPECT_EQ(run({"version"}).status, 0);
}

// ---- scopes ----

constexpr std::string_view kScopes = R"(
servers:
  aviary: { url: "http://127.0.0.1:9/" }
  zoo: { url: "http://127.0.0.1:9" }
clusters:
  flock: { root: c }
profiles:
  srv: { server: aviary, default_graph: kb }
  adm: { cluster: flock, default_graph: kb }
  dev: { store: g.omni }
  mixed: { store: g.omni, default_graph: kb }
  empty: { default_graph: kb }
  torn: { server: aviary, store: g.omni }
)";

TEST_F(RunTest, ScopeErrorsGiveAdvice) {
  write_config(kScopes);
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"snapshot", "a.omni", "--store", "b.omni"},
       "a positional URI and --store are mutually exclusive — pick one way to address the graph"},
      {{"optimize", "--cluster", "c", "--store", "b"},
       "--store and --cluster are mutually exclusive"},
      {{"branch", "list", "--uri", "a", "--store", "b"}, "mutually exclusive"},
      {{"snapshot", "a.omni", "--graph", "kb"}, "already a single graph"},
      {{"snapshot", "--server", "nest", "--graph", "kb"},
       "unknown server 'nest' — servers defined in the operator config: [aviary, zoo]"},
      {{"snapshot", "--profile", "ghost"},
       "unknown profile 'ghost' (not defined under `profiles:`"},
      {{"snapshot", "--profile", "empty"},
       "profile 'empty' binds no scope; set exactly one of `server`, `cluster`, or `store`"},
      {{"snapshot", "--profile", "torn"}, "profile 'torn' binds 2 scopes (server, store)"},
      {{"snapshot", "--profile", "mixed"},
       "--graph does not apply to a store scope (profile 'mixed')"},
      {{"snapshot", "--profile", "adm"},
       "profile 'adm' resolves a cluster scope, which is not valid"},
      {{"optimize", "--profile", "srv"}, "profile 'srv' resolves a server scope; name storage"},
      {{"graphs", "list", "--profile", "dev"}, "but profile 'dev' resolves a store scope"},
      {{"graphs", "list", "--profile", "adm"}, "`omnigraph cluster status --config <dir>`"},
      {{"graphs", "list"}, "`graphs list` needs a server scope"},
      {{"snapshot", "http://h/graphs/kb"}, "must be addressed with `--server <url>`"},
      {{"optimize", "https://h"},
       "`optimize` is a direct (storage-native) command and needs direct storage access; the "
       "resolved target is a remote server (https://h)."},
      {{"optimize", "--cluster", "flock"}, "cluster `flock` has no applied state"},
      {{"queries", "list"}, "`queries` needs a cluster — pass --cluster <dir|uri>"},
      {{"policy", "validate", "--profile", "dev"}, "`policy` needs a cluster"},
      {{"mutate", "--server", "zoo", "--as", "a", "-e", "x"},
       "`--as` is not allowed on a served write"}};
  for (const auto& [args, expected] : cases) {
    const Outcome outcome = run(args);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(contains(outcome.err, expected));
  }
}

TEST_F(RunTest, ExplicitAddressMakesProfilesIrrelevant) {
  environment_["OMNIGRAPH_PROFILE"] = "ghost";
  EXPECT_FALSE(contains(run({"snapshot", path("absent.omni")}).err, "profile"));
  environment_["OMNIGRAPH_PROFILE"] = "";
  EXPECT_TRUE(contains(run({"snapshot"}).err, "no graph addressed"));
}

TEST_F(RunTest, DestructiveWritesNeedConsent) {
  const std::vector<std::string> remove = {"branch", "delete", "x", "--store", "s3://b/g.omni"};
  EXPECT_TRUE(contains(run(remove).err,
                       "refusing destructive `branch delete` against non-local "
                       "target s3://b/g.omni without confirmation; pass --yes"));
  terminal_ = true;
  input_ = "no";
  const Outcome refused = run(remove);
  EXPECT_TRUE(contains(refused.err, "About to run a destructive `branch delete`"));
  EXPECT_TRUE(contains(refused.err, "aborted: destructive `branch delete` not confirmed"));
  input_ = "YES";
  EXPECT_FALSE(contains(run(remove).err, "aborted"));
}

TEST_F(RunTest, CleanupPreviewOpensNothing) {
  const Outcome preview = run({"cleanup", "--keep", "2", "--older-than", "90m", "absent.omni"});
  EXPECT_EQ(preview.status, 0);
  EXPECT_EQ(preview.out, "");
  EXPECT_EQ(preview.err,
            "cleanup is destructive — rerun with --confirm. Policy for absent.omni: "
            "keep 2 versions, remove anything older than 5400s\n");
  for (const auto& [duration, message] : std::vector<std::pair<std::string, std::string>>{
           {"", "duration is empty"},
           {"7y", "unknown duration unit 'y'. Supported: s, m, h, d, w"},
           {"1h30m", "invalid duration '1h30m': "},
           {"h", "invalid duration 'h': "},
           {"1.5h", "invalid duration '1.5h': "},
           {"99999999999999999999", "invalid duration"}}) {
    const Outcome outcome = run({"cleanup", "--older-than", duration, "absent.omni"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(contains(outcome.err, message));
  }
  EXPECT_TRUE(contains(run({"cleanup", "g"}).err, "at least one of --keep or --older-than"));
}

// ---- credentials ----

TEST_F(RunTest, LoginKeepsOtherSections) {
  write_config("servers: { aviary: { url: \"http://h\" } }\n");
  const Outcome first = run({"login", "aviary", "--token", " t1 "});
  EXPECT_EQ(first.out, "stored credential for 'aviary' in " + path("home/credentials") + "\n");
  EXPECT_EQ(first.err, "");
  input_ = "t2";
  EXPECT_TRUE(contains(run({"login", "nest"}).err, "note: 'nest' is not declared under servers:"));
  EXPECT_EQ(run({"login", "aviary", "--token", "t3"}).status, 0);
  EXPECT_EQ(read("home/credentials"), "[nest]\ntoken = t2\n[aviary]\ntoken = t3\n");
  struct stat info {};
  ASSERT_EQ(::stat(path("home/credentials").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);

  EXPECT_EQ(run({"logout", "nest"}).status, 0);
  EXPECT_EQ(run({"logout", "nest"}).status, 0);  // nothing left to do is success
  EXPECT_EQ(read("home/credentials"), "[aviary]\ntoken = t3\n");
}

TEST_F(RunTest, LoginRefusesBlankTokensAndOpenFiles) {
  EXPECT_TRUE(contains(run({"login", "a", "--token", "  "}).err,
                       "no token provided: pass --token <TOKEN> or pipe it on stdin"));
  input_ = std::nullopt;
  EXPECT_EQ(run({"login", "a"}).status, 1);
  write("home/credentials", "[a]\ntoken = t\n");
  ::chmod(path("home/credentials").c_str(), 0644);
  const Outcome open = run({"login", "a", "--token", "t"});
  EXPECT_EQ(open.status, 1);
  EXPECT_TRUE(contains(open.err, "is group/world-accessible (mode 644); run `chmod 600 "));
  write_config("servers: { a: { url: \"http://127.0.0.1:9\" } }\n");
  EXPECT_TRUE(contains(run({"snapshot", "--server", "a", "--graph", "kb"}).err, "chmod 600"));
}

// ---- profiles ----

TEST_F(RunTest, ProfilesAreListedEvenWhenBroken) {
  write_config(kScopes);
  environment_["OMNIGRAPH_PROFILE"] = "srv";
  const Outcome list = run({"profile", "list"});
  EXPECT_EQ(list.status, 0);
  EXPECT_TRUE(contains(list.out, "srv (active)  server: aviary · graph: kb\n"));
  EXPECT_TRUE(contains(list.out, "dev  store: g.omni\n"));
  EXPECT_TRUE(contains(list.out, "torn  invalid: profile 'torn' binds 2 scopes"));
  const Outcome shown = run({"profile", "show"});
  EXPECT_EQ(shown.out,
            "profile: srv\n  scope:   server aviary\n  endpoint: http://127.0.0.1:9/\n"
            "  default graph: kb\n");
  EXPECT_EQ(run({"profile", "show", "ghost"}).status, 1);
  EXPECT_EQ(run({"profile", "show", "torn"}).status, 1);
}

TEST_F(RunTest, AliasesCheckTheirArgumentsFirst) {
  write_config(
      "aliases:\n  pick: { server: \"http://127.0.0.1:9\", query: q, args: [code] }\n"
      "  odd: { server: \"http://127.0.0.1:9\", query: q, params: { 1: x } }\n");
  EXPECT_TRUE(
      contains(run({"alias", "ghost"}).err, "unknown alias 'ghost'; defined aliases: [odd, pick]"));
  EXPECT_TRUE(contains(run({"alias", "pick", "a", "b"}).err,
                       "alias 'pick' takes 1 positional arg(s) (code), got 2"));
  EXPECT_TRUE(contains(run({"alias", "odd"}).err, "alias 'odd': params keys must be strings"));
}

TEST_F(RunTest, LintNeedsNoGraph) {
  write("s.pg", "node Bird { code: String @key }\n");
  write("q.gq", "query all() { match { $b: Bird } return { $b.code } }\n");
  const Outcome lint = run({"lint", "--query", path("q.gq"), "--schema", path("s.pg")});
  EXPECT_EQ(lint.status, 0);
  EXPECT_EQ(lint.out,
            "OK    query `all` (read)\nINFO  Lint complete: 1 queries processed (0 error(s), "
            "0 warning(s), 0 info item(s))\n");
  write("bad.gq", "query all() { match { $b: Fish } return { $b.code } }\n");
  const Outcome bad = run({"lint", "--query", path("bad.gq"), "--schema", path("s.pg")});
  EXPECT_EQ(bad.status, 1);
  EXPECT_EQ(bad.err, "");
  EXPECT_TRUE(contains(run({"lint", "--query", path("no.gq"), "--schema", path("s.pg")}).err,
                       "No such file or directory"));
}

TEST_F(RunTest, BlobRangesAreCheckedFirst) {
  EXPECT_TRUE(contains(run({"blob", "get", "node", "T", "i", "p", "--length", "0"}).err,
                       "Blob range --length must be greater than zero"));
  EXPECT_TRUE(contains(run({"blob", "get", "node", "T", "i", "p", "--offset",
                            "18446744073709551615", "--length", "2"})
                           .err,
                       "Blob range overflows u64: offset 18446744073709551615, length 2"));
}

TEST_F(CliTest, MistakesAreShownWhereTheyStand) {
  write("s.pg", "node Person { name: String @key }");
  write("bad.pg", "node Person { name: String @key }\nedge Knows: Person -> Persn");
  ASSERT_EQ(run({"init", "--schema", path("s.pg"), path("g.omni")}).status, 0);
  const Outcome query = run({"query", "--store", path("g.omni"), "-e",
                             "query q() { match { $p: Person } return { $p.nam } }"});
  EXPECT_TRUE(contains(query.err,
                       "   0: type error: T6: type `Person` has no property `nam`; did "
                       "you mean `name`?\n       --> 1:43\n"));
  EXPECT_TRUE(contains(query.err, "^^^^^^\n"));
  for (const std::string command : {"plan", "apply"}) {
    const Outcome schema = run({"schema", command, path("g.omni"), "--schema", path("bad.pg")});
    EXPECT_TRUE(contains(schema.err, "unresolved endpoint"));
    EXPECT_TRUE(contains(schema.err, "did you mean 'Person'?"));
    EXPECT_TRUE(contains(schema.err, "2 | edge Knows: Person -> Persn\n"));
  }
  EXPECT_TRUE(contains(run({"brnch"}).err, "  tip: a similar subcommand exists: 'branch'\n"));
  EXPECT_TRUE(contains(run({"branch", "lst"}).err, "'list'"));
  EXPECT_TRUE(
      contains(run({"query", "--stroe", "x"}).err, "  tip: a similar option exists: '--store'\n"));
  EXPECT_EQ(run({"query", "--xyzzy"}).err.find("tip:"), std::string::npos);
}

}  // namespace
}  // namespace omnigraph::cli
