// The commands. See command.h; the order of subcommands is the order of the help texts.
#include "cli/command.h"
#include "cli/command_groups.h"
#include "cli/command_options.h"

namespace omnigraph::cli {
namespace {

// ---- data ----

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
    {.name = "type",
     .value_name = "TYPE",
     .help = "The file is a table (CSV, Parquet, Arrow IPC) of this node or edge type"},
    {.name = "map",
     .value_name = "PROPERTY=COLUMN",
     .help = "Take the property, or id, from or to, from this column of the table",
     .repeatable = true},
    {.name = "ignore-unknown",
     .help = "Leave out columns of the table that are no property",
     .kind = kFlag},
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

constexpr OptionSpec kExportOptions[] = {kBranch,
                                         kTypeFilter,
                                         {.name = "format",
                                          .help = "How to write them: ndjson (the default), or "
                                                  "parquet, which holds one type",
                                          .kind = kChoice,
                                          .choices = kExportFormats},
                                         {.name = "jsonl",
                                          .help = "Deprecated; the output is always NDJSON",
                                          .kind = kFlag,
                                          .hidden = true}};

constexpr PositionalSpec kDiffArguments[] = {
    {.name = "A..B", .help = "Two branches or commit ids", .required = true}};
constexpr OptionSpec kDiffOptions[] = {
    kUri,
    kKindFilter,
    kTypeFilter,
    kOpFilter,
    {.name = "jsonl", .help = "Print each change as a line of JSON", .kind = kFlag},
    kJson};
constexpr OptionPair kDiffExcludes[] = {{"jsonl", "json"}};

// ---- storage ----

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

// ---- local ----

constexpr PositionalSpec kServerName[] = {
    {.name = "NAME", .help = "Name of the server", .required = true}};
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

// ---- tools ----

constexpr std::string_view kShells[] = {"bash", "zsh", "fish"};
constexpr std::string_view kLanguages[] = {"pg", "gq"};
constexpr PositionalSpec kFmtPaths[] = {
    {.name = "PATH",
     .help = "Files, folders to look for .pg and .gq files in, or - for standard input",
     .required = true,
     .repeatable = true}};
constexpr OptionSpec kFmtOptions[] = {
    {.name = "check",
     .help = "Change nothing; name the files that are not laid out so and exit with 1",
     .kind = kFlag},
    {.name = "language",
     .help = "Of standard input, and of files with other endings",
     .kind = kChoice,
     .choices = kLanguages}};
constexpr PositionalSpec kShellName[] = {
    {.name = "SHELL", .help = "bash, zsh or fish", .required = true, .choices = kShells}};
constexpr OptionSpec kShellOptions[] = {kBranch, kFormat};

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
     .about = "Read and write Blob cells",
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
    {.id = CommandId::kDiff,
     .name = "diff",
     .about = "Show how two branches or commits differ",
     .capability = Capability::kAny,
     .accepts = kReadScope,
     .label = "diff",
     .positionals = kDiffArguments,
     .options = kDiffOptions,
     .excludes = kDiffExcludes},
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
    {.id = CommandId::kFmt,
     .name = "fmt",
     .about = "Lay out schema and query files",
     .label = "fmt",
     .remedy = kLocalRemedy,
     .positionals = kFmtPaths,
     .options = kFmtOptions,
     .tool = true},
    {.id = CommandId::kShell,
     .name = "shell",
     .about = "Work on a graph interactively",
     .capability = Capability::kAny,
     .accepts = kDataScope,
     .label = "shell",
     .positionals = kOnlyUri,
     .options = kShellOptions,
     .tool = true},
    {.id = CommandId::kCompletion,
     .name = "completion",
     .about = "Print a completion script for a shell",
     .label = "completion",
     .remedy = kLocalRemedy,
     .positionals = kShellName,
     .tool = true},
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
