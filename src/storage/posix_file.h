// File descriptors and system errors of the local store and the file log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "omnigraph/error.h"

namespace omnigraph {

// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// The error of a failed system call on `name`: kNotFound (missing), kReadOnly (permission,
// read-only file system), kResourceExhausted (disk or quota full), else kIo. `doing` reads "cannot
// write".
Error system_error(int error, std::string_view doing, std::string_view name);

// Whole transfers, retried on interruption. read_at returns how many bytes there were before the
// end of the file.
Status write_all_at(int fd, std::string_view bytes, std::uint64_t offset, std::string_view name);
Result<std::size_t> read_at(int fd, char* to, std::size_t length, std::uint64_t offset,
                            std::string_view name);
// Makes the entries of a folder durable.
Status sync_folder(const std::string& folder, std::string_view name);

}  // namespace omnigraph
