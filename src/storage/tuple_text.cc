#include "storage/tuple_text.h"

#include <xxhash.h>

#include <charconv>

#include "common/date_text.h"
#include "storage/segment.h"

namespace omnigraph {
namespace {

template <typename T>
void append_decimal(std::string& out, T value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

}  // namespace

Result<std::optional<std::uint32_t>> Segment::find_id(std::string_view id) const {
  return find_id(id, tuple_hash(id));
}

std::uint64_t tuple_hash(std::string_view canonical_tuple) {
  return XXH3_64bits(canonical_tuple.data(), canonical_tuple.size());
}

void append_spelling(std::string& out, const Column& column, std::size_t row) {
  switch (column.type) {
    case ScalarType::kString:
    case ScalarType::kBlob:
      out += column.text(row);
      break;
    case ScalarType::kBool:
      out += column.fixed<std::uint8_t>()[row] != 0 ? "true" : "false";
      break;
    case ScalarType::kI32:
    case ScalarType::kDate:
      append_decimal(out, column.fixed<std::int32_t>()[row]);
      break;
    case ScalarType::kI64:
    case ScalarType::kDateTime:
      append_decimal(out, column.fixed<std::int64_t>()[row]);
      break;
    case ScalarType::kU32:
      append_decimal(out, column.fixed<std::uint32_t>()[row]);
      break;
    case ScalarType::kU64:
      append_decimal(out, column.fixed<std::uint64_t>()[row]);
      break;
    case ScalarType::kF32:
      out += scalar_spelling(column.fixed<float>()[row]);
      break;
    case ScalarType::kF64:
      out += scalar_spelling(column.fixed<double>()[row]);
      break;
    case ScalarType::kVector:
      break;
  }
}

bool append_tuple(std::string& out, std::span<const TupleMember> group, std::size_t row) {
  bool first = true;
  for (const TupleMember& member : group) {
    if (!first) out.push_back(kTupleSeparator);
    first = false;
    if (member.ends != nullptr) {
      append_decimal(out, member.ends[row]);
      continue;
    }
    const Column* column = member.column;
    if (column == nullptr || column->list || column->type == ScalarType::kVector ||
        column->is_null(row)) {
      return false;
    }
    append_spelling(out, *column, row);
  }
  return true;
}

std::vector<TupleIndex::Entry> tuple_entries(std::span<const TupleMember> group,
                                             std::uint32_t rows) {
  std::vector<TupleIndex::Entry> entries;
  entries.reserve(rows);
  std::string text;
  for (std::uint32_t row = 0; row < rows; ++row) {
    text.clear();
    if (append_tuple(text, group, row)) entries.push_back({tuple_hash(text), row});
  }
  return entries;
}

}  // namespace omnigraph
