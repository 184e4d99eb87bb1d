// Reads from text to rows, one promise of spec/queries.md a test.
#include <gtest/gtest.h>

#include <algorithm>

#include "execution/graph_builder.h"

namespace omnigraph::testing {
namespace {

using Rows = std::vector<std::string>;

constexpr std::string_view kSchema = R"(
node Town { name: String @key
  pop: I32?
  region: String?
  tags: [String]?
  v: Vector(2)?
  ratio: F32?
  founded: Date? }
node River { name: String @key
  length: F64? }
edge Road: Town -> Town { km: I32?
  kind: String? }
edge FlowsThrough: River -> Town
)";

class ReadTest : public ::testing::Test {
 protected:
  ReadTest() : graph_(kSchema) {
    graph_.node("Town", "Arlow",
                {{"pop", 100}, {"region", "north"}, {"tags", ValueList{"a", "b"}}, {"ratio", 0.5}});
    graph_.node("Town", "Brix", {{"pop", 20}, {"region", "north"}, {"v", ValueList{0.5, 1.0}}});
    graph_.node("Town", "Corin", {{"pop", 80}, {"region", "south"}, {"founded", Date{100}}});
    graph_.node("Town", "Dell", {{"pop", 200}});
    graph_.node("River", "Wye", {{"length", 12.5}});
    graph_.node("River", "Ouse", {{"length", 3.0}});
    graph_.edge("Road", "Arlow", "Brix", {{"km", 10}, {"kind", "paved"}});
    graph_.edge("Road", "Brix", "Corin", {{"km", 5}, {"kind", "gravel"}});
    graph_.edge("Road", "Corin", "Dell");
    graph_.edge("FlowsThrough", "Wye", "Brix");
    graph_.edge("FlowsThrough", "Wye", "Dell");
    graph_.edge("FlowsThrough", "Ouse", "Corin");
  }

  // Every plan must agree; the answer of the default one comes back.
  Rows rows(const std::string& body, const std::map<std::string, Value>& parameters = {},
            bool ordered = false, const std::string& declared = "") {
    const std::string source = "query q(" + declared + ") { " + body + " }";
    const SnapshotPtr snapshot = graph_.snapshot();
    const auto answer = ask(snapshot, source, parameters);
    EXPECT_TRUE(answer.ok()) << source << ": " << (answer.ok() ? "" : answer.error().message());
    if (!answer.ok()) return {};
    Rows all = texts(*answer);
    if (!ordered) std::sort(all.begin(), all.end());
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const auto other =
          ask(snapshot, source, parameters, {.weights = seed % 2 == 0, .choice_seed = seed});
      EXPECT_TRUE(other.ok());
      if (!other.ok()) continue;
      Rows theirs = texts(*other);
      if (!ordered) std::sort(theirs.begin(), theirs.end());
      EXPECT_EQ(all, theirs) << source << " seed " << seed;
    }
    return all;
  }

  std::string error(const std::string& body, const std::map<std::string, Value>& parameters = {},
                    const std::string& declared = "") {
    const auto answer =
        ask(graph_.snapshot(), "query q(" + declared + ") { " + body + " }", parameters);
    EXPECT_FALSE(answer.ok());
    return answer.ok() ? "" : answer.error().message();
  }

  GraphBuilder graph_;
};

TEST_F(ReadTest, BindsAllNodes) {
  EXPECT_EQ(rows("match { $t: Town } return { $t.name }"),
            (Rows{"\"Arlow\"", "\"Brix\"", "\"Corin\"", "\"Dell\""}));
}

TEST_F(ReadTest, FindsByKey) {
  EXPECT_EQ(rows(R"(match { $t: Town { name: "Corin" } } return { $t.pop, $t })"),
            (Rows{"80|\"Corin\""}));
  EXPECT_EQ(rows(R"(match { $t: Town { name: "Nowhere" } } return { $t.pop })"), Rows{});
}

TEST_F(ReadTest, InlineListIsMembership) {
  EXPECT_EQ(rows(R"(match { $t: Town { tags: "b" } } return { $t.name })"), (Rows{"\"Arlow\""}));
}

