// What the checker hands to execution: identities, directions, scopes, columns, types.
#include <gtest/gtest.h>

#include <string>

#include "query/check.h"
#include "query/parse.h"
#include "schema/compile.h"

namespace omnigraph {
namespace {

class TypedReadTest : public testing::Test {
 protected:
  void SetUp() override {
    auto compiled = compile_schema(
        "node Town { name: String @key pop: I32? tags: [String]? v: Vector(2)? }\n"
        "node River { name: String @key }\n"
        "edge Road: Town -> Town { km: I32? }\n"
        "edge FlowsThrough: River -> Town\n");
    ASSERT_TRUE(compiled.ok()) << compiled.error().message();
    catalog_ = *compiled;
  }

  TypedRead check(const std::string& match, const std::string& rest = "return { 1 }") {
    auto file = parse_queries("query q($p: String?) { match { " + match + " } " + rest + " }");
    EXPECT_TRUE(file.ok()) << file.error().message();
    if (!file.ok()) return {};
    auto read = check_read(file->queries[0], *catalog_);
    EXPECT_TRUE(read.ok()) << read.error().message();
    return read.ok() ? std::move(read).value() : TypedRead{};
  }

  const TypedVariable& named(const TypedRead& read, std::string_view name) {
    for (const TypedVariable& v : read.variables) {
      if (v.name == name) return v;
    }
    ADD_FAILURE() << "no variable " << name;
    static const TypedVariable none;
    return none;
  }

