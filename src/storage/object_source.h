// Ranges of one immutable object: views of a mapped file when the store is a local folder, else
// ranged gets. Touched first by the first read. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "storage/object_store.h"

namespace omnigraph {

class ObjectSource {
 public:
  // `length` is what the segment's reference says.
  ObjectSource(ObjectStorePtr objects, std::string name, std::uint64_t length)
      : objects_(std::move(objects)), name_(std::move(name)), length_(length) {}

  // [offset, offset + length), all of it. Errors: kCorrupt when the object is missing or has
  // another length than it should, kIo.
  Result<Bytes> read(std::uint64_t offset, std::uint64_t length);
  const std::string& name() const { return name_; }
  std::uint64_t length() const { return length_; }
  // Whether equal reads give the same memory.
  bool mapped() const { return objects_->local_path().has_value(); }

 private:
  Result<Bytes> map();
  Error damaged(std::string_view what) const;

  const ObjectStorePtr objects_;
  const std::string name_;
  const std::uint64_t length_;
  std::mutex mutex_;  // guards whole_
  Bytes whole_;
};

}  // namespace omnigraph
