// Everything a graph takes from its surroundings: clock, randomness, threads, memory budget. Passed
// explicitly to whatever opens a graph, so that tests and the simulation replace all of it. There
// are no globals; `Runtime::system()` builds a fresh default.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "omnigraph/error.h"

namespace omnigraph {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall clock, microseconds since the Unix epoch. May jump.
  virtual std::int64_t now_micros() = 0;
  // Monotonic nanoseconds, for deadlines and measuring.
  virtual std::int64_t steady_nanos() = 0;
};

// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
};

// Runs tasks. Thread-safe. A deterministic executor (tests) runs everything on the caller.
class Executor {
 public:
  virtual ~Executor() = default;
  // Threads that parallel_for may use at once, the caller included; at least 1.
  virtual unsigned width() const = 0;
  // Calls body(i) for every i in [0, n), on up to width() threads, the caller among them; returns
  // when all are done. Bodies must not throw. Nested calls run on the calling thread.
  virtual void parallel_for(std::size_t n, const std::function<void(std::size_t)>& body) = 0;
  // Runs `task` later, perhaps on another thread. Tasks are finished or dropped before destruction.
  virtual void post(std::function<void()> task) = 0;
};

// Counts bytes of cached and working memory against one limit per process (or test). Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit) : limit_(limit) {}
  // True and counted, or false and unchanged when it would pass the limit.
  bool try_reserve(std::uint64_t bytes);
  void release(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t limit() const { return limit_; }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

struct Runtime {
  std::shared_ptr<Clock> clock;
  std::shared_ptr<Random> random;
  std::shared_ptr<Executor> executor;
  std::shared_ptr<MemoryBudget> budget;

  // System clock, OS-seeded randomness, a lazily started thread pool as wide as the CPUs this
  // process may use, a budget of a quarter of memory, at most 4 GiB.
  static Runtime system();
};

}  // namespace omnigraph
