#include "cli/command_groups.h"

#include "cli/command_options.h"

namespace omnigraph::cli {
namespace {

constexpr PositionalSpec kBranchName[] = {
    {.name = "NAME", .help = "Name of the branch", .required = true}};
constexpr PositionalSpec kMergeSource[] = {
    {.name = "SOURCE", .help = "Branch to merge", .required = true}};
constexpr OptionSpec kBranchCreateOptions[] = {
    kUri,
    {.name = "from", .value_name = "BRANCH", .help = "Branch to fork [default: main]"},
    {.name = "at",
     .value_name = "COMMIT|TIME",
     .help = "Begin at this commit of that branch, or at the last one by then"},
    kJson};
constexpr OptionSpec kBranchListOptions[] = {
    kUri,
    {.name = "prefix", .value_name = "TEXT", .help = "Only branches whose names begin so"},
    {.name = "after", .value_name = "NAME", .help = "Only branches behind this name"},
    {.name = "limit", .value_name = "N", .help = "At most so many", .kind = kU64},
    {.name = "verbose", .help = "With heads, ages and origins", .kind = kFlag},
    kJson};
constexpr OptionSpec kMergeOptions[] = {
    kUri,
    {.name = "into", .value_name = "BRANCH", .help = "Branch to merge into [default: main]"},
    {.name = "delete-branch", .help = "Delete the source branch afterwards", .kind = kFlag},
    {.name = "dry-run", .help = "Show what it would do, conflicts included", .kind = kFlag},
    kJson};
constexpr OptionPair kMergeExcludes[] = {{"delete-branch", "dry-run"}};

constexpr OptionSpec kBlobGetOptions[] = {
    kBranch,
    kSnapshotOf,
    {.name = "offset", .value_name = "N", .help = "First byte", .kind = kU64},
    {.name = "length", .value_name = "N", .help = "How many bytes", .kind = kU64},
    {.name = "out", .value_name = "PATH", .help = "Write to this file instead of stdout"}};
constexpr OptionSpec kBlobStatOptions[] = {kBranch, kSnapshotOf, kJson};
constexpr OptionSpec kIfCommit{
    .name = "if-commit", .value_name = "ID", .help = "Only if the branch's head is this commit"};
constexpr OptionSpec kBlobPutOptions[] = {
    {.name = "file",
     .value_name = "PATH",
     .help = "File to take the bytes from, - for standard input",
     .required = true},
    kBranch,
    kIfCommit,
    kJson};
constexpr OptionSpec kBlobClearOptions[] = {kBranch, kIfCommit, kJson};
constexpr OptionPair kOnlyTargetPair[] = {kTargetPair};

constexpr PositionalSpec kCommitId[] = {
    {.name = "COMMIT_ID", .help = "Id of the commit", .required = true}};
constexpr OptionSpec kPageToken{.name = "page-token",
                                .value_name = "TOKEN",
                                .help = "Show only the page this token stands for"};
constexpr OptionSpec kCommitChangesOptions[] = {kUri,        kLimit,    kPageToken, kKindFilter,
                                                kTypeFilter, kOpFilter, kJson};

constexpr OptionSpec kPollOptions[] = {
    kUri,
    kBranch,
    {.name = "cursor", .help = "Continue after this cursor"},
    {.name = "start", .help = "now, beginning or after:<commit_id> [default: now]"},
    {.name = "cursor-file",
     .value_name = "PATH",
     .help = "Continue after the cursor in this file, if it exists, and write the new one there"},
    {.name = "follow",
     .help = "Go on as new commits come, until interrupted; with --json one document a line",
     .kind = kFlag},
    {.name = "interval",
     .value_name = "MS",
     .help = "Milliseconds between two looks for new commits [default: 500]",
     .kind = kU32},
    kLimit,
    kKindFilter,
    kTypeFilter,
    kOpFilter,
    kJson};
constexpr OptionPair kPollExcludes[] = {{"cursor", "start"}, {"cursor", "cursor-file"}};
constexpr OptionPair kPollNeeds[] = {{"interval", "follow"}};
constexpr OptionSpec kBaselineOptions[] = {
    kUri,        kBranch,
    kKindFilter, kTypeFilter,
    kOpFilter,   {.name = "out", .value_name = "PATH", .help = "File to write", .required = true},
    kJson};

constexpr PositionalSpec kTwoSchemas[] = {
    {.name = "FROM", .help = "Schema file (.pg), or a graph", .required = true},
    {.name = "TO", .help = "Schema file (.pg), or a graph", .required = true}};
constexpr PositionalSpec kDataFile[] = {
    {.name = "DATA", .help = "NDJSON file, or - for standard input", .required = true}};
constexpr OptionSpec kSchemaChangeOptions[] = {kSchemaFile, kDataLoss, kJson};

constexpr std::string_view kControlRemedy =
    " It operates on a cluster (pass --cluster <dir|uri>, or select a cluster profile).";
constexpr std::string_view kClusterRemedy =
    " It operates on a cluster config directory (pass --config <dir>).";

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
constexpr PositionalSpec kProfileName[] = {{.name = "NAME", .help = "Name of the profile"}};

}  // namespace

constinit const CommandSpec kBranchCommands[4] = {{.id = CommandId::kBranchCreate,
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
                                                   .options = kBranchListOptions},
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
                                                   .options = kMergeOptions,
                                                   .excludes = kMergeExcludes}};

