#include "common/runtime.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "common/test_runtime.h"
#include "common/thread_pool.h"

namespace omnigraph {
namespace {

// Opens once and lets everyone through.
class Latch {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

TEST(MemoryBudget, CountsUpToItsLimit) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.try_reserve(60));
  EXPECT_FALSE(budget.try_reserve(41));
  EXPECT_TRUE(budget.try_reserve(40));
  EXPECT_FALSE(budget.try_reserve(UINT64_MAX));
  budget.release(60);
  EXPECT_EQ(budget.used(), 40u);
  EXPECT_TRUE(budget.try_reserve(60));
}

TEST(ThreadPool, RunsEveryIndexOnce) {
  ThreadPool pool(4);
  for (const std::size_t n : {0U, 1U, 2U, 3U, 1000U}) {
    std::vector<std::atomic<int>> ran(n);
    pool.parallel_for(n, [&](std::size_t i) { ran[i].fetch_add(1); });
    for (const auto& count : ran) EXPECT_EQ(count.load(), 1);
  }
}

TEST(ThreadPool, RunsAtOnceOnItsWidth) {
  ThreadPool pool(3);
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  // Ends only when three bodies are inside at once.
  pool.parallel_for(3, [&](std::size_t) {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [&] { return inside == 3; });
  });
  EXPECT_EQ(inside, 3);
}

TEST(ThreadPool, RunsNestedLoopsOnTheirCaller) {
  ThreadPool pool(4);
  std::atomic<int> strangers = 0;
  pool.parallel_for(8, [&](std::size_t) {
    const auto caller = std::this_thread::get_id();
    pool.parallel_for(8, [&](std::size_t) {
      if (std::this_thread::get_id() != caller) strangers.fetch_add(1);
    });
  });
  EXPECT_EQ(strangers.load(), 0);
}

TEST(ThreadPool, ServesManyCallersAtOnce) {
  ThreadPool pool(2);
  std::atomic<int> total = 0;
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        pool.parallel_for(10, [&](std::size_t) { total.fetch_add(1); });
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(total.load(), 4 * 50 * 10);
}

TEST(ThreadPool, RunsPostedTasksWhileALoopWaitsForThem) {
  ThreadPool pool(1);
  Latch latch;
  pool.post([&] { latch.open(); });
  latch.wait();
}

TEST(ThreadPool, DropsWhatHasNotBegun) {
  std::atomic<int> ran = 0;
  Latch began;
  Latch go;
  std::thread opener;
  {
    ThreadPool pool(1);
    pool.post([&] {
      began.open();
      go.wait();
      ran.fetch_add(1);
    });
    began.wait();
    // Behind the first on the only thread; the destructor drops it before the first may go on.
    pool.post([&] { ran.fetch_add(10); });
    // Destroyed with the dropped task, so that the first task ends only after the drop.
    const std::shared_ptr<Latch> opens(&go, [](Latch* latch) { latch->open(); });
    pool.post([opens] {});
  }
  EXPECT_EQ(ran.load(), 1);
}

TEST(ThreadPool, MayBeDestroyedByItsOwnTask) {
  auto pool = std::make_shared<ThreadPool>(2);
  const auto done = std::make_shared<Latch>();
  ThreadPool& executor = *pool;
  executor.post([pool = std::move(pool), done]() mutable {
    pool.reset();
    done->open();
  });
  done->wait();
}

TEST(Runtime, SystemIsWhole) {
  const Runtime runtime = Runtime::system();
  EXPECT_GT(runtime.clock->now_micros(), 1'600'000'000'000'000);
  EXPECT_GT(runtime.clock->steady_nanos(), 0);
  EXPECT_GE(runtime.executor->width(), 1u);
  EXPECT_GT(runtime.budget->limit(), 0u);
  EXPECT_LE(runtime.budget->limit(), std::uint64_t{4} << 30);
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 100; ++i) numbers.insert(runtime.random->next());
  EXPECT_EQ(numbers.size(), 100u);
}

TEST(TestRuntime, DoesTheSameEveryTime) {
  const Runtime one = test_runtime(5);
  const Runtime other = test_runtime(5);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(one.random->next(), other.random->next());
  EXPECT_EQ(one.clock->now_micros(), other.clock->now_micros());
  EXPECT_NE(test_runtime(6).random->next(), test_runtime(5).random->next());
}

TEST(InlineExecutor, KeepsOrder) {
  InlineExecutor executor;
  std::string order;
  executor.post([&] {
    order += 'a';
    executor.post([&] { order += 'c'; });
  });
  executor.post([&] { order += 'b'; });
  EXPECT_EQ(executor.posted(), 2u);
  EXPECT_EQ(executor.run_posted(1), 1u);
  EXPECT_EQ(order, "a");
  EXPECT_EQ(executor.run_posted(), 2u);
  EXPECT_EQ(order, "abc");
}

}  // namespace
}  // namespace omnigraph
