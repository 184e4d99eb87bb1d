// Writes JSON text into a string: compact, or pretty with two spaces. UTF-8 is passed through
// unescaped; only `"`, `\` and control characters are escaped. Doubles print as the shortest text
// that reads back, always with `.` or exponent (30.0); non-finite as "NaN", "Infinity",
// "-Infinity". Not thread-safe; one writer, one document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/value.h"

namespace omnigraph {

class JsonWriter {
 public:
  enum class Style : std::uint8_t { kCompact, kPretty };
  explicit JsonWriter(std::string& out, Style style = Style::kCompact) : out_(out), style_(style) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& null();
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool v);
  JsonWriter& value(std::int64_t v);
  JsonWriter& value(std::uint64_t v);
  JsonWriter& value(int v) { return value(static_cast<std::int64_t>(v)); }
  JsonWriter& value(std::uint32_t v) { return value(static_cast<std::uint64_t>(v)); }
  JsonWriter& value(double v);
  JsonWriter& value(const Value& v);       // result encoding of spec/queries.md §14
  JsonWriter& raw(std::string_view json);  // already valid JSON

  // Building blocks for encoders that write into their own buffer.
  static void append_string(std::string& out, std::string_view text);  // with quotes
  static void append_double(std::string& out, double v);
  static void append_date(std::string& out, std::int32_t days);        // with quotes
  static void append_datetime(std::string& out, std::int64_t millis);  // with quotes

 private:
  void before_value();
  std::string& out_;
  Style style_;
  struct Level {
    bool array;
    bool empty;
  };
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace omnigraph
