// Commands on a graph in a folder: result lines, JSON keys, channels and exit statuses.
#include "cli/fixture.h"

namespace omnigraph::cli {
namespace {

class GraphCommandsTest : public CliTest {
 protected:
  GraphCommandsTest() {
    root_ = path("g.omni");
    write("s.pg", "node Bird { code: String @key  wing: I32? }\nedge Chases: Bird -> Bird\n");
    write("d.jsonl",
          "{\"type\":\"Bird\",\"data\":{\"code\":\"b1\",\"wing\":7}}\n"
          "{\"type\":\"Bird\",\"data\":{\"code\":\"b2\"}}\n"
          "{\"edge\":\"Chases\",\"from\":\"b1\",\"to\":\"b2\"}\n");
    const Outcome init = run({"init", "--schema", path("s.pg"), root_});
    EXPECT_EQ(init.status, 0) << init.err;
    EXPECT_EQ(init.out, "initialized " + root_ + "\n");
  }
  void load() {
    const Outcome loaded = run({"load", "--data", path("d.jsonl"), "--mode", "append", root_});
    EXPECT_EQ(loaded.status, 0) << loaded.err;
    EXPECT_EQ(loaded.err, "omnigraph load → " + root_ + " (direct, local)\n");
    EXPECT_EQ(loaded.out, "loaded " + root_ +
                              " on branch main with append: 3 entities across 1 node types and 1 "
                              "edge types\n");
  }
  Outcome query(std::vector<std::string> more) {
    std::vector<std::string> args = {"query", "--store", root_};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  }

