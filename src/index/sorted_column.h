// The rows of one segment in ascending order of a scalar property: what equality and range
// conditions on a declared @index search. Nulls come first; numbers by value (NaN above all others,
// both zeros equal), texts by bytes, false before true; equal values by row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "storage/column.h"

namespace omnigraph {

// Rows of `column` in that order. O(rows log rows). Scalar columns only.
std::vector<std::uint32_t> sorted_permutation(const Column& column);

// A permutation of [0, rows) in as few bits as its greatest number needs. Stored form
// (little-endian): u32 rows, u32 bits a number, then the numbers from the lowest bit up, padded
// with zero bytes to a multiple of 8 and 8 more.
void encode_permutation(const std::vector<std::uint32_t>& rows, std::string& out);
// Error kCorrupt when it is not for `rows` rows or names a row too far.
Result<std::vector<std::uint32_t>> decode_permutation(std::string_view bytes, std::uint32_t rows);
// Single numbers of an encoded permutation, for readers that fetch eight bytes at a time.
inline constexpr std::size_t kPermutationHead = 8;
class PackedPermutation {
 public:
  // `head`: its first kPermutationHead bytes; `size`: bytes of all of it. Error kCorrupt when that
  // is no permutation of `rows` rows.
  static Result<PackedPermutation> open(std::string_view head, std::uint32_t rows,
                                        std::uint64_t size);
  // Where the eight bytes lie that hold the number at `position` (below rows), and the number.
  std::uint64_t word_offset(std::uint32_t position) const;
  std::uint32_t number(std::string_view word, std::uint32_t position) const;

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace omnigraph
