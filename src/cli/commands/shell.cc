// shell: an interactive session, or one that a pipe feeds.
#include "cli/shell.h"

#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "cli/commands/commands.h"

namespace omnigraph::cli {
namespace {

// What Ctrl-C sets while a shell runs: a signal handler can reach nothing else.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_interrupt(int) { interrupted = true; }

// Ctrl-C stops a query, or forgets what was typed, instead of ending the program.
class InterruptGuard {
 public:
  InterruptGuard() {
    struct sigaction action {};
    action.sa_handler = on_interrupt;  // no SA_RESTART: reading a line must end
    ::sigaction(SIGINT, &action, &before_);
  }
  ~InterruptGuard() { ::sigaction(SIGINT, &before_, nullptr); }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  struct sigaction before_ {};
};

// shell_history beside the operator config, or nothing when there is no such folder to be made.
std::string history_path(const Process& process) {
  std::filesystem::path folder;
  if (const auto home = process.variable("OMNIGRAPH_HOME"); home && !home->empty()) {
    folder = *home;
  } else if (const auto user = process.variable("HOME"); user && !user->empty()) {
    folder = std::filesystem::path(*user) / ".omnigraph";
  } else {
    return "";
  }
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  return code ? "" : (folder / "shell_history").string();
}

}  // namespace

ExitStatus run_shell(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_of(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, true));
  OG_ASSIGN_OR_RETURN(Graph graph, open_graph(scope, false));
  ShellSettings settings;
  settings.uri = scope.uri;
  settings.branch = std::string(call.arguments.value_or("branch", "main"));
  OG_RETURN_IF_ERROR(graph.snapshot(settings.branch));  // the branch must be there
  settings.format = call.config.defaults.output.value_or(ResultFormat::kTable);
  if (const auto name = call.arguments.value("format")) {
    settings.format = parse_format(*name).value_or(settings.format);
  }
  if (call.config.defaults.table_max_column_width) {
    settings.style.max_column_width = *call.config.defaults.table_max_column_width;
  }
  settings.style.wrap = call.config.defaults.wrap;
  settings.actor = actor_of(call.arguments, call.config);
  settings.interactive = call.process.stdin_is_terminal;

  interrupted = false;
  Shell shell(std::move(graph), call.process, settings, interrupted);
  if (!settings.interactive) return shell.run(*plain_editor(call.process, false));
  const InterruptGuard guard;
  std::unique_ptr<LineEditor> editor = terminal_editor(
      history_path(call.process), [&shell](std::string_view line) { return shell.complete(line); });
  if (!editor) editor = plain_editor(call.process, true);
  return shell.run(*editor);
}

}  // namespace omnigraph::cli
