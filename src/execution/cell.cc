#include "execution/cell.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

namespace omnigraph {
namespace {

using Kind = Cell::Kind;

Cell integer_cell(Kind kind, std::int64_t v) {
  Cell cell;
  cell.kind = kind;
  cell.integer = v;
  return cell;
}

Cell number_cell(Kind kind, double v) {
  Cell cell;
  cell.kind = kind;
  cell.number = v;
  return cell;
}

Cell natural_cell(std::uint64_t v) {
  if (v <= static_cast<std::uint64_t>(INT64_MAX)) {
    return integer_cell(Kind::kInteger, static_cast<std::int64_t>(v));
  }
  Cell cell;
  cell.kind = Kind::kUnsigned;
  cell.natural = v;
  return cell;
}

std::partial_ordering reversed(std::partial_ordering o) {
  if (o == std::partial_ordering::less) return std::partial_ordering::greater;
  if (o == std::partial_ordering::greater) return std::partial_ordering::less;
  return o;
}

constexpr double kTwo63 = 9223372036854775808.0;
constexpr double kTwo64 = 18446744073709551616.0;

std::partial_ordering compare_integer(std::int64_t a, double b) {
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (b >= kTwo63) return std::partial_ordering::less;
  if (b < -kTwo63) return std::partial_ordering::greater;
  const double whole = std::trunc(b);
  const auto truncated = static_cast<std::int64_t>(whole);
  if (a != truncated) return a <=> truncated;
  return 0.0 <=> b - whole;
}

std::partial_ordering compare_natural(std::uint64_t a, double b) {
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (b >= kTwo64) return std::partial_ordering::less;
  if (b < 0) return std::partial_ordering::greater;
  const double whole = std::trunc(b);
  const auto truncated = static_cast<std::uint64_t>(whole);
  if (a != truncated) return a <=> truncated;
  return 0.0 <=> b - whole;
}

float rounded(const Cell& cell) {
  switch (cell.kind) {
    case Kind::kInteger:
      return static_cast<float>(cell.integer);
    case Kind::kUnsigned:
      return static_cast<float>(cell.natural);
    default:
      return static_cast<float>(cell.number);
  }
}

std::partial_ordering compare_numbers(const Cell& a, const Cell& b) {
  if (a.kind == Kind::kNarrow || b.kind == Kind::kNarrow) return rounded(a) <=> rounded(b);
  if (a.kind == Kind::kInteger) {
    if (b.kind == Kind::kInteger) return a.integer <=> b.integer;
    if (b.kind == Kind::kUnsigned) return std::partial_ordering::less;
    return compare_integer(a.integer, b.number);
  }
  if (a.kind == Kind::kUnsigned) {
    if (b.kind == Kind::kInteger) return std::partial_ordering::greater;
    if (b.kind == Kind::kUnsigned) return a.natural <=> b.natural;
    return compare_natural(a.natural, b.number);
  }
  if (b.kind == Kind::kFloat) return a.number <=> b.number;
  return reversed(compare_numbers(b, a));
}

// IEEE 754 totalOrder with every NaN last.
int order_doubles(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return int{std::isnan(a)} - int{std::isnan(b)};
  if (a < b) return -1;
  if (a > b) return 1;
  return int{std::signbit(b)} - int{std::signbit(a)};
}

int sign(std::partial_ordering o) {
  return o == std::partial_ordering::less ? -1 : (o == std::partial_ordering::greater ? 1 : 0);
}

bool equal_lists(const Cell& a, const Cell& b) {
  const std::size_t size = list_size(a);
  if (size != list_size(b)) return false;
  for (std::size_t i = 0; i < size; ++i) {
    if (!matches(Compare::kEq, list_item(a, i), list_item(b, i))) return false;
  }
  return true;
}

}  // namespace

Cell cell_of(const Column& column, std::size_t row) {
  if (column.is_null(row)) return {};
  switch (column.layout) {
    case Column::Layout::kAllNull:
      return {};
    case Column::Layout::kString:
    case Column::Layout::kDictionary:
      return Cell::of_text(column.text(row));
    case Column::Layout::kList: {
      Cell cell;
      cell.kind = Kind::kColumnList;
      cell.begin = column.offsets[row];
      cell.size = column.offsets[row + 1];
      cell.data = column.child.get();
      return cell;
    }
    case Column::Layout::kVector: {
      Cell cell;
      cell.kind = Kind::kVector;
      cell.size = column.dimension;
      cell.data = static_cast<const float*>(column.values) + row * column.dimension;
      return cell;
    }
    case Column::Layout::kFixed:
      break;
  }
  switch (column.type) {
    case ScalarType::kBool:
      return integer_cell(Kind::kBool, column.fixed<std::uint8_t>()[row]);
    case ScalarType::kI32:
      return integer_cell(Kind::kInteger, column.fixed<std::int32_t>()[row]);
    case ScalarType::kDate:
      return integer_cell(Kind::kDate, column.fixed<std::int32_t>()[row]);
    case ScalarType::kI64:
      return integer_cell(Kind::kInteger, column.fixed<std::int64_t>()[row]);
    case ScalarType::kDateTime:
      return integer_cell(Kind::kDateTime, column.fixed<std::int64_t>()[row]);
    case ScalarType::kU32:
      return integer_cell(Kind::kInteger, column.fixed<std::uint32_t>()[row]);
    case ScalarType::kU64:
      return natural_cell(column.fixed<std::uint64_t>()[row]);
    case ScalarType::kF32:
      return number_cell(Kind::kNarrow, static_cast<double>(column.fixed<float>()[row]));
    case ScalarType::kF64:
      return number_cell(Kind::kFloat, column.fixed<double>()[row]);
    default:
      return {};
  }
}

Cell cell_of(const Value& value, bool narrow) {
  if (const auto* v = value.get_if<bool>()) return integer_cell(Kind::kBool, *v ? 1 : 0);
  if (const auto* v = value.get_if<std::int64_t>()) {
    if (narrow) return number_cell(Kind::kNarrow, static_cast<double>(static_cast<float>(*v)));
    return integer_cell(Kind::kInteger, *v);
  }
  if (const auto* v = value.get_if<std::uint64_t>()) {
    if (narrow) return number_cell(Kind::kNarrow, static_cast<double>(static_cast<float>(*v)));
    return natural_cell(*v);
  }
  if (const auto* v = value.get_if<double>()) {
    if (narrow) return number_cell(Kind::kNarrow, static_cast<double>(static_cast<float>(*v)));
    return number_cell(Kind::kFloat, *v);
  }
  if (const auto* v = value.get_if<std::string>()) return Cell::of_text(*v);
  if (const auto* v = value.get_if<Date>()) return integer_cell(Kind::kDate, v->days);
  if (const auto* v = value.get_if<DateTime>()) return integer_cell(Kind::kDateTime, v->millis);
  if (const ValueList* list = value.list()) {
    Cell cell;
    cell.kind = Kind::kValueList;
    cell.begin = narrow ? 1 : 0;
    cell.size = list->size();
    cell.data = list;
    return cell;
  }
  return {};
}

std::size_t list_size(const Cell& list) {
  return list.kind == Kind::kColumnList ? list.size - list.begin : list.size;
}

Cell list_item(const Cell& list, std::size_t i) {
  switch (list.kind) {
    case Kind::kColumnList:
      return cell_of(*static_cast<const Column*>(list.data), list.begin + i);
    case Kind::kValueList:
      return cell_of((*static_cast<const ValueList*>(list.data))[i], list.begin != 0);
    case Kind::kVector:
      return number_cell(Kind::kNarrow,
                         static_cast<double>(static_cast<const float*>(list.data)[i]));
    default:
      return {};
  }
}

Value value_of(const Cell& cell) {
  switch (cell.kind) {
    case Kind::kNull:
      return {};
    case Kind::kBool:
      return cell.integer != 0;
    case Kind::kInteger:
      return cell.integer;
    case Kind::kUnsigned:
      return cell.natural;
    case Kind::kNarrow:
    case Kind::kFloat:
      return cell.number;
    case Kind::kText:
      return cell.text();
    case Kind::kDate:
      return Date{static_cast<std::int32_t>(cell.integer)};
    case Kind::kDateTime:
      return DateTime{cell.integer};
    default: {
      ValueList values(list_size(cell));
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = value_of(list_item(cell, i));
      return values;
    }
  }
}

std::partial_ordering compare_cells(const Cell& a, const Cell& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b);
  if (a.kind != b.kind) return std::partial_ordering::unordered;
  switch (a.kind) {
    case Kind::kText:
      return a.text().compare(b.text()) <=> 0;
    case Kind::kBool:
    case Kind::kDate:
    case Kind::kDateTime:
      return a.integer <=> b.integer;
    default:
      return std::partial_ordering::unordered;
  }
}

