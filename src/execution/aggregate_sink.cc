#include "execution/aggregate_sink.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "execution/checked_sort.h"
#include "execution/constant.h"
#include "execution/pattern.h"

namespace omnigraph {
namespace {

// Rows are distinct assignments of what is enumerated; if the key holds all of it, no group comes
// twice.
bool rows_are_groups(const ScopePlan& root, const VarSet& keys) {
  if (root.source.empty() || !keys.contains(root.source.front().variable)) return false;
  for (const Step& step : root.steps) {
    switch (step.kind) {
      case Step::Kind::kExpand:
      case Step::Kind::kHops:
        if (!keys.contains(step.to)) return false;
        [[fallthrough]];
      case Step::Kind::kClose:
        if (step.edge_slot) return false;
        break;
      case Step::Kind::kProduct:
        return false;
      default:
        break;
    }
  }
  return true;
}

void append_cell(std::string& out, const Cell& cell) {
  out.push_back(static_cast<char>(cell.kind));
  if (cell.is_null()) return;
  if (cell.is_list()) {
    const std::uint64_t size = list_size(cell);
    out.append(reinterpret_cast<const char*>(&size), sizeof size);
    for (std::size_t i = 0; i < size; ++i) append_cell(out, list_item(cell, i));
    return;
  }
  out.append(reinterpret_cast<const char*>(&cell.natural), sizeof cell.natural);
  if (cell.kind == Cell::Kind::kText) out.append(cell.text());
}

// A key column that no two rows of its variable share.
bool is_unique(const OutputColumn& column, const Plan& plan, const Catalog& catalog) {
  if (column.value.kind == OutputValue::Kind::kNodeId) return true;
  const NodeType* type = catalog.node(plan.variables[column.value.variable].type);
  return type != nullptr && type->key.size() == 1 &&
         type->find(type->key[0])->id == column.value.property;
}

// The property's values in a table of up to this many rows are compared before the query runs.
constexpr std::uint32_t kSmallTable = 4096;

// Whether no two rows of the key column's variable have the same value.
Result<bool> tells_apart(const OutputColumn& column, Execution& execution) {
  const Plan& plan = execution.plan;
  if (is_unique(column, plan, execution.context.snapshot().catalog())) return true;
  const TableView& table = execution.table_of(column.value.variable);
  if (table.is_edge() || table.key_limit() > kSmallTable) return false;
  OG_ASSIGN_OR_RETURN(const auto values, table.column(column.value.property, column.value.type));
  std::set<std::string> seen;
  for (std::size_t p = 0; p < table.parts().size(); ++p) {
    const TablePart& part = table.parts()[p];
    for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
      if (!part.live(row)) continue;
      std::string text;
      append_cell(text, values->at({static_cast<std::uint32_t>(p), row}));
      if (!seen.insert(std::move(text)).second) return false;
    }
  }
  return true;
}

// Sinks of one query, and the size of a table up to which a sink's groups are few.
constexpr std::size_t kMostSinks = 64;
constexpr std::uint64_t kLightGroups = 1U << 14;

// Runs up to this length are compared pair by pair.
constexpr std::size_t kLongestRun = 32;

std::size_t longest_run(const std::vector<RowKey>& keys) {
  std::size_t longest = 0, begin = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] != keys[begin]) begin = i;
    longest = std::max(longest, i + 1 - begin);
  }
  return longest;
}

