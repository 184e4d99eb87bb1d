#include "storage/caching_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>

#include "common/crc32c.h"
#include "common/sha256.h"
#include "storage/byte_codec.h"
#include "storage/posix_file.h"

namespace omnigraph {
namespace {

constexpr std::string_view kMagic = "OGC1";
constexpr std::size_t kEntryHead = 12;
constexpr std::size_t kMaxEntryBytes = kCacheWholeBytes + 4096;
// The folder is emptied down to this share of its limit.
constexpr double kKeptShare = 0.9;
// A use is noted in the file's time once in so many seconds.
constexpr std::int64_t kTouchSeconds = 60;
// Temporary files older than this are of a process that died.
constexpr auto kTemporaryAge = std::chrono::hours(1);
constexpr std::string_view kTemporary = ".tmp-";

std::string hash_of(std::string_view text) {
  const Sha256Digest digest = sha256(text);
  return hex_text(digest.data(), 16);
}

std::string whole_key(std::string_view name) { return std::string(name) + "#whole"; }
std::string block_key(std::string_view name, std::uint64_t block) {
  return std::string(name) + "#" + std::to_string(block);
}

Bytes part_of(const Bytes& bytes, std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t from = std::min<std::uint64_t>(offset, bytes.data.size());
  return {bytes.data.substr(from, std::min<std::uint64_t>(length, bytes.data.size() - from)),
          bytes.owner};
}

}  // namespace

Result<std::optional<CacheSettings>> cache_settings(const char* folder, const char* max_bytes) {
  CacheSettings settings;
  if (max_bytes != nullptr && *max_bytes != '\0') {
    const std::string_view text = max_bytes;
    const auto [end, code] =
        std::from_chars(text.data(), text.data() + text.size(), settings.max_bytes);
    if (code != std::errc() || end != text.data() + text.size()) {
      return bad_request("OMNIGRAPH_CACHE_BYTES '" + std::string(text) + "' is no number of bytes");
    }
  }
  if (folder == nullptr || *folder == '\0' || settings.max_bytes == 0) {
    return std::optional<CacheSettings>();
  }
  settings.folder = folder;
  return std::optional<CacheSettings>(std::move(settings));
}

std::optional<std::string> CachingStore::scope_of(std::string_view name) const {
  if (name == "graph.json" || name == "checkpoint/latest") return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (scope_.empty()) return std::nullopt;
  return scope_;
}

void CachingStore::seen(std::string_view name, std::string_view bytes) {
  if (name != "graph.json") return;
  std::string scope = hash_of(bytes);
  const std::lock_guard lock(mutex_);
  scope_ = std::move(scope);
}

std::optional<Bytes> CachingStore::find(const std::string& scope, const std::string& key) const {
  const std::string path = settings_.folder + "/" + scope + "/" + hash_of(key);
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.valid() || fstat(file.get(), &status) != 0) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < kEntryHead || size > kMaxEntryBytes) {
    unlink(path.c_str());
    return std::nullopt;
  }
  std::string entry(size, '\0');
  const auto got = read_at(file.get(), entry.data(), size, 0, path);
  if (!got.ok()) return std::nullopt;
  const std::string_view rest = std::string_view(entry).substr(8);
  const bool sound = *got == size && entry.starts_with(kMagic) &&
                     load_fixed<std::uint32_t>(entry.data() + 4) == crc32c(rest) &&
                     load_fixed<std::uint32_t>(rest.data()) == key.size() &&
                     rest.substr(4, key.size()) == key;
  if (!sound) {
    unlink(path.c_str());
    return std::nullopt;
  }
  struct timespec now {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec - status.st_mtim.tv_sec > kTouchSeconds) futimens(file.get(), nullptr);
  Bytes bytes = Bytes::of(std::move(entry));
  bytes.data.remove_prefix(kEntryHead + key.size());
  return bytes;
}

