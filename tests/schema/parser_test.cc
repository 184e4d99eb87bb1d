// The grammar of .pg: what parses, what does not, and where the error stands.

#include "schema/parser.h"

#include <string>
#include <vector>

#include "schema/limits.h"
#include "schema/schema_testing.h"
#include "schema/source_text.h"

namespace omnigraph {
namespace {

SchemaAst parsed(std::string_view source) {
  Result<SchemaAst> ast = parse_schema(source);
  if (!ast.ok()) {
    ADD_FAILURE() << ast.error().message();
    return {};
  }
  return std::move(ast).value();
}

std::string syntax_message(std::string_view source) {
  const Result<SchemaAst> ast = parse_schema(source);
  if (ast.ok()) {
    ADD_FAILURE() << "parses: " << source;
    return "";
  }
  return ast.error().message();
}

const NodeDecl& first_node(const SchemaAst& ast) {
  return std::get<NodeDecl>(ast.declarations.front());
}

const PropertyDecl& first_property(const SchemaAst& ast) {
  return std::get<PropertyDecl>(first_node(ast).body.front());
}

TEST(SchemaParser, AcceptsWhatTheGrammarAccepts) {
  const std::vector<std::string> sources = {
      "",
      " \t\r\n",
      "// only a comment",
      "/* a */ // b\n/**/",
      "node A{}",
      "nodeA{s:String@key}",
      "interfaceI{}nodeAimplements{}",  // a node called Aimplements
      "node A implements I,J{ }",
      "edge E:A->B",
      "edge E : A /* to */ -> B @card ( 0 .. 1 ) { }",
      "edge E: A -> B @card(1..)",
      "edge E: A -> B @card",
      "edge E: A -> B @card(2)",
      "edge E: A -> B @cardinality(2)",
      "edge E: A -> B @weighted @card { }",
      "node A { node: String edge: I32 enum: Bool set: Date true: F64 _: Blob? }",
      "node A { n: Stringify: I32 }",  // String, then the property `ify`
      "node A { v: Vector(3)? e: enum(2nd, -x, _y, true)? l: [DateTime] ? }",
      "node A { d: DateTime e: Date}",
      "node A @description(\"a\nb\") @w(3) @w(3.5) @w(true) @w(title) @w(\"x\", k=1, l=\"y\") {}",
      "node A { a: I32 @range(a, 0..9) @range(a, -1.5..) @range(a, ..9) @range(a, 1..2, 3) }",
      "node A { a: I32 @ range ( a , - 1 . 5 .. 2 ) }",
      "node A { a: String @keyed(3) @indexed @key }",
      "node A { a: String @key @unique(a) @index (a) @check(a, \"\\\"x\\\\\") }",
      "node A { a: String @range @check }",
      "edge E: A -> A node A {} // edges may come first",
  };
  for (const std::string& source : sources) {
    const Result<SchemaAst> ast = parse_schema(source);
    EXPECT_TRUE(ast.ok()) << source << "\n" << (ast.ok() ? "" : ast.error().message());
  }
}

TEST(SchemaParser, RefusesWhatTheGrammarRefuses) {
  const std::vector<std::string> sources = {
      "# note\nnode A { name: String }",
      "enum Kind { a, b }",
      "type Alias = String",
      "node a {}",
      "node A",
      "node A {",
      "node A { name String }",
      "node A { name: }",
      "node A { name: Text }",
      "node A { name: string }",
      "node A { Name: String }",
      "node A { name: Stringify }",
      "node A { name: String, other: I32 }",
      "node A { xs: [[String]] }",
      "node A { xs: [enum(a, b)] }",
      "node A { xs: [Vector(3)] }",
      "node A { xs: [String?] }",
      "node A { v: Vector }",
      "node A { v: Vector() }",
      "node A { v: Vector(-1) }",
      "node A { v: enum() }",
      "node A { v: enum(a,) }",
      "node A { v: enum(a b) }",
      "node A { v: String?? }",
      "node A @key(name) { name: String }",
      "node A implements I @x {}",
      "node A implements {}",
      "node A implements I, {}",
      "interface I",
      "interface I @x {}",
      "interface I { a: String @key(a) }",
      "interface I { a: String @range(a, 0..1) }",
      "edge E",
      "edge E: A",
      "edge E: A -> ",
      "edge E: A - > B",
      "edge E: A -> b",
      "edge E: A -> B @card(0..*)",
      "edge E: A -> B @card(..1)",
      "edge E: A -> B @card(-1..1)",
      "edge E: A -> B @card()",
      "edge E: A -> B @description(\"x\") @card(0..1)",
      "edge E: A -> B @card(0..1) @card(0..1)",
      "edge E: A -> B @key(a)",
      "node A @card(0..1) {}",
      "node A @description(\"a\", \"b\") {}",
      "node A @w(a=1) {}",
      "node A @w(1, a=b) {}",
      "node A @w() {}",
      "node A @w(-1) {}",
      "node A @w(1.) {}",
      "node A @W {}",
      "node A { a: String @index(trueish) }",
      "node A { a: String @index(falsey) }",
      "node A { a: String @index() }",
      "node A { a: String @index(A) }",
      "node A { a: I32 @range(a, ..) }",
      "node A { a: I32 @range(a, -..1) }",
      "node A { a: I32 @range(a, 1...5) }",
      "node A { a: I32 @unique(-1) }",
      "node A { a: String @check(a, \"open) }",
      "node A { a: String @check(a, \"x\\",
      "node A {} /* open",
      "node A {} /* not /* nested */ */",
      "node A {} x",
      "\xEF\xBB\xBFnode A {}",
      "node A\f{}",
      "node A\xC2\xA0{}",
      "node A {} \xFF",
      "node A {} // \xC0\x80",
      std::string("node A {}\0", 10),
  };
  for (const std::string& source : sources) {
    const Result<SchemaAst> ast = parse_schema(source);
    EXPECT_FALSE(ast.ok()) << source;
    if (ast.ok()) continue;
    EXPECT_TRUE(ast.error().message().starts_with("parse error:")) << ast.error().message();
    expect_holds(ast.error().message(), " --> ");
    EXPECT_TRUE(ast.error().span().has_value());
    EXPECT_EQ(ast.error().code(), ErrorCode::kBadRequest);
  }
}

TEST(SchemaParser, ShowsPlaceLineMarkAndExpectation) {
  const std::string message =
      syntax_message("node Person { name: String @key }\nnode person { }\n");
  EXPECT_TRUE(
      message.starts_with("parse error:  --> 2:6\n  |\n2 | node person { }\n  |      ^---\n"
                          "  |\n  = expected a type name"))
      << message;
  const Result<SchemaAst> ast = parse_schema("node A {\n  a: String\n  b: Text\n}");
  ASSERT_FALSE(ast.ok());
  EXPECT_EQ(ast.error().span()->line, 3u);
  EXPECT_EQ(ast.error().span()->column, 6u);
}

TEST(SchemaParser, CountsColumnsInCharacters) {
  expect_holds(syntax_message("node A @x(\"žlutý\") ! {}"), "--> 1:20");
}

TEST(SchemaParser, ReportsTheFurthestPlace) {
  // Not at the `@card` that is tried as an annotation after failing as a cardinality.
  expect_holds(syntax_message("edge E: A -> B @card(0..*)"), "--> 1:25");
  expect_holds(syntax_message("node A { a: I32 @range(a, 0..b) }"), "--> 1:30");
}

TEST(SchemaParser, CutsLongLinesAndCleansTheEcho) {
  const std::string message =
      syntax_message("node A { " + std::string(5000, ' ') + "\x1b[31m" + std::string(5000, 'x'));
  EXPECT_LT(message.size(), 1000u);
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  expect_holds(message, "--> 1:5010");
  // Cutting counts characters: none is split.
  std::string wide = "node A { // ";
  for (int i = 0; i < 500; ++i) wide += "ž";
  const std::string invalid = syntax_message(wide + "\xFF" + wide);
  EXPECT_FALSE(first_invalid_utf8(invalid).has_value()) << invalid;
}

TEST(SchemaParser, RefusesSourcesBeyondTheLimits) {
  const Result<SchemaAst> large = parse_schema(std::string(kMaxSchemaBytes + 1, ' '));
  ASSERT_FALSE(large.ok());
  EXPECT_EQ(large.error().code(), ErrorCode::kResourceExhausted);
  expect_holds(large.error().message(), "kMaxSchemaBytes");
  EXPECT_TRUE(parse_schema(std::string(kMaxSchemaBytes, ' ')).ok());

  std::string many;
  for (std::size_t i = 0; i <= kMaxSchemaTypes; ++i) many += "node A{}";
  const Result<SchemaAst> types = parse_schema(many);
  ASSERT_FALSE(types.ok());
  expect_holds(types.error().message(), "kMaxSchemaTypes");
}

TEST(SchemaParser, KeepsTextsAsWritten) {
  const SchemaAst ast = parsed("node A { v: enum(b, a)? @w(\"a\\n\", k=007) }");
  const PropertyDecl& property = first_property(ast);
  EXPECT_EQ(property.type.enum_values, (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(property.type.nullable);
  ASSERT_EQ(property.annotations.size(), 1u);
  EXPECT_EQ(property.annotations[0].argument->text, "a\\n");
  EXPECT_EQ(property.annotations[0].named[0].second.text, "007");
}

TEST(SchemaParser, ReadsConstraintNamesWithParenthesesAsConstraints) {
  const SchemaAst ast = parsed("node A { age: I32? @index @range(age, 0..9) @range(age, ..-1.5) }");
  const NodeDecl& node = first_node(ast);
  ASSERT_EQ(node.body.size(), 3u);
  EXPECT_EQ(first_property(ast).annotations.size(), 1u);
  const auto& first = std::get<ConstraintDecl>(node.body[1]);
  EXPECT_EQ(first.kind, ConstraintKind::kRange);
  const auto& bounds = std::get<RangeDecl>(first.arguments[1]);
  EXPECT_EQ(bounds.min, "0");
  EXPECT_EQ(bounds.max, "9");
  const auto& open = std::get<RangeDecl>(std::get<ConstraintDecl>(node.body[2]).arguments[1]);
  EXPECT_EQ(open.min, std::nullopt);
  EXPECT_EQ(open.max, "-1.5");
  // After a constraint an annotation belongs to nothing.
  EXPECT_FALSE(parse_schema("node A { age: I32? @range(age, 0..9) @unique }").ok());
}

TEST(SchemaParser, TakesCardinalityOnlyRightAfterTheTarget) {
  const auto edge = [](std::string_view source) {
    return std::get<EdgeDecl>(parsed(source).declarations.front());
  };
  EXPECT_TRUE(edge("edge E: A -> B @card(0..1)").cardinality.has_value());
  EXPECT_FALSE(edge("edge E: A -> B @card(1)").cardinality.has_value());
  EXPECT_EQ(edge("edge E: A -> B @card(1)").annotations.size(), 1u);
}

}  // namespace
}  // namespace omnigraph
