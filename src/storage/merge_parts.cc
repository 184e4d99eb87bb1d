// Live rows of several segments as one batch in segment order: folding, and the merging of small
// memory segments.
#include <algorithm>

#include "storage/column_memory.h"
#include "storage/table_version.h"

namespace omnigraph {
namespace {

// Every part's rows without their properties, concatenated in part order.
struct Heads {
  RowBatch batch;
  std::vector<SourceRow> rows;
};

Result<Heads> collect_heads(std::span<const TablePart> parts) {
  Heads heads;
  RowBatch& batch = heads.batch;
  batch.table = parts.front().segment->table();
  batch.is_edge = parts.front().segment->is_edge();
  std::size_t rows = 0;
  for (const TablePart& part : parts) rows += part.live_rows();
  heads.rows.reserve(rows);
  batch.rids.reserve(rows);
  batch.gsns.reserve(rows);
  for (std::uint32_t p = 0; p < parts.size(); ++p) {
    const Segment& segment = *parts[p].segment;
    OG_ASSIGN_OR_RETURN(const auto rids, segment.rids());
    OG_ASSIGN_OR_RETURN(const auto gsns, segment.gsns());
    std::shared_ptr<const std::vector<RowId>> sources, targets;
    if (batch.is_edge) {
      OG_ASSIGN_OR_RETURN(sources, segment.sources());
      OG_ASSIGN_OR_RETURN(targets, segment.targets());
    }
    for (std::uint32_t row = 0; row < segment.rows(); ++row) {
      if (!parts[p].live(row)) continue;
      heads.rows.push_back({p, row});
      batch.rids.push_back((*rids)[row]);
      batch.gsns.push_back((*gsns)[row]);
      if (!batch.is_edge) continue;
      batch.src.push_back((*sources)[row]);
      batch.dst.push_back((*targets)[row]);
    }
  }
  batch.rows = static_cast<std::uint32_t>(heads.rows.size());
  return heads;
}

Result<IdColumn> collect_ids(std::span<const TablePart> parts, const std::vector<SourceRow>& rows) {
  std::vector<std::shared_ptr<const IdColumn>> ids(parts.size());
  for (std::size_t p = 0; p < parts.size(); ++p) {
    OG_ASSIGN_OR_RETURN(ids[p], parts[p].segment->ids());
  }
  // Rows of one run that stay consecutive stay a run.
  bool run = true;
  for (std::size_t i = 0; i < rows.size() && run; ++i) {
    const IdColumn& of = *ids[rows[i].source];
    run = of.is_run() &&
          of.base().plus(rows[i].row) == ids[rows[0].source]->base().plus(rows[0].row).plus(i);
  }
  if (run && !rows.empty()) {
    return IdColumn::of_run(ids[rows[0].source]->base().plus(rows[0].row),
                            static_cast<std::uint32_t>(rows.size()));
  }
  ColumnBuilder texts(PropertyType{.scalar = ScalarType::kString});
  texts.reserve(rows.size());
  char scratch[26];
  for (const SourceRow& at : rows) texts.append_text(ids[at.source]->get(at.row, scratch));
  return IdColumn::of_text(texts.finish());
}

}  // namespace

Result<RowBatch> merge_parts(std::span<const TablePart> parts,
                             std::span<const std::pair<PropertyId, PropertyType>> properties) {
  if (parts.empty()) return RowBatch{};
  OG_ASSIGN_OR_RETURN(Heads heads, collect_heads(parts));
  RowBatch& batch = heads.batch;
  OG_ASSIGN_OR_RETURN(batch.ids, collect_ids(parts, heads.rows));
  const std::vector<std::uint32_t> order = sort_order(batch);
  bool in_order = true;
  for (std::uint32_t i = 0; i < order.size() && in_order; ++i) in_order = order[i] == i;
  if (!in_order) {
    batch = reorder(batch, order);
    std::vector<SourceRow> rows(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) rows[i] = heads.rows[order[i]];
    heads.rows = std::move(rows);
  }
  // One commit's rows carry its number once.
  if (!batch.gsns.empty() && std::all_of(batch.gsns.begin(), batch.gsns.end(),
                                         [&batch](Gsn gsn) { return gsn == batch.gsns.front(); })) {
    batch.gsn = batch.gsns.front();
    batch.gsns.clear();
  }
  batch.columns.reserve(properties.size());
  std::vector<ColumnPtr> sources(parts.size());
  for (const auto& [property, type] : properties) {
    for (std::size_t p = 0; p < parts.size(); ++p) {
      OG_ASSIGN_OR_RETURN(sources[p], parts[p].segment->column(property, type));
    }
    batch.columns.emplace_back(property, gather_rows(type, sources, heads.rows));
  }
  return std::move(batch);
}

Result<RowBatch> read_rows(const Segment& segment,
                           std::span<const std::pair<PropertyId, PropertyType>> properties) {
  RowBatch batch;
  batch.table = segment.table();
  batch.is_edge = segment.is_edge();
  batch.rows = segment.rows();
  OG_ASSIGN_OR_RETURN(const auto ids, segment.ids());
  batch.ids = *ids;
  OG_ASSIGN_OR_RETURN(const auto rids, segment.rids());
  batch.rids = *rids;
  OG_ASSIGN_OR_RETURN(const auto gsns, segment.gsns());
  const bool one_gsn =
      std::all_of(gsns->begin(), gsns->end(), [&](Gsn gsn) { return gsn == gsns->front(); });
  if (one_gsn) {
    batch.gsn = gsns->empty() ? 0 : gsns->front();
  } else {
    batch.gsns = *gsns;
  }
  if (batch.is_edge) {
    OG_ASSIGN_OR_RETURN(const auto sources, segment.sources());
    OG_ASSIGN_OR_RETURN(const auto targets, segment.targets());
    batch.src = *sources;
    batch.dst = *targets;
  }
  for (const auto& [property, type] : properties) {
    OG_ASSIGN_OR_RETURN(ColumnPtr column, segment.column(property, type));
    batch.columns.emplace_back(property, std::move(column));
  }
  return batch;
}

}  // namespace omnigraph
