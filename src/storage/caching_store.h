// Keeps what was read of immutable objects in a folder on a local disk: for graphs in the cloud.
// Processes share the folder; any file in it, and the folder itself, may be deleted at any time.
// What is there is bounded, checked when it is read, and never what a graph depends on: a cache
// that cannot be read or written is as good as none.
//
// Objects whose name may come to mean something else (graph.json, checkpoint/latest, and every name
// before graph.json was read) are not kept. All others belong to the graph whose graph.json was
// read or made last through this store, so that a graph made anew at the same root finds nothing of
// the old one.
//
// Layout: <folder>/<hash of graph.json>/<hash of name and piece>, each file an entry:
//   "OGC1", u32 CRC-32C of the rest, u32 length of the key, key ("name#piece"), content
// where the piece is "whole" or the number of a block of kCacheBlockBytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/object_store.h"

namespace omnigraph {

// Ranged reads are kept, and fetched, in blocks of this size.
inline constexpr std::uint64_t kCacheBlockBytes = std::uint64_t{256} << 10;
// Whole objects up to this size are kept.
inline constexpr std::uint64_t kCacheWholeBytes = std::uint64_t{8} << 20;
inline constexpr std::uint64_t kDefaultCacheBytes = std::uint64_t{4} << 30;

struct CacheSettings {
  std::string folder;
  std::uint64_t max_bytes = kDefaultCacheBytes;
};
// From OMNIGRAPH_CACHE_DIR and OMNIGRAPH_CACHE_BYTES; nullopt when no folder is named. Error:
// kBadRequest when the number is none.
Result<std::optional<CacheSettings>> cache_settings(const char* folder, const char* max_bytes);

// Thread-safe.
class CachingStore final : public ObjectStore {
 public:
  CachingStore(ObjectStorePtr inner, CacheSettings settings)
      : inner_(std::move(inner)), settings_(std::move(settings)) {}

  Result<Bytes> get(std::string_view name, ByteRange range = {}) override;
  Result<std::vector<Bytes>> get_ranges(std::string_view name,
                                        std::span<const ByteRange> ranges) override;
  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const std::string> names) override;
  Result<Fetched> fetch(const FetchRequest& request) override;
  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override;
  Status put(std::string_view name, std::string_view bytes) override {
    return inner_->put(name, bytes);
  }
  Result<std::unique_ptr<ObjectWriter>> writer(std::string_view name) override {
    return inner_->writer(name);
  }
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override {
    return inner_->list(prefix, start_after, limit);
  }
  Status remove(std::string_view name) override;
  Result<ObjectInfo> head(std::string_view name) override { return inner_->head(name); }

 private:
  // Where the pieces of an object are kept; nullopt: it is not kept.
  std::optional<std::string> scope_of(std::string_view name) const;
  void seen(std::string_view name, std::string_view bytes);
  std::optional<Bytes> find(const std::string& scope, const std::string& key) const;
  void keep(const std::string& scope, const std::string& key, std::string_view content);
  void keep_whole(std::string_view name, std::string_view content);
  void evict();
  // By object and number; nullopt: not in the cache.
  using Blocks = std::map<std::pair<std::string, std::uint64_t>, std::optional<Bytes>>;
  static Bytes cut(const Blocks& blocks, const FetchRequest::Piece& piece);

  const ObjectStorePtr inner_;
  const CacheSettings settings_;
  mutable std::mutex mutex_;           // guards scope_ and used_
  std::string scope_;                  // hash of graph.json; empty: not read yet
  std::optional<std::uint64_t> used_;  // bytes in the folder, as far as known here
};

}  // namespace omnigraph
