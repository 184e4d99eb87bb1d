// The argument surface of the program as constant tables: every command with its options, who may
// address what, and the words of its help. Parser, help, addressing guard and the checked-in CLI
// reference all read these tables, so that they cannot disagree. Nothing here runs at start-up.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace omnigraph::cli {

enum class ValueKind : std::uint8_t {
  kFlag,  // takes no value
  kText,
  kChoice,  // one of `choices`
  kU32,
  kU64,
};

struct OptionSpec {
  std::string_view name = {};        // without the dashes
  std::string_view value_name = {};  // "PATH"; empty: the name in capitals
  std::string_view help = {};
  ValueKind kind = ValueKind::kText;
  char short_name = 0;
  bool required = false;
  bool repeatable = false;
  bool hidden = false;
  std::span<const std::string_view> choices = {};
  std::string_view default_text = {};  // shown in help and used when the option is absent
};

struct PositionalSpec {
  std::string_view name = {};  // "URI"
  std::string_view help = {};
  bool required = false;
  bool repeatable = false;  // takes all that is left
  std::span<const std::string_view> choices = {};
};

// Two options of one command that exclude each other, or of which the first needs the second.
struct OptionPair {
  std::string_view first;
  std::string_view second;
};

enum class Capability : std::uint8_t { kAny, kServed, kDirect, kControl, kLocal };

// The options that address a graph, in the order in which the guard examines them.
enum ScopeOption : std::uint8_t {
  kServer = 1,
  kCluster = 2,
  kGraph = 4,
  kStore = 8,
  kAs = 16,
  kProfile = 32,
};

enum class CommandId : std::uint8_t {
  kGroup,  // has subcommands
  kQuery,
  kMutate,
  kAlias,
  kLoad,
  kIngest,
  kBranchCreate,
  kBranchList,
  kBranchDelete,
  kBranchMerge,
  kSnapshot,
  kExport,
  kBlobGet,
  kBlobStat,
  kBlobPut,
  kBlobClear,
  kCommitList,
  kCommitShow,
  kCommitChanges,
  kChangesPoll,
  kChangesBaseline,
  kDiff,
  kSchemaShow,
  kSchemaApply,
  kSchemaPlan,
  kSchemaDiff,
  kSchemaInfer,
  kGraphsList,
  kInit,
  kOptimize,
  kRepair,
  kCleanup,
  kLint,
  kQueriesList,
  kQueriesValidate,
  kClusterValidate,
  kClusterPlan,
  kClusterApply,
  kClusterApprove,
  kClusterStatus,
  kClusterRefresh,
  kClusterImport,
  kClusterForceUnlock,
  kPolicyValidate,
  kPolicyTest,
  kPolicyExplain,
  kEmbed,
  kLogin,
  kLogout,
  kProfileList,
  kProfileShow,
  kVersion,
  kHelp,
  kFmt,
  kShell,
  kCompletion,
};

struct CommandSpec {
  CommandId id;
  std::string_view name;
  std::string_view about;
  Capability capability = Capability::kLocal;
  std::uint8_t accepts = 0;      // ScopeOption bits
  std::string_view label = {};   // how messages name it
  std::string_view remedy = {};  // end of the guard's message, with its leading space
  std::span<const PositionalSpec> positionals = {};
  std::span<const OptionSpec> options = {};
  std::span<const OptionPair> excludes = {};
  std::span<const OptionPair> needs = {};
  std::span<const CommandSpec> subcommands = {};
  std::string_view visible_alias = {};
  std::string_view hidden_alias = {};
  bool hidden = false;
  bool tool = false;  // the root help lists it apart from the others
};

// The program itself; its subcommands stand in the order of the root help.
extern const CommandSpec kProgram;
// Accepted on every command, before or after it.
extern const std::span<const OptionSpec> kGlobalOptions;

// Null when there is none of that name or alias.
const CommandSpec* find_subcommand(const CommandSpec& command, std::string_view name);
// Looks among the command's own options, then the global ones.
const OptionSpec* find_option(const CommandSpec& command, std::string_view name);

}  // namespace omnigraph::cli
