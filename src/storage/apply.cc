// From one state of the graph to the next: what each kind of log entry does.
#include <algorithm>
#include <map>
#include <span>
#include <unordered_map>

#include "schema/catalog_json.h"
#include "storage/envelope.h"
#include "storage/snapshot.h"

namespace omnigraph {
namespace {

class Applier {
 public:
  Applier(const GraphState& before, SegmentSource& source, const Floors* floors)
      : source_(source), floors_(floors), state_(std::make_shared<GraphState>(before)) {}

  // `record` must outlive the applier: its rows are taken over at the end.
  Status add(const Record& record, const std::optional<CommitId>& stop_after) {
    sequence_ = record.sequence;
    if (record.sequence != state_->sequence + 1) return wrong("its sequence is not the next");
    if (record.first_gsn != state_->gsn + 1) return wrong("its commits are not the next");
    state_->sequence = record.sequence;
    for (const Entry& entry : record.entries) {
      const auto* commit = std::get_if<CommitEntry>(&entry);
      // Other entries look at whole branches.
      if (commit == nullptr) OG_RETURN_IF_ERROR(settle());
      OG_RETURN_IF_ERROR(std::visit([&](const auto& e) { return apply(e); }, entry));
      if (commit != nullptr && stop_after && commit->header.id == *stop_after) break;
    }
    return {};
  }

  Result<GraphStatePtr> finish() {
    OG_RETURN_IF_ERROR(settle());
    return GraphStatePtr(std::move(state_));
  }

 private:
  // A branch that commits change. Nobody sees the states between them, so rows that only join a
  // table are gathered over all commits, and a snapshot is made once.
  struct Changing {
    std::shared_ptr<BranchState> branch;
    TableMap tables;
    CommitHeader head;
    std::map<TypeId, std::vector<NumberedBatch>> joining;
  };

  Error wrong(std::string_view why) const {
    return damaged("log record", std::to_string(sequence_), why);
  }

  Changing* changing(const std::string& name) {
    const auto known = changing_.find(name);
    if (known != changing_.end()) return &known->second;
    const BranchState* before = state_->branch(name);
    if (before == nullptr) return nullptr;
    Changing made;
    made.branch = std::make_shared<BranchState>(*before);
    made.tables = made.branch->snapshot->tables();
    made.head = made.branch->snapshot->head();
    return &changing_.emplace(name, std::move(made)).first->second;
  }

  // Brings every branch that is being changed up to its last commit.
  Status settle() {
    for (auto& [name, work] : changing_) {
      while (!work.joining.empty()) {
        OG_RETURN_IF_ERROR(join(work, work.joining.begin()->first));
      }
      work.branch->snapshot = std::make_shared<const Snapshot>(
          state_->catalog, std::move(work.tables), std::move(work.head), name);
      state_->put_branch(std::move(work.branch));
    }
    changing_.clear();
    return {};
  }

  // Adds the gathered rows of a table to it.
  Status join(Changing& work, TypeId table) {
    const auto found = work.joining.find(table);
    if (found == work.joining.end()) return {};
    const std::vector<NumberedBatch> batches = std::move(found->second);
    work.joining.erase(found);
    std::vector<SegmentPtr> added;
    std::optional<RowBatch> joined;
    if (batches.size() > 1) joined = join_batches(batches);
    if (joined) {
      OG_RETURN_IF_ERROR(add_inline(std::move(*joined), added));
    } else {
      for (const auto& [rows, gsn] : batches) {
        RowBatch batch = *rows;
        if (batch.gsns.empty()) batch.gsn = gsn;
        OG_RETURN_IF_ERROR(add_inline(std::move(batch), added));
      }
    }
    return replace_table(work, table, false, {}, added);
  }

  static Status add_inline(RowBatch batch, std::vector<SegmentPtr>& added) {
    OG_ASSIGN_OR_RETURN(SegmentPtr segment, make_memory_segment(std::move(batch)));
    added.push_back(std::move(segment));
    return {};
  }

