#include "write/blob_write.h"

#include "write/convert.h"
#include "write/staging.h"
#include "write/validator.h"

namespace omnigraph {

Result<std::pair<const EntityType*, const Property*>> find_blob_property(
    const Catalog& catalog, bool is_edge, std::string_view type, std::string_view property) {
  const EntityType* found = is_edge ? static_cast<const EntityType*>(catalog.edge(type))
                                    : static_cast<const EntityType*>(catalog.node(type));
  const auto refuse = [](std::string message) {
    return bad_request(std::move(message)).with({.kind = "blob_selector", .fields = {}});
  };
  if (found == nullptr) {
    return refuse((is_edge ? "unknown edge type '" : "unknown node type '") + std::string(type) +
                  "'");
  }
  const Property* declared = found->find(property);
  if (declared == nullptr || declared->type.scalar != ScalarType::kBlob) {
    return refuse("property '" + found->name + "." + std::string(property) + "' is not a Blob");
  }
  return std::pair(found, declared);
}

Error no_such_entity(bool is_edge, const EntityType& type, std::string_view id) {
  return not_found((is_edge ? "no edge '" : "no node '") + type.name + "' with id '" +
                   std::string(id) + "' found")
      .with({.kind = "blob_cell", .fields = {}});
}

Result<std::pair<Change, ReadSet>> prepare_blob_change(const BlobAssignment& assignment,
                                                       const Snapshot& base,
                                                       const GraphState& state,
                                                       const Rules& rules) {
  OG_ASSIGN_OR_RETURN(const auto found, find_blob_property(rules.catalog(), assignment.is_edge,
                                                           assignment.type, assignment.property));
  const auto [type, property] = found;
  if (!assignment.cell && !property->type.nullable) return missing_value(*property);
  const TableVersionPtr& version = base.table(type->id);
  OG_ASSIGN_OR_RETURN(const auto where, version->find_id(assignment.id));
  if (!where) return no_such_entity(assignment.is_edge, *type, assignment.id);
  OG_ASSIGN_OR_RETURN(const RowId rid, version->rid(*where));

  const auto next = state.next_row.find(type->id);
  const RowId first_new = next == state.next_row.end() ? 0 : next->second;
  StagedTable staged(rules.of(type->id), version, first_new);
  OG_ASSIGN_OR_RETURN(const std::size_t position, staged.take(rid));
  StagedRow& row = staged.rows()[position];
  for (std::size_t i = 0; i < type->properties.size(); ++i) {
    if (&type->properties[i] != property) continue;
    row.values[i] = assignment.cell ? Value(*assignment.cell) : Value();
  }
  std::pair<Change, ReadSet> out;
  PreparedTable& change = out.first.tables.emplace_back();
  if (assignment.is_edge) {
    const Segment& segment = *version->parts()[where->part].segment;
    OG_ASSIGN_OR_RETURN(row.src, segment.src(where->row));
    OG_ASSIGN_OR_RETURN(row.dst, segment.dst(where->row));
    change.touched.edge_ends = {row.src, row.dst};
  }
  change.table = type->id;
  change.deleted = {rid};
  change.touched.ids = {assignment.id};
  change.rows.push_back(staged.batch());
  out.first.first_new[type->id] = first_new;
  out.second.ids[type->id].insert(assignment.id);

  Delta delta;
  TableDelta& table = delta.tables.emplace_back();
  table.table = type->id;
  table.deleted = change.deleted;
  table.rows.push_back(&change.rows[0]);
  OG_RETURN_IF_ERROR(check(base, delta, rules, &out.second));
  return out;
}

}  // namespace omnigraph
