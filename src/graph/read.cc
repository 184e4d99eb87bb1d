// Graph::query: from a request to rows.
#include "common/json_writer.h"
#include "execution/explain.h"
#include "graph/branch_name.h"
#include "graph/engine.h"
#include "graph/result_data.h"
#include "query/parameters.h"

namespace omnigraph {
namespace {

DateTime instant(std::int64_t micros) {
  // Rounded down, before 1970 too.
  const std::int64_t millis = micros / 1000;
  return DateTime{micros % 1000 < 0 ? millis - 1 : millis};
}

Status check_types(const TypedRead& read, const Snapshot& snapshot, const GraphState& newest) {
  for (const TypedVariable& variable : read.variables) {
    OG_RETURN_IF_ERROR(check_readable(variable.type, snapshot, newest));
  }
  for (const TypedScope& scope : read.scopes) {
    for (const TypedTraversal& hop : scope.traversals) {
      OG_RETURN_IF_ERROR(check_readable(hop.edge, snapshot, newest));
    }
  }
  return {};
}

}  // namespace

Status check_readable(TypeId type, const Snapshot& snapshot, const GraphState& newest) {
  const SnapshotPastPtr& past = snapshot.past();
  if (past == nullptr || type == 0) return {};
  if (past->catalog->entity(type) == nullptr) {
    const Catalog& now = snapshot.catalog();
    return not_found(std::string(now.is_edge(type) ? "edge" : "node") + " type '" +
                     now.entity(type)->name + "' does not exist at this snapshot");
  }
  const auto floor = newest.floors.find(type);
  if (floor == newest.floors.end() || snapshot.gsn() >= floor->second) return {};
  const auto version = past->table_versions.find(type);
  const std::uint64_t number = version == past->table_versions.end() ? 1 : version->second;
  return reclaimed_error(number);
}

Result<Graph::Engine::Resolved> Graph::Engine::resolve(
    std::optional<std::string_view> branch_name, std::optional<std::string_view> snapshot_id) {
  if (branch_name && snapshot_id) {
    return bad_request("request may specify branch or snapshot, not both");
  }
  if (!snapshot_id) {
    OG_ASSIGN_OR_RETURN(GraphStatePtr state, newest());
    OG_ASSIGN_OR_RETURN(const auto branch, head(*state, branch_name.value_or(kMainBranch)));
    return Resolved{branch->snapshot, std::move(state)};
  }
  const std::string_view id = *snapshot_id;
  const auto parsed = Ulid::parse(id);
  if (!parsed) return not_found("commit '" + std::string(id) + "' not found");
  OG_ASSIGN_OR_RETURN(GraphStatePtr state, newest());
  Result<SnapshotPtr> snapshot = store_->snapshot_at(*parsed);
  if (!snapshot.ok()) {
    if (snapshot.error().code() != ErrorCode::kNotFound) return std::move(snapshot).error();
    return not_found("commit '" + std::string(id) + "' not found");
  }
  return Resolved{std::move(*snapshot), std::move(state)};
}

Result<ResultSet> Graph::Engine::query(const QueryRequest& request) {
  const Runtime& runtime = store_->runtime();
  QueryLimits limits;
  limits.cancelled = request.cancelled;
  if (request.deadline) {
    limits.deadline_steady_nanos =
        runtime.clock->steady_nanos() +
        std::chrono::duration_cast<std::chrono::nanoseconds>(*request.deadline).count();
  }
  const DateTime now = instant(runtime.clock->now_micros());

  OG_ASSIGN_OR_RETURN(const Resolved resolved, resolve(request.branch, request.snapshot));
  const SnapshotPtr& snapshot = resolved.snapshot;
  OG_ASSIGN_OR_RETURN(const CompiledQueryPtr query,
                      queries_.get(QueryKind::kRead, request.source, request.name, *snapshot));
  const auto& read = std::get<TypedRead>(query->typed);
  OG_RETURN_IF_ERROR(check_types(read, *snapshot, *resolved.state));
  OG_ASSIGN_OR_RETURN(const ParameterValues parameters,
                      bind_parameters(read.parameters, request.params));

  PlanNode plan;
  OG_ASSIGN_OR_RETURN(QueryResult rows, run_plan(*query->plan, *snapshot, parameters, now, runtime,
                                                 limits, request.explain ? &plan : nullptr));
  auto data = std::make_shared<ResultSet::Data>();
  data->query_name = read.name;
  if (request.snapshot) {
    data->target.snapshot = std::string(*request.snapshot);
  } else {
    data->target.branch = std::string(request.branch.value_or(kMainBranch));
  }
  data->commit = snapshot->commit();
  data->columns = std::move(rows.columns);
  data->rows = rows.rows;
  if (request.explain) {
    data->plan = render_plan(plan);
    JsonWriter json(data->plan_json, JsonWriter::Style::kPretty);
    write_plan(json, plan);
  }
  return ResultSet(std::move(data));
}

}  // namespace omnigraph
