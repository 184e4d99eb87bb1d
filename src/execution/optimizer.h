// From clauses to a plan: what becomes weights, where enumeration starts, which way each edge is
// walked and in which order. The plan never changes an answer, only its cost.
#pragma once

#include "execution/pattern.h"
#include "execution/plan.h"
#include "execution/run.h"
#include "execution/statistics.h"

namespace omnigraph {

class Optimizer {
 public:
  Optimizer(const TypedRead& query, const Snapshot& snapshot, const PlanOptions& options);
  Result<PlanPtr> plan();

 private:
  ScopePlan plan_scope(std::uint32_t scope, const VarSet& needed);
  // The `not` block as a test of the only variable it hangs on, if it can be one.
  std::optional<NodeTest> absent_test(std::uint32_t scope);
  std::size_t choose(std::size_t n);

  const TypedRead& query_;
  const Snapshot& snapshot_;
  const PlanOptions options_;
  Statistics statistics_;
  std::vector<bool> unanchored_;
  std::vector<VarSet> free_;
  std::uint64_t random_ = 0;
};

}  // namespace omnigraph
