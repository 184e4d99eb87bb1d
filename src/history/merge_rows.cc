#include "history/merge_rows.h"

#include <algorithm>
#include <set>

#include "common/fault_point.h"

namespace omnigraph {
namespace {

// Bytes up to which copies are carried inside the commit record.
constexpr std::size_t kMaxInlineBytes = 256 * 1024;

bool holds(const std::vector<RowId>& sorted, RowId rid) {
  return std::binary_search(sorted.begin(), sorted.end(), rid);
}

MergeConflict::Kind kind_of(Violation::Kind kind) {
  switch (kind) {
    case Violation::Kind::kValue:
      return MergeConflict::Kind::kValueConstraintViolation;
    case Violation::Kind::kUnique:
      return MergeConflict::Kind::kUniqueViolation;
    case Violation::Kind::kOrphanEdge:
      return MergeConflict::Kind::kOrphanEdge;
    case Violation::Kind::kCardinality:
      return MergeConflict::Kind::kCardinalityViolation;
  }
  return MergeConflict::Kind::kValueConstraintViolation;
}

// The place of a kind among the checks.
int rank_of(Violation::Kind kind) {
  switch (kind) {
    case Violation::Kind::kValue:
      return 0;
    case Violation::Kind::kUnique:
      return 1;
    case Violation::Kind::kOrphanEdge:
      return 2;
    case Violation::Kind::kCardinality:
      return 3;
  }
  return 3;
}

}  // namespace

MergeRows::MergeRows(Store& store, const MergeSides& sides, const Rules& rules, bool fast_forward,
                     std::map<TypeId, MergedTable>& tables)
    : store_(store),
      sides_(sides),
      rules_(rules),
      catalog_(sides.target->catalog()),
      fast_forward_(fast_forward),
      tables_(tables) {
  for (const auto& [type, table] : tables_) {
    if (table.edge != nullptr) continue;
    std::vector<RowId>& arriving = arriving_[type];
    for (const EnteringRow& row : table.entering) arriving.push_back(row.target_rid);
    std::sort(arriving.begin(), arriving.end());
  }
  if (!fast_forward_) return;
  // Whatever happens to the target meanwhile makes it another merge.
  for (const auto& [type, table] : tables_) reads_.tables.insert(type);
}

RowReader& MergeRows::reader(const EntityType& type) {
  const auto known = readers_.find(type.id);
  if (known != readers_.end()) return known->second;
  RowReader& made =
      readers_.try_emplace(type.id, sides_.source->table(type.id), type).first->second;
  std::vector<std::size_t> rows(made.version().parts().size());
  for (const EnteringRow& row : tables_.at(type.id).entering) ++rows[row.at.part];
  for (std::uint32_t p = 0; p < rows.size(); ++p) {
    if (rows[p] > 0) made.expect(p, rows[p]);
  }
  return made;
}

// Whether every node of the source has the same row id in the outcome.
bool MergeRows::same_rows(TypeId nodes) const {
  const MergedTable& table = tables_.at(nodes);
  return table.target_unchanged && table.renumbered.empty();
}

// The row id that a node of the source has in the outcome; kNoRow when it has none there.
Result<RowId> MergeRows::end_in_target(TypeId nodes, RowId in_source) {
  const MergedTable& table = tables_.at(nodes);
  if (const auto renamed = table.renumbered.find(in_source); renamed != table.renumbered.end()) {
    return renamed->second;
  }
  if (holds(arriving_.at(nodes), in_source)) return in_source;
  const TableVersion& target = *sides_.target->table(nodes);
  if (!holds(table.removed, in_source)) {
    OG_ASSIGN_OR_RETURN(const std::optional<Location> at, target.locate(in_source));
    if (at) return in_source;
  }
  const TableVersion& source = *sides_.source->table(nodes);
  OG_ASSIGN_OR_RETURN(const std::optional<Location> here, source.locate(in_source));
  if (!here) return corrupt("row " + std::to_string(in_source) + " of a node type is missing");
  OG_ASSIGN_OR_RETURN(const std::string id, source.parts()[here->part].segment->id_text(here->row));
  OG_ASSIGN_OR_RETURN(const std::optional<Location> there, target.find_id(id));
  if (!there) return kNoRow;
  OG_ASSIGN_OR_RETURN(const RowId rid, target.rid(*there));
  return holds(table.removed, rid) ? kNoRow : rid;
}

// The verdict rests on the node being what it is.
Status MergeRows::note_end(TypeId nodes, RowId in_source) {
  if (reads_.tables.contains(nodes)) return {};
  auto& ids = reads_.ids[nodes];
  if (ids.size() >= kMaxTouchedIds) {
    reads_.tables.insert(nodes);
    return {};
  }
  const TableVersion& source = *sides_.source->table(nodes);
  OG_ASSIGN_OR_RETURN(const std::optional<Location> at, source.locate(in_source));
  if (!at) return {};
  OG_ASSIGN_OR_RETURN(std::string id, source.parts()[at->part].segment->id_text(at->row));
  ids.insert(std::move(id));
  return {};
}

Status MergeRows::find_ends(MergedTable& table, TableDelta& delta) {
  RowReader& rows = reader(*table.type);
  const auto find = [&](TypeId nodes, RowId in_source, bool same) -> Result<RowId> {
    auto& known = ends_[nodes];
    if (const auto at = known.find(in_source); at != known.end()) return at->second;
    RowId found = in_source;
    if (!same) {
      OG_ASSIGN_OR_RETURN(found, end_in_target(nodes, in_source));
    }
    OG_RETURN_IF_ERROR(note_end(nodes, in_source));
    known.emplace(in_source, found);
    return found;
  };
  const bool same_from = same_rows(table.edge->from_id);
  const bool same_to = same_rows(table.edge->to_id);
  std::string scratch;
  for (EnteringRow& row : table.entering) {
    OG_ASSIGN_OR_RETURN(const RowId src, rows.src(row.at));
    OG_ASSIGN_OR_RETURN(const RowId dst, rows.dst(row.at));
    OG_ASSIGN_OR_RETURN(row.src, find(table.edge->from_id, src, same_from));
    OG_ASSIGN_OR_RETURN(row.dst, find(table.edge->to_id, dst, same_to));
    if (row.src != src || row.dst != dst) row.rewritten = true;
    for (const bool source_end : {true, false}) {
      if ((source_end ? row.src : row.dst) != kNoRow) continue;
      const TypeId nodes = source_end ? table.edge->from_id : table.edge->to_id;
      const RowId in_source = source_end ? src : dst;
      OG_ASSIGN_OR_RETURN(const std::string_view edge_id, rows.id(row.at, scratch));
      TableDelta::MissingEnd end{source_end, {}, std::string(edge_id)};
      const TableVersion& version = *sides_.source->table(nodes);
      OG_ASSIGN_OR_RETURN(const std::optional<Location> at, version.locate(in_source));
      if (at) {
        OG_ASSIGN_OR_RETURN(end.id, version.parts()[at->part].segment->id_text(at->row));
      }
      delta.missing.push_back(std::move(end));
    }
  }
  std::stable_sort(delta.missing.begin(), delta.missing.end(),
                   [](const auto& a, const auto& b) { return a.edge_id < b.edge_id; });
  return {};
}

Result<std::vector<MergeConflict>> MergeRows::validate() {
  std::vector<MergeConflict> conflicts;
  Delta delta;
  for (auto& [type, table] : tables_) {
    if (!table.changed()) continue;
    TableDelta& out = delta.tables.emplace_back();
    out.table = type;
    // In a fast-forward ends can only have moved where an entity came back under another row id.
    if (table.edge != nullptr &&
        !(fast_forward_ && same_rows(table.edge->from_id) && same_rows(table.edge->to_id))) {
      OG_RETURN_IF_ERROR(find_ends(table, out));
    }
  }
  if (fast_forward_) return conflicts;
  std::vector<RowBatch> batches;
  batches.reserve(delta.tables.size());  // the delta points into it
  for (TableDelta& out : delta.tables) {
    const MergedTable& table = tables_.at(out.table);
    if (table.edge == nullptr && table.target_unchanged) {
      // Its rows hold to their own rules as they did in the source.
      out.deleted = table.removed;
      continue;
    }
    RowList rows;
    for (const EnteringRow& row : table.entering) rows.push_back(&row);
    OG_ASSIGN_OR_RETURN(
        RowBatch batch,
        gather(table, rows, table.target_unchanged ? Columns::kNone : Columns::kAll, false));
    batches.push_back(std::move(batch));
    out.deleted = table.dying;
    out.rows.push_back(&batches.back());
  }
  OG_ASSIGN_OR_RETURN(std::vector<Violation> found,
                      omnigraph::validate(*sides_.target, delta, rules_, Report::kAll, &reads_));
  std::stable_sort(found.begin(), found.end(), [](const Violation& a, const Violation& b) {
    return rank_of(a.kind) < rank_of(b.kind);
  });
  for (Violation& violation : found) {
    MergeConflict conflict;
    conflict.kind = kind_of(violation.kind);
    conflict.is_edge = catalog_.is_edge(violation.table);
    conflict.type_name = catalog_.entity(violation.table)->name;
    conflict.message = std::move(violation.message);
    if (conflict.kind == MergeConflict::Kind::kOrphanEdge ||
        conflict.kind == MergeConflict::Kind::kUniqueViolation) {
      conflict.entity_id = std::move(violation.entity_id);
    }
    conflicts.push_back(std::move(conflict));
  }
  return conflicts;
}

Result<RowBatch> MergeRows::gather(const MergedTable& table, const RowList& rows, Columns columns,
                                   bool keep_numbers) {
  RowReader& from = reader(*table.type);
  RowBatch batch;
  batch.table = table.type->id;
  batch.is_edge = table.edge != nullptr;
  batch.rows = static_cast<std::uint32_t>(rows.size());
  ColumnBuilder ids(PropertyType{});
  ids.reserve(rows.size());
  batch.rids.reserve(rows.size());
  const bool ends_known = !(fast_forward_ && batch.is_edge && same_rows(table.edge->from_id) &&
                            same_rows(table.edge->to_id));
  std::string scratch;
  for (const EnteringRow* row : rows) {
    OG_ASSIGN_OR_RETURN(const std::string_view id, from.id(row->at, scratch));
    ids.append_text(id);
    batch.rids.push_back(row->target_rid);
    if (keep_numbers) {
      OG_ASSIGN_OR_RETURN(const Gsn gsn,
                          from.version().parts()[row->at.part].segment->gsn(row->at.row));
      batch.gsns.push_back(gsn);
    }
    if (!batch.is_edge) continue;
    if (ends_known) {
      batch.src.push_back(row->src);
      batch.dst.push_back(row->dst);
      continue;
    }
    OG_ASSIGN_OR_RETURN(const RowId src, from.src(row->at));
    OG_ASSIGN_OR_RETURN(const RowId dst, from.dst(row->at));
    batch.src.push_back(src);
    batch.dst.push_back(dst);
  }
  batch.ids = IdColumn::of_text(ids.finish());
  if (columns == Columns::kNone) return batch;
  for (std::size_t p = 0; p < table.type->properties.size(); ++p) {
    ColumnBuilder values(table.type->properties[p].type);
    values.reserve(rows.size());
    for (const EnteringRow* row : rows) {
      OG_ASSIGN_OR_RETURN(const ColumnPtr whole, from.column(p, row->at.part));
      if (whole) {
        values.append_from(*whole, row->at.row);
        continue;
      }
      OG_ASSIGN_OR_RETURN(const Value value, from.value(p, row->at));
      values.append_value(value);
    }
    ColumnPtr column = values.finish();
    if (column->null_count == column->rows || column->layout == Column::Layout::kAllNull) continue;
    batch.columns.emplace_back(table.type->properties[p].id, std::move(column));
  }
  return batch;
}

// Segments of the source of which at least half enters as it is; the other rows stay in `copied`.
Result<std::vector<AdoptedSegment>> MergeRows::adopt(const MergedTable& table, RowList& copied) {
  std::vector<AdoptedSegment> adopted;
  const TableVersion& source = *sides_.source->table(table.type->id);
  std::set<SegmentId> listed;
  for (const TablePart& part : sides_.target->table(table.type->id)->parts()) {
    listed.insert(part.segment->id());
  }
  std::vector<std::vector<const EnteringRow*>> by_part(source.parts().size());
  for (const EnteringRow& row : table.entering) {
    if (row.rewritten) {
      copied.push_back(&row);
    } else {
      by_part[row.at.part].push_back(&row);
    }
  }
  for (std::uint32_t p = 0; p < by_part.size(); ++p) {
    const Segment& segment = *source.parts()[p].segment;
    std::optional<SegmentRef> ref;
    if (!segment.id().is_nil() && !listed.contains(segment.id()) &&
        2 * by_part[p].size() >= segment.rows()) {
      ref = store_.reference(segment.id());
    }
    if (!ref) {
      copied.insert(copied.end(), by_part[p].begin(), by_part[p].end());
      continue;
    }
    AdoptedSegment& entry = adopted.emplace_back();
    entry.ref = *ref;
    if (by_part[p].size() == segment.rows()) continue;
    std::vector<bool> enters(segment.rows(), false);
    for (const EnteringRow* row : by_part[p]) enters[row->at.row] = true;
    std::vector<std::uint32_t> dead;
    for (std::uint32_t row = 0; row < segment.rows(); ++row) {
      if (!enters[row]) dead.push_back(row);
    }
    DeletionBitmap::with(nullptr, segment.rows(), dead)->encode(entry.dead);
  }
  return adopted;
}

Status MergeRows::carry(PreparedTable& out, RowBatch batch) {
  if (batch.rows == 0) return {};
  if (batch.rows <= kMaxInlineRows && batch.memory() <= kMaxInlineBytes) {
    out.rows.push_back(std::move(batch));
    return {};
  }
  const bool numbered = !batch.gsns.empty();
  batch = reorder(batch, sort_order(batch));
  OG_FAULT_POINT("merge.before_segment");
  OG_ASSIGN_OR_RETURN(SegmentRef ref,
                      store_.write_segment(batch, segment_options(catalog_, out.table)));
  if (numbered) {
    out.adopted.push_back({std::move(ref), {}});
  } else {
    out.segments.push_back(std::move(ref));
  }
  return {};
}

Status MergeRows::note_touched(const MergedTable& table, TouchedTable& touched) {
  const bool unchecked = fast_forward_ && !rules_.of(table.type->id).uniques.empty();
  touched.whole = table.many || unchecked;
  if (touched.whole) return {};
  touched.ids = table.weighed;
  if (const auto tuples = reads_.tuples.find(table.type->id); tuples != reads_.tuples.end()) {
    touched.tuples.assign(tuples->second.begin(), tuples->second.end());
  }
  if (table.edge == nullptr) return {};
  RowReader& source = reader(*table.type);
  for (const EnteringRow& row : table.entering) {
    RowId src = row.src, dst = row.dst;
    if (src == kNoRow) {
      OG_ASSIGN_OR_RETURN(src, source.src(row.at));
      OG_ASSIGN_OR_RETURN(dst, source.dst(row.at));
    }
    touched.edge_ends.push_back(src);
    touched.edge_ends.push_back(dst);
  }
  const TableVersion& target = *sides_.target->table(table.type->id);
  for (const RowId rid : table.dying) {
    OG_ASSIGN_OR_RETURN(const std::optional<Location> at, target.locate(rid));
    if (!at) return corrupt("row " + std::to_string(rid) + " of the target is missing");
    const Segment& segment = *target.parts()[at->part].segment;
    OG_ASSIGN_OR_RETURN(const RowId src, segment.src(at->row));
    OG_ASSIGN_OR_RETURN(const RowId dst, segment.dst(at->row));
    touched.edge_ends.push_back(src);
    touched.edge_ends.push_back(dst);
  }
  return {};
}

Result<Change> MergeRows::change() {
  Change change;
  for (const auto& [type, table] : tables_) {
    if (table.many) {
      reads_.tables.insert(type);
    } else {
      reads_.ids[type].insert(table.weighed.begin(), table.weighed.end());
    }
    if (!table.changed()) continue;
    PreparedTable& out = change.tables.emplace_back();
    out.table = type;
    out.deleted = table.dying;
    OG_RETURN_IF_ERROR(note_touched(table, out.touched));
    RowList copied;
    OG_ASSIGN_OR_RETURN(out.adopted, adopt(table, copied));
    const auto split = std::stable_partition(
        copied.begin(), copied.end(), [](const EnteringRow* row) { return !row->rewritten; });
    OG_ASSIGN_OR_RETURN(RowBatch kept, gather(table, {copied.begin(), split}, Columns::kAll, true));
    OG_RETURN_IF_ERROR(carry(out, std::move(kept)));
    OG_ASSIGN_OR_RETURN(RowBatch rewritten,
                        gather(table, {split, copied.end()}, Columns::kAll, false));
    OG_RETURN_IF_ERROR(carry(out, std::move(rewritten)));
  }
  return change;
}

}  // namespace omnigraph
