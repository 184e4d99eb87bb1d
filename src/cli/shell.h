// The interactive shell on one graph: queries and mutations as they are typed, and commands that
// begin with `\`. Reads lines, writes results to standard output and errors to standard error.
//
// An input ends with a line that ends in `;`, with a blank line, with the line that closes the
// braces of a `query`, or with the input itself. One that begins with match, insert, update or
// delete is taken as the body of a query without parameters of its own; a parameter that was set
// with `\set` may be used in any query that declares it.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/line_editor.h"
#include "cli/process.h"
#include "cli/shell_completion.h"
#include "omnigraph/graph.h"

namespace omnigraph::cli {

struct ShellCommand {
  std::string_view name;  // with its backslash
  std::string_view arguments;
  std::string_view help;
};
std::span<const ShellCommand> shell_commands();

// Where an input that is being typed stands.
class InputGathering {
 public:
  // Takes one line; true when the input is complete with it.
  bool add(std::string_view line);
  bool empty() const { return text_.find_first_not_of(" \t\r\n") == std::string::npos; }
  const std::string& text() const { return text_; }
  // The text without the `;` that ended it; starts anew.
  std::string take();
  void clear();

 private:
  std::string text_;
  int depth_ = 0;  // of braces, outside strings and comments
  bool closed_brace_ = false;
  bool in_string_ = false, in_comment_ = false;
};

struct ShellSettings {
  std::string uri;
  std::string branch = "main";
  ResultFormat format = ResultFormat::kTable;
  TableStyle style;
  std::optional<std::string> actor;
  bool interactive = false;  // greets, and forgives mistakes
};

class Shell {
 public:
  // `cancelled` is set (by a signal) to stop a query that runs.
  Shell(Graph graph, Process& process, ShellSettings settings, std::atomic<bool>& cancelled);

  // Until the end of the input or \q. 0, or 1 when the input is no terminal and something failed.
  int run(LineEditor& editor);
  // For completion while `before` has been typed in earlier lines.
  ShellCandidates complete(std::string_view line);

 private:
  bool command(std::string_view line);  // false: leave
  void statement(const std::string& source);
  void failed(const Error& error, std::string_view source);
  void show_schema(std::string_view name);
  void switch_branch(std::string_view name);
  void set_parameter(std::string_view rest);
  bool refresh_names();
  std::string parameters() const;
  std::string prompt(bool first) const;
  void print(std::string_view text) { process_.out->write(text); }

  Graph graph_;
  Process& process_;
  ShellSettings settings_;
  std::atomic<bool>& cancelled_;
  InputGathering input_;
  ShellNames names_;
  std::string names_source_;                   // of names_.catalog
  std::map<std::string, std::string> values_;  // of parameters, as JSON
  std::optional<std::string> snapshot_;        // \at
  bool timing_ = false;
  bool explain_ = false;
  int failures_ = 0;
};

}  // namespace omnigraph::cli
