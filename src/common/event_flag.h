// A flag that is raised once and waited for by any number of threads. Raising it is one wake-up
// call however many wait; a waiter sleeps at once (std::atomic::wait spins and yields first, which
// costs the threads that have work to do). Thread-safe.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <ctime>

namespace omnigraph {

class EventFlag {
 public:
  EventFlag() = default;
  EventFlag(const EventFlag&) = delete;
  EventFlag& operator=(const EventFlag&) = delete;

  // What was written before is seen by those who waited. The flag must outlive the call.
  void raise() {
    if (state_.exchange(kRaised, std::memory_order_acq_rel) == kAwaited) {
      syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
    }
  }

  void wait() {
    while (!sleep(nullptr)) {
    }
  }
  // Whether it was raised; gives up after about that long.
  bool wait_for(std::chrono::nanoseconds time) {
    const timespec limit{static_cast<time_t>(time.count() / 1'000'000'000),
                         static_cast<long>(time.count() % 1'000'000'000)};
    return sleep(&limit);
  }

 private:
  // Sleeps once, unless it is raised; whether it is now.
  bool sleep(const timespec* limit) {
    std::uint32_t now = state_.load(std::memory_order_acquire);
    while (now == kLowered &&
           !state_.compare_exchange_weak(now, kAwaited, std::memory_order_acq_rel)) {
    }
    if (now == kRaised) return true;
    syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, kAwaited, limit, nullptr, 0);
    return state_.load(std::memory_order_acquire) == kRaised;
  }

  static constexpr std::uint32_t kLowered = 0, kAwaited = 1, kRaised = 2;
  std::atomic<std::uint32_t> state_ = kLowered;
  static_assert(sizeof state_ == 4 && std::atomic<std::uint32_t>::is_always_lock_free);
};

}  // namespace omnigraph
