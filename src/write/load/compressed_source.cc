#include "write/load/compressed_source.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace omnigraph {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
constexpr std::size_t kMagicBytes = 4;
constexpr std::string_view kGzipMagic = "\x1F\x8B";
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";

// What was read of a source in order to look at it, then the rest.
class Peeked final : public LoadSource {
 public:
  explicit Peeked(std::unique_ptr<LoadSource> source) : source_(std::move(source)) {}

  // At least `size` bytes of the input unless it ends before.
  Result<std::string_view> peek(std::size_t size) {
    head_.resize(size);
    while (filled_ < size) {
      OG_ASSIGN_OR_RETURN(const std::size_t got,
                          source_->read(head_.data() + filled_, size - filled_));
      if (got == 0) break;
      filled_ += got;
    }
    return std::string_view(head_.data(), filled_);
  }
  Result<std::size_t> read(char* out, std::size_t size) override {
    if (given_ == filled_) return source_->read(out, size);
    const std::size_t n = std::min(size, filled_ - given_);
    std::memcpy(out, head_.data() + given_, n);
    given_ += n;
    return n;
  }
  std::uint64_t total() const override { return source_->total(); }
  std::uint64_t consumed() const override { return source_->consumed(); }
  Result<bool> rewind() override {
    OG_ASSIGN_OR_RETURN(const bool done, source_->rewind());
    if (done) given_ = filled_ = 0;
    return done;
  }

 private:
  std::unique_ptr<LoadSource> source_;
  std::vector<char> head_;
  std::size_t filled_ = 0, given_ = 0;
};

// The compressed bytes at hand.
class Compressed : public LoadSource {
 public:
  Compressed(std::unique_ptr<LoadSource> source, std::string name)
      : source_(std::move(source)), name_(std::move(name)), buffer_(kBufferBytes) {}
  std::uint64_t total() const override { return source_->total(); }
  std::uint64_t consumed() const override { return source_->consumed(); }
  Result<bool> rewind() override {
    OG_ASSIGN_OR_RETURN(const bool done, source_->rewind());
    if (!done) return false;
    at_ = filled_ = 0;
    ended_ = false;
    restart();
    return true;
  }

 protected:
  // Forgets what was decoded so far.
  virtual void restart() = 0;

  // Makes sure that there are bytes, or sets ended_.
  Status fill() {
    if (at_ < filled_ || ended_) return {};
    OG_ASSIGN_OR_RETURN(filled_, source_->read(buffer_.data(), buffer_.size()));
    at_ = 0;
    ended_ = filled_ == 0;
    return {};
  }
  Error damaged(const std::string& form, const std::string& what) const {
    return bad_request("cannot read '" + name_ + "': its " + form + " data " + what);
  }

  std::unique_ptr<LoadSource> source_;
  const std::string name_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, filled_ = 0;
  bool ended_ = false;
};

class GzipSource final : public Compressed {
 public:
  using Compressed::Compressed;
  ~GzipSource() override { close(); }
  Result<std::size_t> read(char* out, std::size_t size) override {
    constexpr int kOnlyGzip = 16 + MAX_WBITS;
    size = std::min<std::size_t>(size, std::size_t{1} << 30);
    std::size_t made = 0;
    while (made < size) {
      OG_RETURN_IF_ERROR(fill());
      if (ended_) {
        if (open_) return damaged("gzip", "ends early");
        break;
      }
      if (!open_) {
        if (inflateInit2(&stream_, kOnlyGzip) != Z_OK) return damaged("gzip", "needs memory");
        open_ = true;
      }
      stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data() + at_);
      stream_.avail_in = static_cast<uInt>(filled_ - at_);
      stream_.next_out = reinterpret_cast<Bytef*>(out + made);
      stream_.avail_out = static_cast<uInt>(size - made);
      const int outcome = inflate(&stream_, Z_NO_FLUSH);
      at_ = filled_ - stream_.avail_in;
      made = size - stream_.avail_out;
      if (outcome == Z_STREAM_END) {
        close();  // another member may follow
      } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
        return damaged("gzip", "is damaged");
      }
    }
    return made;
  }

 private:
  void restart() override { close(); }
  void close() {
    if (open_) inflateEnd(&stream_);
    open_ = false;
  }
  z_stream stream_{};
  bool open_ = false;  // inside a member
};

class ZstdSource final : public Compressed {
 public:
  using Compressed::Compressed;
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }
  Result<std::size_t> read(char* out, std::size_t size) override {
    ZSTD_outBuffer to{out, size, 0};
    while (to.pos < to.size) {
      OG_RETURN_IF_ERROR(fill());
      if (ended_ && !open_) break;
      ZSTD_inBuffer from{buffer_.data(), filled_, at_};
      const std::size_t before = to.pos;
      const std::size_t outcome = ZSTD_decompressStream(stream_, &to, &from);
      at_ = from.pos;
      if (ZSTD_isError(outcome) != 0) {
        if (std::string_view(ZSTD_getErrorName(outcome)).find("memory") != std::string_view::npos) {
          return Error(ErrorCode::kResourceExhausted,
                       "cannot read '" + name_ +
                           "': its Zstandard window is larger than 128 MiB; compress it without "
                           "--long or --ultra");
        }
        return damaged("Zstandard", "is damaged");
      }
      open_ = outcome != 0;  // 0: a frame is whole
      if (ended_ && open_ && to.pos == before) return damaged("Zstandard", "ends early");
    }
    return to.pos;
  }

 private:
  void restart() override {
    ZSTD_DCtx_reset(stream_, ZSTD_reset_session_only);
    open_ = false;
  }
  ZSTD_DStream* const stream_ = ZSTD_createDStream();
  bool open_ = false;  // inside a frame
};

}  // namespace

Result<std::unique_ptr<LoadSource>> decompressed(std::unique_ptr<LoadSource> source,
                                                 std::string name) {
  auto peeked = std::make_unique<Peeked>(std::move(source));
  OG_ASSIGN_OR_RETURN(const std::string_view head, peeked->peek(kMagicBytes));
  if (head == "PAR1" || head == "ARRO") {
    return bad_request("cannot read '" + name + "' as NDJSON: it is " +
                       (head == "PAR1" ? "a Parquet" : "an Arrow") +
                       " file; name the type of its rows with --type");
  }
  if (head.starts_with(kGzipMagic)) {
    return std::unique_ptr<LoadSource>(
        std::make_unique<GzipSource>(std::move(peeked), std::move(name)));
  }
  if (head.starts_with(kZstdMagic)) {
    return std::unique_ptr<LoadSource>(
        std::make_unique<ZstdSource>(std::move(peeked), std::move(name)));
  }
  return std::unique_ptr<LoadSource>(std::move(peeked));
}

}  // namespace omnigraph
