// The adjacency of an edge table version: its parts' runs seen as one set of neighbours, dead edges
// left out, parallel edges counted once where a set is asked for. Thread-safe: const after open.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "index/adjacency.h"
#include "omnigraph/error.h"
#include "storage/table_version.h"

namespace omnigraph {

enum class Direction : std::uint8_t { kOut, kIn, kBoth };

inline Direction reversed(Direction d) {
  return d == Direction::kOut ? Direction::kIn : (d == Direction::kIn ? Direction::kOut : d);
}

struct EdgePart {
  std::shared_ptr<const Adjacency> adjacency;
  std::shared_ptr<const DeletionBitmap> deleted;  // null: none
  std::uint32_t base = 0;                         // position of the part's first row

  const AdjacencySide& side(Direction d) const {
    return d == Direction::kIn ? adjacency->in() : adjacency->out();
  }
  bool live(std::uint32_t row) const { return !deleted || !deleted->contains(row); }
};

// A pair of nodes that more than one live edge connects, with the number of edges above one.
struct RepeatedPair {
  RowId source = 0, target = 0;
  std::uint32_t extra = 0;
};

class EdgeView {
 public:
  static Result<std::shared_ptr<const EdgeView>> open(const TableVersion& version);

  const std::vector<EdgePart>& parts() const { return parts_; }
  // Runs of one part are the sets of neighbours: no dead edge, no parallel ones.
  bool simple() const { return simple_; }
  bool has_deletions() const { return has_deletions_; }
  std::uint64_t live_edges() const { return live_edges_; }

  // Appends the distinct neighbours of `node`, ascending.
  void neighbors(RowId node, Direction direction, std::vector<RowId>& out) const;
  // Appends every edge at `node` with its position; with kBoth a self-loop once.
  void edges(RowId node, Direction direction, std::vector<RowId>& neighbors,
             std::vector<std::uint32_t>& positions) const;
  bool connected(RowId from, RowId to, Direction direction) const;
  // Appends the positions of the edges that connect them.
  void edges_between(RowId from, RowId to, Direction direction,
                     std::vector<std::uint32_t>& positions) const;
  // Upper bound of the number of edges at `node`.
  std::uint64_t degree_bound(RowId node, Direction direction) const;

  // Pairs with parallel edges, over all parts; found on first use.
  const std::vector<RepeatedPair>& repeated_pairs() const;

 private:
  std::vector<RepeatedPair> find_repeated_pairs() const;

  std::vector<EdgePart> parts_;
  std::uint64_t live_edges_ = 0;
  bool simple_ = false;
  bool has_deletions_ = false;
  mutable std::once_flag repeated_once_;  // guards repeated_
  mutable std::vector<RepeatedPair> repeated_;
};

}  // namespace omnigraph
