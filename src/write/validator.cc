#include "write/validator.h"

#include <algorithm>

#include "common/excerpt.h"
#include "write/validation.h"

namespace omnigraph {
namespace validation {

const std::vector<RowId>& Run::written_rows(TypeId table) {
  const auto [entry, fresh] = written.try_emplace(table);
  if (fresh) {
    if (const TableDelta* change = delta.find(table)) {
      for (const RowBatch* batch : change->rows) {
        entry->second.insert(entry->second.end(), batch->rids.begin(), batch->rids.end());
      }
      std::sort(entry->second.begin(), entry->second.end());
    }
  }
  return entry->second;
}

bool Run::lives_after(TypeId table, RowId rid) {
  const TableDelta* change = delta.find(table);
  if (change == nullptr) return true;
  if (!change->clear && !std::binary_search(change->deleted.begin(), change->deleted.end(), rid)) {
    return true;
  }
  const std::vector<RowId>& rids = written_rows(table);
  return std::binary_search(rids.begin(), rids.end(), rid);
}

Result<std::string> Run::node_id(TypeId table, RowId rid) const {
  if (const TableDelta* change = delta.find(table)) {
    for (const RowBatch* batch : change->rows) {
      const auto at = std::find(batch->rids.begin(), batch->rids.end(), rid);
      if (at != batch->rids.end()) {
        return batch->ids.str(static_cast<std::size_t>(at - batch->rids.begin()));
      }
    }
  }
  const TableVersionPtr& version = base.table(table);
  OG_ASSIGN_OR_RETURN(const auto where, version->locate(rid));
  if (!where) return std::string();
  return version->parts()[where->part].segment->id_text(where->row);
}

}  // namespace validation

const TableDelta* Delta::find(TypeId table) const {
  for (const TableDelta& change : tables) {
    if (change.table == table) return &change;
  }
  return nullptr;
}

Result<std::vector<Violation>> validate(const Snapshot& base, const Delta& delta,
                                        const Rules& rules, Report report, ReadSet* reads) {
  validation::Run run{base, delta, rules, report, reads};
  const Catalog& catalog = rules.catalog();
  const auto values = [&](TypeId type) -> Status {
    const TableDelta* table = delta.find(type);
    if (table == nullptr || run.done()) return {};
    const bool writes = !table->rows.empty() || !table->superseded.empty();
    if (const auto& broken = rules.of(type).broken; broken && writes) return *broken;
    return validation::check_values(run, *table);
  };
  for (const NodeType& node : catalog.nodes()) OG_RETURN_IF_ERROR(values(node.id));
  for (const EdgeType& edge : catalog.edges()) OG_RETURN_IF_ERROR(values(edge.id));
  for (const NodeType& node : catalog.nodes()) {
    if (run.done()) break;
    if (const TableDelta* table = delta.find(node.id)) {
      OG_RETURN_IF_ERROR(validation::check_uniques(run, *table));
    }
  }
  for (const EdgeType& edge : catalog.edges()) {
    const TableDelta* table = delta.find(edge.id);
    if (table != nullptr && !run.done()) OG_RETURN_IF_ERROR(validation::check_uniques(run, *table));
    if (!run.done()) OG_RETURN_IF_ERROR(validation::check_ends(run, edge.id));
    if (table != nullptr && !run.done()) {
      OG_RETURN_IF_ERROR(validation::check_cardinality(run, *table));
    }
  }
  return std::move(run.found);
}

Error refusal(const Rules& rules, Violation violation) {
  const TableRules& table = rules.of(violation.table);
  const bool keyed = table.node != nullptr && !table.node->key.empty();
  if (violation.kind == Violation::Kind::kValue && keyed && !violation.entity_id.empty()) {
    violation.message += " (node '" + excerpt(violation.entity_id) + "')";
  }
  return bad_request(std::move(violation.message));
}

Status check(const Snapshot& base, const Delta& delta, const Rules& rules, ReadSet* reads) {
  OG_ASSIGN_OR_RETURN(std::vector<Violation> found,
                      validate(base, delta, rules, Report::kFirst, reads));
  if (found.empty()) return {};
  return refusal(rules, std::move(found.front()));
}

}  // namespace omnigraph