  CatalogPtr catalog_;
};

TEST_F(TypedReadTest, DirectionComesFromTypes) {
  EXPECT_TRUE(check("$r: River  $r flowsThrough $t").scopes[0].traversals[0].forward);
  EXPECT_FALSE(check("$r: River  $t flowsThrough $r").scopes[0].traversals[0].forward);
  EXPECT_FALSE(check("$t: Town  $t flowsThrough $r").scopes[0].traversals[0].forward);
  EXPECT_TRUE(check("$t: Town  $r flowsThrough $t").scopes[0].traversals[0].forward);
  EXPECT_TRUE(check("$a flowsThrough $b").scopes[0].traversals[0].forward);
  EXPECT_TRUE(check("$b: Town  $a road $b").scopes[0].traversals[0].forward);
  EXPECT_FALSE(check("$t: Town  $t flowsThrough $_").scopes[0].traversals[0].forward);
}

TEST_F(TypedReadTest, DirectionInsideNotIsInferredAsOutside) {
  const TypedRead read = check("$t: Town  not { $t flowsThrough $r }");
  ASSERT_EQ(read.scopes.size(), 2u);
  EXPECT_FALSE(read.scopes[1].traversals[0].forward);
  EXPECT_EQ(named(read, "r").type, catalog_->node("River")->id);
  EXPECT_EQ(named(read, "r").scope, 1u);
  EXPECT_EQ(read.scopes[1].parent, 0u);
  EXPECT_EQ(read.scopes[0].negations, std::vector<std::uint32_t>{1});
}

TEST_F(TypedReadTest, EachTraversalKeepsItsOwnDirection) {
  const TypedRead read = check("$a: Town  $b: Town  $a <road> $b  $a road $b  $b road $a");
  const auto& traversals = read.scopes[0].traversals;
  ASSERT_EQ(traversals.size(), 3u);
  EXPECT_TRUE(traversals[0].undirected);
  EXPECT_FALSE(traversals[1].undirected);
  EXPECT_EQ(traversals[1].left, traversals[2].right);
  EXPECT_TRUE(traversals[2].forward);
}

TEST_F(TypedReadTest, WildcardsAreVariablesOfTheirOwn) {
  const TypedRead read = check("$t: Town  $t road $_  $_ road $t");
  ASSERT_EQ(read.variables.size(), 3u);
  EXPECT_TRUE(read.variables[1].anonymous);
  EXPECT_TRUE(read.variables[2].anonymous);
  EXPECT_NE(read.scopes[0].traversals[0].right, read.scopes[0].traversals[1].left);
  EXPECT_FALSE(check("$t: Town  $t $_:road $u").scopes[0].traversals[0].edge_variable);
}

TEST_F(TypedReadTest, HopsAndEdgeVariables) {
  const TypedRead read = check("$t: Town  $t road{2,5} $u  $t $w:road $u  $r flowsThrough $t");
  const auto& traversals = read.scopes[0].traversals;
  EXPECT_EQ(traversals[0].min_hops, 2u);
  EXPECT_EQ(traversals[0].max_hops, 5u);
  EXPECT_TRUE(traversals[0].chains);
  EXPECT_FALSE(traversals[2].chains);
  ASSERT_TRUE(traversals[1].edge_variable);
  EXPECT_TRUE(read.variables[*traversals[1].edge_variable].is_edge);
  EXPECT_EQ(read.variables[*traversals[1].edge_variable].type, catalog_->edge("Road")->id);
}

TEST_F(TypedReadTest, BindingsOfOneVariableShareIt) {
  const TypedRead twice = check("$t: Town { pop: 1 }  $t: Town { tags: \"x\" }");
  ASSERT_EQ(twice.scopes[0].bindings.size(), 2u);
  EXPECT_EQ(twice.scopes[0].bindings[0].variable, twice.scopes[0].bindings[1].variable);
  EXPECT_FALSE(twice.scopes[0].bindings[0].matches[0].membership);
  EXPECT_TRUE(twice.scopes[0].bindings[1].matches[0].membership);
  const TypedRead inner = check("$t: Town  not { $t: Town { pop: 1 } }");
  EXPECT_EQ(inner.scopes[1].bindings[0].variable, inner.scopes[0].bindings[0].variable);
  EXPECT_EQ(inner.variables.size(), 1u);
}

TEST_F(TypedReadTest, Anchoring) {
  const auto anchored = [&](const std::string& match, std::string_view name) {
    return named(check(match), name).anchored;
  };
  EXPECT_TRUE(anchored("$a: Town  $a road $b  $b road $c", "c"));
  EXPECT_TRUE(anchored("$a road $b  $b road $c  $a: Town", "c"));
  EXPECT_FALSE(anchored("$a road $b  $t: Town", "b"));
  EXPECT_FALSE(anchored("$a: Town  $a road $_  $b road $_", "b"));
  EXPECT_TRUE(anchored("$a: Town  $a $w:road $b", "w"));
  EXPECT_FALSE(anchored("$t: Town  $a $w:road $b", "w"));
  EXPECT_TRUE(anchored("$a: Town  not { $a road $x  $x road $y }", "y"));
  EXPECT_FALSE(anchored("$a: Town  not { $a.pop > 1  $x road $y }", "y"));
  EXPECT_FALSE(anchored("$a road $b  $t: Town  not { $t: Town  $b road $y }", "y"));
  EXPECT_FALSE(anchored("$a road $b  $t: Town  $t road $u  not { $t: Town  $a road $y }", "y"));
}

TEST_F(TypedReadTest, ColumnNames) {
  const TypedRead read =
      check("$t: Town  $t $w:road $u",
            "return { $t.name, $t, $p, 5, now(), $w.km as len, x, bm25($t.name, $p) }");
  std::vector<std::string> names;
  for (const TypedProjection& projection : read.projections) names.push_back(projection.column);
  EXPECT_EQ(names,
            (std::vector<std::string>{"t.name", "t", "p", "literal", "now", "len", "x", "bm25"}));
  const TypedRead aggregate = check("$t: Town", "return { count($t), sum($t.pop), max(5) as m }");
  EXPECT_TRUE(aggregate.aggregate);
  EXPECT_FALSE(read.aggregate);
  EXPECT_EQ(aggregate.projections[0].column, "t");
  EXPECT_EQ(aggregate.projections[1].column, "t.pop");
  EXPECT_EQ(aggregate.projections[2].column, "m");
}

TEST_F(TypedReadTest, ExpressionTypes) {
  const TypedRead plain =
      check("$t: Town", "return { $t.pop as x, x, y, [1], nearest($t.v, [1, 2]) }");
  const TypedRead grouped =
      check("$t: Town", "return { $p, count($t), avg($t.pop), max($t.pop), min($t.name) }");
  const auto type = [](const TypedProjection& p) { return to_string(p.expression->type); };
  EXPECT_EQ(type(plain.projections[0]), "I32?");
  EXPECT_EQ(type(plain.projections[1]), "I32?");
  EXPECT_EQ(type(plain.projections[2]), "I64?");
  EXPECT_EQ(type(plain.projections[3]), "[I64]");
  EXPECT_EQ(type(plain.projections[4]), "F64");
  EXPECT_EQ(type(grouped.projections[0]), "String?");
  EXPECT_EQ(type(grouped.projections[1]), "I64");
  EXPECT_EQ(type(grouped.projections[2]), "F64?");
  EXPECT_EQ(type(grouped.projections[3]), "I32?");
  EXPECT_EQ(type(grouped.projections[4]), "String?");
  const auto& call = std::get<TSearch>(plain.projections[4].expression->node);
  EXPECT_EQ(to_string(call.arguments[1]->type), "Vector(2)");
}

TEST_F(TypedReadTest, FiltersKnowMembership) {
  const TypedRead read = check("$t: Town  $t.tags contains \"x\"  $t.name contains \"x\"");
  EXPECT_TRUE(read.scopes[0].filters[0].membership);
  EXPECT_FALSE(read.scopes[0].filters[1].membership);
}

TEST_F(TypedReadTest, ParametersWinOverVariablesWhenBare) {
  const TypedRead read =
      check("$p: Town { name: $p }", "return { $p, $p.pop } order { $p.pop desc }");
  EXPECT_TRUE(std::holds_alternative<TParameter>(read.projections[0].expression->node));
  EXPECT_TRUE(std::holds_alternative<TProperty>(read.projections[1].expression->node));
  EXPECT_TRUE(read.order[0].descending);
  EXPECT_FALSE(read.limit);
}

TEST_F(TypedReadTest, ManyNegationsStayLinear) {
  std::string match = "$t: Town\n";
  for (int i = 0; i < 20'000; ++i) {
    const std::string n = std::to_string(i);
    match += "$v" + n + ": Town  not { $v" + n + " road $x }\n";
  }
  EXPECT_EQ(check(match).scopes.size(), 20'001u);
}

}  // namespace
}  // namespace omnigraph
