#include "write/load/placement.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <unordered_set>

#include "common/fault_point.h"
#include "write/limits.h"
#include "write/load/edge_order.h"
#include "write/load/spilled_placement.h"
#include "write/validator.h"

namespace omnigraph {
namespace {

constexpr std::size_t kMissingNamed = 16;  // ends that do not exist, kept for the report

std::uint64_t key_of(std::size_t worker, std::size_t ends) {
  return std::uint64_t{worker} << 32 | ends;
}

class Placement {
 public:
  Placement(const PlacementInput& input, const Snapshot& base, const GraphState& state,
            const Rules& rules)
      : input_(input), records_(input.records), base_(base), state_(state), rules_(rules) {
    for (const NodeRecords& nodes : records_.nodes) rows_ += nodes.rows;
    for (const EdgeRecords& edges : records_.edges) rows_ += edges.records;
    precise_ = rows_ <= kMaxTouchedIds;
  }

  // Row ids, ends, and twice the keys and positions of the sort.
  static constexpr std::uint64_t kBytesAnEdge = 3 * sizeof(RowId) + 2 * (8 + 4);

  Result<std::pair<Change, ReadSet>> run(const ReserveRows& reserve) {
    MemoryReservation memory(input_.store.runtime().budget);
    std::uint64_t edges_read = 0;
    for (const EdgeRecords& edges : records_.edges) edges_read += edges.records;
    OG_RETURN_IF_ERROR(memory.take(edges_read * kBytesAnEdge));
    change_.tables.reserve(records_.nodes.size() + records_.edges.size());
    for (const NodeRecords& nodes : records_.nodes) OG_RETURN_IF_ERROR(place_nodes(nodes));
    OG_RETURN_IF_ERROR(resolve_ends());
    for (const EdgeRecords& edges : records_.edges) OG_RETURN_IF_ERROR(place_edges(edges));
    OG_RETURN_IF_ERROR(validate_all());
    note_reads();
    std::size_t bytes = 0;
    for (const PreparedTable& table : change_.tables) bytes += table.rows[0].memory();
    if (rows_ > kMaxInlineLoadRows || bytes > kMaxInlineLoadBytes) {
      if (reserve) OG_RETURN_IF_ERROR(take_block(reserve));
      OG_FAULT_POINT("load.before_segments");
      OG_RETURN_IF_ERROR(write_segments());
      OG_FAULT_POINT("load.after_segments");
    }
    return std::pair(std::move(change_), std::move(reads_));
  }

 private:
  bool overwrites() const { return input_.mode == LoadMode::kOverwrite; }

  RowId next_row(TypeId table) const {
    const auto found = state_.next_row.find(table);
    return found == state_.next_row.end() ? 0 : found->second;
  }

  // Gives each id its live row id, or kNoRow; refuses live ones in append.
  Status find_live(const EntityType& type, bool edge,
                   const std::function<std::string_view(std::uint32_t)>& id, std::uint32_t rows,
                   std::vector<RowId>& rids) {
    const TableVersion& version = *base_.table(type.id);
    if (version.live_rows() == 0) return {};
    for (std::uint32_t row = 0; row < rows; ++row) {
      const std::string_view text = id(row);
      if (text.empty() && edge) continue;
      OG_ASSIGN_OR_RETURN(const auto where, version.find_id(text));
      if (!where) continue;
      if (input_.mode == LoadMode::kAppend) return key_conflict(edge, type.name, std::string(text));
      OG_ASSIGN_OR_RETURN(rids[row], version.rid(*where));
    }
    return {};
  }

  // Numbers the rows that are new and lists those that replace.
  Status number(PreparedTable& table, std::vector<RowId>& rids) {
    const RowId first = next_row(table.table);
    for (RowId& rid : rids) {
      if (rid != kNoRow) {
        if (!overwrites()) table.deleted.push_back(rid);
        continue;
      }
      if (table.new_rows == kMaxRowId - first) {
        return resource_limit("row_ids_per_type", kMaxRowId, std::uint64_t{first} + rids.size());
      }
      rid = first + table.new_rows++;
    }
    std::sort(table.deleted.begin(), table.deleted.end());
    change_.first_new[table.table] = first;
    table.clear = overwrites();
    return {};
  }

