// Operators pass batches of row ids on to each other. Each thread has operators of its own; what
// they share (BoundStep) is const. A batch belongs to the operator that fills it and lives until
// its push returns.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "execution/bound_plan.h"
#include "execution/context.h"

namespace omnigraph {

inline constexpr std::uint32_t kBatchRows = 2048;

// Rows of row keys, a column a slot (a variable, or the row number that a `not` block carries).
// Only the slots that someone still reads are filled; the others are empty.
struct Batch {
  std::uint32_t rows = 0;
  std::vector<std::vector<RowKey>> columns;
  std::vector<std::uint64_t> weights;  // how often each row counts; empty: once

  std::uint64_t weight(std::size_t row) const { return weights.empty() ? 1 : weights[row]; }
  void clear() {
    rows = 0;
    for (auto& column : columns) column.clear();
    weights.clear();
  }
  // Keeps the rows named, ascending.
  void keep(std::span<const std::uint32_t> selected);
};

class Operator {
 public:
  virtual ~Operator() = default;
  // Takes the rows; may change the batch.
  virtual Status push(Batch& batch) = 0;
  // No more rows come: passes on what was held back.
  virtual Status finish() { return {}; }
};

// Set by a sink that needs no more rows.
using StopFlag = std::atomic<bool>;

// The chain of a scope's steps in front of `sink`, for one thread.
class Pipeline {
 public:
  Pipeline(const BoundScope& scope, Execution& execution, Operator& sink, const StopFlag* stop);
  Status push(Batch& batch);
  Status finish();

 private:
  std::vector<std::unique_ptr<Operator>> operators_;
  Operator* first_;
  Operator& sink_;
};

std::unique_ptr<Operator> make_expand(const BoundStep& step, Execution& execution, Operator& next,
                                      const StopFlag* stop);
std::unique_ptr<Operator> make_hops(const BoundStep& step, Execution& execution, Operator& next,
                                    const StopFlag* stop);
std::unique_ptr<Operator> make_close(const BoundStep& step, Execution& execution, Operator& next);
std::unique_ptr<Operator> make_test(const BoundStep& step, Execution& execution, Operator& next);
std::unique_ptr<Operator> make_filter(const BoundStep& step, Execution& execution, Operator& next);
std::unique_ptr<Operator> make_absent(const BoundStep& step, Execution& execution, Operator& next);
std::unique_ptr<Operator> make_product(const BoundStep& step, Execution& execution, Operator& next,
                                       const StopFlag* stop);

std::unique_ptr<Operator> make_join(const BoundStep& step, Execution& execution, Operator& next,
                                    const StopFlag* stop);
// Hashes the rows of step.product by the right side of step.crossing[0].
Status build_join(BoundStep& step);

// Drops rows whose `variable` fails the test and multiplies the weights of the others.
class TestApplication {
 public:
  TestApplication(const BoundStep& step, Execution& execution)
      : step_(step), execution_(execution) {}
  Status apply(Batch& batch, VarId variable);

 private:
  const BoundStep& step_;
  Execution& execution_;
  std::vector<std::uint32_t> selected_;
  std::vector<RowId> domain_;
};

// Runs the source of a scope (its weights) through pipelines, in at most `most_morsels` morsels.
// `make_sink` gives the sink of morsel i of n, after `prepare(n)`; sinks are merged by the caller
// in that order.
Status run_scope(const BoundScope& scope, Execution& execution, const StopFlag* stop,
                 std::size_t most_morsels,
                 const std::function<Operator&(std::size_t morsel)>& make_sink,
                 const std::function<Status(std::size_t morsels)>& prepare);

}  // namespace omnigraph
