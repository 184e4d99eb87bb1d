// query, mutate, alias.
#include "cli/commands/commands.h"
#include "cli/report.h"
#include "cli/write_target.h"

namespace omnigraph::cli {
namespace {

// --json > --format > defaults.output > table.
ResultFormat result_format(const Invocation& call) {
  if (call.json()) return ResultFormat::kJson;
  if (const auto name = call.arguments.value("format")) {
    return parse_format(*name).value_or(ResultFormat::kTable);
  }
  return call.config.defaults.output.value_or(ResultFormat::kTable);
}

TableStyle table_style(const OperatorConfig& config) {
  TableStyle style;
  if (config.defaults.table_max_column_width) {
    style.max_column_width = *config.defaults.table_max_column_width;
  }
  style.wrap = config.defaults.wrap;
  return style;
}

// A query of this lane: inline or file source, or a stored query's name that needs a server.
Result<std::string> ad_hoc_source(const Invocation& call, const Scope& scope,
                                  std::string_view what) {
  OG_ASSIGN_OR_RETURN(auto source, source_text(call));
  if (source) return std::move(*source);
  if (!call.arguments.positional(0)) {
    return bad_request("provide a " + std::string(what == "mutation" ? "mutation" : "query") +
                       " name to invoke from the catalog, or -e '<gq>' / --query <file> for an "
                       "ad-hoc " +
                       std::string(what));
  }
  if (scope.served()) return std::string();
  return bad_request(
      "by-name invocation needs a server (the stored-query catalog is server-owned); use -e '<gq>' "
      "or --query <file> for an ad-hoc " +
      std::string(what) +
      " against --store, or address a "
      "server with --server / --profile");
}

}  // namespace

ExitStatus run_query(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_without_uri(call));
  OG_ASSIGN_OR_RETURN(const std::string source, ad_hoc_source(call, scope, "query"));
  OG_ASSIGN_OR_RETURN(const std::string params, parameters_text(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  QueryRequest request{.source = source,
                       .name = call.arguments.positional(0).value_or(""),
                       .params = params,
                       .branch = call.arguments.value("branch"),
                       .snapshot = call.arguments.value("snapshot"),
                       .explain = call.arguments.has("explain")};
  Result<ResultSet> answer = graph.query(request);
  if (!answer.ok()) return pointed(std::move(answer).error(), source);
  const ResultSet& result = *answer;
  if (request.explain) {
    if (call.json()) {
      call.print_json(result.plan_json());
    } else {
      call.print(result.plan());
    }
    return kSuccess;
  }
  OG_RETURN_IF_ERROR(result.write(result_format(call), table_style(call.config),
                                  [&](std::string_view text) -> Status {
                                    call.print(text);
                                    return {};
                                  }));
  return kSuccess;
}

ExitStatus run_mutate(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_without_uri(call));
  OG_ASSIGN_OR_RETURN(const std::string source, ad_hoc_source(call, scope, "mutation"));
  OG_ASSIGN_OR_RETURN(const std::string params, parameters_text(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, true));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  const auto actor = actor_of(call.arguments, call.config);
  MutationRequest request{.source = source,
                          .name = call.arguments.positional(0).value_or(""),
                          .params = params,
                          .branch = call.arguments.value_or("branch", "main"),
                          .if_commit = call.arguments.value("if-commit"),
                          .actor = actor ? std::optional<std::string_view>(*actor) : std::nullopt};
  Result<MutationReport> outcome = graph.mutate(request);
  if (!outcome.ok()) {
    if (outcome.error().code() == ErrorCode::kPreconditionFailed) {
      return report_lost_precondition(call, outcome.error());
    }
    return pointed(std::move(outcome).error(), source);
  }
  const MutationReport& report = *outcome;
  if (!call.json()) {
    call.print("changed " + report.branch + " via " + report.query_name + ": " +
               std::to_string(report.affected_nodes) + " nodes, " +
               std::to_string(report.affected_edges) + " edges\n");
    if (report.actor) call.print("actor_id: " + *report.actor + "\n");
    call.show();
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object();
  json.key("branch").value(report.branch);
  json.key("query_name").value(report.query_name);
  json.key("affected_nodes").value(report.affected_nodes);
  json.key("affected_edges").value(report.affected_edges);
  write_optional(json.key("actor_id"), report.actor);
  json.key("commit");
  if (report.commit) {
    write_commit(json, *report.commit);
  } else {
    json.null();
  }
  json.end_object();
  call.print_json(document);
  call.show();
  return kSuccess;
}

ExitStatus run_alias(Invocation& call) {
  const std::string name(*call.arguments.positional(0));
  const auto found = call.config.aliases.find(name);
  if (found == call.config.aliases.end()) {
    std::string names;
    for (const auto& [defined, unused] : call.config.aliases) {
      if (!names.empty()) names += ", ";
      names += defined;
    }
    return not_found("unknown alias '" + name + "'; defined aliases: [" + names +
                     "] (add it under `aliases:` in ~/.omnigraph/config.yaml)");
  }
  const AliasDefinition& alias = found->second;
  const std::size_t given = call.arguments.positionals().size() - 1;
  if (given > alias.args.size()) {
    std::string names;
    for (const std::string& arg : alias.args) {
      if (!names.empty()) names += ", ";
      names += arg;
    }
    return bad_request("alias '" + name + "' takes " + std::to_string(alias.args.size()) +
                       " positional arg(s) (" + names + "), got " + std::to_string(given));
  }
  if (alias.bad_param_keys) {
    return bad_request("alias '" + name + "': params keys must be strings");
  }
  OG_ASSIGN_OR_RETURN(std::string url, server_url(alias.server, call.config));
  if (alias.graph) url += "/graphs/" + *alias.graph;
  const Scope scope{.kind = ScopeKind::kServer, .uri = url, .graph = alias.graph, .cluster = {}};
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  return kSuccess;
}

}  // namespace omnigraph::cli
