// Every row with every row of a disconnected component, which was materialized before.
#include <algorithm>
#include <utility>

#include "execution/operator.h"

namespace omnigraph {
namespace {

class Product final : public Operator {
 public:
  Product(const BoundStep& step, Execution& execution, Operator& next, const StopFlag* stop)
      : step_(step), execution_(execution), next_(next), stop_(stop) {
    out_.columns.resize(execution.slots());
  }

  Status push(Batch& batch) override {
    const MaterializedRows& other = *step_.product;
    if (other.rows == 0) return {};
    // Runs of the other side's rows, one batch row each, packed into full batches.
    std::uint32_t row = 0;
    std::uint64_t at = 0;
    while (row < batch.rows) {
      if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) return {};
      OG_RETURN_IF_ERROR(execution_.context.check());
      out_.clear();
      const bool weighted = !batch.weights.empty() || !other.weights.empty();
      while (row < batch.rows && out_.rows < kBatchRows) {
        const auto n = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(other.rows - at, kBatchRows - out_.rows));
        for (const VarId slot : step_.plan->live) {
          auto& column = out_.columns[slot];
          const auto& theirs = other.columns[slot];
          if (!theirs.empty()) {
            const auto first = theirs.begin() + static_cast<std::ptrdiff_t>(at);
            column.insert(column.end(), first, first + n);
          } else {
            column.insert(column.end(), n, batch.columns[slot][row]);
          }
        }
        if (weighted) {
          for (std::uint32_t i = 0; i < n; ++i) {
            const std::uint64_t theirs = other.weights.empty() ? 1 : other.weights[at + i];
            out_.weights.push_back(saturating_multiply(batch.weight(row), theirs));
          }
        }
        out_.rows += n;
        at += n;
        if (at == other.rows) {
          at = 0;
          ++row;
        }
      }
      OG_RETURN_IF_ERROR(next_.push(out_));
    }
    return {};
  }

 private:
  const BoundStep& step_;
  Execution& execution_;
  Operator& next_;
  const StopFlag* stop_;
  Batch out_;
};

}  // namespace

std::unique_ptr<Operator> make_product(const BoundStep& step, Execution& execution, Operator& next,
                                       const StopFlag* stop) {
  if (step.join) return make_join(step, execution, next, stop);
  return std::make_unique<Product>(step, execution, next, stop);
}

}  // namespace omnigraph
