#include "storage/delayed_store.h"

#include <algorithm>
#include <thread>

namespace omnigraph {

void DelayedStore::wait(std::size_t requests, std::size_t lists) {
  if (!on_ || requests + lists == 0) return;
  std::chrono::microseconds longest{0};
  {
    const std::lock_guard lock(mutex_);
    std::uniform_real_distribution<double> share(0.0, 1.0);
    // Around the median: 0.8 to 1.2 of it.
    const auto draw = [&](std::chrono::microseconds median) {
      if (share(random_) < latencies_.tail_share) return latencies_.tail;
      const double factor = 0.8 + 0.4 * share(random_);
      return std::chrono::microseconds(
          static_cast<std::int64_t>(factor * static_cast<double>(median.count())));
    };
    for (std::size_t i = 0; i < requests; ++i)
      longest = std::max(longest, draw(latencies_.get_put));
    for (std::size_t i = 0; i < lists; ++i) longest = std::max(longest, draw(latencies_.list));
  }
  std::this_thread::sleep_for(longest);
}

Result<Bytes> DelayedStore::get(std::string_view name, ByteRange range) {
  wait(1);
  return inner_->get(name, range);
}

Result<std::vector<Bytes>> DelayedStore::get_ranges(std::string_view name,
                                                    std::span<const ByteRange> ranges) {
  wait(ranges.size());
  return inner_->get_ranges(name, ranges);
}

Result<std::vector<std::optional<Bytes>>> DelayedStore::get_many(
    std::span<const std::string> names) {
  wait(names.size());
  return inner_->get_many(names);
}

Result<Fetched> DelayedStore::fetch(const FetchRequest& request) {
  wait(request.objects.size() + request.pieces.size(), request.names.size());
  return inner_->fetch(request);
}

Result<PutOutcome> DelayedStore::put_if_absent(std::string_view name, std::string_view bytes) {
  wait(1);
  return inner_->put_if_absent(name, bytes);
}

Status DelayedStore::put(std::string_view name, std::string_view bytes) {
  wait(1);
  return inner_->put(name, bytes);
}

Result<std::vector<ObjectInfo>> DelayedStore::list(std::string_view prefix,
                                                   std::string_view start_after,
                                                   std::size_t limit) {
  wait(0, 1);
  return inner_->list(prefix, start_after, limit);
}

Status DelayedStore::remove(std::string_view name) {
  wait(1);
  return inner_->remove(name);
}

Result<ObjectInfo> DelayedStore::head(std::string_view name) {
  wait(1);
  return inner_->head(name);
}

}  // namespace omnigraph