void CachingStore::keep(const std::string& scope, const std::string& key,
                        std::string_view content) {
  std::string rest;
  append_fixed(rest, static_cast<std::uint32_t>(key.size()));
  rest += key;
  rest += content;
  std::string entry(kMagic);
  append_fixed(entry, crc32c(rest));
  entry += rest;
  if (entry.size() > kMaxEntryBytes) return;
  if (entry.size() > settings_.max_bytes) {
    // What is there may be from a time when more was allowed.
    const bool counted = [this] {
      const std::lock_guard lock(mutex_);
      return used_.has_value();
    }();
    if (!counted) evict();
    return;
  }

  const std::string folder = settings_.folder + "/" + scope;
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  std::string temporary = folder + "/" + std::string(kTemporary) + "XXXXXX";
  FileDescriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.valid()) return;
  const std::string path = folder + "/" + hash_of(key);
  if (!write_all_at(file.get(), entry, 0, path).ok() ||
      std::rename(temporary.c_str(), path.c_str()) != 0) {
    unlink(temporary.c_str());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (used_) {
      *used_ += entry.size();
      if (*used_ <= settings_.max_bytes) return;
    }
  }
  evict();
}

// Counts the folder anew and takes the files away that were used longest ago, when it is too large.
// Others may do the same at the same time.
void CachingStore::evict() {
  namespace fs = std::filesystem;
  struct Entry {
    fs::file_time_type used;
    std::uint64_t size;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uint64_t total = 0;
  std::error_code code;
  const auto now = fs::file_time_type::clock::now();
  for (fs::recursive_directory_iterator it(settings_.folder, code), end; !code && it != end;
       it.increment(code)) {
    std::error_code of_file;
    if (!it->is_regular_file(of_file)) continue;
    const std::uint64_t size = it->file_size(of_file);
    if (of_file) continue;
    const auto used = it->last_write_time(of_file);
    if (of_file) continue;
    if (it->path().filename().string().starts_with(kTemporary)) {
      if (now - used > kTemporaryAge) fs::remove(it->path(), of_file);
      continue;
    }
    total += size;
    entries.push_back({used, size, it->path()});
  }
  if (total > settings_.max_bytes) {
    const auto target =
        static_cast<std::uint64_t>(kKeptShare * static_cast<double>(settings_.max_bytes));
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.used < b.used; });
    for (const Entry& entry : entries) {
      if (total <= target) break;
      std::error_code of_file;
      fs::remove(entry.path, of_file);
      total -= entry.size;
    }
  }
  const std::lock_guard lock(mutex_);
  used_ = total;
}

void CachingStore::keep_whole(std::string_view name, std::string_view content) {
  seen(name, content);
  const auto scope = scope_of(name);
  if (scope && content.size() <= kCacheWholeBytes) keep(*scope, whole_key(name), content);
}

Result<Bytes> CachingStore::get(std::string_view name, ByteRange range) {
  if (range.length != UINT64_MAX && range.length > 0) {
    OG_ASSIGN_OR_RETURN(std::vector<Bytes> one, get_ranges(name, {&range, 1}));
    return std::move(one[0]);
  }
  if (range.offset > 0 || range.length == 0) return inner_->get(name, range);
  const auto scope = scope_of(name);
  if (scope) {
    if (auto there = find(*scope, whole_key(name))) return std::move(*there);
  }
  OG_ASSIGN_OR_RETURN(Bytes bytes, inner_->get(name));
  keep_whole(name, bytes.data);
  return bytes;
}

Result<std::vector<Bytes>> CachingStore::get_ranges(std::string_view name,
                                                    std::span<const ByteRange> ranges) {
  FetchRequest request;
  for (const ByteRange& range : ranges) request.pieces.push_back({std::string(name), range});
  OG_ASSIGN_OR_RETURN(Fetched fetched, fetch(request));
  return std::move(fetched.pieces);
}

Result<std::vector<std::optional<Bytes>>> CachingStore::get_many(
    std::span<const std::string> names) {
  OG_ASSIGN_OR_RETURN(Fetched fetched, fetch({{names.begin(), names.end()}, {}, {}}));
  return std::move(fetched.objects);
}

namespace {

bool bounded(const ByteRange& range) {
  return range.length < UINT64_MAX - kCacheBlockBytes - range.offset;
}
std::uint64_t first_block(const ByteRange& range) { return range.offset / kCacheBlockBytes; }
std::uint64_t last_block(const ByteRange& range) {
  return (range.offset + range.length - 1) / kCacheBlockBytes;
}

}  // namespace

// The piece out of blocks that cover it.
Bytes CachingStore::cut(const Blocks& blocks, const FetchRequest::Piece& piece) {
  const std::uint64_t first = first_block(piece.range), last = last_block(piece.range);
  const std::uint64_t skip = piece.range.offset - first * kCacheBlockBytes;
  if (first == last) {
    return part_of(*blocks.at({piece.object, first}), skip, piece.range.length);
  }
  std::string joined;
  for (std::uint64_t b = first; b <= last; ++b) joined += blocks.at({piece.object, b})->data;
  return part_of(Bytes::of(std::move(joined)), skip, piece.range.length);
}

