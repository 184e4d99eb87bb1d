#include "execution/gather.h"

#include <utility>

namespace omnigraph {
namespace {

// Up to so many cells are read one by one before a column is opened.
constexpr std::size_t kFewCells = 16;
// More cells are gathered one by one, so that the deadline is asked for on the way.
constexpr std::size_t kGatheredAtOnce = 1U << 20;

}  // namespace

Result<ColumnPtr> gather_property(const TableView& table, std::span<const RowKey> keys,
                                  PropertyId property, const PropertyType& type,
                                  const QueryContext& context) {
  if (keys.size() <= kFewCells) {
    ColumnBuilder builder(type);
    for (const RowKey key : keys) {
      OG_ASSIGN_OR_RETURN(const Value value, table.value(key, property, type));
      builder.append_value(value);
    }
    return builder.finish();
  }
  OG_ASSIGN_OR_RETURN(const auto column, table.column(property, type));
  std::vector<Location> at;
  OG_RETURN_IF_ERROR(table.locate(keys, at));
  if (column->parts() == 1 && keys.size() <= kGatheredAtOnce) {
    std::vector<std::uint32_t> rows(keys.size());
    for (std::size_t i = 0; i < at.size(); ++i) rows[i] = at[i].row;
    return gather(*column->part(0), rows);
  }
  ColumnBuilder builder(type);
  builder.reserve(keys.size());
  Pause pause;
  for (const Location& location : at) {
    OG_RETURN_IF_ERROR(pause.after(1, context));
    builder.append_from(*column->part(location.part), location.row);
  }
  return builder.finish();
}

Result<ColumnPtr> gather_ids(const TableView& table, std::span<const RowKey> keys,
                             const QueryContext& context) {
  ColumnBuilder builder(PropertyType{});
  builder.reserve(keys.size());
  if (keys.size() <= kFewCells) {
    for (const RowKey key : keys) {
      OG_ASSIGN_OR_RETURN(const std::string id, table.id_text(key));
      builder.append_text(id);
    }
    return builder.finish();
  }
  OG_ASSIGN_OR_RETURN(const auto ids, table.ids());
  std::vector<Location> at;
  OG_RETURN_IF_ERROR(table.locate(keys, at));
  char scratch[26];
  Pause pause;
  for (const Location& location : at) {
    OG_RETURN_IF_ERROR(pause.after(1, context));
    builder.append_text((*ids)[location.part]->get(location.row, scratch));
  }
  return builder.finish();
}

Result<ColumnPtr> repeat_value(const Value& value, const PropertyType& type, std::uint64_t rows) {
  ColumnBuilder builder(type);
  builder.reserve(static_cast<std::size_t>(rows));
  for (std::uint64_t i = 0; i < rows; ++i) builder.append_value(value);
  return builder.finish();
}

Result<IdOrder> IdOrder::open(const TableView& table) {
  IdOrder order;
  order.table_ = &table;
  order.by_row_ = !table.is_edge() && table.parts().size() == 1;
  if (!order.by_row_) {
    OG_ASSIGN_OR_RETURN(order.ids_, table.ids());
  }
  return order;
}

Result<int> IdOrder::compare(RowKey a, RowKey b) const {
  if (a == b) return 0;
  OG_ASSIGN_OR_RETURN(const Location first, table_->locate(a));
  OG_ASSIGN_OR_RETURN(const Location second, table_->locate(b));
  if (by_row_) return first.row < second.row ? -1 : 1;
  char scratch[2][26];
  const std::string_view left = (*ids_)[first.part]->get(first.row, scratch[0]);
  const std::string_view right = (*ids_)[second.part]->get(second.row, scratch[1]);
  return left.compare(right);
}

}  // namespace omnigraph
