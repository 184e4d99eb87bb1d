// Which commits a branch carries: those it authored, and those of the branches that it was forked
// from, up to where it was (its chain of first parents).
#pragma once

#include <optional>
#include <vector>

#include "storage/store.h"

namespace omnigraph {

class Lineage {
 public:
  // Of a branch as `state` has it. Errors: kCorrupt.
  static Result<Lineage> of(Store& store, const GraphState& state, const BranchState& branch);
  // Whether the commit is on the chain. O(depth of forks).
  bool holds(const CommitHeader& commit) const;

 private:
  struct Level {
    std::string branch;
    Ulid incarnation;  // what it authored has greater ids; nil for main
    Gsn last = 0;      // the last commit of it that counts
  };
  std::vector<Level> levels_;  // the branch itself first
};

}  // namespace omnigraph