Result<Fetched> CachingStore::fetch(const FetchRequest& request) {
  Fetched out;
  out.objects.resize(request.objects.size());
  out.pieces.resize(request.pieces.size());
  FetchRequest rest;
  rest.names = request.names;
  std::vector<std::size_t> places, piece_places;
  for (std::size_t i = 0; i < request.objects.size(); ++i) {
    const std::string& name = request.objects[i];
    if (const auto scope = scope_of(name)) {
      out.objects[i] = find(*scope, whole_key(name));
      if (out.objects[i]) continue;
    }
    places.push_back(i);
    rest.objects.push_back(name);
  }
  // Pieces that are not in the cache travel as the blocks around them.
  Blocks blocks;
  for (std::size_t i = 0; i < request.pieces.size(); ++i) {
    const FetchRequest::Piece& piece = request.pieces[i];
    if (piece.range.length == 0) continue;
    const auto scope = scope_of(piece.object);
    std::optional<Bytes> whole;
    if (scope) whole = find(*scope, whole_key(piece.object));
    if (whole) {
      out.pieces[i] = part_of(*whole, piece.range.offset, piece.range.length);
    } else if (!scope || !bounded(piece.range)) {
      piece_places.push_back(i);
      rest.pieces.push_back(piece);
    } else {
      for (std::uint64_t b = first_block(piece.range); b <= last_block(piece.range); ++b) {
        auto [block, fresh] = blocks.try_emplace({piece.object, b});
        if (fresh) block->second = find(*scope, block_key(piece.object, b));
      }
    }
  }
  const std::size_t direct = rest.pieces.size();
  for (const auto& [key, block] : blocks) {
    if (block) continue;
    const std::uint64_t begin = key.second * kCacheBlockBytes;
    FetchRequest::Piece* last = rest.pieces.size() > direct ? &rest.pieces.back() : nullptr;
    if (last != nullptr && last->object == key.first &&
        last->range.offset + last->range.length == begin) {
      last->range.length += kCacheBlockBytes;
    } else {
      rest.pieces.push_back({key.first, {begin, kCacheBlockBytes}});
    }
  }
  if (!rest.objects.empty() || !rest.names.empty() || !rest.pieces.empty()) {
    OG_ASSIGN_OR_RETURN(Fetched fetched, inner_->fetch(rest));
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (fetched.objects[i]) keep_whole(rest.objects[i], fetched.objects[i]->data);
      out.objects[places[i]] = std::move(fetched.objects[i]);
    }
    for (std::size_t i = 0; i < direct; ++i) {
      out.pieces[piece_places[i]] = std::move(fetched.pieces[i]);
    }
    for (std::size_t i = direct; i < rest.pieces.size(); ++i) {
      const FetchRequest::Piece& piece = rest.pieces[i];
      for (std::uint64_t at = 0; at < piece.range.length; at += kCacheBlockBytes) {
        const std::uint64_t number = (piece.range.offset + at) / kCacheBlockBytes;
        Bytes block = part_of(fetched.pieces[i], at, kCacheBlockBytes);
        if (!block.data.empty()) {
          keep(*scope_of(piece.object), block_key(piece.object, number), block.data);
        }
        blocks[{piece.object, number}] = std::move(block);
      }
    }
    out.names = std::move(fetched.names);
  }
  for (std::size_t i = 0; i < request.pieces.size(); ++i) {
    const FetchRequest::Piece& piece = request.pieces[i];
    if (piece.range.length == 0 || out.pieces[i].owner || !bounded(piece.range)) continue;
    if (!blocks.contains({piece.object, first_block(piece.range)})) continue;
    out.pieces[i] = cut(blocks, piece);
  }
  return out;
}

Result<PutOutcome> CachingStore::put_if_absent(std::string_view name, std::string_view bytes) {
  OG_ASSIGN_OR_RETURN(const PutOutcome outcome, inner_->put_if_absent(name, bytes));
  if (outcome == PutOutcome::kCreated) seen(name, bytes);
  return outcome;
}

Status CachingStore::remove(std::string_view name) {
  if (const auto scope = scope_of(name)) {
    unlink((settings_.folder + "/" + *scope + "/" + hash_of(whole_key(name))).c_str());
  }
  return inner_->remove(name);
}

}  // namespace omnigraph
