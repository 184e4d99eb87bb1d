#include "write/load/json_value.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "common/date_text.h"
#include "common/excerpt.h"
#include "write/blob_value.h"
#include "write/convert.h"

namespace omnigraph {
namespace {

using Kind = JsonToken::Kind;

// Longest text of a refused value that a message quotes.
// DateTime covers the years that a date text can spell.
constexpr std::int64_t kMaxMillis = 8'210'266'876'799'999;
constexpr std::int64_t kMinMillis = -8'334'601'228'800'000;

enum class Outcome : std::uint8_t { kDone, kWrongKind, kOutOfRange };

// Where a scalar goes: into a column, or into a Value.
struct ColumnSink {
  ColumnBuilder& out;
  void boolean(bool v) { out.append_bool(v); }
  void i32(std::int32_t v) { out.append_i32(v); }
  void i64(std::int64_t v) { out.append_i64(v); }
  void u32(std::uint32_t v) { out.append_u32(v); }
  void u64(std::uint64_t v) { out.append_u64(v); }
  void f32(float v) { out.append_f32(v); }
  void f64(double v) { out.append_f64(v); }
  void text(std::string_view v) { out.append_text(v); }
  void date(std::int32_t days) { out.append_i32(days); }
  void instant(std::int64_t millis) { out.append_i64(millis); }
};
struct ValueSink {
  Value& out;
  void boolean(bool v) { out = v; }
  void i32(std::int32_t v) { out = std::int64_t{v}; }
  void i64(std::int64_t v) { out = v; }
  void u32(std::uint32_t v) { out = std::int64_t{v}; }
  void u64(std::uint64_t v) { out = v; }
  void f32(float v) { out = static_cast<double>(v); }
  void f64(double v) { out = v; }
  void text(std::string_view v) { out = v; }
  void date(std::int32_t days) { out = Date{days}; }
  void instant(std::int64_t millis) { out = DateTime{millis}; }
};

template <typename Integer>
bool parse_integer(std::string_view text, Integer& out) {
  if (text == "-0") text = "0";
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

// The nearest double. The reader has refused what is beyond them.
double parse_double(std::string_view text) {
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() ? value : std::strtod(std::string(text).c_str(), nullptr);
}

template <typename Sink>
Result<Outcome> read_scalar(ScalarType type, const JsonToken& token, const ValueIntake& intake,
                            Sink sink) {
  const bool integer = token.kind == Kind::kInteger;
  const bool number = integer || token.kind == Kind::kNumber;
  const bool text = token.kind == Kind::kString;
  switch (type) {
    case ScalarType::kString:
      if (!text) return Outcome::kWrongKind;
      sink.text(token.text);
      return Outcome::kDone;
    case ScalarType::kBool:
      if (token.kind != Kind::kTrue && token.kind != Kind::kFalse) return Outcome::kWrongKind;
      sink.boolean(token.kind == Kind::kTrue);
      return Outcome::kDone;
    case ScalarType::kI32: {
      std::int32_t v = 0;
      if (!integer) return Outcome::kWrongKind;
      if (!parse_integer(token.text, v)) return Outcome::kOutOfRange;
      sink.i32(v);
      return Outcome::kDone;
    }
    case ScalarType::kI64: {
      std::int64_t v = 0;
      if (!integer) return Outcome::kWrongKind;
      if (!parse_integer(token.text, v)) return Outcome::kOutOfRange;
      sink.i64(v);
      return Outcome::kDone;
    }
    case ScalarType::kU32: {
      std::uint32_t v = 0;
      if (!integer) return Outcome::kWrongKind;
      if (!parse_integer(token.text, v)) return Outcome::kOutOfRange;
      sink.u32(v);
      return Outcome::kDone;
    }
    case ScalarType::kU64: {
      std::uint64_t v = 0;
      if (!integer) return Outcome::kWrongKind;
      if (!parse_integer(token.text, v)) return Outcome::kOutOfRange;
      sink.u64(v);
      return Outcome::kDone;
    }
    case ScalarType::kF32: {
      if (!number) return Outcome::kWrongKind;
      const auto v = static_cast<float>(parse_double(token.text));
      if (!std::isfinite(v)) return Outcome::kOutOfRange;
      sink.f32(v);
      return Outcome::kDone;
    }
    case ScalarType::kF64:
      if (!number) return Outcome::kWrongKind;
      sink.f64(parse_double(token.text));
      return Outcome::kDone;
    case ScalarType::kDate: {
      if (text) {
        OG_ASSIGN_OR_RETURN(const Date date, parse_date(token.text));
        sink.date(date.days);
        return Outcome::kDone;
      }
      std::int32_t days = 0;
      if (!integer) return Outcome::kWrongKind;
      if (!parse_integer(token.text, days)) {
        return bad_request("Date value out of range: " + excerpt(token.text));
      }
      sink.date(days);
      return Outcome::kDone;
    }
    case ScalarType::kDateTime: {
      if (text) {
        OG_ASSIGN_OR_RETURN(const DateTime instant, parse_datetime(token.text));
        sink.instant(instant.millis);
        return Outcome::kDone;
      }
      std::int64_t millis = 0;
      if (!integer) return Outcome::kWrongKind;
      if (!parse_integer(token.text, millis) || millis < kMinMillis || millis > kMaxMillis) {
        return bad_request("DateTime value out of range: " + excerpt(token.text));
      }
      sink.instant(millis);
      return Outcome::kDone;
    }
    case ScalarType::kBlob: {
      if (!text) return Outcome::kWrongKind;
      OG_ASSIGN_OR_RETURN(const std::string cell, blob_cell(token.text, *intake.blobs));
      sink.text(cell);
      return Outcome::kDone;
    }
    case ScalarType::kVector:
      break;
  }
  return Outcome::kWrongKind;
}

Error wrong_kind(const Property& property, const JsonToken& token) {
  if (property.type.scalar == ScalarType::kBlob) {
    return bad_request("blob property '" + property.name +
                       "' must be a URI string or base64: prefixed data");
  }
  return bad_request("strict property '" + property.name + "' expects " +
                     std::string(stored_type_name(property.type.scalar)) + ", got " +
                     excerpt(token.raw));
}

Error out_of_range(const Property& property, const JsonToken& token) {
  const std::string who =
      property.type.list ? std::string("list") : "property '" + property.name + "'";
  return bad_request(who + " value " + excerpt(token.raw) + " exceeds " +
                     std::string(stored_type_name(property.type.scalar)) + " range");
}

Result<bool> append_list(ColumnBuilder& out, const Property& property, const JsonReader& reader,
                         std::uint32_t at, const ValueIntake& intake) {
  const JsonToken& list = reader.tokens()[at];
  if (list.kind != Kind::kArray) {
    if (intake.strictness == Strictness::kPermissive) return false;
    return bad_request("list property '" + property.name + "' expects a JSON array, got " +
                       excerpt(list.raw));
  }
  out.begin_list();
  for (std::uint32_t i = at + 1; i < list.next; i = reader.tokens()[i].next) {
    const JsonToken& item = reader.tokens()[i];
    OG_ASSIGN_OR_RETURN(const Outcome outcome,
                        read_scalar(property.type.scalar, item, intake, ColumnSink{out}));
    if (outcome == Outcome::kOutOfRange) return out_of_range(property, item);
    if (outcome == Outcome::kDone) continue;
    if (intake.strictness == Strictness::kStrict) {
      return bad_request("strict list property '" + property.name +
                         "' contains a null or invalid item");
    }
    out.append_null();
  }
  out.end_list();
  return true;
}

Result<bool> append_vector(ColumnBuilder& out, const Property& property, const JsonReader& reader,
                           std::uint32_t at, const ValueIntake& intake) {
  const JsonToken& list = reader.tokens()[at];
  if (list.kind != Kind::kArray) {
    if (intake.strictness == Strictness::kPermissive && property.type.nullable) return false;
    return bad_request("vector property '" + property.name + "' expects a JSON array, got " +
                       excerpt(list.raw));
  }
  std::size_t items = 0;
  for (std::uint32_t i = at + 1; i < list.next; i = reader.tokens()[i].next) ++items;
  if (items != property.type.dimension) {
    return bad_request("vector property '" + property.name + "' expects " +
                       std::to_string(property.type.dimension) + " dimensions, got " +
                       std::to_string(items));
  }
  std::vector<float> vector;
  vector.reserve(items);
  for (std::uint32_t i = at + 1; i < list.next; i = reader.tokens()[i].next) {
    const JsonToken& item = reader.tokens()[i];
    if (item.kind != Kind::kInteger && item.kind != Kind::kNumber) {
      return bad_request("vector property '" + property.name + "' elements must be numeric, got " +
                         excerpt(item.raw));
    }
    const auto v = static_cast<float>(parse_double(item.text));
    if (!std::isfinite(v)) {
      return bad_request("vector element value " + excerpt(item.raw) + " exceeds Float32 range");
    }
    vector.push_back(v);
  }
  out.append_vector(vector);
  return true;
}

// Null, and what the permissive grammar takes for it, is false.
template <typename Sink>
Result<bool> read_property(const Property& property, const JsonToken& token,
                           const ValueIntake& intake, Sink sink) {
  if (token.kind == Kind::kNull) return false;
  OG_ASSIGN_OR_RETURN(const Outcome outcome,
                      read_scalar(property.type.scalar, token, intake, sink));
  switch (outcome) {
    case Outcome::kDone:
      return true;
    case Outcome::kOutOfRange:
      return out_of_range(property, token);
    case Outcome::kWrongKind:
      break;
  }
  const bool blob = property.type.scalar == ScalarType::kBlob;
  if (intake.strictness == Strictness::kPermissive && !blob) return false;
  return wrong_kind(property, token);
}

}  // namespace

Result<bool> append_json(ColumnBuilder& out, const Property& property, const JsonReader& reader,
                         std::uint32_t at, const ValueIntake& intake) {
  const JsonToken& token = reader.tokens()[at];
  if (property.type.list || property.type.scalar == ScalarType::kVector) {
    if (token.kind == Kind::kNull) return false;
    return property.type.list ? append_list(out, property, reader, at, intake)
                              : append_vector(out, property, reader, at, intake);
  }
  return read_property(property, token, intake, ColumnSink{out});
}

Result<Value> json_scalar(const Property& property, const JsonReader& reader, std::uint32_t at,
                          const ValueIntake& intake) {
  Value value;
  OG_ASSIGN_OR_RETURN([[maybe_unused]] const bool present,
                      read_property(property, reader.tokens()[at], intake, ValueSink{value}));
  return value;
}

}  // namespace omnigraph
