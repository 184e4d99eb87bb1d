// Bytes taken from a memory budget, given back at the end. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>

#include "common/runtime.h"
#include "omnigraph/error.h"
#include "write/limits.h"

namespace omnigraph {

class MemoryReservation {
 public:
  explicit MemoryReservation(std::shared_ptr<MemoryBudget> budget) : budget_(std::move(budget)) {}
  ~MemoryReservation() { budget_->release(bytes_); }
  MemoryReservation(const MemoryReservation&) = delete;
  MemoryReservation& operator=(const MemoryReservation&) = delete;

  // Error kResourceExhausted `load memory`.
  Status take(std::uint64_t bytes) {
    if (!budget_->try_reserve(bytes)) {
      return resource_limit("load memory", budget_->limit(), budget_->used() + bytes);
    }
    bytes_ += bytes;
    return {};
  }

 private:
  std::shared_ptr<MemoryBudget> budget_;
  std::uint64_t bytes_ = 0;
};

}  // namespace omnigraph