bool all_differ(const std::vector<RowKey>& keys, std::uint32_t limit) {
  std::vector<bool> seen(limit);
  for (const RowKey key : keys) {
    if (seen[key]) return false;
    seen[key] = true;
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<AggregateSink::Shared>> AggregateSink::share(Execution& execution) {
  const Plan& plan = execution.plan;
  auto shared = std::make_unique<Shared>(!plan.order.empty() && plan.order.front().descending);
  // By variable of the key, whether its rows are told apart by what the key holds of them.
  std::map<VarId, bool> keys;
  for (const OutputColumn& column : plan.columns) {
    if (column.aggregate || column.value.kind == OutputValue::Kind::kConstant) continue;
    bool& apart = keys.try_emplace(column.value.variable, false).first->second;
    if (!apart) {
      OG_ASSIGN_OR_RETURN(apart, tells_apart(column, execution));
    }
  }
  VarSet variables;
  std::uint64_t limits = 0;
  for (const auto& [variable, apart] : keys) {
    variables.insert(variable);
    limits = std::max<std::uint64_t>(limits, execution.table_of(variable).key_limit());
  }
  shared->final_groups =
      !keys.empty() && rows_are_groups(plan.root, variables) &&
      std::all_of(keys.begin(), keys.end(), [](const auto& key) { return key.second; });
  const bool light = limits <= kLightGroups || (shared->final_groups && plan.limit.has_value());
  shared->most_sinks = light ? kMostSinks : 2 * execution.context.runtime().executor->width();
  return shared;
}

Result<std::unique_ptr<AggregateSink>> AggregateSink::make(Execution& execution, Shared& shared) {
  std::unique_ptr<AggregateSink> sink(new AggregateSink(execution, shared));
  OG_RETURN_IF_ERROR(sink->open());
  return sink;
}

Status AggregateSink::open() {
  const Plan& plan = execution_.plan;
  VarSet keys;
  for (const OutputColumn& column : plan.columns) {
    accumulators_.emplace_back();
    if (column.aggregate) {
      OG_ASSIGN_OR_RETURN(accumulators_.back(), Accumulator::make(column, execution_));
    } else if (column.value.kind != OutputValue::Kind::kConstant) {
      keys.insert(column.value.variable);
    }
  }
  variables_.assign(keys.begin(), keys.end());
  const std::uint32_t limit =
      variables_.empty() ? 0 : execution_.table_of(variables_[0]).key_limit();
  const bool distinct = rows_are_groups(plan.root, keys);
  table_ = std::make_unique<GroupTable>(variables_.size(), limit, distinct, execution_.context);
  if (distinct && !variables_.empty()) {
    const auto source =
        std::lower_bound(variables_.begin(), variables_.end(), plan.root.source.front().variable);
    run_variable_ = static_cast<std::size_t>(source - variables_.begin());
  }
  if (shared_.final_groups && plan.limit && *plan.limit < UINT32_MAX) {
    prune_above_ = 2 * *plan.limit + execution_.context.grain().pruned_groups;
  }
  return {};
}

Status AggregateSink::charge() {
  std::uint64_t bytes = 0;
  for (const auto& accumulator : accumulators_) {
    if (accumulator) bytes += accumulator->memory();
  }
  return memory_.grow_to(bytes);
}

Status AggregateSink::push(Batch& batch) {
  OG_RETURN_IF_ERROR(execution_.context.check());
  any_ |= batch.rows > 0;
  if (prune_above_ > 0) drop_behind(batch);
  if (batch.rows == 0) return {};
  std::vector<const std::vector<RowKey>*> columns;
  for (const VarId variable : variables_) columns.push_back(&batch.columns[variable]);
  OG_RETURN_IF_ERROR(table_->find(columns, batch.rows, groups_));
  for (const auto& accumulator : accumulators_) {
    if (accumulator) OG_RETURN_IF_ERROR(accumulator->add(batch, groups_, table_->size()));
  }
  if (prune_above_ > 0 && table_->size() > prune_above_) OG_RETURN_IF_ERROR(prune());
  return charge();
}

void AggregateSink::drop_behind(Batch& batch) {
  const auto [low, high] = shared_.threshold.range();
  if (low == 0 && high == UINT64_MAX) return;
  selected_.clear();
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    const std::uint64_t weight = batch.weight(row);
    // What does not fit I64 is an error, whether it is among the first or not.
    const bool kept =
        (weight >= low && weight <= high) || weight > static_cast<std::uint64_t>(INT64_MAX);
    if (kept) selected_.push_back(row);
  }
  batch.keep(selected_);
}

Status AggregateSink::prune() {
  if (keys_.empty()) OG_RETURN_IF_ERROR(open_keys());
  for (const auto& accumulator : accumulators_) {
    if (accumulator) OG_RETURN_IF_ERROR(accumulator->check());
  }
  finals_ = table_->size();
  OG_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> chosen, choose_groups());
  table_->keep(chosen);
  for (const auto& accumulator : accumulators_) {
    if (accumulator) accumulator->keep(chosen);
  }
  const std::vector<OrderItem>& order = execution_.plan.order;
  if (order.empty() || chosen.size() < *execution_.plan.limit || chosen.empty()) return {};
  const Accumulator* leading = accumulators_[*order.front().column].get();
  if (leading != nullptr && leading->counts_rows()) {
    shared_.threshold.raise(leading->counts()[chosen.size() - 1]);
  }
  return {};
}