bool matches(Compare op, const Cell& left, const Cell& right) {
  if (left.is_null() || right.is_null()) return false;
  switch (op) {
    case Compare::kContains:
      if (left.kind == Kind::kText) {
        return right.kind == Kind::kText &&
               left.text().find(right.text()) != std::string_view::npos;
      }
      if (!left.is_list()) return false;
      for (std::size_t i = 0, n = list_size(left); i < n; ++i) {
        if (matches(Compare::kEq, list_item(left, i), right)) return true;
      }
      return false;
    case Compare::kStartsWith:
      return left.kind == Kind::kText && right.kind == Kind::kText &&
             left.text().starts_with(right.text());
    case Compare::kEq:
      if (left.is_list() && right.is_list()) return equal_lists(left, right);
      return compare_cells(left, right) == std::partial_ordering::equivalent;
    case Compare::kNe:
      return compare_cells(left, right) != std::partial_ordering::equivalent;
    case Compare::kLt:
      return compare_cells(left, right) == std::partial_ordering::less;
    case Compare::kGt:
      return compare_cells(left, right) == std::partial_ordering::greater;
    case Compare::kLe: {
      const auto o = compare_cells(left, right);
      return o == std::partial_ordering::less || o == std::partial_ordering::equivalent;
    }
    case Compare::kGe: {
      const auto o = compare_cells(left, right);
      return o == std::partial_ordering::greater || o == std::partial_ordering::equivalent;
    }
  }
  return false;
}

int order_cells(const Cell& a, const Cell& b) {
  if (a.is_null() || b.is_null()) return int{!a.is_null()} - int{!b.is_null()};
  if (a.is_list() && b.is_list()) {
    const std::size_t sizes[] = {list_size(a), list_size(b)};
    for (std::size_t i = 0, n = std::min(sizes[0], sizes[1]); i < n; ++i) {
      if (const int o = order_cells(list_item(a, i), list_item(b, i)); o != 0) return o;
    }
    return sign(sizes[0] <=> sizes[1]);
  }
  const bool floats = (a.kind == Kind::kNarrow || a.kind == Kind::kFloat) &&
                      (b.kind == Kind::kNarrow || b.kind == Kind::kFloat);
  if (floats) return order_doubles(a.number, b.number);
  return sign(compare_cells(a, b));
}

}  // namespace omnigraph
