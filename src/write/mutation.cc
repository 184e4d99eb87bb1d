#include "write/mutation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "execution/constant.h"
#include "execution/predicate.h"
#include "write/convert.h"
#include "write/deletion.h"
#include "write/identity.h"
#include "write/selection.h"
#include "write/staging.h"
#include "write/validator.h"

namespace omnigraph {
namespace {

RowId next_row(const GraphState& state, TypeId table) {
  const auto found = state.next_row.find(table);
  return found == state.next_row.end() ? 0 : found->second;
}

std::size_t position_of(const EntityType& type, PropertyId property) {
  const auto found = std::find_if(type.properties.begin(), type.properties.end(),
                                  [property](const Property& p) { return p.id == property; });
  return static_cast<std::size_t>(found - type.properties.begin());
}

// The first thing that stands in the way of an update or insert of this value.
Error null_key(const NodeType& node) {
  if (node.key.size() == 1) {
    return bad_request("insert @key property '" + node.key[0] + "' cannot contain null");
  }
  std::string names;
  for (const std::string& name : node.key) names += (names.empty() ? "" : ", ") + name;
  return bad_request("insert @key properties (" + names + ") cannot contain null");
}

// Inserts and updates, staged statement by statement.
class Construction {
 public:
  Construction(const MutationInput& input, const Snapshot& base, const GraphState& state,
               const Rules& rules)
      : input_(input), base_(base), state_(state), rules_(rules) {}

  Result<PreparedMutation> run() {
    for (const TypedStatement& statement : input_.mutation.statements) {
      if (const auto* insertion = std::get_if<TypedInsert>(&statement)) {
        OG_RETURN_IF_ERROR(rules_.of(insertion->type).edge != nullptr ? insert_edge(*insertion)
                                                                      : insert_node(*insertion));
      } else {
        OG_RETURN_IF_ERROR(update(std::get<TypedUpdate>(statement)));
      }
    }
    return finish();
  }

 private:
  StagedTable& table(TypeId type) {
    const auto found = tables_.find(type);
    if (found != tables_.end()) return found->second;
    return tables_.try_emplace(type, rules_.of(type), base_.table(type), next_row(state_, type))
        .first->second;
  }

  Result<Value> assigned(const TypedExpr& value) const {
    return assigned_value(value, input_.mutation.parameters, input_.parameters, input_.now);
  }

  // Values of all properties of a new entity, in declaration order.
  Result<std::vector<Value>> inserted_values(
      const EntityType& type, const std::vector<TypedAssignment>& assignments) const {
    std::vector<Value> values(type.properties.size());
    std::vector<bool> given(type.properties.size());
    for (const TypedAssignment& assignment : assignments) {
      const std::size_t at = position_of(type, assignment.property);
      OG_ASSIGN_OR_RETURN(const Value value, assigned(*assignment.value));
      OG_ASSIGN_OR_RETURN(values[at], convert_value(value, type.properties[at], input_.blobs));
      given[at] = true;
    }
    if (const auto* node = rules_.of(type.id).node) {
      for (const std::string& member : node->key) {
        if (values[position_of(type, type.find(member)->id)].is_null()) return null_key(*node);
      }
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Property& property = type.properties[i];
      if (!values[i].is_null() || property.type.nullable) continue;
      if (given[i]) return missing_value(property);
      return bad_request("missing required property '" + property.name + "'");
    }
    return values;
  }

  Status insert_node(const TypedInsert& statement) {
    StagedTable& staged = table(statement.type);
    OG_ASSIGN_OR_RETURN(std::vector<Value> values,
                        inserted_values(staged.type(), statement.assignments));
    ++prepared_.affected_nodes;
    const NodeType& node = *staged.rules().node;
    if (node.key.empty()) {
      OG_ASSIGN_OR_RETURN([[maybe_unused]] StagedRow * row,
                          staged.add(input_.ulids.next().text(), std::move(values)));
      return {};
    }
    std::vector<std::string> spellings;
    for (const std::string& member : node.key) {
      const Property& property = *node.find(member);
      OG_RETURN_IF_ERROR(append_spelling(spellings.emplace_back(), property.type.scalar,
                                         values[position_of(node, property.id)]));
    }
    std::string id = id_from_spellings(spellings);
    prepared_.reads.ids[statement.type].insert(id);
    return staged.put(std::move(id), std::move(values));
  }

  Status insert_edge(const TypedInsert& statement) {
    StagedTable& staged = table(statement.type);
    OG_ASSIGN_OR_RETURN(std::vector<Value> values,
                        inserted_values(staged.type(), statement.assignments));
    OG_ASSIGN_OR_RETURN(std::string from, end_id(statement.from, "from"));
    OG_ASSIGN_OR_RETURN(std::string to, end_id(statement.to, "to"));
    OG_ASSIGN_OR_RETURN(StagedRow * row, staged.add(input_.ulids.next().text(), std::move(values)));
    row->from = std::move(from);
    row->to = std::move(to);
    ++prepared_.affected_edges;
    return {};
  }