Status AggregateSink::merge(AggregateSink& other) {
  any_ |= other.any_;
  std::vector<const std::vector<RowKey>*> columns;
  for (std::size_t v = 0; v < variables_.size(); ++v) columns.push_back(&other.table_->keys(v));
  OG_RETURN_IF_ERROR(table_->find(columns, other.table_->size(), groups_));
  for (std::size_t i = 0; i < accumulators_.size(); ++i) {
    if (!accumulators_[i]) continue;
    other.accumulators_[i]->resize(other.table_->size());
    OG_RETURN_IF_ERROR(accumulators_[i]->merge(*other.accumulators_[i], groups_, table_->size()));
  }
  return charge();
}

Status AggregateSink::open_keys() {
  const Plan& plan = execution_.plan;
  for (std::uint32_t i = 0; i < plan.columns.size(); ++i) {
    const OutputValue& value = plan.columns[i].value;
    if (plan.columns[i].aggregate || value.kind == OutputValue::Kind::kConstant) continue;
    Key key;
    key.column = i;
    key.variable = static_cast<std::size_t>(
        std::lower_bound(variables_.begin(), variables_.end(), value.variable) -
        variables_.begin());
    key.table = &execution_.table_of(value.variable);
    if (value.kind == OutputValue::Kind::kProperty) {
      OG_ASSIGN_OR_RETURN(key.values, key.table->column(value.property, value.type));
    } else {
      OG_ASSIGN_OR_RETURN(key.ids, IdOrder::open(*key.table));
    }
    keys_.push_back(std::move(key));
  }
  return {};
}

// Numbers the values that the key has for one variable, once for each of its row ids; `classes[g]`
// is the number for group g. Returns whether no two row ids share one.
Result<bool> AggregateSink::classify(std::size_t variable, std::vector<RowKey>& classes) {
  std::vector<const Key*> keys;
  for (const Key& key : keys_) {
    if (key.variable == variable) keys.push_back(&key);
  }
  const TableView& table = *keys.front()->table;
  const std::vector<RowKey>& rows = table_->keys(variable);
  Reservation working(execution_.context);
  std::uint64_t bytes = (std::uint64_t{table.key_limit()} + rows.size()) * sizeof(RowKey);
  OG_RETURN_IF_ERROR(working.grow_to(bytes));
  std::vector<std::uint32_t> class_of(table.key_limit(), kNoRow);
  classes.resize(rows.size());

  // Dictionary codes are values already.
  const Column* dictionary = nullptr;
  if (keys.size() == 1 && keys[0]->values->parts() == 1 &&
      keys[0]->values->part(0)->layout == Column::Layout::kDictionary) {
    dictionary = keys[0]->values->part(0).get();
  }
  std::vector<std::uint32_t> by_code(dictionary != nullptr ? dictionary->child->rows + 1 : 0,
                                     kNoRow);  // 0: null
  std::unordered_map<std::string, std::uint32_t> by_text;
  std::string text;
  std::uint32_t next = 0;
  bool injective = true;
  for (std::size_t g = 0; g < rows.size(); ++g) {
    if (g % kSortedRun == 0) OG_RETURN_IF_ERROR(execution_.context.check());
    std::uint32_t& slot = class_of[rows[g]];
    if (slot == kNoRow) {
      OG_ASSIGN_OR_RETURN(const Location at, table.locate(rows[g]));
      std::uint32_t* known = nullptr;
      if (dictionary != nullptr) {
        known = &by_code[dictionary->is_null(at.row) ? 0 : dictionary->codes[at.row] + 1];
      } else {
        text.clear();
        for (const Key* key : keys) append_cell(text, key->values->at(at));
        bytes += text.size() + 2 * sizeof(std::string);
        OG_RETURN_IF_ERROR(working.grow_to(bytes));
        known = &by_text.try_emplace(text, kNoRow).first->second;
      }
      if (*known == kNoRow) {
        *known = next++;
      } else {
        injective = false;
      }
      slot = *known;
    }
    classes[g] = slot;
  }
  return injective;
}

