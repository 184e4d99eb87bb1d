#include "graph/cell_text.h"

#include <charconv>

#include "common/json_writer.h"

namespace omnigraph {
namespace {

template <typename Integer>
void append_integer(std::string& out, Integer value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// A present row of a kFixed column.
void append_fixed(std::string& out, const Column& column, std::size_t row) {
  switch (column.type) {
    case ScalarType::kBool:
      out += column.fixed<std::uint8_t>()[row] != 0 ? "true" : "false";
      break;
    case ScalarType::kI32:
      append_integer(out, column.fixed<std::int32_t>()[row]);
      break;
    case ScalarType::kI64:
      append_integer(out, column.fixed<std::int64_t>()[row]);
      break;
    case ScalarType::kU32:
      append_integer(out, column.fixed<std::uint32_t>()[row]);
      break;
    case ScalarType::kU64:
      append_integer(out, column.fixed<std::uint64_t>()[row]);
      break;
    case ScalarType::kF32:
      JsonWriter::append_double(out, static_cast<double>(column.fixed<float>()[row]));
      break;
    case ScalarType::kF64:
      JsonWriter::append_double(out, column.fixed<double>()[row]);
      break;
    case ScalarType::kDate:
      JsonWriter::append_date(out, column.fixed<std::int32_t>()[row]);
      break;
    case ScalarType::kDateTime:
      JsonWriter::append_datetime(out, column.fixed<std::int64_t>()[row]);
      break;
    case ScalarType::kString:
    case ScalarType::kBlob:
    case ScalarType::kVector:
      out += "null";
      break;  // never fixed
  }
}

}  // namespace

void append_cell_json(std::string& out, const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    out += "null";
    return;
  }
  switch (column.layout) {
    case Column::Layout::kAllNull:
      out += "null";
      break;
    case Column::Layout::kFixed:
      append_fixed(out, column, row);
      break;
    case Column::Layout::kString:
    case Column::Layout::kDictionary:
      JsonWriter::append_string(out, column.text(row));
      break;
    case Column::Layout::kList: {
      out += '[';
      for (std::uint32_t i = column.offsets[row]; i < column.offsets[row + 1]; ++i) {
        if (i > column.offsets[row]) out += ',';
        append_cell_json(out, *column.child, i);
      }
      out += ']';
      break;
    }
    case Column::Layout::kVector: {
      const float* values = static_cast<const float*>(column.values) + row * column.dimension;
      out += '[';
      for (std::uint32_t i = 0; i < column.dimension; ++i) {
        if (i > 0) out += ',';
        JsonWriter::append_double(out, static_cast<double>(values[i]));
      }
      out += ']';
      break;
    }
  }
}

void append_cell_text(std::string& out, const Column& column, std::size_t row) {
  const bool text =
      column.layout == Column::Layout::kString || column.layout == Column::Layout::kDictionary;
  if (text && !column.is_null(row)) {
    out += column.text(row);
    return;
  }
  const std::size_t start = out.size();
  append_cell_json(out, column, row);
  // Dates and non-finite numbers are strings in JSON; here they stand bare.
  if (column.layout == Column::Layout::kFixed && out.size() > start + 1 && out[start] == '"') {
    out.erase(start, 1);
    out.pop_back();
  }
}

}  // namespace omnigraph
