#include "common/json_writer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace omnigraph {
namespace {

std::string json(double v) {
  std::string out;
  JsonWriter::append_double(out, v);
  return out;
}

std::string json(std::string_view v) {
  std::string out;
  JsonWriter::append_string(out, v);
  return out;
}

std::string json(const Value& v) {
  std::string out;
  JsonWriter(out).value(v);
  return out;
}

void write_sample(JsonWriter& writer) {
  writer.begin_object();
  writer.key("empty").begin_object().end_object();
  writer.key("list").begin_array().value(1).value("two").null().begin_array().end_array();
  writer.end_array();
  writer.key("raw").raw("{\"a\":1}");
  writer.key("flag").value(true).end_object();
}

TEST(JsonWriter, WritesCompact) {
  std::string out;
  JsonWriter writer(out);
  write_sample(writer);
  EXPECT_EQ(out, R"({"empty":{},"list":[1,"two",null,[]],"raw":{"a":1},"flag":true})");
}

TEST(JsonWriter, WritesPretty) {
  std::string out;
  JsonWriter writer(out, JsonWriter::Style::kPretty);
  write_sample(writer);
  EXPECT_EQ(out, R"({
  "empty": {},
  "list": [
    1,
    "two",
    null,
    []
  ],
  "raw": {"a":1},
  "flag": true
})");
}

TEST(JsonWriter, EscapesOnlyWhatItMust) {
  EXPECT_EQ(json(std::string_view("a\"b\\c/d")), R"("a\"b\\c/d")");
  EXPECT_EQ(json(std::string_view("\b\f\n\r\t\x01\x1F\x7F")),
            "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\"");
  EXPECT_EQ(json(std::string_view("Zoë ✓ 𝄞")), "\"Zoë ✓ 𝄞\"");
  EXPECT_EQ(json(std::string_view("\0", 1)), "\"\\u0000\"");
  EXPECT_EQ(json(std::string_view("")), "\"\"");
}

RC_GTEST_PROP(JsonWriter, StringsReadBack, (std::vector<std::uint8_t> bytes)) {
  // Code points 1 to 255 as UTF-8: every byte that is escaped and some that are wide.
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (byte < 0x80) {
      text += static_cast<char>(byte);
    } else {
      text += static_cast<char>(0xC0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  simdjson::dom::parser parser;
  const std::string document = "[" + json(std::string_view(text)) + "]";
  const std::string_view back = parser.parse(document).at(0).get_string();
  RC_ASSERT(back == text);
}

TEST(JsonWriter, WritesDoublesShort) {
  EXPECT_EQ(json(30.0), "30.0");
  EXPECT_EQ(json(0.0), "0.0");
  EXPECT_EQ(json(-0.0), "-0.0");
  EXPECT_EQ(json(0.1), "0.1");
  EXPECT_EQ(json(static_cast<double>(0.1F)), "0.10000000149011612");
  EXPECT_EQ(json(1e15), "1000000000000000.0");
  EXPECT_EQ(json(1e16), "1e16");
  EXPECT_EQ(json(1.25e300), "1.25e300");
  EXPECT_EQ(json(0.00001), "0.00001");
  EXPECT_EQ(json(0.000001), "1e-6");
  EXPECT_EQ(json(-2.5e-10), "-2.5e-10");
  EXPECT_EQ(json(123456.75), "123456.75");
  EXPECT_EQ(json(std::nan("")), "\"NaN\"");
  EXPECT_EQ(json(std::numeric_limits<double>::infinity()), "\"Infinity\"");
  EXPECT_EQ(json(-std::numeric_limits<double>::infinity()), "\"-Infinity\"");
}

RC_GTEST_PROP(JsonWriter, DoublesReadBack, (std::uint64_t bits)) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  RC_PRE(std::isfinite(value));
  const std::string text = json(value);
  RC_ASSERT(std::strtod(text.c_str(), nullptr) == value);
  RC_ASSERT(text.find_first_of(".e") != std::string::npos);
}

TEST(JsonWriter, WritesValues) {
  EXPECT_EQ(json(Value()), "null");
  EXPECT_EQ(json(Value(std::uint64_t{18'446'744'073'709'551'615u})), "18446744073709551615");
  EXPECT_EQ(json(Value(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(json(Value(Date{19'723})), "\"2024-01-01\"");
  EXPECT_EQ(json(Value(DateTime{-1})), "\"1969-12-31T23:59:59.999Z\"");
  EXPECT_EQ(json(Value(ValueList{Value(1.5), Value(), Value("x"), Value(true)})),
            "[1.5,null,\"x\",true]");
}

}  // namespace
}  // namespace omnigraph
