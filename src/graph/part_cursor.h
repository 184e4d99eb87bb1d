// The rows of a table in the order of their ids, as exports visit them. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "schema/catalog.h"
#include "storage/column.h"
#include "storage/row_batch.h"
#include "storage/table_version.h"

namespace omnigraph {

// From the row id of a node to the text of its id.
class NodeNames {
 public:
  static Result<NodeNames> open(TableVersionPtr table) {
    NodeNames names;
    for (const TablePart& part : table->parts()) {
      OG_ASSIGN_OR_RETURN(auto ids, part.segment->ids());
      names.ids_.push_back(std::move(ids));
    }
    OG_ASSIGN_OR_RETURN(names.locator_, table->locator());
    names.table_ = std::move(table);
    return names;
  }

  // The view lives in the column or in `scratch`.
  Result<std::string_view> name(RowId rid, char (&scratch)[26]) const {
    Location at;
    if (locator_ == nullptr) {
      if (ids_.empty()) return missing(rid);
      const Segment& only = *table_->parts().front().segment;
      at = {.part = 0, .row = rid - only.rid_base()};
      if (at.row >= only.rows()) return missing(rid);
    } else {
      const std::uint64_t packed =
          rid < locator_->size() ? (*locator_)[rid] : TableVersion::kAbsent;
      if (packed == TableVersion::kAbsent) return missing(rid);
      at = {.part = static_cast<std::uint32_t>(packed >> 32),
            .row = static_cast<std::uint32_t>(packed)};
    }
    return ids_[at.part]->get(at.row, scratch);
  }

 private:
  static Error missing(RowId rid) {
    return corrupt("an edge ends at row id " + std::to_string(rid) + ", which no live node has");
  }
  TableVersionPtr table_;
  std::vector<std::shared_ptr<const IdColumn>> ids_;
  std::shared_ptr<const std::vector<std::uint64_t>> locator_;  // null: one dense part
};

// One part of a table, visited in the order of its ids.
class PartCursor {
 public:
  static Result<PartCursor> open(const TablePart& part, const EntityType& type) {
    PartCursor cursor;
    cursor.part_ = &part;
    OG_ASSIGN_OR_RETURN(cursor.ids_, part.segment->ids());
    for (const Property& property : type.properties) {
      OG_ASSIGN_OR_RETURN(ColumnPtr column, part.segment->column(property.id, property.type));
      cursor.columns_.push_back(std::move(column));
    }
    if (part.segment->is_edge()) {
      OG_ASSIGN_OR_RETURN(cursor.sources_, part.segment->sources());
      OG_ASSIGN_OR_RETURN(cursor.targets_, part.segment->targets());
    }
    cursor.sort();
    cursor.next_ = -1;
    cursor.advance();
    return cursor;
  }

  bool done() const { return next_ >= static_cast<std::int64_t>(part_->segment->rows()); }
  std::string_view id() const { return id_; }
  std::uint32_t row() const { return row_; }
  const std::vector<ColumnPtr>& columns() const { return columns_; }
  RowId source() const { return (*sources_)[row_]; }
  RowId target() const { return (*targets_)[row_]; }

  void advance() {
    const auto rows = static_cast<std::int64_t>(part_->segment->rows());
    while (++next_ < rows) {
      row_ = order_.empty() ? static_cast<std::uint32_t>(next_)
                            : order_[static_cast<std::size_t>(next_)];
      if (!part_->live(row_)) continue;
      char scratch[26];
      id_.assign(ids_->get(row_, scratch));
      return;
    }
  }

 private:
  void sort() {
    if (ids_->is_run()) return;
    char scratch[26];
    std::string before;
    const std::uint32_t rows = part_->segment->rows();
    for (std::uint32_t row = 0; row < rows; ++row) {
      const std::string_view id = ids_->get(row, scratch);
      if (row > 0 && id < before) {
        order_.resize(rows);
        break;
      }
      before.assign(id);
    }
    if (order_.empty()) return;
    std::iota(order_.begin(), order_.end(), 0U);
    std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
      char first[26];
      char second[26];
      return ids_->get(a, first) < ids_->get(b, second);
    });
  }

  const TablePart* part_ = nullptr;
  std::shared_ptr<const IdColumn> ids_;
  std::vector<ColumnPtr> columns_;
  std::shared_ptr<const std::vector<RowId>> sources_, targets_;
  std::vector<std::uint32_t> order_;  // empty: rows are in order as they lie
  std::int64_t next_ = 0;
  std::uint32_t row_ = 0;
  std::string id_;
};

}  // namespace omnigraph
