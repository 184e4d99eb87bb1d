#include "cli/baseline_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace omnigraph::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

Error failed(std::string_view doing, const std::string& path) {
  return io_error("could not " + std::string(doing) + " '" + path + "': " + std::strerror(errno));
}

std::string folder_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

Result<BaselineFile> BaselineFile::open(std::string path) {
  BaselineFile out;
  out.path_ = std::move(path);
  const std::string lock = out.path_ + ".lock";
  out.lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (out.lock_ < 0) return failed("open", lock);
  int locked = 0;
  do {
    locked = ::flock(out.lock_, LOCK_EX);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0) return failed("lock", lock);
  std::string temporary = out.path_ + ".XXXXXX";
  out.file_ = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (out.file_ < 0) return failed("write", out.path_);
  out.temporary_ = std::move(temporary);
  // As open() would have made it.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (::fchmod(out.file_, 0666 & ~mask) != 0) return failed("write", out.path_);
  return out;
}

BaselineFile::BaselineFile(BaselineFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      buffer_(std::move(other.buffer_)),
      lock_(std::exchange(other.lock_, -1)),
      file_(std::exchange(other.file_, -1)) {}

BaselineFile::~BaselineFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  if (file_ >= 0) ::close(file_);
  if (lock_ >= 0) ::close(lock_);
}

Status BaselineFile::append(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < kBufferBytes ? Status() : flush();
}

Status BaselineFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return failed("write", path_);
    }
  }
  buffer_.clear();
  return {};
}

Status BaselineFile::install() {
  OG_RETURN_IF_ERROR(flush());
  if (::fsync(file_) != 0) return failed("sync", path_);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return failed("install", path_);
  temporary_.clear();
  const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  if (folder >= 0) ::close(folder);
  if (!synced) return failed("sync the folder of", path_);
  struct stat ours = {};
  struct stat there = {};
  if (::fstat(file_, &ours) != 0 || ::stat(path_.c_str(), &there) != 0) {
    return failed("look at", path_);
  }
  if (ours.st_dev != there.st_dev || ours.st_ino != there.st_ino) {
    return Error(ErrorCode::kConflict, "'" + path_ + "' was replaced by another writer");
  }
  return {};
}

}  // namespace omnigraph::cli