  Status replace_table(Changing& work, TypeId id, bool clear, std::span<const RowId> deleted,
                       std::span<const SegmentPtr> added, std::span<const TablePart> adopted = {}) {
    TableVersionPtr& table = work.tables[id];
    const TableVersion& before = table ? *table : *TableVersion::empty();
    auto after = before.apply(clear, deleted, added, adopted);
    if (!after.ok()) {
      return std::move(after).error().prefixed("log record " + std::to_string(sequence_) + ": ");
    }
    table = std::move(after).value();
    return {};
  }

  void saw_row(TypeId table, RowId rid) {
    RowId& next = state_->next_row[table];
    next = std::max(next, rid + 1);
  }

  Status apply(const CommitEntry& entry) {
    const CommitHeader& header = entry.header;
    if (header.gsn != state_->gsn + 1) return wrong("a commit's number is not the next");
    if (header.id <= state_->last_commit) return wrong("a commit's id is not greater than before");
    Changing* work = changing(header.branch);
    if (work == nullptr) return wrong("branch '" + header.branch + "' does not exist");
    if (header.parent != work->head.id) return wrong("a commit's parent is not the head");
    if (header.version <= work->head.version) return wrong("a commit's version does not rise");

    if (entry.catalog_json) {
      // The states before are read through the schema of before.
      OG_RETURN_IF_ERROR(settle());
      work = changing(header.branch);
      OG_ASSIGN_OR_RETURN(state_->catalog, catalog_from_json(*entry.catalog_json));
    }
    for (const TableChange& change : entry.tables) {
      OG_RETURN_IF_ERROR(apply(change, header, *work));
    }
    OG_RETURN_IF_ERROR(restore_floors(header, work->tables));
    work->head = header;
    state_->gsn = header.gsn;
    state_->last_commit = header.id;
    if (entry.catalog_json) {
      OG_RETURN_IF_ERROR(settle());
      adopt_catalog();
    }
    return {};
  }

  Status apply(const TableChange& change, const CommitHeader& header, Changing& work) {
    if (state_->catalog->entity(change.table) == nullptr) {
      return wrong("type " + std::to_string(change.table) + " is not in the schema");
    }
    std::vector<NumberedBatch>* joining = nullptr;
    for (const RowBatch& rows : change.inline_rows) {
      if (rows.rows == 0) continue;
      if (rows.rids.size() != rows.rows) return wrong("inline rows lack row ids");
      for (const RowId rid : rows.rids) saw_row(change.table, rid);
    }
    if (floors_ != nullptr) {
      apply_past(change, header, work);
      count_version(change.table, header, *work.branch);
      return {};
    }
    if (change.clear || !change.deleted.empty() || !change.segments.empty() ||
        !change.adopted.empty()) {
      OG_RETURN_IF_ERROR(join(work, change.table));
      std::vector<SegmentPtr> added;
      added.reserve(change.segments.size());
      for (const SegmentRef& ref : change.segments) {
        OG_ASSIGN_OR_RETURN(SegmentPtr segment, source_.segment(ref));
        saw_row(change.table, ref.max_rid);
        added.push_back(std::move(segment));
      }
      std::vector<TablePart> adopted;
      adopted.reserve(change.adopted.size());
      for (const AdoptedSegment& segment : change.adopted) {
        OG_ASSIGN_OR_RETURN(TablePart part, adopted_part(segment, source_));
        saw_row(change.table, segment.ref.max_rid);
        adopted.push_back(std::move(part));
      }
      OG_RETURN_IF_ERROR(
          replace_table(work, change.table, change.clear, change.deleted, added, adopted));
    }
    for (const RowBatch& rows : change.inline_rows) {
      if (rows.rows == 0) continue;
      if (joining == nullptr) joining = &work.joining[change.table];
      joining->push_back({&rows, header.gsn});
    }
    // A table that was only named has a version from now on, too.
    if (change.inline_rows.empty()) work.tables.try_emplace(change.table, TableVersion::empty());
    count_version(change.table, header, *work.branch);
    return {};
  }

  static void count_version(TypeId table, const CommitHeader& header, BranchState& branch) {
    branch.table_versions[table] = branch.table_version(table) + 1;
    if (header.branch == "main") {
      branch.table_writers.erase(table);
    } else {
      branch.table_writers[table] = header.branch;
    }
  }

