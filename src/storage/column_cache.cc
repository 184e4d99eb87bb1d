#include "storage/column_cache.h"

#include <string>
#include <utility>

namespace omnigraph {
namespace {

struct Token {
  Token(std::shared_ptr<MemoryBudget> from, std::uint64_t size)
      : budget(std::move(from)), bytes(size) {}
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;
  ~Token() { budget->release(bytes); }
  const std::shared_ptr<MemoryBudget> budget;
  const std::uint64_t bytes;
};

}  // namespace

bool ColumnCache::shed_one(std::vector<std::shared_ptr<const void>>& shed) {
  const std::lock_guard lock(mutex_);
  for (auto at = parts_.end(); at != parts_.begin();) {
    --at;
    // Somebody's copy keeps the memory anyway.
    if (at->value.use_count() > 1) continue;
    shed.push_back(std::move(at->value));
    by_key_.erase(at->key);
    parts_.erase(at);
    return true;
  }
  return false;
}

Result<std::shared_ptr<const void>> ColumnCache::reserve(std::uint64_t bytes) {
  while (!budget_->try_reserve(bytes)) {
    std::vector<std::shared_ptr<const void>> shed;
    if (bytes > budget_->limit() || !shed_one(shed)) {
      return Error(ErrorCode::kResourceExhausted,
                   "decoding needs " + std::to_string(bytes) + " bytes and the memory budget of " +
                       std::to_string(budget_->limit()) + " bytes has " +
                       std::to_string(budget_->used()) + " in use; raise the memory budget")
          .with({"resource_limit", {{"limit", "memory_budget"}}});
    }
  }
  std::shared_ptr<const void> token = std::make_shared<const Token>(budget_, bytes);
  return token;
}

bool ColumnCache::make_room(std::uint64_t bytes) {
  while (budget_->used() + bytes > budget_->limit()) {
    std::vector<std::shared_ptr<const void>> shed;
    if (bytes > budget_->limit() || !shed_one(shed)) return false;
  }
  return true;
}

std::shared_ptr<const void> ColumnCache::find(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return nullptr;
  parts_.splice(parts_.begin(), parts_, at->second);
  return at->second->value;
}

void ColumnCache::keep(const Key& key, std::shared_ptr<const void> part) {
  std::shared_ptr<const void> replaced;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  const auto at = by_key_.find(key);
  if (at != by_key_.end()) {
    replaced = std::exchange(at->second->value, std::move(part));
    return;
  }
  parts_.push_front({key, std::move(part)});
  by_key_.emplace(key, parts_.begin());
}

void ColumnCache::forget(const void* segment) {
  Parts gone;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  for (auto at = by_key_.lower_bound({segment, 0, 0});
       at != by_key_.end() && at->first.segment == segment;) {
    gone.splice(gone.end(), parts_, at->second);
    at = by_key_.erase(at);
  }
}

std::size_t ColumnCache::parts() const {
  const std::lock_guard lock(mutex_);
  return parts_.size();
}

}  // namespace omnigraph
