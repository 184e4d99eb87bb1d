// Sizes that the optimizer reasons with: rows, degrees and selectivities of one snapshot. Reads
// only what is in memory with the segments; never a column.
#pragma once

#include "execution/plan.h"
#include "storage/snapshot.h"

namespace omnigraph {

class Statistics {
 public:
  explicit Statistics(const Snapshot& snapshot) : snapshot_(snapshot) {}

  double rows(TypeId type) const { return static_cast<double>(snapshot_.table(type)->live_rows()); }
  // Edges per node in a direction.
  double degree(TypeId edge, Direction direction) const;
  // Fraction of the rows of `type` that satisfy the condition.
  double selectivity(TypeId type, const PlanCondition& condition) const;
  const Snapshot& snapshot() const { return snapshot_; }

 private:
  double equality(TypeId type, PropertyId property) const;
  const Snapshot& snapshot_;
};

}  // namespace omnigraph