  // A change whose rows may be gone: below its floor the table is a reclaimed one, and so it is
  // when its segments are missing.
  void apply_past(const TableChange& change, const CommitHeader& header, Changing& work) {
    for (const SegmentRef& ref : change.segments) saw_row(change.table, ref.max_rid);
    for (const AdoptedSegment& from : change.adopted) saw_row(change.table, from.ref.max_rid);
    const auto floor = floors_->find(change.table);
    const bool below = floor != floors_->end() && header.gsn < floor->second;
    if (!below && change_rows(change, header, work).ok()) return;
    work.tables[change.table] =
        TableVersion::reclaimed(work.branch->table_version(change.table) + 1);
  }

  Status change_rows(const TableChange& change, const CommitHeader& header, Changing& work) {
    std::vector<SegmentPtr> added;
    for (const SegmentRef& ref : change.segments) {
      OG_ASSIGN_OR_RETURN(SegmentPtr segment, source_.segment(ref));
      added.push_back(std::move(segment));
    }
    std::vector<TablePart> adopted;
    for (const AdoptedSegment& segment : change.adopted) {
      OG_ASSIGN_OR_RETURN(TablePart part, adopted_part(segment, source_));
      adopted.push_back(std::move(part));
    }
    for (const RowBatch& rows : change.inline_rows) {
      if (rows.rows == 0) continue;
      RowBatch batch = rows;
      if (batch.gsns.empty()) batch.gsn = header.gsn;
      OG_RETURN_IF_ERROR(add_inline(std::move(batch), added));
    }
    return replace_table(work, change.table, change.clear, change.deleted, added, adopted);
  }

  // The commit stands at floors: what it left of their tables was stored.
  Status restore_floors(const CommitHeader& header, TableMap& tables) {
    if (floors_ == nullptr || header.branch != "main") return {};
    for (const auto& [table, floor] : *floors_) {
      if (floor != header.gsn || state_->catalog->entity(table) == nullptr) continue;
      OG_ASSIGN_OR_RETURN(tables[table], source_.floor_table(table, floor, state_->catalog));
    }
    return {};
  }

  // Every branch is read through the accepted schema; rows of types that are gone go with them.
  void adopt_catalog() {
    const auto branches = state_->branches;
    for (const auto& [name, branch] : branches) {
      auto changed = std::make_shared<BranchState>(*branch);
      TableMap tables = branch->snapshot->tables();
      const auto gone = [&](const auto& item) {
        return state_->catalog->entity(item.first) == nullptr;
      };
      std::erase_if(tables, gone);
      std::erase_if(changed->table_versions, gone);
      std::erase_if(changed->table_writers, gone);
      changed->snapshot = std::make_shared<const Snapshot>(state_->catalog, std::move(tables),
                                                           branch->snapshot->head(), name);
      changed->fork_snapshot = nullptr;
      state_->put_branch(std::move(changed));
    }
  }

  Status apply(const BranchCreateEntry& entry) {
    if (state_->branch(entry.name) != nullptr) {
      return wrong("branch '" + entry.name + "' exists already");
    }
    const BranchState* from = state_->branch(entry.from);
    if (from == nullptr) return wrong("branch '" + entry.from + "' does not exist");
    auto made = std::make_shared<BranchState>(*from);
    if (entry.table_state) {
      OG_ASSIGN_OR_RETURN(*made, source_.branch_state(*entry.table_state, state_->catalog));
    }
    const Snapshot& head = *made->snapshot;
    if (head.commit() != entry.at) return wrong("a branch does not start at its source's head");
    made->name = entry.name;
    made->incarnation = entry.incarnation;
    made->parent_branch = entry.from;
    made->forked_at = entry.at;
    made->forked_gsn = head.gsn();
    made->created_gsn = state_->gsn;
    made->created_at = entry.created_at;
    made->snapshot = std::make_shared<const Snapshot>(head.catalog_ptr(), head.tables(),
                                                      head.head(), entry.name);
    made->fork_snapshot = made->snapshot;
    state_->put_branch(std::move(made));
    return {};
  }

