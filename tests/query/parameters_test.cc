// Every row of the binding table of spec/queries.md §5.2, kept and broken.
#include "query/parameters.h"

#include <gtest/gtest.h>

#include <string>

#include "query/limits.h"
#include "query/parse.h"

namespace omnigraph {
namespace {

std::vector<Parameter> declare(const std::string& list) {
  auto file = parse_queries("query q(" + list + ") { match { $t: T } return { 1 } }");
  EXPECT_TRUE(file.ok()) << file.error().message();
  return file.ok() ? file->queries[0].parameters : std::vector<Parameter>{};
}

std::string text(const Value& value) {
  struct Visitor {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return "int " + std::to_string(v); }
    std::string operator()(std::uint64_t v) const { return "uint " + std::to_string(v); }
    std::string operator()(double v) const { return "double " + std::to_string(v); }
    std::string operator()(const std::string& v) const { return "str " + v; }
    std::string operator()(Date) const { return "date"; }
    std::string operator()(DateTime) const { return "datetime"; }
    std::string operator()(const std::shared_ptr<const ValueList>& list) const {
      std::string out = "[";
      for (const Value& item : *list) out += text(item) + ";";
      return out + "]";
    }
  };
  return std::visit(Visitor{}, value.storage());
}

// The first parameter's value, "-" when it has none, or the error.
std::string bound(const std::string& list, std::string_view json) {
  auto values = bind_parameters(declare(list), json);
  if (!values.ok()) {
    EXPECT_EQ(values.error().code(), ErrorCode::kBadRequest);
    return values.error().message();
  }
  if (values->empty()) return "";
  return values->front() ? text(*values->front()) : "-";
}
std::string value(const std::string& type, const std::string& json) {
  return bound("$p: " + type, "{\"p\": " + json + "}");
}

TEST(Parameters, String) {
  EXPECT_EQ(value("String", R"("a\u00e9\n")"), "str aé\n");
  EXPECT_EQ(value("String", R"("")"), "str ");
  EXPECT_EQ(value("String", "5"), "param 'p': expected string, got number");
  EXPECT_EQ(value("String", "true"), "param 'p': expected string, got boolean");
  EXPECT_EQ(value("String", "[1]"), "param 'p': expected string, got array");
  EXPECT_EQ(value("String", "{}"), "param 'p': expected string, got object");
}

TEST(Parameters, I32) {
  EXPECT_EQ(value("I32", "-2147483648"), "int -2147483648");
  EXPECT_EQ(value("I32", R"("+12")"), "int 12");
  EXPECT_EQ(value("I32", R"("-0")"), "int 0");
  EXPECT_EQ(value("I32", "2147483648"), "param 'p': value 2147483648 exceeds I32");
  EXPECT_EQ(value("I32", "1.5"), "param 'p': expected integer number");
  EXPECT_EQ(value("I32", "1.0"), "param 'p': expected integer number");
  EXPECT_EQ(value("I32", "1e2"), "param 'p': expected integer number");
  EXPECT_EQ(value("I32", "9223372036854775808"), "param 'p': expected integer number");
  EXPECT_EQ(value("I32", R"("x1")"), "param 'p': expected integer string, got 'x1'");
  EXPECT_EQ(value("I32", R"(" 1")"), "param 'p': expected integer string, got ' 1'");
  EXPECT_EQ(value("I32", R"("+-1")"), "param 'p': expected integer string, got '+-1'");
  EXPECT_EQ(value("I32", R"("")"), "param 'p': expected integer string, got ''");
  EXPECT_EQ(value("I32", "true"), "param 'p': expected integer");
  EXPECT_EQ(value("I32", "[]"), "param 'p': expected integer");
}

TEST(Parameters, I64IsExact) {
  EXPECT_EQ(value("I64", "9007199254740993"), "int 9007199254740993");
  EXPECT_EQ(value("I64", "-9223372036854775808"), "int -9223372036854775808");
  EXPECT_EQ(value("I64", R"("-9223372036854775808")"), "int -9223372036854775808");
  EXPECT_EQ(value("I64", R"("9223372036854775808")"),
            "param 'p': expected integer string, got '9223372036854775808'");
}

TEST(Parameters, U32AndU64) {
  EXPECT_EQ(value("U32", "4294967295"), "int 4294967295");
  EXPECT_EQ(value("U32", R"("0")"), "int 0");
  EXPECT_EQ(value("U32", "4294967296"), "param 'p': value 4294967296 exceeds U32");
  EXPECT_EQ(value("U32", "-1"), "param 'p': expected unsigned integer number");
  EXPECT_EQ(value("U32", "1.5"), "param 'p': expected unsigned integer number");
  EXPECT_EQ(value("U32", R"("-1")"), "param 'p': expected unsigned integer string, got '-1'");
  EXPECT_EQ(value("U32", "false"), "param 'p': expected unsigned integer");
  EXPECT_EQ(value("U64", "9223372036854775807"), "int 9223372036854775807");
  EXPECT_EQ(value("U64", "9223372036854775808"),
            "param 'p': value 9223372036854775808 exceeds current engine range for U64 (max "
            "9223372036854775807)");
  EXPECT_EQ(value("U64", R"("18446744073709551615")"),
            "param 'p': value 18446744073709551615 exceeds current engine range for U64 (max "
            "9223372036854775807)");
  EXPECT_EQ(value("U64", "18446744073709551616"), "param 'p': expected unsigned integer number");
}

TEST(Parameters, Floats) {
  EXPECT_EQ(value("F64", "2"), "double 2.000000");
  EXPECT_EQ(value("F32", "-2.5e1"), "double -25.000000");
  EXPECT_EQ(value("F64", "123456789012345678901234567890"),
            "double 123456789012345677877719597056.000000");
  EXPECT_EQ(value("F64", "1e-999"), "double 0.000000");
  EXPECT_EQ(value("F64", "1e999"), "param 'p': expected float");
  EXPECT_EQ(value("F64", R"("2.5")"), "param 'p': expected float");
}

TEST(Parameters, BoolDateBlob) {
  EXPECT_EQ(value("Bool", "false"), "false");
  EXPECT_EQ(value("Bool", R"("true")"), "param 'p': expected boolean");
  EXPECT_EQ(value("Date", R"("soon")"), "str soon");  // checked when used
  EXPECT_EQ(value("Date", "19783"), "param 'p': expected date string");
  EXPECT_EQ(value("DateTime", R"("2024-01-01")"), "str 2024-01-01");
  EXPECT_EQ(value("DateTime", "5"), "param 'p': expected datetime string");
  EXPECT_EQ(value("Blob", R"("base64:aGk=")"), "str base64:aGk=");
  EXPECT_EQ(value("Blob", "5"), "param 'p': expected blob URI string, got number");
}

TEST(Parameters, Lists) {
  EXPECT_EQ(value("[I32]", R"([1, "2"])"), "[int 1;int 2;]");
  EXPECT_EQ(value("[String]?", "[]"), "[]");
  EXPECT_EQ(value("[I32]", "5"), "param 'p': expected array for [I32]");
  EXPECT_EQ(value("[I32]?", "{}"), "param 'p': expected array for [I32]");
  EXPECT_EQ(value("[I32]", "[1, null]"), "param 'p': expected integer");
  EXPECT_EQ(value("[String]", "[null]"), "param 'p': expected string, got null");
  EXPECT_EQ(value("[I32]", "[2147483648]"), "param 'p': value 2147483648 exceeds I32");
  EXPECT_EQ(value("[I32]", "[[1]]"), "param 'p': expected integer");
}

TEST(Parameters, Vectors) {
  EXPECT_EQ(value("Vector(2)", "[1, 0.5]"), "[double 1.000000;double 0.500000;]");
  EXPECT_EQ(value("Vector(2)", "[1, 2, 3]"), "param 'p': expected 2 values for Vector(2), got 3");
  EXPECT_EQ(value("Vector(2)", R"([1, "a", 3])"),
            "param 'p': expected 2 values for Vector(2), got 3");
  EXPECT_EQ(value("Vector(2)", R"([1, "a"])"), "param 'p': vector element is not numeric");
  EXPECT_EQ(value("Vector(2)", "[1, [2]]"), "param 'p': vector element is not numeric");
  EXPECT_EQ(value("Vector(2)", R"([{"a": [1]}, 1])"), "param 'p': vector element is not numeric");
  EXPECT_EQ(value("Vector(2)?", R"("x")"), "param 'p': expected array for Vector(2)");
}

TEST(Parameters, Null) {
  EXPECT_EQ(value("String?", "null"), "null");
  EXPECT_EQ(value("[I32]?", "null"), "null");
  EXPECT_EQ(value("String", "null"), "param 'p': null is not accepted for non-nullable parameter");
  EXPECT_EQ(value("Vector(2)", "null"),
            "param 'p': null is not accepted for non-nullable parameter");
}

TEST(Parameters, LeftOut) {
  for (const char* json : {"", "  ", "null", " null\n", "{}", " { } "}) {
    EXPECT_EQ(bound("$p: String?", json), "null");
    EXPECT_EQ(bound("$p: String", json), "-");
  }
}

TEST(Parameters, OnlyAnObject) {
  for (const char* json : {"[\"Brix\"]", "5", "\"x\"", "true", "123456789012345678901234567890"}) {
    EXPECT_EQ(bound("$p: String", json), "params must be a JSON object");
  }
}

TEST(Parameters, BrokenJson) {
  for (const char* json :
       {"{\"p\": ", "{", "nul", "{\"p\" 1}", "{\"p\": 1,}", "{\"p\": tru}", "{\"p\": 01}",
        "{\"p\": 1}x", "{\"p\": -}", "{\"p\": \"\\q\"}", "{p: 1}", "{\"p\": [1 2]}",
        "{\"p\": nulL}", "{\"p\": .5}", "{\"p\": 1} {}", "{\"p\": 1]", "x", "{\"p\": \"\xff\"}"}) {
    const std::string got = bound("$q: I32", json);
    EXPECT_EQ(got.rfind("params are not valid JSON", 0), 0u) << json << " gave " << got;
  }
}

TEST(Parameters, UndeclaredKeysAreInspected) {
  EXPECT_EQ(bound("$p: I32", R"({"x": [1, 2.5, null, "x", [true]], "y": 1e3, "p": 1})"), "int 1");
  EXPECT_EQ(bound("$p: I32", R"({"p": 1, "x": {"a": 1}})"), "param 'x': object is not supported");
  EXPECT_EQ(bound("$p: I32", R"({"p": 1, "x": [[{}]]})"), "param 'x': object is not supported");
  const std::string deep(kMaxParameterNesting + 1, '[');
  EXPECT_NE(bound("$p: I32", "{\"x\": " + deep + std::string(deep.size(), ']') + "}")
                .find("max_parameter_nesting"),
            std::string::npos);
}

TEST(Parameters, TheLastOfRepeatedKeysCounts) {
  EXPECT_EQ(bound("$p: I32", R"({"p": 1, "p": 2})"), "int 2");
}

TEST(Parameters, ValuesComeInDeclaredOrder) {
  auto values =
      bind_parameters(declare("$a: I32, $b: String?, $c: Bool"), R"({"c": true, "a": 1})");
  ASSERT_TRUE(values.ok());
  ASSERT_EQ(values->size(), 3u);
  EXPECT_EQ(text(*(*values)[0]), "int 1");
  EXPECT_EQ(text(*(*values)[1]), "null");
  EXPECT_EQ(text(*(*values)[2]), "true");
}

TEST(Parameters, NamesAndStringsDoNotRunTogether) {
  auto values = bind_parameters(declare("$name: String, $a: [String]"),
                                R"({"\u006eame": "x", "a": ["one", "two", "three"]})");
  ASSERT_TRUE(values.ok()) << values.error().message();
  EXPECT_EQ(text(*(*values)[0]), "str x");
  EXPECT_EQ(text(*(*values)[1]), "[str one;str two;str three;]");
}

}  // namespace
}  // namespace omnigraph
