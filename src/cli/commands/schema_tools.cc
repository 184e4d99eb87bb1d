// schema diff and schema infer: tools that need no graph, though diff takes one.
#include <filesystem>

#include "cli/commands/commands.h"
#include "cli/files.h"
#include "cli/report.h"
#include "cli/schema_inference.h"
#include "schema/compile.h"
#include "schema/format.h"
#include "schema/migration.h"
#include "schema/migration_render.h"

namespace omnigraph::cli {
namespace {

// The source of a schema file, or the accepted one of a graph: a folder, or a file:// or other URI.
Result<std::string> schema_of(const std::string& location) {
  std::error_code code;
  const bool graph =
      location.find("://") != std::string::npos || std::filesystem::is_directory(location, code);
  if (!graph) return read_text_file(location, "schema file");
  OG_ASSIGN_OR_RETURN(const Graph opened, Graph::open(location, {.read_only = true}));
  return opened.schema_source();
}

}  // namespace

ExitStatus run_schema_diff(Invocation& call) {
  const std::string from(*call.arguments.positional(0));
  const std::string to(*call.arguments.positional(1));
  OG_ASSIGN_OR_RETURN(const std::string before, schema_of(from));
  OG_ASSIGN_OR_RETURN(const std::string after, schema_of(to));
  Result<CatalogPtr> accepted = compile_schema(before);
  if (!accepted.ok())
    return pointed(std::move(accepted.error()), before).prefixed("'" + from + "': ");
  Result<Migration> migration = plan_migration(**accepted, after, false);
  if (!migration.ok())
    return pointed(std::move(migration.error()), after).prefixed("'" + to + "': ");
  if (!call.json()) {
    std::string text;
    for (const MigrationStep& step : migration->steps) text += "- " + describe(step) + "\n";
    call.print(text.empty() ? "no schema changes\n" : text);
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object();
  json.key("from").value(from);
  json.key("to").value(to);
  json.key("supported").value(migration->supported());
  json.key("step_count").value(static_cast<std::uint64_t>(migration->steps.size()));
  json.key("steps");
  write_json(json, migration->steps);
  json.end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_schema_infer(Invocation& call) {
  const std::string path(*call.arguments.positional(0));
  std::string text;
  if (path == "-") {
    text = call.process.read_rest(kMaxTextFileBytes);
    if (text.size() > kMaxTextFileBytes) {
      return Error(ErrorCode::kResourceExhausted,
                   "standard input is larger than " + std::to_string(kMaxTextFileBytes) + " bytes");
    }
  } else {
    OG_ASSIGN_OR_RETURN(text, read_text_file(path, "data file"));
  }
  SchemaInference inference;
  OG_RETURN_IF_ERROR(inference.add(text));
  const InferredSchema schema = inference.finish();
  for (const std::string& warning : schema.warnings) {
    call.process.err->write("warning: " + warning + "\n");
  }
  OG_ASSIGN_OR_RETURN(const std::string source, format_schema(schema.source));
  if (const auto catalog = compile_schema(source); !catalog.ok()) {
    call.process.err->write("warning: this needs a correction before it can be used: " +
                            catalog.error().message() + "\n");
  }
  call.print(source);
  return kSuccess;
}

}  // namespace omnigraph::cli
