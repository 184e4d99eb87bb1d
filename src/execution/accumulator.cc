#include "execution/accumulator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "execution/constant.h"

namespace omnigraph {
namespace {

// The argument of an aggregate, row by row.
class Argument {
 public:
  static Result<Argument> open(const OutputColumn& column, Execution& execution) {
    Argument argument;
    argument.kind_ = column.value.kind;
    argument.variable_ = column.value.variable;
    if (argument.kind_ == OutputValue::Kind::kConstant) {
      OG_ASSIGN_OR_RETURN(Value value, constant_value(*column.value.constant, execution.context));
      argument.value_ = std::make_shared<const Value>(std::move(value));
    } else if (argument.kind_ == OutputValue::Kind::kProperty) {
      argument.table_ = &execution.table_of(column.value.variable);
      OG_ASSIGN_OR_RETURN(argument.column_,
                          argument.table_->column(column.value.property, column.value.type));
    } else {
      argument.table_ = &execution.table_of(column.value.variable);
    }
    return argument;
  }

  bool is_node() const { return kind_ == OutputValue::Kind::kNodeId; }
  VarId variable() const { return variable_; }
  const TableView& table() const { return *table_; }

  // visit(row, cell) for every row.
  template <typename Visit>
  Status each(const Batch& batch, const Visit& visit) {
    if (kind_ == OutputValue::Kind::kConstant) {
      const Cell cell = cell_of(*value_);
      for (std::uint32_t row = 0; row < batch.rows; ++row) visit(row, cell);
      return {};
    }
    OG_RETURN_IF_ERROR(table_->locate(batch.columns[variable_], at_));
    for (std::uint32_t row = 0; row < batch.rows; ++row) visit(row, column_->at(at_[row]));
    return {};
  }

  // visit(row, integer) when the values are I32 in one part: the common case, without cells.
  template <typename Visit>
  bool each_i32(const Batch& batch, const Visit& visit) {
    if (kind_ != OutputValue::Kind::kProperty || !table_->plain()) return false;
    const Column& column = *column_->part(0);
    if (column.layout != Column::Layout::kFixed || column.type != ScalarType::kI32) return false;
    const std::int32_t* values = column.fixed<std::int32_t>().data();
    const std::vector<RowKey>& keys = batch.columns[variable_];
    const std::uint32_t base = table_->plain_base();
    if (column.validity == nullptr) {
      for (std::uint32_t row = 0; row < batch.rows; ++row) visit(row, values[keys[row] - base]);
    } else {
      for (std::uint32_t row = 0; row < batch.rows; ++row) {
        const std::uint32_t at = keys[row] - base;
        if (!column.is_null(at)) visit(row, values[at]);
      }
    }
    return true;
  }

 private:
  OutputValue::Kind kind_ = OutputValue::Kind::kConstant;
  VarId variable_ = 0;
  TableView* table_ = nullptr;
  std::shared_ptr<const PropertyColumn> column_;
  std::shared_ptr<const Value> value_;
  std::vector<Location> at_;
};

template <typename State>
void keep_states(std::vector<State>& states, std::span<const std::uint32_t> groups) {
  std::vector<State> kept;
  kept.reserve(groups.size());
  for (const std::uint32_t g : groups) kept.push_back(std::move(states[g]));
  states = std::move(kept);
}

class Count final : public Accumulator {
 public:
  explicit Count(std::optional<Argument> argument) : argument_(std::move(argument)) {}

