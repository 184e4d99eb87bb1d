// Both directions of one edge segment: for every source row id the run of edges that start there,
// for every target the edges that end there. Built once for an immutable segment and shared by
// every snapshot that lists it; knows nothing of deletions (callers test the part's bitmap with the
// edge row). Thread-safe: the backward side, which many queries never need, is made by the first
// call of in() (others wait for it); everything else is const after construction.
//
// Edge rows are sorted by (_src, _dst). A large segment has dense offsets over its source range
// (`first_source() … `), a small one keeps its sorted distinct sources and searches them; likewise
// for targets.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "storage/ids.h"

namespace omnigraph {

// CSR of one direction. `neighbors[i]` and `edge_row(i)` belong together; runs are contiguous and
// sorted by neighbour.
class AdjacencySide {
 public:
  struct Run {
    std::uint32_t begin = 0, end = 0;  // positions into neighbors()
    std::uint32_t size() const { return end - begin; }
  };

  // The run of `node`; empty when it has none. O(1) dense, O(log n) sparse.
  Run run(RowId node) const;
  std::span<const RowId> neighbors() const { return neighbors_; }
  // Edge row at a position (identity for the forward side).
  std::uint32_t edge_row(std::uint32_t position) const {
    return edge_rows_.empty() ? position : edge_rows_[position];
  }
  // Dense form: offsets()[n - first()] .. offsets()[n - first() + 1] for n in [first(), first() +
  // count()). Non-empty keys: sparse form, keys() are the sorted distinct nodes, offsets by index.
  bool dense() const { return keys_.empty(); }
  RowId first() const { return first_; }
  std::uint32_t count() const {
    return offsets_.empty() ? 0 : static_cast<std::uint32_t>(offsets_.size() - 1);
  }
  std::span<const std::uint32_t> offsets() const { return offsets_; }
  std::span<const RowId> keys() const { return keys_; }

 private:
  friend class Adjacency;
  RowId first_ = 0;
  std::span<const std::uint32_t> offsets_;
  std::span<const RowId> keys_;
  std::span<const RowId> neighbors_;
  std::span<const std::uint32_t> edge_rows_;
};

// Edge rows ordered by (target, row), of rows sorted by (source, target).
std::vector<std::uint32_t> order_by_target(std::span<const RowId> targets);

class Adjacency {
 public:
  // Builds from edge columns sorted by (source, target). O(rows). Error kCorrupt if not sorted.
  // `owner` keeps `targets` alive (`sources` are not needed afterwards); `by_target`, the edge rows
  // ordered by (target, source), may be given (decoded from the store) or empty; kCorrupt if it is
  // no such order.
  static Result<std::shared_ptr<const Adjacency>> build(std::span<const RowId> sources,
                                                        std::span<const RowId> targets,
                                                        std::vector<std::uint32_t> by_target,
                                                        std::shared_ptr<const void> owner);

  // The edges of several adjacencies as one: edge row r of an input is `first_row + r` here.
  // Nothing of the inputs is kept. Together below 2^32 rows. O(edges), plus sorting the runs of
  // nodes that have edges in more than one input.
  struct Input {
    const Adjacency* edges;
    std::uint32_t first_row;
  };
  static std::shared_ptr<const Adjacency> merge(std::span<const Input> inputs);
  // What merge() makes holds this many bytes, at most, once both sides are made.
  static std::size_t merged_memory(std::span<const Input> inputs);

  const AdjacencySide& out() const { return out_; }
  const AdjacencySide& in() const {
    std::call_once(in_once_, [this] { build_in(); });
    return in_;
  }
  // Source of an edge row: a search in the offsets. Not of merged ones.
  RowId source_of(std::uint32_t edge_row) const;
  // True when some (source, target) pair occurs more than once in this segment.
  bool has_parallel_edges() const { return parallel_; }
  // Bytes of both sides once made, the targets excluded.
  std::size_t memory() const { return memory_; }

 private:
  void build_in() const;
  RowId source_at(std::uint32_t position) const;

  AdjacencySide out_;
  bool parallel_ = false;
  std::size_t memory_ = 0;
  RowId max_target_ = 0, min_target_ = 0;
  std::vector<std::uint32_t> out_offsets_;
  std::vector<RowId> out_keys_;
  std::vector<RowId> out_neighbors_;     // of merged ones
  std::vector<std::uint32_t> out_rows_;  // of merged ones: the edge row at a position
  std::shared_ptr<const void> owner_;
  mutable std::once_flag in_once_;  // guards the making of what follows
  mutable AdjacencySide in_;
  mutable std::vector<std::uint32_t> in_offsets_, by_target_;
  mutable std::vector<RowId> in_keys_, in_neighbors_;
};

}  // namespace omnigraph
