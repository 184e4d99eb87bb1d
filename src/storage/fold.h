// What is worth folding: many small pieces of a table into one segment. Pure policy over states;
// the store carries it out (store_maintain.cc).
//
// Inline rows of one (branch, table) become a segment when there are enough of them. Segments stand
// in tiers by live rows, each tier eight times the one below; when a table lists enough of one tier
// they become one. So a table of n rows has O(log n) segments, and a row is rewritten O(log n)
// times.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/snapshot.h"

namespace omnigraph {

struct FoldLimits {
  std::uint32_t inline_rows = 1024;  // of a table that are worth a segment
  std::uint32_t segments = 8;        // of a tier that are worth one
  std::uint64_t max_rows = std::uint64_t{1} << 22;
  std::uint64_t tier_rows = 1024;  // the lowest tier is below eight times this
  std::string branch;              // plan for this one only; empty: for all
  // A segment of which at least one row in this many is dead is worth rewriting; 0: never.
  std::uint32_t dead_share = 0;
  std::uint32_t folds = 256;  // of one run; what is left waits for the next line crossing
};

struct FoldPlan {
  std::string branch;
  TypeId table = 0;
  bool inline_rows = false;  // else `segments`, of which there is one where dead rows are dropped
  std::vector<SegmentId> segments;
};

// The folds that a state calls for; a (branch, table) appears at most once, and a set of segments
// that several branches share once.
std::vector<FoldPlan> plan_folds(const GraphState& state, const FoldLimits& limits);

}  // namespace omnigraph
