#include "write/staging.h"

#include <algorithm>
#include <utility>

#include "write/limits.h"

namespace omnigraph {

StagedTable::StagedTable(const TableRules& rules, TableVersionPtr committed, RowId first_new)
    : rules_(&rules), committed_(std::move(committed)), first_new_(first_new) {}

StagedRow* StagedTable::find(std::string_view id) {
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : &rows_[found->second];
}

StagedRow& StagedTable::append(std::string id, RowId rid, std::vector<Value> values) {
  by_id_.emplace(id, rows_.size());
  rows_.push_back(
      {.id = std::move(id), .rid = rid, .values = std::move(values), .from = {}, .to = {}});
  return rows_.back();
}

Status StagedTable::put(std::string id, std::vector<Value> values) {
  if (const auto found = by_id_.find(id); found != by_id_.end()) {
    supersede(found->second);
    rows_[found->second].values = std::move(values);
    return {};
  }
  OG_ASSIGN_OR_RETURN(const auto where, committed_->find_id(id));
  if (!where) {
    OG_ASSIGN_OR_RETURN([[maybe_unused]] StagedRow * row, add(std::move(id), std::move(values)));
    return {};
  }
  OG_ASSIGN_OR_RETURN(const RowId rid, committed_->rid(*where));
  by_rid_.emplace(rid, rows_.size());
  append(std::move(id), rid, std::move(values));
  written_.push_back(true);
  return {};
}

Result<StagedRow*> StagedTable::add(std::string id, std::vector<Value> values) {
  if (new_rows_ >= kMaxRowId - first_new_) {
    return resource_limit("row_ids_per_type", kMaxRowId, std::uint64_t{kMaxRowId} + 1);
  }
  StagedRow& row = append(std::move(id), first_new_ + new_rows_++, std::move(values));
  written_.push_back(true);
  return &row;
}

Result<std::size_t> StagedTable::take(RowId rid) {
  OG_ASSIGN_OR_RETURN(const auto where, committed_->locate(rid));
  if (!where) return corrupt("row " + std::to_string(rid) + " of " + type().name + " is missing");
  const Segment& segment = *committed_->parts()[where->part].segment;
  std::vector<Value> values;
  values.reserve(type().properties.size());
  for (const Property& property : type().properties) {
    OG_ASSIGN_OR_RETURN(Value value, segment.value(property.id, property.type, where->row));
    values.push_back(std::move(value));
  }
  OG_ASSIGN_OR_RETURN(std::string id, segment.id_text(where->row));
  by_rid_.emplace(rid, rows_.size());
  append(std::move(id), rid, std::move(values));
  written_.push_back(false);
  return rows_.size() - 1;
}

void StagedTable::supersede(std::size_t position) {
  if (written_[position]) superseded_.push_back(rows_[position]);
  written_[position] = true;
}

std::vector<RowId> StagedTable::replaced() const {
  std::vector<RowId> rids;
  rids.reserve(by_rid_.size());
  for (const auto& entry : by_rid_) rids.push_back(entry.first);
  std::sort(rids.begin(), rids.end());
  return rids;
}

RowBatch StagedTable::to_batch(const std::vector<StagedRow>& rows) const {
  RowBatch batch;
  batch.table = type().id;
  batch.is_edge = rules_->edge != nullptr;
  batch.rows = static_cast<std::uint32_t>(rows.size());
  ColumnBuilder ids(PropertyType{});
  ids.reserve(rows.size());
  batch.rids.reserve(rows.size());
  for (const StagedRow& row : rows) {
    ids.append_text(row.id);
    batch.rids.push_back(row.rid);
    if (!batch.is_edge) continue;
    batch.src.push_back(row.src);
    batch.dst.push_back(row.dst);
  }
  batch.ids = IdColumn::of_text(ids.finish());
  for (std::size_t p = 0; p < type().properties.size(); ++p) {
    const bool any = std::any_of(rows.begin(), rows.end(),
                                 [p](const StagedRow& row) { return !row.values[p].is_null(); });
    if (!any) continue;
    ColumnBuilder column(type().properties[p].type);
    column.reserve(rows.size());
    for (const StagedRow& row : rows) column.append_value(row.values[p]);
    batch.columns.emplace_back(type().properties[p].id, column.finish());
  }
  return batch;
}

}  // namespace omnigraph
