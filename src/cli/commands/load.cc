// load, ingest, export.
#include <algorithm>
#include <cstdio>

#include "cli/commands/commands.h"
#include "cli/write_target.h"

namespace omnigraph::cli {
namespace {

LoadMode load_mode(std::string_view name) {
  if (name == "overwrite") return LoadMode::kOverwrite;
  if (name == "append") return LoadMode::kAppend;
  return LoadMode::kMerge;
}

// A line on a terminal that shows how much of the file has been read; erased when it goes.
class ProgressLine {
 public:
  explicit ProgressLine(Process& process) : process_(process) {}
  ~ProgressLine() {
    if (shown_ < 0) return;
    process_.err->write("\r\x1b[K");
    process_.err->flush();
  }
  void show(const LoadProgress& progress) {
    if (progress.bytes_total == 0) return;
    const int percent = static_cast<int>(
        std::min<std::uint64_t>(100, progress.bytes_read * 100 / progress.bytes_total));
    if (percent == shown_) return;
    shown_ = percent;
    constexpr int kCells = 40;
    const int full = percent * kCells / 100;
    std::string line = "\rloading [" + std::string(static_cast<std::size_t>(full), '#') +
                       std::string(static_cast<std::size_t>(kCells - full), ' ') + "] " +
                       std::to_string(percent) + "%";
    process_.err->write(line);
    process_.err->flush();
  }

