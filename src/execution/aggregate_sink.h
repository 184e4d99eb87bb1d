// The end of an aggregate read: groups by the row ids of the key's variables first, by the values
// of the key at the end and only where different rows can share one. Keys are fetched for the
// groups that are returned.
#pragma once

#include <memory>
#include <vector>

#include "execution/accumulator.h"
#include "execution/group_table.h"
#include "execution/operator.h"
#include "execution/run.h"

namespace omnigraph {

class AggregateSink final : public Operator {
 public:
  static Result<std::unique_ptr<AggregateSink>> make(Execution& execution);

  Status push(Batch& batch) override;
  Status merge(AggregateSink& other);
  Result<QueryResult> result();

 private:
  // A key column made ready for comparing groups.
  struct Key {
    std::uint32_t column = 0;  // of the output
    std::size_t variable = 0;  // index into variables_
    TableView* table = nullptr;
    std::shared_ptr<const PropertyColumn> values;  // null: the node's id
    std::optional<IdOrder> ids;
  };

  explicit AggregateSink(Execution& execution)
      : execution_(execution), memory_(execution.context) {}
  Status open();
  Status charge();
  Status open_keys();
  Result<bool> classify(std::size_t variable, std::vector<RowKey>& classes);
  // One group for each distinct key value.
  Status group_by_value();
  Status merge_groups(const std::vector<std::uint32_t>& final_of, std::uint32_t finals);
  std::uint32_t first_of(std::uint32_t group) const {
    return first_.empty() ? group : first_[group];
  }
  // Merges equal classes inside runs of the variable; false when nothing merged.
  bool merge_runs(const std::vector<std::vector<RowKey>>& classes, std::size_t variable,
                  std::vector<std::uint32_t>& final_of);
  Result<int> compare(std::uint32_t a, std::uint32_t b);
  Result<int> compare_key(const Key& key, std::uint32_t a, std::uint32_t b);
  Result<std::vector<std::uint32_t>> choose_groups();

  Execution& execution_;
  Reservation memory_;
  std::vector<VarId> variables_;  // of the key, ascending
  std::unique_ptr<GroupTable> table_;
  std::vector<std::unique_ptr<Accumulator>> accumulators_;  // by output column; null: a key
  std::vector<Key> keys_;
  std::vector<std::uint32_t> groups_;  // of the batch's rows
  std::vector<std::uint32_t> first_;   // the first-level group that stands for a group; empty: it
  // Groups with equal keys of this variable follow each other, and no tuple comes twice.
  std::optional<std::size_t> run_variable_;
  std::uint32_t finals_ = 0;
  bool any_ = false;  // some row came
};

}  // namespace omnigraph
