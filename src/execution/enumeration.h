// Orders the steps that enumerate what the tests left over: where to start, which way to walk, when
// to close, filter and negate. Greedy from every possible start, the cheapest start wins.
#pragma once

#include <functional>
#include <vector>

#include "execution/node_tests.h"
#include "execution/pattern.h"
#include "execution/plan.h"
#include "execution/statistics.h"

namespace omnigraph {

// A `not` block that needs all of `reads` bound before it can be asked.
struct PendingBlock {
  VarSet reads;
  ScopePlan plan;
};

struct EnumerationInput {
  const TypedRead& query;
  const Statistics& statistics;
  TestFolder& folder;  // after fold
  const Pattern& pattern;
  std::vector<PendingBlock> blocks;
  const VarSet& needed;  // what the sink reads
  const VarSet& kept;    // needed, and what conditions and blocks read
  const VarSet& outer;   // bound outside; empty for the outer match
  const std::function<std::size_t(std::size_t)>* choose;  // null: by cost
};

// Fills source, totals, steps, outer, live and estimated_rows of the plan.
void plan_enumeration(EnumerationInput input, ScopePlan& plan);

}  // namespace omnigraph
