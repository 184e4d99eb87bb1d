// A flag that is raised once and waited for by any number of threads. Raising it is one wake-up
// call however many wait; a waiter sleeps at once (std::atomic::wait spins and yields first, which
// costs the threads that have work to do). Thread-safe.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

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
    std::uint32_t now = state_.load(std::memory_order_acquire);
    while (now != kRaised) {
      if (now == kAwaited ||
          state_.compare_exchange_weak(now, kAwaited, std::memory_order_acq_rel)) {
        syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, kAwaited, nullptr, nullptr, 0);
        now = state_.load(std::memory_order_acquire);
      }
    }
  }

 private:
  static constexpr std::uint32_t kLowered = 0, kAwaited = 1, kRaised = 2;
  std::atomic<std::uint32_t> state_ = kLowered;
  static_assert(sizeof state_ == 4 && std::atomic<std::uint32_t>::is_always_lock_free);
};

}  // namespace omnigraph
