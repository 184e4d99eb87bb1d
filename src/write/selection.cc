#include "write/selection.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "execution/constant.h"
#include "execution/predicate.h"
#include "write/identity.h"

namespace omnigraph {
namespace {

// The id that a key equal to `operand` gives a node, when a value of that kind has just one
// spelling under the key's type; nothing: scan.
Result<std::optional<std::string>> id_of_key(const Value& operand, ScalarType key) {
  const bool integer = operand.get_if<std::int64_t>() || operand.get_if<std::uint64_t>();
  const bool fits = (key == ScalarType::kString && operand.get_if<std::string>()) ||
                    (is_integer(key) && integer) ||
                    (key == ScalarType::kBool && operand.get_if<bool>()) ||
                    (key == ScalarType::kDate && operand.get_if<Date>()) ||
                    (key == ScalarType::kDateTime && operand.get_if<DateTime>());
  if (!fits) return std::optional<std::string>();
  std::string id;
  OG_RETURN_IF_ERROR(append_spelling(id, key, operand));
  return std::optional<std::string>(std::move(id));
}

// The row id of a node by its id, or nothing.
Result<std::optional<RowId>> find_node(const Snapshot& base, TypeId table, const std::string& id,
                                       ReadSet& reads) {
  reads.ids[table].insert(id);
  const TableVersionPtr& version = base.table(table);
  OG_ASSIGN_OR_RETURN(const auto where, version->find_id(id));
  if (!where) return std::optional<RowId>();
  OG_ASSIGN_OR_RETURN(const RowId rid, version->rid(*where));
  return std::optional<RowId>(rid);
}

}  // namespace

void sort_unique(std::vector<RowId>& rows) {
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

Status collect_edges(const Snapshot& base, TypeId table, RowId node, bool outgoing,
                     std::vector<RowId>& edges) {
  for (const TablePart& part : base.table(table)->parts()) {
    OG_ASSIGN_OR_RETURN(const auto rows, part.segment->edges_of(node, outgoing));
    for (const std::uint32_t row : rows) {
      if (!part.live(row)) continue;
      OG_ASSIGN_OR_RETURN(const RowId rid, part.segment->rid(row));
      edges.push_back(rid);
    }
  }
  return {};
}

Result<std::vector<RowId>> select_committed(const MutationInput& input, const Snapshot& base,
                                            const TableRules& table,
                                            const TypedPredicate& predicate, ReadSet& reads) {
  const std::vector<Parameter>& declared = input.mutation.parameters;
  if (predicate.op == Compare::kEq) {
    OG_ASSIGN_OR_RETURN(const Value operand,
                        constant_value(*predicate.value, declared, input.parameters, input.now));
    if (operand.is_null()) return std::vector<RowId>();
    if (table.edge != nullptr && predicate.endpoint != TypedPredicate::Endpoint::kNone) {
      const bool outgoing = predicate.endpoint == TypedPredicate::Endpoint::kFrom;
      const TypeId nodes = outgoing ? table.edge->from_id : table.edge->to_id;
      std::vector<RowId> rows;
      const auto* id = operand.get_if<std::string>();
      if (id == nullptr) return rows;
      OG_ASSIGN_OR_RETURN(const auto node, find_node(base, nodes, *id, reads));
      if (!node) return rows;
      reads.edge_ends[table.type->id].insert(*node);
      OG_RETURN_IF_ERROR(collect_edges(base, table.type->id, *node, outgoing, rows));
      sort_unique(rows);
      return rows;
    }
    const bool on_key = table.node != nullptr && table.key && table.key->group.size() == 1 &&
                        table.key->group[0] == predicate.property;
    if (on_key) {
      OG_ASSIGN_OR_RETURN(const auto id,
                          id_of_key(operand, table.type->find(predicate.property)->type.scalar));
      if (id) {
        OG_ASSIGN_OR_RETURN(const auto node, find_node(base, table.type->id, *id, reads));
        return node ? std::vector<RowId>{*node} : std::vector<RowId>{};
      }
    }
  }
  reads.tables.insert(table.type->id);
  // Ends compare by node id, which no commit changes in place, but nodes may come and go.
  if (table.edge != nullptr && predicate.endpoint != TypedPredicate::Endpoint::kNone) {
    reads.tables.insert(table.edge->from_id);
    reads.tables.insert(table.edge->to_id);
  }
  OG_ASSIGN_OR_RETURN(std::vector<RowId> rows,
                      select_rows(base, table.type->id, predicate, declared, input.parameters,
                                  input.now, input.runtime));
  sort_unique(rows);
  return rows;
}

}  // namespace omnigraph
