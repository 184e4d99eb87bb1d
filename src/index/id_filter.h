// A Bloom filter over the ids of a small segment: a key that is new to the graph is looked for in
// every segment, and nearly all of them can say no from one word of memory. Immutable, thread-safe.
//
// Two bits of one 64-bit word an id (a blocked filter, as in Putze, Sanders and Singler, "Cache-,
// Hash- and Space-Efficient Bloom Filters", 2007), 8 to 16 bits an id: some 3% of the ids that are
// not there have to be looked for.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace omnigraph {

class IdFilter {
 public:
  // Larger segments are few, and their filters would be memory that nobody gives back.
  static constexpr std::uint32_t kMaxRows = 1u << 16;

  explicit IdFilter(std::uint32_t rows) : words_(std::bit_ceil(rows / 8 + 1)) {}
  // `hash`: tuple_hash of the id.
  void add(std::uint64_t hash) { words_[word(hash)] |= bits(hash); }
  bool may_hold(std::uint64_t hash) const {
    return (words_[word(hash)] & bits(hash)) == bits(hash);
  }
  std::size_t memory() const { return words_.size() * sizeof(std::uint64_t); }

 private:
  std::size_t word(std::uint64_t hash) const { return (hash >> 12) & (words_.size() - 1); }
  static std::uint64_t bits(std::uint64_t hash) {
    return (std::uint64_t{1} << (hash & 63)) | (std::uint64_t{1} << ((hash >> 6) & 63));
  }

  std::vector<std::uint64_t> words_;  // a power of two of them
};

}  // namespace omnigraph
