// branch create, list, delete, merge.
#include <charconv>

#include "cli/commands/commands.h"
#include "cli/write_target.h"
#include "common/date_text.h"
#include "common/ulid.h"

namespace omnigraph::cli {
namespace {

// "2024-05-01T12:00:00.000Z" of microseconds since the epoch.
std::string instant_text(std::int64_t micros) {
  const std::int64_t millis = micros / 1000 - (micros % 1000 < 0 ? 1 : 0);
  return datetime_text(DateTime{millis});
}

// --at names a commit or an instant; a date is its beginning.
Status set_fork_point(std::string_view at, BranchRequest& request) {
  if (Ulid::parse(at)) {
    request.at_commit = at;
    return {};
  }
  auto instant = parse_datetime(at);
  if (!instant.ok()) {
    auto day = parse_date(at);
    if (!day.ok()) {
      return bad_request("--at takes a commit id, a date or an instant, not '" + std::string(at) +
                         "'");
    }
    instant = DateTime{std::int64_t{day->days} * 86'400'000};
  }
  // Commits are told apart to the microsecond: those of the whole millisecond count.
  request.at_time = instant->millis * 1000 + 999;
  return {};
}

Result<std::size_t> list_limit(const Arguments& arguments) {
  const auto given = arguments.value("limit");
  if (!given) return SIZE_MAX;
  std::size_t limit = 0;
  std::from_chars(given->data(), given->data() + given->size(), limit);
  if (limit == 0) return bad_request("--limit must be greater than zero");
  return limit;
}

void write_value(JsonWriter& json, const Value& value) {
  if (const ValueList* list = value.list()) {
    json.begin_array();
    for (const Value& item : *list) write_value(json, item);
    json.end_array();
    return;
  }
  if (const auto* v = value.get_if<bool>()) {
    json.value(*v);
  } else if (const auto* i = value.get_if<std::int64_t>()) {
    json.value(*i);
  } else if (const auto* u = value.get_if<std::uint64_t>()) {
    json.value(*u);
  } else if (const auto* d = value.get_if<double>()) {
    json.value(*d);
  } else if (const auto* text = value.get_if<std::string>()) {
    json.value(*text);
  } else if (const auto* date = value.get_if<Date>()) {
    json.value(date_text(*date));
  } else if (const auto* instant = value.get_if<DateTime>()) {
    json.value(datetime_text(*instant));
  } else {
    json.null();
  }
}

void write_conflict(JsonWriter& json, const MergeConflict& conflict) {
  json.begin_object();
  json.key("entity_kind").value(conflict.is_edge ? "edge" : "node");
  json.key("type_name").value(conflict.type_name);
  write_optional(json.key("entity_id"), conflict.entity_id);
  json.key("kind").value(merge_conflict_name(conflict.kind));
  json.key("message").value(conflict.message);
  if (!conflict.fields.empty()) {
    json.key("fields").begin_array();
    for (const MergeConflict::Field& field : conflict.fields) {
      json.begin_object();
      json.key("property").value(field.property);
      write_value(json.key("base"), field.base);
      write_value(json.key("source"), field.source);
      write_value(json.key("target"), field.target);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
}

// What a merge would do. Exit status 1 when it would be refused.
int show_preview(Invocation& call, const MergeReport& report) {
  const int status = report.conflicts.empty() ? kSuccess : kFailure;
  const std::string_view outcome = merge_outcome_name(report.outcome);
  if (call.json()) {
    std::string document;
    JsonWriter json(document, JsonWriter::Style::kPretty);
    json.begin_object().key("source").value(report.source).key("target").value(report.target);
    json.key("dry_run").value(true);
    json.key("outcome").value(report.conflicts.empty() ? outcome : "conflict");
    json.key("base_commit_id").value(report.base);
    json.key("changes").begin_array();
    for (const MergedType& type : report.types) {
      json.begin_object();
      json.key("entity_kind").value(type.is_edge ? "edge" : "node");
      json.key("type_name").value(type.type_name);
      json.key("inserted").value(type.inserted);
      json.key("updated").value(type.updated);
      json.key("deleted").value(type.deleted);
      json.end_object();
    }
    json.end_array();
    json.key("merge_conflicts").begin_array();
    for (const MergeConflict& conflict : report.conflicts) write_conflict(json, conflict);
    json.end_array().end_object();
    call.print_json(document);
    return status;
  }
  std::string text = report.conflicts.empty()
                         ? "would merge " + report.source + " into " + report.target + ": " +
                               std::string(outcome) + "\n"
                         : "cannot merge " + report.source + " into " + report.target + ": " +
                               std::to_string(report.conflicts.size()) +
                               (report.conflicts.size() == 1 ? " conflict\n" : " conflicts\n");
  for (const MergeConflict& conflict : report.conflicts) {
    text += "  " + merge_conflict_subject(conflict) + ": " + conflict.message + "\n";
    for (const MergeConflict::Field& field : conflict.fields) {
      std::string line;
      JsonWriter json(line);
      write_value(json, field.source);
      text += "    " + field.property + ": " + report.source + " " + line;
      line.clear();
      JsonWriter other(line);
      write_value(other, field.target);
      text += ", " + report.target + " " + line + "\n";
    }
  }
  if (report.conflicts.empty()) {
    for (const MergedType& type : report.types) {
      text += (type.is_edge ? "  edge type '" : "  node type '") + type.type_name +
              "': " + std::to_string(type.inserted) + " inserted, " + std::to_string(type.updated) +
              " updated, " + std::to_string(type.deleted) + " deleted\n";
    }
  }
  call.print(text);
  return status;
}

}  // namespace

ExitStatus run_branch_create(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, true));
  const std::string name(*call.arguments.positional(0));
  const std::string from(call.arguments.value_or("from", "main"));
  BranchRequest request{.name = name, .from = from};
  if (const auto at = call.arguments.value("at")) OG_RETURN_IF_ERROR(set_fork_point(*at, request));
  echo_write_target(call.process, call.arguments, scope);
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  OG_RETURN_IF_ERROR(graph.create_branch(request));
  if (!call.json()) {
    call.print("created branch " + name + " from " + from + "\n");
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object().key("uri").value(scope.uri);
  json.key("from").value(from).key("name").value(name);
  write_optional(json.key("actor_id"), actor_of(call.arguments, call.config));
  json.end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_branch_list(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  BranchListRequest request{.after = call.arguments.value_or("after", ""),
                            .prefix = call.arguments.value_or("prefix", "")};
  OG_ASSIGN_OR_RETURN(request.limit, list_limit(call.arguments));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  const bool verbose = call.arguments.has("verbose");
  OG_ASSIGN_OR_RETURN(const std::vector<BranchInfo> branches, graph.branch_infos(request));
  if (!call.json()) {
    for (const BranchInfo& branch : branches) {
      std::string line = branch.name;
      if (verbose) {
        line += " head=" + branch.head +
                " graph_manifest_version=" + std::to_string(branch.version) +
                " changed_at=" + instant_text(branch.changed_at);
        if (branch.parent) line += " from=" + *branch.parent + "@" + branch.forked_at;
      }
      call.print(line + "\n");
    }
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object().key("branches").begin_array();
  for (const BranchInfo& branch : branches) json.value(branch.name);
  json.end_array();
  if (verbose) {
    json.key("details").begin_array();
    for (const BranchInfo& branch : branches) {
      json.begin_object().key("name").value(branch.name).key("head").value(branch.head);
      json.key("graph_manifest_version").value(branch.version);
      write_optional(json.key("from"), branch.parent);
      json.key("forked_at");
      if (branch.parent) {
        json.value(branch.forked_at);
      } else {
        json.null();
      }
      json.key("created_at").value(branch.created_at);
      json.key("changed_at").value(branch.changed_at);
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_branch_delete(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(confirm_destructive(call.process, call.arguments, scope, "branch delete"));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, true));
  echo_write_target(call.process, call.arguments, scope);
  const std::string name(*call.arguments.positional(0));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  OG_RETURN_IF_ERROR(graph.delete_branch(name));
  if (!call.json()) {
    call.print("deleted branch " + name + "\n");
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object().key("uri").value(scope.uri).key("name").value(name);
  write_optional(json.key("actor_id"), actor_of(call.arguments, call.config));
  json.end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_branch_merge(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, true));
  const std::string source(*call.arguments.positional(0));
  const std::string target(call.arguments.value_or("into", "main"));
  const std::optional<std::string> actor = actor_of(call.arguments, call.config);
  MergeRequest request{.source = source, .target = target};
  if (actor) request.actor = *actor;
  if (call.arguments.has("dry-run")) {
    OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
    OG_ASSIGN_OR_RETURN(const MergeReport report, graph.preview_merge(request));
    return show_preview(call, report);
  }
  echo_write_target(call.process, call.arguments, scope);
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  OG_ASSIGN_OR_RETURN(const MergeReport report, graph.merge(request));
  // The deletion is an operation of its own: its refusal does not fail the merge.
  const bool wanted = call.arguments.has("delete-branch");
  const Status deleted = wanted ? graph.delete_branch(source) : Status();
  if (wanted && !deleted.ok()) {
    call.process.err->write("warning: merged, but could not delete branch '" + source +
                            "': " + deleted.error().message() + "\n");
  }
  const std::string_view outcome = merge_outcome_name(report.outcome);
  if (!call.json()) {
    call.print("merged " + source + " into " + target + ": " + std::string(outcome) + "\n");
    if (wanted && deleted.ok()) call.print("deleted branch " + source + "\n");
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object().key("source").value(source).key("target").value(target);
  json.key("outcome").value(outcome);
  write_optional(json.key("actor_id"), report.actor);
  if (wanted) {
    json.key("branch_deleted").value(deleted.ok());
    if (!deleted.ok()) json.key("branch_delete_error").value(deleted.error().message());
  }
  json.end_object();
  call.print_json(document);
  return kSuccess;
}

}  // namespace omnigraph::cli
