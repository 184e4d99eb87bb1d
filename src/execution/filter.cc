// Steps that only drop rows or change weights: tests of one variable, conditions over several.
#include <algorithm>
#include <utility>

#include "execution/operator.h"

namespace omnigraph {
namespace {

class TestRows final : public Operator {
 public:
  TestRows(const BoundStep& step, Execution& execution, Operator& next)
      : variable_(step.plan->test.front().variable), test_(step, execution), next_(next) {}

  Status push(Batch& batch) override {
    OG_RETURN_IF_ERROR(test_.apply(batch, variable_));
    return batch.rows == 0 ? Status() : next_.push(batch);
  }

 private:
  const VarId variable_;
  TestApplication test_;
  Operator& next_;
};

class FilterRows final : public Operator {
 public:
  FilterRows(const BoundStep& step, Execution& execution, Operator& next)
      : step_(step), execution_(execution), next_(next) {}

  Status push(Batch& batch) override {
    OG_RETURN_IF_ERROR(execution_.context.check());
    for (const BoundCrossing& crossing : step_.crossing) {
      if (crossing.left_table != nullptr) {
        OG_RETURN_IF_ERROR(crossing.left_table->locate(batch.columns[crossing.left], left_));
      }
      if (crossing.right_table != nullptr) {
        OG_RETURN_IF_ERROR(crossing.right_table->locate(batch.columns[crossing.right], right_));
      }
      const Cell left_value = cell_of(crossing.condition.left.value);
      const Cell right_value = cell_of(crossing.condition.right.value);
      selected_.clear();
      for (std::uint32_t row = 0; row < batch.rows; ++row) {
        const Cell left = crossing.left_column ? crossing.left_column->at(left_[row]) : left_value;
        const Cell right =
            crossing.right_column ? crossing.right_column->at(right_[row]) : right_value;
        if (matches(crossing.condition.op, left, right)) selected_.push_back(row);
      }
      if (selected_.empty()) return {};
      batch.keep(selected_);
    }
    return next_.push(batch);
  }

 private:
  const BoundStep& step_;
  Execution& execution_;
  Operator& next_;
  std::vector<Location> left_, right_;
  std::vector<std::uint32_t> selected_;
};

}  // namespace

Status TestApplication::apply(Batch& batch, VarId variable) {
  const std::vector<RowKey>& keys = batch.columns[variable];
  selected_.clear();
  const bool plain_filter =
      !step_.weights && step_.test->branches.empty() && step_.test->absent.empty();
  if (plain_filter) {
    OG_RETURN_IF_ERROR(step_.test->filter->select(keys, selected_));
    batch.keep(selected_);
    return {};
  }
  std::optional<Weights> of_domain;
  if (!step_.weights) {
    domain_.assign(keys.begin(), keys.end());
    std::sort(domain_.begin(), domain_.end());
    domain_.erase(std::unique(domain_.begin(), domain_.end()), domain_.end());
    OG_ASSIGN_OR_RETURN(of_domain, evaluate(*step_.test, execution_.context, domain_));
  }
  const Weights& weights = step_.weights ? *step_.weights : *of_domain;
  std::vector<std::uint64_t> factors;
  bool weighted = false;
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    const std::uint64_t weight = weights.get(keys[row]);
    if (weight == 0) continue;
    selected_.push_back(row);
    factors.push_back(weight);
    weighted |= weight != 1;
  }
  batch.keep(selected_);
  if (!weighted) return {};
  if (batch.weights.empty()) {
    batch.weights = std::move(factors);
  } else {
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      batch.weights[row] = saturating_multiply(batch.weights[row], factors[row]);
    }
  }
  return {};
}

std::unique_ptr<Operator> make_test(const BoundStep& step, Execution& execution, Operator& next) {
  return std::make_unique<TestRows>(step, execution, next);
}

std::unique_ptr<Operator> make_filter(const BoundStep& step, Execution& execution, Operator& next) {
  return std::make_unique<FilterRows>(step, execution, next);
}

}  // namespace omnigraph
