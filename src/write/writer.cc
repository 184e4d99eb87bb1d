#include "write/writer.h"

#include <algorithm>
#include <utility>

#include "write/batch.h"
#include "write/load/loader.h"
#include "write/load/placement.h"
#include "write/load/spilled_records.h"
#include "write/mutation.h"

namespace omnigraph {
namespace {

Error schema_moved() {
  return {ErrorCode::kConflict, "the schema changed while the write was being prepared; try again"};
}

constexpr std::string_view kMain = "main";

Status check_only_main(const GraphState& state) {
  std::string others;
  for (const auto& [name, branch] : state.branches) {
    if (name == kMain) continue;
    if (!others.empty()) others += ", ";
    others += name;
  }
  if (others.empty()) return {};
  return Error(ErrorCode::kConflict,
               "schema apply requires a graph with only main; found non-main branches: " + others +
                   " (merge or delete them first)");
}

// Types that lose data for good: what their earlier commits held is forgotten with it.
std::vector<TypeId> forgotten_types(const Migration& migration) {
  std::vector<TypeId> types;
  for (const MigrationStep& step : migration.steps) {
    if (const auto* type = std::get_if<DropTypeStep>(&step)) {
      if (type->mode == DropMode::kHard) types.push_back(type->type);
    } else if (const auto* property = std::get_if<DropPropertyStep>(&step)) {
      if (property->mode != DropMode::kHard || property->kind == TypeKind::kInterface) continue;
      types.push_back(property->type);
    }
  }
  std::sort(types.begin(), types.end());
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

// How many records of each type were read.
void count_records(const LoadRecords& records, LoadOutcome& outcome) {
  const auto count = [&outcome](const LoadType& type, std::uint64_t number) {
    (type.node != nullptr ? outcome.nodes : outcome.edges).push_back({type.type->name, number});
    outcome.total_entities += number;
  };
  for (const NodeRecords& nodes : records.nodes) count(*nodes.type, nodes.records);
  for (const EdgeRecords& edges : records.edges) count(*edges.type, edges.records);
  if (!records.spilled) return;
  for (const SpilledRecords::Type& type : records.spilled->types()) {
    count(*type.type, type.records);
  }
}

}  // namespace

Writer::Writer(Store& store) : store_(store), ulids_(store.ulids()), committer_(store) {}

// The branch in the newest known state, or, when it is missing there, in the newest state.
Result<std::shared_ptr<const BranchState>> Writer::head_of(const std::string& branch,
                                                           GraphStatePtr& state) {
  state = store_.state();
  const BranchStatePtr* found = state->branches.get(branch);
  if (found == nullptr) {
    OG_ASSIGN_OR_RETURN(state, store_.refresh());
    found = state->branches.get(branch);
  }
  if (found == nullptr) return not_found("branch '" + branch + "' not found");
  return *found;
}

Result<MutationOutcome> Writer::mutate(const MutationCall& call) {
  const std::int64_t micros = store_.runtime().clock->now_micros();
  const DateTime now{(micros - ((micros % 1000) + 1000) % 1000) / 1000};
  BlobStage blobs(*store_.objects());
  const MutationInput input{call.mutation, call.parameters, now, store_.runtime(), ulids_, blobs};

  for (int attempt = 0;; ++attempt) {
    GraphStatePtr state;
    OG_ASSIGN_OR_RETURN(const auto branch, head_of(call.branch, state));
    // What the newest known state refuses, or has no use for, may be known to be otherwise
    // elsewhere: such an answer is given only on the newest state there is.
    const auto is_newest = [&]() -> Result<bool> {
      if (attempt >= kMaxAttempts) return true;
      OG_ASSIGN_OR_RETURN(const GraphStatePtr newest, store_.refresh());
      return newest->sequence == state->sequence;
    };
    const SnapshotPtr base = branch->snapshot;
    const bool wrong_head = call.if_commit && *call.if_commit != base->commit();
    const auto changed = [] {
      MutationOutcome outcome;
      outcome.schema_changed = true;
      return outcome;
    };
    if (!wrong_head && base->catalog().version() != call.catalog->version()) return changed();
    const RulesPtr rules = rules_.get(base->catalog_ptr());
    Result<PreparedMutation> prepared = wrong_head
                                            ? Result<PreparedMutation>(precondition_failed(
                                                  call.branch, *call.if_commit, base->head()))
                                            : prepare_mutation(input, *base, *state, *rules);
    const bool idle = prepared.ok() && prepared->change.empty() && !call.if_commit;
    if (!prepared.ok() || idle) {
      OG_ASSIGN_OR_RETURN(const bool newest, is_newest());
      if (!newest) continue;
      if (!prepared.ok()) return std::move(prepared).error();
      return MutationOutcome{prepared->affected_nodes, prepared->affected_edges, std::nullopt,
                             false};
    }

    OG_RETURN_IF_ERROR(blobs.flush());
    MutationOutcome outcome{prepared->affected_nodes, prepared->affected_edges, std::nullopt,
                            false};
    bool moved = false;
    Intent intent;
    intent.branch = call.branch;
    intent.base = base;
    intent.change = std::move(prepared->change);
    intent.reads = std::move(prepared->reads);
    intent.if_commit = call.if_commit;
    intent.by.actor = call.actor;
    intent.prepare_again = [&](const SnapshotPtr& head,
                               const GraphState& view) -> Result<std::pair<Change, ReadSet>> {
      moved = head->catalog().version() != call.catalog->version();
      if (moved) return schema_moved();
      OG_ASSIGN_OR_RETURN(PreparedMutation again,
                          prepare_mutation(input, *head, view, *rules_.get(head->catalog_ptr())));
      outcome.affected_nodes = again.affected_nodes;
      outcome.affected_edges = again.affected_edges;
      return std::pair(std::move(again.change), std::move(again.reads));
    };
    Result<CommitHeader> header = committer_.submit(std::move(intent));
    if (!header.ok()) {
      if (moved) return changed();
      return std::move(header).error();
    }
    if (!header->id.is_nil()) outcome.commit = std::move(*header);
    return outcome;
  }
}

Result<CommitHeader> Writer::set_blob(const std::string& branch_name,
                                      const BlobAssignment& assignment,
                                      std::optional<CommitId> if_commit,
                                      std::optional<std::string> actor) {
  for (int attempt = 0;; ++attempt) {
    GraphStatePtr state;
    OG_ASSIGN_OR_RETURN(const auto branch, head_of(branch_name, state));
    const SnapshotPtr base = branch->snapshot;
    const bool wrong_head = if_commit && *if_commit != base->commit();
    auto prepared = wrong_head ? Result<std::pair<Change, ReadSet>>(
                                     precondition_failed(branch_name, *if_commit, base->head()))
                               : prepare_blob_change(assignment, *base, *state,
                                                     *rules_.get(base->catalog_ptr()));
    if (!prepared.ok()) {
      OG_ASSIGN_OR_RETURN(const GraphStatePtr newest, store_.refresh());
      if (newest->sequence != state->sequence && attempt < kMaxAttempts) continue;
      return std::move(prepared).error();
    }
    Intent intent;
    intent.branch = branch_name;
    intent.base = base;
    intent.change = std::move(prepared->first);
    intent.reads = std::move(prepared->second);
    intent.if_commit = if_commit;
    intent.by.actor = actor;
    intent.prepare_again = [&](const SnapshotPtr& head, const GraphState& view) {
      return prepare_blob_change(assignment, *head, view, *rules_.get(head->catalog_ptr()));
    };
    return committer_.submit(std::move(intent));
  }
}

Result<LoadOutcome> Writer::load(LoadSource& source, const LoadSettings& settings) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    if (attempt > 0) {
      OG_ASSIGN_OR_RETURN(const bool again, source.rewind());
      if (!again) break;
    }
    OG_ASSIGN_OR_RETURN(std::optional<LoadOutcome> outcome, load_once(source, settings));
    if (outcome) return std::move(*outcome);
  }
  return schema_moved();
}

