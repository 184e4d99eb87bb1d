#include "cli/process.h"

#include <unistd.h>

#include <cerrno>

namespace omnigraph::cli {

void DescriptorOutput::write(std::string_view text) {
  if (!good_) return;
  buffer_ += text;
  if (buffer_.size() >= buffer_bytes_) flush();
}

void DescriptorOutput::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && good_) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno != EINTR) {
      good_ = false;
    }
  }
  buffer_.clear();
}

}  // namespace omnigraph::cli
