// Rows that a mutation has written so far, before they become batches: what a later statement of
// the same query sees instead of the committed versions. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/value.h"
#include "storage/row_batch.h"
#include "storage/table_version.h"
#include "write/change.h"
#include "write/rules.h"

namespace omnigraph {

struct StagedRow {
  std::string id;
  RowId rid = kNoRow;
  std::vector<Value> values;  // as stored, by position in the type's properties
  std::string from, to;       // edges: ids of the end nodes
  RowId src = kNoRow, dst = kNoRow;
};

class StagedTable {
 public:
  // `first_new`: the number of the first new row.
  StagedTable(const TableRules& rules, TableVersionPtr committed, RowId first_new);

  const TableRules& rules() const { return *rules_; }
  const EntityType& type() const { return *rules_->type; }
  const TableVersion& committed() const { return *committed_; }
  std::vector<StagedRow>& rows() { return rows_; }
  const std::vector<StagedRow>& rows() const { return rows_; }
  std::uint32_t new_rows() const { return new_rows_; }

  // The staged row of an id.
  StagedRow* find(std::string_view id);
  bool hides(RowId committed_row) const { return by_rid_.count(committed_row) != 0; }

  // A whole new version of the entity `id`: of the staged one, of the committed one (which keeps
  // its row id), or a new row. Error kResourceExhausted `row_ids_per_type`.
  Status put(std::string id, std::vector<Value> values);
  // The same for an id that cannot exist yet.
  Result<StagedRow*> add(std::string id, std::vector<Value> values);
  // Stages the committed row as it is; returns its position in rows().
  Result<std::size_t> take(RowId rid);
  // Keeps the row's present version for the value rules, because it is about to change.
  void supersede(std::size_t position);

  // All rows as one batch, in staging order; versions that were superseded likewise.
  RowBatch batch() const { return to_batch(rows_); }
  RowBatch superseded() const { return to_batch(superseded_); }
  // Committed rows that these replace, ascending.
  std::vector<RowId> replaced() const;

 private:
  RowBatch to_batch(const std::vector<StagedRow>& rows) const;
  StagedRow& append(std::string id, RowId rid, std::vector<Value> values);

  const TableRules* rules_;
  TableVersionPtr committed_;
  RowId first_new_;
  std::uint32_t new_rows_ = 0;
  std::vector<StagedRow> rows_, superseded_;
  std::vector<bool> written_;  // by position: set by this mutation, not taken
  std::unordered_map<std::string, std::size_t> by_id_;
  std::unordered_map<RowId, std::size_t> by_rid_;  // committed rows only
};

}  // namespace omnigraph