Result<std::optional<LoadOutcome>> Writer::load_once(LoadSource& source,
                                                     const LoadSettings& settings) {
  GraphStatePtr state;
  OG_ASSIGN_OR_RETURN(auto branch, head_of(settings.branch, state));
  const CatalogPtr catalog = branch->snapshot->catalog_ptr();
  const RulesPtr rules = rules_.get(catalog);
  const LoadPlan plan(*catalog);
  BlobStage blobs(*store_.objects());
  OG_ASSIGN_OR_RETURN(const LoadRecords records,
                      read_records(source, settings, plan, *rules, store_.runtime(), ulids_, blobs,
                                   *store_.objects()));
  const PlacementInput input{store_, plan, records, settings.mode, ulids_};
  const ReserveRows reserve = [this](std::span<const std::pair<TypeId, std::uint32_t>> blocks) {
    return committer_.reserve(blocks);
  };

  for (int attempt = 0;; ++attempt) {
    OG_ASSIGN_OR_RETURN(branch, head_of(settings.branch, state));
    const SnapshotPtr base = branch->snapshot;
    if (base->catalog().version() != catalog->version()) return std::optional<LoadOutcome>();
    Result<std::pair<Change, ReadSet>> placed = place_load(input, *base, *state, *rules, reserve);
    if (!placed.ok()) {
      OG_ASSIGN_OR_RETURN(const GraphStatePtr newest, store_.refresh());
      if (newest->sequence != state->sequence && attempt < kMaxAttempts) continue;
      return std::move(placed).error();
    }
    OG_RETURN_IF_ERROR(blobs.flush());
    Intent intent;
    intent.branch = settings.branch;
    intent.base = base;
    intent.change = std::move(placed->first);
    intent.reads = std::move(placed->second);
    intent.by.actor = settings.actor;
    intent.publish_empty = true;
    bool moved = false;
    intent.prepare_again = [&](const SnapshotPtr& head,
                               const GraphState& view) -> Result<std::pair<Change, ReadSet>> {
      moved = head->catalog().version() != catalog->version();
      if (moved) return schema_moved();
      return place_load(input, *head, view, *rules, nullptr);
    };
    Result<CommitHeader> header = committer_.submit(std::move(intent));
    if (!header.ok()) {
      if (moved) return std::optional<LoadOutcome>();
      return std::move(header).error();
    }
    LoadOutcome outcome;
    outcome.commit = std::move(*header);
    count_records(records, outcome);
    return std::optional<LoadOutcome>(std::move(outcome));
  }
}