  Result<std::string> end_id(const TypedExprPtr& value, const char* name) const {
    OG_ASSIGN_OR_RETURN(const Value id, assigned(*value));
    if (const auto* text = id.get_if<std::string>()) return *text;
    return bad_request("edge endpoint '" + std::string(name) + "' cannot be null");
  }

  Status update(const TypedUpdate& statement) {
    StagedTable& staged = table(statement.type);
    const EntityType& type = staged.type();
    std::vector<std::pair<std::size_t, Value>> changes;
    for (const TypedAssignment& assignment : statement.assignments) {
      const std::size_t at = position_of(type, assignment.property);
      const Property& property = type.properties[at];
      if (const auto& key = staged.rules().key; key && contains(key->names, property.name)) {
        return bad_request("cannot update @key property '" + property.name +
                           "' — delete and re-insert instead");
      }
      OG_ASSIGN_OR_RETURN(const Value value, assigned(*assignment.value));
      OG_ASSIGN_OR_RETURN(Value stored, convert_value(value, property, input_.blobs));
      if (stored.is_null()) {
        // There is no way to clear a blob through a mutation.
        if (property.type.scalar == ScalarType::kBlob && !property.type.list) continue;
        if (!property.type.nullable) return missing_value(property);
      }
      changes.emplace_back(at, std::move(stored));
    }
    OG_ASSIGN_OR_RETURN(const std::vector<std::size_t> matched, select(staged, statement.where));
    prepared_.affected_nodes += matched.size();
    for (const std::size_t position : matched) {
      staged.supersede(position);
      for (const auto& [at, value] : changes) staged.rows()[position].values[at] = value;
    }
    return shared_tuples(staged, changes, matched);
  }

  static bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  // Positions of the rows that the predicate names among staged and committed ones.
  Result<std::vector<std::size_t>> select(StagedTable& staged, const TypedPredicate& where) {
    OG_ASSIGN_OR_RETURN(const std::vector<RowId> committed,
                        select_committed(input_, base_, staged.rules(), where, prepared_.reads));
    OG_ASSIGN_OR_RETURN(
        const Value operand,
        constant_value(*where.value, input_.mutation.parameters, input_.parameters, input_.now));
    const std::size_t at = position_of(staged.type(), where.property);
    const PropertyType& type = staged.type().properties[at].type;
    std::vector<std::size_t> matched;
    const std::size_t before = staged.rows().size();
    for (std::size_t i = 0; i < before; ++i) {
      if (matches(where.op, staged.rows()[i].values[at], operand, type)) matched.push_back(i);
    }
    for (const RowId rid : committed) {
      if (staged.hides(rid)) continue;
      OG_ASSIGN_OR_RETURN(const std::size_t position, staged.take(rid));
      matched.push_back(position);
    }
    return matched;
  }

  // Rows of one update that end up with one @unique tuple violate, even if a later statement parts
  // them again.
  Status shared_tuples(StagedTable& staged,
                       const std::vector<std::pair<std::size_t, Value>>& changes,
                       const std::vector<std::size_t>& matched) {
    if (matched.size() < 2 || found_before_.count(staged.type().id) != 0) return {};
    for (const UniqueRule& rule : staged.rules().uniques) {
      const bool assigned = std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
        return contains(rule.names, staged.type().properties[change.first].name);
      });
      if (!assigned) continue;
      std::map<std::vector<std::string>, std::size_t> holders;
      for (const std::size_t position : matched) {
        std::vector<std::string> spellings;
        for (const PropertyId member : rule.group) {
          const std::size_t at = position_of(staged.type(), member);
          const Value& value = staged.rows()[position].values[at];
          if (value.is_null()) break;
          OG_RETURN_IF_ERROR(append_spelling(spellings.emplace_back(),
                                             staged.type().properties[at].type.scalar, value));
        }
        if (spellings.size() < rule.group.size()) continue;
        const auto [holder, fresh] = holders.try_emplace(spellings, position);
        if (fresh) continue;
        const std::string& mine = staged.rows()[position].id;
        found_before_[staged.type().id].push_back(
            {Violation::Kind::kUnique, staged.type().id, mine,
             unique_message(staged.type(), rule, spellings, staged.rows()[holder->second].id,
                            mine)});
        return {};
      }
    }
    return {};
  }