  Status apply(const BranchDeleteEntry& entry) {
    const BranchState* branch = state_->branch(entry.name);
    if (branch == nullptr || branch->incarnation != entry.incarnation) {
      return wrong("branch '" + entry.name + "' does not exist");
    }
    if (state_->child_of(entry.name) != nullptr) {
      return wrong("branch '" + entry.name + "' is deleted while another stands on it");
    }
    state_->erase_branch(entry.name);
    return {};
  }

  Status apply(const ReserveEntry& entry) {
    RowId& next = state_->next_row[entry.table];
    if (entry.first != next || entry.count > kMaxRowId - next) {
      return wrong("a block of row ids is not the next");
    }
    next += entry.count;
    return {};
  }

  Status apply(const FloorEntry& entry) {
    for (const auto& [table, gsn] : entry.floors) {
      Gsn& floor = state_->floors[table];
      floor = std::max(floor, gsn);
      if (!entry.kept) continue;
      Gsn& kept = state_->kept_floors[table];
      kept = std::max(kept, gsn);
    }
    state_->uploads_before = std::max(state_->uploads_before, entry.uploads_before);
    std::erase_if(state_->sweeps, [&](const std::shared_ptr<const Sweep>& sweep) {
      return sweep->created_at <= entry.swept;
    });
    if (!entry.sweep.empty()) {
      state_->sweeps.push_back(std::make_shared<const Sweep>(Sweep{entry.created_at, entry.sweep}));
    }
    return {};
  }

  Status apply(const ReplaceEntry& entry) {
    // A fold of inline rows knows only its own branch's; one of segments serves all that list them.
    const auto branches = state_->branches;
    for (const auto& [name, branch] : branches) {
      if (entry.inline_through != 0 && name != entry.branch) continue;
      const Snapshot& before = *branch->snapshot;
      const auto table = before.tables().find(entry.table);
      if (table == before.tables().end()) continue;
      if (table->second->reclaimed()) continue;
      auto attempt = replace(*table->second, entry);
      if (!attempt.ok() && floors_ == nullptr) return std::move(attempt).error();
      const TableVersionPtr replaced =
          attempt.ok() ? std::move(attempt).value()
                       : TableVersion::reclaimed(branch->table_version(entry.table));
      if (replaced == nullptr) continue;
      TableMap tables = before.tables();
      tables[entry.table] = replaced;
      auto changed = std::make_shared<BranchState>(*branch);
      changed->snapshot = std::make_shared<const Snapshot>(before.catalog_ptr(), std::move(tables),
                                                           before.head(), name);
      state_->put_branch(std::move(changed));
    }
    return {};
  }

  // Null when the fold does not apply to this version.
  Result<TableVersionPtr> replace(const TableVersion& version, const ReplaceEntry& entry) {
    if (entry.inline_through != 0) {
      if (!entry.inputs.empty()) return wrong("a fold mixes inline rows and segments");
      OG_ASSIGN_OR_RETURN(const SegmentPtr output, source_.segment(entry.output));
      return replace_inline(version, entry.inline_through, output);
    }
    std::vector<TablePart> kept;
    std::size_t found = 0;
    bool unchanged = true;
    for (const TablePart& part : version.parts()) {
      const auto at = std::find(entry.inputs.begin(), entry.inputs.end(), part.segment->id());
      if (part.segment->id().is_nil() || at == entry.inputs.end()) {
        kept.push_back(part);
        continue;
      }
      ++found;
      std::string dead;
      if (part.deleted) part.deleted->encode(dead);
      unchanged &= dead == entry.dropped[static_cast<std::size_t>(at - entry.inputs.begin())];
    }
    if (found == 0 || found != entry.inputs.size()) return TableVersionPtr();
    OG_ASSIGN_OR_RETURN(const SegmentPtr output, source_.segment(entry.output));
    if (!unchanged) return version.replace(entry.inputs, output);
    kept.push_back({output, nullptr});
    return std::make_shared<const TableVersion>(std::move(kept), version.lineage());
  }

