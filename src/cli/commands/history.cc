// commit, snapshot.
#include "cli/commands/commands.h"
#include "omnigraph/version.h"

namespace omnigraph::cli {

ExitStatus run_commit_list(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  OG_ASSIGN_OR_RETURN(const std::vector<Commit> commits,
                      graph.commits(call.arguments.value_or("branch", "main")));
  if (!call.json()) {
    for (const Commit& commit : commits) {
      std::string line = commit.id + " graph_branch=" + commit.branch.value_or("main") +
                         " graph_manifest_version=" + std::to_string(commit.version);
      if (commit.actor) line += " actor=" + *commit.actor;
      call.print(line + "\n");
    }
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object().key("commits").begin_array();
  for (const Commit& commit : commits) write_commit(json, commit);
  json.end_array().end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_commit_show(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  OG_ASSIGN_OR_RETURN(const Commit commit, graph.commit(*call.arguments.positional(0)));
  if (call.json()) {
    std::string document;
    JsonWriter json(document, JsonWriter::Style::kPretty);
    write_commit(json, commit);
    call.print_json(document);
    return kSuccess;
  }
  std::string text = "graph_commit_id: " + commit.id + "\n";
  text += "graph_branch: " + commit.branch.value_or("main") + "\n";
  text += "graph_manifest_version: " + std::to_string(commit.version) + "\n";
  if (commit.parent) text += "parent_commit_id: " + *commit.parent + "\n";
  if (commit.merged_parent) text += "merged_parent_commit_id: " + *commit.merged_parent + "\n";
  if (commit.actor) text += "actor_id: " + *commit.actor + "\n";
  text += "created_at: " + std::to_string(commit.created_at) + "\n";
  call.print(text);
  return kSuccess;
}

ExitStatus run_snapshot(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  OG_ASSIGN_OR_RETURN(const SnapshotInfo info,
                      graph.snapshot(call.arguments.value_or("branch", "main")));
  if (!call.json()) {
    std::string text = "graph_branch: " + info.branch + "\n";
    text += "graph_manifest_version: " + std::to_string(info.version) + "\n";
    text += "internal_schema_version: " + std::to_string(kInternalSchemaVersion) + "\n";
    for (const DatasetInfo& dataset : info.datasets) {
      text += (dataset.is_edge ? "edge type '" : "node type '") + dataset.type_name +
              "' published_dataset_version=" + std::to_string(dataset.version) +
              " native_dataset_branch=" + dataset.branch.value_or("main") +
              " entities=" + std::to_string(dataset.entities) + "\n";
    }
    call.print(text);
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object();
  json.key("graph_branch").value(info.branch);
  json.key("graph_manifest_version").value(info.version);
  json.key("internal_schema_version").value(kInternalSchemaVersion);
  json.key("datasets").begin_array();
  for (const DatasetInfo& dataset : info.datasets) {
    json.begin_object();
    json.key("entity_kind").value(dataset.is_edge ? "edge" : "node");
    json.key("type_name").value(dataset.type_name);
    json.key("dataset_path").value(dataset.path);
    json.key("published_dataset_version").value(dataset.version);
    write_optional(json.key("native_dataset_branch"), dataset.branch);
    json.key("entity_count").value(dataset.entities);
    json.end_object();
  }
  json.end_array().end_object();
  call.print_json(document);
  return kSuccess;
}

}  // namespace omnigraph::cli
