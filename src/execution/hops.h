// Bounded searches (spec/queries.md §6.4). A node is found at its shortest distance d when min <= d
// <= max; a node with a stored self-loop also when min <= d + 1 <= max, the start (d = 0) included;
// the start is never found otherwise. Seen from the far end the rule is the same, only the
// self-loop is then that of the end where the search began.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "execution/context.h"
#include "execution/edge_view.h"

namespace omnigraph {

// One search after another over one edge type; keeps its arrays. Not thread-safe.
class HopSearch {
 public:
  HopSearch(const EdgeView& edges, RowId node_limit, QueryContext& context)
      : edges_(edges), limit_(node_limit), context_(context), memory_(context) {}

  // The nodes that a search from `start` finds, unordered and unique.
  Status find(RowId start, Direction direction, std::uint32_t min, std::uint32_t max,
              std::vector<RowId>& found);
  // The starts whose search finds `end`; `direction` is as seen from `end`.
  Status find_starts(RowId end, Direction direction, std::uint32_t min, std::uint32_t max,
                     std::vector<RowId>& found);
  // Whether a search from `start` finds `end`: walks from both ends, the smaller frontier first.
  Result<bool> finds(RowId start, RowId end, Direction direction, std::uint32_t min,
                     std::uint32_t max);

 private:
  Status prepare();
  // The number of hops from start to end, or nothing when it is above `max`.
  Result<std::optional<std::uint32_t>> distance(RowId start, RowId end, Direction direction,
                                                std::uint32_t max);
  template <typename Visit>
  Status walk(RowId start, Direction direction, std::uint32_t max, const Visit& visit);
  Result<bool> has_loop(RowId node) const { return edges_.connected(node, node, Direction::kOut); }

  const EdgeView& edges_;
  const RowId limit_;
  QueryContext& context_;
  Reservation memory_;
  Pause pause_;
  std::uint32_t epoch_ = 0;
  std::vector<std::uint32_t> seen_;       // == epoch_: visited by this search
  std::vector<std::uint32_t> seen_back_;  // the same from the far end
  std::vector<RowId> frontier_, frontier_back_, next_, neighbors_;
};

}  // namespace omnigraph
