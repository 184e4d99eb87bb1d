#include "write/deletion.h"

#include <algorithm>
#include <map>
#include <utility>

#include "write/selection.h"
#include "write/validator.h"

namespace omnigraph {
namespace {

class Deletion {
 public:
  Deletion(const MutationInput& input, const Snapshot& base, const Rules& rules)
      : input_(input), base_(base), rules_(rules) {}

  Result<PreparedMutation> run() {
    for (const TypedStatement& statement : input_.mutation.statements) {
      const auto& deletion = std::get<TypedDelete>(statement);
      OG_ASSIGN_OR_RETURN(const std::vector<RowId> rows,
                          select_committed(input_, base_, rules_.of(deletion.type), deletion.where,
                                           prepared_.reads));
      auto& deleted = deleted_[deletion.type];
      deleted.insert(deleted.end(), rows.begin(), rows.end());
    }
    OG_RETURN_IF_ERROR(cascade());
    Delta delta;
    for (auto& [table, rows] : deleted_) {
      sort_unique(rows);
      if (rows.empty()) continue;
      (rules_.of(table).edge != nullptr ? prepared_.affected_edges : prepared_.affected_nodes) +=
          rows.size();
      PreparedTable& change = prepared_.change.tables.emplace_back();
      change.table = table;
      change.deleted = rows;
      OG_RETURN_IF_ERROR(note_touched(rules_.of(table), rows, change.touched));
      TableDelta& removed = delta.tables.emplace_back();
      removed.table = table;
      removed.deleted = rows;
    }
    OG_RETURN_IF_ERROR(check(base_, delta, rules_, &prepared_.reads));
    return std::move(prepared_);
  }

 private:
  Status cascade() {
    // Edge tables join the map while node tables are walked: walk a copy of the node part.
    std::vector<std::pair<TypeId, std::vector<RowId>>> nodes;
    for (auto& [table, rows] : deleted_) {
      sort_unique(rows);
      if (rules_.of(table).node != nullptr) nodes.emplace_back(table, rows);
    }
    for (const auto& [table, rows] : nodes) {
      for (const bool outgoing : {true, false}) {
        const TableRules& rules = rules_.of(table);
        for (const TypeId edge : outgoing ? rules.edges_from : rules.edges_to) {
          auto& ends = prepared_.reads.edge_ends[edge];
          std::vector<RowId>& edges = deleted_[edge];
          for (const RowId node : rows) {
            ends.insert(node);
            OG_RETURN_IF_ERROR(collect_edges(base_, edge, node, outgoing, edges));
          }
        }
      }
    }
    return {};
  }

  Status note_touched(const TableRules& rules, const std::vector<RowId>& rows,
                      TouchedTable& touched) {
    if (rows.size() > kMaxTouchedIds) {
      touched.whole = true;
      return {};
    }
    const TableVersion& version = *base_.table(rules.type->id);
    for (const RowId rid : rows) {
      OG_ASSIGN_OR_RETURN(const auto where, version.locate(rid));
      if (!where)
        return corrupt("row " + std::to_string(rid) + " of " + rules.type->name + " is missing");
      const Segment& segment = *version.parts()[where->part].segment;
      OG_ASSIGN_OR_RETURN(std::string id, segment.id_text(where->row));
      touched.ids.push_back(std::move(id));
      if (rules.edge == nullptr) continue;
      OG_ASSIGN_OR_RETURN(const RowId src, segment.src(where->row));
      OG_ASSIGN_OR_RETURN(const RowId dst, segment.dst(where->row));
      touched.edge_ends.push_back(src);
      touched.edge_ends.push_back(dst);
    }
    return {};
  }

  const MutationInput& input_;
  const Snapshot& base_;
  const Rules& rules_;
  std::map<TypeId, std::vector<RowId>> deleted_;
  PreparedMutation prepared_;
};

}  // namespace

Result<PreparedMutation> prepare_deletion(const MutationInput& input, const Snapshot& base,
                                          const Rules& rules) {
  return Deletion(input, base, rules).run();
}

}  // namespace omnigraph
