// An ObjectStore in a folder. An object is a file; it is written under a temporary name in the same
// folder, synced, then linked (put_if_absent: fails when the name is taken) or renamed (put) to its
// name, and the folder is synced. So a name is there with its whole content or not at all.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "common/fault_point.h"
#include "storage/object_store.h"
#include "storage/posix_file.h"

namespace omnigraph {
namespace {

// From here on a range is mapped rather than copied.
constexpr std::uint64_t kMapBytes = 128 * 1024;
constexpr std::size_t kWriterBuffer = 256 * 1024;
// Folders below a store's root; deeper ones are not ours and are not listed.
constexpr int kMaxListDepth = 8;
constexpr std::string_view kTemporaryPrefix = ".tmp-";

// A mapped range of a file, shared by the Bytes that point into it.
class Mapping {
 public:
  Mapping(void* at, std::size_t length) : at_(at), length_(length) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { munmap(at_, length_); }

 private:
  void* at_;
  std::size_t length_;
};

Result<Bytes> read_range(int fd, std::uint64_t file_size, ByteRange range, std::string_view name) {
  const std::uint64_t from = std::min(range.offset, file_size);
  const auto length = static_cast<std::size_t>(std::min(range.length, file_size - from));
  if (length >= kMapBytes) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    const std::uint64_t start = from / page * page;
    const std::size_t mapped = length + static_cast<std::size_t>(from - start);
    void* at =
        mmap(nullptr, mapped, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, static_cast<off_t>(start));
    if (at != MAP_FAILED) {
      auto owner = std::make_shared<const Mapping>(at, mapped);
      return Bytes{{static_cast<const char*>(at) + (from - start), length}, std::move(owner)};
    }
  }
  std::shared_ptr<char[]> buffer(new char[length == 0 ? 1 : length]);
  OG_ASSIGN_OR_RETURN(const std::size_t got, read_at(fd, buffer.get(), length, from, name));
  const std::string_view data(buffer.get(), got);
  return Bytes{data, std::shared_ptr<const void>(std::move(buffer))};
}

class LocalStore final : public ObjectStore {
 public:
  explicit LocalStore(std::string root) : root_(std::move(root)) {
    while (root_.size() > 1 && root_.back() == '/') root_.pop_back();
  }

  std::optional<std::string> local_path() const override { return root_; }

  Result<Bytes> get(std::string_view name, ByteRange range) override {
    OG_ASSIGN_OR_RETURN(const Opened file, open_file(name));
    return read_range(file.fd.get(), file.size, range, name);
  }

  Result<std::vector<Bytes>> get_ranges(std::string_view name,
                                        std::span<const ByteRange> ranges) override {
    OG_ASSIGN_OR_RETURN(const Opened file, open_file(name));
    std::vector<Bytes> out;
    out.reserve(ranges.size());
    for (const ByteRange& range : ranges) {
      OG_ASSIGN_OR_RETURN(Bytes bytes, read_range(file.fd.get(), file.size, range, name));
      out.push_back(std::move(bytes));
    }
    return out;
  }

  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override {
    // Most often the name is free; when it is not, say so before anything is written.
    if (access(path(name).c_str(), F_OK) == 0) return PutOutcome::kExists;
    OG_ASSIGN_OR_RETURN(auto temporary, write_temporary(name, bytes));
    return temporary.publish_if_absent();
  }

  Status put(std::string_view name, std::string_view bytes) override {
    OG_ASSIGN_OR_RETURN(auto temporary, write_temporary(name, bytes));
    return temporary.publish();
  }

  Result<std::unique_ptr<ObjectWriter>> writer(std::string_view name) override {
    OG_ASSIGN_OR_RETURN(Temporary temporary, Temporary::create(*this, name));
    return std::unique_ptr<ObjectWriter>(std::make_unique<Writer>(std::move(temporary)));
  }

  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override {
    std::vector<ObjectInfo> out;
    const std::size_t slash = prefix.rfind('/');
    const std::string folder(slash == std::string_view::npos ? "" : prefix.substr(0, slash + 1));
    OG_RETURN_IF_ERROR(list_folder(folder, {prefix, start_after, limit}, 0, out));
    return out;
  }