constinit const CommandSpec kBlobCommands[4] = {{.id = CommandId::kBlobGet,
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
                                                 .excludes = kOnlyTargetPair},
                                                {.id = CommandId::kBlobPut,
                                                 .name = "put",
                                                 .about = "Set a Blob cell to the bytes of a file",
                                                 .capability = Capability::kAny,
                                                 .accepts = kDataScope,
                                                 .label = "blob put",
                                                 .positionals = kCell,
                                                 .options = kBlobPutOptions},
                                                {.id = CommandId::kBlobClear,
                                                 .name = "clear",
                                                 .about = "Make a Blob cell null",
                                                 .capability = Capability::kAny,
                                                 .accepts = kDataScope,
                                                 .label = "blob clear",
                                                 .positionals = kCell,
                                                 .options = kBlobClearOptions}};

constinit const CommandSpec kCommitCommands[3] = {{.id = CommandId::kCommitList,
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

constinit const CommandSpec kChangesCommands[2] = {
    {.id = CommandId::kChangesPoll,
     .name = "poll",
     .about = "Read the commits since a cursor",
     .capability = Capability::kAny,
     .accepts = kReadScope,
     .label = "changes poll",
     .options = kPollOptions,
     .excludes = kPollExcludes,
     .needs = kPollNeeds},
    {.id = CommandId::kChangesBaseline,
     .name = "baseline",
     .about = "Write a snapshot file and the cursor to follow it with",
     .capability = Capability::kAny,
     .accepts = kReadScope,
     .label = "changes baseline",
     .options = kBaselineOptions}};

constinit const CommandSpec kSchemaCommands[5] = {
    {.id = CommandId::kSchemaShow,
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
     .options = kSchemaChangeOptions},
    {.id = CommandId::kSchemaDiff,
     .name = "diff",
     .about = "Show the steps from one schema to another",
     .label = "schema diff",
     .remedy = kLocalRemedy,
     .positionals = kTwoSchemas,
     .options = kOnlyJson},
    {.id = CommandId::kSchemaInfer,
     .name = "infer",
     .about = "Write a first schema for records of a file",
     .label = "schema infer",
     .remedy = kLocalRemedy,
     .positionals = kDataFile}};

constinit const CommandSpec kGraphsCommands[1] = {
    {.id = CommandId::kGraphsList,
     .name = "list",
     .about = "List the graphs of a server",
     .capability = Capability::kServed,
     .accepts = kServer | kProfile,
     .label = "graphs list",
     .remedy = " Address the server with --server <name|url> or --profile <name>.",
     .options = kOnlyJson}};

constinit const CommandSpec kQueriesCommands[2] = {
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

constinit const CommandSpec kPolicyCommands[3] = {{.id = CommandId::kPolicyValidate,
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

constinit const CommandSpec kClusterCommands[8] = {
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

constinit const CommandSpec kProfileCommands[2] = {{.id = CommandId::kProfileList,
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

}  // namespace omnigraph::cli
