#include "storage/object_source.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace omnigraph {
namespace {

struct Mapping {
  Mapping(void* address, std::size_t bytes) : at(address), size(bytes) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { munmap(at, size); }
  void* at;
  std::size_t size;
};

}  // namespace

Error ObjectSource::damaged(std::string_view what) const {
  return corrupt("object '" + name_ + "' is damaged: " + std::string(what) +
                 "; run `omnigraph repair` or restore the object from a copy");
}

Result<Bytes> ObjectSource::map() {
  const std::string path = *objects_->local_path() + "/" + name_;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno == ENOENT) return damaged("it is missing");
    return io_error("cannot open object '" + name_ + "': " + std::strerror(errno));
  }
  struct stat status {};
  const bool sized = fstat(file, &status) == 0;
  if (!sized || static_cast<std::uint64_t>(status.st_size) != length_ || length_ == 0) {
    close(file);
    return damaged("it has " + std::to_string(status.st_size) + " bytes instead of " +
                   std::to_string(length_));
  }
  void* at = mmap(nullptr, length_, PROT_READ, MAP_SHARED, file, 0);
  const int failure = errno;
  close(file);
  if (at == MAP_FAILED) {
    return io_error("cannot map object '" + name_ + "': " + std::strerror(failure));
  }
  Bytes bytes;
  bytes.data = {static_cast<const char*>(at), length_};
  bytes.owner = std::make_shared<const Mapping>(at, length_);
  return bytes;
}

std::optional<Bytes> ObjectSource::find(std::uint64_t offset, std::uint64_t length) {
  const auto out_of = [&](const Bytes& bytes, std::uint64_t from) -> std::optional<Bytes> {
    if (offset < from || offset + length > from + bytes.data.size()) return std::nullopt;
    return Bytes{bytes.data.substr(offset - from, length), bytes.owner};
  };
  const std::lock_guard lock(mutex_);
  if (head_.owner) {
    if (auto found = out_of(head_, 0)) return found;
  }
  for (const Window& window : windows_) {
    if (auto found = out_of(window.bytes, window.offset)) return found;
  }
  return std::nullopt;
}

bool ObjectSource::holds(ByteRange range) {
  return !mapped() && find(range.offset, range.length).has_value();
}

void ObjectSource::prime(std::uint64_t offset, Bytes bytes) {
  if (bytes.data.empty() || offset > length_ || bytes.data.size() > length_ - offset) return;
  const std::lock_guard lock(mutex_);
  if (offset == 0 && bytes.data.size() == head().length) {
    head_ = std::move(bytes);
    return;
  }
  windows_.push_back({offset, std::move(bytes)});
  if (windows_.size() > kMaxWindows) windows_.pop_front();
}

Result<Bytes> ObjectSource::read(std::uint64_t offset, std::uint64_t length) {
  if (offset > length_ || length > length_ - offset) return damaged("a read past its end");
  if (!mapped()) {
    if (auto there = find(offset, length)) return std::move(*there);
    const ByteRange head = this->head();
    const bool of_head = offset + length <= head.length;
    auto bytes = objects_->get(name_, of_head ? head : ByteRange{offset, length});
    if (!bytes.ok()) {
      if (bytes.error().code() == ErrorCode::kNotFound) return damaged("it is missing");
      return bytes;
    }
    if (bytes->data.size() != (of_head ? head.length : length)) {
      return damaged("it is shorter than it was written");
    }
    if (!of_head) return bytes;
    prime(0, *bytes);
    bytes->data = bytes->data.substr(offset, length);
    return bytes;
  }
  Bytes part;
  {
    const std::lock_guard lock(mutex_);
    if (!whole_.owner) {
      OG_ASSIGN_OR_RETURN(whole_, map());
    }
    part = whole_;
  }
  part.data = part.data.substr(offset, length);
  return part;
}

}  // namespace omnigraph
