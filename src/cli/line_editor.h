// Lines of input for the interactive shell: on a terminal with editing, history and completion by
// libedit, which is loaded when it is first needed (the program runs without it); else plain. One
// thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/process.h"
#include "cli/shell_completion.h"

namespace omnigraph::cli {

class LineEditor {
 public:
  static constexpr int kHistoryEntries = 1'000;

  virtual ~LineEditor() = default;

  struct Line {
    std::string text;
    bool interrupted = false;  // Ctrl-C: what was typed is to be forgotten
  };
  // Without its line end; nullopt at the end of the input.
  virtual std::optional<Line> read(const std::string& prompt) = 0;
  // A whole input, as one entry.
  virtual void remember(const std::string&) {}
};

// The candidates for the text of the current line, up to the cursor.
using LineCompleter = std::function<ShellCandidates(std::string_view line)>;

// Lines from `process`; a prompt is written to standard output when `prompts`.
std::unique_ptr<LineEditor> plain_editor(const Process& process, bool prompts);
// Null when libedit cannot be loaded or the terminal cannot be used. The history is read from and
// written to `history_path` (empty: kept in memory only), a file that only its owner may read.
std::unique_ptr<LineEditor> terminal_editor(const std::string& history_path,
                                            LineCompleter completer);

}  // namespace omnigraph::cli
