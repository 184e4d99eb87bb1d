#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "cli/process.h"
#include "omnigraph/version.h"

#ifdef OMNIGRAPH_VERSION
static_assert(omnigraph::kVersion == OMNIGRAPH_VERSION, "version.h and the project disagree");
#endif

namespace {

std::optional<std::string> read_line() {
  constexpr std::size_t kMaxLineBytes = 1 << 20;
  std::string line;
  char c = 0;
  while (line.size() < kMaxLineBytes) {
    const ssize_t got = ::read(STDIN_FILENO, &c, 1);
    if (got <= 0) break;
    if (c == '\n') return line;
    line += c;
  }
  if (line.empty()) return std::nullopt;
  return line;
}

std::string read_rest(std::size_t limit) {
  constexpr std::size_t kChunk = 1 << 16;
  std::string text;
  while (text.size() <= limit) {
    const std::size_t used = text.size();
    text.resize(used + kChunk);
    const ssize_t got = ::read(STDIN_FILENO, text.data() + used, kChunk);
    text.resize(used + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got <= 0) break;
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that went away shows as a failed write, which ends the run quietly.
  std::signal(SIGPIPE, SIG_IGN);
  constexpr std::size_t kOutputBuffer = 1 << 16;
  omnigraph::cli::DescriptorOutput out(STDOUT_FILENO, kOutputBuffer);
  omnigraph::cli::DescriptorOutput err(STDERR_FILENO, 0);
  omnigraph::cli::Process process;
  process.args.assign(argv + (argc > 0 ? 1 : 0), argv + argc);
  process.out = &out;
  process.err = &err;
  process.read_line = read_line;
  process.read_rest = read_rest;
  process.environment = [](const char* name) -> const char* { return std::getenv(name); };
  process.stdin_is_terminal = ::isatty(STDIN_FILENO) == 1;
  process.stderr_is_terminal = ::isatty(STDERR_FILENO) == 1;
  return omnigraph::cli::run(process);
}
