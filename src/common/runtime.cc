#include "common/runtime.h"

#include <sched.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <thread>

#include "common/thread_pool.h"

namespace omnigraph {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t now_micros() override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  }
  std::int64_t steady_nanos() override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  }
};

// The operating system's generator, read a page of numbers at a time.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override {
    const std::lock_guard lock(mutex_);
    if (at_ == numbers_.size()) refill();
    return numbers_[at_++];
  }

 private:
  void refill() {
    at_ = 0;
    // Up to 256 bytes are given whole once the generator is ready.
    if (getrandom(numbers_.data(), sizeof numbers_, 0) == static_cast<ssize_t>(sizeof numbers_)) {
      return;
    }
    std::random_device device;
    for (auto& number : numbers_) number = std::uint64_t{device()} << 32 | device();
  }

  std::mutex mutex_;  // guards the rest
  std::array<std::uint64_t, 32> numbers_{};
  std::size_t at_ = 32;
};

unsigned usable_cpus() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) {
    return std::max(1U, static_cast<unsigned>(CPU_COUNT(&cpus)));
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

std::uint64_t default_budget() {
  constexpr std::uint64_t kMost = std::uint64_t{4} << 30;
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return kMost;
  return std::min(kMost, static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 4);
}

}  // namespace

bool MemoryBudget::try_reserve(std::uint64_t bytes) {
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    if (used > limit_ || bytes > limit_ - used) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

Runtime Runtime::system() {
  return {.clock = std::make_shared<SystemClock>(),
          .random = std::make_shared<SystemRandom>(),
          .executor = std::make_shared<ThreadPool>(usable_cpus()),
          .budget = std::make_shared<MemoryBudget>(default_budget())};
}

}  // namespace omnigraph
