#include "write/load/spilled_placement.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_set>

#include "common/excerpt.h"
#include "common/fault_point.h"
#include "storage/segment_files.h"
#include "storage/table_version.h"
#include "write/identity.h"
#include "write/limits.h"
#include "write/load/edge_order.h"
#include "write/validation.h"

namespace omnigraph {
namespace {

constexpr std::size_t kLookupsATask = 16384;  // ends that one task resolves

// What one table comes to.
struct Placed {
  const SpilledRecords::Type* records = nullptr;
  PreparedTable change;
  std::vector<SegmentPtr> segments;  // as change.segments
  std::vector<RowId> replaced;       // live rows that keep their number, ascending
  std::vector<RowBatch> superseded;  // where @unique asks for them
};

class SpilledPlacement {
 public:
  SpilledPlacement(const PlacementInput& input, const Snapshot& base, const GraphState& state,
                   const Rules& rules, const ReserveRows& reserve)
      : input_(input),
        records_(*input.records.spilled),
        base_(base),
        state_(state),
        rules_(rules),
        reserve_(reserve),
        range_bytes_(std::max<std::uint64_t>(input.store.runtime().budget->limit() / 16,
                                             std::uint64_t{64} << 10)) {}

  Result<std::pair<Change, ReadSet>> run() {
    Result<std::pair<Change, ReadSet>> placed = place();
    if (!placed.ok()) {
      for (const Placed& table : tables_) {
        for (const SegmentRef& ref : table.change.segments) {
          // Nobody has heard of them.
          (void)input_.store.objects()->remove(segment_data_name(ref.table, ref.id));
          (void)input_.store.objects()->remove(segment_index_name(ref.id));
        }
      }
    }
    return placed;
  }

 private:
  bool overwrites() const { return input_.mode == LoadMode::kOverwrite; }
  const Catalog& catalog() const { return rules_.catalog(); }

  Result<std::pair<Change, ReadSet>> place() {
    if (std::optional<Error> violation = records_.violation()) return std::move(*violation);
    OG_FAULT_POINT("load.before_segments");
    tables_.reserve(records_.types().size());
    for (const SpilledRecords::Type& type : records_.types()) {
      if (type.type->node == nullptr) continue;
      Placed& table = add_table(type);
      OG_RETURN_IF_ERROR(place_nodes(table));
      OG_RETURN_IF_ERROR(check_unique_groups(table));
    }
    OG_RETURN_IF_ERROR(note_nodes());
    for (const EdgeType& edge : catalog().edges()) {
      Placed* table = nullptr;
      for (const SpilledRecords::Type& type : records_.types()) {
        if (type.type->edge == &edge) table = &add_table(type);
      }
      if (table != nullptr) {
        OG_RETURN_IF_ERROR(place_edges(*table));
        OG_RETURN_IF_ERROR(check_unique_groups(*table));
      }
      OG_RETURN_IF_ERROR(check_orphans(edge, table));
      if (table != nullptr) OG_RETURN_IF_ERROR(check_cardinality(edge, *table));
    }
    OG_FAULT_POINT("load.after_segments");
    ReadSet reads = what_was_read();
    Change change;
    change.reserved = reserved_;
    for (Placed& table : tables_) {
      const auto first = first_new_.find(table.change.table);
      change.first_new[table.change.table] =
          first != first_new_.end() ? first->second : next_row(table.change.table);
      change.tables.push_back(std::move(table.change));
    }
    return std::pair(std::move(change), std::move(reads));
  }

  Placed& add_table(const SpilledRecords::Type& type) {
    Placed& table = tables_.emplace_back();
    table.records = &type;
    table.change.table = type.type->type->id;
    table.change.clear = overwrites();
    table.change.touched.whole = true;
    return table;
  }

  RowId next_row(TypeId table) const {
    const auto found = state_.next_row.find(table);
    return found == state_.next_row.end() ? 0 : found->second;
  }