  Status add(const Batch& batch, std::span<const std::uint32_t> groups,
             std::uint32_t size) override {
    resize(size);
    if (argument_) {
      return argument_->each(batch, [&](std::uint32_t row, const Cell& cell) {
        if (cell.is_null()) return;
        auto& count = counts_[groups[row]];
        count = saturating_add(count, batch.weight(row));
      });
    }
    if (batch.weights.empty()) {
      for (std::uint32_t row = 0; row < batch.rows; ++row) ++counts_[groups[row]];
      return {};
    }
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      auto& count = counts_[groups[row]];
      count = saturating_add(count, batch.weights[row]);
    }
    return {};
  }
  Status merge(Accumulator& other, std::span<const std::uint32_t> groups,
               std::uint32_t size) override {
    resize(size);
    const auto& theirs = static_cast<Count&>(other).counts_;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      counts_[groups[g]] = saturating_add(counts_[groups[g]], theirs[g]);
    }
    return {};
  }
  void keep(std::span<const std::uint32_t> groups) override { keep_states(counts_, groups); }
  void resize(std::uint32_t size) override { counts_.resize(size); }
  std::uint64_t memory() const override { return counts_.capacity() * sizeof(std::uint64_t); }
  Status check() const override {
    for (const std::uint64_t count : counts_) {
      if (count > static_cast<std::uint64_t>(INT64_MAX)) {
        return Error(ErrorCode::kResourceExhausted, "count exceeds the range of I64");
      }
    }
    return {};
  }
  std::span<const std::uint64_t> counts() const override { return counts_; }
  bool counts_rows() const override { return !argument_; }
  int compare(std::uint32_t a, std::uint32_t b) const override {
    return counts_[a] < counts_[b] ? -1 : int{counts_[a] > counts_[b]};
  }
  Result<ColumnPtr> finish(std::span<const std::uint32_t> groups) const override {
    ColumnBuilder builder({.scalar = ScalarType::kI64, .list = false, .nullable = true});
    builder.reserve(groups.size());
    for (const std::uint32_t g : groups) {
      builder.append_i64(static_cast<std::int64_t>(counts_[g]));
    }
    return builder.finish();
  }

 private:
  std::optional<Argument> argument_;  // unset: every row counts
  std::vector<std::uint64_t> counts_;
};

// sum and avg of integers: exact in 128 bits.
class IntegerSum final : public Accumulator {
 public:
  IntegerSum(Argument argument, bool average) : argument_(std::move(argument)), average_(average) {}

  Status add(const Batch& batch, std::span<const std::uint32_t> groups,
             std::uint32_t size) override {
    resize(size);
    const auto take = [&](std::uint32_t row, Int128 value) {
      State& state = states_[groups[row]];
      const std::uint64_t weight = batch.weight(row);
      Int128 product;
      overflow_ |= __builtin_mul_overflow(value, static_cast<Int128>(weight), &product);
      overflow_ |= __builtin_add_overflow(state.sum, product, &state.sum);
      state.count = saturating_add(state.count, weight);
    };
    const bool done =
        argument_.each_i32(batch, [&](std::uint32_t row, std::int32_t value) { take(row, value); });
    if (done) return {};
    return argument_.each(batch, [&](std::uint32_t row, const Cell& cell) {
      if (cell.kind == Cell::Kind::kInteger) take(row, cell.integer);
      if (cell.kind == Cell::Kind::kUnsigned) take(row, static_cast<Int128>(cell.natural));
    });
  }
  Status merge(Accumulator& other, std::span<const std::uint32_t> groups,
               std::uint32_t size) override {
    resize(size);
    const auto& theirs = static_cast<IntegerSum&>(other);
    overflow_ |= theirs.overflow_;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      State& state = states_[groups[g]];
      overflow_ |= __builtin_add_overflow(state.sum, theirs.states_[g].sum, &state.sum);
      state.count = saturating_add(state.count, theirs.states_[g].count);
    }
    return {};
  }
  void keep(std::span<const std::uint32_t> groups) override { keep_states(states_, groups); }
  void resize(std::uint32_t size) override { states_.resize(size); }
  std::uint64_t memory() const override { return states_.capacity() * sizeof(State); }
  Status check() const override {
    if (!overflow_) return {};
    return Error(ErrorCode::kResourceExhausted, "sum exceeds 128 bits");
  }
  int compare(std::uint32_t a, std::uint32_t b) const override {
    return order_cells(cell(a), cell(b));
  }
  Result<ColumnPtr> finish(std::span<const std::uint32_t> groups) const override {
    ColumnBuilder builder({.scalar = ScalarType::kF64, .list = false, .nullable = true});
    for (const std::uint32_t g : groups) {
      const Cell value = cell(g);
      value.is_null() ? builder.append_null() : builder.append_f64(value.number);
    }
    return builder.finish();
  }

 private:
  struct State {
    Int128 sum = 0;
    std::uint64_t count = 0;
  };
  Cell cell(std::uint32_t g) const {
    Cell out;
    const State& state = states_[g];
    if (state.count == 0) return out;
    out.kind = Cell::Kind::kFloat;
    out.number = static_cast<double>(state.sum);
    if (average_) out.number /= static_cast<double>(state.count);
    return out;
  }

  Argument argument_;
  const bool average_;
  bool overflow_ = false;
  std::vector<State> states_;
};