  Status remove(std::string_view name) override {
    OG_RETURN_IF_ERROR(check(name));
    if (unlink(path(name).c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
      return system_error(errno, "cannot remove", name);
    }
    return {};
  }

  Result<ObjectInfo> head(std::string_view name) override {
    OG_RETURN_IF_ERROR(check(name));
    struct stat info {};
    if (stat(path(name).c_str(), &info) != 0) return system_error(errno, "cannot read", name);
    if (!S_ISREG(info.st_mode)) return not_found("'" + std::string(name) + "' is not a file");
    return ObjectInfo{std::string(name), static_cast<std::uint64_t>(info.st_size)};
  }

 private:
  struct Opened {
    FileDescriptor fd;
    std::uint64_t size = 0;
  };

  // A file under a temporary name, taken away unless it is published.
  class Temporary {
   public:
    static Result<Temporary> create(const LocalStore& store, std::string_view name) {
      OG_RETURN_IF_ERROR(check(name));
      Temporary made;
      made.name_ = std::string(name);
      made.path_ = store.path(name);
      const std::size_t slash = made.path_.rfind('/');
      made.folder_ = made.path_.substr(0, slash);
      static std::atomic<std::uint64_t> counter{0};
      made.temporary_ = made.folder_ + "/" + std::string(kTemporaryPrefix) +
                        std::to_string(getpid()) + "-" + std::to_string(counter.fetch_add(1));
      made.fd_ = open_new(made.temporary_);
      if (!made.fd_.valid() && errno == ENOENT) {
        OG_RETURN_IF_ERROR(made.make_folders());
        made.fd_ = open_new(made.temporary_);
      }
      if (!made.fd_.valid()) {
        const int error = errno;
        made.temporary_.clear();
        made.remove_made_folders();
        return system_error(error, "cannot write", name);
      }
      return made;
    }

    Temporary(Temporary&& other) noexcept
        : name_(std::move(other.name_)),
          path_(std::move(other.path_)),
          folder_(std::move(other.folder_)),
          temporary_(std::exchange(other.temporary_, std::string())),
          fd_(std::move(other.fd_)),
          made_(std::exchange(other.made_, {})) {}
    ~Temporary() {
      if (!temporary_.empty()) unlink(temporary_.c_str());
      remove_made_folders();
    }

    Status write(std::string_view bytes, std::uint64_t offset) {
      return write_all_at(fd_.get(), bytes, offset, name_);
    }
    Status publish() {
      OG_RETURN_IF_ERROR(sync());
      if (rename(temporary_.c_str(), path_.c_str()) != 0) {
        return system_error(errno, "cannot write", name_);
      }
      temporary_.clear();
      return sync_names();
    }
    Result<PutOutcome> publish_if_absent() {
      OG_RETURN_IF_ERROR(sync());
      if (link(temporary_.c_str(), path_.c_str()) != 0) {
        if (errno == EEXIST) return PutOutcome::kExists;
        return system_error(errno, "cannot write", name_);
      }
      OG_FAULT_POINT("local.after_link");
      unlink(temporary_.c_str());
      temporary_.clear();
      OG_RETURN_IF_ERROR(sync_names());
      return PutOutcome::kCreated;
    }
    const std::string& name() const { return name_; }

   private:
    Temporary() = default;

    static FileDescriptor open_new(const std::string& path) {
      return FileDescriptor(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    }
    Status sync() {
      if (fsync(fd_.get()) != 0) return system_error(errno, "cannot sync", name_);
      return {};
    }
    // The object's folder, and the parents of folders that this put made.
    Status sync_names() {
      std::vector<std::string> made;
      made.swap(made_);
      OG_RETURN_IF_ERROR(sync_folder(folder_, name_));
      for (auto it = made.rbegin(); it != made.rend(); ++it) {
        const std::size_t slash = it->rfind('/');
        const std::string parent = slash == std::string::npos ? "."
                                   : slash == 0               ? "/"
                                                              : it->substr(0, slash);
        OG_RETURN_IF_ERROR(sync_folder(parent, name_));
      }
      return {};
    }
    Status make_folders() {
      std::vector<std::string> missing;
      for (std::string at = folder_; !at.empty() && access(at.c_str(), F_OK) != 0;) {
        missing.push_back(at);
        const std::size_t slash = at.rfind('/');
        at = slash == std::string::npos ? "" : at.substr(0, slash);
      }
      for (auto it = missing.rbegin(); it != missing.rend(); ++it) {
        if (mkdir(it->c_str(), 0777) == 0) {
          made_.push_back(*it);
        } else if (errno != EEXIST) {
          const int error = errno;
          remove_made_folders();
          return system_error(error, "cannot make the folder of", name_);
        }
      }
      return {};
    }
    void remove_made_folders() {
      for (auto it = made_.rbegin(); it != made_.rend(); ++it) rmdir(it->c_str());
      made_.clear();
    }

    std::string name_, path_, folder_, temporary_;
    FileDescriptor fd_;
    std::vector<std::string> made_;  // folders that did not exist, outermost first
  };

  class Writer final : public ObjectWriter {
   public:
    explicit Writer(Temporary temporary) : temporary_(std::move(temporary)) {
      buffer_.reserve(kWriterBuffer);
    }
    Status append(std::string_view bytes) override {
      if (buffer_.size() + bytes.size() > kWriterBuffer) OG_RETURN_IF_ERROR(flush());
      if (bytes.size() >= kWriterBuffer) {
        OG_RETURN_IF_ERROR(temporary_.write(bytes, flushed_));
        flushed_ += bytes.size();
        return {};
      }
      buffer_ += bytes;
      return {};
    }
    std::uint64_t size() const override { return flushed_ + buffer_.size(); }
    Status finish() override {
      OG_RETURN_IF_ERROR(flush());
      return temporary_.publish();
    }

   private:
    Status flush() {
      OG_RETURN_IF_ERROR(temporary_.write(buffer_, flushed_));
      flushed_ += buffer_.size();
      buffer_.clear();
      return {};
    }
    Temporary temporary_;
    std::string buffer_;
    std::uint64_t flushed_ = 0;
  };

  struct ListQuery {
    std::string_view prefix, start_after;
    std::size_t limit;
  };

  static Status check(std::string_view name) {
    if (valid_object_name(name)) return {};
    return Error(ErrorCode::kInternal, "not an object name: '" + std::string(name) + "'");
  }
  std::string path(std::string_view name) const {
    std::string out;
    out.reserve(root_.size() + 1 + name.size());
    out += root_;
    out += '/';
    out += name;
    return out;
  }

  Result<Opened> open_file(std::string_view name) const {
    OG_RETURN_IF_ERROR(check(name));
    Opened out;
    out.fd = FileDescriptor(open(path(name).c_str(), O_RDONLY | O_CLOEXEC));
    if (!out.fd.valid()) {
      Error error = system_error(errno, "cannot read", name);
      // "Read-only" is a refusal to write; a refusal to read is a failure.
      if (error.code() == ErrorCode::kReadOnly) return io_error(error.message());
      return error;
    }
    struct stat info {};
    if (fstat(out.fd.get(), &info) != 0) return system_error(errno, "cannot read", name);
    if (!S_ISREG(info.st_mode)) return not_found("'" + std::string(name) + "' is not a file");
    out.size = static_cast<std::uint64_t>(info.st_size);
    return out;
  }

  Result<Temporary> write_temporary(std::string_view name, std::string_view bytes) {
    OG_ASSIGN_OR_RETURN(Temporary temporary, Temporary::create(*this, name));
    OG_RETURN_IF_ERROR(temporary.write(bytes, 0));
    return temporary;
  }

  // Appends the objects of `folder` ("" or "a/b/") in order. A folder sorts as its name with the
  // '/', which is where its objects stand among the names.
  Status list_folder(const std::string& folder, const ListQuery& query, int depth,
                     std::vector<ObjectInfo>& out) const {
    if (depth > kMaxListDepth) return {};
    const std::string at = folder.empty() ? root_ : path(folder);
    DIR* dir = opendir(at.c_str());
    if (dir == nullptr) {
      if (errno == ENOENT || errno == ENOTDIR) return {};
      return io_error(system_error(errno, "cannot list", folder).message());
    }
    std::vector<std::string> names;
    while (const dirent* entry = readdir(dir)) {
      std::string name = entry->d_name;
      if (name == "." || name == ".." || name.starts_with(kTemporaryPrefix)) continue;
      bool is_folder = entry->d_type == DT_DIR;
      if (entry->d_type == DT_UNKNOWN) {
        struct stat info {};
        is_folder = stat((at + "/" + name).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
      }
      if (is_folder) name += '/';
      names.push_back(folder + name);
    }
    closedir(dir);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (out.size() >= query.limit) break;
      if (name.back() == '/') {
        // Skipped when nothing below it can begin with the prefix or follow start_after.
        if (!name.starts_with(query.prefix) && !query.prefix.starts_with(name)) continue;
        if (name < query.start_after && !query.start_after.starts_with(name)) continue;
        OG_RETURN_IF_ERROR(list_folder(name, query, depth + 1, out));
        continue;
      }
      if (!name.starts_with(query.prefix) || name <= query.start_after) continue;
      struct stat info {};
      if (stat(path(name).c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      out.push_back({name, static_cast<std::uint64_t>(info.st_size)});
    }
    return {};
  }

  std::string root_;
};

}  // namespace

Result<ObjectStorePtr> open_local_store(std::string path, bool create) {
  if (path.empty()) return bad_request("the path of a store is empty");
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    const int error = errno;
    if (error != ENOENT || !create) return system_error(error, "cannot open", path);
  } else if (!S_ISDIR(info.st_mode)) {
    return io_error("cannot open '" + path + "': not a folder");
  }
  return ObjectStorePtr(std::make_shared<LocalStore>(std::move(path)));
}

}  // namespace omnigraph
