#include "write/writer.h"

#include <utility>

#include "write/batch.h"
#include "write/load/loader.h"
#include "write/load/placement.h"
#include "write/mutation.h"

namespace omnigraph {
namespace {

Error schema_moved() {
  return {ErrorCode::kConflict, "the schema changed while the write was being prepared; try again"};
}

}  // namespace

Writer::Writer(Store& store) : store_(store), ulids_(store.ulids()), committer_(store) {}

// The branch in the newest known state, or, when it is missing there, in the newest state.
Result<std::shared_ptr<const BranchState>> Writer::head_of(const std::string& branch,
                                                           GraphStatePtr& state) {
  state = store_.state();
  auto found = state->branches.find(branch);
  if (found == state->branches.end()) {
    OG_ASSIGN_OR_RETURN(state, store_.refresh());
    found = state->branches.find(branch);
  }
  if (found == state->branches.end()) return not_found("branch '" + branch + "' not found");
  return found->second;
}

Result<MutationOutcome> Writer::mutate(const MutationCall& call) {
  const std::int64_t micros = store_.runtime().clock->now_micros();
  const DateTime now{(micros - ((micros % 1000) + 1000) % 1000) / 1000};
  const MutationInput input{call.mutation, call.parameters, now, store_.runtime(), ulids_};

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
    const bool moved = base->catalog().version() != call.catalog->version();
    const RulesPtr rules = rules_.get(base->catalog_ptr());
    Result<PreparedMutation> prepared = wrong_head
                                            ? Result<PreparedMutation>(precondition_failed(
                                                  call.branch, *call.if_commit, base->head()))
                                        : moved ? Result<PreparedMutation>(schema_moved())
                                                : prepare_mutation(input, *base, *state, *rules);
    const bool idle = prepared.ok() && prepared->change.empty() && !call.if_commit;
    if (!prepared.ok() || idle) {
      OG_ASSIGN_OR_RETURN(const bool newest, is_newest());
      if (!newest) continue;
      if (!prepared.ok()) return std::move(prepared).error();
      return MutationOutcome{prepared->affected_nodes, prepared->affected_edges, std::nullopt};
    }

    MutationOutcome outcome{prepared->affected_nodes, prepared->affected_edges, std::nullopt};
    Intent intent;
    intent.branch = call.branch;
    intent.base = base;
    intent.change = std::move(prepared->change);
    intent.reads = std::move(prepared->reads);
    intent.if_commit = call.if_commit;
    intent.by.actor = call.actor;
    intent.prepare_again = [&](const SnapshotPtr& head,
                               const GraphState& view) -> Result<std::pair<Change, ReadSet>> {
      if (head->catalog().version() != call.catalog->version()) return schema_moved();
      OG_ASSIGN_OR_RETURN(PreparedMutation again,
                          prepare_mutation(input, *head, view, *rules_.get(head->catalog_ptr())));
      outcome.affected_nodes = again.affected_nodes;
      outcome.affected_edges = again.affected_edges;
      return std::pair(std::move(again.change), std::move(again.reads));
    };
    OG_ASSIGN_OR_RETURN(CommitHeader header, committer_.submit(std::move(intent)));
    if (!header.id.is_nil()) outcome.commit = std::move(header);
    return outcome;
  }
}

Result<LoadOutcome> Writer::load(LoadSource& source, const LoadSettings& settings) {
  GraphStatePtr state;
  OG_ASSIGN_OR_RETURN(auto branch, head_of(settings.branch, state));
  const CatalogPtr catalog = branch->snapshot->catalog_ptr();
  const RulesPtr rules = rules_.get(catalog);
  const LoadPlan plan(*catalog);
  OG_ASSIGN_OR_RETURN(const LoadRecords records,
                      read_records(source, settings, plan, *rules, store_.runtime(), ulids_));
  const PlacementInput input{store_, plan, records, settings.mode, ulids_};
  const ReserveRows reserve = [this](std::span<const std::pair<TypeId, std::uint32_t>> blocks) {
    return committer_.reserve(blocks);
  };

  for (int attempt = 0;; ++attempt) {
    OG_ASSIGN_OR_RETURN(branch, head_of(settings.branch, state));
    const SnapshotPtr base = branch->snapshot;
    const bool moved = base->catalog().version() != catalog->version();
    Result<std::pair<Change, ReadSet>> placed =
        moved ? Result<std::pair<Change, ReadSet>>(schema_moved())
              : place_load(input, *base, *state, *rules, reserve);
    if (!placed.ok()) {
      OG_ASSIGN_OR_RETURN(const GraphStatePtr newest, store_.refresh());
      if (newest->sequence != state->sequence && attempt < kMaxAttempts) continue;
      return std::move(placed).error();
    }
    Intent intent;
    intent.branch = settings.branch;
    intent.base = base;
    intent.change = std::move(placed->first);
    intent.reads = std::move(placed->second);
    intent.by.actor = settings.actor;
    intent.publish_empty = true;
    intent.prepare_again = [&](const SnapshotPtr& head,
                               const GraphState& view) -> Result<std::pair<Change, ReadSet>> {
      if (head->catalog().version() != catalog->version()) return schema_moved();
      return place_load(input, *head, view, *rules, nullptr);
    };
    LoadOutcome outcome;
    OG_ASSIGN_OR_RETURN(outcome.commit, committer_.submit(std::move(intent)));
    for (const NodeRecords& nodes : records.nodes) {
      outcome.nodes.push_back({nodes.type->type->name, nodes.records});
      outcome.total_entities += nodes.records;
    }
    for (const EdgeRecords& edges : records.edges) {
      outcome.edges.push_back({edges.type->type->name, edges.records});
      outcome.total_entities += edges.records;
    }
    return outcome;
  }
}

}  // namespace omnigraph
