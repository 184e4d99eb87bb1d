// The edges of an edge table version as sets of neighbours, dead edges left out, parallel edges
// counted once where a set is asked for.
//
// A few nodes are served by pages of the segments; who will visit more says so first (expect), and
// then whole adjacencies are opened: one of the largest segments together, merged once and kept
// while versions that follow one another list them (most edges of a table are in it), and one each
// of those that came since. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "index/adjacency.h"
#include "omnigraph/error.h"
#include "storage/table_version.h"

namespace omnigraph {

enum class Direction : std::uint8_t { kOut, kIn, kBoth };

inline Direction reversed(Direction d) {
  return d == Direction::kOut ? Direction::kIn : (d == Direction::kIn ? Direction::kOut : d);
}

// One adjacency: of one part of the table, or of several merged.
struct EdgePart {
  struct Member {
    std::uint32_t first_row = 0;  // its rows begin here among those of the adjacency
    std::uint32_t rows = 0;
    std::uint32_t base = 0;  // position of its first row in the table
    std::size_t part = 0;    // of the table
  };
  std::shared_ptr<const Adjacency> adjacency;
  std::shared_ptr<const DeletionBitmap> deleted;  // null: none
  std::vector<Member> members;                    // by first_row

  const AdjacencySide& side(Direction d) const {
    return d == Direction::kIn ? adjacency->in() : adjacency->out();
  }
  bool live(std::uint32_t row) const { return !deleted || !deleted->contains(row); }
  std::uint32_t rows() const { return members.back().first_row + members.back().rows; }
  std::uint32_t position(std::uint32_t row) const {
    if (members.size() == 1) return members[0].base + row;
    auto after = std::upper_bound(members.begin(), members.end(), row,
                                  [](std::uint32_t r, const Member& m) { return r < m.first_row; });
    --after;
    return after->base + (row - after->first_row);
  }
};

// A pair of nodes that more than one live edge connects, with the number of edges above one.
struct RepeatedPair {
  RowId source = 0, target = 0;
  std::uint32_t extra = 0;
};

class EdgeView {
 public:
  // Reads nothing yet. Up to `paged_nodes` nodes are served by pages before the adjacencies are
  // opened. Error kResourceExhausted: more than 2^32 rows.
  static Result<std::shared_ptr<const EdgeView>> make(TableVersionPtr version,
                                                      std::uint32_t paged_nodes);

  // Says that `nodes` more nodes will be visited.
  Status expect(std::size_t nodes) const;
  // Opens the adjacencies: from now on nothing here fails.
  Status open() const;
  bool opened() const { return opened_.load(std::memory_order_acquire); }

  // Once opened.
  const std::vector<EdgePart>& parts() const { return parts_; }
  // Runs of one part are the sets of neighbours: no dead edge, no parallel ones. False unless
  // opened.
  bool simple() const { return opened() && simple_; }
  // Pairs with parallel edges, over all parts; found on first use. Once opened.
  const std::vector<RepeatedPair>& repeated_pairs() const;

  bool has_deletions() const { return version_->has_deletions(); }
  std::uint64_t live_edges() const { return version_->live_rows(); }

  // Appends the distinct neighbours of `node`, ascending.
  Status neighbors(RowId node, Direction direction, std::vector<RowId>& out) const;
  // The distinct neighbours of `node`, ascending: in place where one run holds them, else in
  // `scratch`.
  Result<std::span<const RowId>> neighbor_set(RowId node, Direction direction,
                                              std::vector<RowId>& scratch) const {
    if (simple() && direction != Direction::kBoth) {
      if (parts_.empty()) return std::span<const RowId>();
      const AdjacencySide& side = parts_[0].side(direction);
      const AdjacencySide::Run run = side.run(node);
      return side.neighbors().subspan(run.begin, run.size());
    }
    scratch.clear();
    OG_RETURN_IF_ERROR(neighbors(node, direction, scratch));
    return std::span<const RowId>(scratch);
  }
  // Appends every edge at `node` with its position; with kBoth a self-loop once.
  Status edges(RowId node, Direction direction, std::vector<RowId>& neighbors,
               std::vector<std::uint32_t>& positions) const;
  Result<bool> connected(RowId from, RowId to, Direction direction) const;
  // Appends the positions of the edges that connect them.
  Status edges_between(RowId from, RowId to, Direction direction,
                       std::vector<std::uint32_t>& positions) const;
  // Upper bound of the number of edges at `node`.
  Result<std::uint64_t> degree_bound(RowId node, Direction direction) const;

 private:
  Status open_parts() const;
  std::vector<RepeatedPair> find_repeated_pairs() const;
  // visit(neighbor, position) for every live edge at `node`, by pages.
  template <typename Visit>
  Status paged(RowId node, Direction direction, const Visit& visit) const;

  TableVersionPtr version_;
  std::uint32_t paged_nodes_ = 0;
  std::vector<std::uint32_t> bases_;  // positions before each part of the table
  mutable std::atomic<std::uint64_t> visits_{0};
  mutable std::mutex open_mutex_;
  mutable std::atomic<bool> opened_{false};  // what follows is const from then on
  mutable std::vector<EdgePart> parts_;
  mutable bool simple_ = false;
  mutable std::once_flag repeated_once_;  // guards repeated_
  mutable std::vector<RepeatedPair> repeated_;
};

}  // namespace omnigraph
