// A runtime that does the same every time: a clock that moves when told, seeded randomness, an
// executor that runs on the caller. For tests and the simulation.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "common/runtime.h"

namespace omnigraph {

// Stands still until advanced. Thread-safe.
class FakeClock final : public Clock {
 public:
  // 2024-01-01T00:00:00Z.
  static constexpr std::int64_t kDefaultMicros = 1'704'067'200'000'000;

  explicit FakeClock(std::int64_t micros = kDefaultMicros) : micros_(micros) {}

  std::int64_t now_micros() override { return micros_.load(); }
  std::int64_t steady_nanos() override { return nanos_.load(); }
  // Moves both clocks.
  void advance_micros(std::int64_t micros) {
    micros_.fetch_add(micros);
    nanos_.fetch_add(micros * 1000);
  }
  // Lets the wall clock jump; the monotonic one stays.
  void set_micros(std::int64_t micros) { micros_.store(micros); }

 private:
  std::atomic<std::int64_t> micros_;
  std::atomic<std::int64_t> nanos_{1};
};

// SplitMix64 (Steele, Lea, Flood 2014): equal seeds give equal numbers. Thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() override {
    constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;
    std::uint64_t z = state_.fetch_add(kStep) + kStep;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

 private:
  std::atomic<std::uint64_t> state_;
};

// Runs loops in order on the caller. Posted tasks wait until run_posted(), in order. One thread.
class InlineExecutor final : public Executor {
 public:
  unsigned width() const override { return 1; }
  void parallel_for(std::size_t n, const std::function<void(std::size_t)>& body) override {
    for (std::size_t i = 0; i < n; ++i) body(i);
  }
  void post(std::function<void()> task) override { posted_.push_back(std::move(task)); }

  // Runs what was posted, and what that posts, but at most `most` tasks. Returns how many ran.
  std::size_t run_posted(std::size_t most = SIZE_MAX) {
    std::size_t ran = 0;
    for (; ran < most && !posted_.empty(); ++ran) {
      const std::function<void()> task = std::move(posted_.front());
      posted_.pop_front();
      task();
    }
    return ran;
  }
  std::size_t posted() const { return posted_.size(); }

 private:
  std::deque<std::function<void()>> posted_;
};

// All of the above with a budget of 1 GiB unless told otherwise.
inline Runtime test_runtime(std::uint64_t seed = 1,
                            std::uint64_t budget_bytes = std::uint64_t{1} << 30) {
  return {.clock = std::make_shared<FakeClock>(),
          .random = std::make_shared<SeededRandom>(seed),
          .executor = std::make_shared<InlineExecutor>(),
          .budget = std::make_shared<MemoryBudget>(budget_bytes)};
}

}  // namespace omnigraph
