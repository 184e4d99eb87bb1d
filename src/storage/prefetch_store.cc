#include "storage/prefetch_store.h"

#include <algorithm>
#include <cassert>

namespace omnigraph {

Status PrefetchStore::load(FetchRequest request) {
  std::sort(request.objects.begin(), request.objects.end());
  request.objects.erase(std::unique(request.objects.begin(), request.objects.end()),
                        request.objects.end());
  std::erase_if(request.objects,
                [this](const std::string& name) { return find(name).has_value(); });
  if (request.objects.empty() && request.names.empty()) return {};
  assert(request.pieces.empty());
  OG_ASSIGN_OR_RETURN(Fetched fetched, inner_->fetch(request));
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < request.objects.size(); ++i) {
    objects_[std::move(request.objects[i])] = std::move(fetched.objects[i]);
  }
  for (std::size_t i = 0; i < request.names.size(); ++i) {
    names_[{request.names[i].prefix, request.names[i].start_after}] = std::move(fetched.names[i]);
  }
  return {};
}

void PrefetchStore::forget() {
  const std::lock_guard lock(mutex_);
  objects_.clear();
  names_.clear();
}

std::optional<std::optional<Bytes>> PrefetchStore::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto it = objects_.find(name);
  if (it == objects_.end()) return std::nullopt;
  return it->second;
}

Result<Bytes> PrefetchStore::get(std::string_view name, ByteRange range) {
  auto there = find(name);
  if (!there) return inner_->get(name, range);
  if (!*there) return not_found("object '" + std::string(name) + "' does not exist");
  Bytes bytes = std::move(**there);
  const std::uint64_t from = std::min<std::uint64_t>(range.offset, bytes.data.size());
  bytes.data = bytes.data.substr(from, std::min<std::uint64_t>(range.length, SIZE_MAX));
  return bytes;
}

Result<std::vector<std::optional<Bytes>>> PrefetchStore::get_many(
    std::span<const std::string> names) {
  std::vector<std::optional<Bytes>> out(names.size());
  std::vector<std::string> missing;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto there = find(names[i]);
    if (there) {
      out[i] = std::move(*there);
    } else {
      missing.push_back(names[i]);
      places.push_back(i);
    }
  }
  if (missing.empty()) return out;
  OG_ASSIGN_OR_RETURN(auto fetched, inner_->get_many(missing));
  for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = std::move(fetched[i]);
  return out;
}

Result<std::vector<ObjectInfo>> PrefetchStore::list(std::string_view prefix,
                                                    std::string_view start_after,
                                                    std::size_t limit) {
  {
    const std::lock_guard lock(mutex_);
    const auto it = names_.find({std::string(prefix), std::string(start_after)});
    if (it != names_.end()) {
      const std::size_t n = std::min(limit, it->second.size());
      return std::vector<ObjectInfo>(it->second.begin(),
                                     it->second.begin() + static_cast<std::ptrdiff_t>(n));
    }
  }
  return inner_->list(prefix, start_after, limit);
}

}  // namespace omnigraph
