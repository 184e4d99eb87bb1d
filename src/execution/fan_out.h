// What expand and hops share: collects (row, neighbour) pairs and hands them on as batches, tested
// and weighted. One per operator and thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "execution/operator.h"

namespace omnigraph {

class FanOut {
 public:
  FanOut(const BoundStep& step, Execution& execution, Operator& next);

  // Row `row` of `batch` with each neighbour; `positions` of the edges when the step binds them.
  // Hands batches on as they fill, so all rows until flush() are of one batch.
  Status add(const Batch& batch, std::uint32_t row, std::span<const RowId> neighbors,
             std::span<const std::uint32_t> positions);
  Status flush(const Batch& batch);
  // Whether a row and the number of its neighbours say all: then they may be added so.
  bool counts_only() const;
  Status add_count(const Batch& batch, std::uint32_t row, std::uint64_t count);

 private:
  const BoundStep& step_;
  Execution& execution_;
  Operator& next_;
  TestApplication test_;
  std::vector<VarId> copied_;
  bool keep_to_ = false, keep_edge_ = false;
  std::vector<std::uint32_t> parents_;
  std::vector<RowId> to_;
  std::vector<std::uint32_t> edge_;
  std::vector<std::uint64_t> factors_;  // empty: 1 each
  std::vector<std::uint32_t> selected_;
  Batch out_;
};

}  // namespace omnigraph
