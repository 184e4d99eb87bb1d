// optimize, repair, cleanup.
#include <charconv>

#include "cli/commands/commands.h"
#include "cli/credentials.h"
#include "cli/write_target.h"

namespace omnigraph::cli {
namespace {

constexpr std::size_t kSubjectWidth = 40;
constexpr std::size_t kActionWidth = 12;
constexpr std::size_t kClassificationWidth = 22;

// A number and one of s m h d w, or a number alone (seconds).
Result<std::uint64_t> parse_duration(std::string_view given) {
  const std::string_view text = trimmed(given);
  if (text.empty()) return bad_request("duration is empty");
  const auto invalid = [&](std::string_view why) {
    return bad_request("invalid duration '" + std::string(given) + "': " + std::string(why));
  };
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  if (code == std::errc::result_out_of_range) return invalid("number too large");
  if (code != std::errc()) return invalid("expected a number");
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  if (unit.empty()) return number;
  for (const char c : unit) {
    if ((c >= '0' && c <= '9') || c == '.') return invalid("expected one number and one unit");
  }
  std::uint64_t seconds = 0;
  if (unit == "s")
    seconds = 1;
  else if (unit == "m")
    seconds = 60;
  else if (unit == "h")
    seconds = 3'600;
  else if (unit == "d")
    seconds = 86'400;
  else if (unit == "w")
    seconds = 604'800;
  else
    return bad_request("unknown duration unit '" + std::string(unit) +
                       "'. Supported: s, m, h, d, w");
  if (number > UINT64_MAX / seconds) return invalid("number too large");
  return number * seconds;
}

std::string type_key(bool is_edge, const std::string& name) {
  return (is_edge ? "edge:" : "node:") + name;
}

std::string subject(bool is_edge, const std::string& name) {
  return (is_edge ? "edge type '" : "node type '") + name + "'";
}

// `text`, then blanks up to `width` characters, at least one.
std::string padded(std::string text, std::size_t width) {
  std::size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  text.append(characters < width ? width - characters : 1, ' ');
  return text;
}

void write_dataset(JsonWriter& json, const std::string& key, const OptimizedDataset& dataset) {
  json.begin_object();
  json.key("type_key").value(key);
  json.key("fragments_removed").value(dataset.fragments_removed);
  json.key("fragments_added").value(dataset.fragments_added);
  json.key("committed").value(dataset.committed);
  json.key("skipped").null();
  json.key("published_dataset_version").null();
  json.key("lance_head_version").null();
  json.key("pending_indexes").begin_array();
  for (const PendingIndex& index : dataset.pending_indexes) {
    json.begin_object();
    json.key("property").value(index.property).key("reason").value(index.reason);
    json.end_object();
  }
  json.end_array().end_object();
}

}  // namespace

ExitStatus run_optimize(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_cluster(call, scope));
  echo_write_target(call.process, call.arguments, scope);
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  OG_ASSIGN_OR_RETURN(const OptimizeReport report, graph.optimize());
  // The graph's own metadata: checkpoints are written as a side of every command.
  const OptimizedDataset manifest;
  if (call.json()) {
    std::string document;
    JsonWriter json(document, JsonWriter::Style::kPretty);
    json.begin_object().key("uri").value(scope.uri).key("datasets").begin_array();
    for (const OptimizedDataset& dataset : report.datasets) {
      write_dataset(json, type_key(dataset.is_edge, dataset.type_name), dataset);
    }
    write_dataset(json, "__manifest", manifest);
    json.end_array().end_object();
    call.print_json(document);
    return kSuccess;
  }
  std::string text =
      "optimize " + scope.uri + " — " + std::to_string(report.datasets.size() + 1) + " datasets\n";
  const auto add = [&text](const std::string& subject, const OptimizedDataset& dataset) {
    text += "  " + padded(subject, kSubjectWidth);
    if (dataset.committed) {
      text += "frags " + std::to_string(dataset.fragments_removed) + " → " +
              std::to_string(dataset.fragments_added) + " ✓\n";
    } else {
      text += "no-op\n";
    }
    for (const PendingIndex& index : dataset.pending_indexes) {
      text += "    ↳ index pending on property '" + index.property + "': " + index.reason + "\n";
    }
  };
  for (const OptimizedDataset& dataset : report.datasets) {
    add(subject(dataset.is_edge, dataset.type_name), dataset);
  }
  add("dataset '__manifest'", manifest);
  call.print(text);
  return kSuccess;
}

