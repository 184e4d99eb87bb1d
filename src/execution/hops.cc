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
      : step_(step),
        stop_(stop),
        context_(execution.context),
        search_(*step.edges, step.to_table->key_limit(), execution.context),
        fan_(step, execution, next),
        lanes_(stop == nullptr ? GroupSearch::kLanes : 1) {}

  Status push(Batch& batch) override {
    const std::vector<RowKey>& from = batch.columns[step_.plan->from];
    // Runs of rows with as many different nodes as a group may have.
    for (std::uint32_t begin = 0; begin < batch.rows;) {
      sources_.clear();
      std::uint32_t end = begin;
      for (; end < batch.rows; ++end) {
        if (!sources_.empty() && from[end] == sources_.back()) continue;
        if (sources_.size() == lanes_) break;
        sources_.push_back(from[end]);
      }
      OG_RETURN_IF_ERROR(serve(batch, begin, end));
      if (stopped()) return {};
      begin = end;
      lanes_ = std::min(GroupSearch::kLanes, lanes_ * 2);
    }
    return fan_.flush(batch);
  }

  Status finish() override {
    if (group_) step_.searches.give(std::move(group_));
    return {};
  }

 private:
  bool stopped() const { return stop_ != nullptr && stop_->load(std::memory_order_relaxed); }

  Status serve(const Batch& batch, std::uint32_t begin, std::uint32_t end) {
    const Step& plan = *step_.plan;
    const std::vector<RowKey>& from = batch.columns[plan.from];
    distinct_ = sources_;
    std::sort(distinct_.begin(), distinct_.end());
    distinct_.erase(std::unique(distinct_.begin(), distinct_.end()), distinct_.end());
    if (distinct_.size() == 1) {
      found_.clear();
      OG_RETURN_IF_ERROR(
          plan.reversed_search
              ? search_.find_starts(distinct_[0], plan.direction, plan.min_hops, plan.max_hops,
                                    found_)
              : search_.find(distinct_[0], plan.direction, plan.min_hops, plan.max_hops, found_));
      std::sort(found_.begin(), found_.end());
      for (std::uint32_t row = begin; row < end; ++row) {
        OG_RETURN_IF_ERROR(fan_.add(batch, row, found_, {}));
      }
      return {};
    }
    if (!group_) group_ = step_.searches.take(*step_.edges, step_.to_table->key_limit());
    const HopRange range{plan.direction, plan.min_hops, plan.max_hops, plan.reversed_search};
    OG_RETURN_IF_ERROR(group_->run(distinct_, range, context_));
    for (std::uint32_t row = begin; row < end && !stopped(); ++row) {
      const auto lane = static_cast<std::size_t>(
          std::lower_bound(distinct_.begin(), distinct_.end(), from[row]) - distinct_.begin());
      OG_RETURN_IF_ERROR(fan_.counts_only() ? fan_.add_count(batch, row, group_->count(lane))
                                            : fan_.add(batch, row, group_->found(lane), {}));
    }
    return {};
  }

  const BoundStep& step_;
  const StopFlag* stop_;
  QueryContext& context_;
  HopSearch search_;                    // of a single node
  std::unique_ptr<GroupSearch> group_;  // of several
  FanOut fan_;
  // Different nodes in a group: the first ones are small where a few rows may be enough.
  std::size_t lanes_;
  std::vector<RowId> sources_, distinct_, found_;
};

}  // namespace

Status HopSearch::prepare() {
  if (seen_.empty()) {
    OG_RETURN_IF_ERROR(memory_.grow_to(std::uint64_t{limit_} * 2 * sizeof(std::uint32_t)));
    seen_.assign(std::max(limit_, RowId{1}), 0);
    seen_back_.assign(seen_.size(), 0);
  }
  if (++epoch_ == 0) {
    std::fill(seen_.begin(), seen_.end(), 0U);
    std::fill(seen_back_.begin(), seen_back_.end(), 0U);
    epoch_ = 1;
  }
  return {};
}

