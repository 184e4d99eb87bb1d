// The buffers behind a Column that is filled in place: allocated once at their final size and not
// cleared first. Belongs to one thread until it is handed to a Column.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "storage/column.h"

namespace omnigraph {

struct ColumnMemory {
  std::unique_ptr<std::uint64_t[]> validity;
  std::unique_ptr<std::byte[]> values;
  std::unique_ptr<std::uint32_t[]> offsets;
  std::unique_ptr<char[]> bytes;
  std::unique_ptr<std::uint32_t[]> codes;
  std::size_t total = 0;                    // bytes of all of the above
  std::shared_ptr<const void> reservation;  // what counts them in a budget, if anything does

  // Each allocates its buffer and adds it to `total`. Validity words come set to "all present".
  std::uint64_t* make_validity(std::size_t rows);
  std::byte* make_values(std::size_t size);
  std::uint32_t* make_offsets(std::size_t rows);  // rows + 1, the first is 0
  char* make_bytes(std::size_t size);
  std::uint32_t* make_codes(std::size_t rows);
};

// A column of `layout` over `memory`. Validity is dropped when `null_count` is 0; a column that is
// null in every row comes out as kAllNull.
ColumnPtr column_over(const PropertyType& type, Column::Layout layout, std::uint32_t rows,
                      std::uint32_t null_count, ColumnMemory memory, ColumnPtr child = nullptr);

// The type of a column as far as the column knows it (no enum values, nullable).
PropertyType type_of(const Column& column);
// The layout of present values of this type (kString for text).
Column::Layout layout_of(const PropertyType& type);

// A row of one of several columns.
struct SourceRow {
  std::uint32_t source = 0;
  std::uint32_t row = 0;
};
// Rows `rows[i]` of `sources`, in that order. The sources have one type; null pointers stand for
// columns that are null everywhere. Dictionaries are merged when every source has one.
ColumnPtr gather_rows(const PropertyType& type, std::span<const ColumnPtr> sources,
                      std::span<const SourceRow> rows);

// Text columns with few distinct values come back dictionary-coded, everything else as it is.
ColumnPtr with_dictionary(ColumnPtr column);

// A dictionary pays when it holds at most a quarter as many texts as there are rows, and at most:
inline constexpr std::uint32_t kMaxDictionary = 1u << 16;
inline constexpr std::uint32_t kRowsPerDictionaryEntry = 4;
// Text of one column in memory: offsets are 32 bits.
inline constexpr std::uint64_t kMaxColumnBytes = 0xFFFFFFFF;

}  // namespace omnigraph
