// From argv to a command and its values, by the tables of command.h. Decides everything that makes
// a usage error (exit status 2) and nothing else: no file, environment or network is looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/command.h"

namespace omnigraph::cli {

// A parsed command line. The views point into the arguments that were parsed.
class Arguments {
 public:
  const CommandSpec* command = nullptr;
  std::vector<const CommandSpec*> path;  // from the program down to `command`

  bool has(std::string_view option) const { return find(option) != nullptr; }
  // The value of an option, or of its default.
  std::optional<std::string_view> value(std::string_view option) const;
  // The same, or `otherwise`.
  std::string_view value_or(std::string_view option, std::string_view otherwise) const;
  // Of options of kind kU32 and kU64.
  std::optional<std::uint64_t> number(std::string_view option) const;
  // All values of a repeatable option, in order.
  std::vector<std::string> values(std::string_view option) const;
  // The i-th positional.
  std::optional<std::string_view> positional(std::size_t index) const;
  const std::vector<std::string_view>& positionals() const { return positionals_; }

 private:
  friend class ArgumentParser;
  struct Given {
    const OptionSpec* option;
    std::string_view value;
  };
  const Given* find(std::string_view option) const;
  std::vector<Given> given_;
  std::vector<std::string_view> positionals_;
};

// Why a command line was refused: text for stderr, newline-terminated.
struct UsageError {
  std::string text;
};
// The help of a command was asked for, or (`missing_subcommand`) must be shown instead.
struct HelpWanted {
  std::vector<const CommandSpec*> path;
  bool missing_subcommand = false;
};
// -v or --version at the root.
struct VersionWanted {};

using ParseOutcome = std::variant<Arguments, UsageError, HelpWanted, VersionWanted>;

// `args` without the program's name.
ParseOutcome parse_arguments(std::span<const std::string_view> args);

// "--mode <MODE>", "-e"; a flag has no value name.
std::string option_text(const OptionSpec& option);

}  // namespace omnigraph::cli
