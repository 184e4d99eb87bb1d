// Stage 3 of the validator: ends of edges and @card.
#include <algorithm>

#include "common/excerpt.h"
#include "write/validation.h"

namespace omnigraph::validation {
namespace {

std::string end_message(bool source, const std::string& id, const std::string& type) {
  return (source ? "src '" : "dst '") + excerpt(id) + "' not found in " + type;
}

// Calls `visit(part, row, rid)` for every committed edge of `version` at `node` that the write
// leaves alone.
template <typename Visit>
Status for_remaining_edges(const TableVersion& version, const TableDelta* change, RowId node,
                           bool outgoing, Visit visit) {
  for (const TablePart& part : version.parts()) {
    OG_ASSIGN_OR_RETURN(const auto rows, part.segment->edges_of(node, outgoing));
    for (const std::uint32_t row : rows) {
      if (!part.live(row)) continue;
      if (change != nullptr && !change->deleted.empty()) {
        OG_ASSIGN_OR_RETURN(const RowId rid, part.segment->rid(row));
        if (std::binary_search(change->deleted.begin(), change->deleted.end(), rid)) continue;
      }
      OG_RETURN_IF_ERROR(visit(part, row));
    }
  }
  return {};
}

// Committed nodes of `table` that are gone once the write has landed.
Result<std::vector<RowId>> removed_nodes(Run& run, const TableDelta& table) {
  const std::vector<RowId>& kept = run.written_rows(table.table);
  std::vector<RowId> removed;
  const auto consider = [&](RowId rid) {
    if (!std::binary_search(kept.begin(), kept.end(), rid)) removed.push_back(rid);
  };
  if (!table.clear) {
    for (const RowId rid : table.deleted) consider(rid);
    return removed;
  }
  for (const TablePart& part : run.base.table(table.table)->parts()) {
    OG_ASSIGN_OR_RETURN(const auto rids, part.segment->rids());
    for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
      if (part.live(row)) consider((*rids)[row]);
    }
  }
  return removed;
}

Status check_orphans(Run& run, const EdgeType& edge, const TableDelta* change, bool source) {
  const TypeId node_table = source ? edge.from_id : edge.to_id;
  const TableDelta* nodes = run.delta.find(node_table);
  if (nodes == nullptr || (nodes->deleted.empty() && !nodes->clear)) return {};
  if (change != nullptr && change->clear) return {};
  const TableVersion& edges = *run.base.table(edge.id);
  if (edges.live_rows() == 0) return {};
  OG_ASSIGN_OR_RETURN(const auto removed, removed_nodes(run, *nodes));
  for (const RowId node : removed) {
    if (run.reads != nullptr) run.reads->edge_ends[edge.id].insert(node);
    OG_RETURN_IF_ERROR(for_remaining_edges(
        edges, change, node, source, [&](const TablePart& part, std::uint32_t row) -> Status {
          if (run.done()) return {};
          OG_ASSIGN_OR_RETURN(const std::string edge_id, part.segment->id_text(row));
          OG_ASSIGN_OR_RETURN(const std::string id, run.node_id(node_table, node));
          run.add(Violation::Kind::kOrphanEdge, edge.id, edge_id,
                  end_message(source, id, run.rules.of(node_table).type->name));
          return {};
        }));
    if (run.done()) return {};
  }
  return {};
}

}  // namespace

Status check_ends(Run& run, TypeId edge_table) {
  const EdgeType& edge = *run.rules.of(edge_table).edge;
  const TableDelta* change = run.delta.find(edge_table);
  if (change != nullptr) {
    for (const TableDelta::MissingEnd& end : change->missing) {
      run.add(Violation::Kind::kOrphanEdge, edge_table, end.edge_id,
              end_message(end.source, end.id, end.source ? edge.from : edge.to));
      if (run.done()) return {};
    }
  }
  for (const bool source : {true, false}) {
    OG_RETURN_IF_ERROR(check_orphans(run, edge, change, source));
    if (run.done()) return {};
  }
  return {};
}

Status check_cardinality(Run& run, const TableDelta& table) {
  const EdgeType& edge = *run.rules.of(table.table).edge;
  if (edge.card_min == 0 && !edge.card_max) return {};
  const TableVersion& committed = *run.base.table(table.table);

  std::vector<RowId> written;  // sources of the rows written, one a row
  for (const RowBatch* batch : table.rows) {
    written.insert(written.end(), batch->src.begin(), batch->src.end());
  }
  std::sort(written.begin(), written.end());
  std::vector<RowId> touched = written;
  if (!table.clear) {
    for (const RowId rid : table.deleted) {
      OG_ASSIGN_OR_RETURN(const auto where, committed.locate(rid));
      if (!where) continue;
      OG_ASSIGN_OR_RETURN(const RowId source,
                          committed.parts()[where->part].segment->src(where->row));
      touched.push_back(source);
    }
    std::sort(touched.begin(), touched.end());
  }
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());

  for (const RowId source : touched) {
    if (source == kNoRow || !run.lives_after(edge.from_id, source)) continue;
    if (run.reads != nullptr) run.reads->edge_ends[table.table].insert(source);
    const auto [first, last] = std::equal_range(written.begin(), written.end(), source);
    auto edges = static_cast<std::uint64_t>(last - first);
    if (!table.clear) {
      OG_RETURN_IF_ERROR(for_remaining_edges(committed, &table, source, true,
                                             [&](const TablePart&, std::uint32_t) -> Status {
                                               ++edges;
                                               return {};
                                             }));
    }
    const bool over = edge.card_max && edges > *edge.card_max;
    if (!over && edges >= edge.card_min) continue;
    OG_ASSIGN_OR_RETURN(const std::string id, run.node_id(edge.from_id, source));
    run.add(Violation::Kind::kCardinality, table.table, id,
            "@card violation on edge " + edge.name + ": source '" + id + "' has " +
                std::to_string(edges) + " edges (" +
                (over ? "max " + std::to_string(*edge.card_max)
                      : "min " + std::to_string(edge.card_min)) +
                ")");
    if (run.done()) return {};
  }
  return {};
}

}  // namespace omnigraph::validation
