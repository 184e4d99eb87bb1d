// Values of chosen rows, fetched when the rows are final; and the comparison of rows by id.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "execution/context.h"
#include "execution/plan.h"
#include "execution/table_view.h"

namespace omnigraph {

// The property of each key, in order. Asks the context on the way, as gather_ids does.
Result<ColumnPtr> gather_property(const TableView& table, std::span<const RowKey> keys,
                                  PropertyId property, const PropertyType& type,
                                  const QueryContext& context);
// The id text of each key, in order.
Result<ColumnPtr> gather_ids(const TableView& table, std::span<const RowKey> keys,
                             const QueryContext& context);
// `rows` times one value.
Result<ColumnPtr> repeat_value(const Value& value, const PropertyType& type, std::uint64_t rows);

// Orders rows of one table by id bytes. Thread-safe after open.
class IdOrder {
 public:
  static Result<IdOrder> open(const TableView& table);
  // Negative, zero or positive.
  Result<int> compare(RowKey a, RowKey b) const;

 private:
  const TableView* table_ = nullptr;
  bool by_row_ = false;  // one part, sorted by id: row order is id order
  std::shared_ptr<const std::vector<std::shared_ptr<const IdColumn>>> ids_;
};

}  // namespace omnigraph
