// Sums of weights over the neighbours of one node.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "execution/weights.h"

namespace omnigraph {

// Σ child over positions [run.begin, run.end), dead edges and those outside `passing` left out.
template <typename WeightOf>
std::uint64_t sum_run(const AdjacencySide& side, AdjacencySide::Run run, const EdgePart& part,
                      const std::uint8_t* passing, const WeightOf& weight_of) {
  const RowId* neighbors = side.neighbors().data();
  std::uint64_t sum = 0;
  if (part.deleted == nullptr && passing == nullptr) {
    for (std::uint32_t at = run.begin; at < run.end; ++at) {
      sum = weight_of.add(sum, neighbors[at]);
    }
    return sum;
  }
  for (std::uint32_t at = run.begin; at < run.end; ++at) {
    const std::uint32_t row = side.edge_row(at);
    if (!part.live(row) || (passing != nullptr && passing[row] == 0)) continue;
    sum = weight_of.add(sum, neighbors[at]);
  }
  return sum;
}

struct OneEach {
  std::uint64_t add(std::uint64_t sum, RowId) const { return sum + 1; }
};
struct ByteOf {
  const std::uint8_t* bytes;
  std::uint64_t add(std::uint64_t sum, RowId n) const { return sum + bytes[n]; }
};
struct WideOf {
  const std::uint64_t* wide;
  std::uint64_t add(std::uint64_t sum, RowId n) const { return saturating_add(sum, wide[n]); }
};
struct AnyOf {
  const Weights& weights;
  std::uint64_t add(std::uint64_t sum, RowId n) const {
    return saturating_add(sum, weights.get(n));
  }
};

// Σ over the neighbours of one node, by whatever way is right for the branch.
class NodeSum {
 public:
  NodeSum(const BoundBranch& branch, const Weights& child) : branch_(branch), child_(child) {}

  Result<std::uint64_t> of(RowId node, Direction direction) {
    nodes_.clear();
    const EdgeView& edges = *branch_.edges;
    if (!branch_.plan->per_edge) {
      if (edges.simple() && direction != Direction::kBoth) {
        if (edges.parts().empty()) return std::uint64_t{0};
        return of_run(edges.parts()[0], node, direction);
      }
      OG_RETURN_IF_ERROR(edges.neighbors(node, direction, nodes_));
    } else {
      positions_.clear();
      OG_RETURN_IF_ERROR(edges.edges(node, direction, nodes_, positions_));
      if (branch_.edge_filter) {
        selected_.clear();
        OG_RETURN_IF_ERROR(branch_.edge_filter->select(positions_, selected_));
        for (std::size_t i = 0; i < selected_.size(); ++i) nodes_[i] = nodes_[selected_[i]];
        nodes_.resize(selected_.size());
      }
    }
    if (child_.form == Weights::Form::kAll) return std::uint64_t{nodes_.size()};
    std::uint64_t sum = 0;
    for (const RowId n : nodes_) sum = saturating_add(sum, child_.get(n));
    return sum;
  }

 private:
  std::uint64_t of_run(const EdgePart& part, RowId node, Direction direction) const {
    const AdjacencySide& side = part.side(direction);
    const AdjacencySide::Run run = side.run(node);
    if (child_.form == Weights::Form::kAll || run.size() == 0) return run.size();
    if (child_.form == Weights::Form::kSparse && child_.keys.size() * 4 < run.size()) {
      const RowId* all = side.neighbors().data();
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < child_.keys.size(); ++i) {
        if (std::binary_search(all + run.begin, all + run.end, child_.keys[i])) {
          sum = saturating_add(sum, child_.count_at(i));
        }
      }
      return sum;
    }
    return sum_run(side, run, part, nullptr, AnyOf{child_});
  }

  const BoundBranch& branch_;
  const Weights& child_;
  std::vector<RowId> nodes_;
  std::vector<std::uint32_t> positions_, selected_;
};

}  // namespace omnigraph
