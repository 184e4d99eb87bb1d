// fmt, schema diff, schema infer and completion.
#include <sys/stat.h>

#include <cstdlib>

#include "fixture.h"

namespace omnigraph::cli {
namespace {

constexpr std::string_view kUntidy = "node Person{name:String@key age:I32?}";
constexpr std::string_view kTidy = "node Person {\n  name: String @key\n  age: I32?\n}\n";
constexpr std::string_view kQuery = "query a(){match{$p:Person}return{$p}}";
constexpr std::string_view kTidyQuery = "query a() {\n  match { $p: Person }\n  return { $p }\n}\n";

TEST_F(CliTest, FmtWritesFilesAndNamesThem) {
  write("a/s.pg", kUntidy);
  write("a/b/q.gq", kQuery);
  write("a/b/tidy.pg", kTidy);
  write("a/.hidden/s.pg", kUntidy);
  write("a/other.txt", kUntidy);
  ::chmod(path("a/s.pg").c_str(), 0640);
  const Outcome checked = run({"fmt", "--check", path("a")});
  EXPECT_EQ(checked.status, 1);
  EXPECT_EQ(checked.out, path("a/b/q.gq") + "\n" + path("a/s.pg") + "\n");
  EXPECT_EQ(read("a/s.pg"), kUntidy);
  EXPECT_EQ(run({"fmt", path("a")}).out, checked.out);
  EXPECT_EQ(read("a/s.pg"), kTidy);
  EXPECT_EQ(read("a/b/q.gq"), kTidyQuery);
  EXPECT_EQ(read("a/.hidden/s.pg"), kUntidy);
  EXPECT_EQ(read("a/other.txt"), kUntidy);
  struct stat info {};
  ASSERT_EQ(::stat(path("a/s.pg").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0640U);
  const Outcome again = run({"fmt", path("a"), "--check"});
  EXPECT_EQ(again.status, 0);
  EXPECT_EQ(again.out, "");
}

TEST_F(CliTest, FmtReadsStandardInput) {
  input_ = kUntidy;
  EXPECT_EQ(run({"fmt", "-"}).out, kTidy);
  input_ = kQuery;
  EXPECT_EQ(run({"fmt", "-"}).out, kTidyQuery);
  input_ = kQuery;
  const Outcome wrong = run({"fmt", "-", "--language", "pg"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_TRUE(contains(wrong.err, "parse error"));
  input_ = "query a( {";
  EXPECT_TRUE(contains(run({"fmt", "-"}).err, "1:10"));
  input_ = kTidy;
  EXPECT_EQ(run({"fmt", "-", "--check"}).status, 0);
  input_ = kUntidy;
  EXPECT_EQ(run({"fmt", "-", "--check"}).status, 1);
}

TEST_F(CliTest, FmtWritesNothingWhenOneFileIsWrong) {
  write("a.pg", kUntidy);
  write("b.pg", "node {");
  write("c.txt", kUntidy);
  const Outcome wrong = run({"fmt", path("a.pg"), path("b.pg")});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_TRUE(contains(wrong.err, "b.pg': parse error"));
  EXPECT_EQ(read("a.pg"), kUntidy);
  EXPECT_TRUE(contains(run({"fmt", path("c.txt")}).err, "--language"));
  EXPECT_EQ(run({"fmt", path("c.txt"), "--language", "pg"}).status, 0);
  EXPECT_EQ(read("c.txt"), kTidy);
  EXPECT_TRUE(contains(run({"fmt", path("none.pg")}).err, "No such file"));
  EXPECT_EQ(run({"fmt"}).status, 2);
  EXPECT_TRUE(contains(run({"fmt", "--store", "x", path("a.pg")}).err, "`fmt` is a local command"));
}

TEST_F(CliTest, SchemaDiffComparesFilesAndGraphs) {
  write("a.pg", "node Person { name: String @key }");
  write("b.pg", "node Human @rename_from(\"Person\") { name: String @key age: I32? }");
  write("c.pg", "node Person { name: I32 @key }");
  EXPECT_EQ(run({"schema", "diff", path("a.pg"), path("b.pg")}).out,
            "- rename node type 'Person' -> 'Human'\n- add property 'Human.age' (I32?) on node "
            "'Human'\n");
  EXPECT_EQ(run({"schema", "diff", path("a.pg"), path("a.pg")}).out, "no schema changes\n");
  const Outcome unsupported = run({"schema", "diff", path("a.pg"), path("c.pg"), "--json"});
  EXPECT_EQ(unsupported.status, 0);
  EXPECT_TRUE(contains(unsupported.out, "\"supported\": false"));
  EXPECT_TRUE(contains(unsupported.out, "OG-MF-106"));
  ASSERT_EQ(run({"init", "--schema", path("a.pg"), path("g.omni")}).status, 0);
  EXPECT_TRUE(contains(run({"schema", "diff", path("g.omni"), path("b.pg")}).out, "- rename"));
  EXPECT_EQ(run({"schema", "diff", path("a.pg"), path("g.omni")}).out, "no schema changes\n");
  write("d.pg", "node {");
  EXPECT_TRUE(
      contains(run({"schema", "diff", path("d.pg"), path("a.pg")}).err, "d.pg': parse error"));
  EXPECT_TRUE(
      contains(run({"schema", "diff", path("a.pg"), path("d.pg")}).err, "d.pg': parse error"));
}

TEST_F(CliTest, SchemaInferProposesWhatTakesTheData) {
  std::string data;
  for (int i = 0; i < 24; ++i) {
    const std::string n = std::to_string(i);
    data += R"({"type":"Task","data":{"slug":"t)" + n + R"(","title":"Title )" + n +
            R"(","state":")" + (i % 3 == 0 ? "open" : "done") + R"(","size":)" + n +
            R"(,"weight":)" + (i % 2 == 0 ? "1" : "1.5") +
            R"(,"due":"2024-05-01","at":"2024-05-01T10:00:00Z","tags":["a"],"raw":"base64:AA==",)" +
            R"("v":[0.5,1,2,3,4,5,6,7],"urgent":true,"big":18446744073709551615)" +
            (i == 5 ? "" : R"(,"note":"x y")") + (i == 6 ? R"(,"odd":1)" : R"(,"odd":"1")") +
            R"(,"Bad name":1,"gone":null}})" + "\n";
  }
  data += R"({"type":"Person","data":{"id":"p1","age":3}})"
          "\n"
          R"({"type":"Person","data":{"id":"p2"}})"
          "\n";
  data += R"({"edge":"Owns","from":"p1","to":"t3","data":{"since":"2020-01-01"}})"
          "\n";
  data += R"({"edge":"Owns","from":"p2","to":"t4"})"
          "\n";
  data += R"({"edge":"Lost","from":"p2","to":"nobody"})"
          "\n";
  write("d.jsonl", data);
  const Outcome inferred = run({"schema", "infer", path("d.jsonl")});
  EXPECT_EQ(inferred.status, 0) << inferred.err;
  EXPECT_EQ(inferred.out, R"(node Person {
  age: I64?
}

node Task {
  slug: String @key
  title: String
  state: enum(done, open)
  size: I64
  weight: F64
  due: Date
  at: DateTime
  tags: [String]
  raw: Blob
  v: Vector(8)
  urgent: Bool
  big: U64
  note: String?
  // odd: no type holds numbers and texts
  // Bad name: a property's name begins with a small letter and has letters, digits and _
  gone: String?  // never has a value
}

// edge Lost: no node has the id "nobody" of one of its ends
edge Owns: Person -> Task {
  since: Date?
}
)");
  EXPECT_TRUE(contains(inferred.err, "warning: property 'Task.odd' is left out"));
  EXPECT_TRUE(contains(inferred.err, "warning: edge 'Lost' is left out"));
  input_ = R"({"type":"A","data":{"name":"x"}})";
  EXPECT_EQ(run({"schema", "infer", "-"}).out, "node A {\n  name: String @key\n}\n");
  input_ = "{\"type\":\"A\"}\n\n{\"kind\":1}\n";
  EXPECT_TRUE(contains(run({"schema", "infer", "-"}).err, "line 3: it names neither"));
  input_ = "[1]";
  EXPECT_TRUE(contains(run({"schema", "infer", "-"}).err, "line 1: no JSON object"));
  input_ = "";
  EXPECT_EQ(run({"schema", "infer", "-"}).out, "");
}

TEST_F(CliTest, CompletionKnowsTheTables) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Outcome script = run({"completion", shell});
    EXPECT_EQ(script.status, 0);
    for (const std::string word :
         {"branch", "cleanup", "completion", "allow-data-loss", "overwrite"}) {
      EXPECT_TRUE(contains(script.out, word)) << shell;
    }
    EXPECT_EQ(script.out.find("ingest"), std::string::npos);  // hidden
  }
  EXPECT_EQ(run({"completion", "tcsh"}).status, 2);
  EXPECT_EQ(run({"completion"}).status, 2);
}

