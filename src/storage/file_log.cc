// The `file` form of the log: records one after the other in files log/<first sequence>, in the
// sectors of log_sectors.h.
//
// A file is made 64 KiB long, all zeros, and grows by its own size (at most 1 MiB at a time), so
// that an append into it changes no metadata and one fdatasync makes it durable. When it has passed
// kRotateBytes at a checkpoint its end is marked and the log goes on in the next file: closed files
// are the packs of this form. The mark is written before the next file exists; the next append
// makes it.
//
// Writers of all processes take turns by an open-file-description lock on log/lock, held only while
// appending, which dies with its holder. Readers take none: they look at the sector where the next
// record would stand.
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <mutex>

#include "common/fault_point.h"
#include "storage/envelope.h"
#include "storage/log.h"
#include "storage/log_sectors.h"
#include "storage/posix_file.h"

namespace omnigraph {
namespace {

constexpr std::uint64_t kGrowFirst = 64 * 1024;
constexpr std::uint64_t kGrowMost = 1024 * 1024;
constexpr std::uint64_t kRotateBytes = 4 * 1024 * 1024;
constexpr std::size_t kFirstReadAhead = 32 * 1024;
constexpr std::size_t kReadChunk = 256 * 1024;
// A reader may see the middle of a write that is under way. It looks again this often, giving way
// to the writer in between, before it calls a sector damaged.
constexpr int kDamageLooks = 64;
constexpr std::string_view kWhat = "log file";

// An opened file of the log.
struct LogFile {
  FileDescriptor fd;
  std::string name;
  bool writable = false;
};

// Where the next record stands.
struct Cursor {
  Sequence sequence = 1;
  std::string name = log_object_name(1);
  std::uint64_t offset = 0;
  std::shared_ptr<LogFile> file;  // null until opened
  bool silent = false;            // what an append looks at is part of the append's cost
};

class WriterLock {
 public:
  explicit WriterLock(int fd) : fd_(fd) {}
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock() {
    if (held_) set(F_UNLCK, F_OFD_SETLK);
  }
  Status take() {
    while (set(F_WRLCK, F_OFD_SETLKW) != 0) {
      if (errno == EINTR) continue;
      return io_error(system_error(errno, "cannot lock", "log/lock").message() +
                      " (the file system must support locks; network file systems are not "
                      "supported for local graphs)");
    }
    held_ = true;
    return {};
  }

 private:
  int set(short type, int command) {
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    return fcntl(fd_, command, &lock);
  }
  int fd_;
  bool held_ = false;
};

class FileLog final : public Log {
 public:
  FileLog(ObjectStorePtr store, std::string root, bool read_only)
      : store_(std::move(store)), root_(std::move(root)), read_only_(read_only) {}

  Result<AppendOutcome> append(Sequence sequence, std::string_view bytes,
                               RecordPosition* where) override;
  Result<std::vector<Stored>> since(Sequence first, std::size_t limit) override;
  Result<std::vector<Stored>> replay(const RecordPosition& next, Sequence last) override;
  Result<Bytes> read(const RecordPosition& where) override;
  RecordPosition end() const override {
    const std::lock_guard lock(mutex_);
    return {cursor_.sequence, cursor_.name, cursor_.offset, 0};
  }
  Status resume(const RecordPosition& next) override {
    const std::lock_guard lock(mutex_);
    cursor_ = cursor_at(next);
    return {};
  }
  Status pack(Sequence first, Sequence through) override;

 private:
  static Cursor cursor_at(const RecordPosition& next) {
    return {next.sequence, next.object, next.offset, nullptr, false};
  }
  std::string path(std::string_view name) const { return root_ + "/" + std::string(name); }

  // Opens the cursor's file; false when it does not exist.
  Result<bool> open_at(Cursor& cursor) const;
  Result<std::uint64_t> size_of(const LogFile& file) const;
  // Reads records from the cursor on, moving it behind them.
  Status read_from(Cursor& cursor, std::size_t limit, std::vector<Stored>& out) const;
  // One record at the cursor, moving over file ends; kRecord, kEmpty or kTorn.
  Result<FrameState> read_one(Cursor& cursor, std::string& window, std::uint64_t& window_at,
                              std::string& record, std::size_t& sectors) const;
  Status fill(const Cursor& cursor, std::string& window, std::uint64_t& window_at,
              std::size_t length) const;

