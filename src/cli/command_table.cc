// The commands. See command.h; the order of subcommands is the order of the help texts.
#include "cli/command.h"

namespace omnigraph::cli {
namespace {

using enum ValueKind;

constexpr std::string_view kFormats[] = {"table", "kv", "csv", "jsonl", "json"};
constexpr std::string_view kModes[] = {"overwrite", "append", "merge"};
constexpr std::string_view kEntities[] = {"node", "edge"};
constexpr std::string_view kOperations[] = {"insert", "update", "delete"};
constexpr std::string_view kActions[] = {
    "read",          "export",       "change",     "schema-apply", "branch-create", "branch-delete",
    "branch-merge",  "admin",        "graph-list", "invoke-query", "schema_apply",  "branch_create",
    "branch_delete", "branch_merge", "graph_list", "invoke_query"};

constexpr OptionSpec kJson{.name = "json", .help = "Print the result as JSON", .kind = kFlag};
constexpr OptionSpec kBranch{.name = "branch", .help = "Branch to use [default: main]"};
constexpr OptionSpec kSnapshotOf{.name = "snapshot",
                                 .value_name = "COMMIT_ID",
                                 .help = "Read the graph as it was at this commit"};
constexpr OptionSpec kUri{.name = "uri", .help = "Storage of the graph: a path or URI"};
constexpr OptionSpec kQueryPath{.name = "query", .help = "Read the source from this .gq file"};
constexpr OptionSpec kQueryText{
    .name = "query-string", .value_name = "GQ", .help = "The source itself", .short_name = 'e'};
constexpr OptionSpec kParams{
    .name = "params", .value_name = "JSON", .help = "Parameters as a JSON object"};
constexpr OptionSpec kParamsFile{
    .name = "params-file", .value_name = "PATH", .help = "Read the parameters from this JSON file"};
constexpr OptionSpec kFormat{
    .name = "format", .help = "How to print the answer", .kind = kChoice, .choices = kFormats};
constexpr OptionSpec kData{.name = "data", .help = "NDJSON file to read", .required = true};
constexpr OptionSpec kSchemaFile{.name = "schema", .help = "Schema file (.pg)", .required = true};
constexpr OptionSpec kDataLoss{.name = "allow-data-loss",
                               .help = "Let dropped types and properties lose their data at once",
                               .kind = kFlag};
constexpr OptionSpec kConfig{.name = "config",
                             .value_name = "DIR",
                             .help = "Directory of cluster.yaml",
                             .default_text = "."};
constexpr OptionSpec kKindFilter{.name = "kind",
                                 .help = "Only this kind of entity",
                                 .kind = kChoice,
                                 .repeatable = true,
                                 .choices = kEntities};
constexpr OptionSpec kTypeFilter{
    .name = "type", .help = "Only entities of this type", .repeatable = true};
constexpr OptionSpec kOpFilter{.name = "op",
                               .help = "Only this kind of change",
                               .kind = kChoice,
                               .repeatable = true,
                               .choices = kOperations};
constexpr OptionSpec kLimit{
    .name = "limit", .value_name = "N", .help = "Changes per page", .kind = kU64};

constexpr PositionalSpec kUriArgument{.name = "URI", .help = "Storage of the graph: a path or URI"};
constexpr PositionalSpec kOnlyUri[] = {kUriArgument};
constexpr PositionalSpec kCell[] = {
    {.name = "ENTITY", .help = "node or edge", .required = true, .choices = kEntities},
    {.name = "TYPE", .help = "Name of the type", .required = true},
    {.name = "ID", .help = "Id of the entity", .required = true},
    {.name = "PROPERTY", .help = "Name of the Blob property", .required = true}};
constexpr PositionalSpec kOptionalName[] = {{.name = "NAME", .help = "Which query to run"}};

constexpr OptionPair kSourcePair{"query", "query-string"};
constexpr OptionPair kParamsPair{"params", "params-file"};
constexpr OptionPair kTargetPair{"branch", "snapshot"};
constexpr OptionPair kFormatPair{"format", "json"};

constexpr OptionSpec kOnlyJson[] = {kJson};

// ---- data ----

constexpr std::uint8_t kReadScope = kServer | kGraph | kStore | kProfile;
constexpr std::uint8_t kDataScope = kReadScope | kAs;

constexpr OptionSpec kExplain{
    .name = "explain",
    .help = "Print the plan with estimated and actual entity counts and times instead",
    .kind = kFlag};
constexpr OptionSpec kQueryOptions[] = {kQueryPath,  kQueryText, kParams,  kParamsFile, kBranch,
                                        kSnapshotOf, kFormat,    kExplain, kJson};
constexpr OptionPair kQueryExcludes[] = {kSourcePair, kParamsPair, kTargetPair, kFormatPair};

constexpr OptionSpec kMutateOptions[] = {
    kQueryPath,
    kQueryText,
    kParams,
    kParamsFile,
    kBranch,
    {.name = "if-commit",
     .value_name = "COMMIT_ID",
     .help = "Run only if the branch's head is exactly this commit (else exit 4)"},
    kJson};
constexpr OptionPair kMutateExcludes[] = {kSourcePair, kParamsPair};

constexpr PositionalSpec kAliasArguments[] = {
    {.name = "NAME", .help = "Alias of the operator config", .required = true},
    {.name = "ARGS", .help = "Values of the alias's positional parameters", .repeatable = true}};
constexpr OptionSpec kAliasOptions[] = {kParams, kParamsFile, kFormat, kJson};
constexpr OptionPair kAliasExcludes[] = {kParamsPair, kFormatPair};

constexpr OptionSpec kLoadOptions[] = {
    kData,
    {.name = "mode",
     .help = "What to do with existing entities: overwrite replaces all of each type in the input, "
             "append refuses ids that exist, merge replaces those",
     .kind = kChoice,
     .required = true,
     .choices = kModes},
    kBranch,
    {.name = "from",
     .value_name = "BRANCH",
     .help = "Fork the branch from here when it is missing"},
    kJson};
constexpr OptionSpec kIngestOptions[] = {
    kData,
    {.name = "mode",
     .help = "What to do with existing entities",
     .kind = kChoice,
     .choices = kModes,
     .default_text = "merge"},
    kBranch,
    {.name = "from",
     .value_name = "BRANCH",
     .help = "Fork a missing branch from here [default: main]"},
    kJson};

constexpr PositionalSpec kBranchName[] = {
    {.name = "NAME", .help = "Name of the branch", .required = true}};
constexpr PositionalSpec kMergeSource[] = {
    {.name = "SOURCE", .help = "Branch to merge", .required = true}};
constexpr OptionSpec kBranchCreateOptions[] = {
    kUri,
    {.name = "from", .value_name = "BRANCH", .help = "Branch to fork [default: main]"},
    kJson};
constexpr OptionSpec kUriJson[] = {kUri, kJson};
constexpr OptionSpec kMergeOptions[] = {
    kUri,
    {.name = "into", .value_name = "BRANCH", .help = "Branch to merge into [default: main]"},
    {.name = "delete-branch", .help = "Delete the source branch afterwards", .kind = kFlag},
    kJson};
constexpr CommandSpec kBranchCommands[] = {{.id = CommandId::kBranchCreate,
                                            .name = "create",
                                            .about = "Fork a branch",
                                            .capability = Capability::kAny,
                                            .accepts = kDataScope,
                                            .label = "branch",
                                            .positionals = kBranchName,
                                            .options = kBranchCreateOptions},
                                           {.id = CommandId::kBranchList,
                                            .name = "list",
                                            .about = "List the branches",
                                            .capability = Capability::kAny,
                                            .accepts = kDataScope,
                                            .label = "branch",
                                            .options = kUriJson},
                                           {.id = CommandId::kBranchDelete,
                                            .name = "delete",
                                            .about = "Delete a branch",
                                            .capability = Capability::kAny,
                                            .accepts = kDataScope,
                                            .label = "branch",
                                            .positionals = kBranchName,
                                            .options = kUriJson},
                                           {.id = CommandId::kBranchMerge,
                                            .name = "merge",
                                            .about = "Merge a branch into another",
                                            .capability = Capability::kAny,
                                            .accepts = kDataScope,
                                            .label = "branch",
                                            .positionals = kMergeSource,
                                            .options = kMergeOptions}};

constexpr OptionSpec kBranchJson[] = {kBranch, kJson};
constexpr OptionSpec kExportOptions[] = {kBranch,
                                         kTypeFilter,
                                         {.name = "jsonl",
                                          .help = "Deprecated; the output is always NDJSON",
                                          .kind = kFlag,
                                          .hidden = true}};

constexpr OptionSpec kBlobGetOptions[] = {
    kBranch,
    kSnapshotOf,
    {.name = "offset", .value_name = "N", .help = "First byte", .kind = kU64},
    {.name = "length", .value_name = "N", .help = "How many bytes", .kind = kU64},
    {.name = "out", .value_name = "PATH", .help = "Write to this file instead of stdout"}};
constexpr OptionSpec kBlobStatOptions[] = {kBranch, kSnapshotOf, kJson};
constexpr OptionPair kOnlyTargetPair[] = {kTargetPair};
constexpr CommandSpec kBlobCommands[] = {{.id = CommandId::kBlobGet,
                                          .name = "get",
                                          .about = "Write the bytes of a Blob cell",
                                          .capability = Capability::kAny,
                                          .accepts = kReadScope,
                                          .label = "blob get",
                                          .positionals = kCell,
                                          .options = kBlobGetOptions,
                                          .excludes = kOnlyTargetPair},
                                         {.id = CommandId::kBlobStat,
                                          .name = "stat",
                                          .about = "Describe a Blob cell",
                                          .capability = Capability::kAny,
                                          .accepts = kReadScope,
                                          .label = "blob stat",
                                          .positionals = kCell,
                                          .options = kBlobStatOptions,
                                          .excludes = kOnlyTargetPair}};

constexpr PositionalSpec kCommitId[] = {
    {.name = "COMMIT_ID", .help = "Id of the commit", .required = true}};
constexpr OptionSpec kPageToken{.name = "page-token",
                                .value_name = "TOKEN",
                                .help = "Show only the page this token stands for"};
constexpr OptionSpec kCommitChangesOptions[] = {kUri,        kLimit,    kPageToken, kKindFilter,
                                                kTypeFilter, kOpFilter, kJson};
constexpr CommandSpec kCommitCommands[] = {{.id = CommandId::kCommitList,
                                            .name = "list",
                                            .about = "List the commits of a branch",
                                            .capability = Capability::kAny,
                                            .accepts = kReadScope,
                                            .label = "commit",
                                            .positionals = kOnlyUri,
                                            .options = kBranchJson},
                                           {.id = CommandId::kCommitShow,
                                            .name = "show",
                                            .about = "Show one commit",
                                            .capability = Capability::kAny,
                                            .accepts = kReadScope,
                                            .label = "commit",
                                            .positionals = kCommitId,
                                            .options = kUriJson},
                                           {.id = CommandId::kCommitChanges,
                                            .name = "changes",
                                            .about = "Show what a commit changed",
                                            .capability = Capability::kAny,
                                            .accepts = kReadScope,
                                            .label = "commit",
                                            .positionals = kCommitId,
                                            .options = kCommitChangesOptions}};

constexpr OptionSpec kPollOptions[] = {
    kUri,
    kBranch,
    {.name = "cursor", .help = "Continue after this cursor"},
    {.name = "start", .help = "now, beginning or after:<commit_id> [default: now]"},
    kLimit,
    kKindFilter,
    kTypeFilter,
    kOpFilter,
    kJson};
constexpr OptionPair kPollExcludes[] = {{"cursor", "start"}};
constexpr OptionSpec kBaselineOptions[] = {
    kUri,        kBranch,
    kKindFilter, kTypeFilter,
    kOpFilter,   {.name = "out", .value_name = "PATH", .help = "File to write", .required = true},
    kJson};
constexpr CommandSpec kChangesCommands[] = {
    {.id = CommandId::kChangesPoll,
     .name = "poll",
     .about = "Read the commits since a cursor",
     .capability = Capability::kAny,
     .accepts = kReadScope,
     .label = "changes poll",
     .options = kPollOptions,
     .excludes = kPollExcludes},
    {.id = CommandId::kChangesBaseline,
     .name = "baseline",
     .about = "Write a snapshot file and the cursor to follow it with",
     .capability = Capability::kAny,
     .accepts = kReadScope,
     .label = "changes baseline",
     .options = kBaselineOptions}};

constexpr OptionSpec kSchemaChangeOptions[] = {kSchemaFile, kDataLoss, kJson};
constexpr CommandSpec kSchemaCommands[] = {{.id = CommandId::kSchemaShow,
                                            .name = "show",
                                            .about = "Print the accepted schema",
                                            .capability = Capability::kAny,
                                            .accepts = kDataScope,
                                            .label = "schema show",
                                            .positionals = kOnlyUri,
                                            .options = kOnlyJson,
                                            .hidden_alias = "get"},
                                           {.id = CommandId::kSchemaApply,
                                            .name = "apply",
                                            .about = "Change the schema of a graph",
                                            .capability = Capability::kAny,
                                            .accepts = kDataScope,
                                            .label = "schema apply",
                                            .positionals = kOnlyUri,
                                            .options = kSchemaChangeOptions},
                                           {.id = CommandId::kSchemaPlan,
                                            .name = "plan",
                                            .about = "Show what a schema would change",
                                            .capability = Capability::kDirect,
                                            .accepts = kStore | kProfile,
                                            .label = "schema plan",
                                            .remedy = " Pass a storage URI.",
                                            .positionals = kOnlyUri,
                                            .options = kSchemaChangeOptions}};

constexpr CommandSpec kGraphsCommands[] = {
    {.id = CommandId::kGraphsList,
     .name = "list",
     .about = "List the graphs of a server",
     .capability = Capability::kServed,
     .accepts = kServer | kProfile,
     .label = "graphs list",
     .remedy = " Address the server with --server <name|url> or --profile <name>.",
     .options = kOnlyJson}};

// ---- storage ----

constexpr std::uint8_t kDirectScope = kCluster | kGraph | kStore | kProfile;
constexpr std::string_view kMaintenanceRemedy =
    " Pass a storage URI, or --cluster <dir> --graph <id>.";

constexpr PositionalSpec kRequiredUri[] = {
    {.name = "URI", .help = "Where to make the graph: a path or URI", .required = true}};
constexpr OptionSpec kInitOptions[] = {
    kSchemaFile,
    {.name = "force",
     .help = "Take over leftovers of an unfinished init; never replaces a graph",
     .kind = kFlag}};
constexpr OptionSpec kRepairOptions[] = {
    {.name = "confirm", .help = "Publish what is verified", .kind = kFlag},
    {.name = "force",
     .help = "Publish what cannot be verified, too (needs --confirm)",
     .kind = kFlag},
    kJson};
constexpr OptionPair kRepairNeeds[] = {{"force", "confirm"}};
constexpr OptionSpec kCleanupOptions[] = {
    {.name = "keep",
     .value_name = "N",
     .help = "Keep this many versions per dataset",
     .kind = kU32},
    {.name = "older-than",
     .value_name = "DURATION",
     .help = "Remove only versions older than this: a number and s, m, h, d or w"},
    {.name = "confirm",
     .help = "Really remove them; without it only the policy is shown",
     .kind = kFlag},
    kJson};
constexpr OptionSpec kLintOptions[] = {
    {.name = "query", .help = "The .gq file to check", .required = true},
    {.name = "schema", .help = "Check against this schema file; no graph is opened"},
    kJson};

// ---- clusters ----

constexpr std::uint8_t kControlScope = kCluster | kGraph | kProfile;
constexpr std::string_view kControlRemedy =
    " It operates on a cluster (pass --cluster <dir|uri>, or select a cluster profile).";
constexpr std::string_view kClusterRemedy =
    " It operates on a cluster config directory (pass --config <dir>).";

constexpr CommandSpec kQueriesCommands[] = {
    {.id = CommandId::kQueriesList,
     .name = "list",
     .about = "List the stored queries",
     .capability = Capability::kControl,
     .accepts = kControlScope,
     .label = "queries list",
     .remedy = kControlRemedy,
     .options = kOnlyJson},
    {.id = CommandId::kQueriesValidate,
     .name = "validate",
     .about = "Check the stored queries against the applied schemas",
     .capability = Capability::kControl,
     .accepts = kControlScope,
     .label = "queries validate",
     .remedy = kControlRemedy,
     .options = kOnlyJson}};

constexpr OptionSpec kPolicyTestOptions[] = {
    {.name = "tests", .help = "File of policy test cases", .required = true}};
constexpr OptionSpec kPolicyExplainOptions[] = {
    {.name = "actor", .help = "Who acts", .required = true},
    {.name = "action",
     .help = "What they do",
     .kind = kChoice,
     .required = true,
     .choices = kActions},
    {.name = "branch", .help = "On which branch"},
    {.name = "target-branch", .help = "Into which branch"}};
constexpr CommandSpec kPolicyCommands[] = {{.id = CommandId::kPolicyValidate,
                                            .name = "validate",
                                            .about = "Compile the applied bundle",
                                            .capability = Capability::kControl,
                                            .accepts = kControlScope,
                                            .label = "policy",
                                            .remedy = kControlRemedy},
                                           {.id = CommandId::kPolicyTest,
                                            .name = "test",
                                            .about = "Run policy test cases",
                                            .capability = Capability::kControl,
                                            .accepts = kControlScope,
                                            .label = "policy",
                                            .remedy = kControlRemedy,
                                            .options = kPolicyTestOptions},
                                           {.id = CommandId::kPolicyExplain,
                                            .name = "explain",
                                            .about = "Explain one decision",
                                            .capability = Capability::kControl,
                                            .accepts = kControlScope,
                                            .label = "policy",
                                            .remedy = kControlRemedy,
                                            .options = kPolicyExplainOptions}};

constexpr OptionSpec kConfigJson[] = {kConfig, kJson};
constexpr PositionalSpec kResource[] = {
    {.name = "RESOURCE", .help = "Address of the resource", .required = true}};
constexpr PositionalSpec kLockId[] = {
    {.name = "LOCK_ID", .help = "Id of the lock", .required = true}};

constexpr CommandSpec cluster_command(CommandId id, std::string_view name, std::string_view about,
                                      std::uint8_t accepts = 0,
                                      std::span<const PositionalSpec> positionals = {}) {
  return {.id = id,
          .name = name,
          .about = about,
          .capability = Capability::kControl,
          .accepts = accepts,
          .label = "cluster",
          .remedy = kClusterRemedy,
          .positionals = positionals,
          .options = kConfigJson};
}
constexpr CommandSpec kClusterCommands[] = {
    cluster_command(CommandId::kClusterValidate, "validate", "Check a cluster's files"),
    cluster_command(CommandId::kClusterPlan, "plan", "Show what apply would change"),
    cluster_command(CommandId::kClusterApply, "apply", "Bring the cluster to its files", kAs),
    cluster_command(CommandId::kClusterApprove, "approve", "Approve a gated change", kAs,
                    kResource),
    cluster_command(CommandId::kClusterStatus, "status", "Show the applied state"),
    cluster_command(CommandId::kClusterRefresh, "refresh", "Observe the live state anew"),
    cluster_command(CommandId::kClusterImport, "import", "Start the ledger from what exists"),
    cluster_command(CommandId::kClusterForceUnlock, "force-unlock", "Remove a stale lock", 0,
                    kLockId)};

// ---- local ----

constexpr std::string_view kLocalRemedy = " It does not address a graph.";
constexpr PositionalSpec kServerName[] = {
    {.name = "NAME", .help = "Name of the server", .required = true}};
constexpr PositionalSpec kProfileName[] = {{.name = "NAME", .help = "Name of the profile"}};
constexpr PositionalSpec kHelpPath[] = {
    {.name = "COMMAND", .help = "Command to explain", .repeatable = true}};
constexpr OptionSpec kLoginOptions[] = {
    {.name = "token", .help = "The token; else the first line of standard input"}, kJson};
constexpr OptionSpec kEmbedOptions[] = {
    {.name = "seed", .value_name = "FILE", .help = "YAML manifest of seed, output and spec"},
    {.name = "input", .value_name = "FILE", .help = "NDJSON records to read"},
    {.name = "output", .value_name = "FILE", .help = "Where to write them"},
    {.name = "spec", .value_name = "FILE", .help = "JSON description of what to embed"},
    {.name = "clean", .help = "Remove the embeddings of matching records", .kind = kFlag},
    {.name = "reembed-all", .help = "Embed all matching records anew", .kind = kFlag},
    {.name = "type", .help = "Only matching records of this node type", .repeatable = true},
    {.name = "select",
     .value_name = "SELECTOR",
     .help = "Only matching records: field=value or Type:field=value",
     .repeatable = true},
    kJson};
constexpr OptionPair kEmbedExcludes[] = {
    {"seed", "input"}, {"seed", "output"}, {"seed", "spec"}, {"clean", "reembed-all"}};
constexpr OptionPair kEmbedNeeds[] = {
    {"input", "output"}, {"input", "spec"}, {"spec", "input"}, {"spec", "output"}};

constexpr CommandSpec kProfileCommands[] = {{.id = CommandId::kProfileList,
                                             .name = "list",
                                             .about = "List the profiles",
                                             .label = "profile",
                                             .remedy = kLocalRemedy,
                                             .options = kOnlyJson},
                                            {.id = CommandId::kProfileShow,
                                             .name = "show",
                                             .about = "Show what a profile stands for",
                                             .label = "profile",
                                             .remedy = kLocalRemedy,
                                             .positionals = kProfileName,
                                             .options = kOnlyJson}};

// In the order of the root help.
constexpr CommandSpec kCommands[] = {
    {.id = CommandId::kQuery,
     .name = "query",
     .about = "Run a read query",
     .capability = Capability::kAny,
     .accepts = kReadScope,
     .label = "query",
     .positionals = kOptionalName,
     .options = kQueryOptions,
     .excludes = kQueryExcludes,
     .visible_alias = "read"},
    {.id = CommandId::kMutate,
     .name = "mutate",
     .about = "Run a mutation query",
     .capability = Capability::kAny,
     .accepts = kDataScope,
     .label = "mutate",
     .positionals = kOptionalName,
     .options = kMutateOptions,
     .excludes = kMutateExcludes,
     .visible_alias = "change"},
    {.id = CommandId::kAlias,
     .name = "alias",
     .about = "Run a stored query by its alias",
     .label = "alias",
     .remedy = kLocalRemedy,
     .positionals = kAliasArguments,
     .options = kAliasOptions,
     .excludes = kAliasExcludes},
    {.id = CommandId::kLoad,
     .name = "load",
     .about = "Load entities from NDJSON",
     .capability = Capability::kAny,
     .accepts = kDataScope,
     .label = "load",
     .positionals = kOnlyUri,
     .options = kLoadOptions},
    {.id = CommandId::kGroup,
     .name = "branch",
     .about = "Create, list, delete and merge branches",
     .capability = Capability::kAny,
     .label = "branch",
     .subcommands = kBranchCommands},
    {.id = CommandId::kSnapshot,
     .name = "snapshot",
     .about = "Show the versions and sizes of a branch head",
     .capability = Capability::kAny,
     .accepts = kDataScope,
     .label = "snapshot",
     .positionals = kOnlyUri,
     .options = kBranchJson},
    {.id = CommandId::kExport,
     .name = "export",
     .about = "Write the entities of a branch as NDJSON",
     .capability = Capability::kAny,
     .accepts = kDataScope,
     .label = "export",
     .positionals = kOnlyUri,
     .options = kExportOptions},
    {.id = CommandId::kGroup,
     .name = "blob",
     .about = "Read Blob cells",
     .capability = Capability::kAny,
     .label = "blob",
     .subcommands = kBlobCommands},
    {.id = CommandId::kGroup,
     .name = "commit",
     .about = "Look at the history",
     .capability = Capability::kAny,
     .label = "commit",
     .subcommands = kCommitCommands},
    {.id = CommandId::kGroup,
     .name = "changes",
     .about = "Follow the changes of a branch",
     .capability = Capability::kAny,
     .label = "changes",
     .subcommands = kChangesCommands},
    {.id = CommandId::kGroup,
     .name = "schema",
     .about = "Show, plan and apply schemas",
     .capability = Capability::kAny,
     .label = "schema",
     .subcommands = kSchemaCommands},
    {.id = CommandId::kGroup,
     .name = "graphs",
     .about = "Look at the graphs of a server",
     .capability = Capability::kServed,
     .label = "graphs",
     .subcommands = kGraphsCommands},
    {.id = CommandId::kInit,
     .name = "init",
     .about = "Create a graph",
     .capability = Capability::kDirect,
     .label = "init",
     .remedy = " Pass a storage URI.",
     .positionals = kRequiredUri,
     .options = kInitOptions},
    {.id = CommandId::kOptimize,
     .name = "optimize",
     .about = "Fold the fragments of every backing dataset and build pending indexes",
     .capability = Capability::kDirect,
     .accepts = kDirectScope,
     .label = "optimize",
     .remedy = kMaintenanceRemedy,
     .positionals = kOnlyUri,
     .options = kOnlyJson},
    {.id = CommandId::kRepair,
     .name = "repair",
     .about = "Verify the backing datasets",
     .capability = Capability::kDirect,
     .accepts = kDirectScope,
     .label = "repair",
     .remedy = kMaintenanceRemedy,
     .positionals = kOnlyUri,
     .options = kRepairOptions,
     .needs = kRepairNeeds},
    {.id = CommandId::kCleanup,
     .name = "cleanup",
     .about = "Remove old versions, per dataset, and the history they hold",
     .capability = Capability::kDirect,
     .accepts = kDirectScope,
     .label = "cleanup",
     .remedy = kMaintenanceRemedy,
     .positionals = kOnlyUri,
     .options = kCleanupOptions},
    {.id = CommandId::kLint,
     .name = "lint",
     .about = "Check queries against a schema",
     .capability = Capability::kDirect,
     .accepts = kDirectScope,
     .label = "lint",
     .remedy = " Pass a storage URI.",
     .positionals = kOnlyUri,
     .options = kLintOptions},
    {.id = CommandId::kGroup,
     .name = "queries",
     .about = "Look at a cluster's stored queries",
     .capability = Capability::kControl,
     .label = "queries",
     .subcommands = kQueriesCommands},
    {.id = CommandId::kGroup,
     .name = "cluster",
     .about = "Work on a cluster of graphs",
     .capability = Capability::kControl,
     .label = "cluster",
     .subcommands = kClusterCommands},
    {.id = CommandId::kGroup,
     .name = "policy",
     .about = "Check and explain a cluster's policies",
     .capability = Capability::kControl,
     .label = "policy",
     .subcommands = kPolicyCommands},
    {.id = CommandId::kEmbed,
     .name = "embed",
     .about = "Fill in the embeddings of matching records of an NDJSON file",
     .label = "embed",
     .remedy = kLocalRemedy,
     .options = kEmbedOptions,
     .excludes = kEmbedExcludes,
     .needs = kEmbedNeeds},
    {.id = CommandId::kLogin,
     .name = "login",
     .about = "Store the token of a server",
     .label = "login",
     .remedy = kLocalRemedy,
     .positionals = kServerName,
     .options = kLoginOptions},
    {.id = CommandId::kLogout,
     .name = "logout",
     .about = "Forget the token of a server",
     .label = "logout",
     .remedy = kLocalRemedy,
     .positionals = kServerName,
     .options = kOnlyJson},
    {.id = CommandId::kGroup,
     .name = "profile",
     .about = "Look at the operator config's profiles",
     .label = "profile",
     .subcommands = kProfileCommands},
    {.id = CommandId::kVersion,
     .name = "version",
     .about = "Print the versions",
     .label = "version",
     .remedy = kLocalRemedy},
    {.id = CommandId::kHelp,
     .name = "help",
     .about = "Print the help of a command",
     .label = "help",
     .positionals = kHelpPath},
    {.id = CommandId::kIngest,
     .name = "ingest",
     .about = "Load entities from NDJSON, forgivingly (deprecated; use load)",
     .capability = Capability::kAny,
     .accepts = kDataScope,
     .label = "ingest",
     .positionals = kOnlyUri,
     .options = kIngestOptions,
     .hidden = true}};

constexpr OptionSpec kGlobals[] = {
    {.name = "as",
     .value_name = "ACTOR",
     .help = "Actor recorded on direct writes and on cluster apply and approve"},
    {.name = "server",
     .value_name = "NAME|URL",
     .help = "A server of the operator config, or its URL"},
    {.name = "graph", .value_name = "GRAPH_ID", .help = "Graph within a server or cluster"},
    {.name = "profile", .value_name = "NAME", .help = "Profile of the operator config"},
    {.name = "store",
     .value_name = "URI",
     .help = "Storage of one graph: a path, file:// or s3:// URI"},
    {.name = "cluster",
     .value_name = "DIR|URI",
     .help = "Cluster directory, storage root, or a name of the operator config"},
    {.name = "yes",
     .help = "Consent to a destructive write on a target that is not local",
     .kind = kFlag},
    {.name = "quiet", .help = "Do not name the target of writes on stderr", .kind = kFlag}};

}  // namespace

constinit const CommandSpec kProgram = {.id = CommandId::kGroup,
                                        .name = "omnigraph",
                                        .about = "Omnigraph graph database CLI",
                                        .label = "omnigraph",
                                        .subcommands = kCommands};
constinit const std::span<const OptionSpec> kGlobalOptions = kGlobals;

const CommandSpec* find_subcommand(const CommandSpec& command, std::string_view name) {
  if (name.empty()) return nullptr;
  for (const CommandSpec& sub : command.subcommands) {
    if (sub.name == name || sub.visible_alias == name || sub.hidden_alias == name) return &sub;
  }
  return nullptr;
}

const OptionSpec* find_option(const CommandSpec& command, std::string_view name) {
  for (const OptionSpec& option : command.options) {
    if (option.name == name) return &option;
  }
  for (const OptionSpec& option : kGlobalOptions) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

}  // namespace omnigraph::cli
