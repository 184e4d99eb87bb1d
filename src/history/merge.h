// Merging one branch into another: three-way, entity by entity, one commit on the target
// (spec/history.md §6). Thread-safe; merges into different targets run side by side, and only the
// append of the commit goes through the committer.
//
// A commit that lands on the target while a merge is prepared does not disturb it unless it touched
// what the merge weighed; then the merge is prepared again on the new head.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "omnigraph/merge.h"
#include "storage/store.h"
#include "write/committer.h"
#include "write/rules.h"

namespace omnigraph {

struct MergeCall {
  std::string source, target;
  std::optional<std::string> actor = std::nullopt;
  bool preview = false;  // decide and validate, but write nothing
};

struct MergeResult {
  MergeOutcome outcome = MergeOutcome::kAlreadyUpToDate;
  std::optional<CommitHeader> commit;    // of the merge; none when up to date or previewed
  CommitId base;                         // the merge base
  std::vector<MergedType> types;         // that change on the target: edges, then nodes, by name
  std::vector<MergeConflict> conflicts;  // previews only; else they are the error
};

class Merger {
 public:
  // Times that a merge is prepared anew because the target moved under it.
  static constexpr int kMaxAttempts = 32;

  // Both must outlive the merger. Without a committer it only previews.
  Merger(Store& store, Committer* committer) : store_(store), committer_(committer) {}

  // Errors: kBadRequest (source and target are one branch), kNotFound (a branch), kConflict with
  // details `merge_conflicts` (merge_conflict.h) or `read_set_conflict` (the target kept moving),
  // those of Committer::submit. After an error both branches are as they were.
  Result<MergeResult> merge(const MergeCall& call);

 private:
  struct Prepared;
  Result<Prepared> prepare(const GraphState& state, const BranchState& source,
                           const BranchState& target, bool preview);
  Result<SnapshotPtr> snapshot_of(CommitId commit, const BranchState& source,
                                  const BranchState& target);

  Store& store_;
  Committer* committer_;
  RuleCache rules_;
};

}  // namespace omnigraph
