#include "schema/format.h"

#include <gtest/gtest.h>

#include "common/format_property.h"
#include "schema/parser.h"

namespace omnigraph {
namespace {

bool tokens_of(std::string_view text, std::vector<SourceRange>& tokens) {
  return parse_schema(text, &tokens).ok();
}

std::string formatted(std::string_view source) {
  const auto result = format_schema(source);
  if (!result.ok()) return result.error().message();
  test::expect_faithful(source, *result, &tokens_of);
  const auto again = format_schema(*result);
  EXPECT_EQ(again.ok() ? *again : again.error().message(), *result);
  return *result;
}

TEST(SchemaFormat, LaysDeclarationsOutOnLines) {
  EXPECT_EQ(formatted("interface Named{name:String@index}node Person implements Named{email:String"
                      "@key born:Date? level:enum(guest,member,staff)@check(email,\"^a\")@range("
                      "age , - 1 .. 2.5)}edge F:Person->Person@card(0..)@x(\"a\",b=1){since:Date?"
                      "tags:[String]? v:Vector( 3 )@unique(src,dst)}"),
            R"(interface Named { name: String @index }

node Person implements Named {
  email: String @key
  born: Date?
  level: enum(guest, member, staff)
  @check(email, "^a")
  @range(age, -1..2.5)
}

edge F: Person -> Person @card(0..) @x("a", b=1) {
  since: Date?
  tags: [String]?
  v: Vector(3)
  @unique(src, dst)
}
)");
}

TEST(SchemaFormat, KeepsWhatWasOneLineAndWhatWasNot) {
  EXPECT_EQ(
      formatted("node A {}\nnode B { k : String @key }\nnode C {\n k: String @key }\nnode D { a: "
                "String b: String }"),
      R"(node A {}

node B { k: String @key }

node C {
  k: String @key
}

node D {
  a: String
  b: String
}
)");
  // Edges without a body may stand together, with one blank line at most.
  EXPECT_EQ(formatted("edge A: B->C\nedge D: B->C\n\n\n\nedge E: B->C\nnode B{}"),
            "edge A: B -> C\nedge D: B -> C\n\nedge E: B -> C\n\nnode B {}\n");
  // Annotations keep lines of their own.
  EXPECT_EQ(
      formatted("node A\n@description(\"x\")\n@y implements I\n{ k: String\n@key\n   @z(a)\n }"),
      R"(node A
  @description("x")
  @y implements I
{
  k: String
      @key
      @z(a)
}
)");
  EXPECT_EQ(formatted("node A { k: enum(a,\n b, c)\n\n\n\n x: I32 }"),
            "node A {\n  k: enum(a,\n      b, c)\n\n  x: I32\n}\n");
}

TEST(SchemaFormat, KeepsComments) {
  EXPECT_EQ(
      formatted(
          "// first   \n\n\n// of all\nnode A { // opens\n  // own\n\n\n  k: String // behind\n"
          "  // last\n}// closed\n// before B\n\n/* and\n   more */ node /* in */ B {} // "
          "end\n//x"),
      R"(// first

// of all
node A {  // opens
  // own

  k: String  // behind
  // last
}  // closed

// before B

/* and
   more */
node /* in */ B {}  // end
//x
)");
}

TEST(SchemaFormat, EmptyAndWrongSources) {
  EXPECT_EQ(formatted(""), "");
  EXPECT_EQ(formatted(" \n\n "), "");
  EXPECT_EQ(formatted("\n// only this"), "// only this\n");
  EXPECT_FALSE(format_schema("node {").ok());
  EXPECT_EQ(formatted("nodeA{s:String@key}"), "node A { s: String @key }\n");
  EXPECT_EQ(formatted("node A { node: String edge: I32 @node interface: Bool }"),
            "node A {\n  node: String\n  edge: I32 @node\n  interface: Bool\n}\n");
}

TEST(SchemaFormat, IsFaithfulWhereverCommentsStand) {
  constexpr std::string_view kSource =
      "interface I { a: String @index } node N @d(\"x\") implements I, J { k: String @key b: "
      "enum(a, b)? @range(n, -1.5..2) l: [I32] } edge E: N -> N @card(0..3) @x(a, b=1) edge F: N "
      "-> "
      "N { v: Vector(3) @unique(src, dst) } node Z {}";
  test::for_each_scattering(kSource, &tokens_of, [](const std::string& text) { formatted(text); });
}

}  // namespace
}  // namespace omnigraph
