// One command line from beginning to end, in the order of checks of cli.md §1.4.
#include <exception>
#include <span>

#include "cli/arguments.h"
#include "cli/commands/commands.h"
#include "cli/guard.h"
#include "cli/help.h"
#include "cli/process.h"
#include "cli/report.h"
#include "omnigraph/version.h"

namespace omnigraph::cli {
namespace {

// Old spellings at the very beginning of the arguments become the new ones, with a warning.
void rewrite_deprecated(Process& process) {
  struct Spelling {
    std::string_view first, second, now;
  };
  constexpr Spelling kSpellings[] = {{"read", "", "query"},
                                     {"change", "", "mutate"},
                                     {"check", "", "lint"},
                                     {"query", "lint", "lint"},
                                     {"query", "check", "lint"}};
  std::vector<std::string_view>& args = process.args;
  for (const Spelling& spelling : kSpellings) {
    const std::size_t words = spelling.second.empty() ? 1 : 2;
    if (args.size() < words || args[0] != spelling.first) continue;
    if (words == 2 && args[1] != spelling.second) continue;
    std::string old(spelling.first);
    if (words == 2) old += " " + std::string(spelling.second);
    process.err->write("warning: `omnigraph " + old + "` is deprecated; use `omnigraph " +
                       std::string(spelling.now) + "` instead\n");
    if (words == 2) args.erase(args.begin());
    args[0] = spelling.now;
    return;
  }
}

// `blob get` decides impossible ranges before it looks at anything else.
Status check_blob_range(const Arguments& arguments) {
  if (arguments.command->id != CommandId::kBlobGet) return {};
  const auto offset = arguments.number("offset");
  const auto length = arguments.number("length");
  if (length && *length == 0) return bad_request("Blob range --length must be greater than zero");
  if (offset && length && *offset > UINT64_MAX - *length) {
    return bad_request("Blob range overflows u64: offset " + std::to_string(*offset) + ", length " +
                       std::to_string(*length));
  }
  return {};
}

bool needs_config(const Arguments& arguments) {
  switch (arguments.command->id) {
    case CommandId::kInit:
    case CommandId::kVersion:
    case CommandId::kEmbed:
    case CommandId::kLogout:
    case CommandId::kFmt:
    case CommandId::kCompletion:
    case CommandId::kSchemaDiff:
    case CommandId::kSchemaInfer:
      return false;
    case CommandId::kLint:
      return !arguments.has("schema");
    case CommandId::kClusterApply:
    case CommandId::kClusterApprove:
      return !arguments.has("as");
    case CommandId::kClusterValidate:
    case CommandId::kClusterPlan:
    case CommandId::kClusterStatus:
    case CommandId::kClusterRefresh:
    case CommandId::kClusterImport:
    case CommandId::kClusterForceUnlock:
      return false;
    default:
      return true;
  }
}

ExitStatus dispatch(Invocation& call) {
  switch (call.arguments.command->id) {
    case CommandId::kQuery:
      return run_query(call);
    case CommandId::kMutate:
      return run_mutate(call);
    case CommandId::kAlias:
      return run_alias(call);
    case CommandId::kLoad:
      return run_load(call);
    case CommandId::kIngest:
      return run_ingest(call);
    case CommandId::kBranchCreate:
      return run_branch_create(call);
    case CommandId::kBranchList:
      return run_branch_list(call);
    case CommandId::kBranchDelete:
      return run_branch_delete(call);
    case CommandId::kBranchMerge:
      return run_branch_merge(call);
    case CommandId::kSnapshot:
      return run_snapshot(call);
    case CommandId::kExport:
      return run_export(call);
    case CommandId::kCommitList:
      return run_commit_list(call);
    case CommandId::kCommitShow:
      return run_commit_show(call);
    case CommandId::kCommitChanges:
      return run_commit_changes(call);
    case CommandId::kChangesPoll:
      return run_changes_poll(call);
    case CommandId::kChangesBaseline:
      return run_changes_baseline(call);
    case CommandId::kDiff:
      return run_diff(call);
    case CommandId::kSchemaShow:
      return run_schema_show(call);
    case CommandId::kSchemaPlan:
      return run_schema_plan(call);
    case CommandId::kSchemaApply:
      return run_schema_apply(call);
    case CommandId::kInit:
      return run_init(call);
    case CommandId::kCleanup:
      return run_cleanup(call);
    case CommandId::kLint:
      return run_lint(call);
    case CommandId::kLogin:
      return run_login(call);
    case CommandId::kLogout:
      return run_logout(call);
    case CommandId::kProfileList:
      return run_profile_list(call);
    case CommandId::kProfileShow:
      return run_profile_show(call);
    case CommandId::kVersion:
      return run_version(call);
    case CommandId::kSchemaDiff:
      return run_schema_diff(call);
    case CommandId::kSchemaInfer:
      return run_schema_infer(call);
    case CommandId::kFmt:
      return run_fmt(call);
    case CommandId::kShell:
      return run_shell(call);
    case CommandId::kCompletion:
      return run_completion(call);
    case CommandId::kBlobGet:
      return run_blob_get(call);
    case CommandId::kBlobStat:
      return run_blob_stat(call);
    case CommandId::kBlobPut:
      return run_blob_put(call);
    case CommandId::kBlobClear:
      return run_blob_clear(call);
    case CommandId::kGraphsList:
      return run_unavailable_data(call);
    case CommandId::kOptimize:
      return run_optimize(call);
    case CommandId::kRepair:
      return run_repair(call);
    case CommandId::kQueriesList:
    case CommandId::kQueriesValidate:
    case CommandId::kPolicyValidate:
    case CommandId::kPolicyTest:
    case CommandId::kPolicyExplain:
      return run_unavailable_control(call);
    case CommandId::kClusterValidate:
    case CommandId::kClusterPlan:
    case CommandId::kClusterApply:
    case CommandId::kClusterApprove:
    case CommandId::kClusterStatus:
    case CommandId::kClusterRefresh:
    case CommandId::kClusterImport:
    case CommandId::kClusterForceUnlock:
      return run_unavailable_cluster(call);
    case CommandId::kEmbed:
      return run_unavailable_embed(call);
    case CommandId::kHelp:
    case CommandId::kGroup:
      break;  // answered by the parser
  }
  return Error(ErrorCode::kInternal, "no handler for this command");
}

ExitStatus run_command(Process& process, const Arguments& arguments) {
  OG_RETURN_IF_ERROR(check_addressing(arguments));
  OG_RETURN_IF_ERROR(check_blob_range(arguments));
  Invocation call{.process = process, .arguments = arguments, .config = {}};
  if (needs_config(arguments)) {
    OG_ASSIGN_OR_RETURN(call.config, load_operator_config(process));
  }
  return dispatch(call);
}

int run_parsed(Process& process) {
  rewrite_deprecated(process);
  const ParseOutcome outcome = parse_arguments(process.args);
  if (const auto* error = std::get_if<UsageError>(&outcome)) {
    process.err->write(error->text);
    return kUsageFailure;
  }
  if (const auto* help = std::get_if<HelpWanted>(&outcome)) {
    (help->missing_subcommand ? process.err : process.out)->write(help_text(help->path));
    return help->missing_subcommand ? kUsageFailure : kSuccess;
  }
  if (std::holds_alternative<VersionWanted>(outcome)) {
    process.out->write("omnigraph " + std::string(kVersion) + "\n");
    return kSuccess;
  }
  const ExitStatus status = run_command(process, std::get<Arguments>(outcome));
  if (status.ok()) return *status;
  // Nobody reads the result any more: end quietly.
  if (process.out->good()) report_failure(process, status.error());
  return kFailure;
}

}  // namespace

int run(Process& process) {
  int status = kFailure;
  try {
    status = run_parsed(process);
  } catch (const std::exception& exception) {  // out of memory, or a library's surprise
    report_failure(process, Error(ErrorCode::kInternal, exception.what()));
  }
  process.out->flush();
  if (!process.out->good() && status == kSuccess) status = kFailure;
  process.err->flush();
  return status;
}

}  // namespace omnigraph::cli