ExitStatus run_repair(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_cluster(call, scope));
  echo_write_target(call.process, call.arguments, scope);
  const bool confirm = call.arguments.has("confirm");
  const bool force = call.arguments.has("force");
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  OG_ASSIGN_OR_RETURN(const RepairReport report, graph.repair());
  // Damage cannot be published away: it is reported, and refused where publishing was asked for.
  const auto classification = [](const RepairedDataset& dataset) {
    return dataset.damage ? "unverifiable" : "no_drift";
  };
  const auto action = [&](const RepairedDataset& dataset) {
    if (!dataset.damage) return "no_op";
    return confirm ? "refused" : "preview";
  };
  std::size_t damaged = 0;
  for (const RepairedDataset& dataset : report.datasets) damaged += dataset.damage ? 1 : 0;
  if (call.json()) {
    std::string document;
    JsonWriter json(document, JsonWriter::Style::kPretty);
    json.begin_object();
    json.key("uri").value(scope.uri);
    json.key("confirm").value(confirm).key("force").value(force);
    json.key("graph_manifest_version").null();
    json.key("datasets").begin_array();
    for (const RepairedDataset& dataset : report.datasets) {
      json.begin_object();
      json.key("type_key").value(type_key(dataset.is_edge, dataset.type_name));
      json.key("published_dataset_version").value(dataset.version);
      json.key("lance_head_version").value(dataset.version);
      json.key("classification").value(classification(dataset));
      json.key("action").value(action(dataset));
      json.key("operations").begin_array().end_array();
      write_optional(json.key("error"), dataset.damage);
      json.end_object();
    }
    json.end_array().end_object();
    call.print_json(document);
  } else {
    std::string text = "repair " + scope.uri + " — " + (confirm ? "confirm" : "preview") +
                       " mode, " + std::to_string(report.datasets.size()) + " datasets\n";
    for (const RepairedDataset& dataset : report.datasets) {
      text += "  " + padded(subject(dataset.is_edge, dataset.type_name), kSubjectWidth) +
              padded(action(dataset), kActionWidth) +
              padded(classification(dataset), kClassificationWidth) +
              std::to_string(dataset.version) + "\n";
      if (dataset.damage) text += "    ↳ " + *dataset.damage + "\n";
    }
    if (!confirm) text += "rerun with --confirm to publish verified maintenance drift\n";
    call.print(text);
  }
  if (!confirm || damaged == 0) return kSuccess;
  return Error(ErrorCode::kCorrupt, "repair refused " + std::to_string(damaged) +
                                        " suspicious or unverifiable dataset(s); restore them from "
                                        "a copy of the graph");
}

ExitStatus run_cleanup(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  const auto keep = call.arguments.number("keep");
  const auto older_than = call.arguments.value("older-than");
  if (!keep && !older_than) {
    return bad_request("cleanup requires at least one of --keep or --older-than");
  }
  CleanupRequest request;
  std::string policy;
  if (keep) {
    request.keep = static_cast<std::uint32_t>(*keep);
    policy = "keep " + std::to_string(*keep) + " versions";
  }
  if (older_than) {
    OG_ASSIGN_OR_RETURN(const std::uint64_t seconds, parse_duration(*older_than));
    request.older_than_seconds = seconds;
    if (!policy.empty()) policy += ", ";
    policy += "remove anything older than " + std::to_string(seconds) + "s";
  }
  if (!call.arguments.has("confirm")) {
    call.process.err->write("cleanup is destructive — rerun with --confirm. Policy for " +
                            scope.uri + ": " + policy + "\n");
    return kSuccess;
  }
  OG_RETURN_IF_ERROR(confirm_destructive(call.process, call.arguments, scope, "cleanup"));
  OG_RETURN_IF_ERROR(refuse_cluster(call, scope));
  echo_write_target(call.process, call.arguments, scope);
  request.immediate = true;  // this process does nothing else
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  OG_ASSIGN_OR_RETURN(const CleanupReport report, graph.cleanup(request));
  if (call.json()) {
    std::string document;
    JsonWriter json(document, JsonWriter::Style::kPretty);
    json.begin_object().key("uri").value(scope.uri);
    const auto number = [&json](std::string_view key, const auto& value) {
      json.key(key);
      if (value) {
        json.value(std::uint64_t{*value});
      } else {
        json.null();
      }
    };
    number("keep_versions", request.keep);
    number("older_than_secs", request.older_than_seconds);
    json.key("datasets").begin_array();
    for (const CleanedDataset& dataset : report.datasets) {
      json.begin_object();
      json.key("type_key").value(type_key(dataset.is_edge, dataset.type_name));
      json.key("bytes_removed").value(dataset.bytes_removed);
      json.key("old_versions_removed").value(dataset.old_versions_removed);
      write_optional(json.key("error"), dataset.error);
      json.end_object();
    }
    json.end_array().end_object();
    call.print_json(document);
    return kSuccess;
  }
  std::uint64_t versions = 0;
  std::uint64_t bytes = 0;
  std::string failed;
  std::size_t failures = 0;
  for (const CleanedDataset& dataset : report.datasets) {
    versions += dataset.old_versions_removed;
    bytes += dataset.bytes_removed;
    if (!dataset.error) continue;
    failed += (failures++ > 0 ? ", " : "") + subject(dataset.is_edge, dataset.type_name);
  }
  std::string text = "cleanup " + scope.uri + " (" + policy + ") — removed " +
                     std::to_string(versions) + " versions (" + std::to_string(bytes) +
                     " bytes) across " + std::to_string(report.datasets.size() - failures) +
                     " datasets\n";
  if (failures > 0) {
    text += "  " + std::to_string(failures) +
            " dataset(s) failed and will be retried on the next cleanup: " + failed + "\n";
  }
  call.print(text);
  return kSuccess;
}

}  // namespace omnigraph::cli
