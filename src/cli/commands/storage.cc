// init, schema.
#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/files.h"
#include "cli/report.h"
#include "cli/write_target.h"

namespace omnigraph::cli {
namespace {

void append_steps(std::string& text, const SchemaPlan& plan) {
  if (plan.steps.empty()) text += "no schema changes\n";
  for (const SchemaStep& step : plan.steps) text += "- " + step.text + "\n";
}

void write_steps(JsonWriter& json, const SchemaPlan& plan) {
  json.key("steps").begin_array();
  for (const SchemaStep& step : plan.steps) json.raw(step.json);
  json.end_array();
}

}  // namespace

ExitStatus run_init(Invocation& call) {
  const std::string uri(*call.arguments.positional(0));
  if (is_http(uri)) {
    return bad_request(
        "`init` is a direct (storage-native) command and needs direct storage "
        "access; the resolved target is a remote server (" +
        uri + "). Pass the graph's file:// or s3:// URI.");
  }
  if (const auto root = enclosing_cluster(uri)) {
    return bad_request("`" + uri + "` is inside cluster `" + *root +
                       "`. Graphs in a cluster are created by `cluster apply`, which records them "
                       "in the cluster's ledger. Declare the graph in cluster.yaml and run "
                       "`cluster apply`.");
  }
  OG_ASSIGN_OR_RETURN(const std::string schema,
                      read_text_file(std::string(*call.arguments.value("schema")), "schema file"));
  if (auto made = Graph::create(uri, schema, {.force = call.arguments.has("force")}); !made.ok()) {
    return pointed(std::move(made).error(), schema);
  }
  call.print("initialized " + uri + "\n");
  return kSuccess;
}

ExitStatus run_schema_show(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  OG_ASSIGN_OR_RETURN(const std::string source, graph.schema_source());
  if (!call.json()) {
    call.print(source);
    call.print("\n");
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object().key("schema_source").value(source).end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_schema_plan(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_cluster(call, scope));
  OG_ASSIGN_OR_RETURN(const std::string desired,
                      read_text_file(std::string(*call.arguments.value("schema")), "schema file"));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  Result<SchemaPlan> planned = graph.plan_schema(desired, call.arguments.has("allow-data-loss"));
  if (!planned.ok()) return pointed(std::move(planned).error(), desired);
  const SchemaPlan& plan = *planned;
  if (!call.json()) {
    std::string text = "schema plan for " + scope.uri + "\n";
    text += plan.supported ? "supported: yes\n" : "supported: no\n";
    append_steps(text, plan);
    call.print(text);
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object();
  json.key("uri").value(scope.uri);
  json.key("supported").value(plan.supported);
  json.key("step_count").value(static_cast<std::uint64_t>(plan.steps.size()));
  write_steps(json, plan);
  json.end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_schema_apply(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, true));
  if (const auto root = enclosing_cluster(scope.uri)) {
    return bad_request("`" + scope.uri + "` is inside cluster `" + *root +
                       "`. A graph in a cluster evolves via `cluster apply`, which records the "
                       "change in the cluster's ledger, not `schema apply`.");
  }
  echo_write_target(call.process, call.arguments, scope);
  OG_ASSIGN_OR_RETURN(const std::string desired,
                      read_text_file(std::string(*call.arguments.value("schema")), "schema file"));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  const auto actor = actor_of(call.arguments, call.config);
  Result<SchemaReport> applied =
      graph.apply_schema({.desired = desired,
                          .allow_data_loss = call.arguments.has("allow-data-loss"),
                          .actor = actor ? std::optional<std::string_view>(*actor) : std::nullopt});
  if (!applied.ok()) return pointed(std::move(applied).error(), desired);
  const SchemaReport& report = *applied;
  if (!call.json()) {
    std::string text = "schema apply for " + scope.uri + "\nsupported: yes\n";
    text += report.commit ? "applied: yes\n" : "applied: no\n";
    text += "graph_manifest_version: " + std::to_string(report.version) + "\n";
    append_steps(text, report.plan);
    call.print(text);
    call.show();
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object();
  json.key("uri").value(scope.uri);
  json.key("supported").value(true);
  json.key("applied").value(report.commit.has_value());
  json.key("step_count").value(static_cast<std::uint64_t>(report.plan.steps.size()));
  json.key("graph_manifest_version").value(report.version);
  write_steps(json, report.plan);
  json.end_object();
  call.print_json(document);
  call.show();
  return kSuccess;
}

}  // namespace omnigraph::cli
