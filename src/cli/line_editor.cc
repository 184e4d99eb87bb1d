#include "cli/line_editor.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <type_traits>

namespace omnigraph::cli {
namespace {

class PlainEditor final : public LineEditor {
 public:
  PlainEditor(const Process& process, bool prompts) : process_(process), prompts_(prompts) {}

  std::optional<Line> read(const std::string& prompt) override {
    if (prompts_) {
      process_.out->write(prompt);
      process_.out->flush();
    }
    std::optional<std::string> text = process_.read_line();
    if (!text) return std::nullopt;
    return Line{std::move(*text)};
  }

 private:
  const Process& process_;
  bool prompts_;
};

// The functions of libedit, found when the program runs.
struct Libedit {
  decltype(&::el_init) init = nullptr;
  decltype(&::el_end) end = nullptr;
  decltype(&::el_set) set = nullptr;
  decltype(&::el_get) get = nullptr;
  decltype(&::el_gets) gets = nullptr;
  decltype(&::el_line) line = nullptr;
  decltype(&::el_insertstr) insert = nullptr;
  decltype(&::el_deletestr) erase = nullptr;
  decltype(&::el_reset) reset = nullptr;
  decltype(&::history_init) history_init = nullptr;
  decltype(&::history_end) history_end = nullptr;
  decltype(&::history) history = nullptr;

  bool load() {
    void* library = ::dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return false;
    const auto find = [library](auto& function, const char* name) {
      function =
          reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      return function != nullptr;
    };
    return find(init, "el_init") && find(end, "el_end") && find(set, "el_set") &&
           find(get, "el_get") && find(gets, "el_gets") && find(line, "el_line") &&
           find(insert, "el_insertstr") && find(erase, "el_deletestr") && find(reset, "el_reset") &&
           find(history_init, "history_init") && find(history_end, "history_end") &&
           find(history, "history");
  }
};

class TerminalEditor final : public LineEditor {
 public:
  TerminalEditor(Libedit library, std::string history_path, LineCompleter completer)
      : edit_(library), history_path_(std::move(history_path)), completer_(std::move(completer)) {}

  bool start() {
    std::setlocale(LC_CTYPE, "");  // characters, not bytes, are edited
    line_ = edit_.init("omnigraph", stdin, stdout, stderr);
    if (line_ == nullptr) return false;
    HistEvent event;
    history_ = edit_.history_init();
    if (history_ != nullptr) {
      edit_.history(history_, &event, H_SETSIZE, kHistoryEntries);
      edit_.history(history_, &event, H_SETUNIQUE, 1);
      if (!history_path_.empty()) {
        edit_.history(history_, &event, H_LOAD, history_path_.c_str());
      }
      edit_.set(line_, EL_HIST, edit_.history, history_);
    }
    edit_.set(line_, EL_CLIENTDATA, this);
    edit_.set(line_, EL_PROMPT, &TerminalEditor::prompt);
    edit_.set(line_, EL_EDITOR, "emacs");
    edit_.set(line_, EL_ADDFN, "og-complete", "Complete the word", &TerminalEditor::complete);
    edit_.set(line_, EL_BIND, "^I", "og-complete", nullptr);
    edit_.set(line_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    return true;
  }

  ~TerminalEditor() override {
    if (history_ != nullptr) edit_.history_end(history_);
    if (line_ != nullptr) edit_.end(line_);
  }

  std::optional<Line> read(const std::string& prompt) override {
    prompt_ = prompt;
    int count = 0;
    errno = 0;
    const char* text = edit_.gets(line_, &count);
    if (text == nullptr || count <= 0) {
      if (errno != EINTR) return std::nullopt;
      edit_.reset(line_);
      std::fputc('\n', stdout);
      std::fflush(stdout);
      return Line{"", true};
    }
    std::string line(text, static_cast<std::size_t>(count));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    return Line{std::move(line)};
  }

  void remember(const std::string& input) override {
    if (history_ == nullptr || input.empty()) return;
    // Recalled as one line: a line break is as good as a space.
    std::string entry = input;
    for (char& c : entry) c = c == '\n' ? ' ' : c;
    HistEvent event;
    edit_.history(history_, &event, H_ENTER, entry.c_str());
    if (history_path_.empty()) return;
    const int file = ::open(history_path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return;
    ::close(file);
    edit_.history(history_, &event, H_SAVE, history_path_.c_str());
    ::chmod(history_path_.c_str(), 0600);
  }

 private:
  static TerminalEditor* self(EditLine* line) {
    // The address of el_get is not known here; client data is asked for through the instance.
    void* data = nullptr;
    instance_get_(line, EL_CLIENTDATA, &data);
    return static_cast<TerminalEditor*>(data);
  }
  static char* prompt(EditLine* line) { return self(line)->prompt_.data(); }
  static unsigned char complete(EditLine* line, int) { return self(line)->complete_word(); }

  unsigned char complete_word() {
    const LineInfo* info = edit_.line(line_);
    const std::string_view before(info->buffer,
                                  static_cast<std::size_t>(info->cursor - info->buffer));
    const ShellCandidates found = completer_(before);
    if (found.words.empty()) return CC_ERROR;
    const std::size_t typed = before.size() - std::min(found.begin, before.size());
    const std::string common = common_beginning(found.words);
    if (common.size() > typed) {
      std::string rest = common.substr(typed);
      if (found.words.size() == 1 && rest.back() != '(') rest += ' ';
      edit_.insert(line_, rest.c_str());
      return CC_REFRESH;
    }
    if (found.words.size() == 1) return CC_ERROR;
    constexpr std::size_t kShown = 100;
    std::string list = "\n";
    for (std::size_t i = 0; i < found.words.size() && i < kShown; ++i)
      list += found.words[i] + "  ";
    if (found.words.size() > kShown) list += "…";
    std::fputs((list + "\n").c_str(), stdout);
    std::fflush(stdout);
    return CC_REDISPLAY;
  }

  Libedit edit_;
  std::string history_path_;
  LineCompleter completer_;
  EditLine* line_ = nullptr;
  History* history_ = nullptr;
  std::string prompt_;

 public:
  // libedit calls back with its own handle only.
  static inline decltype(&::el_get) instance_get_ = nullptr;
};

}  // namespace

std::unique_ptr<LineEditor> plain_editor(const Process& process, bool prompts) {
  return std::make_unique<PlainEditor>(process, prompts);
}

std::unique_ptr<LineEditor> terminal_editor(const std::string& history_path,
                                            LineCompleter completer) {
  Libedit library;
  if (!library.load()) return nullptr;
  TerminalEditor::instance_get_ = library.get;
  auto editor = std::make_unique<TerminalEditor>(library, history_path, std::move(completer));
  if (!editor->start()) return nullptr;
  return editor;
}

}  // namespace omnigraph::cli