Status AggregateSink::group_by_value() {
  const Plan& plan = execution_.plan;
  // A variable whose id or key property stands in the key: no two of its rows share a value.
  VarSet unique;
  for (const Key& key : keys_) {
    const OutputColumn& column = plan.columns[key.column];
    if (is_unique(column, plan, execution_.context.snapshot().catalog())) {
      unique.insert(column.value.variable);
    }
  }
  const std::uint32_t groups = table_->size();
  finals_ = groups;
  if (shared_.final_groups) return {};
  // Where no row of such a variable is in two groups, no two groups share a value.
  for (std::size_t v = 0; v < variables_.size(); ++v) {
    if (!unique.contains(variables_[v])) continue;
    const std::uint32_t limit = execution_.table_of(variables_[v]).key_limit();
    if (variables_.size() == 1 || all_differ(table_->keys(v), limit)) return {};
  }
  std::vector<std::vector<RowKey>> classes(variables_.size());
  std::vector<const std::vector<RowKey>*> columns;
  bool injective = true;
  for (std::size_t v = 0; v < variables_.size(); ++v) {
    columns.push_back(&table_->keys(v));
    if (unique.contains(variables_[v])) continue;
    OG_ASSIGN_OR_RETURN(const bool one_to_one, classify(v, classes[v]));
    injective &= one_to_one;
    columns.back() = &classes[v];
  }
  if (injective) return {};
  std::vector<std::uint32_t> final_of;
  if (run_variable_ && unique.contains(variables_[*run_variable_]) &&
      longest_run(table_->keys(*run_variable_)) <= kLongestRun) {
    return merge_runs(classes, *run_variable_, final_of) ? merge_groups(final_of, finals_)
                                                         : Status();
  }
  // With one variable there are at most as many classes as groups.
  GroupTable by_value(variables_.size(), groups, false, execution_.context);
  OG_RETURN_IF_ERROR(by_value.find(columns, groups, final_of));
  finals_ = by_value.size();
  for (std::uint32_t g = 0; g < groups; ++g) {
    if (final_of[g] == first_.size()) first_.push_back(g);
  }
  return merge_groups(final_of, finals_);
}

bool AggregateSink::merge_runs(const std::vector<std::vector<RowKey>>& classes,
                               std::size_t variable, std::vector<std::uint32_t>& final_of) {
  const std::vector<RowKey>& runs = table_->keys(variable);
  const auto groups = static_cast<std::uint32_t>(runs.size());
  final_of.resize(groups);
  const auto same = [&](std::uint32_t a, std::uint32_t b) {
    for (std::size_t v = 0; v < classes.size(); ++v) {
      // No classes: a variable whose rows all differ.
      const std::vector<RowKey>& of = classes[v].empty() ? table_->keys(v) : classes[v];
      if (of[a] != of[b]) return false;
    }
    return true;
  };
  std::size_t run = 0;  // where the finals of the current run begin
  for (std::uint32_t g = 0; g < groups; ++g) {
    if (g == 0 || runs[g] != runs[g - 1]) run = first_.size();
    std::size_t at = run;
    while (at < first_.size() && !same(first_[at], g)) ++at;
    if (at == first_.size()) first_.push_back(g);
    final_of[g] = static_cast<std::uint32_t>(at);
  }
  finals_ = static_cast<std::uint32_t>(first_.size());
  if (finals_ == groups) first_.clear();
  return finals_ < groups;
}

Status AggregateSink::merge_groups(const std::vector<std::uint32_t>& final_of,
                                   std::uint32_t finals) {
  for (std::size_t i = 0; i < accumulators_.size(); ++i) {
    if (!accumulators_[i]) continue;
    OG_ASSIGN_OR_RETURN(auto merged, Accumulator::make(execution_.plan.columns[i], execution_));
    merged->resize(finals);
    OG_RETURN_IF_ERROR(merged->merge(*accumulators_[i], final_of, finals));
    accumulators_[i] = std::move(merged);
  }
  return {};
}

Result<int> AggregateSink::compare_key(const Key& key, std::uint32_t a, std::uint32_t b) {
  const RowKey left = table_->keys(key.variable)[first_of(a)];
  const RowKey right = table_->keys(key.variable)[first_of(b)];
  if (left == right) return 0;
  if (key.ids) return key.ids->compare(left, right);
  OG_ASSIGN_OR_RETURN(const Location first, key.table->locate(left));
  OG_ASSIGN_OR_RETURN(const Location second, key.table->locate(right));
  return order_cells(key.values->at(first), key.values->at(second));
}

Result<int> AggregateSink::compare(std::uint32_t a, std::uint32_t b) {
  for (const OrderItem& item : execution_.plan.order) {
    int o = 0;
    if (accumulators_[*item.column]) {
      o = accumulators_[*item.column]->compare(a, b);
    } else {
      for (const Key& key : keys_) {
        if (key.column != *item.column) continue;
        OG_ASSIGN_OR_RETURN(o, compare_key(key, a, b));
      }
    }
    if (o != 0) return item.descending ? -o : o;
  }
  for (const Key& key : keys_) {
    OG_ASSIGN_OR_RETURN(const int o, compare_key(key, a, b));
    if (o != 0) return o;
  }
  return 0;
}

