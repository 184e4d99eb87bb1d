// Every row of the error tables of the schema language: one source that keeps the rule, one that
// breaks it, and the words of the refusal.

#include <string>
#include <vector>

#include "schema/limits.h"
#include "schema/schema_testing.h"

namespace omnigraph {
namespace {

struct Rule {
  std::string keeps;
  std::string breaks;
  std::vector<std::string> words;
};

void check(const std::vector<Rule>& rules, std::string_view prefix) {
  for (const Rule& rule : rules) {
    compiled(rule.keeps);
    const Result<CatalogPtr> result = compile_schema(rule.breaks);
    ASSERT_FALSE(result.ok()) << rule.breaks;
    const std::string& message = result.error().message();
    EXPECT_TRUE(message.starts_with(prefix)) << message;
    EXPECT_EQ(result.error().code(), ErrorCode::kBadRequest);
    EXPECT_TRUE(result.error().span().has_value());
    for (const std::string& word : rule.words) expect_holds(message, word);
  }
}

TEST(SchemaErrors, Types) {
  check({{"node A { v: Vector(1) }",
          "node A { v: Vector(0) }",
          {"Vector dimension must be greater than zero"}},
         {"node A { v: Vector(2147483647) }",
          "node A { v: Vector(2147483648) }",
          {"exceeds maximum supported"}},
         {"node A { v: Vector(007) }",
          "node A { v: Vector(4294967296) }",
          {"invalid Vector dimension"}},
         {"node A { v: [String] }", "node A { v: [Blob] }", {"list of Blob is not supported"}},
         {"node A { v: enum(x, X) }", "node A { v: enum(x, y, x) }", {"duplicate values"}},
         {"node A { _row_id: I32 _ROWID: I32 }",
          "node A { _rowid: I32 }",
          {"reserved", "_rowid", "exported"}},
         {"interface I { _rowaddr2: I32 }",
          "interface I { _rowaddr: I32 }",
          {"reserved", "_rowaddr", "exported"}},
         {"node A {} edge E: A -> A { rowoffset: I32 }",
          "node A {} edge E: A -> A { _rowoffset: I32 }",
          {"reserved", "_rowoffset"}},
         {"node A { a: I32 }", "node A { _row_created_at_version: I32 }", {"reserved"}},
         {"node A { a: I32 }", "node A { _row_last_updated_at_version: I32 }", {"reserved"}},
         {"node A @description(\"a\\n\\r\\t\\\"\\\\\") {}",
          "node A @description(\"\\q\") {}",
          {"unsupported escape sequence"}},
         {"node A @w(\"a\", k=\"b\") {}",
          "node A @w(\"a\", k=\"\\u0041\") {}",
          {"unsupported escape sequence"}},
         {"node A { n: String @check(n, \"[0-9]\") }",
          "node A { n: String @check(n, \"\\d\") }",
          {"unsupported escape sequence"}}},
        "parse error:");
}

TEST(SchemaErrors, UnusedStringsKeepTheirEscapes) {
  compiled("node A { n: String @check(n, \"x\", \"\\d\") }");
}

TEST(SchemaErrors, ConstraintSyntax) {
  check({{"node A {} edge E: A -> A @card(2..2)",
          "node A {} edge E: A -> A @card(3..2)",
          {"cardinality min (3) exceeds max (2)"}},
         {"node A {} edge E: A -> A @card(0..4294967295)",
          "node A {} edge E: A -> A @card(0..4294967296)",
          {"invalid cardinality"}},
         {"node A {} edge E: A -> A @card(1..)",
          "node A {} edge E: A -> A @card(4294967296..)",
          {"invalid cardinality"}},
         {"node A { a: String @unique(a) }",
          "node A { a: String @unique(\"a\") }",
          {"expected property name in constraint"}},
         {"node A { a: String @key(a) }",
          "node A { a: String @key(1) }",
          {"expected property name in constraint"}},
         {"node A { a: String @index(a) }",
          "node A { a: String @index(true) }",
          {"expected property name in constraint"}},
         {"node A { a: I32 @range(a, 0..1) }",
          "node A { a: I32 @range(1..2, 0..1) }",
          {"expected property name in constraint"}},
         {"node A { a: I32 @range(a, 0..1) }",
          "node A { a: I32 @range(a) }",
          {"@range requires property name and bounds"}},
         {"node A { a: I32 @range(a, 5..5) }",
          "node A { a: I32 @range(a, 5) }",
          {"expected range bounds"}},
         {"node A { a: String @check(a, \"x\") }",
          "node A { a: String @check(a) }",
          {"@check requires property name and pattern"}},
         {"node A { a: String @check(a, \"x\") }",
          "node A { a: String @check(a, b) }",
          {"expected string argument"}}},
        "parse error:");
}

TEST(SchemaErrors, Interfaces) {
  check({{"interface I {} node A implements I {}",
          "node A implements I {}",
          {"unknown interface", "I"}},
         {"interface I { n: String? } node A implements I { n: String? }",
          "interface I { n: I32 } node A implements I { n: String? }",
          {"A", "'n'", "String?", "I32", "'I'"}},
         {"interface I { n: String } interface J { n: String } node A implements J, I {}",
          "interface I { n: String } interface J { n: I64 } node A implements J, I {}",
          {"String", "I64", "'J'"}}},
        "parse error:");
  check({{"interface I { n: String @unique @x } interface J { n: String @x @unique } "
          "node A implements I, J {}",
          "interface I { n: String @unique } interface J { n: String } node A implements I, J {}",
          {"incompatible property semantics"}},
         {"interface I { n: String @rename_from(\"a\") } interface J { n: String } "
          "node A implements I, J {}",
          "interface I { n: String @x(1) } interface J { n: String @x(2) } "
          "node A implements I, J {}",
          {"incompatible property semantics"}}},
        "catalog error:");
}

TEST(SchemaErrors, AnnotationPlaces) {
  check({{"node A { a: String @key }",
          "node A @key { a: String }",
          {"@key", "only supported on node properties"}},
         {"node A { a: String @unique }",
          "node A @unique { a: String }",
          {"@unique", "only supported on node properties"}},
         {"node A { a: String @index }",
          "node A @index { a: String }",
          {"@index", "only supported on node properties"}},
         {"node A { a: String v: Vector(2) @embed(a) }",
          "node A @embed(a) { a: String v: Vector(2) }",
          {"@embed", "only supported on node properties"}},
         {"node A {} edge E: A -> A { a: I32 @unique }",
          "node A {} edge E: A -> A @unique",
          {"@unique is not supported on edges"}},
         {"node A {} edge E: A -> A @x",
          "node A {} edge E: A -> A @key",
          {"@key is not supported on edges"}},
         {"node A { a: [String] @index(a) }",
          "node A { a: [String] @index }",
          {"@index is not supported on list property A.a"}},
         {"node A { a: [String] @unique(a) }",
          "node A { a: [String] @unique }",
          {"@unique is not supported on list property A.a"}},
         {"node A { a: [String] }",
          "node A { a: [String] @key }",
          {"@key is not supported on list property A.a"}},
         {"node A { a: [String] }",
          "node A { a: [String] @embed(a) }",
          {"@embed is not supported on list property A.a"}},
         {"node A { a: Vector(2) @unique(a) }",
          "node A { a: Vector(2) @unique }",
          {"@unique is not supported on vector property A.a"}},
         {"node A { a: Vector(2) @index }",
          "node A { a: Vector(2) @key }",
          {"@key is not supported on vector property A.a"}},
         {"node A { a: Blob }",
          "node A { a: Blob @index }",
          {"@index is not supported on blob property A.a"}},
         {"node A { a: Blob @x }",
          "node A { a: Blob @embed(a) }",
          {"@embed is not supported on blob property A.a"}},
         {"node A {} edge E: A -> A { a: I32 @index }",
          "node A {} edge E: A -> A { a: I32 @key }",
          {"@key is not supported on edge properties"}},
         {"node A {} edge E: A -> A { a: String v: Vector(2) }",
          "node A {} edge E: A -> A { a: String v: Vector(2) @embed(a) }",
          {"@embed is not supported on edge properties"}},
         {"node A { a: I32 @key @index @unique }",
          "node A { a: I32 @key @key }",
          {"declares @key multiple times"}},
         {"node A { a: I32 @w @w }",
          "node A { a: I32 @unique @unique }",
          {"declares @unique multiple times"}},
         {"node A { s: String a: Vector(1) @embed(s) }",
          "node A { s: String a: Vector(1) @embed(s) @embed(s) }",
          {"declares @embed multiple times"}},
         {"node A @instruction(\"x\") {}",
          "node A { a: I32 @instruction(\"x\") }",
          {"@instruction is only supported on node and edge types"}}},
        "parse error:");
}

TEST(SchemaErrors, DocumentationAnnotations) {
  check({{"node A @description(\" x \") {}",
          "node A @description(\" \\t\\n\") {}",
          {"@description", "requires a non-empty value"}},
         {"node A @description(x) {}", "node A @description {}", {"requires a non-empty value"}},
         {"node A @instruction(3) {}",
          "node A @instruction(\"\") {}",
          {"@instruction", "requires a non-empty value"}},
         {"node A { a: I32 @description(\"x\") }",
          "node A { a: I32 @description(\"\u3000\") }",
          {"requires a non-empty value"}},
         {"node A @description(\"a\") @instruction(\"b\") {}",
          "node A @description(\"a\") @description(\"b\") {}",
          {"declares @description multiple times"}},
         {"node A {} edge E: A -> A @instruction(\"a\")",
          "node A {} edge E: A -> A @instruction(\"a\") @instruction(\"b\")",
          {"declares @instruction multiple times"}},
         {"node A { a: I32 @description(\"a\") }",
          "node A { a: I32 @description(\"a\") @description(\"a\") }",
          {"declares @description multiple times"}}},
        "parse error:");
}

TEST(SchemaErrors, Embed) {
  check({{"node D { t: String v: Vector(2) @embed(t) }",
          "node D { t: String @embed(t) }",
          {"@embed is only supported on vector properties (D.t)"}},
         {"node D { t: String v: Vector(2) @embed(\"t\") }",
          "node D { t: String v: Vector(2) @embed }",
          {"@embed on D.v requires a source property name"}},
         {"node D { t: enum(a)? v: Vector(2)? @embed(t) }",
          "node D { t: String v: Vector(2) @embed(\"\") }",
          {"requires a non-empty source property name"}},
         {"node D { t: String v: Vector(2) @embed(t) }",
          "node D { v: Vector(2) @embed(nope) }",
          {"@embed on D.v references unknown source property nope"}},
         {"node D { t: String v: Vector(2) @embed(t) }",
          "node D { t: [String] v: Vector(2) @embed(t) }",
          {"@embed source property D.t must be String"}},
         {"node D { t: String v: Vector(2) @embed(t) }",
          "node D { t: I32 v: Vector(2) @embed(t) }",
          {"must be String"}},
         {"node D { t: String v: Vector(2) @embed(t, model=\"m\") }",
          "node D { t: String v: Vector(2) @embed(t, provider=\"m\") }",
          {"unknown argument 'provider='", "only 'model' is supported"}}},
        "parse error:");
}

TEST(SchemaErrors, RenameHints) {
  check({{"node A @rename_from(\"B\") {}",
          "node A @rename_from {}",
          {"@rename_from", "requires exactly one non-empty positional value"}},
         {"node A { a: I32 @rename_from(b) }",
          "node A { a: I32 @rename_from(\" \") }",
          {"requires exactly one non-empty positional value"}},
         {"node A @rename_from(\"B\") {}",
          "node A @rename_from(\"B\", why=\"x\") {}",
          {"does not accept keyword arguments"}},
         {"node A @rename_from(\"B\") {}",
          "node A @rename_from(\"B\") @rename_from(\"C\") {}",
          {"declares @rename_from multiple times"}},
         {"interface I { a: I32 @description }",
          "interface I { a: I32 @rename_from }",
          {"requires exactly one non-empty positional value"}},
         {"interface I { a: Blob @key @key }",
          "interface I { a: I32 @rename_from(a) @rename_from(b) }",
          {"declares @rename_from multiple times"}}},
        "parse error:");
}

TEST(SchemaErrors, InterfaceAnnotationsAreJudgedOnTheNode) {
  compiled("interface I { a: I32 @description @instruction(\"x\") @embed }");
  expect_holds(refusal("interface I { a: I32 @description } node A implements I {}"),
               "requires a non-empty value");
  expect_holds(refusal("interface I { v: Vector(2) @embed(t) } node A implements I {}"),
               "references unknown source property");
  compiled("interface I { v: Vector(2) @embed(t) } node A implements I { t: String }");
}

TEST(SchemaErrors, Constraints) {
  check({{"node A { a: String @key b: String }",
          "node A { a: String @key b: String @key }",
          {"multiple @key constraints"}},
         {"node A { a: String @key(a) }",
          "node A { a: String @key @key(a) }",
          {"multiple @key constraints"}},
         {"node A { a: String @key(a, a) }",
          "node A { a: String @key(a) @key(a) }",
          {"multiple @key constraints"}},
         {"interface I { a: String @key } node A implements I { a: String b: String @key }",
          "interface I { a: String @key } node A implements I { b: String @key }",
          {"multiple @key constraints"}},
         {"node A {} edge E: A -> A { w: I32 @unique(w) }",
          "node A {} edge E: A -> A { w: I32 @key(w) }",
          {"@key constraint is not supported on edges"}},
         {"node A { w: I32 @range(w, 0..1) }",
          "node A {} edge E: A -> A { w: I32 @range(w, 0..1) }",
          {"@range constraint is not supported on edges"}},
         {"node A { w: String @check(w, \"x\") }",
          "node A {} edge E: A -> A { w: String @check(w, \"x\") }",
          {"@check constraint is not supported on edges"}},
         {"node A { a: String @unique(a) }",
          "node A { a: String @unique(a, zz) }",
          {"references unknown property 'zz'"}},
         {"node A {} edge E: A -> A { @unique(src, dst) @index(dst) }",
          "node A { @unique(src) }",
          {"references unknown property 'src'"}},
         {"node A { a: String @key(a) }",
          "node A { a: String @key(b) }",
          {"references unknown property 'b'"}},
         {"node A { a: I32 @range(a, 0..) }",
          "node A { a: I32 @range(b, 0..) }",
          {"references unknown property 'b'"}},
         {"node A { a: String @key }", "node A { a: String? @key }", {"cannot be nullable"}},
         {"node A { a: Bool b: F32 @key(a, b) }",
          "node A { a: Bool b: F32? @key(a, b) }",
          {"cannot be nullable"}},
         {"node A { a: String }",
          "node A { a: [String] @key(a) }",
          {"@key is not supported on list property A.a"}},
         {"node A { a: String }",
          "node A { a: Vector(2) @key(a) }",
          {"@key is not supported on vector property A.a"}},
         {"node A { a: String }",
          "node A { a: Blob @key(a) }",
          {"@key is not supported on blob property A.a"}},
         {"node A { a: [I32] @unique(a) }",
          "node A { a: Blob @unique(a) }",
          {"@unique is not supported on blob property A.a"}},
         {"node A {} edge E: A -> A { b: I32 @index(src, b) }",
          "node A {} edge E: A -> A { b: Blob @index(src, b) }",
          {"@index is not supported on blob property E.b"}},
         {"node A { a: [F32] @range(a, 0..9) }",
          "node A { a: String @range(a, 0..9) }",
          {"requires a numeric type"}},
         {"node A { a: U64 @range(a, 9..0) }",
          "node A { a: DateTime @range(a, 0..9) }",
          {"requires a numeric type"}},
         {"node A { a: [String] b: enum(x) @check(a, \"x\") @check(b, \"x\") }",
          "node A { a: I32 @check(a, \"x\") }",
          {"requires String type"}}},
        "parse error:");
}

TEST(SchemaErrors, BadPatternsAreNotFoundHere) {
  compiled("node A { a: String @check(a, \"[a-\") }");
}

TEST(SchemaErrors, WholeSchema) {
  check({{"interface A {} node A {} node B {} edge A: A -> A",
          "node A {} node A {}",
          {"duplicate", "name", "'A'"}},
         {"interface I {} interface J {}", "interface I {} interface I {}", {"duplicate", "name"}},
         {"node A {} edge E: A -> A edge F: A -> A",
          "node A {} edge E: A -> A edge E: A -> A",
          {"duplicate edge"}},
         {"node A {} edge Ea: A -> A edge Eb: A -> A",
          "node A {} edge Knows: A -> A edge KNOWS: A -> A",
          {"case folding", "Knows", "KNOWS"}},
         {"edge E: A -> B node A {} node B {}",
          "edge E: A -> B node A {}",
          {"unresolved endpoint", "'B'"}},
         {"node A {} edge E: A -> A",
          "interface I {} node A {} edge E: I -> A",
          {"unresolved endpoint", "'I'"}}},
        "catalog error:");
}

TEST(SchemaErrors, NamesWithinOneOwner) {
  expect_holds(refusal("node A { n: I32 n: I32 }"), "duplicate property");
  expect_holds(refusal("interface I { n: I32 n: I32 }"), "duplicate property");
  expect_holds(refusal("interface I { n: I32 n: I32 } node A implements I {}"),
               "duplicate property");
  expect_holds(refusal("node A {} edge E: A -> A { n: I32 n: String }"), "duplicate property");
  expect_holds(refusal("node A { id: String @key }"), "`id`");
  expect_holds(refusal("interface I { id: String } node A implements I {}"), "`id`");
  expect_holds(refusal("node A {} edge E: A -> A { id: String? }"), "`id`");
  expect_holds(refusal("node A {} edge E: A -> A { src: String? }"), "`src`");
  expect_holds(refusal("node A {} edge E: A -> A { dst: String? }"), "`dst`");
  compiled("interface I { id: String } node A { src: I32 dst: I32 ident: I32 _tombstone: I32 }");
  compiled("node A {} edge E: A -> A { from: I32 to: I32 ids: I32 }");
}

TEST(SchemaErrors, LintWordsAndLeniency) {
  const auto lint = CompileMode::kLint;
  expect_holds(refusal("node A {} node A {}", lint), "duplicate node type");
  expect_holds(refusal("node A {} edge E: B -> A", lint), "unknown source type 'B'");
  expect_holds(refusal("node A {} edge E: A -> B", lint), "unknown target type 'B'");
  EXPECT_TRUE(refusal("node A {} edge E: A -> B", lint).starts_with("catalog error:"));
  const CatalogPtr twice = compiled("node A { n: I32 n: String @unique(n) }", lint);
  ASSERT_EQ(twice->node("A")->properties.size(), 1u);
  EXPECT_EQ(twice->node("A")->properties[0].type.scalar, ScalarType::kI32);
  compiled("node A { id: String @key } edge E: A -> A { src: I32 }", lint);
}

TEST(SchemaErrors, EarlierStepsAreReportedFirst) {
  // Declarations before interfaces before annotations before constraints before the whole.
  const std::string whole = "node Z {} node Z {} ";
  const std::string constraint = "node C { a: I32 @unique(b) } ";
  const std::string annotation = "node N @key {} ";
  const std::string interface = "node I implements Gone {} ";
  const std::string type = "node T { v: Vector(0) } ";
  expect_holds(refusal(whole + constraint + annotation + interface + type), "Vector dimension");
  expect_holds(refusal(whole + constraint + annotation + interface), "unknown interface");
  expect_holds(refusal(whole + constraint + annotation), "only supported on node properties");
  expect_holds(refusal(whole + constraint), "references unknown property");
  expect_holds(refusal(whole + "node D { n: I32 n: I32 }"), "duplicate node name");
  expect_holds(refusal(whole + constraint + annotation + interface + type + "#"), " --> ");
}

TEST(SchemaErrors, TellsParseFromCatalogErrors) {
  EXPECT_TRUE(is_schema_parse_error(compile_schema("node a {}").error()));
  EXPECT_FALSE(is_schema_parse_error(compile_schema("edge E: A -> A").error()));
}

TEST(SchemaErrors, InjectedPropertiesAreBounded) {
  // 1,100 nodes with 1,000 properties each, from 36 KB of text.
  std::string source = "interface I {";
  for (int i = 0; i < 1000; ++i) source += " p" + std::to_string(i) + ": I32";
  source += " }\n";
  for (int i = 0; i < 1100; ++i) source += "node N" + std::to_string(i) + " implements I {}\n";
  const Result<CatalogPtr> result = compile_schema(source);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kResourceExhausted);
  expect_holds(result.error().message(), "kMaxSchemaProperties");
}

}  // namespace
}  // namespace omnigraph
