#include "history/merge.h"

#include <algorithm>
#include <map>

#include "common/fault_point.h"
#include "history/lineage.h"
#include "history/merge_conflict.h"
#include "history/merge_rows.h"

namespace omnigraph {
namespace {

Error branch_missing(const std::string& name) {
  return not_found("branch '" + name + "' not found");
}

Error target_moved(const std::string& target, CommitId expected, CommitId actual) {
  const std::string member = "graph_head:" + target;
  return Error(ErrorCode::kConflict,
               "write authority '" + member + "' changed during preparation: expected head '" +
                   expected.text() + "' but current is '" + actual.text() + "'; merge again")
      .with({"read_set_conflict",
             {{"member", member}, {"expected", expected.text()}, {"actual", actual.text()}}});
}

}  // namespace

struct Merger::Prepared {
  MergeOutcome outcome = MergeOutcome::kAlreadyUpToDate;
  CommitId base;
  std::vector<MergedType> types;
  std::vector<MergeConflict> conflicts;
  Change change;
  ReadSet reads;
};

// Bases are most often where one of the branches began, or what was merged last.
Result<SnapshotPtr> Merger::snapshot_of(CommitId commit, const BranchState& source,
                                        const BranchState& target) {
  for (const BranchState* branch : {&source, &target}) {
    for (const SnapshotPtr& known : {branch->snapshot, branch->fork_snapshot}) {
      if (known && known->commit() == commit) return known;
    }
  }
  return store_.snapshot_at(commit);
}

Result<Merger::Prepared> Merger::prepare(const GraphState& state, const BranchState& source,
                                         const BranchState& target, bool preview) {
  Prepared out;
  const CommitId source_head = source.snapshot->commit();
  const CommitId target_head = target.snapshot->commit();
  if (source_head == target_head) {
    out.base = source_head;
    return out;
  }
  OG_ASSIGN_OR_RETURN(const CommitHeader base, merge_base(store_, state, source, target));
  out.base = base.id;
  if (base.id == source_head) return out;
  const bool fast_forward = base.id == target_head;
  out.outcome = fast_forward ? MergeOutcome::kFastForward : MergeOutcome::kMerged;
  MergeSides sides{nullptr, source.snapshot, target.snapshot};
  OG_ASSIGN_OR_RETURN(sides.base, snapshot_of(base.id, source, target));
  const RulesPtr rules = rules_.get(target.snapshot->catalog_ptr());
  const Catalog& catalog = target.snapshot->catalog();

  std::map<TypeId, MergedTable> tables;
  const auto decide = [&](const EntityType& type) -> Status {
    OG_ASSIGN_OR_RETURN(MergedTable table,
                        merge_table(sides, type, preview ? Counting::kExact : Counting::kRough));
    std::move(table.conflicts.begin(), table.conflicts.end(), std::back_inserter(out.conflicts));
    if (table.changed()) out.types.push_back(table.counts);
    tables.emplace(type.id, std::move(table));
    return {};
  };
  for (const EdgeType& type : catalog.edges()) OG_RETURN_IF_ERROR(decide(type));
  for (const NodeType& type : catalog.nodes()) OG_RETURN_IF_ERROR(decide(type));
  if (!out.conflicts.empty()) return out;
  MergeRows rows(store_, sides, *rules, fast_forward, tables);
  OG_ASSIGN_OR_RETURN(out.conflicts, rows.validate());
  if (!out.conflicts.empty() || preview) return out;
  OG_FAULT_POINT("merge.before_change");
  OG_ASSIGN_OR_RETURN(out.change, rows.change());
  out.reads = std::move(rows).reads();
  return out;
}

Result<MergeResult> Merger::merge(const MergeCall& call) {
  if (call.source == call.target) {
    return bad_request("branch_merge requires distinct source and target branches");
  }
  if (committer_ == nullptr && !call.preview) {
    return Error(ErrorCode::kReadOnly, "the graph was opened for reading only");
  }
  std::optional<CommitId> first_head;
  CommitId head;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    // A verdict rests on the newest state there is.
    OG_ASSIGN_OR_RETURN(const GraphStatePtr state, store_.refresh());
    const BranchState* const source = state->branch(call.source);
    if (source == nullptr) return branch_missing(call.source);
    const BranchState* const target = state->branch(call.target);
    if (target == nullptr) return branch_missing(call.target);
    head = target->snapshot->commit();
    if (!first_head) first_head = head;

    OG_ASSIGN_OR_RETURN(Prepared prepared, prepare(*state, *source, *target, call.preview));
    MergeResult result;
    result.outcome = prepared.outcome;
    result.base = prepared.base;
    result.types = std::move(prepared.types);
    if (call.preview) {
      result.conflicts = std::move(prepared.conflicts);
      return result;
    }
    if (!prepared.conflicts.empty()) return merge_conflicts(std::move(prepared.conflicts));
    if (result.outcome == MergeOutcome::kAlreadyUpToDate) return result;

    bool moved = false;
    Intent intent;
    intent.branch = call.target;
    intent.base = target->snapshot;
    intent.change = std::move(prepared.change);
    intent.reads = std::move(prepared.reads);
    intent.by.actor = call.actor;
    intent.publish_empty = true;
    intent.merged_parent = source->snapshot->commit();
    // Other commits do not wait for a merge to be prepared: it steps back and begins anew.
    intent.prepare_again = [&](const SnapshotPtr& now,
                               const GraphState&) -> Result<std::pair<Change, ReadSet>> {
      moved = true;
      return target_moved(call.target, head, now->commit());
    };
    Result<CommitHeader> committed = committer_->submit(std::move(intent));
    if (!committed.ok()) {
      if (moved) continue;
      return std::move(committed).error();
    }
    // Somebody else's commit came between that touched nothing of this.
    if (committed->parent != head) result.outcome = MergeOutcome::kMerged;
    store_.remember(*source);
    result.commit = std::move(committed).value();
    return result;
  }
  return target_moved(call.target, *first_head, head);
}

}  // namespace omnigraph