// visit(node, distance) -> Status for every node within `max` hops, the start with distance 0
// included, level by level.
template <typename Visit>
Status HopSearch::walk(RowId start, Direction direction, std::uint32_t max, const Visit& visit) {
  OG_RETURN_IF_ERROR(prepare());
  seen_[start] = epoch_;
  frontier_.assign(1, start);
  OG_RETURN_IF_ERROR(visit(start, 0U));
  for (std::uint32_t hop = 1; hop <= max && !frontier_.empty(); ++hop) {
    next_.clear();
    OG_RETURN_IF_ERROR(edges_.expect(frontier_.size()));
    for (const RowId node : frontier_) {
      OG_ASSIGN_OR_RETURN(const std::span<const RowId> neighbors,
                          edges_.neighbor_set(node, direction, neighbors_));
      OG_RETURN_IF_ERROR(pause_.after(neighbors.size() + 1, context_));
      for (const RowId neighbor : neighbors) {
        if (seen_[neighbor] == epoch_) continue;
        seen_[neighbor] = epoch_;
        next_.push_back(neighbor);
        OG_RETURN_IF_ERROR(visit(neighbor, hop));
      }
    }
    frontier_.swap(next_);
    OG_RETURN_IF_ERROR(context_.check());
  }
  return {};
}

Status HopSearch::find(RowId start, Direction direction, std::uint32_t min, std::uint32_t max,
                       std::vector<RowId>& found) {
  return walk(start, direction, max, [&](RowId node, std::uint32_t distance) -> Status {
    bool reached = distance > 0 && distance >= min;
    // A self-loop matters only where the distance alone does not report the node.
    if (!reached && distance + 1 >= min && distance + 1 <= max) {
      OG_ASSIGN_OR_RETURN(reached, has_loop(node));
    }
    if (reached) found.push_back(node);
    return {};
  });
}

Status HopSearch::find_starts(RowId end, Direction direction, std::uint32_t min, std::uint32_t max,
                              std::vector<RowId>& found) {
  OG_ASSIGN_OR_RETURN(const bool loop, has_loop(end));
  return walk(end, direction, max, [&](RowId node, std::uint32_t distance) -> Status {
    const bool reached = distance > 0 && distance >= min;
    if (reached || (loop && distance + 1 >= min && distance + 1 <= max)) found.push_back(node);
    return {};
  });
}

Result<std::optional<std::uint32_t>> HopSearch::distance(RowId start, RowId end,
                                                         Direction direction, std::uint32_t max) {
  if (start == end) return std::optional<std::uint32_t>(0);
  OG_RETURN_IF_ERROR(prepare());
  seen_[start] = epoch_;
  seen_back_[end] = epoch_;
  frontier_.assign(1, start);
  frontier_back_.assign(1, end);
  // Whole levels from one side or the other: the first node that both have seen is on a shortest
  // way.
  for (std::uint32_t hops = 1; hops <= max; ++hops) {
    if (frontier_.empty() || frontier_back_.empty()) break;
    OG_RETURN_IF_ERROR(context_.check());
    const bool ahead = frontier_.size() <= frontier_back_.size();
    std::vector<RowId>& frontier = ahead ? frontier_ : frontier_back_;
    std::vector<std::uint32_t>& seen = ahead ? seen_ : seen_back_;
    const std::vector<std::uint32_t>& met = ahead ? seen_back_ : seen_;
    next_.clear();
    OG_RETURN_IF_ERROR(edges_.expect(frontier.size()));
    for (const RowId node : frontier) {
      OG_ASSIGN_OR_RETURN(
          const std::span<const RowId> neighbors,
          edges_.neighbor_set(node, ahead ? direction : reversed(direction), neighbors_));
      OG_RETURN_IF_ERROR(pause_.after(neighbors.size() + 1, context_));
      for (const RowId neighbor : neighbors) {
        if (met[neighbor] == epoch_) return std::optional<std::uint32_t>(hops);
        if (seen[neighbor] == epoch_) continue;
        seen[neighbor] = epoch_;
        next_.push_back(neighbor);
      }
    }
    frontier.swap(next_);
  }
  return std::optional<std::uint32_t>();
}

Result<bool> HopSearch::finds(RowId start, RowId end, Direction direction, std::uint32_t min,
                              std::uint32_t max) {
  OG_ASSIGN_OR_RETURN(const auto hops, distance(start, end, direction, max));
  if (!hops) return false;
  if (*hops > 0 && *hops >= min) return true;
  if (*hops + 1 < min || *hops + 1 > max) return false;
  return has_loop(end);
}

std::unique_ptr<Operator> make_hops(const BoundStep& step, Execution& execution, Operator& next,
                                    const StopFlag* stop) {
  return std::make_unique<Hops>(step, execution, next, stop);
}

}  // namespace omnigraph
