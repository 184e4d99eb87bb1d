#include "history/lineage.h"

namespace omnigraph {

Result<Lineage> Lineage::of(Store& store, const GraphState& state, const BranchState& branch) {
  Lineage lineage;
  const BranchState* at = &branch;
  Gsn last = branch.snapshot->gsn();
  // Every level is another branch, so the walk ends.
  while (lineage.levels_.size() <= state.branches.size()) {
    const bool root = at->parent_branch.empty();
    lineage.levels_.push_back({at->name, root ? Ulid{} : at->incarnation, last});
    if (root) return lineage;
    OG_ASSIGN_OR_RETURN(const auto fork, store.find_commit(at->forked_at));
    if (!fork) return corrupt("the commit that branch '" + at->name + "' began at is missing");
    last = fork->gsn;
    const BranchState* parent = state.branch(at->parent_branch);
    if (parent == nullptr) break;
    at = parent;
  }
  return corrupt("branch '" + branch.name + "' does not lead back to main");
}

bool Lineage::holds(const CommitHeader& commit) const {
  for (const Level& level : levels_) {
    if (level.branch == commit.branch) {
      return commit.gsn <= level.last &&
             (level.incarnation.is_nil() || commit.id > level.incarnation);
    }
  }
  return false;
}

}  // namespace omnigraph
