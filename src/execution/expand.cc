// One hop: every row with every neighbour of its node, or, where further traversals meet in the new
// variable, with every common neighbour. Rows are multiplied out in batches; the columns that later
// steps read are copied once a batch, not once a row.
#include <algorithm>
#include <iterator>
#include <utility>

#include "execution/fan_out.h"
#include "execution/operator.h"

namespace omnigraph {
namespace {

// Lists that differ in length by more than this are intersected by searching the longer one.
constexpr std::size_t kGallopRatio = 16;

// The common elements of two ascending sets.
void intersect_sorted(std::span<const RowId> a, std::span<const RowId> b, std::vector<RowId>& out) {
  if (a.size() > b.size()) std::swap(a, b);
  out.clear();
  if (b.size() / kGallopRatio > a.size()) {
    const RowId* from = b.data();
    const RowId* const end = b.data() + b.size();
    for (const RowId value : a) {
      // Doubling steps, then a binary search inside the last one.
      std::size_t step = 1;
      while (static_cast<std::size_t>(end - from) > step && from[step] < value) step *= 2;
      const RowId* limit = from + std::min(step + 1, static_cast<std::size_t>(end - from));
      from = std::lower_bound(from, limit, value);
      if (from == end) return;
      if (*from == value) out.push_back(value);
    }
    return;
  }
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
}

class Expand final : public Operator {
 public:
  Expand(const BoundStep& step, Execution& execution, Operator& next, const StopFlag* stop)
      : step_(step),
        edges_(*step.edges),
        context_(execution.context),
        fan_(step, execution, next),
        stop_(stop) {}

  Status push(Batch& batch) override {
    const Step& plan = *step_.plan;
    const std::vector<RowKey>& from = batch.columns[plan.from];
    if (!plan.closings.empty()) sets_.resize(plan.closings.size() + 1);
    OG_RETURN_IF_ERROR(edges_.expect(batch.rows));
    for (const auto& closing : step_.closings) OG_RETURN_IF_ERROR(closing->expect(batch.rows));
    const bool runs = edges_.simple() && plan.direction != Direction::kBoth && !plan.edge_slot;
    if (edges_.live_edges() == 0) return {};
    const AdjacencySide* side = runs ? &edges_.parts()[0].side(plan.direction) : nullptr;
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) return {};
      if (!plan.closings.empty()) {
        OG_RETURN_IF_ERROR(find_common(batch, row));
        OG_RETURN_IF_ERROR(pause_.after(kGallopRatio * (spans_[0].size() + 1), context_));
        OG_RETURN_IF_ERROR(fan_.add(batch, row, common_, {}));
        continue;
      }
      if (runs) {
        const AdjacencySide::Run run = side->run(from[row]);
        OG_RETURN_IF_ERROR(pause_.after(run.size(), context_));
        OG_RETURN_IF_ERROR(
            fan_.add(batch, row, {side->neighbors().data() + run.begin, run.size()}, {}));
        continue;
      }
      neighbors_.clear();
      positions_.clear();
      if (plan.edge_slot) {
        OG_RETURN_IF_ERROR(edges_.edges(from[row], plan.direction, neighbors_, positions_));
      } else {
        OG_RETURN_IF_ERROR(edges_.neighbors(from[row], plan.direction, neighbors_));
      }
      OG_RETURN_IF_ERROR(pause_.after(neighbors_.size(), context_));
      OG_RETURN_IF_ERROR(fan_.add(batch, row, neighbors_, positions_));
    }
    return fan_.flush(batch);
  }

 private:
  // Sets common_ to what the row's traversals into the new variable have in common; shortest sets
  // first.
  Status find_common(const Batch& batch, std::uint32_t row) {
    const Step& plan = *step_.plan;
    spans_.clear();
    OG_ASSIGN_OR_RETURN(
        const std::span<const RowId> main,
        edges_.neighbor_set(batch.columns[plan.from][row], plan.direction, sets_[0]));
    spans_.push_back(main);
    for (std::size_t i = 0; i < plan.closings.size(); ++i) {
      const Closing& closing = plan.closings[i];
      OG_ASSIGN_OR_RETURN(const std::span<const RowId> other,
                          step_.closings[i]->neighbor_set(batch.columns[closing.from][row],
                                                          closing.direction, sets_[i + 1]));
      spans_.push_back(other);
    }
    std::sort(spans_.begin(), spans_.end(),
              [](const auto& a, const auto& b) { return a.size() < b.size(); });
    intersect_sorted(spans_[0], spans_[1], common_);
    for (std::size_t i = 2; i < spans_.size() && !common_.empty(); ++i) {
      intersect_sorted(common_, spans_[i], narrower_);
      common_.swap(narrower_);
    }
    return {};
  }

  const BoundStep& step_;
  const EdgeView& edges_;
  QueryContext& context_;
  Pause pause_;
  FanOut fan_;
  const StopFlag* stop_;
  std::vector<RowId> neighbors_;
  std::vector<std::uint32_t> positions_;
  std::vector<std::vector<RowId>> sets_;  // of the main traversal and each closing
  std::vector<std::span<const RowId>> spans_;
  std::vector<RowId> common_, narrower_;
};

}  // namespace

