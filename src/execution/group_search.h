// Bounded searches from many nodes at once: one pass over the edges of a level serves up to 64
// sources, each of which owns a bit of a word a node (Then et al., The More the Merrier: Efficient
// Multi-Source Graph Traversal, 2014). Finds what HopSearch (hops.h) finds for each of them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "execution/context.h"
#include "execution/edge_view.h"

namespace omnigraph {

struct HopRange {
  Direction direction = Direction::kOut;  // as seen from the sources
  std::uint32_t min = 1, max = 1;
  bool reversed = false;  // the sources are the ends: what is found are the starts
};

// One group after another over one edge type; keeps its arrays, 24 bytes a row id. Not thread-safe;
// after an error it is of no more use.
class GroupSearch {
 public:
  static constexpr std::size_t kLanes = 64;

  GroupSearch(const EdgeView& edges, RowId node_limit)
      : edges_(edges), limit_(std::max(node_limit, RowId{1})) {}

  // Searches from up to kLanes different nodes.
  Status run(std::span<const RowId> sources, const HopRange& range, QueryContext& context);

  // Of the last run: how many nodes source i found, and which, ascending; valid until the next
  // call.
  std::uint64_t count(std::size_t i) const { return counts_[i]; }
  std::span<const RowId> found(std::size_t i);

  std::uint64_t memory() const;

 private:
  Status prepare(QueryContext& context);
  Status walk(const HopRange& range, QueryContext& context);
  void reach(RowId node, std::uint64_t lanes);
  Result<std::uint64_t> reported(RowId node, std::uint64_t lanes, std::uint32_t distance,
                                 const HopRange& range) const;
  // Puts the nodes that were reached in order, counts, and lists what few were found.
  Status collect();

  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  // Zeros that cost nothing before they are touched.
  using Words = std::unique_ptr<std::uint64_t[], Free>;

  const EdgeView& edges_;
  const RowId limit_;
  Pause pause_;
  std::unique_ptr<Reservation> memory_;  // once prepared
  // By row id, a bit a source: reached at all, reached by the next hop, found.
  Words seen_, next_, found_;
  std::vector<RowId> frontier_, ahead_, reached_, neighbors_;
  std::vector<std::uint64_t> frontier_lanes_;
  std::uint64_t loops_ = 0;  // sources with a self-loop
  std::array<std::uint64_t, kLanes> counts_{};
  std::uint64_t most_listed_ = 0;
  bool listed_ = false;  // lists_ holds what was found, source after source
  std::vector<RowId> lists_, list_;
  std::array<std::uint64_t, kLanes + 1> begins_{};
};

// The searches of one step that no thread uses at the moment. Thread-safe.
class SearchPool {
 public:
  std::unique_ptr<GroupSearch> take(const EdgeView& edges, RowId node_limit);
  void give(std::unique_ptr<GroupSearch> search);

 private:
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<GroupSearch>> idle_;
};

}  // namespace omnigraph