  Status place_nodes(const NodeRecords& nodes) {
    const EntityType& type = *nodes.type->type;
    PreparedTable& table = change_.tables.emplace_back();
    table.table = type.id;
    RowBatch& batch = table.rows.emplace_back();
    batch.table = type.id;
    batch.rows = nodes.rows;
    batch.ids = nodes.ids;
    batch.rids.assign(nodes.rows, kNoRow);
    if (!nodes.ids.is_run()) {
      const Column& texts = *nodes.ids.text();
      OG_RETURN_IF_ERROR(find_live(
          type, false, [&](std::uint32_t row) { return texts.text(row); }, nodes.rows, batch.rids));
    }
    OG_RETURN_IF_ERROR(number(table, batch.rids));
    for (std::size_t i = 0; i < nodes.columns.size(); ++i) {
      if (nodes.columns[i]) batch.columns.emplace_back(type.properties[i].id, nodes.columns[i]);
    }
    placed_[type.id] = {&nodes, change_.tables.size() - 1};
    return {};
  }

  // The row id of a node by its id in the final image, or kNoRow.
  Result<RowId> find_node(TypeId table, std::string_view id) {
    if (const auto remap = records_.remaps.find(table); remap != records_.remaps.end()) {
      if (const auto other = remap->second.find(id); other != remap->second.end()) {
        id = other->second;
      }
    }
    if (const auto placed = placed_.find(table); placed != placed_.end()) {
      const std::uint32_t row = placed->second.first->index.find(id);
      if (row != TextIndex::kNone) {
        return change_.tables[placed->second.second].rows[0].rids[row];
      }
      if (overwrites()) return kNoRow;
    }
    const TableVersionPtr& version = base_.table(table);
    if (version->live_rows() == 0) return kNoRow;
    OG_ASSIGN_OR_RETURN(const auto where, version->find_id(id));
    if (!where) return kNoRow;
    return version->rid(*where);
  }

  // Interned ends of every worker to row ids.
  Status resolve_ends() {
    struct Task {
      std::size_t worker, ends;
      Status status = {};
      bool unresolved = false;
    };
    std::vector<Task> tasks;
    for (std::size_t w = 0; w < records_.ends.size(); ++w) {
      for (std::size_t e = 0; e < records_.ends[w].size(); ++e) {
        if (records_.ends[w][e].size() == 0) continue;
        tasks.push_back({.worker = w, .ends = e});
        resolved_[key_of(w, e)].resize(records_.ends[w][e].size());
      }
    }
    input_.store.runtime().executor->parallel_for(tasks.size(), [&](std::size_t i) {
      Task& task = tasks[i];
      const Interner& texts = records_.ends[task.worker][task.ends];
      std::vector<RowId>& rids = resolved_.at(key_of(task.worker, task.ends));
      for (std::uint32_t number = 0; number < texts.size(); ++number) {
        auto rid = find_node(input_.plan.end_tables()[task.ends], texts.text(number));
        if (!rid.ok()) {
          task.status = std::move(rid).error();
          return;
        }
        rids[number] = *rid;
        task.unresolved = task.unresolved || *rid == kNoRow;
      }
    });
    for (Task& task : tasks) {
      if (!task.status.ok()) return std::move(task.status);
      unresolved_ = unresolved_ || task.unresolved;
    }
    return {};
  }

  // Row ids of the ends of all edges, in input order.
  void fill_ends(const EdgeRecords& edges, std::vector<RowId>& src, std::vector<RowId>& dst) {
    std::vector<std::size_t> starts;
    std::size_t total = 0;
    for (const EdgePiece& piece : edges.pieces) {
      starts.push_back(total);
      total += piece.from.size();
    }
    src.resize(total);
    dst.resize(total);
    input_.store.runtime().executor->parallel_for(edges.pieces.size(), [&](std::size_t p) {
      const EdgePiece& piece = edges.pieces[p];
      if (piece.from.empty()) return;
      const RowId* from = resolved_.at(key_of(piece.worker, edges.type->from_ends)).data();
      const RowId* to = resolved_.at(key_of(piece.worker, edges.type->to_ends)).data();
      RowId* const src_out = src.data() + starts[p];
      RowId* const dst_out = dst.data() + starts[p];
      for (std::size_t i = 0; i < piece.from.size(); ++i) {
        src_out[i] = from[piece.from[i]];
        dst_out[i] = to[piece.to[i]];
      }
    });
  }

