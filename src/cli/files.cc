#include "cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace omnigraph::cli {
namespace {

// Closes on scope exit.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

Error system_error(std::string_view doing, std::string_view what, const std::string& path) {
  const int code = errno;
  std::string message = "could not " + std::string(doing) + " " + std::string(what) + " '" + path +
                        "': " + std::strerror(code);
  return Error(code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, std::move(message));
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::string_view what,
                                   std::size_t limit) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.number < 0) return system_error("read", what, path);
  struct stat info {};
  std::string text;
  if (::fstat(file.number, &info) == 0 && info.st_size > 0) {
    text.reserve(std::min(static_cast<std::size_t>(info.st_size) + 1, limit));
  }
  char buffer[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.number, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", what, path);
    if (got == 0) return text;
    if (text.size() + static_cast<std::size_t>(got) > limit) {
      return Error(ErrorCode::kResourceExhausted, "could not read " + std::string(what) + " '" +
                                                      path + "': larger than " +
                                                      std::to_string(limit) + " bytes");
    }
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

bool file_exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

std::optional<unsigned> file_mode(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_mode & 07777U;
}

namespace {

// Writes a temporary sibling and renames it over `path`. mkostemp makes it 0600; `mode`: other bits
// that it shall have.
Status replace(const std::string& path, std::string_view content, std::optional<unsigned> mode) {
  std::string temporary = path + ".XXXXXX";
  Descriptor file{::mkostemp(temporary.data(), O_CLOEXEC)};
  if (file.number < 0) return system_error("write", "file", path);
  std::string_view rest = content;
  bool good = true;
  while (good && !rest.empty()) {
    const ssize_t written = ::write(file.number, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else {
      good = errno == EINTR;
    }
  }
  good = good && (!mode || ::fchmod(file.number, *mode) == 0);
  good = good && ::fsync(file.number) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0;
  if (good) return {};
  Error error = system_error("write", "file", path);
  ::unlink(temporary.c_str());
  return error;
}

}  // namespace

Status replace_private_file(const std::string& path, std::string_view content) {
  const std::filesystem::path target(path);
  std::error_code code;
  if (target.has_parent_path()) std::filesystem::create_directories(target.parent_path(), code);
  return replace(path, content, std::nullopt);
}

Status replace_file(const std::string& path, std::string_view content) {
  std::error_code code;
  const std::filesystem::path target = std::filesystem::canonical(path, code);
  if (code) return io_error("could not write file '" + path + "': " + code.message());
  return replace(target.string(), content, file_mode(path));
}

}  // namespace omnigraph::cli
