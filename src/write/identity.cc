#include "write/identity.h"

#include <charconv>
#include <cmath>

#include "common/date_text.h"
#include "common/json_writer.h"

namespace omnigraph {
namespace {

template <typename Integer>
void append_integer(std::string& out, Integer v) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, v).ptr;
  out.append(text, end);
}

template <typename Float>
Status append_float(std::string& out, Float v) {
  if (!std::isfinite(v)) return bad_request("a value that is not finite cannot identify an entity");
  out += scalar_spelling(v);
  return {};
}

Error not_spellable(ScalarType type) {
  return {ErrorCode::kInternal,
          "a value of type " + std::string(scalar_name(type)) + " cannot identify an entity"};
}

}  // namespace

Status append_spelling(std::string& out, ScalarType type, const Value& stored) {
  if (const auto* text = stored.get_if<std::string>()) {
    out += *text;
  } else if (const auto* integer = stored.get_if<std::int64_t>()) {
    append_integer(out, *integer);
  } else if (const auto* large = stored.get_if<std::uint64_t>()) {
    append_integer(out, *large);
  } else if (const auto* truth = stored.get_if<bool>()) {
    out += *truth ? "true" : "false";
  } else if (const auto* number = stored.get_if<double>()) {
    if (type == ScalarType::kF32) return append_float(out, static_cast<float>(*number));
    return append_float(out, *number);
  } else if (const auto* date = stored.get_if<Date>()) {
    append_integer(out, date->days);
  } else if (const auto* instant = stored.get_if<DateTime>()) {
    append_integer(out, instant->millis);
  } else {
    return not_spellable(type);
  }
  return {};
}

std::string id_from_spellings(std::span<const std::string> members) {
  if (members.size() == 1) return members[0];
  std::string out = "[";
  for (const std::string& member : members) {
    if (out.size() > 1) out += ',';
    JsonWriter::append_string(out, member);
  }
  out += ']';
  return out;
}

Result<bool> append_tuple(std::string& out, const RowBatch& batch, std::size_t row,
                          std::span<const PropertyId> group) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (i > 0) out += kTupleSeparator;
    if (group[i] == kSrcColumn) {
      append_integer(out, batch.src[row]);
    } else if (group[i] == kDstColumn) {
      append_integer(out, batch.dst[row]);
    } else {
      const Column* column = batch.column(group[i]);
      if (column == nullptr || column->is_null(row) || column->list) return false;
      append_spelling(out, *column, row);
    }
  }
  return true;
}

Result<bool> append_tuple(std::string& out, const Segment& segment, std::uint32_t row,
                          std::span<const PropertyId> group, const EntityType& type) {
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (i > 0) out += kTupleSeparator;
    if (group[i] == kSrcColumn || group[i] == kDstColumn) {
      OG_ASSIGN_OR_RETURN(const RowId end,
                          group[i] == kSrcColumn ? segment.src(row) : segment.dst(row));
      append_integer(out, end);
      continue;
    }
    const Property* property = type.find(group[i]);
    if (property == nullptr) return false;
    OG_ASSIGN_OR_RETURN(const Value value, segment.value(group[i], property->type, row));
    if (value.is_null()) return false;
    OG_RETURN_IF_ERROR(append_spelling(out, property->type.scalar, value));
  }
  return true;
}

}  // namespace omnigraph