  // The live row of an id, or kNoRow; refuses it in append.
  Result<RowId> find_live(const EntityType& type, bool edge, std::string_view id) const {
    const TableVersion& version = *base_.table(type.id);
    if (version.live_rows() == 0) return kNoRow;
    OG_ASSIGN_OR_RETURN(const auto where, version.find_id(id));
    if (!where) return kNoRow;
    if (input_.mode == LoadMode::kAppend) return key_conflict(edge, type.name, std::string(id));
    return version.rid(*where);
  }

  // Numbers the rows of a batch that are new, and lists those that replace.
  Status number(Placed& table, std::vector<RowId>& rids) {
    std::uint32_t fresh = 0;
    for (const RowId rid : rids) {
      if (rid == kNoRow) {
        ++fresh;
      } else {
        table.replaced.push_back(rid);
      }
    }
    RowId& next =
        numbers_.try_emplace(table.change.table, next_row(table.change.table)).first->second;
    if (reserve_) reserved_.insert(table.change.table);
    if (reserve_ && fresh > 0) {
      const std::pair<TypeId, std::uint32_t> block{table.change.table, fresh};
      OG_ASSIGN_OR_RETURN(const std::vector<RowId> firsts, reserve_({&block, 1}));
      next = firsts[0];
    } else if (fresh > kMaxRowId - next) {
      return resource_limit("row_ids_per_type", kMaxRowId, std::uint64_t{next} + fresh);
    }
    first_new_.try_emplace(table.change.table, next);
    for (RowId& rid : rids) {
      if (rid == kNoRow) rid = next++;
    }
    table.change.new_rows += fresh;
    return {};
  }

  Status add_segment(Placed& table, const RowBatch& batch) {
    if (batch.rows == 0) return {};
    OG_ASSIGN_OR_RETURN(SegmentRef ref, input_.store.write_segment(
                                            batch, segment_options(catalog(), table.change.table)));
    table.change.segments.push_back(ref);
    OG_ASSIGN_OR_RETURN(SegmentPtr segment, input_.store.segment(ref));
    table.segments.push_back(std::move(segment));
    return {};
  }

  void finish(Placed& table) {
    std::sort(table.replaced.begin(), table.replaced.end());
    if (!overwrites()) table.change.deleted = table.replaced;
  }

  Status place_nodes(Placed& table) {
    const LoadType& type = *table.records->type;
    const TableRules& rules = rules_.of(type.type->id);
    const std::vector<SortedRun>& runs = table.records->runs;
    const std::vector<std::string> lows = cut_ranges(runs, range_bytes_);
    for (std::size_t i = 0; i < lows.size(); ++i) {
      OG_ASSIGN_OR_RETURN(
          std::vector<RowSlice> slices,
          records_.read_range(type, SortKey::kId, runs, lows[i],
                              i + 1 < lows.size() ? std::optional(lows[i + 1]) : std::nullopt));
      if (slices.empty()) continue;
      std::vector<PieceRows> pieces(slices.size());
      std::vector<PieceRows*> pointers;
      for (std::size_t k = 0; k < slices.size(); ++k) {
        pieces[k].rows = slices[k].rows;
        pieces[k].columns = std::move(slices[k].columns);
        pieces[k].ids = std::move(slices[k].ids);
        pointers.push_back(&pieces[k]);
      }
      OG_ASSIGN_OR_RETURN(NodeRecords nodes,
                          gather_nodes(type, rules, input_.mode, pointers, input_.ulids));
      if (!nodes.twice.empty()) return bad_request(std::move(nodes.twice[0].message));
      if (nodes.superseded.rows > 0 && !rules.uniques.empty()) {
        table.superseded.push_back(std::move(nodes.superseded));
      }
      RowBatch batch;
      batch.table = type.type->id;
      batch.rows = nodes.rows;
      batch.ids = nodes.ids;
      batch.rids.resize(nodes.rows);
      for (std::uint32_t row = 0; row < nodes.rows; ++row) {
        OG_ASSIGN_OR_RETURN(batch.rids[row],
                            find_live(*type.type, false, nodes.ids.text()->text(row)));
      }
      OG_RETURN_IF_ERROR(number(table, batch.rids));
      for (std::size_t k = 0; k < nodes.columns.size(); ++k) {
        if (nodes.columns[k]) {
          batch.columns.emplace_back(type.type->properties[k].id, nodes.columns[k]);
        }
      }
      OG_RETURN_IF_ERROR(add_segment(table, batch));
    }
    finish(table);
    return {};
  }

