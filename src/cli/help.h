// Help texts, made from the tables of command.h.
#pragma once

#include <span>
#include <string>

#include "cli/command.h"

namespace omnigraph::cli {

// The whole help of the last command of `path`, newline-terminated.
std::string help_text(std::span<const CommandSpec* const> path);
// "omnigraph load [OPTIONS] --data <DATA> --mode <MODE> [URI]".
std::string usage_line(std::span<const CommandSpec* const> path);
// "PATH" of "--params-file <PATH>".
std::string value_name(const OptionSpec& option);

}  // namespace omnigraph::cli
