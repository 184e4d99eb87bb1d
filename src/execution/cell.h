// One value on its way through a comparison: a view of a column's row or of a Value, without
// allocation. Valid as long as the column or Value it was taken from. This file and predicate.h are
// the only implementation of how values compare (spec/queries.md §7).
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "omnigraph/value.h"
#include "query/ast.h"
#include "storage/column.h"

namespace omnigraph {

struct Cell {
  enum class Kind : std::uint8_t {
    kNull,
    kBool,
    kInteger,
    kUnsigned,
    kNarrow,  // a stored F32: what is compared with it is rounded to F32 first
    kFloat,
    kText,
    kDate,
    kDateTime,
    kColumnList,  // rows [begin, end) of a child column
    kValueList,
    kVector,  // `size` floats
  };
  Kind kind = Kind::kNull;
  std::uint32_t begin = 0;  // kColumnList
  union {
    std::int64_t integer;   // kBool, kInteger, kDate, kDateTime
    std::uint64_t natural;  // kUnsigned: above the I64 range
    double number;          // kNarrow, kFloat
    std::uint64_t size;     // kText, kVector; kColumnList: end
  };
  const void* data = nullptr;

  Cell() : integer(0) {}
  bool is_null() const { return kind == Kind::kNull; }
  bool is_list() const { return kind >= Kind::kColumnList; }
  bool is_number() const { return kind >= Kind::kInteger && kind <= Kind::kFloat; }
  std::string_view text() const { return {static_cast<const char*>(data), size}; }

  static Cell of_text(std::string_view text) {
    Cell cell;
    cell.kind = Kind::kText;
    cell.size = text.size();
    cell.data = text.data();
    return cell;
  }
};

Cell cell_of(const Column& column, std::size_t row);
// `narrow`: the value is a stored F32 (or a list or vector of them).
Cell cell_of(const Value& value, bool narrow = false);
std::size_t list_size(const Cell& list);
Cell list_item(const Cell& list, std::size_t i);
Value value_of(const Cell& cell);

// By mathematical value, bytes or time; unordered for NaN and for kinds that do not compare.
std::partial_ordering compare_cells(const Cell& a, const Cell& b);
// Whether `left op right` is true; false when either is null.
bool matches(Compare op, const Cell& left, const Cell& right);

// The total order of `order` clauses: null first, NaN last, -0.0 before 0.0, lists by elements.
// Negative, zero or positive.
int order_cells(const Cell& a, const Cell& b);

}  // namespace omnigraph
