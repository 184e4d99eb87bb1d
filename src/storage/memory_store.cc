// An ObjectStore of bytes in memory.
#include <map>
#include <mutex>

#include "storage/object_store.h"

namespace omnigraph {
namespace {

Error missing(std::string_view name) {
  return not_found("object '" + std::string(name) + "' does not exist");
}

class MemoryStore final : public ObjectStore {
 public:
  Result<Bytes> get(std::string_view name, ByteRange range) override {
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(name);
    if (it == objects_.end()) return missing(name);
    const std::uint64_t size = it->second->size();
    const std::uint64_t from = std::min(range.offset, size);
    const std::uint64_t length = std::min(range.length, size - from);
    return Bytes{std::string_view(*it->second).substr(from, length), it->second};
  }

  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override {
    OG_RETURN_IF_ERROR(check(name));
    const std::lock_guard lock(mutex_);
    const auto [it, created] = objects_.try_emplace(std::string(name));
    if (!created) return PutOutcome::kExists;
    it->second = std::make_shared<const std::string>(bytes);
    return PutOutcome::kCreated;
  }

  Status put(std::string_view name, std::string_view bytes) override {
    OG_RETURN_IF_ERROR(check(name));
    const std::lock_guard lock(mutex_);
    objects_[std::string(name)] = std::make_shared<const std::string>(bytes);
    return {};
  }

  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    std::vector<ObjectInfo> out;
    auto it =
        start_after > prefix ? objects_.upper_bound(start_after) : objects_.lower_bound(prefix);
    for (; it != objects_.end() && out.size() < limit; ++it) {
      if (!it->first.starts_with(prefix)) break;
      out.push_back({it->first, it->second->size()});
    }
    return out;
  }

  Status remove(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(name);
    if (it != objects_.end()) objects_.erase(it);
    return {};
  }

  Result<ObjectInfo> head(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(name);
    if (it == objects_.end()) return missing(name);
    return ObjectInfo{it->first, it->second->size()};
  }

 private:
  static Status check(std::string_view name) {
    if (valid_object_name(name)) return {};
    return Error(ErrorCode::kInternal, "not an object name: '" + std::string(name) + "'");
  }

  std::mutex mutex_;  // guards objects_
  std::map<std::string, std::shared_ptr<const std::string>, std::less<>> objects_;
};

}  // namespace

ObjectStorePtr make_memory_store() { return std::make_shared<MemoryStore>(); }

}  // namespace omnigraph