  void find_missing(const EdgeRecords& edges, TableDelta& delta) const {
    if (!unresolved_) return;
    for (const EdgePiece& piece : edges.pieces) {
      for (std::size_t i = 0; i < piece.from.size(); ++i) {
        for (const bool source : {true, false}) {
          const std::size_t ends = source ? edges.type->from_ends : edges.type->to_ends;
          const std::uint32_t number = source ? piece.from[i] : piece.to[i];
          if (resolved_.at(key_of(piece.worker, ends))[number] != kNoRow) continue;
          delta.missing.push_back(
              {source, std::string(records_.ends[piece.worker][ends].text(number)), {}});
          if (delta.missing.size() == kMissingNamed) return;
        }
      }
    }
  }

  Status place_edges(const EdgeRecords& edges) {
    const EntityType& type = *edges.type->type;
    PreparedTable& table = change_.tables.emplace_back();
    table.table = type.id;
    RowBatch& batch = table.rows.emplace_back();
    batch.table = type.id;
    batch.is_edge = true;
    std::vector<RowId> src, dst;
    fill_ends(edges, src, dst);
    const bool plain = edges.ids == nullptr &&
                       std::all_of(edges.columns.begin(), edges.columns.end(),
                                   [](const ColumnPtr& column) { return column == nullptr; });
    const auto whole = static_cast<std::uint32_t>(src.size());
    const Ulid base = input_.ulids.next_run(whole);
    if (plain) {
      sort_edges(src, dst, nullptr);
      batch.rows = whole;
      batch.src = std::move(src);
      batch.dst = std::move(dst);
      batch.ids = IdColumn::of_run(base, whole);
      batch.rids.assign(whole, kNoRow);
      return number(table, batch.rids);
    }

    std::vector<std::uint32_t> rows;
    if (!edges.superseded.empty()) {
      OG_RETURN_IF_ERROR(set_superseded(edges, src, dst));
      drop_rows(edges.superseded, src, dst, rows);
    }
    std::vector<std::uint32_t> order;
    sort_edges(src, dst, &order);
    if (!rows.empty()) {
      for (std::uint32_t& row : order) row = rows[row];
    }
    if (edges.ids != nullptr) order_ties(src, dst, *edges.ids, base, order);
    batch.rows = static_cast<std::uint32_t>(src.size());
    batch.src = std::move(src);
    batch.dst = std::move(dst);
    batch.rids.assign(batch.rows, kNoRow);
    fill_columns(edges, order, batch);
    if (edges.ids == nullptr) {
      batch.ids = IdColumn::of_run(base, batch.rows);
    } else {
      const ColumnPtr ids = gather(*edges.ids, order);
      OG_RETURN_IF_ERROR(find_live(
          type, true,
          [&](std::uint32_t row) {
            return ids->is_null(row) ? std::string_view() : ids->text(row);
          },
          batch.rows, batch.rids));
      batch.ids = ids->null_count == 0 ? IdColumn::of_text(ids) : IdColumn::mixed(base, ids);
    }
    return number(table, batch.rids);
  }

  static void fill_columns(const EdgeRecords& edges, const std::vector<std::uint32_t>& order,
                           RowBatch& batch) {
    for (std::size_t i = 0; i < edges.columns.size(); ++i) {
      if (edges.columns[i] == nullptr) continue;
      batch.columns.emplace_back(edges.type->type->properties[i].id,
                                 gather(*edges.columns[i], order));
    }
  }

  // Leaves out rows; `kept` are the others.
  static void drop_rows(const std::vector<std::uint32_t>& dropped, std::vector<RowId>& src,
                        std::vector<RowId>& dst, std::vector<std::uint32_t>& kept) {
    std::size_t next = 0;
    for (std::uint32_t row = 0; row < src.size(); ++row) {
      if (next < dropped.size() && dropped[next] == row) {
        ++next;
        continue;
      }
      src[kept.size()] = src[row];
      dst[kept.size()] = dst[row];
      kept.push_back(row);
    }
    src.resize(kept.size());
    dst.resize(kept.size());
  }

