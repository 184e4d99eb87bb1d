// What a run of the program takes from its surroundings and gives back, so that tests can run it
// inside a process of theirs.
#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace omnigraph::cli {

// A stream of output. Not thread-safe.
class Output {
 public:
  virtual ~Output() = default;
  virtual void write(std::string_view text) = 0;
  // False when something could not be written (a closed pipe, a full disk).
  virtual bool good() const { return true; }
  virtual void flush() {}
};

// A file descriptor with a buffer; the descriptor is not closed.
class DescriptorOutput final : public Output {
 public:
  explicit DescriptorOutput(int descriptor, std::size_t buffer_bytes)
      : descriptor_(descriptor), buffer_bytes_(buffer_bytes) {}
  ~DescriptorOutput() override { flush(); }
  void write(std::string_view text) override;
  bool good() const override { return good_; }
  void flush() override;

 private:
  const int descriptor_;
  const std::size_t buffer_bytes_;
  std::string buffer_;
  bool good_ = true;
};

class StringOutput final : public Output {
 public:
  void write(std::string_view text) override { text_ += text; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

struct Process {
  std::vector<std::string_view> args;  // without the program's name; must outlive the run
  Output* out = nullptr;
  Output* err = nullptr;
  // The next line of standard input without its line end; nullopt at its end.
  std::function<std::optional<std::string>()> read_line;
  // The rest of standard input, at most `limit` bytes of it and one more.
  std::function<std::string(std::size_t limit)> read_rest;
  // Null when the variable is not set.
  std::function<const char*(const char*)> environment;
  bool stdin_is_terminal = false;
  bool stderr_is_terminal = false;

  std::optional<std::string> variable(const char* name) const {
    const char* value = environment(name);
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  }
};

// Exit statuses of the program.
inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsageFailure = 2;
inline constexpr int kPreconditionFailure = 4;

// Runs one command line to its end and returns the exit status. Never throws.
int run(Process& process);

}  // namespace omnigraph::cli
