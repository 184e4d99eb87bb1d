#include "omnigraph/value.h"

#include <gtest/gtest.h>

#include <set>

#include "omnigraph/error.h"

namespace omnigraph {
namespace {

TEST(PropertyType, PrintsAsDeclared) {
  EXPECT_EQ(to_string(PropertyType{}), "String");
  EXPECT_EQ(to_string(PropertyType{.scalar = ScalarType::kI32, .list = true, .nullable = true}),
            "[I32]?");
  EXPECT_EQ(to_string(PropertyType{.scalar = ScalarType::kVector, .dimension = 3}), "Vector(3)");
  EXPECT_EQ(to_string(PropertyType{.nullable = true, .enum_values = {"a", "b"}}), "enum(a, b)?");
}

TEST(Value, ComparesByContent) {
  EXPECT_EQ(Value(), Value());
  EXPECT_EQ(Value(1), Value(std::int64_t{1}));
  EXPECT_EQ(Value(std::uint64_t{1}), Value(1));
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_NE(Value(Date{1}), Value(DateTime{1}));
  EXPECT_NE(Value(true), Value("true"));
  EXPECT_EQ(Value(ValueList{1, "a"}), Value(ValueList{1, "a"}));
  EXPECT_NE(Value(ValueList{1, "a"}), Value(ValueList{1, "b"}));
}

TEST(ErrorCode, HasOneNameEach) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    names.insert(code_name(static_cast<ErrorCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(ErrorCode::kInternal) + 1);
  EXPECT_EQ(code_name(ErrorCode::kBadRequest), "bad_request");
}

Result<int> half(int n) {
  if (n % 2 != 0) return bad_request("odd");
  return n / 2;
}

Result<int> quarter(int n) {
  OG_ASSIGN_OR_RETURN(const int once, half(n));
  OG_RETURN_IF_ERROR(half(once));
  return half(once);
}

TEST(Result, CarriesValuesAndErrors) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message(), "odd");
  const Error error = bad_request("b")
                          .prefixed("a: ")
                          .with({"key_conflict", {{"entity_id", "ada"}}})
                          .at({.line = 2, .column = 3});
  EXPECT_EQ(error.message(), "a: b");
  EXPECT_EQ(error.span()->line, 2u);
  EXPECT_EQ(error.details()->fields[0].second, "ada");
}

}  // namespace
}  // namespace omnigraph
