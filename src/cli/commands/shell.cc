#include "cli/commands/commands.h"
namespace omnigraph::cli {
ExitStatus run_shell(Invocation& call) { return not_in_this_build(call.arguments); }
}  // namespace omnigraph::cli
