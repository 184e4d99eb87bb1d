#include "storage/posix_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace omnigraph {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

Error system_error(int error, std::string_view doing, std::string_view name) {
  ErrorCode code = ErrorCode::kIo;
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      code = ErrorCode::kNotFound;
      break;
    case EROFS:
    case EACCES:
    case EPERM:
      code = ErrorCode::kReadOnly;
      break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = ErrorCode::kResourceExhausted;
      break;
    default:
      break;
  }
  return {code, std::string(doing) + " '" + std::string(name) +
                    "': " + std::generic_category().message(error)};
}

Status write_all_at(int fd, std::string_view bytes, std::uint64_t offset, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error(errno, "cannot write", name);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return {};
}

Result<std::size_t> read_at(int fd, char* to, std::size_t length, std::uint64_t offset,
                            std::string_view name) {
  std::size_t done = 0;
  while (done < length) {
    const ssize_t n = pread(fd, to + done, length - done, static_cast<off_t>(offset + done));
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error(errno, "cannot read", name);
    }
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

Status sync_folder(const std::string& folder, std::string_view name) {
  const FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return system_error(errno, "cannot open the folder of", name);
  // Some file systems cannot sync a folder and say so; they make entries durable themselves.
  if (fsync(fd.get()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    return system_error(errno, "cannot sync the folder of", name);
  }
  return {};
}

}  // namespace omnigraph
