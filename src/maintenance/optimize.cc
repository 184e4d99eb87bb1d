#include "maintenance/optimize.h"

#include <algorithm>

namespace omnigraph {
namespace {

bool has_index(const EntityType& type, const Property& property) {
  if (property.index) return true;
  return std::any_of(type.indexes.begin(), type.indexes.end(), [&](const PropertyGroup& group) {
    return std::find(group.begin(), group.end(), property.name) != group.end();
  });
}

Result<bool> has_value(const TablePart& part, const Property& property) {
  OG_ASSIGN_OR_RETURN(const auto known, part.segment->statistics(property.id));
  if (known != nullptr && known->bounds.nulls == part.segment->rows()) return false;
  if (known != nullptr && known->bounds.nulls == 0 && !part.deleted) return true;
  OG_ASSIGN_OR_RETURN(const ColumnPtr column, part.segment->column(property.id, property.type));
  if (column->layout == Column::Layout::kAllNull) return false;
  for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
    if (part.live(row) && !column->is_null(row)) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<PendingIndex>> pending_indexes(const Snapshot& snapshot,
                                                  const EntityType& type) {
  std::vector<PendingIndex> pending;
  const TableVersionPtr& table = snapshot.table(type.id);
  if (table->live_rows() == 0) return pending;
  for (const Property& property : type.properties) {
    if (property.type.scalar != ScalarType::kVector || !has_index(type, property)) continue;
    bool found = false;
    for (const TablePart& part : table->parts()) {
      OG_ASSIGN_OR_RETURN(found, has_value(part, property));
      if (found) break;
    }
    if (!found) {
      pending.push_back({property.name, "property has no non-null vectors to train on yet"});
    }
  }
  return pending;
}

Result<OptimizeReport> optimize_tables(Store& store) {
  OG_ASSIGN_OR_RETURN(const CompactionReport compacted, store.compact("main"));
  const GraphStatePtr state = store.state();
  const Snapshot& main = *state->branch("main")->snapshot;
  OptimizeReport report;
  const auto add = [&](const EntityType& type, bool is_edge) -> Status {
    OptimizedDataset dataset;
    dataset.is_edge = is_edge;
    dataset.type_name = type.name;
    if (const auto at = compacted.find(type.id); at != compacted.end()) {
      dataset.fragments_removed = at->second.removed;
      dataset.fragments_added = at->second.added;
      dataset.committed = true;
    }
    OG_ASSIGN_OR_RETURN(dataset.pending_indexes, pending_indexes(main, type));
    report.datasets.push_back(std::move(dataset));
    return {};
  };
  for (const EdgeType& type : main.catalog().edges()) OG_RETURN_IF_ERROR(add(type, true));
  for (const NodeType& type : main.catalog().nodes()) OG_RETURN_IF_ERROR(add(type, false));
  return report;
}

}  // namespace omnigraph
