#include "cli/report.h"

#include "query/source_error.h"

namespace omnigraph::cli {

std::string report_text(std::string_view message) {
  while (!message.empty() && (message.back() == ' ' || message.back() == '\n')) {
    message.remove_suffix(1);
  }
  std::string text;
  text.reserve(message.size());
  for (const char c : message) {
    if (c == '\n') {
      while (!text.empty() && text.back() == ' ') text.pop_back();
      text += "\n      ";
    } else if (static_cast<unsigned char>(c) >= 0x20 || c == '\t') {
      if (c != 0x7F) text += c;
    }
  }
  return text;
}

Error pointed(Error error, std::string_view source) {
  if (!error.span()) return error;
  Error shown(error.code(), render_source_error(error, source));
  if (error.details()) return std::move(shown).with(*error.details());
  return shown;
}

void report_failure(Process& process, const Error& error) {
  process.out->flush();
  const char* no_color = process.environment("NO_COLOR");
  const bool color = process.stderr_is_terminal && no_color == nullptr;
  process.err->write(color ? "\x1b[31mError:\x1b[0m\n" : "Error:\n");
  process.err->write("   0: " + report_text(error.message()) + "\n");
}

}  // namespace omnigraph::cli
