// Traversals whose two ends are bound: the row survives where the relation holds; with a bound edge
// it is repeated for every edge that connects them.
#include <algorithm>
#include <utility>

#include "execution/hops.h"
#include "execution/operator.h"

namespace omnigraph {
namespace {

class Close final : public Operator {
 public:
  Close(const BoundStep& step, Execution& execution, Operator& next)
      : step_(step),
        execution_(execution),
        next_(next),
        search_(*step.edges, step.to_table->key_limit(), execution.context) {
    out_.columns.resize(execution.slots());
  }

  Status push(Batch& batch) override {
    OG_RETURN_IF_ERROR(execution_.context.check());
    OG_RETURN_IF_ERROR(step_.edges->expect(batch.rows));
    const Step& plan = *step_.plan;
    if (plan.edge_slot) return push_edges(batch);
    const std::vector<RowKey>& from = batch.columns[plan.from];
    const std::vector<RowKey>& to = batch.columns[plan.to];
    selected_.clear();
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      bool connected = false;
      const bool again = row + 1 < batch.rows && from[row + 1] == from[row];
      if (plan.max_hops > 1 && !again && (row == 0 || from[row] != from[row - 1])) {
        OG_ASSIGN_OR_RETURN(connected, search_.finds(from[row], to[row], plan.direction,
                                                     plan.min_hops, plan.max_hops));
      } else if (plan.max_hops > 1) {
        // Several ends for one start: one search serves them all.
        if (row == 0 || from[row] != from[row - 1]) {
          found_.clear();
          OG_RETURN_IF_ERROR(
              search_.find(from[row], plan.direction, plan.min_hops, plan.max_hops, found_));
          std::sort(found_.begin(), found_.end());
        }
        connected = std::binary_search(found_.begin(), found_.end(), to[row]);
      } else {
        OG_ASSIGN_OR_RETURN(connected, step_.edges->connected(from[row], to[row], plan.direction));
      }
      if (connected) selected_.push_back(row);
    }
    if (selected_.empty()) return {};
    batch.keep(selected_);
    return next_.push(batch);
  }

 private:
  Status push_edges(Batch& batch) {
    const Step& plan = *step_.plan;
    std::vector<std::uint32_t> parents, positions;
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      OG_RETURN_IF_ERROR(step_.edges->edges_between(
          batch.columns[plan.from][row], batch.columns[plan.to][row], plan.direction, positions));
      parents.resize(positions.size(), row);
    }
    for (std::size_t at = 0; at < parents.size(); at += kBatchRows) {
      const std::size_t n = std::min<std::size_t>(kBatchRows, parents.size() - at);
      out_.clear();
      out_.rows = static_cast<std::uint32_t>(n);
      for (const VarId slot : plan.live) {
        if (slot == *plan.edge_slot) continue;
        for (std::size_t i = 0; i < n; ++i) {
          out_.columns[slot].push_back(batch.columns[slot][parents[at + i]]);
        }
      }
      auto& edge = out_.columns[*plan.edge_slot];
      for (std::size_t i = 0; i < n; ++i) edge.push_back(positions[at + i]);
      if (!batch.weights.empty()) {
        for (std::size_t i = 0; i < n; ++i) out_.weights.push_back(batch.weights[parents[at + i]]);
      }
      if (step_.edge_filter) {
        selected_.clear();
        OG_RETURN_IF_ERROR(step_.edge_filter->select(edge, selected_));
        out_.keep(selected_);
      }
      if (out_.rows > 0) OG_RETURN_IF_ERROR(next_.push(out_));
    }
    return {};
  }

  const BoundStep& step_;
  Execution& execution_;
  Operator& next_;
  HopSearch search_;
  std::vector<std::uint32_t> selected_;
  std::vector<RowId> found_;
  Batch out_;
};

}  // namespace

std::unique_ptr<Operator> make_close(const BoundStep& step, Execution& execution, Operator& next) {
  return std::make_unique<Close>(step, execution, next);
}

}  // namespace omnigraph