  Status set_superseded(const EdgeRecords& edges, const std::vector<RowId>& src,
                        const std::vector<RowId>& dst) {
    RowBatch& old = superseded_[edges.type->type->id];
    old.table = edges.type->type->id;
    old.is_edge = true;
    old.rows = static_cast<std::uint32_t>(edges.superseded.size());
    for (const std::uint32_t row : edges.superseded) {
      old.src.push_back(src[row]);
      old.dst.push_back(dst[row]);
    }
    fill_columns(edges, edges.superseded, old);
    old.ids = IdColumn::of_text(gather(*edges.ids, edges.superseded));
    return {};
  }

  Status validate_all() {
    Delta delta;
    for (const PreparedTable& table : change_.tables) {
      TableDelta& one = delta.tables.emplace_back();
      one.table = table.table;
      one.clear = table.clear;
      one.deleted = table.deleted;
      one.rows.push_back(&table.rows[0]);
      one.superseded_are_records = true;
      if (const auto old = superseded_.find(table.table); old != superseded_.end()) {
        one.superseded.push_back(&old->second);
      }
    }
    for (const NodeRecords& nodes : records_.nodes) {
      TableDelta& one = table_delta(delta, nodes.type->type->id);
      one.found_before = nodes.twice;
      if (nodes.superseded.rows > 0) one.superseded.push_back(&nodes.superseded);
    }
    for (const EdgeRecords& edges : records_.edges) {
      find_missing(edges, table_delta(delta, edges.type->type->id));
    }
    return check(base_, delta, rules_, precise_ ? &reads_ : nullptr);
  }

  static TableDelta& table_delta(Delta& delta, TypeId table) {
    return *std::find_if(delta.tables.begin(), delta.tables.end(),
                         [table](const TableDelta& one) { return one.table == table; });
  }

  // What the verdict rests on: ids one by one while they are few, else whole tables.
  void note_reads() {
    for (PreparedTable& table : change_.tables) {
      const TableRules& rules = rules_.of(table.table);
      const RowBatch& batch = table.rows[0];
      if (!precise_ && lists_ids(rules)) {
        note_listed(rules);
      } else if (!precise_ || table.clear) {
        reads_.tables.insert(table.table);
        if (rules.edge != nullptr) {
          reads_.tables.insert({rules.edge->from_id, rules.edge->to_id});
        } else if (table.clear) {
          reads_.tables.insert(rules.edges_from.begin(), rules.edges_from.end());
          reads_.tables.insert(rules.edges_to.begin(), rules.edges_to.end());
        }
      }
      if (!precise_) {
        table.touched.whole = true;
        continue;
      }
      auto& ids = reads_.ids[table.table];
      for (std::uint32_t row = 0; row < batch.rows; ++row) {
        std::string id = batch.ids.str(row);
        table.touched.ids.push_back(id);
        ids.insert(std::move(id));
      }
      if (const auto tuples = reads_.tuples.find(table.table); tuples != reads_.tuples.end()) {
        table.touched.tuples.assign(tuples->second.begin(), tuples->second.end());
      }
      if (rules.edge == nullptr) continue;
      note_ends(batch.src, next_row(rules.edge->from_id), table.touched);
      note_ends(batch.dst, next_row(rules.edge->to_id), table.touched);
      // A moved edge leaves its former ends.
      if (!table.deleted.empty()) table.touched.whole = true;
    }
    if (!precise_) {
      reads_.id_was_read = [plan = &input_.plan, records = &records_](TypeId type,
                                                                      std::string_view id) {
        return names(*plan, *records, type, id);
      };
      return;
    }
    for (const auto& worker : records_.ends) {
      for (std::size_t e = 0; e < worker.size(); ++e) {
        auto& ids = reads_.ids[input_.plan.end_tables()[e]];
        for (std::uint32_t number = 0; number < worker[e].size(); ++number) {
          ids.emplace(worker[e].text(number));
        }
      }
    }
  }