class FloatSum final : public Accumulator {
 public:
  FloatSum(Argument argument, bool average) : argument_(std::move(argument)), average_(average) {}

  Status add(const Batch& batch, std::span<const std::uint32_t> groups,
             std::uint32_t size) override {
    resize(size);
    return argument_.each(batch, [&](std::uint32_t row, const Cell& cell) {
      if (cell.is_null()) return;
      State& state = states_[groups[row]];
      const double number =
          cell.kind == Cell::Kind::kInteger ? static_cast<double>(cell.integer) : cell.number;
      state.sum.add(number, batch.weight(row));
      state.count = saturating_add(state.count, batch.weight(row));
    });
  }
  Status merge(Accumulator& other, std::span<const std::uint32_t> groups,
               std::uint32_t size) override {
    resize(size);
    const auto& theirs = static_cast<FloatSum&>(other);
    for (std::size_t g = 0; g < groups.size(); ++g) {
      State& state = states_[groups[g]];
      state.sum.add(theirs.states_[g].sum);
      state.count = saturating_add(state.count, theirs.states_[g].count);
    }
    return {};
  }
  void keep(std::span<const std::uint32_t> groups) override { keep_states(states_, groups); }
  void resize(std::uint32_t size) override { states_.resize(size); }
  std::uint64_t memory() const override { return states_.capacity() * sizeof(State); }
  int compare(std::uint32_t a, std::uint32_t b) const override {
    return order_cells(cell(a), cell(b));
  }
  Result<ColumnPtr> finish(std::span<const std::uint32_t> groups) const override {
    ColumnBuilder builder({.scalar = ScalarType::kF64, .list = false, .nullable = true});
    for (const std::uint32_t g : groups) {
      const Cell value = cell(g);
      value.is_null() ? builder.append_null() : builder.append_f64(value.number);
    }
    return builder.finish();
  }

 private:
  struct State {
    ExactSum sum;
    std::uint64_t count = 0;
  };
  Cell cell(std::uint32_t g) const {
    Cell out;
    const State& state = states_[g];
    if (state.count == 0) return out;
    out.kind = Cell::Kind::kFloat;
    out.number = state.sum.value();
    if (average_) out.number /= static_cast<double>(state.count);
    return out;
  }

  Argument argument_;
  const bool average_;
  std::vector<State> states_;
};

// min and max of scalars: cells are views of columns that the argument keeps.
class Extreme final : public Accumulator {
 public:
  Extreme(Argument argument, bool greatest, PropertyType type)
      : argument_(std::move(argument)), greatest_(greatest), type_(std::move(type)) {}

  Status add(const Batch& batch, std::span<const std::uint32_t> groups,
             std::uint32_t size) override {
    resize(size);
    return argument_.each(
        batch, [&](std::uint32_t row, const Cell& cell) { take(states_[groups[row]], cell); });
  }
  Status merge(Accumulator& other, std::span<const std::uint32_t> groups,
               std::uint32_t size) override {
    resize(size);
    const auto& theirs = static_cast<Extreme&>(other);
    for (std::size_t g = 0; g < groups.size(); ++g) take(states_[groups[g]], theirs.states_[g]);
    return {};
  }
  void keep(std::span<const std::uint32_t> groups) override { keep_states(states_, groups); }
  void resize(std::uint32_t size) override { states_.resize(size); }
  std::uint64_t memory() const override { return states_.capacity() * sizeof(Cell); }
  int compare(std::uint32_t a, std::uint32_t b) const override {
    return order_cells(states_[a], states_[b]);
  }
  Result<ColumnPtr> finish(std::span<const std::uint32_t> groups) const override {
    ColumnBuilder builder(type_);
    for (const std::uint32_t g : groups) builder.append_value(value_of(states_[g]));
    return builder.finish();
  }

 private:
  void take(Cell& best, const Cell& cell) const {
    if (cell.is_null()) return;
    const int o = best.is_null() ? 0 : order_cells(cell, best);
    if (best.is_null() || (greatest_ ? o > 0 : o < 0)) best = cell;
  }

