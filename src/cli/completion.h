// Completion scripts for interactive shells, made from the tables of command.h.
#pragma once

#include <string>
#include <string_view>

namespace omnigraph::cli {

// `shell`: bash, zsh or fish. To be sourced, or put where that shell looks for completions.
std::string completion_script(std::string_view shell);

}  // namespace omnigraph::cli
