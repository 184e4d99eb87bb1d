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

PieceCutter::PieceCutter(LoadSource& source, std::function<void(const LoadProgress&)> progress,
                         std::size_t piece_bytes)
    : piece_bytes_(piece_bytes), source_(source), progress_(std::move(progress)) {}

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

std::size_t PieceCutter::take_carried(Buffer& buffer) {
  const std::size_t used = carried_.size();
  if (buffer.bytes.size() < used) buffer.bytes.resize(std::max(used, piece_bytes_));
  std::copy(carried_.begin(), carried_.end(), buffer.bytes.begin());
  carried_.clear();
  return used;
}

void PieceCutter::carry(Buffer& buffer, std::size_t end, std::size_t& used) {
  carried_.assign(buffer.bytes.begin() + static_cast<std::ptrdiff_t>(end),
                  buffer.bytes.begin() + static_cast<std::ptrdiff_t>(used));
  used = end;
}

Result<bool> PieceCutter::next(Buffer& buffer) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || (ended_ && carried_.empty())) return false;
  std::size_t used = take_carried(buffer);
  std::size_t searched = 0;
  for (std::size_t upto = std::max(piece_bytes_, used);; upto *= 2) {
    OG_RETURN_IF_ERROR(fill(buffer, upto, used));
    if (ended_) break;
    const std::string_view all(buffer.bytes.data(), used);
    const std::size_t newline = all.substr(searched).rfind('\n');
    if (newline != std::string_view::npos) {
      carry(buffer, searched + newline + 1, used);
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

namespace {

// Where a sequence of JSON values may be cut: behind the bracket that closes its outermost one.
// Goes on where the last call stopped.
class ValueEnds {
 public:
  // The last such place in `text`, or npos.
  std::size_t last(std::string_view text) {
    for (; at_ < text.size(); ++at_) {
      const char c = text[at_];
      if (in_string_) {
        if (escaped_) {
          escaped_ = false;
        } else if (c == '\\') {
          escaped_ = true;
        } else if (c == '"') {
          in_string_ = false;
        }
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '{' || c == '[') {
        ++depth_;
      } else if ((c == '}' || c == ']') && depth_ > 0 && --depth_ == 0) {
        found_ = at_ + 1;
      }
    }
    return found_;
  }

 private:
  std::size_t at_ = 0, depth_ = 0, found_ = std::string_view::npos;
  bool in_string_ = false, escaped_ = false;
};

}  // namespace

Result<bool> PieceCutter::next_values(Buffer& buffer, std::uint64_t limit) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || (ended_ && carried_.empty())) return false;
  std::size_t used = take_carried(buffer);
  ValueEnds ends;
  for (std::size_t upto = std::max(piece_bytes_, used);; upto *= 2) {
    OG_RETURN_IF_ERROR(fill(buffer, upto, used));
    if (ended_) break;
    const std::size_t end = ends.last({buffer.bytes.data(), used});
    if (end != std::string_view::npos) {
      carry(buffer, end, used);
      break;
    }
    if (used > std::max<std::uint64_t>(limit, kMaxLineBytes)) {
      return resource_limit("load memory", std::max<std::uint64_t>(limit, kMaxLineBytes), used);
    }
  }
  buffer.text = {buffer.bytes.data(), used};
  buffer.index = next_index_++;
  return used > 0;
}

bool PieceCutter::ended() {
  const std::lock_guard lock(mutex_);
  return stopped_ || (ended_ && carried_.empty());
}

void PieceCutter::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

}  // namespace omnigraph
