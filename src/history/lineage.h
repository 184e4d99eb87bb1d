// What a branch knows of the past, and where two branches last agreed (spec/history.md §6.2). Plain
// functions and values, safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "omnigraph/error.h"
#include "storage/store.h"

namespace omnigraph {

// The commits that a branch carries: what it authored, and what it inherited when it was forked.
// Known from where the branches began, without listing anything.
class Lineage {
 public:
  // `branch` is one of `state`'s.
  Lineage(const GraphState& state, const BranchState& branch);
  bool carries(const CommitHeader& commit) const;

 private:
  // Commits authored on `branch` with numbers in (after, through].
  struct Stretch {
    std::string branch;
    Gsn after = 0;
    Gsn through = 0;
  };
  std::vector<Stretch> stretches_;  // one for each fork between the branch and main
};

// The merge base of two branches: of the commits that either carries and both heads reach over both
// kinds of parents, the one with the smallest sum of distances. Reads the headers of the commits
// between the heads and it.
Result<CommitHeader> merge_base(Store& store, const GraphState& state, const BranchState& source,
                                const BranchState& target);

}  // namespace omnigraph
