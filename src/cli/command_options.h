// Options, positionals and scopes that several commands share. Constants only; see command.h.
#pragma once

#include "cli/command.h"

namespace omnigraph::cli {

using enum ValueKind;

inline constexpr std::string_view kFormats[] = {"table", "kv", "csv", "jsonl", "json"};
inline constexpr std::string_view kExportFormats[] = {"ndjson", "parquet"};
inline constexpr std::string_view kModes[] = {"overwrite", "append", "merge"};
inline constexpr std::string_view kEntities[] = {"node", "edge"};
inline constexpr std::string_view kOperations[] = {"insert", "update", "delete"};
inline constexpr std::string_view kActions[] = {
    "read",          "export",       "change",     "schema-apply", "branch-create", "branch-delete",
    "branch-merge",  "admin",        "graph-list", "invoke-query", "schema_apply",  "branch_create",
    "branch_delete", "branch_merge", "graph_list", "invoke_query"};
inline constexpr OptionSpec kJson{
    .name = "json", .help = "Print the result as JSON", .kind = kFlag};
inline constexpr OptionSpec kBranch{.name = "branch", .help = "Branch to use [default: main]"};
inline constexpr OptionSpec kSnapshotOf{.name = "snapshot",
                                        .value_name = "COMMIT_ID",
                                        .help = "Read the graph as it was at this commit"};
inline constexpr OptionSpec kUri{.name = "uri", .help = "Storage of the graph: a path or URI"};
inline constexpr OptionSpec kQueryPath{.name = "query",
                                       .help = "Read the source from this .gq file"};
inline constexpr OptionSpec kQueryText{
    .name = "query-string", .value_name = "GQ", .help = "The source itself", .short_name = 'e'};
inline constexpr OptionSpec kParams{
    .name = "params", .value_name = "JSON", .help = "Parameters as a JSON object"};
inline constexpr OptionSpec kParamsFile{
    .name = "params-file", .value_name = "PATH", .help = "Read the parameters from this JSON file"};
inline constexpr OptionSpec kFormat{
    .name = "format", .help = "How to print the answer", .kind = kChoice, .choices = kFormats};
inline constexpr OptionSpec kData{
    .name = "data", .help = "File to read, - for standard input", .required = true};
inline constexpr OptionSpec kSchemaFile{
    .name = "schema", .help = "Schema file (.pg)", .required = true};
inline constexpr OptionSpec kDataLoss{
    .name = "allow-data-loss",
    .help = "Let dropped types and properties lose their data at once",
    .kind = kFlag};
inline constexpr OptionSpec kConfig{.name = "config",
                                    .value_name = "DIR",
                                    .help = "Directory of cluster.yaml",
                                    .default_text = "."};
inline constexpr OptionSpec kKindFilter{.name = "kind",
                                        .help = "Only this kind of entity",
                                        .kind = kChoice,
                                        .repeatable = true,
                                        .choices = kEntities};
inline constexpr OptionSpec kTypeFilter{
    .name = "type", .help = "Only entities of this type", .repeatable = true};
inline constexpr OptionSpec kOpFilter{.name = "op",
                                      .help = "Only this kind of change",
                                      .kind = kChoice,
                                      .repeatable = true,
                                      .choices = kOperations};
inline constexpr OptionSpec kLimit{
    .name = "limit", .value_name = "N", .help = "Changes per page", .kind = kU64};
inline constexpr PositionalSpec kUriArgument{.name = "URI",
                                             .help = "Storage of the graph: a path or URI"};
inline constexpr PositionalSpec kOnlyUri[] = {kUriArgument};
inline constexpr PositionalSpec kCell[] = {
    {.name = "ENTITY", .help = "node or edge", .required = true, .choices = kEntities},
    {.name = "TYPE", .help = "Name of the type", .required = true},
    {.name = "ID", .help = "Id of the entity", .required = true},
    {.name = "PROPERTY", .help = "Name of the Blob property", .required = true}};
inline constexpr PositionalSpec kOptionalName[] = {{.name = "NAME", .help = "Which query to run"}};
inline constexpr OptionPair kSourcePair{"query", "query-string"};
inline constexpr OptionPair kParamsPair{"params", "params-file"};
inline constexpr OptionPair kTargetPair{"branch", "snapshot"};
inline constexpr OptionPair kFormatPair{"format", "json"};
inline constexpr OptionSpec kOnlyJson[] = {kJson};
inline constexpr OptionSpec kUriJson[] = {kUri, kJson};
inline constexpr OptionSpec kBranchJson[] = {kBranch, kJson};
inline constexpr std::uint8_t kReadScope = kServer | kGraph | kStore | kProfile;
inline constexpr std::uint8_t kDataScope = kReadScope | kAs;
inline constexpr std::uint8_t kDirectScope = kCluster | kGraph | kStore | kProfile;
inline constexpr std::uint8_t kControlScope = kCluster | kGraph | kProfile;
inline constexpr std::string_view kLocalRemedy = " It does not address a graph.";

}  // namespace omnigraph::cli
