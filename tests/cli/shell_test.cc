#include "cli/shell.h"

#include "cli/shell_completion.h"
#include "fixture.h"
#include "schema/compile.h"

namespace omnigraph::cli {
namespace {

class ShellTest : public CliTest {
 protected:
  ShellTest() {
    write("s.pg", "node Person { name: String @key age: I32? }\nedge Knows: Person -> Person");
    EXPECT_EQ(run({"init", "--schema", path("s.pg"), path("g.omni")}).status, 0);
  }
  Outcome shell(std::string_view input, const std::vector<std::string>& more = {}) {
    input_ = input;
    std::vector<std::string> args{"shell", path("g.omni")};
    args.insert(args.end(), more.begin(), more.end());
    return run(args);
  }
};

TEST_F(ShellTest, RunsWhatAPipeFeeds) {
  const Outcome all = shell(
      "insert Person { name: \"Ada\", age: 36 };\n"
      "query one($n: String) {\n  // a comment with { in it\n  match { $p: Person { name: $n } }\n"
      "  return { $p.age }\n}\n"
      "\\set n \"Ada\"\n\\set\n\\format csv\n"
      "query one($n: String) {\n  match { $p: Person { name: $n } }\n  return { $p.age }\n}\n"
      "match { $p: Person }\nreturn { $p.name }\n\n"
      "match { $p: Person } return { count($p) as n }");
  EXPECT_EQ(all.out,
            "changed main: 1 nodes, 0 edges\n$n = \"Ada\"\nformat is "
            "csv\np.age\n36\np.name\nAda\nn\n1\n");
  EXPECT_TRUE(contains(all.err, "error: parameter 'n' not provided"));
  EXPECT_EQ(all.status, 1);  // something failed
  EXPECT_EQ(shell("match { $p: Person } return { $p.age };", {"--format", "jsonl"}).status, 0);
}

TEST_F(ShellTest, PointsAtMistakesAndGoesOn) {
  const Outcome wrong = shell(
      "match { $p: Person } return { $p.nam };\nquery a() { match }\nmatch { $p: Person } return { "
      "count($p) as n };\n",
      {"--format", "csv"});
  EXPECT_TRUE(contains(wrong.err, "did you mean `name`?"));
  EXPECT_TRUE(contains(wrong.err, "^^^^^^"));
  EXPECT_TRUE(contains(wrong.err, "parse error"));
  EXPECT_EQ(wrong.out, "n\n0\n");
}

TEST_F(ShellTest, CountsTheLinesThatWereTyped) {
  const std::string text =
      "match {\n  $p: Person\n}\nreturn { $p.nam };\nmatch {\n  $p Person };\n";
  const Outcome wrong = shell(text);
  EXPECT_TRUE(contains(wrong.err, "--> 4:")) << wrong.err;
  EXPECT_TRUE(contains(wrong.err, "4 | return { $p.nam }")) << wrong.err;
  EXPECT_TRUE(contains(wrong.err, "--> 2:")) << wrong.err;
  EXPECT_TRUE(contains(wrong.err, "2 |   $p Person }")) << wrong.err;
  // From line 10 to line 9 the frame stays in place.
  const Outcome late =
      shell("match { $p: Person\n//\n//\n//\n//\n//\n//\n//\n} return { $p.nam };\n");
  EXPECT_TRUE(contains(late.err, "  9 | } return { $p.nam }")) << late.err;
  EXPECT_TRUE(contains(shell("\\fromat csv\n").err, "no command \\fromat; did you mean \\format?"));
  // With `query` the lines were right before.
  EXPECT_TRUE(
      contains(shell("query q() {\n match { $p: Person }\n return { $p.nam } }\n").err, "--> 3:"));
}

TEST_F(ShellTest, KnowsItsCommands) {
  ASSERT_EQ(run({"branch", "create", "side", "--store", path("g.omni")}).status, 0);
  const Outcome all = shell(
      "\\branch\n\\branch side\ninsert Person { name: \"Bo\" };\n\\branch main\n\\schema Knows\n"
      "\\schema\n\\timing on\n\\timing\n\\explain on\n\\format\n\\unset x\n\\branch nope\n\\at "
      "nope\n"
      "\\format xml\n\\nonsense\n\\set x {\n\\help\n\\q\ninsert Person { name: \"never\" };\n");
  for (const std::string part :
       {"* main\n  side\n", "on branch side\n", "changed side: 1 nodes", "on branch main\n",
        "edge Knows: Person -> Person\n", "node Person { name: String @key age: I32? }",
        "timing is on\n", "timing is off\n", "explain is on\n", "format is table\n",
        "\\branch [NAME]"}) {
    EXPECT_TRUE(contains(all.out, part));
  }
  for (const std::string part :
       {"parameter 'x' has no value", "branch 'nope' not found", "commit 'nope' not found",
        "no format 'xml'", "no command \\nonsense", "\\set takes a name"}) {
    EXPECT_TRUE(contains(all.err, part));
  }
  EXPECT_EQ(shell("match { $p: Person } return { count($p) as n };", {"--format", "csv"}).out,
            "n\n0\n");
  EXPECT_EQ(shell("match { $p: Person } return { count($p) as n };",
                  {"--format", "csv", "--branch", "side"})
                .out,
            "n\n1\n");
}

TEST_F(ShellTest, ReadsThePast) {
  const Outcome first = run({"snapshot", path("g.omni"), "--json"});
  const std::string commits = run({"commit", "list", path("g.omni"), "--json"}).out;
  const std::size_t at = commits.find("\"graph_commit_id\": \"") + 20;
  const std::string genesis = commits.substr(at, 26);
  const Outcome past =
      shell("insert Person { name: \"Ada\" };\n\\at " + genesis +
                "\nmatch { $p: Person } return { count($p) as n };\ninsert Person { name: "
                "\"Bo\" };\n\\at head\nmatch { $p: Person } return { count($p) as n };\n",
            {"--format", "csv"});
  EXPECT_EQ(past.out,
            "changed main: 1 nodes, 0 edges\nat commit " + genesis + "\nn\n0\nat the head\nn\n1\n");
  EXPECT_TRUE(contains(past.err, "the past cannot be changed"));
}

TEST_F(ShellTest, RefusesWhatCannotBeOpened) {
  EXPECT_EQ(run({"shell", path("none.omni")}).status, 1);
  EXPECT_TRUE(contains(shell("", {"--branch", "nope"}).err, "branch 'nope' not found"));
  EXPECT_EQ(shell("").status, 0);
}

TEST(InputGathering, EndsWhereTheRuleSays) {
  InputGathering input;
  EXPECT_FALSE(input.add(""));
  EXPECT_FALSE(input.add("// about"));
  EXPECT_FALSE(input.add("query a()"));
  EXPECT_FALSE(input.add("{ match { $p: P { x: \"}\" } } /* }"));
  EXPECT_FALSE(input.add("} */ return { $p } // }"));
  EXPECT_TRUE(input.add("}"));
  EXPECT_EQ(input.take(),
            "// about\nquery a()\n{ match { $p: P { x: \"}\" } } /* }\n} */ return { $p } // }\n}");
  EXPECT_TRUE(input.empty());
  EXPECT_FALSE(input.add("match { $p: P }"));
  EXPECT_FALSE(input.add("return { $p }"));
  EXPECT_TRUE(input.add(""));
  EXPECT_EQ(input.take(), "match { $p: P }\nreturn { $p }");
  EXPECT_FALSE(input.add("insert P { x: \"a"));
  EXPECT_FALSE(input.add(""));  // inside the string
  EXPECT_TRUE(input.add("b\" } ; "));
  EXPECT_EQ(input.take(), "insert P { x: \"a\n\nb\" }");
}

class ShellCompletionTest : public testing::Test {
 protected:
  ShellCompletionTest() {
    names_.catalog = *compile_schema(
        "node Person { name: String @key age: I32? } node Place { zip: String @key }\n"
        "edge LivesIn: Person -> Place { since: Date? }");
    names_.branches = {"main", "side"};
  }
  std::string offer(std::string_view text) {
    const ShellCandidates found = complete_in_shell(text, names_);
    std::string out = std::to_string(found.begin) + ":";
    for (const std::string& word : found.words) out += " " + word;
    return out;
  }
  ShellNames names_;
};

TEST_F(ShellCompletionTest, OffersWhatMayStandThere) {
  EXPECT_EQ(offer("match { $p: P"), "12: Person Place");
  EXPECT_EQ(offer("match { $p: Person $p.a"), "22: age");
  EXPECT_EQ(offer("match { $p: Place\n$p."), "21: zip");
  EXPECT_EQ(offer("$p $l:livesIn $q $l."), "20: since");
  EXPECT_EQ(offer("$unknown."), "9: age name since zip");
  EXPECT_EQ(offer("match { $person: Person $pl: Place } return { $p"), "46: $person $pl");
  EXPECT_EQ(offer("$p li"), "3: limit livesIn");
  EXPECT_EQ(offer("ret"), "0: return");
  EXPECT_EQ(offer("\\b"), "0: \\branch");
  EXPECT_EQ(offer("\\branch s"), "8: side");
  EXPECT_EQ(offer("\\schema L"), "8: LivesIn");
  EXPECT_EQ(offer("\\format j"), "8: json jsonl");
  EXPECT_EQ(offer("xyz"), "0:");
  names_.catalog = nullptr;
  EXPECT_EQ(offer("match { $p: P"), "12:");
  EXPECT_EQ(common_beginning({"json", "jsonl"}), "json");
  EXPECT_EQ(common_beginning({}), "");
}

}  // namespace
}  // namespace omnigraph::cli