Result<std::vector<std::uint32_t>> AggregateSink::choose_groups() {
  const Plan& plan = execution_.plan;
  const auto kept =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(finals_, plan.limit.value_or(UINT64_MAX)));
  std::vector<std::uint32_t> chosen(kept);
  std::iota(chosen.begin(), chosen.end(), 0U);
  if (plan.order.empty() || kept == 0) return chosen;
  std::optional<Error> failure;
  // Most comparisons end at the first item, and most often that is an aggregate.
  const OrderItem& leading = plan.order.front();
  const Accumulator* const first = accumulators_[*leading.column].get();
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    if (first != nullptr) {
      const int o = first->compare(a, b);
      if (o != 0) return leading.descending ? o > 0 : o < 0;
    }
    auto o = compare(a, b);
    if (o.ok()) return *o < 0;
    if (!failure) failure = o.error();
    return a < b;
  };
  // A heap of the first `kept` groups so far, the last of them on top.
  if (kept < finals_) {
    std::make_heap(chosen.begin(), chosen.end(), before);
    const std::span<const std::uint64_t> counts =
        first != nullptr ? first->counts() : std::span<const std::uint64_t>();
    const std::uint64_t flip = leading.descending ? 0 : UINT64_MAX;
    for (std::uint32_t group = kept; group < finals_; ++group) {
      if (group % kSortedRun == 0) OG_RETURN_IF_ERROR(execution_.context.check());
      if (!counts.empty() && (counts[group] ^ flip) < (counts[chosen.front()] ^ flip)) continue;
      if (!before(group, chosen.front())) continue;
      std::pop_heap(chosen.begin(), chosen.end(), before);
      chosen.back() = group;
      std::push_heap(chosen.begin(), chosen.end(), before);
    }
  }
  OG_RETURN_IF_ERROR(checked_sort(chosen, execution_.context, before));
  if (failure) return *std::move(failure);
  return chosen;
}

Result<QueryResult> AggregateSink::result() {
  const Plan& plan = execution_.plan;
  for (const auto& accumulator : accumulators_) {
    if (accumulator) accumulator->resize(table_->size());
  }
  if (keys_.empty()) OG_RETURN_IF_ERROR(open_keys());
  OG_RETURN_IF_ERROR(group_by_value());
  for (const auto& accumulator : accumulators_) {
    if (accumulator) OG_RETURN_IF_ERROR(accumulator->check());
  }
  // A key of parameters alone is still a key: no rows, no groups.
  const bool keyed = std::any_of(plan.columns.begin(), plan.columns.end(),
                                 [](const OutputColumn& column) { return !column.aggregate; });
  if (keyed && !any_) finals_ = 0;
  OG_ASSIGN_OR_RETURN(const std::vector<std::uint32_t> chosen, choose_groups());
  QueryResult result;
  result.rows = chosen.size();
  for (std::size_t i = 0; i < plan.columns.size(); ++i) {
    const OutputColumn& column = plan.columns[i];
    ResultColumn out{column.name, column.type, nullptr};
    if (accumulators_[i]) {
      OG_ASSIGN_OR_RETURN(out.values, accumulators_[i]->finish(chosen));
    } else if (column.value.kind == OutputValue::Kind::kConstant) {
      OG_ASSIGN_OR_RETURN(const Value constant,
                          constant_value(*column.value.constant, execution_.context));
      OG_ASSIGN_OR_RETURN(out.values, repeat_value(constant, column.type, result.rows));
    } else {
      const auto variable = static_cast<std::size_t>(
          std::lower_bound(variables_.begin(), variables_.end(), column.value.variable) -
          variables_.begin());
      std::vector<RowKey> rows;
      rows.reserve(chosen.size());
      for (const std::uint32_t g : chosen) rows.push_back(table_->keys(variable)[first_of(g)]);
      const TableView& table = execution_.table_of(column.value.variable);
      if (column.value.kind == OutputValue::Kind::kNodeId) {
        OG_ASSIGN_OR_RETURN(out.values, gather_ids(table, rows, execution_.context));
      } else {
        OG_ASSIGN_OR_RETURN(out.values, gather_property(table, rows, column.value.property,
                                                        column.value.type, execution_.context));
      }
    }
    result.columns.push_back(std::move(out));
  }
  return result;
}

}  // namespace omnigraph
