#include "query/lint.h"

#include "cli/commands/commands.h"
#include "cli/files.h"
#include "cli/report.h"
#include "schema/compile.h"

namespace omnigraph::cli {

ExitStatus run_lint(Invocation& call) {
  LintInput input;
  input.query_path = *call.arguments.value("query");
  std::string schema;
  if (const auto path = call.arguments.value("schema")) {
    input.schema_kind = LintInput::SchemaKind::kFile;
    input.schema_location = *path;
    OG_ASSIGN_OR_RETURN(schema, read_text_file(input.schema_location, "schema file"));
  } else {
    OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
    OG_RETURN_IF_ERROR(refuse_cluster(call, scope));
    input.schema_kind = LintInput::SchemaKind::kGraph;
    input.schema_location = scope.uri;
    OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
    OG_ASSIGN_OR_RETURN(schema, graph.schema_source());
  }
  OG_ASSIGN_OR_RETURN(const std::string source, read_text_file(input.query_path, "query file"));
  Result<CatalogPtr> compiled = compile_schema(schema, CompileMode::kLint);
  if (!compiled.ok()) return pointed(std::move(compiled).error(), schema);
  const CatalogPtr& catalog = *compiled;
  const LintReport report = lint_queries(source, *catalog);
  if (call.json()) {
    call.print_json(lint_json(report, input));
  } else {
    call.print(lint_text(report));
  }
  return report.ok() ? kSuccess : kFailure;
}

}  // namespace omnigraph::cli
