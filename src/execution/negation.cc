// `not` blocks that look at several outer variables: an anti-semi-join. The rows of a batch enter
// the inner pipeline with their number; rows whose number comes out are dropped.
#include <algorithm>
#include <utility>

#include "execution/operator.h"

namespace omnigraph {
namespace {

class MarkSink final : public Operator {
 public:
  explicit MarkSink(std::size_t slot) : slot_(slot) {}
  Status push(Batch& batch) override {
    for (const RowKey row : batch.columns[slot_]) hit_[row] = 1;
    return {};
  }
  void reset(std::uint32_t rows) { hit_.assign(rows, 0); }
  bool hit(std::uint32_t row) const { return hit_[row] != 0; }

 private:
  const std::size_t slot_;
  std::vector<std::uint8_t> hit_;
};

class Absent final : public Operator {
 public:
  Absent(const BoundStep& step, Execution& execution, Operator& next)
      : step_(step),
        execution_(execution),
        next_(next),
        slot_(execution.plan.variables.size() + step.inner->plan->scope),
        sink_(slot_),
        inner_(*step.inner, execution, sink_, nullptr) {
    outer_.columns.resize(execution.slots());
  }

  Status push(Batch& batch) override {
    OG_RETURN_IF_ERROR(execution_.context.check());
    if (step_.inner->never) return next_.push(batch);
    outer_.clear();
    outer_.rows = batch.rows;
    for (const VarId variable : step_.inner->plan->outer) {
      outer_.columns[variable] = batch.columns[variable];
    }
    outer_.columns[slot_].resize(batch.rows);
    for (std::uint32_t row = 0; row < batch.rows; ++row) outer_.columns[slot_][row] = row;
    sink_.reset(batch.rows);
    OG_RETURN_IF_ERROR(inner_.push(outer_));
    selected_.clear();
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      if (!sink_.hit(row)) selected_.push_back(row);
    }
    if (selected_.empty()) return {};
    batch.keep(selected_);
    return next_.push(batch);
  }

 private:
  const BoundStep& step_;
  Execution& execution_;
  Operator& next_;
  const std::size_t slot_;
  MarkSink sink_;
  Pipeline inner_;
  Batch outer_;
  std::vector<std::uint32_t> selected_;
};

}  // namespace

std::unique_ptr<Operator> make_absent(const BoundStep& step, Execution& execution, Operator& next) {
  return std::make_unique<Absent>(step, execution, next);
}

}  // namespace omnigraph