Result<SchemaOutcome> Writer::apply_schema(const SchemaCall& call) {
  SchemaOutcome outcome;
  const auto prepare = [&](const GraphState& state) -> Result<Change> {
    OG_RETURN_IF_ERROR(check_only_main(state));
    OG_ASSIGN_OR_RETURN(outcome.migration,
                        plan_migration(*state.catalog, call.desired, call.allow_data_loss));
    OG_RETURN_IF_ERROR(outcome.migration.check_supported());
    Change change;
    if (outcome.migration.steps.empty()) return change;
    change.new_catalog = outcome.migration.catalog;
    change.forgotten = forgotten_types(outcome.migration);
    return change;
  };
  OG_ASSIGN_OR_RETURN(const GraphStatePtr newest, store_.refresh());
  Intent intent;
  intent.branch = kMain;
  OG_ASSIGN_OR_RETURN(intent.change, prepare(*newest));
  if (intent.change.empty()) {
    outcome.version = newest->branch(kMain)->snapshot->head().version;
    return outcome;
  }
  // Whatever came meanwhile, a branch too, may change the answer: it is always prepared again, on
  // the state that the record follows.
  intent.reads.everything = true;
  intent.by.actor = call.actor;
  intent.prepare_again = [&](const SnapshotPtr& head,
                             const GraphState& state) -> Result<std::pair<Change, ReadSet>> {
    outcome.version = head->head().version;
    OG_ASSIGN_OR_RETURN(Change change, prepare(state));
    ReadSet reads;
    reads.everything = true;
    return std::pair(std::move(change), std::move(reads));
  };
  OG_ASSIGN_OR_RETURN(CommitHeader header, committer_.submit(std::move(intent)));
  if (!header.id.is_nil()) {
    outcome.version = header.version;
    outcome.commit = std::move(header);
  }
  return outcome;
}

}  // namespace omnigraph