  // The row id of an edge's end in the final image, kNoRow when there is none.
  Result<RowId> resolve(TypeId nodes, const std::string& id) {
    prepared_.reads.ids[nodes].insert(id);
    if (const auto staged = tables_.find(nodes); staged != tables_.end()) {
      if (const StagedRow* row = staged->second.find(id)) return row->rid;
    }
    const TableVersionPtr& version = base_.table(nodes);
    OG_ASSIGN_OR_RETURN(const auto where, version->find_id(id));
    if (!where) return kNoRow;
    return version->rid(*where);
  }

  Status resolve_ends(StagedTable& edges, TableDelta& delta) {
    const EdgeType& edge = *edges.rules().edge;
    for (StagedRow& row : edges.rows()) {
      OG_ASSIGN_OR_RETURN(row.src, resolve(edge.from_id, row.from));
      OG_ASSIGN_OR_RETURN(row.dst, resolve(edge.to_id, row.to));
      if (row.src == kNoRow) delta.missing.push_back({true, row.from, row.id});
      if (row.dst == kNoRow) delta.missing.push_back({false, row.to, row.id});
    }
    return {};
  }

  Result<PreparedMutation> finish() {
    Delta delta;
    std::map<TypeId, RowBatch> superseded;
    prepared_.change.tables.reserve(tables_.size());
    for (auto& [type, staged] : tables_) {
      if (staged.rows().empty()) continue;
      TableDelta table;
      table.table = type;
      if (staged.rules().edge != nullptr) OG_RETURN_IF_ERROR(resolve_ends(staged, table));
      PreparedTable change;
      change.table = type;
      change.deleted = staged.replaced();
      change.new_rows = staged.new_rows();
      change.rows.push_back(staged.batch());
      prepared_.change.first_new[type] = next_row(state_, type);
      prepared_.change.tables.push_back(std::move(change));
      if (RowBatch old = staged.superseded(); old.rows > 0) superseded[type] = std::move(old);
      if (const auto found = found_before_.find(type); found != found_before_.end()) {
        table.found_before = found->second;
      }
      delta.tables.push_back(std::move(table));
    }
    for (std::size_t i = 0; i < delta.tables.size(); ++i) {
      TableDelta& table = delta.tables[i];
      table.deleted = prepared_.change.tables[i].deleted;
      table.rows.push_back(&prepared_.change.tables[i].rows[0]);
      if (superseded.count(table.table) != 0) table.superseded.push_back(&superseded[table.table]);
    }
    OG_RETURN_IF_ERROR(check(base_, delta, rules_, &prepared_.reads));
    note_touched();
    // Edges may point at new nodes of tables that others number meanwhile.
    for (const PreparedTable& change : prepared_.change.tables) {
      if (const EdgeType* edge = rules_.of(change.table).edge) {
        for (const TypeId end : {edge->from_id, edge->to_id}) {
          prepared_.change.first_new.try_emplace(end, next_row(state_, end));
        }
      }
    }
    return std::move(prepared_);
  }

  void note_touched() {
    for (PreparedTable& change : prepared_.change.tables) {
      const StagedTable& staged = tables_.at(change.table);
      TouchedTable& touched = change.touched;
      if (staged.rows().size() > kMaxTouchedIds) {
        touched.whole = true;
        continue;
      }
      const EdgeType* edge = staged.rules().edge;
      for (const StagedRow& row : staged.rows()) {
        touched.ids.push_back(row.id);
        if (edge == nullptr) continue;
        // New nodes are nobody else's to have read.
        if (row.src < next_row(state_, edge->from_id)) touched.edge_ends.push_back(row.src);
        if (row.dst < next_row(state_, edge->to_id)) touched.edge_ends.push_back(row.dst);
      }
      if (const auto tuples = prepared_.reads.tuples.find(change.table);
          tuples != prepared_.reads.tuples.end()) {
        touched.tuples.assign(tuples->second.begin(), tuples->second.end());
      }
    }
  }

  const MutationInput& input_;
  const Snapshot& base_;
  const GraphState& state_;
  const Rules& rules_;
  std::map<TypeId, StagedTable> tables_;
  std::map<TypeId, std::vector<Violation>> found_before_;
  PreparedMutation prepared_;
};

}  // namespace

Result<PreparedMutation> prepare_mutation(const MutationInput& input, const Snapshot& base,
                                          const GraphState& state, const Rules& rules) {
  const auto& statements = input.mutation.statements;
  const auto deletes = static_cast<std::size_t>(
      std::count_if(statements.begin(), statements.end(), [](const TypedStatement& statement) {
        return std::holds_alternative<TypedDelete>(statement);
      }));
  if (deletes > 0 && deletes < statements.size()) {
    return bad_request("mutation '" + input.mutation.name +
                       "' mixes inserts/updates and deletes; split into separate mutations: (1) "
                       "inserts and updates, then (2) deletes");
  }
  if (deletes > 0) return prepare_deletion(input, base, rules);
  return Construction(input, base, state, rules).run();
}

}  // namespace omnigraph