// The script in the shell that every system has.
TEST_F(CliTest, BashCompletes) {
  write("c.bash", run({"completion", "bash"}).out);
  const auto complete = [&](const std::string& words) {
    const std::string command = "bash -c 'source \"" + path("c.bash") + "\"; COMP_WORDS=(" + words +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _omnigraph; echo "
                                "\"${COMPREPLY[*]}\"' 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string out;
    char buffer[4096];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
    ::pclose(pipe);
    return out;
  };
  if (std::system("command -v bash >/dev/null") != 0) GTEST_SKIP() << "no bash";
  EXPECT_EQ(complete("omnigraph sch"), "schema\n");
  EXPECT_EQ(complete("omnigraph schema \"\""), "show apply plan diff infer\n");
  EXPECT_EQ(complete("omnigraph --store load branch \"\""), "create list delete merge\n");
  EXPECT_EQ(complete("omnigraph load --mode o"), "overwrite\n");
  EXPECT_EQ(complete("omnigraph schema plan --al"), "--allow-data-loss\n");
  EXPECT_EQ(complete("omnigraph completion \"\""), "bash zsh fish\n");
}

TEST_F(CliTest, RootHelpListsToolsApart) {
  const std::string help = run({"--help"}).out;
  const std::size_t tools = help.find("\nTOOLS:\n");
  ASSERT_NE(tools, std::string::npos);
  for (const std::string name : {"  fmt ", "  shell ", "  completion "}) {
    EXPECT_GT(help.find(name), tools) << name;
  }
  EXPECT_LT(help.find("COMMANDS BY CAPABILITY:"), tools);
}

}  // namespace
}  // namespace omnigraph::cli
