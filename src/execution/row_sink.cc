#include "execution/row_sink.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "execution/checked_sort.h"
#include "execution/constant.h"
#include "execution/outputs.h"

namespace omnigraph {
namespace {

// With a limit so many rows, or twice the limit, are collected before the first are chosen.
constexpr std::uint64_t kLeastBuffered = 4096;
// Of up to this many rows the first are selected in one go.
constexpr std::size_t kSelectedAtOnce = 1U << 18;

}  // namespace

Result<RowOrder> RowOrder::open(Execution& execution) {
  RowOrder order;
  const Plan& plan = execution.plan;
  for (const OrderItem& item : plan.order) {
    const OutputValue& value = item.column ? plan.columns[*item.column].value : item.value;
    Item out;
    out.descending = item.descending;
    out.variable = value.variable;
    if (value.kind == OutputValue::Kind::kProperty) {
      out.kind = Item::Kind::kCell;
      out.table = &execution.table_of(value.variable);
      OG_ASSIGN_OR_RETURN(out.column, out.table->column(value.property, value.type));
      out.cell = order.cells_++;
    } else if (value.kind == OutputValue::Kind::kNodeId) {
      out.kind = Item::Kind::kId;
      OG_ASSIGN_OR_RETURN(IdOrder ids, IdOrder::open(execution.table_of(value.variable)));
      order.ids_.emplace(value.variable, std::move(ids));
    }
    order.items_.push_back(std::move(out));
  }
  for (const VarId variable : plan.tie_break) {
    OG_ASSIGN_OR_RETURN(IdOrder ids, IdOrder::open(execution.table_of(variable)));
    order.ties_.push_back({variable, std::move(ids)});
  }
  const VarSet slots = output_variables(plan);
  order.slots_.assign(slots.begin(), slots.end());
  return order;
}

RowSink::RowSink(const RowOrder& order, Execution& execution, StopFlag* stop)
    : order_(order),
      execution_(execution),
      stop_(stop),
      memory_(execution.context),
      columns_(order.slots().size()),
      batch_cells_(order.cells()) {}

bool RowSink::beyond_threshold(std::size_t row) const {
  for (const RowOrder::Item& item : order_.items()) {
    if (item.kind != RowOrder::Item::Kind::kCell) return false;
    const int o = order_cells(batch_cells_[item.cell][row], threshold_[item.cell]);
    if (o != 0) return item.descending ? o < 0 : o > 0;
  }
  return false;
}

Status RowSink::append(const Batch& batch, std::uint32_t row, std::uint64_t times) {
  const std::vector<VarId>& slots = order_.slots();
  for (std::uint64_t i = 0; i < times; ++i) {
    for (std::size_t s = 0; s < slots.size(); ++s) {
      columns_[s].push_back(batch.columns[slots[s]][row]);
    }
    for (const auto& cells : batch_cells_) cells_.push_back(cells[row]);
    ++rows_;
    if ((rows_ & 0xFFFF) == 0) {
      OG_RETURN_IF_ERROR(charge());
      OG_RETURN_IF_ERROR(execution_.context.check());
    }
  }
  return {};
}

Status RowSink::charge() {
  std::uint64_t bytes = cells_.capacity() * sizeof(Cell);
  for (const auto& column : columns_) bytes += column.capacity() * sizeof(RowKey);
  if (columns_.empty()) bytes += rows_;  // rows of constants, not yet written
  return memory_.grow_to(bytes);
}

Status RowSink::push(Batch& batch) {
  OG_RETURN_IF_ERROR(execution_.context.check());
  const std::uint64_t most = limit();
  const bool ordered = !order_.items().empty();
  for (const RowOrder::Item& item : order_.items()) {
    if (item.kind != RowOrder::Item::Kind::kCell) continue;
    OG_RETURN_IF_ERROR(item.table->locate(batch.columns[item.variable], at_));
    auto& cells = batch_cells_[item.cell];
    cells.resize(batch.rows);
    for (std::uint32_t row = 0; row < batch.rows; ++row) cells[row] = item.column->at(at_[row]);
  }
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    if (!ordered && rows_ >= most) break;
    if (!threshold_.empty() && beyond_threshold(row)) continue;
    const std::uint64_t room = ordered ? most : most - rows_;
    OG_RETURN_IF_ERROR(append(batch, row, std::min(batch.weight(row), room)));
  }
  OG_RETURN_IF_ERROR(charge());
  if (!ordered && rows_ >= most && stop_ != nullptr) stop_->store(true, std::memory_order_relaxed);
  const bool full = most < UINT64_MAX / 2 && rows_ > std::max(kLeastBuffered, 2 * most);
  return ordered && full ? settle() : Status();
}