  // The node tables as they will be.
  Status note_nodes() {
    TableMap tables = base_.tables();
    for (const Placed& table : tables_) {
      OG_ASSIGN_OR_RETURN(tables[table.change.table],
                          base_.table(table.change.table)
                              ->apply(table.change.clear, table.change.deleted, table.segments));
    }
    after_nodes_ = std::make_unique<Snapshot>(base_.catalog_ptr(), std::move(tables), base_.head(),
                                              base_.branch());
    return {};
  }

  // The row of a node in the final image, or kNoRow.
  Result<RowId> find_node(TypeId type, std::string_view id) const {
    if (const auto remap = input_.records.remaps.find(type); remap != input_.records.remaps.end()) {
      if (const auto other = remap->second.find(id); other != remap->second.end()) {
        id = other->second;
      }
    }
    const TableVersion& version = *after_nodes_->table(type);
    if (version.live_rows() == 0) return kNoRow;
    OG_ASSIGN_OR_RETURN(const auto where, version.find_id(id));
    if (!where) return kNoRow;
    return version.rid(*where);
  }

  // Texts of ends, and the row that each names, or kNoRow.
  struct Ends {
    ColumnPtr texts;
    std::vector<RowId> rids;
  };
  // Row ids of the texts that a worker interned in a round, in ascending order of the texts, so
  // that neighbours are found on the same pages.
  Result<Ends> resolve(std::size_t round, std::size_t worker, std::size_t ends) const {
    OG_ASSIGN_OR_RETURN(const std::vector<ColumnPtr> blocks, records_.texts(round, worker, ends));
    if (blocks.empty()) return Ends{};
    ColumnPtr texts = blocks.size() == 1 ? blocks[0] : concatenate(blocks);
    std::vector<std::uint32_t> order = text_order(*texts);
    if (order.empty()) {
      order.resize(texts->rows);
      std::iota(order.begin(), order.end(), 0u);
    }
    std::vector<RowId> rids(texts->rows);
    const TypeId type = input_.plan.end_tables()[ends];
    const std::size_t tasks = (order.size() + kLookupsATask - 1) / kLookupsATask;
    std::vector<Status> outcomes(tasks);
    input_.store.runtime().executor->parallel_for(tasks, [&](std::size_t task) {
      const std::size_t end = std::min(order.size(), (task + 1) * kLookupsATask);
      for (std::size_t i = task * kLookupsATask; i < end; ++i) {
        Result<RowId> rid = find_node(type, texts->text(order[i]));
        if (!rid.ok()) {
          outcomes[task] = std::move(rid).error();
          return;
        }
        rids[order[i]] = *rid;
      }
    });
    for (Status& outcome : outcomes) OG_RETURN_IF_ERROR(std::move(outcome));
    return Ends{std::move(texts), std::move(rids)};
  }