TEST_F(ReadTest, InlineVectorIsElementwise) {
  EXPECT_EQ(rows(R"(match { $t: Town { v: [0.5, 1.0] } } return { $t.name })"), (Rows{"\"Brix\""}));
  EXPECT_EQ(rows(R"(match { $t: Town { v: [0.5, 2.0] } } return { $t.name })"), Rows{});
}

TEST_F(ReadTest, FollowsEdgesBothWays) {
  EXPECT_EQ(rows(R"(match { $a: Town { name: "Brix" }  $a road $b } return { $b.name })"),
            (Rows{"\"Corin\""}));
  EXPECT_EQ(rows(R"(match { $a: Town { name: "Brix" }  $b road $a } return { $b.name })"),
            (Rows{"\"Arlow\""}));
  EXPECT_EQ(rows(R"(match { $a: Town { name: "Brix" }  $a <road> $b } return { $b.name })"),
            (Rows{"\"Arlow\"", "\"Corin\""}));
}

TEST_F(ReadTest, WrittenFromTheToSide) {
  EXPECT_EQ(rows("match { $t: Town  $t flowsThrough $r } return { $t.name, $r.name }"),
            (Rows{"\"Brix\"|\"Wye\"", "\"Corin\"|\"Ouse\"", "\"Dell\"|\"Wye\""}));
}

TEST_F(ReadTest, Hops) {
  EXPECT_EQ(rows(R"(match { $a: Town { name: "Arlow" }  $a road{2,3} $b } return { $b.name })"),
            (Rows{"\"Corin\"", "\"Dell\""}));
}

TEST_F(ReadTest, NegationOfATraversal) {
  EXPECT_EQ(rows("match { $t: Town  not { $r flowsThrough $t } } return { $t.name }"),
            (Rows{"\"Arlow\""}));
  EXPECT_EQ(rows("match { $t: Town  not { $t road $x  $x.pop > 50 } } return { $t.name }"),
            (Rows{"\"Arlow\"", "\"Dell\""}));
}

TEST_F(ReadTest, NegationOfAFilterKeepsNull) {
  EXPECT_EQ(rows("match { $t: Town  not { $t.region = \"north\" } } return { $t.name }"),
            (Rows{"\"Corin\"", "\"Dell\""}));
}

TEST_F(ReadTest, EdgeBinding) {
  EXPECT_EQ(rows("match { $a: Town  $a $w:road $b  $w.km > 4 } return { $a.name, $w.km }"),
            (Rows{"\"Arlow\"|10", "\"Brix\"|5"}));
}

TEST_F(ReadTest, ParallelEdgesCountOnceUnlessBound) {
  graph_.edge("Road", "Arlow", "Brix", {{"km", 11}});
  EXPECT_EQ(rows(R"(match { $a: Town { name: "Arlow" }  $a road $b } return { $b.name })").size(),
            1U);
  EXPECT_EQ(rows(R"(match { $a: Town { name: "Arlow" }  $a $w:road $b } return { $w.km })"),
            (Rows{"10", "11"}));
  EXPECT_EQ(rows("match { $a: Town  $a road $b } return { count($b) as n }"), (Rows{"3"}));
  EXPECT_EQ(rows("match { $a: Town  $a $w:road $b } return { count($b) as n }"), (Rows{"4"}));
}

TEST_F(ReadTest, Aggregates) {
  EXPECT_EQ(rows("match { $t: Town } return { $t.region, count($t) as n, sum($t.pop) as s } "
                 "order { n desc, $t.region }",
                 {}, true),
            (Rows{"\"north\"|2|120.0", "null|1|200.0", "\"south\"|1|80.0"}));
  EXPECT_EQ(
      rows("match { $t: Town  $t.pop > 1000 } return { count($t), sum($t.pop), max($t.pop) }"),
      (Rows{"0|null|null"}));
  EXPECT_EQ(rows("match { $t: Town  $t.pop > 1000 } return { $t.region, count($t) }"), Rows{});
  EXPECT_EQ(rows("match { $t: Town } return { min($t.name), max($t), avg($t.pop) }"),
            (Rows{"\"Arlow\"|\"Dell\"|100.0"}));
}

