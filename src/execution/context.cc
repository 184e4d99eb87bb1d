#include "execution/context.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace omnigraph {

QueryContext::QueryContext(const Snapshot& snapshot, const std::vector<Parameter>& declared,
                           const ParameterValues& values, DateTime now, const Runtime& runtime,
                           const QueryLimits& limits)
    : snapshot_(snapshot),
      declared_(declared),
      values_(values),
      now_(now),
      runtime_(runtime),
      limits_(limits),
      memory_limit_(limits.memory_bytes > 0 ? limits.memory_bytes : runtime.budget->limit() / 2) {}

Status QueryContext::check() const {
  if (limits_.cancelled != nullptr && limits_.cancelled->load(std::memory_order_relaxed)) {
    return Error(ErrorCode::kCancelled, "query cancelled");
  }
  if (limits_.deadline_steady_nanos &&
      runtime_.clock->steady_nanos() >= *limits_.deadline_steady_nanos) {
    return Error(ErrorCode::kDeadlineExceeded, "query deadline exceeded");
  }
  return {};
}

Status QueryContext::reserve(std::uint64_t bytes) {
  const std::uint64_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
  if (bytes <= memory_limit_ && before <= memory_limit_ - bytes) {
    std::uint64_t peak = peak_.load(std::memory_order_relaxed);
    while (peak < before + bytes &&
           !peak_.compare_exchange_weak(peak, before + bytes, std::memory_order_relaxed)) {
    }
    return {};
  }
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  return Error(ErrorCode::kResourceExhausted,
               "query memory limit of " + std::to_string(memory_limit_) + " bytes reached");
}

Status QueryContext::parallel(std::size_t n, const std::function<Status(std::size_t)>& body) {
  if (n == 1 || runtime_.executor->width() == 1) {
    for (std::size_t i = 0; i < n; ++i) OG_RETURN_IF_ERROR(body(i));
    return {};
  }
  std::atomic<bool> failed{false};
  std::mutex mutex;  // guards first and error
  std::size_t first = n;
  std::optional<Error> error;
  runtime_.executor->parallel_for(n, [&](std::size_t i) {
    if (failed.load(std::memory_order_relaxed)) return;
    Status status = body(i);
    if (status.ok()) return;
    failed.store(true, std::memory_order_relaxed);
    const std::lock_guard lock(mutex);
    if (i < first) {
      first = i;
      error = std::move(status).error();
    }
  });
  if (error) return *std::move(error);
  return {};
}

Status Reservation::grow_to(std::uint64_t bytes) {
  if (bytes <= held_) return {};
  const std::uint64_t more = bytes - held_;
  const std::uint64_t step = std::max<std::uint64_t>(more, held_ / 2);
  if (step > more && context_->reserve(step).ok()) {
    held_ += step;
    return {};
  }
  OG_RETURN_IF_ERROR(context_->reserve(more));
  held_ += more;
  return {};
}

}  // namespace omnigraph