  Status prepare_to_append();
  Status make_file(Cursor& cursor);
  Status make_room(Cursor& cursor, std::uint64_t length);
  Result<Cursor> find(Sequence sequence) const;

  ObjectStorePtr store_;
  const std::string root_;
  const bool read_only_;

  std::mutex append_mutex_;  // held over a whole append; guards lock_fd_ and buffer_
  FileDescriptor lock_fd_;
  std::string buffer_;
  mutable std::mutex mutex_;  // guards cursor_
  Cursor cursor_;
};

Result<bool> FileLog::open_at(Cursor& cursor) const {
  if (cursor.file) return true;
  auto file = std::make_shared<LogFile>();
  file->name = cursor.name;
  const std::string at = path(cursor.name);
  if (!read_only_) {
    file->fd = FileDescriptor(open(at.c_str(), O_RDWR | O_CLOEXEC));
    file->writable = file->fd.valid();
  }
  if (!file->fd.valid()) file->fd = FileDescriptor(open(at.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file->fd.valid()) {
    if (errno == ENOENT) return false;
    return io_error(system_error(errno, "cannot read", cursor.name).message());
  }
  OG_ASSIGN_OR_RETURN(const std::uint64_t size, size_of(*file));
  if (size == 0 || cursor.offset > size || cursor.offset % kSector != 0) {
    return damaged(kWhat, cursor.name, "it is cut short");
  }
  cursor.file = std::move(file);
  return true;
}

Result<std::uint64_t> FileLog::size_of(const LogFile& file) const {
  struct stat info {};
  if (fstat(file.fd.get(), &info) != 0) return system_error(errno, "cannot read", file.name);
  return static_cast<std::uint64_t>(info.st_size);
}

// Makes window hold at least `length` bytes from the cursor's offset on, if the file does.
Status FileLog::fill(const Cursor& cursor, std::string& window, std::uint64_t& window_at,
                     std::size_t length) const {
  window.resize(length);
  window_at = cursor.offset;
  OG_ASSIGN_OR_RETURN(const std::size_t got, read_at(cursor.file->fd.get(), window.data(), length,
                                                     cursor.offset, cursor.name));
  window.resize(got / kSector * kSector);
  if (!cursor.silent) {
    if (length == kSector) {
      store_->note_log_probe();
    } else {
      store_->note_log_read(got);
    }
  }
  return {};
}

Result<FrameState> FileLog::read_one(Cursor& cursor, std::string& window, std::uint64_t& window_at,
                                     std::string& record, std::size_t& sectors) const {
  int looks = 0;
  while (true) {
    OG_ASSIGN_OR_RETURN(const bool there, open_at(cursor));
    if (!there) {
      if (cursor.offset != 0) return damaged(kWhat, cursor.name, "it is missing");
      if (!cursor.silent) store_->note_log_probe();
      return FrameState::kEmpty;
    }
    if (cursor.offset < window_at || cursor.offset > window_at + window.size()) {
      window.clear();
      window_at = cursor.offset;
    }
    std::string_view available = window;
    available.remove_prefix(cursor.offset - window_at);
    const Frame frame = read_frame(available, cursor.sequence, record);
    switch (frame.state) {
      case FrameState::kRecord:
        sectors = frame.sectors;
        return frame.state;
      case FrameState::kShort: {
        // The first look takes one sector, which most often is all there is.
        const std::size_t needed = frame.sectors * kSector;
        const bool probing = window.empty() && needed == kSector;
        // Further ones read ahead, more and more while records keep coming.
        const std::size_t ahead = std::clamp(2 * window.size(), kFirstReadAhead, kReadChunk);
        OG_RETURN_IF_ERROR(
            fill(cursor, window, window_at, probing ? kSector : std::max(needed, ahead)));
        if (window.empty()) {
          // Exactly at the file's end: full, unless the end is not where files end. (The zeros of a
          // growth that was cut off lie behind the last record, so they do not come here.)
          OG_ASSIGN_OR_RETURN(const std::uint64_t size, size_of(*cursor.file));
          if (size % kGrowFirst == 0) return FrameState::kEmpty;
          return damaged(kWhat, cursor.name, "it is cut short");
        }
        if (window.size() < needed) return damaged(kWhat, cursor.name, "it is cut short");
        break;
      }
      case FrameState::kContinued:
        cursor.name = log_object_name(cursor.sequence);
        cursor.offset = 0;
        cursor.file = nullptr;
        window.clear();
        window_at = 0;
        break;
      case FrameState::kEmpty:
      case FrameState::kTorn:
        return frame.state;
      case FrameState::kDamaged:
        if (++looks > kDamageLooks) {
          return damaged(kWhat, cursor.name,
                         std::string(frame.why) + " at offset " + std::to_string(cursor.offset));
        }
        window.clear();
        sched_yield();
        break;
    }
  }
}

Status FileLog::read_from(Cursor& cursor, std::size_t limit, std::vector<Stored>& out) const {
  std::string window, record;
  std::uint64_t window_at = cursor.offset;
  while (out.size() < limit) {
    std::size_t sectors = 0;
    OG_ASSIGN_OR_RETURN(const FrameState state,
                        read_one(cursor, window, window_at, record, sectors));
    if (state != FrameState::kRecord) break;
    const std::uint64_t length = sectors * kSector;
    out.push_back({{cursor.sequence, cursor.name, cursor.offset, length},
                   Bytes::of(std::exchange(record, {}))});
    cursor.offset += length;
    ++cursor.sequence;
  }
  return {};
}

Result<std::vector<Log::Stored>> FileLog::since(Sequence first, std::size_t limit) {
  Cursor cursor;
  {
    const std::lock_guard lock(mutex_);
    cursor = cursor_;
  }
  if (cursor.sequence != first) {
    OG_ASSIGN_OR_RETURN(cursor, find(first));
  }
  std::vector<Stored> out;
  // A record that is being made durable counts: another process may have read it and told of it.
  OG_RETURN_IF_ERROR(read_from(cursor, limit, out));
  const std::lock_guard lock(mutex_);
  // Keeps the opened file even when nothing was found; never goes back.
  if (cursor.sequence >= cursor_.sequence) cursor_ = std::move(cursor);
  return out;
}

// The place of a record that is not the next one: the file that holds it, searched from its start.
Result<Cursor> FileLog::find(Sequence sequence) const {
  OG_ASSIGN_OR_RETURN(const auto names, store_->list("log/"));
  const std::string wanted = log_object_name(sequence);
  std::string best;
  for (const ObjectInfo& info : names) {
    if (log_object_sequence(info.name) && info.name <= wanted) best = info.name;
  }
  Cursor cursor;
  if (best.empty()) {
    if (sequence == 1) return cursor;
    return damaged(kWhat, wanted, "it is missing");
  }
  cursor.name = best;
  cursor.sequence = *log_object_sequence(best);
  std::string window, record;
  std::uint64_t window_at = 0;
  while (cursor.sequence < sequence) {
    std::size_t sectors = 0;
    OG_ASSIGN_OR_RETURN(const FrameState state,
                        read_one(cursor, window, window_at, record, sectors));
    if (state != FrameState::kRecord) {
      return damaged("log record", std::to_string(cursor.sequence), "it is missing");
    }
    cursor.offset += sectors * kSector;
    ++cursor.sequence;
  }
  return cursor;
}

Result<std::vector<Log::Stored>> FileLog::replay(const RecordPosition& next, Sequence last) {
  std::vector<Stored> out;
  if (next.sequence > last) return out;
  Cursor cursor = cursor_at(next);
  OG_RETURN_IF_ERROR(read_from(cursor, last - next.sequence + 1, out));
  if (cursor.sequence <= last) {
    return damaged("log record", std::to_string(cursor.sequence), "it is missing");
  }
  return out;
}

Result<Bytes> FileLog::read(const RecordPosition& where) {
  Cursor cursor = cursor_at(where);
  std::vector<Stored> out;
  OG_RETURN_IF_ERROR(read_from(cursor, 1, out));
  if (out.empty()) return damaged("log record", std::to_string(where.sequence), "it is missing");
  return std::move(out[0].bytes);
}

// Opens the lock file, making log/ when this is the first append.
Status FileLog::prepare_to_append() {
  if (read_only_) return Error(ErrorCode::kReadOnly, "the graph was opened read-only");
  if (lock_fd_.valid()) return {};
  const std::string lock = path("log/lock");
  const auto open_lock = [&] {
    return FileDescriptor(open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  };
  lock_fd_ = open_lock();
  if (!lock_fd_.valid() && errno == ENOENT) {
    if (mkdir(path("log").c_str(), 0777) != 0 && errno != EEXIST) {
      return system_error(errno, "cannot make", "log");
    }
    OG_RETURN_IF_ERROR(sync_folder(root_, "log"));
    lock_fd_ = open_lock();
  }
  if (!lock_fd_.valid()) return system_error(errno, "cannot open", "log/lock");
  return {};
}

// Makes the cursor's file, whole before it has its name. With the lock held.
Status FileLog::make_file(Cursor& cursor) {
  const std::string temporary = path("log/.tmp-next");
  const auto fail = [&](Error error) {
    unlink(temporary.c_str());
    return error;
  };
  {
    const FileDescriptor fd(
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!fd.valid()) return system_error(errno, "cannot write", cursor.name);
    const std::string zeros(kGrowFirst, '\0');
    Status written = write_all_at(fd.get(), zeros, 0, cursor.name);
    if (!written.ok()) return fail(std::move(written).error());
    if (fsync(fd.get()) != 0) return fail(system_error(errno, "cannot sync", cursor.name));
  }
  OG_FAULT_POINT("log.before_new_file");
  if (rename(temporary.c_str(), path(cursor.name).c_str()) != 0) {
    return fail(system_error(errno, "cannot write", cursor.name));
  }
  OG_RETURN_IF_ERROR(sync_folder(path("log"), cursor.name));
  OG_FAULT_POINT("log.after_new_file");
  return {};
}

// Makes the file long enough for `length` more bytes at the cursor. With the lock held.
Status FileLog::make_room(Cursor& cursor, std::uint64_t length) {
  OG_ASSIGN_OR_RETURN(const std::uint64_t size, size_of(*cursor.file));
  const std::uint64_t needed = cursor.offset + length;
  if (needed <= size) return {};
  std::uint64_t grown = size + std::min(size, kGrowMost);
  grown = std::max(grown, (needed + kGrowFirst - 1) / kGrowFirst * kGrowFirst);
  OG_FAULT_POINT("log.before_grow");
  const int fd = cursor.file->fd.get();
  const auto shrink = [&](Error error) -> Error {
    // Back to a length that readers accept. If even that fails, the next writer sees zeros.
    if (ftruncate(fd, static_cast<off_t>(size)) != 0) return error;
    return error;
  };
  // Reserves the blocks, so that a full disk is found here and not in the middle of a record; then
  // writes them, so that later appends find written blocks and need no metadata.
  const int refused =
      posix_fallocate(fd, static_cast<off_t>(size), static_cast<off_t>(grown - size));
  if (refused != 0 && refused != EOPNOTSUPP && refused != EINVAL) {
    return shrink(system_error(refused, "cannot grow", cursor.name));
  }
  const std::string zeros(std::min<std::uint64_t>(grown - size, kGrowMost), '\0');
  for (std::uint64_t at = size; at < grown; at += zeros.size()) {
    const auto n = std::min<std::uint64_t>(zeros.size(), grown - at);
    Status written = write_all_at(fd, std::string_view(zeros).substr(0, n), at, cursor.name);
    if (!written.ok()) return shrink(std::move(written).error());
  }
  if (fsync(fd) != 0) return shrink(system_error(errno, "cannot sync", cursor.name));
  return {};
}

Result<AppendOutcome> FileLog::append(Sequence sequence, std::string_view bytes,
                                      RecordPosition* where) {
  if (bytes.size() > kMaxRecordBytes) {
    return Error(ErrorCode::kResourceExhausted, "a log record of " + std::to_string(bytes.size()) +
                                                    " bytes is over the limit `record_bytes`");
  }
  const std::lock_guard appending(append_mutex_);
  OG_RETURN_IF_ERROR(prepare_to_append());
  WriterLock lock(lock_fd_.get());
  OG_RETURN_IF_ERROR(lock.take());
  Cursor cursor;
  {
    const std::lock_guard guard(mutex_);
    cursor = cursor_;
  }
  if (cursor.sequence != sequence) {
    if (cursor.sequence > sequence) {
      // Settling a lost answer: somebody may have read on meanwhile.
      OG_ASSIGN_OR_RETURN(cursor, find(sequence));
    } else {
      return Error(ErrorCode::kInternal, "an append beyond the end of the log");
    }
  }
  cursor.silent = true;
  std::string window, record;
  std::uint64_t window_at = cursor.offset;
  std::size_t sectors = 0;
  OG_ASSIGN_OR_RETURN(const FrameState state, read_one(cursor, window, window_at, record, sectors));
  cursor.silent = false;
  const bool landed = state == FrameState::kRecord && record == bytes;
  if (state == FrameState::kRecord && !landed) return AppendOutcome::kMoved;
  OG_ASSIGN_OR_RETURN(const bool there, open_at(cursor));
  if (!there) {
    OG_RETURN_IF_ERROR(make_file(cursor));
    OG_ASSIGN_OR_RETURN(const bool made, open_at(cursor));
    if (!made) return io_error("cannot read '" + cursor.name + "' that was just made");
  }
  if (!cursor.file->writable) {
    return Error(ErrorCode::kReadOnly, "cannot write '" + cursor.name + "': it is read-only");
  }
  frame_record(sequence, bytes, buffer_);
  OG_RETURN_IF_ERROR(make_room(cursor, buffer_.size()));
  OG_FAULT_POINT("log.before_write");
  store_->note_log_append(buffer_.size());
  // Bytes that already stand there are written again: the sync that failed may have dropped them.
  Status written = write_all_at(cursor.file->fd.get(), buffer_, cursor.offset, cursor.name);
  if (!written.ok()) {
    // Part of the record may be there. It is torn, so it was never appended.
    return std::move(written).error();
  }
  OG_FAULT_POINT("log.after_write");
  if (fdatasync(cursor.file->fd.get()) != 0) return AppendOutcome::kUnknown;
  OG_FAULT_POINT("log.after_sync");

  if (where != nullptr) *where = {sequence, cursor.name, cursor.offset, buffer_.size()};
  cursor.offset += buffer_.size();
  ++cursor.sequence;
  if (buffer_.capacity() > kGrowMost) std::string().swap(buffer_);
  const std::lock_guard guard(mutex_);
  if (cursor.sequence > cursor_.sequence) cursor_ = std::move(cursor);
  return AppendOutcome::kAppended;
}

// Closes a file that has grown enough; the next append begins another.
Status FileLog::pack(Sequence, Sequence) {
  const std::lock_guard appending(append_mutex_);
  Cursor cursor;
  {
    const std::lock_guard guard(mutex_);
    if (cursor_.offset < kRotateBytes) return {};
    cursor = cursor_;
  }
  OG_RETURN_IF_ERROR(prepare_to_append());
  WriterLock lock(lock_fd_.get());
  OG_RETURN_IF_ERROR(lock.take());
  std::string window, record;
  std::uint64_t window_at = cursor.offset;
  std::size_t sectors = 0;
  const std::string name = cursor.name;
  OG_ASSIGN_OR_RETURN(const FrameState state, read_one(cursor, window, window_at, record, sectors));
  if (state == FrameState::kRecord || cursor.name != name) return {};  // not the end any more
  if (!cursor.file || !cursor.file->writable) return {};
  frame_continuation(cursor.sequence, buffer_);
  OG_RETURN_IF_ERROR(make_room(cursor, buffer_.size()));
  OG_FAULT_POINT("log.before_rotate");
  OG_RETURN_IF_ERROR(write_all_at(cursor.file->fd.get(), buffer_, cursor.offset, cursor.name));
  if (fdatasync(cursor.file->fd.get()) != 0) {
    return system_error(errno, "cannot sync", cursor.name);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Log>> open_file_log(ObjectStorePtr store, bool read_only) {
  std::optional<std::string> root = store->local_path();
  if (!root) return io_error("the log's form is `file`, but the store is not a local folder");
  return std::unique_ptr<Log>(
      std::make_unique<FileLog>(std::move(store), std::move(*root), read_only));
}

}  // namespace omnigraph
