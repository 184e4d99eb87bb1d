#include "execution/hops.h"

#include <algorithm>
#include <utility>

#include "execution/fan_out.h"
#include "execution/operator.h"

namespace omnigraph {
namespace {

class Hops final : public Operator {
 public:
  Hops(const BoundStep& step, Execution& execution, Operator& next, const StopFlag* stop)
      : step_(step), stop_(stop),
        search_(*step.edges, step.to_table->key_limit(), execution.context),
        fan_(step, execution, next) {}

  Status push(Batch& batch) override {
    const Step& plan = *step_.plan;
    const std::vector<RowKey>& from = batch.columns[plan.from];
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) return {};
      // Neighbouring rows often hold the same node.
      if (row == 0 || from[row] != from[row - 1]) {
        found_.clear();
        OG_RETURN_IF_ERROR(plan.reversed_search
                               ? search_.find_starts(from[row], plan.direction, plan.min_hops,
                                                     plan.max_hops, found_)
                               : search_.find(from[row], plan.direction, plan.min_hops,
                                              plan.max_hops, found_));
        std::sort(found_.begin(), found_.end());
      }
      OG_RETURN_IF_ERROR(fan_.add(batch, row, found_, {}));
    }
    return fan_.flush(batch);
  }

 private:
  const BoundStep& step_;
  const StopFlag* stop_;
  HopSearch search_;
  FanOut fan_;
  std::vector<RowId> found_;
};

}  // namespace

// visit(node, distance) for every node within `max` hops, the start with distance 0 included, level by
// level; a visit that returns false ends the search.
template <typename Visit>
Status HopSearch::walk(RowId start, Direction direction, std::uint32_t max, const Visit& visit) {
  if (seen_.empty()) {
    OG_RETURN_IF_ERROR(memory_.grow_to(std::uint64_t{limit_} * sizeof(std::uint32_t)));
    seen_.assign(std::max(limit_, RowId{1}), 0);
  }
  if (++epoch_ == 0) {
    std::fill(seen_.begin(), seen_.end(), 0U);
    epoch_ = 1;
  }
  seen_[start] = epoch_;
  frontier_.assign(1, start);
  if (!visit(start, 0U)) return {};
  for (std::uint32_t hop = 1; hop <= max && !frontier_.empty(); ++hop) {
    next_.clear();
    std::uint32_t until_check = kBatchRows;
    for (const RowId node : frontier_) {
      if (--until_check == 0) {
        until_check = kBatchRows;
        OG_RETURN_IF_ERROR(context_.check());
      }
      neighbors_.clear();
      edges_.neighbors(node, direction, neighbors_);
      for (const RowId neighbor : neighbors_) {
        if (seen_[neighbor] == epoch_) continue;
        seen_[neighbor] = epoch_;
        next_.push_back(neighbor);
        if (!visit(neighbor, hop)) return {};
      }
    }
    frontier_.swap(next_);
    OG_RETURN_IF_ERROR(context_.check());
  }
  return {};
}

Status HopSearch::find(RowId start, Direction direction, std::uint32_t min, std::uint32_t max,
                       std::vector<RowId>& found) {
  return walk(start, direction, max, [&](RowId node, std::uint32_t distance) {
    const bool reached = distance > 0 && distance >= min;
    // A self-loop matters only where the distance alone does not report the node.
    if (reached || (distance + 1 >= min && distance + 1 <= max && has_loop(node))) {
      found.push_back(node);
    }
    return true;
  });
}

Status HopSearch::find_starts(RowId end, Direction direction, std::uint32_t min, std::uint32_t max,
                              std::vector<RowId>& found) {
  const bool loop = has_loop(end);
  return walk(end, direction, max, [&](RowId node, std::uint32_t distance) {
    const bool reached = distance > 0 && distance >= min;
    if (reached || (loop && distance + 1 >= min && distance + 1 <= max)) found.push_back(node);
    return true;
  });
}

std::unique_ptr<Operator> make_hops(const BoundStep& step, Execution& execution, Operator& next,
                                    const StopFlag* stop) {
  return std::make_unique<Hops>(step, execution, next, stop);
}

}  // namespace omnigraph
