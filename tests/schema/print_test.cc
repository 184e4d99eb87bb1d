// Printing a tree and parsing it again gives the same tree, for any tree that parsing can give.

#include "schema/print.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <string_view>
#include <vector>

#include "schema/parser.h"

namespace omnigraph {
namespace {

std::string pick(std::string_view alphabet) {
  return std::string(1, alphabet[*rc::gen::inRange<std::size_t>(0, alphabet.size())]);
}

std::string word(std::string_view first, std::string_view rest) {
  std::string text = pick(first);
  const int more = *rc::gen::inRange(0, 5);
  for (int i = 0; i < more; ++i) text += pick(rest);
  return text;
}

constexpr std::string_view kUpper = "ABEISVZ";
constexpr std::string_view kWord = "abdeiknrtuxyzABDVZ0189_";

std::string type_name() { return word(kUpper, kWord); }

// Keywords and their prefixes come up often enough to matter.
std::string identifier() {
  static const std::vector<std::string> kNotable = {"node", "edge", "interface", "implements",
                                                    "enum", "card", "true",      "false",
                                                    "key",  "keys", "_"};
  if (*rc::gen::inRange(0, 3) == 0) return *rc::gen::elementOf(kNotable);
  return word("abdefiknrtuz_", kWord);
}

std::string digits() { return word("0123456789", "0123456789"); }

std::string string_text() {
  std::string text;
  const int length = *rc::gen::inRange(0, 8);
  for (int i = 0; i < length; ++i) {
    static const std::vector<std::string> kPieces = {
        "a", " ", "\n", "\t", "\\n", "\\\"", "\\\\", "\\q", "//", "/*", "ž", "日", "@", "}", "'"};
    text += *rc::gen::elementOf(kPieces);
  }
  return text;
}

SchemaLiteral literal(bool words) {
  using Kind = SchemaLiteral::Kind;
  SchemaLiteral value;
  value.kind = static_cast<Kind>(*rc::gen::inRange(0, words ? 5 : 4));
  switch (value.kind) {
    case Kind::kString:
      value.text = string_text();
      break;
    case Kind::kFloat:
      value.text = digits() + "." + digits();
      break;
    case Kind::kInt:
      value.text = digits();
      break;
    case Kind::kBool:
      value.text = *rc::gen::arbitrary<bool>() ? "true" : "false";
      break;
    case Kind::kWord:
      do value.text = identifier();
      while (value.text.starts_with("true") || value.text.starts_with("false"));
      break;
  }
  return value;
}

std::vector<AnnotationDecl> annotations() {
  std::vector<AnnotationDecl> list(*rc::gen::inRange<std::size_t>(0, 3));
  for (AnnotationDecl& annotation : list) {
    annotation.name = identifier();
    const bool constraint_name = annotation.name == "key";
    if (constraint_name || *rc::gen::arbitrary<bool>()) continue;
    annotation.argument = literal(true);
    const int named = *rc::gen::inRange(0, 3);
    for (int i = 0; i < named; ++i) annotation.named.emplace_back(identifier(), literal(false));
  }
  return list;
}

TypeDecl type() {
  static const std::vector<ScalarType> kScalars = {
      ScalarType::kString, ScalarType::kBlob, ScalarType::kBool,    ScalarType::kI32,
      ScalarType::kI64,    ScalarType::kU32,  ScalarType::kU64,     ScalarType::kF32,
      ScalarType::kF64,    ScalarType::kDate, ScalarType::kDateTime};
  TypeDecl type;
  type.form = static_cast<TypeDecl::Form>(*rc::gen::inRange(0, 4));
  switch (type.form) {
    case TypeDecl::Form::kScalar:
    case TypeDecl::Form::kList:
      type.scalar = *rc::gen::elementOf(kScalars);
      break;
    case TypeDecl::Form::kEnum: {
      const int values = *rc::gen::inRange(1, 4);
      for (int i = 0; i < values; ++i) type.enum_values.push_back(word("aZ0_-", "bY9_-"));
      break;
    }
    case TypeDecl::Form::kVector:
      type.scalar = ScalarType::kVector;
      type.dimension = digits();
      break;
  }
  type.nullable = *rc::gen::arbitrary<bool>();
  return type;
}

PropertyDecl property() {
  PropertyDecl property;
  property.name = identifier();
  property.type = type();
  property.annotations = annotations();
  return property;
}

std::string bound() {
  std::string text = *rc::gen::arbitrary<bool>() ? "-" : "";
  text += digits();
  if (*rc::gen::arbitrary<bool>()) text += "." + digits();
  return text;
}

ConstraintDecl constraint() {
  ConstraintDecl constraint;
  constraint.kind = static_cast<ConstraintKind>(*rc::gen::inRange(0, 5));
  const int arguments = *rc::gen::inRange(1, 4);
  for (int i = 0; i < arguments; ++i) {
    if (*rc::gen::arbitrary<bool>()) {
      constraint.arguments.emplace_back(literal(true));
      continue;
    }
    RangeDecl range;
    const int form = *rc::gen::inRange(0, 3);
    if (form != 0) range.min = bound();
    if (form != 1) range.max = bound();
    constraint.arguments.emplace_back(std::move(range));
  }
  return constraint;
}

std::vector<BodyItem> body() {
  std::vector<BodyItem> items;
  const int size = *rc::gen::inRange(0, 5);
  for (int i = 0; i < size; ++i) {
    if (*rc::gen::arbitrary<bool>())
      items.emplace_back(property());
    else
      items.emplace_back(constraint());
  }
  return items;
}

Declaration declaration() {
  switch (*rc::gen::inRange(0, 3)) {
    case 0: {
      InterfaceDecl decl;
      decl.name = type_name();
      const int size = *rc::gen::inRange(0, 4);
      for (int i = 0; i < size; ++i) decl.properties.push_back(property());
      return decl;
    }
    case 1: {
      NodeDecl decl;
      decl.name = type_name();
      decl.annotations = annotations();
      const int size = *rc::gen::inRange(0, 3);
      for (int i = 0; i < size; ++i) decl.implements.push_back({type_name(), {}});
      decl.body = body();
      return decl;
    }
    default: {
      EdgeDecl decl;
      decl.name = type_name();
      decl.from = type_name();
      decl.to = type_name();
      if (*rc::gen::arbitrary<bool>()) {
        decl.cardinality.emplace().min = digits();
        if (*rc::gen::arbitrary<bool>()) decl.cardinality->max = digits();
      }
      decl.annotations = annotations();
      decl.body = body();
      return decl;
    }
  }
}

TEST(SchemaPrinter, ParsingWhatWasPrintedGivesTheSameTree) {
  EXPECT_TRUE(rc::check([] {
    SchemaAst ast;
    const int size = *rc::gen::inRange(0, 6);
    for (int i = 0; i < size; ++i) ast.declarations.push_back(declaration());
    const std::string text = print_schema(ast);
    const Result<SchemaAst> again = parse_schema(text);
    if (!again.ok()) RC_FAIL(text + "\n" + again.error().message());
    if (*again != ast) RC_FAIL("another tree: " + text);
  }));
}

TEST(SchemaPrinter, Layout) {
  const std::string source =
      "interface Named{name:String}node Person@x(1,k=\"v\")implements Named,Other{age:I32 ?@index "
      "@range(age,0 .. 9.5)e:enum(b,a)v:Vector(3)l:[Date]?}edge Knows:Person->Person@card(0..)@w";
  const Result<SchemaAst> ast = parse_schema(source);
  ASSERT_TRUE(ast.ok()) << ast.error().message();
  EXPECT_EQ(print_schema(*ast),
            "interface Named {\n"
            "  name: String\n"
            "}\n"
            "\n"
            "node Person @x(1, k=\"v\") implements Named, Other {\n"
            "  age: I32? @index\n"
            "  @range(age, 0..9.5)\n"
            "  e: enum(b, a)\n"
            "  v: Vector(3)\n"
            "  l: [Date]?\n"
            "}\n"
            "\n"
            "edge Knows: Person -> Person @card(0..) @w\n");
}

}  // namespace
}  // namespace omnigraph
