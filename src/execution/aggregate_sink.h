// The end of an aggregate read: groups by the row ids of the key's variables first, by the values
// of the key at the end and only where different rows can share one. Keys are fetched for the
// groups that are returned. Where every group is known to be complete after its only row, those
// that a limit leaves out are forgotten on the way.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "execution/accumulator.h"
#include "execution/group_table.h"
#include "execution/operator.h"
#include "execution/run.h"

namespace omnigraph {

class AggregateSink final : public Operator {
 public:
  // What the sinks of one query know together: the best leading count, so far, of a last group
  // that one of them keeps. Groups behind it are in nobody's answer. Thread-safe.
  class Threshold {
   public:
    explicit Threshold(bool descending) : descending_(descending) {}
    void raise(std::uint64_t count) {
      const std::uint64_t better = descending_ ? count + 1 : ~count + 1;  // never 0: below 2^64 - 1
      std::uint64_t known = best_.load(std::memory_order_relaxed);
      while (better > known &&
             !best_.compare_exchange_weak(known, better, std::memory_order_relaxed)) {
      }
    }
    // Counts outside [low, high] may be forgotten.
    std::pair<std::uint64_t, std::uint64_t> range() const {
      const std::uint64_t best = best_.load(std::memory_order_relaxed);
      if (best == 0) return {0, UINT64_MAX};
      return descending_ ? std::pair{best - 1, UINT64_MAX}
                         : std::pair{std::uint64_t{0}, ~(best - 1)};
    }

   private:
    const bool descending_;
    std::atomic<std::uint64_t> best_{0};  // 0: none
  };

  // What the sinks of one query share.
  struct Shared {
    explicit Shared(bool descending) : threshold(descending) {}
    Threshold threshold;
    // Rows are groups, and no two of them have the same values in the key.
    bool final_groups = false;
    // More sinks than this would cost more than they bring.
    std::size_t most_sinks = 1;
  };
  static Result<std::unique_ptr<Shared>> share(Execution& execution);
  // `shared` outlives the sink.
  static Result<std::unique_ptr<AggregateSink>> make(Execution& execution, Shared& shared);

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

  AggregateSink(Execution& execution, Shared& shared)
      : execution_(execution), shared_(shared), memory_(execution.context) {}
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
  // Leaves out rows whose group cannot be among the first.
  void drop_behind(Batch& batch);
  // Forgets groups that are not among the first.
  Status prune();

  Execution& execution_;
  Shared& shared_;
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
  // More groups than this are pruned; 0: never.
  std::uint64_t prune_above_ = 0;
  std::vector<std::uint32_t> selected_;
};

}  // namespace omnigraph
