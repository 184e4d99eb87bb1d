// The executor of a process: threads that start when there is first something for them to do.
// Thread-safe.
//
// Two groups, so that a long background task never takes a thread from a query: at most width - 1
// workers, which help callers of parallel_for, and at most width background threads, which run what
// was posted. A task that was posted and has not begun when the pool is destroyed is dropped; one
// that has begun is waited for.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "common/runtime.h"

namespace omnigraph {

class ThreadPool final : public Executor {
 public:
  // `width` counts the caller of parallel_for; at least 1.
  explicit ThreadPool(unsigned width);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned width() const override { return width_; }
  void parallel_for(std::size_t n, const std::function<void(std::size_t)>& body) override;
  void post(std::function<void()> task) override;

 private:
  class Threads;
  const unsigned width_;
  std::unique_ptr<Threads> workers_;
  std::unique_ptr<Threads> background_;
};

}  // namespace omnigraph
