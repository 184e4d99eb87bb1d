#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/files.h"
#include "cli/write_target.h"

namespace omnigraph::cli {

Result<Scope> scope_of(const Invocation& call) {
  std::optional<std::string_view> uri;
  if (find_option(*call.arguments.command, "uri") != nullptr) {
    uri = call.arguments.value("uri");
  } else {
    uri = call.arguments.positional(0);
  }
  return resolve_scope(call.arguments, call.process, call.config, uri);
}

Result<Scope> scope_without_uri(const Invocation& call) {
  return resolve_scope(call.arguments, call.process, call.config, std::nullopt);
}

Status refuse_served(const Invocation& call, const Scope& scope, bool writes) {
  if (!scope.served()) return {};
  if (writes && call.arguments.has("as")) {
    return bad_request(
        "`--as` is not allowed on a served write — the server resolves the actor from the bearer "
        "token. Remove `--as`, or run the write directly against storage with --store <uri>.");
  }
  OG_RETURN_IF_ERROR(token_for(call.process, call.config, scope.uri));
  return bad_request("`" + command_words(call.arguments) + "` against a server (" + scope.uri +
                     ") is not part of this build yet; address the graph's storage with --store "
                     "<uri>");
}

Result<Graph> open_graph(const Scope& scope, bool read_only) {
  return Graph::open(scope.uri, {.read_only = read_only, .first_read_as_opened = true});
}

Error not_in_this_build(const Arguments& arguments) {
  return bad_request("`" + command_words(arguments) + "` is not part of this build yet");
}

Status refuse_cluster(const Invocation& call, const Scope& scope) {
  if (scope.kind != ScopeKind::kCluster) return {};
  std::string root = scope.uri;
  if (root.starts_with("file://")) root.erase(0, 7);
  if (scope.local() && !file_exists(join_path(root, "__cluster/state.json"))) {
    return bad_request("cluster `" + scope.cluster +
                       "` has no applied state; run `cluster apply` first");
  }
  return bad_request("`" + command_words(call.arguments) + "` on a cluster (" + scope.cluster +
                     ") is not part of this build yet; address the graph's storage with --store "
                     "<uri>");
}

Result<std::string> parameters_text(const Invocation& call) {
  if (const auto text = call.arguments.value("params")) return std::string(*text);
  if (const auto path = call.arguments.value("params-file")) {
    return read_text_file(std::string(*path), "parameter file");
  }
  return std::string();
}

Result<std::optional<std::string>> source_text(const Invocation& call) {
  if (const auto text = call.arguments.value("query-string")) {
    if (trimmed(*text).empty()) return bad_request("--query-string must not be empty");
    return std::optional(std::string(*text));
  }
  if (const auto path = call.arguments.value("query")) {
    OG_ASSIGN_OR_RETURN(std::string text, read_text_file(std::string(*path), "query file"));
    return std::optional(std::move(text));
  }
  return std::optional<std::string>();
}

int report_lost_precondition(const Invocation& call, const Error& error) {
  if (!call.json()) {
    call.process.out->flush();
    call.process.err->write(error.message() + "\n");
    return kPreconditionFailure;
  }
  std::string expected;
  std::optional<std::string> actual;
  if (error.details()) {
    for (const auto& [key, text] : error.details()->fields) {
      if (key == "expected") expected = text;
      if (key == "actual" && !text.empty()) actual = text;
    }
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object().key("error").value(error.message());
  json.key("precondition_failure").begin_object().key("expected").value(expected);
  if (actual) json.key("actual").value(*actual);
  json.end_object().end_object();
  call.print_json(document);
  return kPreconditionFailure;
}

void write_optional(JsonWriter& json, const std::optional<std::string>& text) {
  if (text) {
    json.value(*text);
  } else {
    json.null();
  }
}

void write_commit(JsonWriter& json, const Commit& commit) {
  json.begin_object();
  json.key("graph_commit_id").value(commit.id);
  write_optional(json.key("graph_branch"), commit.branch);
  json.key("graph_manifest_version").value(commit.version);
  write_optional(json.key("parent_commit_id"), commit.parent);
  write_optional(json.key("merged_parent_commit_id"), commit.merged_parent);
  write_optional(json.key("actor_id"), commit.actor);
  json.key("created_at").value(commit.created_at);
  json.end_object();
}

}  // namespace omnigraph::cli
