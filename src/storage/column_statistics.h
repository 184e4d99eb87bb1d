// What the optimizer and the zone maps know of a column: bounds per page and in all, nulls, and
// about how many distinct values. Plain functions and values.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "storage/column.h"
#include "storage/segment.h"

namespace omnigraph {

// Texts in bounds are cut to this many bytes.
inline constexpr std::size_t kBoundTextBytes = 64;

// Estimates how many distinct hashes it has seen, within about 3% (Flajolet et al., HyperLogLog,
// 2007; linear counting while few).
class DistinctEstimate {
 public:
  void add(std::uint64_t hash);
  void merge(const DistinctEstimate& other);
  std::uint64_t count() const;

 private:
  static constexpr unsigned kIndexBits = 10;
  std::array<std::uint8_t, std::size_t{1} << kIndexBits> ranks_{};
};

// Bounds and nulls of rows [begin, end). Lists and vectors have no bounds, only nulls.
ZoneBounds bounds_of(const Column& column, std::uint32_t begin, std::uint32_t end);
// Widens `all` by `page`.
void widen(ZoneBounds& all, const ZoneBounds& page);
// Adds the present values of rows [begin, end).
void add_distinct(DistinctEstimate& estimate, const Column& column, std::uint32_t begin,
                  std::uint32_t end);

// Everything, from a column in memory.
ColumnStatistics statistics_of(const Column& column);

}  // namespace omnigraph
