// Checks every query of one source against a schema and reports what it finds (spec/queries.md
// §17). Needs no graph. Plain values and pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/describe.h"
#include "schema/catalog.h"

namespace omnigraph {

struct LintQuery {
  std::string name;
  bool mutation = false;
  std::vector<std::string> warnings;
  std::optional<std::string> error;              // the type error, when it failed
  std::optional<OperationDescriptor> operation;  // when it did not
};

enum class LintSeverity : std::uint8_t { kError, kWarning, kInfo };

struct LintFinding {
  LintSeverity severity = LintSeverity::kError;
  std::string_view code;  // "Q000", "L201"
  std::string message;
  std::optional<std::string> type_name, property;
  std::vector<std::string> query_names;  // sorted, unique
};

struct LintReport {
  std::vector<LintQuery> queries;     // in source order
  std::vector<LintFinding> findings;  // by severity, type, property, message
  std::size_t errors = 0;             // failed queries and findings of severity error
  std::size_t warnings = 0;           // warnings of queries and findings of severity warning
  std::size_t infos = 0;
  bool ok() const { return errors == 0; }  // the exit status is 0 or 1 accordingly
};

LintReport lint_queries(std::string_view source, const Catalog& catalog);

// Where the schema and the queries came from, as the user wrote it.
struct LintInput {
  enum class SchemaKind : std::uint8_t { kFile, kGraph } schema_kind = SchemaKind::kFile;
  std::string schema_location;  // the file's path or the graph's URI
  std::string query_path;
};

// The document of §17.1, pretty-printed, without a line break at the end.
std::string lint_json(const LintReport& report, const LintInput& input);
// The lines of §17.4, each ended by a line break.
std::string lint_text(const LintReport& report);

}  // namespace omnigraph
