#include "history/row_reader.h"

#include <cassert>
#include <cstring>

namespace omnigraph {
namespace {

// A part is read by the column when at least one of so many of its rows is asked for.
constexpr std::size_t kRowsPerRead = 64;

template <typename T>
bool same_number(const Column& a, std::size_t x, const Column& b, std::size_t y) {
  const T left = a.fixed<T>()[x];
  const T right = b.fixed<T>()[y];
  return left == right || std::memcmp(&left, &right, sizeof(T)) == 0;
}

bool same_fixed(const Column& a, std::size_t x, const Column& b, std::size_t y) {
  switch (a.type) {
    case ScalarType::kF32:
      return same_number<float>(a, x, b, y);
    case ScalarType::kF64:
      return same_number<double>(a, x, b, y);
    default: {
      const std::size_t width = fixed_width(a.type);
      return std::memcmp(static_cast<const char*>(a.values) + x * width,
                         static_cast<const char*>(b.values) + y * width, width) == 0;
    }
  }
}

bool same_vector(const Column& a, std::size_t x, const Column& b, std::size_t y) {
  if (a.dimension != b.dimension) return false;
  const auto* left = static_cast<const float*>(a.values) + x * a.dimension;
  const auto* right = static_cast<const float*>(b.values) + y * b.dimension;
  if (std::memcmp(left, right, a.dimension * sizeof(float)) == 0) return true;
  for (std::uint32_t i = 0; i < a.dimension; ++i) {
    // Only zeros of either sign are equal and look different.
    if (left[i] != right[i] && std::memcmp(left + i, right + i, sizeof(float)) != 0) return false;
  }
  return true;
}

}  // namespace

bool same_cell(const Column& a, std::size_t x, const Column& b, std::size_t y) {
  const bool absent = a.is_null(x);
  if (absent != b.is_null(y)) return false;
  if (absent) return true;
  if (a.list || b.list) {
    if (a.list != b.list) return false;
    const std::uint32_t from = a.offsets[x], other = b.offsets[y];
    const std::uint32_t count = a.offsets[x + 1] - from;
    if (b.offsets[y + 1] - other != count) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!same_cell(*a.child, from + i, *b.child, other + i)) return false;
    }
    return true;
  }
  switch (a.layout) {
    case Column::Layout::kString:
    case Column::Layout::kDictionary:
      return a.text(x) == b.text(y);
    case Column::Layout::kVector:
      return same_vector(a, x, b, y);
    default:
      return same_fixed(a, x, b, y);
  }
}

bool same_value(const Value& a, const Value& b) {
  const auto* left = a.get_if<double>();
  const auto* right = b.get_if<double>();
  if (left != nullptr && right != nullptr) {
    return *left == *right || std::memcmp(left, right, sizeof(double)) == 0;
  }
  const ValueList* one = a.list();
  const ValueList* other = b.list();
  if (one == nullptr || other == nullptr) return a == b;
  if (one->size() != other->size()) return false;
  for (std::size_t i = 0; i < one->size(); ++i) {
    if (!same_value((*one)[i], (*other)[i])) return false;
  }
  return true;
}

RowReader::RowReader(TableVersionPtr version, const EntityType& type)
    : version_(std::move(version)), type_(&type), parts_(version_->parts().size()) {}

// Most parts are never looked at, so each is prepared when it is.
RowReader::Part& RowReader::part_of(std::uint32_t part) {
  Part& of = parts_[part];
  if (!of.known) {
    of.known = true;
    of.whole = of.whole || version_->parts()[part].segment->memory_rows() != nullptr;
    of.columns.resize(type_->properties.size());
  }
  return of;
}

void RowReader::expect(std::uint32_t part, std::size_t rows) {
  if (rows * kRowsPerRead >= version_->parts()[part].segment->rows()) parts_[part].whole = true;
}

Result<std::string_view> RowReader::id(Location at, std::string& scratch) {
  Part& part = part_of(at.part);
  const Segment& segment = *version_->parts()[at.part].segment;
  if (part.whole && !part.ids) {
    auto ids = segment.ids();
    if (ids.ok()) {
      part.ids = std::move(ids).value();
    } else if (ids.error().code() != ErrorCode::kResourceExhausted) {
      return std::move(ids).error();
    }
  }
  if (!part.ids) {
    OG_ASSIGN_OR_RETURN(scratch, segment.id_text(at.row));
    return std::string_view(scratch);
  }
  char digits[26];
  const std::string_view text = part.ids->get(at.row, digits);
  if (text.data() != digits) return text;
  scratch.assign(text);
  return std::string_view(scratch);
}

Result<ColumnPtr> RowReader::column(std::size_t property, std::uint32_t part) {
  Part& of = part_of(part);
  if (!of.whole) {
    // Whoever did not say how many rows it would read has read many by now.
    const std::size_t cells = version_->parts()[part].segment->rows() * type_->properties.size();
    of.whole = ++of.asked * kRowsPerRead > cells;
  }
  if (!of.whole || of.columns[property]) return of.columns[property];
  const Property& declared = type_->properties[property];
  auto column = version_->parts()[part].segment->column(declared.id, declared.type);
  if (column.ok()) {
    of.columns[property] = std::move(column).value();
  } else if (column.error().code() != ErrorCode::kResourceExhausted) {
    return std::move(column).error();
  }
  return of.columns[property];  // without room for the column its cells still do
}

Result<Value> RowReader::value(std::size_t property, Location at) {
  OG_ASSIGN_OR_RETURN(const ColumnPtr whole, column(property, at.part));
  if (whole) return whole->value(at.row);
  const Property& declared = type_->properties[property];
  return version_->parts()[at.part].segment->value(declared.id, declared.type, at.row);
}

Result<RowId> RowReader::src(Location at) {
  Part& part = part_of(at.part);
  const Segment& segment = *version_->parts()[at.part].segment;
  if (!part.whole) return segment.src(at.row);
  if (!part.sources) {
    OG_ASSIGN_OR_RETURN(part.sources, segment.sources());
  }
  return (*part.sources)[at.row];
}

Result<RowId> RowReader::dst(Location at) {
  Part& part = part_of(at.part);
  const Segment& segment = *version_->parts()[at.part].segment;
  if (!part.whole) return segment.dst(at.row);
  if (!part.targets) {
    OG_ASSIGN_OR_RETURN(part.targets, segment.targets());
  }
  return (*part.targets)[at.row];
}

Result<bool> same_values(RowReader& a, Location x, RowReader& b, Location y) {
  assert(a.type().id == b.type().id);
  for (std::size_t property = 0; property < a.type().properties.size(); ++property) {
    OG_ASSIGN_OR_RETURN(const ColumnPtr left, a.column(property, x.part));
    OG_ASSIGN_OR_RETURN(const ColumnPtr right, b.column(property, y.part));
    if (left && right) {
      if (!same_cell(*left, x.row, *right, y.row)) return false;
      continue;
    }
    OG_ASSIGN_OR_RETURN(const Value one, a.value(property, x));
    OG_ASSIGN_OR_RETURN(const Value other, b.value(property, y));
    if (!same_value(one, other)) return false;
  }
  return true;
}

}  // namespace omnigraph