FanOut::FanOut(const BoundStep& step, Execution& execution, Operator& next)
    : step_(step), execution_(execution), next_(next), test_(step, execution) {
  out_.columns.resize(execution.slots());
  const auto& live = step.plan->live;
  for (const VarId slot : live) {
    if (slot == step.plan->to || slot == step.plan->edge_slot) continue;
    copied_.push_back(slot);
  }
  const bool tested = step.test && !step.weights;
  keep_to_ = tested || std::find(live.begin(), live.end(), step.plan->to) != live.end();
  keep_edge_ = step.edge_filter != nullptr ||
               (step.plan->edge_slot &&
                std::find(live.begin(), live.end(), *step.plan->edge_slot) != live.end());
}

bool FanOut::counts_only() const {
  return !keep_to_ && !keep_edge_ && (!step_.weights || step_.weights->form == Weights::Form::kAll);
}

Status FanOut::add_count(const Batch& batch, std::uint32_t row, std::uint64_t count) {
  if (count == 0) return {};
  parents_.push_back(row);
  if (count != 1 && factors_.empty()) factors_.assign(parents_.size() - 1, 1);
  if (count != 1 || !factors_.empty()) factors_.push_back(count);
  if (execution_.measure) step_.counters.rows += count - 1;  // the batch counts the other one
  return parents_.size() >= kBatchRows ? flush(batch) : Status();
}

Status FanOut::add(const Batch& batch, std::uint32_t row, std::span<const RowId> neighbors,
                   std::span<const std::uint32_t> positions) {
  const Weights* weights = step_.weights ? &*step_.weights : nullptr;
  const bool all = weights == nullptr || weights->form == Weights::Form::kAll;
  if (!keep_to_ && !keep_edge_) {
    // Nobody asks which neighbours: the row stands for all of them.
    std::uint64_t count = neighbors.size();
    if (!all) {
      count = 0;
      for (const RowId n : neighbors) count = saturating_add(count, weights->get(n));
    }
    return add_count(batch, row, count);
  }
  std::size_t at = 0;
  while (at < neighbors.size()) {
    const std::size_t room = kBatchRows - parents_.size();
    const std::size_t until = std::min(neighbors.size(), at + room);
    if (all) {
      parents_.insert(parents_.end(), until - at, row);
      if (keep_to_)
        to_.insert(to_.end(), neighbors.begin() + static_cast<std::ptrdiff_t>(at),
                   neighbors.begin() + static_cast<std::ptrdiff_t>(until));
      if (keep_edge_)
        edge_.insert(edge_.end(), positions.begin() + static_cast<std::ptrdiff_t>(at),
                     positions.begin() + static_cast<std::ptrdiff_t>(until));
    } else {
      for (std::size_t i = at; i < until; ++i) {
        const std::uint64_t weight = weights->get(neighbors[i]);
        if (weight == 0) continue;
        parents_.push_back(row);
        if (keep_to_) to_.push_back(neighbors[i]);
        if (keep_edge_) edge_.push_back(positions[i]);
        if (weight != 1 && factors_.empty()) factors_.assign(parents_.size() - 1, 1);
        if (!factors_.empty() || weight != 1) factors_.push_back(weight);
      }
    }
    at = until;
    if (parents_.size() >= kBatchRows) OG_RETURN_IF_ERROR(flush(batch));
  }
  return {};
}

Status FanOut::flush(const Batch& batch) {
  if (parents_.empty()) return {};
  OG_RETURN_IF_ERROR(execution_.context.check());
  out_.clear();
  out_.rows = static_cast<std::uint32_t>(parents_.size());
  for (const VarId slot : copied_) {
    const auto& in = batch.columns[slot];
    auto& column = out_.columns[slot];
    column.resize(parents_.size());
    for (std::size_t i = 0; i < parents_.size(); ++i) column[i] = in[parents_[i]];
  }
  if (keep_to_) out_.columns[step_.plan->to].swap(to_);
  if (keep_edge_) out_.columns[*step_.plan->edge_slot].swap(edge_);
  if (!batch.weights.empty()) {
    out_.weights.resize(parents_.size());
    for (std::size_t i = 0; i < parents_.size(); ++i) out_.weights[i] = batch.weights[parents_[i]];
    for (std::size_t i = 0; i < factors_.size(); ++i) {
      out_.weights[i] = saturating_multiply(out_.weights[i], factors_[i]);
    }
  } else {
    out_.weights.swap(factors_);
  }
  parents_.clear();
  to_.clear();
  edge_.clear();
  factors_.clear();
  if (step_.edge_filter) {
    selected_.clear();
    OG_RETURN_IF_ERROR(step_.edge_filter->select(out_.columns[*step_.plan->edge_slot], selected_));
    out_.keep(selected_);
  }
  if (step_.test && !step_.weights) OG_RETURN_IF_ERROR(test_.apply(out_, step_.plan->to));
  return out_.rows == 0 ? Status() : next_.push(out_);
}

std::unique_ptr<Operator> make_expand(const BoundStep& step, Execution& execution, Operator& next,
                                      const StopFlag* stop) {
  return std::make_unique<Expand>(step, execution, next, stop);
}

}  // namespace omnigraph