 private:
  Process& process_;
  int shown_ = -1;
};

Result<LoadReport> load_data(Invocation& call, const Graph& graph, LoadRequest request) {
  const auto actor = actor_of(call.arguments, call.config);
  if (actor) request.actor = *actor;
  ProgressLine line(call.process);
  if (call.process.stderr_is_terminal && !call.arguments.has("quiet")) {
    request.progress = [&line](const LoadProgress& progress) { line.show(progress); };
  }
  return graph.load_file(std::string(*call.arguments.value("data")), request);
}

// What --type, --map and --ignore-unknown say of a table; nullopt: the input is NDJSON.
Result<std::optional<TableInput>> table_input(const Invocation& call) {
  const auto type = call.arguments.value("type");
  if (!type) {
    for (const std::string_view option : {"map", "ignore-unknown"}) {
      if (!call.arguments.has(option)) continue;
      return bad_request("--" + std::string(option) +
                         " is for tables: name the type of their rows with --type");
    }
    return std::optional<TableInput>();
  }
  TableInput table{.type = std::string(*type)};
  table.ignore_unknown = call.arguments.has("ignore-unknown");
  for (const std::string& pair : call.arguments.values("map")) {
    const std::size_t equal = pair.find('=');
    if (equal == std::string::npos || equal == 0 || equal + 1 == pair.size()) {
      return bad_request("--map takes PROPERTY=COLUMN, got '" + pair + "'");
    }
    table.columns.emplace_back(pair.substr(0, equal), pair.substr(equal + 1));
  }
  return std::optional(std::move(table));
}

void write_types(JsonWriter& json, const std::vector<LoadedType>& types) {
  json.begin_array();
  for (const LoadedType& type : types) {
    json.begin_object().key("name").value(type.name);
    json.key("entities_loaded").value(type.entities_loaded).end_object();
  }
  json.end_array();
}

}  // namespace

ExitStatus run_load(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  const std::string_view mode = *call.arguments.value("mode");
  if (mode == "overwrite") {
    OG_RETURN_IF_ERROR(
        confirm_destructive(call.process, call.arguments, scope, "load --mode overwrite"));
  }
  OG_RETURN_IF_ERROR(refuse_served(call, scope, true));
  echo_write_target(call.process, call.arguments, scope);
  LoadRequest request{.mode = load_mode(mode),
                      .branch = call.arguments.value_or("branch", "main"),
                      .from = call.arguments.value("from")};
  OG_ASSIGN_OR_RETURN(request.table, table_input(call));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  OG_ASSIGN_OR_RETURN(const LoadReport report, load_data(call, graph, request));
  const std::string branch(request.branch);
  if (!call.json()) {
    call.print("loaded " + scope.uri + " on branch " + branch + " with " + std::string(mode) +
               ": " + std::to_string(report.total_entities) + " entities across " +
               std::to_string(report.nodes.size()) + " node types and " +
               std::to_string(report.edges.size()) + " edge types\n");
    if (report.branch_created) {
      call.print("branch " + branch + " created from " +
                 std::string(request.from.value_or("main")) + "\n");
    }
    call.show();
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object();
  json.key("uri").value(scope.uri);
  json.key("branch").value(branch);
  json.key("mode").value(mode);
  if (request.from) json.key("base_branch").value(*request.from);
  json.key("branch_created").value(report.branch_created);
  write_types(json.key("nodes"), report.nodes);
  write_types(json.key("edges"), report.edges);
  json.key("total_entities").value(report.total_entities);
  write_commit(json.key("commit"), report.commit);
  json.end_object();
  call.print_json(document);
  call.show();
  return kSuccess;
}

ExitStatus run_ingest(Invocation& call) {
  call.process.err->write(
      "warning: `omnigraph ingest` is a deprecated loader command; use `omnigraph load --from "
      "<base> --mode <mode>` instead\n");
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, true));
  echo_write_target(call.process, call.arguments, scope);
  const std::string_view mode = call.arguments.value_or("mode", "merge");
  const std::string branch(call.arguments.value_or("branch", "main"));
  const std::string base(call.arguments.value_or("from", "main"));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  OG_ASSIGN_OR_RETURN(
      const LoadReport report,
      load_data(call, graph,
                {.mode = load_mode(mode), .branch = branch, .from = base, .permissive = true}));
  if (!call.json()) {
    call.print("ingested " + std::to_string(report.total_entities) + " entities from " + scope.uri +
               " into branch " + branch + " from " + base + " with " + std::string(mode) +
               (report.branch_created ? " (branch created)\n" : " (branch exists)\n"));
    for (const LoadedType& type : report.nodes) {
      call.print("node type '" + type.name + "': " + std::to_string(type.entities_loaded) +
                 " entities loaded\n");
    }
    for (const LoadedType& type : report.edges) {
      call.print("edge type '" + type.name + "': " + std::to_string(type.entities_loaded) +
                 " entities loaded\n");
    }
    call.show();
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object();
  json.key("uri").value(scope.uri);
  json.key("branch").value(branch);
  json.key("base_branch").value(base);
  json.key("branch_created").value(report.branch_created);
  json.key("mode").value(mode);
  write_types(json.key("nodes"), report.nodes);
  write_types(json.key("edges"), report.edges);
  json.key("total_entities").value(report.total_entities);
  json.key("actor_id").null();  // a server's answer names its token's actor here
  write_commit(json.key("commit"), report.commit);
  json.end_object();
  call.print_json(document);
  call.show();
  return kSuccess;
}

ExitStatus run_export(Invocation& call) {
  if (call.arguments.has("jsonl")) {
    call.process.err->write(
        "warning: --jsonl is deprecated; `omnigraph export` always emits JSONL\n");
  }
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  if (call.arguments.value_or("format", "ndjson") == "parquet") {
    const std::vector<std::string> types = call.arguments.values("type");
    if (types.size() != 1) {
      return bad_request("a Parquet file holds one type: name it with --type");
    }
    OG_RETURN_IF_ERROR(graph.export_parquet(
        call.arguments.value_or("branch", "main"), types[0], [&](std::string_view bytes) -> Status {
          call.print(bytes);
          if (!call.process.out->good()) return io_error("could not write to standard output");
          return {};
        }));
    return kSuccess;
  }
  OG_RETURN_IF_ERROR(graph.export_ndjson(call.arguments.value_or("branch", "main"),
                                         call.arguments.values("type"),
                                         [&](std::string_view text) -> Status {
                                           call.print(text);
                                           if (!call.process.out->good())
                                             return io_error("could not write to standard output");
                                           return {};
                                         }));
  return kSuccess;
}

}  // namespace omnigraph::cli
