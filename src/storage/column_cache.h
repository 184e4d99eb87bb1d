// What the file segments of one store keep decoded: columns, adjacency, permutations, hash indexes.
// All of it is counted in the process's memory budget; when that is short the least recently used
// parts that nobody holds go first. Thread-safe.
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "common/runtime.h"
#include "omnigraph/error.h"

namespace omnigraph {

class ColumnCache {
 public:
  // What a part is of: a segment (by its address), a kind of part, which of them.
  struct Key {
    const void* segment = nullptr;
    std::uint32_t kind = 0;
    std::uint64_t which = 0;
    auto operator<=>(const Key&) const = default;
  };

  explicit ColumnCache(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}

  // Counts `bytes` until the returned token is gone; parts nobody holds are dropped to make room.
  // Error kResourceExhausted, naming the budget, when there is still not enough.
  Result<std::shared_ptr<const void>> reserve(std::uint64_t bytes);
  // Drops parts nobody holds, least recently used first, until `bytes` could be reserved. For
  // memory that is counted by others.
  bool make_room(std::uint64_t bytes);

  // Null when it is not (any longer) there.
  std::shared_ptr<const void> find(const Key& key);
  // Keeps `part`, whose memory is counted by a token it owns.
  void keep(const Key& key, std::shared_ptr<const void> part);
  // Drops every part of a segment that goes away.
  void forget(const void* segment);
  std::size_t parts() const;

 private:
  struct Part {
    Key key;
    std::shared_ptr<const void> value;
  };
  using Parts = std::list<Part>;  // most recently used first

  // Takes unheld parts out until `bytes` fit or none is left; the caller destroys them unlocked.
  bool shed_one(std::vector<std::shared_ptr<const void>>& shed);

  const std::shared_ptr<MemoryBudget> budget_;
  mutable std::mutex mutex_;  // guards what follows
  Parts parts_;
  std::map<Key, Parts::iterator> by_key_;
};

}  // namespace omnigraph
