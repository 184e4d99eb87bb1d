#include "write/load/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "write/limits.h"
#include "write/load/compressed_source.h"

namespace omnigraph {
namespace {

class FileSource final : public LoadSource {
 public:
  // `regular`: a file on disk, not a pipe.
  FileSource(int fd, bool owned, std::string name, bool regular, std::uint64_t total)
      : fd_(fd), owned_(owned), name_(std::move(name)), regular_(regular), total_(total) {}
  ~FileSource() override {
    if (owned_) ::close(fd_);
  }
  Result<std::size_t> read(char* out, std::size_t size) override {
    for (;;) {
      const ssize_t got = ::read(fd_, out, size);
      if (got >= 0) {
        consumed_ += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) return io_error("cannot read '" + name_ + "': " + std::strerror(errno));
    }
  }
  std::uint64_t total() const override { return total_; }
  Result<bool> rewind() override {
    if (!regular_) return false;
    consumed_ = 0;
    if (::lseek(fd_, 0, SEEK_SET) == 0) return true;
    return io_error("cannot read '" + name_ + "' again: " + std::strerror(errno));
  }
  std::uint64_t consumed() const override { return consumed_; }

 private:
  std::uint64_t consumed_ = 0;
  int fd_;
  bool owned_;
  std::string name_;
  bool regular_;
  std::uint64_t total_;
};

class TextSource final : public LoadSource {
 public:
  explicit TextSource(std::string_view text) : text_(text), rest_(text) {}
  Result<std::size_t> read(char* out, std::size_t size) override {
    const std::size_t n = std::min(size, rest_.size());
    std::memcpy(out, rest_.data(), n);
    rest_.remove_prefix(n);
    return n;
  }
  std::uint64_t total() const override { return text_.size(); }
  std::uint64_t consumed() const override { return text_.size() - rest_.size(); }
  Result<bool> rewind() override {
    rest_ = text_;
    return true;
  }

 private:
  std::string_view text_, rest_;
};

}  // namespace

Result<std::unique_ptr<LoadSource>> open_load_source(const std::string& path) {
  if (path == "-") {
    constexpr const char* kName = "standard input";
    return decompressed(std::make_unique<FileSource>(STDIN_FILENO, false, kName, false, 0), kName);
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
    return Error(code, "cannot read '" + path + "': " + std::strerror(errno));
  }
  struct stat info {};
  const bool file = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  const std::uint64_t total = file ? static_cast<std::uint64_t>(info.st_size) : 0;
  if (file) ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return decompressed(std::make_unique<FileSource>(fd, true, path, file, total), path);
}

std::unique_ptr<LoadSource> text_load_source(std::string_view text) {
  return std::make_unique<TextSource>(text);
}

PieceCutter::PieceCutter(LoadSource& source, std::function<void(const LoadProgress&)> progress)
    : source_(source), progress_(std::move(progress)) {}

Status PieceCutter::fill(Buffer& buffer, std::size_t upto, std::size_t& used) {
  if (buffer.bytes.size() < upto) buffer.bytes.resize(upto);
  while (used < upto && !ended_) {
    OG_ASSIGN_OR_RETURN(const std::size_t got,
                        source_.read(buffer.bytes.data() + used, upto - used));
    if (got == 0) ended_ = true;
    used += got;
  }
  if (progress_) progress_({source_.consumed(), source_.total()});
  return {};
}

Result<bool> PieceCutter::next(Buffer& buffer) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || (ended_ && carried_.empty())) return false;
  std::size_t used = carried_.size();
  if (buffer.bytes.size() < used) buffer.bytes.resize(std::max(used, kPieceBytes));
  std::copy(carried_.begin(), carried_.end(), buffer.bytes.begin());
  carried_.clear();
  std::size_t searched = 0;
  for (std::size_t upto = std::max(kPieceBytes, used);; upto *= 2) {
    OG_RETURN_IF_ERROR(fill(buffer, upto, used));
    if (ended_) break;
    const std::string_view all(buffer.bytes.data(), used);
    const std::size_t newline = all.substr(searched).rfind('\n');
    if (newline != std::string_view::npos) {
      const std::size_t end = searched + newline + 1;
      carried_.assign(buffer.bytes.begin() + static_cast<std::ptrdiff_t>(end),
                      buffer.bytes.begin() + static_cast<std::ptrdiff_t>(used));
      used = end;
      break;
    }
    if (used > kMaxLineBytes + 1) {  // its end does not matter any more
      stopped_ = true;
      break;
    }
    searched = used;
  }
  buffer.text = {buffer.bytes.data(), used};
  buffer.index = next_index_++;
  return used > 0;
}

Result<bool> PieceCutter::rest(Buffer& buffer, std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  std::size_t used = 0;
  for (std::size_t upto = kPieceBytes; !ended_; upto *= 2) {
    OG_RETURN_IF_ERROR(fill(buffer, upto, used));
    if (used > limit) return resource_limit("load memory", limit, used);
  }
  buffer.text = {buffer.bytes.data(), used};
  buffer.index = next_index_++;
  return used > 0;
}

void PieceCutter::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

}  // namespace omnigraph