  // Positions (among the edges of the type) whose id comes again later in the input.
  Result<std::vector<RowId>> superseded_edges(const SpilledRecords::Type& records) const {
    std::vector<RowId> out;
    const LoadType& type = *records.type;
    const std::vector<std::string> lows = cut_ranges(records.id_runs, range_bytes_);
    for (std::size_t i = 0; i < lows.size(); ++i) {
      OG_ASSIGN_OR_RETURN(
          const std::vector<RowSlice> slices,
          records_.read_range(type, SortKey::kId, records.id_runs, lows[i],
                              i + 1 < lows.size() ? std::optional(lows[i + 1]) : std::nullopt));
      std::vector<std::pair<std::string_view, RowId>> ids;
      for (const RowSlice& slice : slices) {
        for (std::uint32_t row = 0; row < slice.rows; ++row) {
          ids.emplace_back(slice.ids->text(row), slice.src[row]);
        }
      }
      std::sort(ids.begin(), ids.end());
      for (std::size_t k = 0; k + 1 < ids.size(); ++k) {
        if (ids[k].first != ids[k + 1].first) continue;
        if (input_.mode != LoadMode::kMerge) {
          return key_conflict(true, type.type->name, std::string(ids[k].first));
        }
        out.push_back(ids[k].second);
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  Status place_edges(Placed& table) {
    const SpilledRecords::Type& records = *table.records;
    OG_ASSIGN_OR_RETURN(const std::vector<RowId> superseded, superseded_edges(records));
    std::vector<SortedRun> runs;
    std::uint64_t position = 0;
    for (std::size_t round = 0; round < records.rounds.size(); ++round) {
      OG_RETURN_IF_ERROR(resolve_round(table, round, superseded, position, runs));
    }
    const std::vector<std::string> lows = cut_ranges(runs, range_bytes_);
    for (std::size_t i = 0; i < lows.size(); ++i) {
      OG_ASSIGN_OR_RETURN(
          std::vector<RowSlice> slices,
          records_.read_range(*records.type, SortKey::kEnds, runs, lows[i],
                              i + 1 < lows.size() ? std::optional(lows[i + 1]) : std::nullopt));
      OG_RETURN_IF_ERROR(write_edges(table, std::move(slices)));
    }
    finish(table);
    return {};
  }

  // Numbers of texts to row ids, in place.
  static Status replace_ends(const EdgeType& edge, bool source, const Ends& known,
                             std::vector<RowId>& numbers) {
    for (RowId& number : numbers) {
      if (known.rids[number] == kNoRow) {
        return bad_request((source ? "src '" : "dst '") + excerpt(known.texts->text(number)) +
                           "' not found in " + (source ? edge.from : edge.to));
      }
      number = known.rids[number];
    }
    return {};
  }

  // One round's edges with row ids for ends, sorted, as a new run.
  Status resolve_round(Placed& table, std::size_t round, const std::vector<RowId>& superseded,
                       std::uint64_t& position, std::vector<SortedRun>& runs) {
    const SpilledRecords::Type& records = *table.records;
    const LoadType& type = *records.type;
    std::map<std::size_t, std::pair<Ends, Ends>> ends;  // by worker: sources, targets
    std::vector<RowSlice> parts;
    for (const SpilledRecords::EdgeBlock& block : records.rounds[round]) {
      const auto [known, fresh] = ends.try_emplace(block.worker);
      if (fresh) {
        OG_ASSIGN_OR_RETURN(known->second.first, resolve(round, block.worker, type.from_ends));
        if (type.from_ends == type.to_ends) {
          known->second.second = known->second.first;
        } else {
          OG_ASSIGN_OR_RETURN(known->second.second, resolve(round, block.worker, type.to_ends));
        }
      }
      OG_ASSIGN_OR_RETURN(RowSlice rows, records_.read(type, block.at));
      OG_RETURN_IF_ERROR(replace_ends(*type.edge, true, known->second.first, rows.src));
      OG_RETURN_IF_ERROR(replace_ends(*type.edge, false, known->second.second, rows.dst));
      parts.push_back(std::move(rows));
    }
    RowSlice all = joined(type, parts);
    parts.clear();
    std::vector<std::uint32_t> kept;
    auto next = std::lower_bound(superseded.begin(), superseded.end(), position);
    if (next != superseded.end() && *next < position + all.rows) {
      std::vector<std::uint32_t> dropped;
      for (std::uint32_t row = 0; row < all.rows; ++row) {
        if (next != superseded.end() && *next == position + row) {
          dropped.push_back(row);
          ++next;
        } else {
          kept.push_back(row);
        }
      }
      if (!rules_.of(type.type->id).uniques.empty()) {
        table.superseded.push_back(batch_of(type, picked(all, dropped)));
      }
    }
    position += all.rows;
    if (!kept.empty()) all = picked(all, kept);
    std::vector<std::uint32_t> order;
    sort_edges(all.src, all.dst, &order);
    for (ColumnPtr& column : all.columns) {
      if (column) column = gather(*column, order);
    }
    if (all.ids) all.ids = gather(*all.ids, order);
    return records_.write_sorted(type, SortKey::kEnds, all, runs.emplace_back());
  }

  // Rows one slice after the other.
  static RowSlice joined(const LoadType& type, std::vector<RowSlice>& parts) {
    RowSlice out;
    for (const RowSlice& part : parts) out.rows += part.rows;
    const auto join = [&](const PropertyType& column_type, auto&& column) -> ColumnPtr {
      const bool any = std::any_of(parts.begin(), parts.end(),
                                   [&](RowSlice& part) { return column(part) != nullptr; });
      if (!any) return nullptr;
      std::vector<ColumnPtr> columns;
      for (RowSlice& part : parts) {
        ColumnPtr& own = column(part);
        columns.push_back(own ? std::move(own) : all_null_column(column_type, part.rows));
      }
      return columns.size() == 1 ? columns[0] : concatenate(columns);
    };
    out.ids = join(PropertyType{}, [](RowSlice& part) -> ColumnPtr& { return part.ids; });
    for (std::size_t i = 0; i < type.type->properties.size(); ++i) {
      out.columns.push_back(join(type.type->properties[i].type,
                                 [i](RowSlice& part) -> ColumnPtr& { return part.columns[i]; }));
    }
    out.src.reserve(out.rows);
    out.dst.reserve(out.rows);
    for (const RowSlice& part : parts) {
      out.src.insert(out.src.end(), part.src.begin(), part.src.end());
      out.dst.insert(out.dst.end(), part.dst.begin(), part.dst.end());
    }
    return out;
  }

  static RowSlice picked(const RowSlice& rows, const std::vector<std::uint32_t>& wanted) {
    RowSlice out;
    out.rows = static_cast<std::uint32_t>(wanted.size());
    for (const ColumnPtr& column : rows.columns) {
      out.columns.push_back(column ? gather(*column, wanted) : nullptr);
    }
    if (rows.ids) out.ids = gather(*rows.ids, wanted);
    for (const std::uint32_t row : wanted) {
      out.src.push_back(rows.src[row]);
      out.dst.push_back(rows.dst[row]);
    }
    return out;
  }

  static RowBatch batch_of(const LoadType& type, RowSlice rows) {
    RowBatch batch;
    batch.table = type.type->id;
    batch.is_edge = true;
    batch.rows = rows.rows;
    batch.src = std::move(rows.src);
    batch.dst = std::move(rows.dst);
    if (rows.ids) batch.ids = IdColumn::mixed(Ulid{}, rows.ids);
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      if (rows.columns[i]) {
        batch.columns.emplace_back(type.type->properties[i].id, std::move(rows.columns[i]));
      }
    }
    return batch;
  }

  // A range of edges of all runs, as a segment.
  Status write_edges(Placed& table, std::vector<RowSlice> slices) {
    if (slices.empty()) return {};
    const LoadType& type = *table.records->type;
    RowSlice rows = joined(type, slices);
    slices.clear();
    std::vector<std::uint32_t> order;
    sort_edges(rows.src, rows.dst, &order);
    const Ulid ids_from = input_.ulids.next_run(rows.rows);
    if (rows.ids) order_ties(rows.src, rows.dst, *rows.ids, ids_from, order);
    for (ColumnPtr& column : rows.columns) {
      if (column) column = gather(*column, order);
    }
    const ColumnPtr ids = rows.ids ? gather(*rows.ids, order) : nullptr;
    rows.ids = nullptr;
    RowBatch batch = batch_of(type, std::move(rows));
    batch.rids.assign(batch.rows, kNoRow);
    if (ids == nullptr) {
      batch.ids = IdColumn::of_run(ids_from, batch.rows);
    } else {
      for (std::uint32_t row = 0; row < batch.rows; ++row) {
        if (ids->is_null(row)) continue;
        OG_ASSIGN_OR_RETURN(batch.rids[row], find_live(*type.type, true, ids->text(row)));
      }
      batch.ids = ids->null_count == 0 ? IdColumn::of_text(ids) : IdColumn::mixed(ids_from, ids);
    }
    OG_RETURN_IF_ERROR(number(table, batch.rids));
    return add_segment(table, batch);
  }

  // ---- rules across rows ----

  Status verdict(validation::Run& run) const {
    if (run.found.empty()) return {};
    return refusal(rules_, std::move(run.found.front()));
  }

  TableDelta delta_of(const Placed& table) const {
    TableDelta delta;
    delta.table = table.change.table;
    delta.clear = table.change.clear;
    delta.deleted = table.change.deleted;
    delta.superseded_are_records = true;
    return delta;
  }

  std::uint64_t rows_of(const Placed& table) const {
    std::uint64_t rows = 0;
    for (const SegmentPtr& segment : table.segments) rows += segment->rows();
    return rows;
  }

  Status check_unique_groups(const Placed& table) {
    const TableRules& rules = rules_.of(table.change.table);
    for (const UniqueRule& rule : rules.uniques) {
      constexpr std::uint64_t kBytesARow = 96;  // an id, a short value, and the checker's entries
      const std::uint64_t passes = rows_of(table) * kBytesARow / (4 * range_bytes_) + 1;
      for (std::uint64_t pass = 0; pass < passes; ++pass) {
        OG_RETURN_IF_ERROR(check_unique_pass(table, rules, rule, pass, passes));
      }
    }
    return {};
  }

  // The rows whose tuples fall to this pass. Equal tuples fall to the same one.
  Status check_unique_pass(const Placed& table, const TableRules& rules, const UniqueRule& rule,
                           std::uint64_t pass, std::uint64_t passes) {
    TableDelta delta = delta_of(table);
    std::vector<RowBatch> thin;
    thin.reserve(table.segments.size());
    std::string tuple;
    for (const SegmentPtr& segment : table.segments) {
      std::vector<std::uint32_t> wanted;
      for (std::uint32_t row = 0; row < segment->rows(); ++row) {
        if (passes > 1) {
          tuple.clear();
          OG_ASSIGN_OR_RETURN(const bool counts,
                              append_tuple(tuple, *segment, row, rule.group, *rules.type));
          if (!counts || tuple_hash(tuple) % passes != pass) continue;
        }
        wanted.push_back(row);
      }
      OG_ASSIGN_OR_RETURN(thin.emplace_back(), thin_batch(*segment, wanted, rules, rule));
    }
    for (const RowBatch& batch : thin) delta.rows.push_back(&batch);
    for (const RowBatch& batch : table.superseded) delta.superseded.push_back(&batch);
    Delta all;
    // Ends are spelled by the nodes as they will be.
    const Snapshot& base = after_nodes_ && rules.edge != nullptr ? *after_nodes_ : base_;
    validation::Run run{base, all, rules_, Report::kFirst, nullptr};
    OG_RETURN_IF_ERROR(validation::check_unique(run, delta, rule));
    return verdict(run);
  }

  Result<RowBatch> thin_batch(const Segment& segment, const std::vector<std::uint32_t>& wanted,
                              const TableRules& rules, const UniqueRule& rule) const {
    RowBatch batch;
    batch.table = segment.table();
    batch.is_edge = segment.is_edge();
    batch.rows = static_cast<std::uint32_t>(wanted.size());
    OG_ASSIGN_OR_RETURN(const auto ids, segment.ids());
    ColumnBuilder texts{PropertyType{}};
    char scratch[26];
    for (const std::uint32_t row : wanted) texts.append_text(ids->get(row, scratch));
    batch.ids = IdColumn::of_text(texts.finish());
    for (const PropertyId property : rule.group) {
      if (property == kSrcColumn || property == kDstColumn) continue;
      const auto declared =
          std::find_if(rules.type->properties.begin(), rules.type->properties.end(),
                       [property](const Property& p) { return p.id == property; });
      OG_ASSIGN_OR_RETURN(const ColumnPtr column, segment.column(property, declared->type));
      batch.columns.emplace_back(property, gather(*column, wanted));
    }
    if (!batch.is_edge) return batch;
    OG_ASSIGN_OR_RETURN(const auto sources, segment.sources());
    OG_ASSIGN_OR_RETURN(const auto targets, segment.targets());
    for (const std::uint32_t row : wanted) {
      batch.src.push_back((*sources)[row]);
      batch.dst.push_back((*targets)[row]);
    }
    return batch;
  }

  // Committed edges whose node went.
  Status check_orphans(const EdgeType& edge, const Placed* own) {
    Delta delta;
    std::vector<RowBatch> kept;
    kept.reserve(tables_.size());
    for (const Placed& table : tables_) {
      const TypeId id = table.change.table;
      if (id != edge.from_id && id != edge.to_id) continue;
      RowBatch& rows = kept.emplace_back();
      rows.rids = table.replaced;
      TableDelta& one = delta.tables.emplace_back(delta_of(table));
      one.rows.push_back(&rows);
    }
    if (own != nullptr) delta.tables.push_back(delta_of(*own));
    validation::Run run{base_, delta, rules_, Report::kFirst, nullptr};
    OG_RETURN_IF_ERROR(validation::check_ends(run, edge.id));
    return verdict(run);
  }

  // Sources by ranges: all edges of one fall to the same pass.
  Status check_cardinality(const EdgeType& edge, const Placed& table) {
    if (edge.card_min == 0 && !edge.card_max) return {};
    std::vector<std::pair<RowId, RowId>> deleted;  // source, row
    const TableVersion& committed = *base_.table(edge.id);
    for (const RowId rid : table.change.deleted) {
      OG_ASSIGN_OR_RETURN(const auto where, committed.locate(rid));
      if (!where) continue;
      OG_ASSIGN_OR_RETURN(const RowId source,
                          committed.parts()[where->part].segment->src(where->row));
      deleted.emplace_back(source, rid);
    }
    constexpr std::uint64_t kBytesARow = 12;
    const std::uint64_t passes = rows_of(table) * kBytesARow / (4 * range_bytes_) + 1;
    const std::uint64_t sources = std::uint64_t{after_nodes_->table(edge.from_id)->rid_limit()};
    const std::uint64_t width = sources / passes + 1;
    for (std::uint64_t low = 0; low <= sources; low += width) {
      const auto within = [&](RowId source) { return source >= low && source < low + width; };
      TableDelta delta = delta_of(table);
      delta.deleted.clear();
      for (const auto& [source, rid] : deleted) {
        if (within(source)) delta.deleted.push_back(rid);
      }
      std::sort(delta.deleted.begin(), delta.deleted.end());
      RowBatch thin;
      for (const SegmentPtr& segment : table.segments) {
        OG_ASSIGN_OR_RETURN(const auto all, segment->sources());
        for (const RowId source : *all) {
          if (within(source)) thin.src.push_back(source);
        }
      }
      delta.rows.push_back(&thin);
      Delta none;
      validation::Run run{*after_nodes_, none, rules_, Report::kFirst, nullptr};
      OG_RETURN_IF_ERROR(validation::check_cardinality(run, delta));
      OG_RETURN_IF_ERROR(verdict(run));
    }
    return {};
  }

  // What the verdict rests on: ids where a type's rules ask for no more, else whole tables.
  ReadSet what_was_read() const {
    ReadSet reads;
    auto named = std::make_shared<Named>();
    for (const Placed& table : tables_) {
      const TableRules& rules = rules_.of(table.change.table);
      bool by_id = !overwrites() && rules.uniques.empty();
      if (rules.edge != nullptr) {
        const EdgeType& edge = *rules.edge;
        by_id = by_id && edge.card_min == 0 && !edge.card_max && table.records->id_runs.empty();
        for (const TypeId end : {edge.from_id, edge.to_id}) {
          if (by_id) reads.ids[end];
          if (!by_id) reads.tables.insert(end);
          named->versions.emplace(end, after_nodes_->table(end));
        }
        for (const SegmentPtr& segment : table.segments) named->edges.emplace_back(&edge, segment);
      } else if (overwrites()) {
        reads.tables.insert(rules.edges_from.begin(), rules.edges_from.end());
        reads.tables.insert(rules.edges_to.begin(), rules.edges_to.end());
      }
      if (!by_id) reads.tables.insert(table.change.table);
      if (by_id && rules.edge == nullptr) {
        reads.ids[table.change.table];
        for (const SegmentPtr& segment : table.segments) {
          named->nodes.emplace_back(table.change.table, segment);
        }
      }
    }
    named->catalog = base_.catalog_ptr();
    reads.id_was_read = [named](TypeId type, std::string_view id) {
      return named->includes(type, id);
    };
    return reads;
  }

  // Answers which ids a load named, from what it wrote.
  struct Named {
    CatalogPtr catalog;  // keeps the types
    std::vector<std::pair<TypeId, SegmentPtr>> nodes;
    std::vector<std::pair<const EdgeType*, SegmentPtr>> edges;
    std::map<TypeId, TableVersionPtr> versions;

    bool includes(TypeId type, std::string_view id) const {
      for (const auto& [table, segment] : nodes) {
        if (table != type) continue;
        const auto row = segment->find_id(id);
        if (!row.ok() || *row) return true;
      }
      const auto version = versions.find(type);
      if (version == versions.end()) return false;
      const auto where = version->second->find_id(id);
      if (!where.ok()) return true;
      if (!*where) return false;
      const auto rid = version->second->rid(**where);
      if (!rid.ok()) return true;
      for (const auto& [edge, segment] : edges) {
        for (const bool outgoing : {true, false}) {
          if ((outgoing ? edge->from_id : edge->to_id) != type) continue;
          const auto rows = segment->edges_of(*rid, outgoing);
          if (!rows.ok() || !rows->empty()) return true;
        }
      }
      return false;
    }
  };

  const PlacementInput& input_;
  const SpilledRecords& records_;
  const Snapshot& base_;
  const GraphState& state_;
  const Rules& rules_;
  const ReserveRows& reserve_;
  const std::uint64_t range_bytes_;  // of one range, as it lies on disk
  std::vector<Placed> tables_;
  std::map<TypeId, RowId> numbers_;    // the next new row
  std::map<TypeId, RowId> first_new_;  // the first one
  std::unordered_set<TypeId> reserved_;
  std::unique_ptr<Snapshot> after_nodes_;  // node tables as they will be, edge tables as they are
};

}  // namespace

Result<std::pair<Change, ReadSet>> place_spilled(const PlacementInput& input, const Snapshot& base,
                                                 const GraphState& state, const Rules& rules,
                                                 const ReserveRows& reserve) {
  return SpilledPlacement(input, base, state, rules, reserve).run();
}

}  // namespace omnigraph
