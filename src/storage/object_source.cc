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

Result<Bytes> ObjectSource::read(std::uint64_t offset, std::uint64_t length) {
  if (offset > length_ || length > length_ - offset) return damaged("a read past its end");
  if (!mapped()) {
    auto bytes = objects_->get(name_, {offset, length});
    if (!bytes.ok()) {
      if (bytes.error().code() == ErrorCode::kNotFound) return damaged("it is missing");
      return bytes;
    }
    if (bytes->data.size() != length) return damaged("it is shorter than it was written");
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
