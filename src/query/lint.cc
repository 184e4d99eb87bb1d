#include "query/lint.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "query/check.h"
#include "query/parse.h"

namespace omnigraph {
namespace {

// What the valid updates of one node type assign, and which queries hold them.
struct UpdateCoverage {
  std::set<PropertyId> assigned;
  std::set<std::string> queries;
};

void note_updates(const TypedQuery& typed, std::map<TypeId, UpdateCoverage>& coverage) {
  const auto* mutation = std::get_if<TypedMutation>(&typed);
  if (mutation == nullptr) return;
  for (const TypedStatement& statement : mutation->statements) {
    const auto* update = std::get_if<TypedUpdate>(&statement);
    if (update == nullptr) continue;
    UpdateCoverage& of_type = coverage[update->type];
    of_type.queries.insert(mutation->name);
    for (const TypedAssignment& assignment : update->assignments) {
      of_type.assigned.insert(assignment.property);
    }
  }
}

bool is_key_or_embedded(const NodeType& type, const std::string& property) {
  return std::find(type.key.begin(), type.key.end(), property) != type.key.end() ||
         std::any_of(type.embeds.begin(), type.embeds.end(),
                     [&](const EmbedSource& embed) { return embed.property == property; });
}

void find_uncovered(const Catalog& catalog, const std::map<TypeId, UpdateCoverage>& coverage,
                    std::vector<LintFinding>& findings) {
  for (const auto& [id, of_type] : coverage) {
    const NodeType& type = *catalog.node(id);  // updates of edges are never valid
    for (const Property& property : type.properties) {
      if (!property.type.nullable || of_type.assigned.contains(property.id) ||
          is_key_or_embedded(type, property.name)) {
        continue;
      }
      LintFinding finding;
      finding.severity = LintSeverity::kWarning;
      finding.code = "L201";
      finding.message =
          type.name + "." + property.name + " exists in schema but no update query sets it";
      finding.type_name = type.name;
      finding.property = property.name;
      finding.query_names.assign(of_type.queries.begin(), of_type.queries.end());
      findings.push_back(std::move(finding));
    }
  }
}

LintQuery lint_query(const QueryDecl& query, const Catalog& catalog,
                     std::map<TypeId, UpdateCoverage>& coverage) {
  LintQuery result;
  result.name = query.name;
  result.mutation = query.is_mutation();
  if (result.mutation && query.parameters.empty()) {
    result.warnings.emplace_back(
        "mutation declares no params; hardcoded mutations are easy to miss");
  }
  auto typed = check_query(query, catalog);
  if (!typed.ok()) {
    result.error = typed.error().message();
    return result;
  }
  note_updates(*typed, coverage);
  result.operation = describe_operation(query, *typed, catalog);
  return result;
}

const char* severity_name(LintSeverity severity) {
  switch (severity) {
    case LintSeverity::kError:
      return "error";
    case LintSeverity::kWarning:
      return "warning";
    case LintSeverity::kInfo:
      return "info";
  }
  return "";
}

const char* severity_word(LintSeverity severity) {
  switch (severity) {
    case LintSeverity::kError:
      return "ERROR";
    case LintSeverity::kWarning:
      return "WARN ";
    case LintSeverity::kInfo:
      return "INFO ";
  }
  return "";
}

void write_strings(JsonWriter& json, const std::vector<std::string>& texts) {
  json.begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void write_query(JsonWriter& json, const LintQuery& query) {
  json.begin_object();
  json.key("name").value(query.name);
  json.key("kind").value(query.mutation ? "mutation" : "read");
  json.key("status").value(query.error ? "error" : "ok");
  if (!query.warnings.empty()) {
    json.key("warnings");
    write_strings(json, query.warnings);
  }
  if (query.error) json.key("error").value(*query.error);
  if (query.operation) {
    json.key("operation");
    write_operation(json, *query.operation);
  }
  json.end_object();
}

void write_finding(JsonWriter& json, const LintFinding& finding) {
  json.begin_object();
  json.key("severity").value(severity_name(finding.severity));
  json.key("code").value(finding.code);
  json.key("message").value(finding.message);
  if (finding.type_name) json.key("type_name").value(*finding.type_name);
  if (finding.property) json.key("property").value(*finding.property);
  if (!finding.query_names.empty()) {
    json.key("query_names");
    write_strings(json, finding.query_names);
  }
  json.end_object();
}

}  // namespace

LintReport lint_queries(std::string_view source, const Catalog& catalog) {
  LintReport report;
  auto file = parse_queries(source);
  if (!file.ok()) {
    LintFinding finding;
    finding.code = "Q000";
    finding.message = file.error().message();
    report.findings.push_back(std::move(finding));
    report.errors = 1;
    return report;
  }
  std::map<TypeId, UpdateCoverage> coverage;
  for (const QueryDecl& query : file->queries) {
    report.queries.push_back(lint_query(query, catalog, coverage));
    report.errors += report.queries.back().error.has_value();
    report.warnings += report.queries.back().warnings.size();
  }
  find_uncovered(catalog, coverage, report.findings);
  std::stable_sort(report.findings.begin(), report.findings.end(),
                   [](const LintFinding& a, const LintFinding& b) {
                     return std::tie(a.severity, a.type_name, a.property, a.message) <
                            std::tie(b.severity, b.type_name, b.property, b.message);
                   });
  for (const LintFinding& finding : report.findings) {
    switch (finding.severity) {
      case LintSeverity::kError:
        ++report.errors;
        break;
      case LintSeverity::kWarning:
        ++report.warnings;
        break;
      case LintSeverity::kInfo:
        ++report.infos;
        break;
    }
  }
  return report;
}

std::string lint_json(const LintReport& report, const LintInput& input) {
  std::string out;
  JsonWriter json(out, JsonWriter::Style::kPretty);
  json.begin_object();
  json.key("status").value(report.ok() ? "ok" : "error");
  const bool file = input.schema_kind == LintInput::SchemaKind::kFile;
  json.key("schema_source").begin_object();
  json.key("kind").value(file ? "file" : "graph");
  json.key(file ? "path" : "uri").value(input.schema_location);
  json.end_object();
  json.key("query_path").value(input.query_path);
  json.key("queries_processed").value(static_cast<std::uint64_t>(report.queries.size()));
  json.key("errors").value(static_cast<std::uint64_t>(report.errors));
  json.key("warnings").value(static_cast<std::uint64_t>(report.warnings));
  json.key("infos").value(static_cast<std::uint64_t>(report.infos));
  json.key("results").begin_array();
  for (const LintQuery& query : report.queries) write_query(json, query);
  json.end_array();
  json.key("findings").begin_array();
  for (const LintFinding& finding : report.findings) write_finding(json, finding);
  json.end_array();
  json.end_object();
  return out;
}

std::string lint_text(const LintReport& report) {
  std::string out;
  for (const LintQuery& query : report.queries) {
    const std::string name = "query `" + query.name + "`";
    if (query.error) {
      out += "ERROR " + name + ": " + *query.error + "\n";
    } else {
      out += "OK    " + name + (query.mutation ? " (mutation)\n" : " (read)\n");
    }
    for (const std::string& warning : query.warnings) {
      out += "WARN  " + name + ": " + warning + "\n";
    }
  }
  for (const LintFinding& finding : report.findings) {
    out += severity_word(finding.severity);
    out += " " + finding.message + "\n";
  }
  out += "INFO  Lint complete: " + std::to_string(report.queries.size()) + " queries processed (" +
         std::to_string(report.errors) + " error(s), " + std::to_string(report.warnings) +
         " warning(s), " + std::to_string(report.infos) + " info item(s))\n";
  return out;
}

}  // namespace omnigraph
