// What every operator of one running query shares: the snapshot, the bound parameters, the instant,
// the limits. Thread-safe; lives as long as the query.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "common/runtime.h"
#include "execution/run.h"
#include "omnigraph/error.h"
#include "query/typed_query.h"
#include "storage/snapshot.h"

namespace omnigraph {

class QueryContext {
 public:
  QueryContext(const Snapshot& snapshot, const std::vector<Parameter>& declared,
               const ParameterValues& values, DateTime now, const Runtime& runtime,
               const QueryLimits& limits);

  const Snapshot& snapshot() const { return snapshot_; }
  const std::vector<Parameter>& declared() const { return declared_; }
  const ParameterValues& values() const { return values_; }
  DateTime now() const { return now_; }
  const Runtime& runtime() const { return runtime_; }
  std::uint32_t paged_nodes() const { return limits_.paged_nodes; }
  const QueryGrain& grain() const { return limits_.grain; }

  // kDeadlineExceeded, kCancelled, or the failure of another thread of this query. Asked once a
  // batch.
  Status check() const;

  // Counts working memory against the query's limit; kResourceExhausted names it.
  Status reserve(std::uint64_t bytes);
  void release(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }

  // body(i) for every i below n, over the executor's threads when n > 1. The first failure (lowest
  // i among those that ran) is returned and stops the others early.
  Status parallel(std::size_t n, const std::function<Status(std::size_t)>& body);

 private:
  const Snapshot& snapshot_;
  const std::vector<Parameter>& declared_;
  const ParameterValues& values_;
  const DateTime now_;
  const Runtime& runtime_;
  const QueryLimits limits_;
  const std::uint64_t memory_limit_;
  std::atomic<std::uint64_t> used_{0}, peak_{0};
};

// Asks the context every so many edges or rows: well under a millisecond apart.
class Pause {
 public:
  Status after(std::uint64_t steps, const QueryContext& context) {
    done_ += steps;
    if (done_ < kSteps) return {};
    done_ = 0;
    return context.check();
  }

 private:
  static constexpr std::uint64_t kSteps = 1U << 16;
  std::uint64_t done_ = 0;
};

// Working memory of one structure, given back when it goes.
class Reservation {
 public:
  explicit Reservation(QueryContext& context) : context_(&context) {}
  Reservation(Reservation&& other) noexcept : context_(other.context_), held_(other.held_) {
    other.held_ = 0;
  }
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(held_, other.held_);
    return *this;
  }
  ~Reservation() {
    if (held_ > 0) context_->release(held_);
  }
  // Holds at least `bytes`; grows by half so that small steps cost nothing.
  Status grow_to(std::uint64_t bytes);
  std::uint64_t held() const { return held_; }

 private:
  QueryContext* context_;
  std::uint64_t held_ = 0;
};

}  // namespace omnigraph