  // The inline rows up to gsn `through` are now in `output`; those of them that died or changed
  // since it was made are dead there, and later inline rows stay. Null when a row up to `through`
  // is not in `output` (a merge brought it meanwhile).
  Result<TableVersionPtr> replace_inline(const TableVersion& version, Gsn through,
                                         const SegmentPtr& output) {
    std::vector<TablePart> kept;
    std::unordered_map<RowId, Gsn> moved_rows;
    for (const TablePart& part : version.parts()) {
      if (!part.segment->id().is_nil()) {
        kept.push_back(part);
        continue;
      }
      OG_ASSIGN_OR_RETURN(const auto rids, part.segment->rids());
      std::vector<std::uint32_t> moved;
      for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
        if (!part.live(row)) continue;
        OG_ASSIGN_OR_RETURN(const Gsn gsn, part.segment->gsn(row));
        if (gsn > through) continue;
        moved_rows.emplace((*rids)[row], gsn);
        moved.push_back(row);
      }
      if (moved.size() == part.live_rows()) continue;
      if (moved.empty()) {
        kept.push_back(part);
      } else {
        kept.push_back(
            {part.segment, DeletionBitmap::with(part.deleted.get(), part.segment->rows(), moved)});
      }
    }
    OG_ASSIGN_OR_RETURN(const auto rids, output->rids());
    std::vector<std::uint32_t> dead;
    for (std::uint32_t row = 0; row < output->rows(); ++row) {
      const auto it = moved_rows.find((*rids)[row]);
      if (it == moved_rows.end()) {
        dead.push_back(row);
        continue;
      }
      OG_ASSIGN_OR_RETURN(const Gsn gsn, output->gsn(row));
      if (gsn != it->second) return TableVersionPtr();
    }
    if (output->rows() - dead.size() != moved_rows.size()) return TableVersionPtr();
    if (!moved_rows.empty()) {
      kept.push_back(
          {output, dead.empty() ? nullptr : DeletionBitmap::with(nullptr, output->rows(), dead)});
    }
    return std::make_shared<const TableVersion>(std::move(kept), version.lineage());
  }

  Sequence sequence_ = 0;  // of the record being applied
  SegmentSource& source_;
  const Floors* const floors_;
  std::shared_ptr<GraphState> state_;
  std::map<std::string, Changing> changing_;
};

}  // namespace

Result<GraphStatePtr> apply_record(const GraphState& state, const Record& record,
                                   SegmentSource& source,
                                   const std::optional<CommitId>& stop_after) {
  return apply_records(state, {&record, 1}, source, stop_after);
}

Result<GraphStatePtr> apply_records(const GraphState& state, std::span<const Record> records,
                                    SegmentSource& source,
                                    const std::optional<CommitId>& stop_after,
                                    const Floors* floors) {
  Applier applier(state, source, floors);
  for (const Record& record : records) OG_RETURN_IF_ERROR(applier.add(record, stop_after));
  return applier.finish();
}

GraphStatePtr reclaim_below(const GraphStatePtr& state, const Floors& floors) {
  auto reclaimed = std::make_shared<GraphState>(*state);
  for (const auto& [name, branch] : state->branches) {
    TableMap tables = branch->snapshot->tables();
    bool changed = false;
    for (auto& [table, version] : tables) {
      const auto floor = floors.find(table);
      if (floor == floors.end() || floor->second <= state->gsn) continue;
      version = TableVersion::reclaimed(branch->table_version(table));
      changed = true;
    }
    if (!changed) continue;
    auto lower = std::make_shared<BranchState>(*branch);
    lower->snapshot = std::make_shared<const Snapshot>(
        branch->snapshot->catalog_ptr(), std::move(tables), branch->snapshot->head(), name);
    reclaimed->put_branch(std::move(lower));
  }
  return reclaimed;
}

Result<TableVersionPtr> SegmentSource::floor_table(TypeId table, Gsn floor, const CatalogPtr&) {
  return corrupt("type " + std::to_string(table) + " has nothing kept at commit number " +
                 std::to_string(floor));
}

}  // namespace omnigraph
