#include "common/thread_pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace omnigraph {
namespace {

// Whether this thread is inside a body of parallel_for, where another parallel_for runs inline.
thread_local bool inside_body = false;

// One parallel_for. Helpers may come late, when the caller has returned already: they touch `body`
// only after they took an index, and the caller waits for every index.
struct Loop {
  Loop(std::size_t count, const std::function<void(std::size_t)>& function)
      : n(count), body(&function) {}

  // Runs indexes until none is left.
  void help() {
    const bool outer = std::exchange(inside_body, true);
    std::size_t ran = 0;
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < n; ++ran) (*body)(i);
    inside_body = outer;
    if (ran == 0) return;
    const std::lock_guard lock(mutex);
    done += ran;
    if (done == n) finished.notify_all();
  }

  void wait() {
    std::unique_lock lock(mutex);
    finished.wait(lock, [this] { return done == n; });
  }

  const std::size_t n;
  const std::function<void(std::size_t)>* body;
  std::atomic<std::size_t> next{0};
  std::mutex mutex;  // guards done
  std::condition_variable finished;
  std::size_t done = 0;
};

}  // namespace

// Up to `most` threads on one queue; a thread is started when a task finds none idle. The queue is
// bounded by its callers: a parallel_for adds at most width tasks.
class ThreadPool::Threads {
 public:
  explicit Threads(unsigned most) : most_(most), shared_(std::make_shared<Shared>()) {}

  ~Threads() {
    std::deque<std::function<void()>> dropped;
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->stopping = true;
      dropped.swap(shared_->tasks);
    }
    shared_->wake.notify_all();
    dropped.clear();
    for (std::thread& thread : threads_) {
      // The last owner of the pool may be a task on it. That thread ends by itself.
      if (thread.get_id() == std::this_thread::get_id()) {
        thread.detach();
      } else {
        thread.join();
      }
    }
  }

  void add(std::function<void()> task) {
    // Once the lock is let go, the task may have run and destroyed the pool.
    const std::shared_ptr<Shared> shared = shared_;
    {
      const std::lock_guard lock(shared->mutex);
      if (shared->stopping) return;
      shared->tasks.push_back(std::move(task));
      if (shared->tasks.size() > shared->idle && threads_.size() < most_) {
        threads_.emplace_back([shared] { run(*shared); });
      }
    }
    shared->wake.notify_one();
  }

 private:
  // Outlives the pool where a thread of it destroys the pool.
  struct Shared {
    std::mutex mutex;  // guards the rest, and threads_ while tasks are added
    std::condition_variable wake;
    std::deque<std::function<void()>> tasks;
    std::size_t idle = 0;
    bool stopping = false;
  };

  static void run(Shared& shared) {
    std::unique_lock lock(shared.mutex);
    while (!shared.stopping) {
      if (shared.tasks.empty()) {
        ++shared.idle;
        shared.wake.wait(lock, [&] { return shared.stopping || !shared.tasks.empty(); });
        --shared.idle;
        continue;
      }
      std::function<void()> task = std::move(shared.tasks.front());
      shared.tasks.pop_front();
      lock.unlock();
      task();
      task = nullptr;  // what it holds is let go before the lock is taken
      lock.lock();
    }
  }

  const unsigned most_;
  std::shared_ptr<Shared> shared_;
  std::vector<std::thread> threads_;
};

ThreadPool::ThreadPool(unsigned width)
    : width_(std::max(1U, width)),
      workers_(std::make_unique<Threads>(width_ - 1)),
      background_(std::make_unique<Threads>(width_)) {}

ThreadPool::~ThreadPool() = default;

void ThreadPool::parallel_for(std::size_t n, const std::function<void(std::size_t)>& body) {
  if (n <= 1 || width_ == 1 || inside_body) {
    for (std::size_t i = 0; i < n; ++i) body(i);
    return;
  }
  const auto loop = std::make_shared<Loop>(n, body);
  const std::size_t helpers = std::min<std::size_t>(width_ - 1, n - 1);
  for (std::size_t i = 0; i < helpers; ++i) workers_->add([loop] { loop->help(); });
  loop->help();
  loop->wait();
}

void ThreadPool::post(std::function<void()> task) { background_->add(std::move(task)); }

}  // namespace omnigraph
