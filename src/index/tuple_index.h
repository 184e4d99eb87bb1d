// Finds rows of one segment by a 64-bit hash: of the tuple of a @unique group, or of an id. Holds
// the hashes in order, each with its row; equal hashes are candidates that the caller verifies.
// Thread-safe: const after construction.
//
// Stored form (a section of index/<segment>, little-endian): u32 entries, u32 0, entries × u64 hash
// ascending, entries × u32 row (ascending among equal hashes).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"

namespace omnigraph {

class TupleIndex {
 public:
  struct Entry {
    std::uint64_t hash = 0;
    std::uint32_t row = 0;
  };

  // Sorts the entries. O(entries log entries).
  static std::shared_ptr<const TupleIndex> build(std::vector<Entry> entries);
  // Reads the stored form; rows must be below `segment_rows`. `bytes` must outlive nothing: it is
  // copied. Error kCorrupt.
  static Result<std::shared_ptr<const TupleIndex>> decode(std::string_view bytes,
                                                          std::uint32_t segment_rows);
  void encode(std::string& out) const;

  // Rows with this hash, ascending.
  std::span<const std::uint32_t> find(std::uint64_t hash) const;
  std::size_t size() const { return hashes_.size(); }
  std::size_t memory() const;

 private:
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> rows_;
};

}  // namespace omnigraph
