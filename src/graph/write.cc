// Graph::mutate and the loads: from a request to the write room and back.
#include "graph/branch_name.h"
#include "graph/engine.h"
#include "query/parameters.h"
#include "write/table/table_rows.h"

namespace omnigraph {
namespace {

std::optional<std::string> owned(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  return std::string(*text);
}

}  // namespace

Error lost_precondition(std::string_view branch, std::string_view expected, CommitId head) {
  const std::string actual = head.text();
  return Error(ErrorCode::kPreconditionFailed,
               "precondition failed on branch '" + std::string(branch) + "': expected head '" +
                   std::string(expected) + "' but current is " + actual)
      .with({"precondition_failure", {{"expected", std::string(expected)}, {"actual", actual}}});
}

// A write takes no look for news: it is compiled on the newest state known here, and the committer
// finds out when it appends. Only what that state refuses is judged again on the newest there is.
Result<Graph::Engine::CompiledMutation> Graph::Engine::compile_mutation(
    const MutationRequest& request) {
  const auto compile = [&](const GraphState& state) -> Result<CompiledMutation> {
    OG_ASSIGN_OR_RETURN(auto branch, head(state, request.branch));
    OG_ASSIGN_OR_RETURN(CompiledQueryPtr query, queries_.get(QueryKind::kMutation, request.source,
                                                             request.name, *branch->snapshot));
    return CompiledMutation{std::move(branch), std::move(query)};
  };
  const GraphStatePtr known = store_->state();
  Result<CompiledMutation> compiled = compile(*known);
  if (compiled.ok()) return compiled;
  OG_ASSIGN_OR_RETURN(const GraphStatePtr newest, this->newest());
  if (newest->sequence == known->sequence) return compiled;
  return compile(*newest);
}

Result<MutationReport> Graph::Engine::mutate(const MutationRequest& request) {
  OG_ASSIGN_OR_RETURN(Writer* const writer, this->writer());
  OG_ASSIGN_OR_RETURN(const std::string_view name, trim_branch(request.branch));
  OG_RETURN_IF_ERROR(refuse_internal(name, "mutate"));
  // Under a schema that changed while the mutation waited it is checked again.
  for (int attempt = 0; attempt < Writer::kMaxAttempts; ++attempt) {
    OG_ASSIGN_OR_RETURN(auto report, mutate_once(*writer, request));
    if (report) return std::move(*report);
  }
  return Error(ErrorCode::kConflict, "the schema keeps changing; try again");
}

Result<std::optional<MutationReport>> Graph::Engine::mutate_once(Writer& writer,
                                                                 const MutationRequest& request) {
  OG_ASSIGN_OR_RETURN(const CompiledMutation compiled, compile_mutation(request));
  const auto& [branch, query] = compiled;
  const auto& mutation = std::get<TypedMutation>(query->typed);
  OG_ASSIGN_OR_RETURN(const ParameterValues parameters,
                      bind_parameters(mutation.parameters, request.params));
  MutationCall call{.mutation = mutation,
                    .parameters = parameters,
                    .catalog = query->catalog,
                    .branch = branch->name,
                    .actor = owned(request.actor)};
  if (request.if_commit) {
    call.if_commit = Ulid::parse(*request.if_commit);
    if (!call.if_commit) {
      return lost_precondition(branch->name, *request.if_commit, branch->snapshot->commit());
    }
  }
  OG_ASSIGN_OR_RETURN(const MutationOutcome outcome, writer.mutate(call));
  if (outcome.schema_changed) return std::optional<MutationReport>();
  MutationReport report;
  report.branch = request.branch;
  report.query_name = mutation.name;
  report.affected_nodes = outcome.affected_nodes;
  report.affected_edges = outcome.affected_edges;
  report.actor = owned(request.actor);
  if (outcome.commit) report.commit = to_commit(*outcome.commit);
  return std::optional<MutationReport>(std::move(report));
}

Result<LoadReport> Graph::Engine::load_table(const std::string& path, const LoadRequest& request) {
  OG_RETURN_IF_ERROR(writer());
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  OG_ASSIGN_OR_RETURN(const auto source, open_table_source(path, *request.table, state->catalog));
  return load(*source, request);
}

Result<LoadReport> Graph::Engine::load(LoadSource& source, const LoadRequest& request) {
  OG_ASSIGN_OR_RETURN(Writer* const writer, this->writer());
  OG_ASSIGN_OR_RETURN(const std::string_view branch, trim_branch(request.branch));
  OG_RETURN_IF_ERROR(refuse_internal(branch, "load"));
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  LoadReport report;
  report.branch = request.branch;
  if (state->branch(branch) == nullptr) {
    if (!request.from) return branch_not_found(branch);
    // A step of its own: the fork stays even when the load then fails.
    OG_RETURN_IF_ERROR(create_branch({.name = branch, .from = *request.from}));
    report.branch_created = true;
  }
  OG_ASSIGN_OR_RETURN(LoadOutcome outcome, writer->load(source, {.mode = request.mode,
                                                                 .branch = std::string(branch),
                                                                 .actor = owned(request.actor),
                                                                 .permissive = request.permissive,
                                                                 .progress = request.progress}));
  report.nodes = std::move(outcome.nodes);
  report.edges = std::move(outcome.edges);
  report.total_entities = outcome.total_entities;
  report.commit = to_commit(outcome.commit);
  return report;
}

Result<SchemaReport> Graph::Engine::apply_schema(const SchemaRequest& request) {
  OG_ASSIGN_OR_RETURN(Writer* const writer, this->writer());
  OG_ASSIGN_OR_RETURN(const SchemaOutcome outcome,
                      writer->apply_schema({.desired = request.desired,
                                            .allow_data_loss = request.allow_data_loss,
                                            .actor = owned(request.actor)}));
  SchemaReport report;
  report.plan = to_plan(outcome.migration);
  report.version = outcome.version;
  if (outcome.commit) report.commit = to_commit(*outcome.commit);
  return report;
}

}  // namespace omnigraph
