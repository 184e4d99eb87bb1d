// One column of rows in memory, laid out as Apache Arrow lays it out (except that Bool takes a byte
// and validity is in 64-bit words), so that it is filtered and gathered by plain loops and handed
// to applications through the Arrow C data interface without conversion of the large parts.
//
// A Column is an immutable view with shared ownership of its memory: cheap to copy, safe in any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "omnigraph/value.h"

namespace omnigraph {

struct Column;
using ColumnPtr = std::shared_ptr<const Column>;

struct Column {
  enum class Layout : std::uint8_t {
    kAllNull,     // no buffers: every row is null
    kFixed,       // `values`: rows × fixed_width(type)
    kString,      // `offsets` (rows + 1) into `bytes`
    kDictionary,  // `codes` (rows) into `child`, whose strings are distinct and sorted by bytes
    kList,        // `offsets` (rows + 1) into `child`
    kVector,      // `values`: rows × dimension floats
  };

  ScalarType type = ScalarType::kString;  // of the elements, for lists
  bool list = false;
  Layout layout = Layout::kAllNull;
  std::uint32_t rows = 0;
  std::uint32_t dimension = 0;
  std::uint32_t null_count = 0;
  const std::uint64_t* validity =
      nullptr;  // bit i%64 of word i/64: row i is present; null: all are
  const void* values = nullptr;
  const std::uint32_t* offsets = nullptr;
  const char* bytes = nullptr;
  const std::uint32_t* codes = nullptr;  // rows that are null hold code 0
  ColumnPtr child;
  std::shared_ptr<const void> owner;  // keeps the buffers alive
  std::size_t memory = 0;             // bytes owned, for the budget (child excluded)

  bool is_null(std::size_t row) const {
    if (layout == Layout::kAllNull) return true;
    return validity != nullptr && ((validity[row >> 6] >> (row & 63)) & 1) == 0;
  }
  // Rows of a kFixed column. T must be the physical type: Bool uint8_t, I32/Date int32_t,
  // I64/DateTime int64_t, U32 uint32_t, U64 uint64_t, F32 float, F64 double.
  template <typename T>
  std::span<const T> fixed() const {
    return {static_cast<const T*>(values), rows};
  }
  // Text of a present row of kString or kDictionary. Blob cells are strings too.
  std::string_view text(std::size_t row) const {
    if (layout == Layout::kDictionary) {
      const std::uint32_t code = codes[row];
      return {child->bytes + child->offsets[code], child->offsets[code + 1] - child->offsets[code]};
    }
    return {bytes + offsets[row], offsets[row + 1] - offsets[row]};
  }
  // Any row as a Value (null, scalar, list; a vector is a list of doubles).
  Value value(std::size_t row) const;
};

// Bytes of one value of a fixed-width type: Bool 1; I32 U32 F32 Date 4; I64 U64 F64 DateTime 8;
// 0 for String, Blob and Vector.
std::size_t fixed_width(ScalarType type);

// Collects values into a Column. Not thread-safe. Types are the caller's responsibility (asserted).
class ColumnBuilder {
 public:
  explicit ColumnBuilder(const PropertyType& type);
  ColumnBuilder(ColumnBuilder&&) noexcept;
  ColumnBuilder& operator=(ColumnBuilder&&) noexcept;
  ~ColumnBuilder();

  void reserve(std::size_t rows);
  void append_null();
  void append_bool(bool v);
  void append_i32(std::int32_t v);  // I32, Date
  void append_i64(std::int64_t v);  // I64, DateTime
  void append_u32(std::uint32_t v);
  void append_u64(std::uint64_t v);
  void append_f32(float v);
  void append_f64(double v);
  void append_text(std::string_view v);          // String, Blob
  void append_vector(std::span<const float> v);  // exactly `dimension`
  // A list row: begin_list(), then append_* of its elements, then end_list().
  void begin_list();
  void end_list();
  // A value already converted to the property's type (Value of the matching alternative or null).
  void append_value(const Value& v);
  // Row `row` of a column of the same type.
  void append_from(const Column& column, std::size_t row);

  std::size_t rows() const;
  std::size_t memory() const;
  // The column of all rows appended so far; the builder is empty afterwards. Low-cardinality
  // strings come out dictionary-coded when `dictionary` is true and it pays.
  ColumnPtr finish(bool dictionary = false);

 private:
  struct State;
  State& state();

  PropertyType type_;
  std::shared_ptr<State> state_;  // null: no row yet
};

// Rows `rows[i]` of `column`, in that order.
ColumnPtr gather(const Column& column, std::span<const std::uint32_t> rows);
// All rows of the columns one after the other; all of one type.
ColumnPtr concatenate(std::span<const ColumnPtr> columns);
ColumnPtr all_null_column(const PropertyType& type, std::uint32_t rows);

}  // namespace omnigraph
