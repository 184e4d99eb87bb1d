// Ranges of one immutable object: views of a mapped file when the store is a local folder, else
// ranged gets. Touched first by the first read. Thread-safe.
//
// Of an object that is not on this machine, the head (kHeadBytes; all of it up to kSmallBytes) is
// fetched when a part of it is read, and stays; so do the last kMaxWindows pieces that were primed.
#pragma once

#include <cstdint>
#include <deque>
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
  ObjectStore& objects() const { return *objects_; }
  // What is fetched with the first read of the beginning.
  ByteRange head() const { return {0, small() ? length_ : kHeadBytes}; }
  bool small() const { return length_ <= kSmallBytes; }
  // Whether a read of the range needs no call. Always false for a mapped file.
  bool holds(ByteRange range);
  // Hands over what was fetched from `offset` on. Ignored when it is not what head() or a read
  // would have given: a wrong length.
  void prime(std::uint64_t offset, Bytes bytes);
  // Whether equal reads give the same memory.
  bool mapped() const { return objects_->local_path().has_value(); }

 private:
  static constexpr std::uint64_t kSmallBytes = std::uint64_t{512} << 10;
  static constexpr std::uint64_t kHeadBytes = std::uint64_t{128} << 10;
  static constexpr std::size_t kMaxWindows = 64;
  struct Window {
    std::uint64_t offset = 0;
    Bytes bytes;
  };

  Result<Bytes> map();
  std::optional<Bytes> find(std::uint64_t offset, std::uint64_t length);
  Error damaged(std::string_view what) const;

  const ObjectStorePtr objects_;
  const std::string name_;
  const std::uint64_t length_;
  std::mutex mutex_;  // guards the rest
  Bytes whole_;       // of a mapped file
  Bytes head_;        // of one that is not
  std::deque<Window> windows_;
};

}  // namespace omnigraph