TEST_F(ReadTest, OrderWithNullsAndTies) {
  EXPECT_EQ(rows("match { $t: Town } return { $t.name } order { $t.region desc }", {}, true),
            (Rows{"\"Corin\"", "\"Arlow\"", "\"Brix\"", "\"Dell\""}));
  EXPECT_EQ(rows("match { $t: Town } return { $t.name } order { $t.pop desc } limit 2", {}, true),
            (Rows{"\"Dell\"", "\"Arlow\""}));
}

TEST_F(ReadTest, DisconnectedPartsMultiply) {
  EXPECT_EQ(rows("match { $t: Town  $r: River } return { count($t) as n }"), (Rows{"8"}));
  EXPECT_EQ(rows("match { $t: Town  $r: River  $t.pop < $r.length } return { $t.name, $r.name }"),
            Rows{});
  EXPECT_EQ(
      rows("match { $t: Town  $u: Town  $t.pop < $u.pop } return { $t.name, $u.name }").size(), 6U);
}

TEST_F(ReadTest, MutualPairsAndSelfLoops) {
  graph_.edge("Road", "Brix", "Arlow");
  graph_.edge("Road", "Dell", "Dell");
  EXPECT_EQ(rows("match { $a: Town  $a road $b  $b road $a } return { $a.name, $b.name }"),
            (Rows{"\"Arlow\"|\"Brix\"", "\"Brix\"|\"Arlow\"", "\"Dell\"|\"Dell\""}));
  EXPECT_EQ(rows("match { $a: Town  $a road $a } return { $a.name }"), (Rows{"\"Dell\""}));
}

TEST_F(ReadTest, NoBindingNoRows) { EXPECT_EQ(rows("match { 1 = 1 } return { 7 as n }"), Rows{}); }

TEST_F(ReadTest, Errors) {
  EXPECT_NE(error("match { $t: Town } return { $t.name } order { nope }")
                .find("alias 'nope' not found for ordering"),
            std::string::npos);
  EXPECT_NE(error("match { $t: Town } return { count(count($t)) as n }")
                .find("unsupported projection expression"),
            std::string::npos);
  EXPECT_NE(error("match { $t: Town } return { $t.name } order { $t }")
                .find("unsupported ordering expression"),
            std::string::npos);
  EXPECT_NE(error("match { $a road $b } return { $a.name }").find("a.name"), std::string::npos);
  EXPECT_NE(error("match { $t: Town  $t.founded = date(\"soon\") } return { $t.name }")
                .find("invalid Date literal 'soon'"),
            std::string::npos);
  EXPECT_EQ(error("match { $t: Town { name: $x } } return { $t.name }", {}, "$x: String"),
            "parameter 'x' not provided");
}

TEST_F(ReadTest, DeletedRowsAndSeveralSegments) {
  graph_.seal();
  graph_.node("Town", "Esk", {{"pop", 7}});
  graph_.edge("Road", "Arlow", "Esk");
  graph_.edge("Road", "Arlow", "Brix");
  graph_.seal();
  EXPECT_EQ(rows("match { $a: Town  $a road $b } return { count($b) as n }"), (Rows{"4"}));
  EXPECT_EQ(rows("match { $a: Town  $a road $b } return { $a.name, count($b) as n }"),
            (Rows{"\"Arlow\"|2", "\"Brix\"|1", "\"Corin\"|1"}));
  graph_.remove(graph_.catalog().edge("Road")->id, 0);
  EXPECT_EQ(rows("match { $a: Town  $a road $b } return { count($b) as n }"), (Rows{"4"}));
  graph_.remove(graph_.catalog().edge("Road")->id, 4);
  EXPECT_EQ(rows("match { $a: Town  $a road $b } return { count($b) as n }"), (Rows{"3"}));
}

}  // namespace
}  // namespace omnigraph::testing
