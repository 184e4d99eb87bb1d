#include "cli/write_target.h"

namespace omnigraph::cli {

std::string command_words(const Arguments& arguments) {
  std::string words;
  for (std::size_t i = 1; i < arguments.path.size(); ++i) {
    if (i > 1) words += ' ';
    words += arguments.path[i]->name;
  }
  return words;
}

void echo_write_target(Process& process, const Arguments& arguments, const Scope& scope) {
  if (arguments.has("quiet")) return;
  const std::string_view access = scope.served()  ? "served"
                                  : scope.local() ? "direct, local"
                                                  : "direct, remote";
  process.err->write("omnigraph " + command_words(arguments) + " → " + scope.uri + " (" +
                     std::string(access) + ")\n");
}

Status confirm_destructive(Process& process, const Arguments& arguments, const Scope& scope,
                           std::string_view operation) {
  if (scope.local() || arguments.has("yes")) return {};
  const std::string quoted = "`" + std::string(operation) + "`";
  if (arguments.has("json") || !process.stdin_is_terminal) {
    return bad_request("refusing destructive " + quoted + " against non-local target " + scope.uri +
                       " without confirmation; pass --yes to confirm (an interactive TTY would be "
                       "prompted instead)");
  }
  process.err->write("About to run a destructive " + quoted + " against " + scope.uri +
                     " (not local). Type 'yes' to continue: ");
  process.err->flush();
  std::string answer = process.read_line().value_or("");
  for (char& c : answer) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  while (!answer.empty() && (answer.back() == '\r' || answer.back() == ' ')) answer.pop_back();
  if (answer == "yes" || answer == "y") return {};
  return bad_request("aborted: destructive " + quoted + " not confirmed");
}

}  // namespace omnigraph::cli
