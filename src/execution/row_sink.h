// The end of a read without aggregates: collects rows of row ids, keeps the first k when a limit
// allows it, and fetches what is returned once the rows are final.
#pragma once

#include <memory>
#include <vector>

#include "execution/gather.h"
#include "execution/operator.h"
#include "execution/run.h"

namespace omnigraph {

// What all row sinks of one query share. Const while rows come.
class RowOrder {
 public:
  // One order item made ready.
  struct Item {
    enum class Kind : std::uint8_t { kCell, kId, kConstant };
    Kind kind = Kind::kConstant;
    VarId variable = 0;
    TableView* table = nullptr;
    std::shared_ptr<const PropertyColumn> column;
    bool descending = false;
    std::size_t cell = 0;  // index among the kCell items
  };
  struct Tie {
    VarId variable;
    IdOrder order;
  };
  static Result<RowOrder> open(Execution& execution);

  const std::vector<Item>& items() const { return items_; }
  const std::vector<Tie>& ties() const { return ties_; }
  const std::map<VarId, IdOrder>& ids() const { return ids_; }
  std::size_t cells() const { return cells_; }
  const std::vector<VarId>& slots() const { return slots_; }

 private:
  std::vector<Item> items_;
  std::vector<Tie> ties_;
  std::map<VarId, IdOrder> ids_;
  std::vector<VarId> slots_;  // variables that are kept for each row
  std::size_t cells_ = 0;
};

class RowSink final : public Operator {
 public:
  // `stop` is set when a limit without order is reached.
  RowSink(const RowOrder& order, Execution& execution, StopFlag* stop);

  Status push(Batch& batch) override;
  // Appends the rows of another sink, which follow these.
  Status merge(RowSink& other);
  Result<QueryResult> result();

 private:
  std::uint64_t limit() const { return execution_.plan.limit.value_or(UINT64_MAX); }
  Status append(const Batch& batch, std::uint32_t row, std::uint64_t times);
  bool beyond_threshold(std::size_t row_in_batch) const;
  // Sorts, and keeps the first limit() rows.
  Status settle();
  Status charge();
  int compare(std::uint32_t a, std::uint32_t b);

  const RowOrder& order_;
  Execution& execution_;
  StopFlag* stop_;
  Reservation memory_;
  std::uint64_t rows_ = 0;
  std::vector<std::vector<RowKey>> columns_;  // one a slot of the order
  std::vector<Cell> cells_;                   // rows × order_.cells()
  std::vector<Cell> threshold_;               // of the last row kept; empty: none yet
  std::vector<std::vector<Cell>> batch_cells_;
  std::vector<Location> at_;
  std::optional<Error> failure_;  // of reading ids while comparing
};

}  // namespace omnigraph