  // Whether what a large load reads of a type is no more than ids: those of its nodes and ends.
  bool lists_ids(const TableRules& rules) const {
    if (overwrites() || !rules.uniques.empty()) return false;
    if (rules.edge == nullptr) return true;
    if (rules.edge->card_min > 0 || rules.edge->card_max) return false;
    return std::none_of(records_.edges.begin(), records_.edges.end(),
                        [&](const EdgeRecords& edges) {
                          return edges.type->type == rules.type && edges.ids != nullptr;
                        });
  }

  void note_listed(const TableRules& rules) {
    if (rules.edge == nullptr) {
      reads_.ids[rules.type->id];
    } else {
      reads_.ids[rules.edge->from_id];
      reads_.ids[rules.edge->to_id];
    }
  }

  // Whether the input has a node of this id, or an edge that ends at it.
  static bool names(const LoadPlan& plan, const LoadRecords& records, TypeId type,
                    std::string_view id) {
    for (const NodeRecords& nodes : records.nodes) {
      if (nodes.type->type->id == type && nodes.index.find(id) != TextIndex::kNone) return true;
    }
    for (const auto& worker : records.ends) {
      for (std::size_t e = 0; e < worker.size(); ++e) {
        if (plan.end_tables()[e] == type && worker[e].find(id) != Interner::kNone) return true;
      }
    }
    return false;
  }

  static void note_ends(const std::vector<RowId>& ends, RowId first_new, TouchedTable& touched) {
    for (const RowId end : ends) {
      if (end < first_new) touched.edge_ends.push_back(end);
    }
  }

  // Moves the new rows to numbers that nobody else gets.
  Status take_block(const ReserveRows& reserve) {
    std::vector<std::pair<TypeId, std::uint32_t>> blocks;
    for (const PreparedTable& table : change_.tables) {
      blocks.emplace_back(table.table, table.new_rows);
    }
    OG_ASSIGN_OR_RETURN(const std::vector<RowId> firsts, reserve(blocks));
    std::map<TypeId, std::pair<RowId, RowId>> moves;  // first new row: as placed, as reserved
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      RowId& first = change_.first_new[blocks[i].first];
      moves[blocks[i].first] = {first, firsts[i]};
      first = firsts[i];
      change_.reserved.insert(blocks[i].first);
    }
    const auto move = [&](std::vector<RowId>& rows, TypeId table) {
      const auto found = moves.find(table);
      if (found == moves.end() || found->second.first == found->second.second) return;
      const auto [from, to] = found->second;
      for (RowId& row : rows) {
        if (row >= from && row != kNoRow) row += to - from;
      }
    };
    for (PreparedTable& table : change_.tables) {
      RowBatch& batch = table.rows[0];
      move(batch.rids, table.table);
      const EdgeType* edge = rules_.of(table.table).edge;
      if (edge == nullptr) continue;
      move(batch.src, edge->from_id);
      move(batch.dst, edge->to_id);
    }
    return {};
  }

  Status write_segments() {
    const Catalog& catalog = rules_.catalog();
    for (PreparedTable& table : change_.tables) {
      if (table.rows[0].rows > 0) {
        OG_ASSIGN_OR_RETURN(
            SegmentRef segment,
            input_.store.write_segment(table.rows[0], segment_options(catalog, table.table)));
        table.segments.push_back(std::move(segment));
      }
      table.rows.clear();
    }
    return {};
  }

  const PlacementInput& input_;
  const LoadRecords& records_;
  const Snapshot& base_;
  const GraphState& state_;
  const Rules& rules_;
  std::uint64_t rows_ = 0;
  bool precise_ = false;
  Change change_;
  ReadSet reads_;
  std::map<TypeId, std::pair<const NodeRecords*, std::size_t>> placed_;  // position in the change
  std::map<std::uint64_t, std::vector<RowId>> resolved_;                 // by key_of
  bool unresolved_ = false;  // some text among the ends names no node
  std::map<TypeId, RowBatch> superseded_;
};

}  // namespace

Result<std::pair<Change, ReadSet>> place_load(const PlacementInput& input, const Snapshot& base,
                                              const GraphState& state, const Rules& rules,
                                              const ReserveRows& reserve) {
  if (input.records.spilled) return place_spilled(input, base, state, rules, reserve);
  return Placement(input, base, state, rules).run(reserve);
}

}  // namespace omnigraph