  Argument argument_;
  const bool greatest_;
  const PropertyType type_;
  std::vector<Cell> states_;
};

// min and max of nodes: by id.
class ExtremeNode final : public Accumulator {
 public:
  ExtremeNode(Argument argument, IdOrder order, bool greatest)
      : argument_(std::move(argument)), order_(std::move(order)), greatest_(greatest) {}

  Status add(const Batch& batch, std::span<const std::uint32_t> groups,
             std::uint32_t size) override {
    resize(size);
    const std::vector<RowKey>& keys = batch.columns[argument_.variable()];
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      OG_RETURN_IF_ERROR(take(states_[groups[row]], keys[row]));
    }
    return {};
  }
  Status merge(Accumulator& other, std::span<const std::uint32_t> groups,
               std::uint32_t size) override {
    resize(size);
    const auto& theirs = static_cast<ExtremeNode&>(other).states_;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (theirs[g] != kNoRow) OG_RETURN_IF_ERROR(take(states_[groups[g]], theirs[g]));
    }
    return {};
  }
  void keep(std::span<const std::uint32_t> groups) override { keep_states(states_, groups); }
  void resize(std::uint32_t size) override { states_.resize(size, kNoRow); }
  std::uint64_t memory() const override { return states_.capacity() * sizeof(RowKey); }
  int compare(std::uint32_t a, std::uint32_t b) const override {
    if (states_[a] == kNoRow || states_[b] == kNoRow) {
      return int{states_[a] != kNoRow} - int{states_[b] != kNoRow};
    }
    const auto o = order_.compare(states_[a], states_[b]);
    return o.ok() ? *o : 0;
  }
  Result<ColumnPtr> finish(std::span<const std::uint32_t> groups) const override {
    ColumnBuilder builder({.scalar = ScalarType::kString, .list = false, .nullable = true});
    for (const std::uint32_t g : groups) {
      if (states_[g] == kNoRow) {
        builder.append_null();
        continue;
      }
      OG_ASSIGN_OR_RETURN(const std::string id, argument_.table().id_text(states_[g]));
      builder.append_text(id);
    }
    return builder.finish();
  }

 private:
  Status take(RowKey& best, RowKey key) {
    if (best == kNoRow) {
      best = key;
      return {};
    }
    OG_ASSIGN_OR_RETURN(const int o, order_.compare(key, best));
    if (greatest_ ? o > 0 : o < 0) best = key;
    return {};
  }

  Argument argument_;
  IdOrder order_;
  const bool greatest_;
  std::vector<RowKey> states_;
};

}  // namespace

Result<std::unique_ptr<Accumulator>> Accumulator::make(const OutputColumn& column,
                                                       Execution& execution) {
  const Aggregate function = *column.aggregate;
  const bool node = column.value.kind == OutputValue::Kind::kNodeId;
  if (function == Aggregate::kCount && node) {
    return std::unique_ptr<Accumulator>(std::make_unique<Count>(std::nullopt));
  }
  OG_ASSIGN_OR_RETURN(Argument argument, Argument::open(column, execution));
  switch (function) {
    case Aggregate::kCount:
      return std::unique_ptr<Accumulator>(std::make_unique<Count>(std::move(argument)));
    case Aggregate::kSum:
    case Aggregate::kAvg: {
      const bool average = function == Aggregate::kAvg;
      if (is_integer(column.value.type.scalar)) {
        return std::unique_ptr<Accumulator>(
            std::make_unique<IntegerSum>(std::move(argument), average));
      }
      return std::unique_ptr<Accumulator>(std::make_unique<FloatSum>(std::move(argument), average));
    }
    case Aggregate::kMin:
    case Aggregate::kMax:
      break;
  }
  const bool greatest = function == Aggregate::kMax;
  if (node) {
    OG_ASSIGN_OR_RETURN(IdOrder order, IdOrder::open(argument.table()));
    return std::unique_ptr<Accumulator>(
        std::make_unique<ExtremeNode>(std::move(argument), std::move(order), greatest));
  }
  return std::unique_ptr<Accumulator>(
      std::make_unique<Extreme>(std::move(argument), greatest, column.type));
}

}  // namespace omnigraph
