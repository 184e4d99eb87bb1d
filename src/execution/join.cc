// Components that an equality of two properties connects: a hash join. The rows of the smaller one
// are chained by the hash of their side; each row of the other follows one chain and compares
// exactly.
#include <bit>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include "execution/operator.h"

namespace omnigraph {
namespace {

// Equal values of any numeric types hash alike; the comparison decides.
std::uint64_t hash_cell(const Cell& cell) {
  constexpr double kTwo63 = 9223372036854775808.0;
  std::uint64_t bits = 0;
  switch (cell.kind) {
    case Cell::Kind::kText:
      return std::hash<std::string_view>{}(cell.text());
    case Cell::Kind::kNarrow:
    case Cell::Kind::kFloat:
      if (cell.number == std::trunc(cell.number) && std::abs(cell.number) < kTwo63) {
        bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(cell.number));
      } else if (cell.number >= kTwo63 && cell.number < 2 * kTwo63) {
        bits = static_cast<std::uint64_t>(cell.number);
      } else {
        bits = std::bit_cast<std::uint64_t>(cell.number);
      }
      break;
    default:
      bits = cell.natural;
  }
  bits = (bits ^ (bits >> 32)) * 0x9E3779B97F4A7C15;
  return bits ^ (bits >> 29);
}

class Join final : public Operator {
 public:
  Join(const BoundStep& step, Execution& execution, Operator& next, const StopFlag* stop)
      : step_(step), execution_(execution), next_(next), stop_(stop) {
    out_.columns.resize(execution.slots());
  }

  Status push(Batch& batch) override {
    const BoundCrossing& on = step_.crossing.front();
    const MaterializedRows& other = *step_.product;
    if (other.rows == 0) return {};
    OG_RETURN_IF_ERROR(on.left_table->locate(batch.columns[on.left], at_));
    const std::vector<RowKey>& right = other.columns[on.right];
    const JoinIndex& index = *step_.join;
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) return {};
      const Cell cell = on.left_column->at(at_[row]);
      if (cell.is_null()) continue;
      const std::uint64_t hash = hash_cell(cell);
      std::uint32_t link = index.heads[hash & (index.heads.size() - 1)];
      for (; link != 0; link = index.next[link - 1]) {
        if (index.hashes[link - 1] != hash) continue;
        OG_ASSIGN_OR_RETURN(const Location there, on.right_table->locate(right[link - 1]));
        if (!matches(Compare::kEq, cell, on.right_column->at(there))) continue;
        mine_.push_back(row);
        theirs_.push_back(link - 1);
        if (mine_.size() >= kBatchRows) OG_RETURN_IF_ERROR(flush(batch));
      }
    }
    return flush(batch);
  }

 private:
  Status flush(const Batch& batch) {
    if (mine_.empty()) return {};
    OG_RETURN_IF_ERROR(execution_.context.check());
    const MaterializedRows& other = *step_.product;
    out_.clear();
    out_.rows = static_cast<std::uint32_t>(mine_.size());
    for (const VarId slot : step_.plan->live) {
      auto& column = out_.columns[slot];
      column.resize(mine_.size());
      const bool from_other = !other.columns[slot].empty();
      const auto& source = from_other ? other.columns[slot] : batch.columns[slot];
      const auto& rows = from_other ? theirs_ : mine_;
      for (std::size_t i = 0; i < rows.size(); ++i) column[i] = source[rows[i]];
    }
    if (!batch.weights.empty() || !other.weights.empty()) {
      for (std::size_t i = 0; i < mine_.size(); ++i) {
        const std::uint64_t theirs = other.weights.empty() ? 1 : other.weights[theirs_[i]];
        out_.weights.push_back(saturating_multiply(batch.weight(mine_[i]), theirs));
      }
    }
    mine_.clear();
    theirs_.clear();
    return next_.push(out_);
  }

  const BoundStep& step_;
  Execution& execution_;
  Operator& next_;
  const StopFlag* stop_;
  Batch out_;
  std::vector<Location> at_;
  std::vector<std::uint32_t> mine_, theirs_;  // rows of the batch and of the product, paired
};

}  // namespace

Status build_join(BoundStep& step) {
  MaterializedRows& rows = *step.product;
  const BoundCrossing& on = step.crossing.front();
  if (rows.rows > kMaxRowId) {
    return Error(ErrorCode::kResourceExhausted, "more than 2^32 rows to join");
  }
  step.join = std::make_unique<JoinIndex>();
  JoinIndex& index = *step.join;
  const auto n = static_cast<std::size_t>(rows.rows);
  const std::size_t heads = std::bit_ceil(n + 1);
  OG_RETURN_IF_ERROR(rows.memory->grow_to(rows.memory->held() + heads * sizeof(std::uint32_t) +
                                          n * (sizeof(std::uint32_t) + sizeof(std::uint64_t))));
  index.heads.assign(heads, 0);
  index.next.assign(n, 0);
  index.hashes.assign(n, 0);
  if (n == 0) return {};
  std::vector<Location> at;
  OG_RETURN_IF_ERROR(on.right_table->locate(rows.columns[on.right], at));
  // Backwards, so that chains run in row order.
  for (std::size_t row = n; row-- > 0;) {
    const Cell cell = on.right_column->at(at[row]);
    if (cell.is_null()) continue;
    index.hashes[row] = hash_cell(cell);
    std::uint32_t& head = index.heads[index.hashes[row] & (heads - 1)];
    index.next[row] = head;
    head = static_cast<std::uint32_t>(row) + 1;
  }
  return {};
}

std::unique_ptr<Operator> make_join(const BoundStep& step, Execution& execution, Operator& next,
                                    const StopFlag* stop) {
  return std::make_unique<Join>(step, execution, next, stop);
}

}  // namespace omnigraph
