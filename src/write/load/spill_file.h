// A file without a name that holds what a load cannot keep in memory: appended to in blocks, read
// back in any order, gone with the process whatever ends it. Beside the graph where that is a local
// folder, else in the system's folder for temporary files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "omnigraph/error.h"
#include "storage/object_store.h"
#include "storage/posix_file.h"

namespace omnigraph {

class SpillFile {
 public:
  struct Block {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint32_t checksum = 0;  // CRC-32C
  };

  // Errors: kIo, kReadOnly, kResourceExhausted (disk full), as below.
  static Result<std::unique_ptr<SpillFile>> create(const ObjectStore& objects);

  // One thread at a time, beside readers.
  Result<Block> append(std::string_view bytes);
  // Thread-safe. kCorrupt when the bytes are not those that were written.
  Result<std::string> read(const Block& block) const;
  std::uint64_t size() const { return size_; }

 private:
  explicit SpillFile(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
  std::uint64_t size_ = 0;
};

}  // namespace omnigraph
