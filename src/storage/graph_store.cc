#include "storage/graph_store.h"

#include <algorithm>

#include "common/fault_point.h"
#include "schema/catalog_json.h"
#include "storage/envelope.h"
#include "storage/segment_files.h"

namespace omnigraph {
namespace {

// Records read at once while following the log: bounds the memory of a long catch-up.
constexpr std::size_t kCatchUpBatch = 1024;
constexpr std::size_t kPastSnapshots = 64;
// An append whose answer is lost is repeated this often before the caller hears of it.
constexpr int kUnknownAppends = 3;

}  // namespace

GraphStore::GraphStore(ObjectStorePtr objects, GraphFile file, Runtime runtime,
                       StoreOptions options)
    : objects_(std::move(objects)),
      file_(std::move(file)),
      runtime_(std::move(runtime)),
      options_(options),
      ulids_(runtime_.clock, runtime_.random),
      segments_(objects_, runtime_),
      history_(objects_),
      reads_(std::make_shared<PrefetchStore>(objects_)) {
  genesis_.id = file_.genesis;
  genesis_.gsn = 1;
  genesis_.branch = "main";
  genesis_.created_at = file_.created_at;
  genesis_.version = 1;
  ulids_.observe(genesis_.id);
}

GraphStatePtr GraphStore::state() const {
  const std::lock_guard lock(state_mutex_);
  return state_;
}

Result<GraphStatePtr> GraphStore::refresh() {
  if (options_.only_writer) return state();
  if (log_->end().sequence > state()->sequence + 1) {
    // An append or another refresh of this process has the next record already: wait for it.
    const std::lock_guard lock(apply_mutex_);
    if (log_->end().sequence > state()->sequence + 1) OG_RETURN_IF_ERROR(catch_up());
    return state();
  }
  // Looked at without a lock: most often there is nothing, and an append may be under way.
  OG_ASSIGN_OR_RETURN(const auto records, log_->since(state()->sequence + 1, kCatchUpBatch));
  if (records.empty()) return state();
  const std::lock_guard lock(apply_mutex_);
  // What could not be applied is met again, and judged, by catch_up.
  [[maybe_unused]] const Status applied = apply_stored(records);
  OG_RETURN_IF_ERROR(catch_up());
  return state();
}

// Remembers where the record's commits stand.
void GraphStore::note(const Record& record, const RecordPosition& where) {
  for (const Entry& entry : record.entries) {
    if (const auto* commit = std::get_if<CommitEntry>(&entry)) {
      history_.add({commit->header, where, checkpoint_sequence_});
    }
  }
  tail_bytes_ += where.length;
}

void GraphStore::publish(GraphStatePtr next) {
  ulids_.observe(next->last_commit);
  // Segments written from now on are newer than those that a sweep looked for.
  if (next->uploads_before > 0) {
    ulids_.observe({(static_cast<std::uint64_t>(next->uploads_before / 1000) + 1) << 16, 0});
  }
  const std::lock_guard lock(state_mutex_);
  state_ = std::move(next);
}

Result<std::vector<Record>> GraphStore::decode(std::span<const Log::Stored> stored) {
  std::vector<Record> records;
  records.reserve(stored.size());
  for (const Log::Stored& at : stored) {
    OG_ASSIGN_OR_RETURN(Record record, decode_record(at.bytes.data, at.where.object));
    if (record.sequence != at.where.sequence) {
      return damaged("log record", at.where.object, "its sequence is not that of its place");
    }
    records.push_back(std::move(record));
  }
  return records;
}

Status GraphStore::apply_stored(std::span<const Log::Stored> stored, const Floors* floors) {
  const GraphStatePtr before = state();
  while (!stored.empty() && stored.front().where.sequence <= before->sequence) {
    stored = stored.subspan(1);
  }
  if (stored.empty()) return {};
  OG_ASSIGN_OR_RETURN(const std::vector<Record> records, decode(stored));
  OG_ASSIGN_OR_RETURN(GraphStatePtr next,
                      apply_records(*before, records, *this, std::nullopt, floors));
  for (std::size_t i = 0; i < records.size(); ++i) note(records[i], stored[i].where);
  publish(std::move(next));
  return {};
}

Status GraphStore::catch_up() {
  const GraphStatePtr before = state();
  Status status = follow_log(nullptr);
  if (status.ok() || status.error().code() != ErrorCode::kCorrupt) return status;
  // Perhaps a cleanup further on gave up segments that records before it speak of.
  Status below = catch_up_below_floors();
  if (below.ok()) return below;
  const std::lock_guard lock(state_mutex_);
  if (state_->sequence > before->sequence) state_ = before;
  return status;
}

Status GraphStore::follow_log(const Floors* floors) {
  while (true) {
    OG_ASSIGN_OR_RETURN(const auto records, log_->since(state()->sequence + 1, kCatchUpBatch));
    if (records.empty()) return {};
    OG_RETURN_IF_ERROR(apply_stored(records, floors));
    if (records.size() < kCatchUpBatch) return {};
  }
}

Status GraphStore::catch_up_below_floors() {
  const GraphStatePtr before = state();
  Floors floors = before->kept_floors;
  bool swept = before->uploads_before != 0;
  for (Sequence next = before->sequence + 1;;) {
    OG_ASSIGN_OR_RETURN(const auto records, log_->since(next, kCatchUpBatch));
    if (records.empty()) break;
    for (const Log::Stored& stored : records) {
      OG_ASSIGN_OR_RETURN(const Record record,
                          decode_record(stored.bytes.data, stored.where.object));
      for (const Entry& entry : record.entries) {
        const auto* floor = std::get_if<FloorEntry>(&entry);
        if (floor == nullptr || !floor->kept) continue;
        swept = true;
        for (const auto& [table, gsn] : floor->floors) {
          floors[table] = std::max(floors[table], gsn);
        }
      }
    }
    next = records.back().where.sequence + 1;
  }
  if (!swept) return corrupt("nothing was given up");
  {
    const std::lock_guard lock(state_mutex_);
    state_ = reclaim_below(before, floors);
  }
  OG_RETURN_IF_ERROR(follow_log(&floors));
  for (const auto& [name, branch] : state()->branches) {
    for (const auto& [table, version] : branch->snapshot->tables()) {
      if (version->reclaimed()) return corrupt("segments of branch '" + name + "' are missing");
    }
  }
  return {};
}

Result<AppendOutcome> GraphStore::append(const Record& record) {
  const std::lock_guard lock(apply_mutex_);
  if (record.nonce != 0) return append_locked(record);
  Record named = record;
  named.nonce = runtime_.random->next() | 1;
  return append_locked(named);
}

Result<AppendOutcome> GraphStore::append_locked(const Record& record) {
  if (options_.read_only) return Error(ErrorCode::kReadOnly, "the graph was opened read-only");
  if (pending_) return settle_pending();
  const GraphStatePtr before = state();
  // Somebody refreshed since the record was built.
  if (record.sequence != before->sequence + 1) return AppendOutcome::kMoved;
  OG_ASSIGN_OR_RETURN(GraphStatePtr next, apply_record(*before, record, *this));
  std::string bytes = encode_record(record);
  OG_FAULT_POINT("commit.before_append");
  RecordPosition where;
  OG_ASSIGN_OR_RETURN(const AppendOutcome outcome, append_bytes(record.sequence, bytes, &where));
  switch (outcome) {
    case AppendOutcome::kAppended:
      note(record, where);
      publish(std::move(next));
      break;
    case AppendOutcome::kMoved:
      OG_RETURN_IF_ERROR(catch_up());
      break;
    case AppendOutcome::kUnknown:
      pending_ = Pending{record, std::move(bytes), std::move(next)};
      break;
  }
  return outcome;
}

Result<AppendOutcome> GraphStore::append_bytes(Sequence sequence, const std::string& bytes,
                                               RecordPosition* where) {
  AppendOutcome outcome = AppendOutcome::kUnknown;
  const std::int64_t begun = runtime_.clock->steady_nanos();
  for (int i = 0; i < kUnknownAppends && outcome == AppendOutcome::kUnknown; ++i) {
    if (i > 0 && runtime_.clock->steady_nanos() - begun > kSettleNanos) break;
    OG_ASSIGN_OR_RETURN(outcome, log_->append(sequence, bytes, where));
  }
  return outcome;
}

// Nothing else is appended before it is known whether the last record landed.
Result<AppendOutcome> GraphStore::settle_pending() {
  RecordPosition where;
  OG_ASSIGN_OR_RETURN(const AppendOutcome outcome,
                      append_bytes(pending_->record.sequence, pending_->bytes, &where));
  if (outcome == AppendOutcome::kUnknown) return outcome;
  const Pending pending = std::move(*pending_);
  pending_.reset();
  if (outcome == AppendOutcome::kAppended && state()->sequence + 1 == pending.record.sequence) {
    note(pending.record, where);
    publish(pending.next);
  }
  OG_RETURN_IF_ERROR(catch_up());
  return AppendOutcome::kMoved;
}

Result<SegmentRef> GraphStore::write_segment(const RowBatch& batch, const SegmentOptions& options) {
  if (options_.read_only) return Error(ErrorCode::kReadOnly, "the graph was opened read-only");
  OG_FAULT_POINT("segment.before_write");
  // Two processes that know the same last commit of this millisecond (or of one to come, by a clock
  // that is ahead) would count up from it alike, and one would write over the other's segment.
  SegmentId id = ulids_.next();
  id.low = runtime_.random->next();
  OG_ASSIGN_OR_RETURN(SegmentRef ref,
                      write_segment_files(*objects_, id, batch, options, runtime_.executor.get()));
  OG_FAULT_POINT("segment.after_write");
  return ref;
}

Result<std::optional<CommitHeader>> GraphStore::find_commit(CommitId id) {
  if (id == genesis_.id) return std::optional<CommitHeader>(genesis_);
  OG_ASSIGN_OR_RETURN(auto entry, history_.find(id));
  if (!entry) return std::optional<CommitHeader>();
  return std::optional<CommitHeader>(std::move(entry->header));
}

Result<std::vector<CommitHeader>> GraphStore::commits(std::string_view branch, std::size_t limit) {
  const GraphStatePtr now = state();
  const BranchState* at = now->branch(branch);
  if (at == nullptr) return not_found("branch '" + std::string(branch) + "' not found");
  std::vector<CommitHeader> out;
  std::optional<CommitHeader> next = at->snapshot->head();
  // Each parent has a smaller number than its child, so the walk ends.
  while (next && out.size() < limit) {
    const std::optional<CommitId> parent = next->parent;
    const Gsn gsn = next->gsn;
    out.push_back(std::move(*next));
    if (!parent) break;
    OG_ASSIGN_OR_RETURN(next, find_commit(*parent));
    if (!next || next->gsn >= gsn) {
      return damaged("history of branch", branch,
                     "the parent " + parent->text() + " of a commit is missing");
    }
  }
  return out;
}

SnapshotPtr GraphStore::remembered(CommitId id) {
  const std::lock_guard lock(past_mutex_);
  for (auto it = past_.begin(); it != past_.end(); ++it) {
    if (it->first != id) continue;
    past_.splice(past_.begin(), past_, it);
    return it->second;
  }
  return nullptr;
}

SnapshotPtr GraphStore::keep(const BranchState& branch) {
  const Snapshot& head = *branch.snapshot;
  if (SnapshotPtr known = remembered(head.commit())) return known;
  auto past = std::make_shared<const SnapshotPast>(
      SnapshotPast{head.catalog_ptr(), branch.table_versions, branch.table_writers});
  auto snapshot = std::make_shared<const Snapshot>(head.catalog_ptr(), head.tables(), head.head(),
                                                   head.branch(), std::move(past));
  const std::lock_guard lock(past_mutex_);
  past_.emplace_front(head.commit(), snapshot);
  if (past_.size() > kPastSnapshots) past_.pop_back();
  return snapshot;
}

Result<SnapshotPtr> GraphStore::snapshot_at(CommitId id) {
  const GraphStatePtr now = state();
  OG_ASSIGN_OR_RETURN(const std::optional<CommitHeader> header, find_commit(id));
  if (!header || !now->carries(*header)) return not_found("commit '" + id.text() + "' not found");
  const BranchState* author = now->branch(header->branch);
  if (author->snapshot->commit() == id) return author->snapshot;
  OG_ASSIGN_OR_RETURN(const SnapshotPtr then, past_snapshot(id));
  TableMap tables = then->tables();
  for (const auto& [table, floor] : now->floors) {
    if (then->gsn() >= floor || then->past()->catalog->entity(table) == nullptr) continue;
    const auto number = then->past()->table_versions.find(table);
    tables[table] =
        TableVersion::reclaimed(number == then->past()->table_versions.end() ? 1 : number->second);
  }
  return SnapshotPtr(std::make_shared<const Snapshot>(now->catalog, std::move(tables), then->head(),
                                                      then->branch(), then->past()));
}

Result<SnapshotPtr> GraphStore::past_snapshot(CommitId id) {
  const GraphStatePtr now = state();
  if (id == genesis_.id) {
    OG_ASSIGN_OR_RETURN(const GraphStatePtr first, first_state());
    auto past = std::make_shared<const SnapshotPast>(SnapshotPast{first->catalog, {}, {}});
    return SnapshotPtr(std::make_shared<const Snapshot>(first->catalog, TableMap{}, genesis_,
                                                        genesis_.branch, std::move(past)));
  }
  if (SnapshotPtr known = remembered(id)) return known;
  OG_ASSIGN_OR_RETURN(const auto entry, history_.find(id));
  if (!entry) return not_found("commit '" + id.text() + "' not found");
  RecordPosition next{1, log_object_name(1), 0, 0};
  GraphStatePtr at;
  if (entry->base > 0) {
    OG_ASSIGN_OR_RETURN(auto restored, load_checkpoint(entry->base));
    if (restored) {
      at = std::move(restored->state);
      next = std::move(restored->root.next);
    }
  }
  if (!at) {
    OG_ASSIGN_OR_RETURN(at, first_state());
  }
  // Nothing was ever swept in most graphs, and then nothing may be missing.
  const Floors* floors = nullptr;
  if (now->uploads_before != 0) {
    floors = &now->kept_floors;
    at = reclaim_below(at, *floors);
  }
  OG_ASSIGN_OR_RETURN(const auto records, log_->replay(next, entry->where.sequence));
  OG_ASSIGN_OR_RETURN(const std::vector<Record> tail, decode(records));
  OG_ASSIGN_OR_RETURN(at, apply_records(*at, tail, *this, id, floors));
  const BranchState* branch = at->branch(entry->header.branch);
  if (branch == nullptr || branch->snapshot->commit() != id) {
    return damaged("log record", std::to_string(entry->where.sequence),
                   "commit " + id.text() + " is not in it");
  }
  const Snapshot& then = *branch->snapshot;
  for (const auto& [table, version] : then.tables()) {
    if (!version->reclaimed()) continue;
    const auto floor = now->kept_floors.find(table);
    if (floor != now->kept_floors.end() && entry->header.gsn < floor->second) continue;
    return corrupt("segments that commit " + id.text() +
                   " needs are missing; run `omnigraph repair`");
  }
  return keep(*branch);
}

Result<std::string> GraphStore::write_past_state(CommitId id) {
  if (options_.read_only) return Error(ErrorCode::kReadOnly, "the graph was opened read-only");
  const GraphStatePtr now = state();
  OG_ASSIGN_OR_RETURN(const SnapshotPtr then, snapshot_at(id));
  const std::uint32_t version = then->written_catalog()->version();
  if (version != now->catalog->version()) {
    return bad_request("the schema changed since commit '" + id.text() + "' (it had version " +
                       std::to_string(version) + ", now it is version " +
                       std::to_string(now->catalog->version()) +
                       "): a branch can only begin at or after the last schema apply");
  }
  BranchState branch;
  branch.snapshot = then;
  if (then->past()) {
    branch.table_versions = then->past()->table_versions;
    branch.table_writers = then->past()->table_writers;
  } else {
    // The head of a branch, whose author stands below it; unless both went meanwhile.
    const GraphStatePtr newest = state();
    const BranchState* const author = newest->branch(then->head().branch);
    if (author == nullptr) return not_found("commit '" + id.text() + "' not found");
    branch.table_versions = author->table_versions;
    branch.table_writers = author->table_writers;
  }
  for (const auto& [table, rows] : then->tables()) {
    if (rows->reclaimed()) return reclaimed_error(*rows->reclaimed());
  }
  OG_ASSIGN_OR_RETURN(const std::string bytes,
                      encode_branch_state(branch, *now->catalog,
                                          [&](SegmentId of) { return segments_.reference(of); }));
  const std::string name = branch_state_name(bytes);
  // Named by its content: one that exists is the same.
  PutOutcome outcome = PutOutcome::kUnknown;
  for (int i = 0; i < kUnknownAppends && outcome == PutOutcome::kUnknown; ++i) {
    OG_ASSIGN_OR_RETURN(outcome, objects_->put_if_absent(name, bytes));
  }
  if (outcome == PutOutcome::kUnknown) {
    return Error(ErrorCode::kOutcomeUnknown, "whether '" + name + "' was written is not known");
  }
  return name;
}

Result<CommitEntry> GraphStore::commit_entry(CommitId id) {
  if (id == genesis_.id) return CommitEntry{genesis_, std::nullopt, {}};
  OG_ASSIGN_OR_RETURN(const auto entry, history_.find(id));
  if (!entry || !state()->carries(entry->header)) {
    return not_found("commit '" + id.text() + "' not found");
  }
  OG_ASSIGN_OR_RETURN(const Bytes bytes, log_->read(entry->where));
  OG_ASSIGN_OR_RETURN(Record record, decode_record(bytes.data, entry->where.object));
  for (Entry& part : record.entries) {
    auto* commit = std::get_if<CommitEntry>(&part);
    if (commit != nullptr && commit->header.id == id) return std::move(*commit);
  }
  return damaged("log record", entry->where.object, "commit " + id.text() + " is not in it");
}

Result<BranchState> GraphStore::branch_state(std::string_view object, const CatalogPtr& catalog) {
  OG_ASSIGN_OR_RETURN(const Bytes bytes, objects_->get(object));
  return decode_branch_state(bytes.data, object, catalog, *this);
}

}  // namespace omnigraph