int RowSink::compare(std::uint32_t a, std::uint32_t b) {
  const auto key = [&](VarId variable, std::uint32_t row) {
    const auto& slots = order_.slots();
    const auto at = std::lower_bound(slots.begin(), slots.end(), variable) - slots.begin();
    return columns_[static_cast<std::size_t>(at)][row];
  };
  const auto by_id = [&](const IdOrder& ids, VarId variable) {
    const auto o = ids.compare(key(variable, a), key(variable, b));
    if (o.ok()) return *o;
    if (!failure_) failure_ = o.error();
    return 0;
  };
  const std::size_t width = order_.cells();
  for (const RowOrder::Item& item : order_.items()) {
    int o = 0;
    if (item.kind == RowOrder::Item::Kind::kCell) {
      o = order_cells(cells_[a * width + item.cell], cells_[b * width + item.cell]);
    } else if (item.kind == RowOrder::Item::Kind::kId) {
      o = by_id(order_.ids().at(item.variable), item.variable);
    }
    if (o != 0) return item.descending ? -o : o;
  }
  for (const RowOrder::Tie& tie : order_.ties()) {
    if (const int o = by_id(tie.order, tie.variable); o != 0) return o;
  }
  return 0;
}

Status RowSink::settle() {
  if (order_.items().empty()) return {};
  OG_RETURN_IF_ERROR(execution_.context.check());
  if (rows_ > kMaxRowId) {
    return Error(ErrorCode::kResourceExhausted, "more than 2^32 rows to order");
  }
  Reservation working(execution_.context);
  OG_RETURN_IF_ERROR(working.grow_to(rows_ * sizeof(std::uint32_t)));
  std::vector<std::uint32_t> sorted(static_cast<std::size_t>(rows_));
  std::iota(sorted.begin(), sorted.end(), 0U);
  const auto kept = static_cast<std::size_t>(std::min(rows_, limit()));
  const auto before = [this](std::uint32_t a, std::uint32_t b) { return compare(a, b) < 0; };
  // Few rows are selected before they are sorted; of many, all are.
  if (kept < sorted.size() && sorted.size() <= kSelectedAtOnce) {
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(kept),
                     sorted.end(), before);
    sorted.resize(kept);
  }
  OG_RETURN_IF_ERROR(checked_sort(sorted, execution_.context, before));
  if (failure_) return *failure_;
  sorted.resize(kept);
  std::vector<RowKey> keys(kept);
  for (auto& column : columns_) {
    for (std::size_t i = 0; i < kept; ++i) keys[i] = column[sorted[i]];
    column.assign(keys.begin(), keys.end());
  }
  const std::size_t width = order_.cells();
  std::vector<Cell> cells(kept * width);
  for (std::size_t i = 0; i < kept; ++i) {
    for (std::size_t c = 0; c < width; ++c) cells[i * width + c] = cells_[sorted[i] * width + c];
  }
  cells_ = std::move(cells);
  rows_ = kept;
  if (kept > 0 && kept == limit()) {
    threshold_.assign(cells_.end() - static_cast<std::ptrdiff_t>(width), cells_.end());
  }
  return {};
}

Status RowSink::merge(RowSink& other) {
  OG_RETURN_IF_ERROR(memory_.grow_to(memory_.held() + other.memory_.held()));
  for (std::size_t s = 0; s < columns_.size(); ++s) {
    columns_[s].insert(columns_[s].end(), other.columns_[s].begin(), other.columns_[s].end());
    other.columns_[s] = {};
  }
  cells_.insert(cells_.end(), other.cells_.begin(), other.cells_.end());
  other.cells_ = {};
  rows_ += other.rows_;
  return {};
}

Result<QueryResult> RowSink::result() {
  OG_RETURN_IF_ERROR(settle());
  rows_ = std::min(rows_, limit());
  for (auto& column : columns_) {
    if (column.size() > rows_) column.resize(static_cast<std::size_t>(rows_));
  }
  if (rows_ > kMaxRowId) {
    return Error(ErrorCode::kResourceExhausted, "a result holds at most 2^32 rows");
  }
  QueryResult result;
  result.rows = rows_;
  const auto& slots = order_.slots();
  // Texts and lists take what they take; this is what the rows themselves need.
  constexpr std::uint64_t kCellBytes = 16;
  const std::uint64_t held = memory_.held();
  for (const OutputColumn& column : execution_.plan.columns) {
    OG_RETURN_IF_ERROR(execution_.context.check());
    OG_RETURN_IF_ERROR(memory_.grow_to(held + (result.columns.size() + 1) * rows_ * kCellBytes));
    ResultColumn out{column.name, column.type, nullptr};
    const OutputValue& value = column.value;
    if (value.kind == OutputValue::Kind::kConstant) {
      OG_ASSIGN_OR_RETURN(const Value constant,
                          constant_value(*value.constant, execution_.context));
      OG_ASSIGN_OR_RETURN(out.values, repeat_value(constant, column.type, rows_));
    } else {
      const auto at = std::lower_bound(slots.begin(), slots.end(), value.variable) - slots.begin();
      const std::vector<RowKey>& keys = columns_[static_cast<std::size_t>(at)];
      const TableView& table = execution_.table_of(value.variable);
      if (value.kind == OutputValue::Kind::kNodeId) {
        OG_ASSIGN_OR_RETURN(out.values, gather_ids(table, keys, execution_.context));
      } else {
        OG_ASSIGN_OR_RETURN(out.values, gather_property(table, keys, value.property, value.type,
                                                        execution_.context));
      }
    }
    result.columns.push_back(std::move(out));
  }
  return result;
}

}  // namespace omnigraph
