// A store that answers as late as one in the cloud: for measuring, on one machine, what a graph
// costs there. Latencies come from a seed; a call about many objects takes as long as its slowest.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>

#include "storage/object_store.h"

namespace omnigraph {

// Medians and tail as measured on a public object store from a machine in its region.
struct Latencies {
  std::chrono::microseconds get_put{17'000};
  std::chrono::microseconds list{30'000};
  std::chrono::microseconds tail{300'000};
  double tail_share = 0.01;
};

// Thread-safe; calls of several threads wait side by side.
class DelayedStore final : public ObjectStore {
 public:
  DelayedStore(ObjectStorePtr inner, Latencies latencies, std::uint64_t seed)
      : inner_(std::move(inner)), latencies_(latencies), random_(seed) {}

  // Off: nothing waits (for building what is measured then).
  void set_delays(bool on) { on_ = on; }

  Result<Bytes> get(std::string_view name, ByteRange range = {}) override;
  Result<std::vector<Bytes>> get_ranges(std::string_view name,
                                        std::span<const ByteRange> ranges) override;
  Result<std::vector<std::optional<Bytes>>> get_many(std::span<const std::string> names) override;
  Result<Fetched> fetch(const FetchRequest& request) override;
  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override;
  Status put(std::string_view name, std::string_view bytes) override;
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override;
  Status remove(std::string_view name) override;
  Result<ObjectInfo> head(std::string_view name) override;

 private:
  // Waits as long as the slowest of so many requests takes.
  void wait(std::size_t requests, std::size_t lists = 0);

  const ObjectStorePtr inner_;
  const Latencies latencies_;
  std::atomic<bool> on_{true};
  std::mutex mutex_;  // guards random_
  std::mt19937_64 random_;
};

}  // namespace omnigraph
