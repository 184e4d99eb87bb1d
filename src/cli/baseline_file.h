// The file that a baseline is written into: whole and durable under its name, or not there at all.
// Captures to one path, of this and other processes, wait for each other on an advisory lock on
// PATH.lock, which stays behind.
#pragma once

#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph::cli {

// Not thread-safe. Dropping it before install() leaves the old file as it was and no other behind.
class BaselineFile {
 public:
  // Waits for the lock, then opens a temporary file beside `path`.
  static Result<BaselineFile> open(std::string path);
  BaselineFile(BaselineFile&& other) noexcept;
  ~BaselineFile();

  Status append(std::string_view bytes);
  // Syncs, renames over the path and syncs the folder. kConflict when somebody else replaced the
  // path meanwhile.
  Status install();

 private:
  BaselineFile() = default;
  Status flush();

  std::string path_, temporary_, buffer_;
  int lock_ = -1, file_ = -1;
};

}  // namespace omnigraph::cli
