#include "storage/column.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "storage/column_memory.h"

namespace omnigraph {

std::size_t fixed_width(ScalarType type) {
  switch (type) {
    case ScalarType::kBool:
      return 1;
    case ScalarType::kI32:
    case ScalarType::kU32:
    case ScalarType::kF32:
    case ScalarType::kDate:
      return 4;
    case ScalarType::kI64:
    case ScalarType::kU64:
    case ScalarType::kF64:
    case ScalarType::kDateTime:
      return 8;
    case ScalarType::kString:
    case ScalarType::kBlob:
    case ScalarType::kVector:
      return 0;
  }
  return 0;
}

Value Column::value(std::size_t row) const {
  assert(row < rows);
  if (is_null(row)) return {};
  switch (layout) {
    case Layout::kAllNull:
      return {};
    case Layout::kString:
    case Layout::kDictionary:
      return Value(text(row));
    case Layout::kList: {
      ValueList elements;
      elements.reserve(offsets[row + 1] - offsets[row]);
      for (std::uint32_t i = offsets[row]; i < offsets[row + 1]; ++i) {
        elements.push_back(child->value(i));
      }
      return Value(std::move(elements));
    }
    case Layout::kVector: {
      const float* at = static_cast<const float*>(values) + row * dimension;
      ValueList elements;
      elements.reserve(dimension);
      for (std::uint32_t i = 0; i < dimension; ++i) elements.emplace_back(double{at[i]});
      return Value(std::move(elements));
    }
    case Layout::kFixed:
      break;
  }
  switch (type) {
    case ScalarType::kBool:
      return Value(fixed<std::uint8_t>()[row] != 0);
    case ScalarType::kI32:
      return Value(std::int64_t{fixed<std::int32_t>()[row]});
    case ScalarType::kI64:
      return Value(fixed<std::int64_t>()[row]);
    case ScalarType::kU32:
      return Value(std::int64_t{fixed<std::uint32_t>()[row]});
    case ScalarType::kU64:
      return Value(fixed<std::uint64_t>()[row]);
    case ScalarType::kF32:
      return Value(double{fixed<float>()[row]});
    case ScalarType::kF64:
      return Value(fixed<double>()[row]);
    case ScalarType::kDate:
      return Value(Date{fixed<std::int32_t>()[row]});
    case ScalarType::kDateTime:
      return Value(DateTime{fixed<std::int64_t>()[row]});
    case ScalarType::kString:
    case ScalarType::kBlob:
    case ScalarType::kVector:
      break;
  }
  assert(false);
  return {};
}

std::uint64_t* ColumnMemory::make_validity(std::size_t rows) {
  const std::size_t words = (rows + 63) / 64;
  validity = std::make_unique_for_overwrite<std::uint64_t[]>(words);
  std::fill_n(validity.get(), words, ~std::uint64_t{0});
  total += words * sizeof(std::uint64_t);
  return validity.get();
}

std::byte* ColumnMemory::make_values(std::size_t size) {
  values = std::make_unique_for_overwrite<std::byte[]>(size);
  total += size;
  return values.get();
}

std::uint32_t* ColumnMemory::make_offsets(std::size_t rows) {
  offsets = std::make_unique_for_overwrite<std::uint32_t[]>(rows + 1);
  offsets[0] = 0;
  total += (rows + 1) * sizeof(std::uint32_t);
  return offsets.get();
}

char* ColumnMemory::make_bytes(std::size_t size) {
  bytes = std::make_unique_for_overwrite<char[]>(size);
  total += size;
  return bytes.get();
}

std::uint32_t* ColumnMemory::make_codes(std::size_t rows) {
  codes = std::make_unique_for_overwrite<std::uint32_t[]>(rows);
  total += rows * sizeof(std::uint32_t);
  return codes.get();
}

namespace {

std::shared_ptr<Column> bare_column(const PropertyType& type, std::uint32_t rows) {
  auto column = std::make_shared<Column>();
  column->type = type.scalar;
  column->list = type.list;
  column->dimension = type.dimension;
  column->rows = rows;
  return column;
}

}  // namespace

ColumnPtr column_over(const PropertyType& type, Column::Layout layout, std::uint32_t rows,
                      std::uint32_t null_count, ColumnMemory memory, ColumnPtr child) {
  if (null_count == rows || layout == Column::Layout::kAllNull) return all_null_column(type, rows);
  auto column = bare_column(type, rows);
  column->layout = layout;
  column->null_count = null_count;
  column->memory = sizeof(Column) + memory.total;
  column->child = std::move(child);
  const auto owner = std::make_shared<const ColumnMemory>(std::move(memory));
  if (null_count > 0) column->validity = owner->validity.get();
  column->values = owner->values.get();
  column->offsets = owner->offsets.get();
  column->bytes = owner->bytes.get();
  column->codes = owner->codes.get();
  column->owner = owner;
  return column;
}

ColumnPtr all_null_column(const PropertyType& type, std::uint32_t rows) {
  auto column = bare_column(type, rows);
  column->layout = Column::Layout::kAllNull;
  column->null_count = rows;
  column->memory = sizeof(Column);
  return column;
}

PropertyType type_of(const Column& column) {
  PropertyType type;
  type.scalar = column.type;
  type.list = column.list;
  type.dimension = column.dimension;
  type.nullable = true;
  return type;
}

Column::Layout layout_of(const PropertyType& type) {
  if (type.list) return Column::Layout::kList;
  if (type.scalar == ScalarType::kVector) return Column::Layout::kVector;
  return fixed_width(type.scalar) > 0 ? Column::Layout::kFixed : Column::Layout::kString;
}

}  // namespace omnigraph