  std::string root_;
  const std::string all_ =
      "query q() { match { $b: Bird } return { $b.code, $b.wing } order { "
      "$b.code asc } }";
  const std::string add_ = "query add($c: String) { insert Bird { code: $c } }";
};

TEST_F(GraphCommandsTest, QueryPrintsEveryFormat) {
  load();
  EXPECT_EQ(
      query({"-e", all_}).out,
      "2 rows from branch main via q\nb.code | b.wing\n-------+-------\nb1     | 7     \nb2   "
      "  | null  \n");
  EXPECT_EQ(query({"-e", all_, "--format", "csv"}).out, "b.code,b.wing\nb1,7\nb2,null\n");
  EXPECT_TRUE(query({"-e", all_, "--json"}).out.starts_with("{\n  \"query_name\": \"q\",\n"));
  write_config("defaults: { output: csv }\n");
  EXPECT_EQ(query({"-e", all_}).out, "b.code,b.wing\nb1,7\nb2,null\n");
}

TEST_F(GraphCommandsTest, ExplainShowsThePlanInstead) {
  load();
  const Outcome plan = query({"-e", all_, "--explain"});
  EXPECT_EQ(plan.status, 0) << plan.err;
  EXPECT_FALSE(contains(plan.out, "b.code | b.wing"));
  EXPECT_TRUE(query({"-e", all_, "--explain", "--json"}).out.starts_with("{\n  \"name\": "));
}

TEST_F(GraphCommandsTest, QueryLanes) {
  EXPECT_TRUE(contains(query({}).err, "provide a query name to invoke from the catalog, or -e"));
  EXPECT_TRUE(contains(query({"stored"}).err, "by-name invocation needs a server"));
  EXPECT_TRUE(contains(query({"-e", "  "}).err, "--query-string must not be empty"));
  EXPECT_TRUE(contains(query({"--query", path("absent.gq")}).err, "No such file or directory"));
  EXPECT_TRUE(contains(query({"other", "-e", all_}).err, "query 'other' not found"));
  EXPECT_TRUE(contains(query({"-e", all_, "--params", "[]"}).err, "params must be a JSON object"));
  const Outcome wrong = query({"-e", add_, "--json"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_EQ(wrong.out, "");
}

TEST_F(GraphCommandsTest, MutateReportsCountsAndCommit) {
  const Outcome human =
      run({"mutate", "--store", root_, "-e", add_, "--params", "{\"c\":\"x\"}", "--as", "act-ann"});
  EXPECT_EQ(human.out, "changed main via add: 1 nodes, 0 edges\nactor_id: act-ann\n");
  EXPECT_EQ(human.err, "");
  const Outcome idle = run({"mutate", "--store", root_, "--json", "-e",
                            "query idle() { delete Bird where code = \"zz\" }"});
  EXPECT_EQ(idle.out,
            "{\n  \"branch\": \"main\",\n  \"query_name\": \"idle\",\n"
            "  \"affected_nodes\": 0,\n  \"affected_edges\": 0,\n  \"actor_id\": null,\n"
            "  \"commit\": null\n}\n");
}

TEST_F(GraphCommandsTest, ALostPreconditionExitsFour) {
  const std::vector<std::string> lost = {"mutate",
                                         "--store",
                                         root_,
                                         "--if-commit",
                                         "nope",
                                         "-e",
                                         "query m() { insert Bird { code: \"x\" } }"};
  const Outcome human = run(lost);
  EXPECT_EQ(human.status, 4);
  EXPECT_EQ(human.out, "");
  EXPECT_TRUE(human.err.starts_with(
      "precondition failed on branch 'main': expected head 'nope' but current is "));
  auto with_json = lost;
  with_json.push_back("--json");
  const Outcome json = run(with_json);
  EXPECT_EQ(json.status, 4);
  EXPECT_EQ(json.err, "");
  EXPECT_TRUE(contains(json.out,
                       "\"precondition_failure\": {\n    \"expected\": \"nope\",\n"
                       "    \"actual\": \""));
}

TEST_F(GraphCommandsTest, LoadJsonAndBranches) {
  const Outcome missing =
      run({"load", "--data", path("d.jsonl"), "--mode", "merge", "--branch", "draft", root_});
  EXPECT_EQ(missing.status, 1);
  EXPECT_TRUE(contains(missing.err, "branch 'draft' not found"));
  const Outcome forked = run({"load", "--data", path("d.jsonl"), "--mode", "merge", "--branch",
                              "draft", "--from", "main", "--json", "--quiet", root_});
  EXPECT_EQ(forked.status, 0) << forked.err;
  EXPECT_EQ(forked.err, "");
  EXPECT_TRUE(forked.out.starts_with(
      "{\n  \"uri\": \"" + root_ +
      "\",\n  \"branch\": \"draft\",\n  \"mode\": \"merge\",\n"
      "  \"base_branch\": \"main\",\n  \"branch_created\": true,\n  \"nodes\": [\n"));
  EXPECT_FALSE(contains(forked.out, "\"actor_id\": null,\n  \"commit\""));
  EXPECT_EQ(run({"branch", "list", "--store", root_}).out, "draft\nmain\n");
  EXPECT_EQ(run({"branch", "create", "x", "--from", "draft", "--uri", root_}).out,
            "created branch x from draft\n");
  EXPECT_TRUE(contains(run({"load", "--data", path("absent"), "--mode", "merge", root_}).err,
                       "No such file or directory"));
}

TEST_F(GraphCommandsTest, IngestWarnsAndTellsTheBranch) {
  const Outcome outcome = run({"ingest", "--data", path("d.jsonl"), "--branch", "draft", root_});
  EXPECT_TRUE(contains(outcome.err, "`omnigraph ingest` is a deprecated loader command"));
  EXPECT_EQ(outcome.out, "ingested 3 entities from " + root_ +
                             " into branch draft from main with merge (branch created)\n"
                             "node type 'Bird': 2 entities loaded\n"
                             "edge type 'Chases': 1 entities loaded\n");
}

TEST_F(GraphCommandsTest, HistoryIsShown) {
  load();
  const Outcome list = run({"commit", "list", root_});
  EXPECT_EQ(std::count(list.out.begin(), list.out.end(), '\n'), 2);
  const std::string id = list.out.substr(0, 26);
  EXPECT_TRUE(list.out.starts_with(id + " graph_branch=main graph_manifest_version=2\n"));
  const Outcome show = run({"commit", "show", id, "--store", root_});
  EXPECT_TRUE(show.out.starts_with("graph_commit_id: " + id +
                                   "\ngraph_branch: main\n"
                                   "graph_manifest_version: 2\nparent_commit_id: "));
  EXPECT_FALSE(contains(show.out, "actor_id"));
  EXPECT_TRUE(contains(run({"commit", "show", "nope", "--store", root_}).err,
                       "   0: commit 'nope' not found\n"));
  EXPECT_TRUE(contains(query({"-e", all_, "--snapshot", id}).out, "2 rows from snapshot " + id));
  const Outcome snapshot = run({"snapshot", root_});
  EXPECT_TRUE(contains(snapshot.out,
                       "edge type 'Chases' published_dataset_version=2 "
                       "native_dataset_branch=main entities=1\nnode type 'Bird'"));
}

TEST_F(GraphCommandsTest, SchemaAndExport) {
  load();
  EXPECT_EQ(run({"schema", "show", root_}).out, read("s.pg") + "\n");
  write("more.pg", read("s.pg") + "node Area { code: String @key }\n");
  EXPECT_EQ(run({"schema", "plan", "--schema", path("more.pg"), root_}).out,
            "schema plan for " + root_ + "\nsupported: yes\n- add node type 'Area'\n");
  EXPECT_EQ(run({"schema", "plan", "--schema", path("s.pg"), root_}).out,
            "schema plan for " + root_ + "\nsupported: yes\nno schema changes\n");
  EXPECT_EQ(run({"export", root_, "--type", "Bird"}).out,
            "{\"type\":\"Bird\",\"data\":{\"id\":\"b1\",\"code\":\"b1\",\"wing\":7}}\n"
            "{\"type\":\"Bird\",\"data\":{\"id\":\"b2\",\"code\":\"b2\",\"wing\":null}}\n");
  const Outcome old = run({"export", root_, "--jsonl"});
  EXPECT_TRUE(contains(old.err, "warning: --jsonl is deprecated"));
  EXPECT_TRUE(old.out.starts_with("{\"edge\":\"Chases\",\"from\":\"b1\",\"to\":\"b2\",\"data\":{"));
  EXPECT_TRUE(contains(run({"export", root_, "--type", "Fish"}).err, "unknown export type 'Fish'"));
}

TEST_F(GraphCommandsTest, LintReadsTheGraph) {
  write("q.gq", all_);
  const Outcome lint = run({"lint", "--query", path("q.gq"), root_, "--json"});
  EXPECT_EQ(lint.status, 0) << lint.err;
  EXPECT_TRUE(contains(lint.out, "\"kind\": \"graph\",\n    \"uri\": \"" + root_ + "\""));
}

TEST_F(GraphCommandsTest, InitRefusals) {
  EXPECT_TRUE(contains(run({"init", "--schema", path("s.pg"), root_}).err, "already initialized"));
  EXPECT_TRUE(contains(run({"init", "--force", "--schema", path("s.pg"), root_}).err,
                       "force init refuses graph root"));
  EXPECT_TRUE(contains(run({"init", "--schema", path("absent.pg"), path("h.omni")}).err,
                       "No such file or directory"));
  write("c/__cluster/state.json", "{}");
  const Outcome inside = run({"init", "--schema", path("s.pg"), path("c/graphs/kb.omni")});
  EXPECT_TRUE(contains(inside.err, "is inside cluster `" + path("c") + "`"));
  EXPECT_TRUE(contains(run({"snapshot", path("absent.omni")}).err,
                       "no graph at '" + path("absent.omni") + "'"));
}

// Writable for so many pieces, then closed, as a pipe whose reader went away.
class ClosingOutput final : public Output {
 public:
  explicit ClosingOutput(std::size_t pieces) : left_(pieces) {}
  void write(std::string_view text) override { text_ += text; }
  void flush() override { left_ -= left_ > 0 ? 1 : 0; }
  bool good() const override { return left_ > 0; }
  const std::string& text() const { return text_; }

 private:
  std::size_t left_;
  std::string text_;
};

TEST_F(GraphCommandsTest, PollsGoOnFromACursorFile) {
  load();
  const std::vector<std::string> poll = {"changes", "poll",          "--store",
                                         root_,     "--cursor-file", path("feed"),
                                         "--start", "beginning",     "--json"};
  const Outcome first = run(poll);
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_TRUE(contains(first.out, "\"id\": \"b1\""));
  EXPECT_TRUE(contains(first.out, "\"caught_up\": true"));
  EXPECT_TRUE(contains(first.out, read("feed").substr(0, 20)));
  EXPECT_TRUE(contains(run(poll).out, "\"blocks\": []"));
  run({"mutate", "--store", root_, "-e", "query m() { insert Bird { code: \"b3\" } }"});
  const Outcome next = run(poll);
  EXPECT_TRUE(contains(next.out, "\"id\": \"b3\""));
  EXPECT_FALSE(contains(next.out, "\"id\": \"b1\""));
}

TEST_F(GraphCommandsTest, FollowingEndsWhenNobodyReads) {
  load();
  const std::vector<std::string> args = {"changes",   "poll",     "--store",    root_, "--start",
                                         "beginning", "--follow", "--interval", "1",   "--json"};
  ClosingOutput out(3);
  StringOutput err;
  Process process;
  process.args.assign(args.begin(), args.end());
  process.out = &out;
  process.err = &err;
  process.environment = [this](const char* name) -> const char* {
    const auto found = environment_.find(name);
    return found == environment_.end() ? nullptr : found->second.c_str();
  };
  EXPECT_EQ(cli::run(process), 1);
  EXPECT_EQ(err.text(), "");
  // One line for the one poll that found something.
  EXPECT_TRUE(out.text().starts_with("{\"blocks\":[{\"cause\":{"));
  EXPECT_EQ(out.text().find('\n'), out.text().size() - 1);
}

TEST_F(GraphCommandsTest, DiffPrintsEveryForm) {
  load();
  run({"branch", "create", "--store", root_, "review"});
  run({"mutate", "--store", root_, "--branch", "review", "-e",
       "query m() { update Bird set { wing: 8 } where code = \"b1\" }"});
  const Outcome human = run({"diff", "main..review", "--store", root_});
  EXPECT_EQ(human.status, 0) << human.err;
  EXPECT_EQ(human.out, "update node Bird b1\n  wing: 7 -> 8\n");
  EXPECT_EQ(run({"diff", "review..", "--store", root_}).out,
            "update node Bird b1\n  wing: 8 -> 7\n");
  EXPECT_EQ(run({"diff", "..main", "--store", root_}).out, "(no changes)\n");
  const Outcome lines = run({"diff", "main..review", "--store", root_, "--jsonl"});
  EXPECT_TRUE(lines.out.starts_with("{\"kind\":\"node\",\"type\":{\"id\":"));
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n'), 1);
  const Outcome json = run({"diff", "main..review", "--store", root_, "--json"});
  EXPECT_TRUE(contains(json.out, "\"from\": \""));
  EXPECT_TRUE(contains(json.out, "\"wing\": 8"));
  EXPECT_EQ(run({"diff", "main", "--store", root_}).status, 1);
  EXPECT_TRUE(
      contains(run({"diff", "main..ghost", "--store", root_}).err, "branch 'ghost' not found"));
}

// People read dates, programs the numbers of an export.
TEST_F(GraphCommandsTest, DiffWritesDatesAsDates) {
  const std::string schema = path("dates.pg"), root = path("dates.omni");
  std::ofstream(schema) << "node Egg { code: String @key  laid: Date?  seen: [DateTime]? }";
  ASSERT_EQ(run({"init", "--schema", schema, root}).status, 0);
  run({"branch", "create", "--store", root, "next"});
  run({"mutate", "--store", root, "--branch", "next", "-e",
       "query m() { insert Egg { code: \"e\" laid: date(\"2020-02-29\") } }"});
  EXPECT_EQ(run({"diff", "main..next", "--store", root}).out,
            "insert node Egg e\n  + code: e\n  + laid: 2020-02-29\n  + seen: <null>\n");
  const Outcome json = run({"diff", "main..next", "--store", root, "--json"});
  EXPECT_TRUE(contains(json.out, "\"laid\": 18321")) << json.out;
}

TEST_F(GraphCommandsTest, BranchesFromThePastAndInPages) {
  load();
  const std::string listed = run({"commit", "list", root_}).out;
  const std::string head = listed.substr(0, 26);
  const std::string first = listed.substr(listed.rfind("\n", listed.size() - 2) + 1, 26);
  EXPECT_EQ(run({"branch", "create", "new", "--at", head, "--uri", root_}).status, 0);
  const Outcome old = run({"branch", "create", "old", "--at", first, "--uri", root_});
  EXPECT_EQ(old.status, 0) << old.err;
  EXPECT_EQ(query({"-e", all_, "--branch", "old", "--format", "csv"}).out, "b.code,b.wing\n");
  EXPECT_EQ(query({"-e", all_, "--branch", "new", "--format", "csv"}).out,
            "b.code,b.wing\nb1,7\nb2,null\n");
  EXPECT_EQ(run({"branch", "create", "now", "--at", "2200-01-01", "--uri", root_}).status, 0);
  const Outcome early =
      run({"branch", "create", "x", "--at", "1999-01-01T00:00:00Z", "--uri", root_});
  EXPECT_EQ(early.status, 1);
  EXPECT_TRUE(contains(early.err, "has no commit as old as that")) << early.err;
  EXPECT_TRUE(contains(run({"branch", "create", "x", "--at", "soon", "--uri", root_}).err,
                       "--at takes a commit id, a date or an instant"));
  EXPECT_EQ(run({"branch", "list", "--uri", root_}).out, "main\nnew\nnow\nold\n");
  EXPECT_EQ(run({"branch", "list", "--uri", root_, "--after", "main", "--limit", "2"}).out,
            "new\nnow\n");
  EXPECT_EQ(run({"branch", "list", "--uri", root_, "--prefix", "n"}).out, "new\nnow\n");
  EXPECT_TRUE(contains(run({"branch", "list", "--uri", root_, "--verbose"}).out,
                       "old head=" + first + " graph_manifest_version=1 "));
  EXPECT_EQ(run({"branch", "list", "--uri", root_, "--limit", "0"}).status, 1);
}

TEST_F(GraphCommandsTest, ADryRunShowsWhatAMergeWouldDo) {
  load();
  const auto set = [&](const std::string& branch, const std::string& wing) {
    EXPECT_EQ(run({"mutate", "--store", root_, "--branch", branch, "-e",
                   "query w() { update Bird set { wing: " + wing + " } where code = \"b1\" }"})
                  .status,
              0);
  };
  EXPECT_EQ(run({"branch", "create", "side", "--uri", root_}).status, 0);
  set("side", "8");
  const Outcome fine = run({"branch", "merge", "side", "--dry-run", "--uri", root_});
  EXPECT_EQ(fine.out,
            "would merge side into main: fast_forward\n"
            "  node type 'Bird': 0 inserted, 1 updated, 0 deleted\n");
  EXPECT_EQ(fine.status, 0);
  set("main", "9");
  const Outcome refused = run({"branch", "merge", "side", "--dry-run", "--uri", root_});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.out,
            "cannot merge side into main: 1 conflict\n"
            "  node type 'Bird', entity id 'b1' (divergent_update): divergent update for id 'b1'\n"
            "    wing: side 8, main 9\n");
  const Outcome json = run({"branch", "merge", "side", "--dry-run", "--json", "--uri", root_});
  EXPECT_EQ(json.status, 1);
  EXPECT_TRUE(contains(json.out, "\"outcome\": \"conflict\""));
  EXPECT_TRUE(contains(json.out, "\"base\": 7"));
  const Outcome real = run({"branch", "merge", "side", "--uri", root_});
  EXPECT_EQ(real.status, 1);
  EXPECT_TRUE(contains(real.err,
                       "merge conflicts: node type 'Bird', entity id 'b1' (divergent_update): "
                       "divergent update for id 'b1'"));
  EXPECT_EQ(run({"branch", "merge", "side", "--dry-run", "--delete-branch", "--uri", root_}).status,
            2);
}

}  // namespace
}  // namespace omnigraph::cli
