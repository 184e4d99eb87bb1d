// What a writing command tells and asks before it writes: the line that names its target, and the
// consent that a destructive write on a target that is not local needs.
#pragma once

#include <string_view>

#include "cli/arguments.h"
#include "cli/process.h"
#include "cli/scope.h"

namespace omnigraph::cli {

// "branch create" and so on, as the echo names a command.
std::string command_words(const Arguments& arguments);

// Prints `omnigraph <command> → <uri> (<access>)` to stderr unless --quiet.
void echo_write_target(Process& process, const Arguments& arguments, const Scope& scope);

// Success when the target is local, --yes was given or the operator agrees on a terminal.
Status confirm_destructive(Process& process, const Arguments& arguments, const Scope& scope,
                           std::string_view operation);

}  // namespace omnigraph::cli
