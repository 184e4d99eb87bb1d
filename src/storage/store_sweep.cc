// What a cleanup takes away, and reading the log from end to end for it.
//
// A floor record names objects that nothing readable needs. They are removed when its grace period
// is over, each after all checkpoints that list it are behind one that does not; a crash in between
// leaves objects that are named still, and the next sweep goes on.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "common/fault_point.h"
#include "storage/envelope.h"
#include "storage/graph_store.h"

namespace omnigraph {
namespace {

// Records of the past that are in memory at once.
constexpr Sequence kVisitBatch = 128;
// Appends of the record that says what was swept, while others write.
constexpr int kSweptTries = 16;

bool lock_whole(int fd, short type, bool wait) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  int result = 0;
  do {
    result = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

}  // namespace

Status GraphStore::visit_records(std::optional<CommitId> after, Sequence through,
                                 const VisitRecord& visit) {
  RecordPosition next{1, log_object_name(1), 0, 0};
  if (after && *after != genesis_.id) {
    OG_ASSIGN_OR_RETURN(const auto entry, history_.find(*after));
    if (!entry) return not_found("commit '" + after->text() + "' not found");
    next = entry->where;
  }
  // The position of a record serves to read on from it, that record first.
  bool seen = false;
  while (next.sequence <= through) {
    const Sequence last = std::min(through, next.sequence + kVisitBatch);
    OG_ASSIGN_OR_RETURN(const auto records, log_->replay(next, last));
    for (const Log::Stored& stored : records) {
      if (seen && stored.where.sequence == next.sequence) continue;
      OG_ASSIGN_OR_RETURN(const Record record,
                          decode_record(stored.bytes.data, stored.where.object));
      OG_ASSIGN_OR_RETURN(const bool go_on, visit(record));
      if (!go_on) return {};
    }
    if (last == through) return {};
    next = records.back().where;
    seen = true;
  }
  return {};
}

Result<TableVersionPtr> GraphStore::keep_floor_table(TypeId table, CommitId id) {
  // Not the head, though it may be that commit: it shows folds that came later, and checkpoints
  // before them list what was folded.
  OG_ASSIGN_OR_RETURN(const SnapshotPtr at, past_snapshot(id));
  const TableVersionPtr version = at->table(table);
  BranchState kept;
  kept.snapshot = std::make_shared<const Snapshot>(at->catalog_ptr(), TableMap{{table, version}},
                                                   at->head(), at->branch());
  OG_ASSIGN_OR_RETURN(const std::string bytes,
                      encode_branch_state(kept, at->catalog(), [&](SegmentId segment) {
                        return segments_.reference(segment);
                      }));
  // Whoever writes it writes the same rows; one that exists will do.
  OG_ASSIGN_OR_RETURN(const PutOutcome outcome,
                      objects_->put_if_absent(floor_table_name(table, at->gsn()), bytes));
  if (outcome == PutOutcome::kUnknown) {
    return Error(ErrorCode::kOutcomeUnknown, "whether a table could be kept is not known");
  }
  return version;
}

Result<TableVersionPtr> GraphStore::floor_table(TypeId table, Gsn floor,
                                                const CatalogPtr& catalog) {
  const std::string name = floor_table_name(table, floor);
  OG_ASSIGN_OR_RETURN(const Bytes bytes, objects_->get(name));
  OG_ASSIGN_OR_RETURN(const BranchState kept,
                      decode_branch_state(bytes.data, name, catalog, *this));
  return kept.snapshot->table(table);
}

void GraphStore::show_presence() {
  const auto folder = objects_->local_path();
  if (!folder) return;
  const std::string path = *folder + "/" + std::string(kGraphFile);
  if (!options_.read_only) presence_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!presence_.valid()) presence_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!presence_.valid()) return;
  // Waits only while somebody removes files. Where locks do not work nobody is ever alone.
  if (!lock_whole(presence_.get(), F_RDLCK, true)) presence_ = FileDescriptor();
}

bool GraphStore::keep_others_out() {
  return presence_.valid() && lock_whole(presence_.get(), F_WRLCK, false);
}

void GraphStore::let_others_in() { lock_whole(presence_.get(), F_RDLCK, false); }

Result<std::uint64_t> GraphStore::sweep(bool at_once) {
  if (options_.read_only) return Error(ErrorCode::kReadOnly, "the graph was opened read-only");
  const std::lock_guard maintaining(maintain_mutex_);
  const bool alone = at_once && keep_others_out();
  auto removed = sweep_locked(alone);
  if (alone) let_others_in();
  return removed;
}

Result<std::uint64_t> GraphStore::sweep_locked(bool at_once) {
  const GraphStatePtr now = state();
  std::int64_t before = INT64_MAX;
  if (!at_once) before = runtime_.clock->now_micros() - options_.sweep_grace_micros;
  const auto due = [&](const std::shared_ptr<const Sweep>& sweep) {
    return sweep->created_at <= before;
  };
  if (std::none_of(now->sweeps.begin(), now->sweeps.end(), due)) return std::uint64_t{0};
  // Whoever opens the graph from now on begins behind the floors.
  OG_RETURN_IF_ERROR(checkpoint());
  {
    const std::lock_guard lock(apply_mutex_);
    if (checkpoint_sequence_ < now->sequence) return std::uint64_t{0};  // others write: next time
  }
  OG_FAULT_POINT("sweep.after_checkpoint");
  OG_ASSIGN_OR_RETURN(std::uint64_t removed, remove_swept(before));
  OG_ASSIGN_OR_RETURN(const std::uint64_t pruned, prune_checkpoints());
  return removed + pruned;
}

// Removes what sweeps made up to `before` name, then says so in the log.
Result<std::uint64_t> GraphStore::remove_swept(std::int64_t before) {
  std::uint64_t removed = 0;
  std::int64_t done = 0;
  for (const auto& sweep : state()->sweeps) {
    if (sweep->created_at > before) continue;
    for (const std::string& name : sweep->names) {
      OG_FAULT_POINT("sweep.remove");
      const auto info = objects_->head(name);
      if (!info.ok()) {
        if (info.error().code() == ErrorCode::kNotFound) continue;
        return info.error();
      }
      OG_RETURN_IF_ERROR(objects_->remove(name));
      removed += info->size;
    }
    done = std::max(done, sweep->created_at);
  }
  OG_FAULT_POINT("sweep.before_record");
  AppendOutcome outcome = AppendOutcome::kMoved;
  for (int i = 0; i < kSweptTries && outcome == AppendOutcome::kMoved; ++i) {
    const GraphStatePtr now = state();
    Record record;
    record.sequence = now->sequence + 1;
    record.first_gsn = now->gsn + 1;
    FloorEntry entry;
    entry.created_at = runtime_.clock->now_micros();
    entry.swept = done;
    record.entries.emplace_back(std::move(entry));
    OG_ASSIGN_OR_RETURN(outcome, append(std::move(record)));
  }
  return removed;
}

// Checkpoints from which only commits could be reached that are below every floor, with the states
// and pages of history that no other root names. States go before their root: a root that lacks one
// is passed over.
Result<std::uint64_t> GraphStore::prune_checkpoints() {
  const GraphStatePtr now = state();
  Gsn lowest = UINT64_MAX;
  const auto look_at = [&](const EntityType& type) {
    const auto floor = now->floors.find(type.id);
    lowest = std::min(lowest, floor == now->floors.end() ? 0 : floor->second);
  };
  for (const NodeType& type : now->catalog->nodes()) look_at(type);
  for (const EdgeType& type : now->catalog->edges()) look_at(type);
  if (lowest == 0 || lowest == UINT64_MAX) return std::uint64_t{0};

  OG_ASSIGN_OR_RETURN(const auto names, objects_->list(kCheckpointPrefix));
  std::vector<std::pair<std::string, CheckpointRoot>> roots;
  for (const ObjectInfo& info : names) {
    if (!checkpoint_sequence(info.name)) continue;
    OG_ASSIGN_OR_RETURN(const Bytes bytes, objects_->get(info.name));
    OG_ASSIGN_OR_RETURN(CheckpointRoot root, decode_checkpoint(bytes.data, info.name));
    roots.emplace_back(info.name, std::move(root));
  }
  // The last one at or below the lowest floor is where replay of the readable commits begins.
  std::size_t first_kept = 0;
  for (std::size_t i = 0; i < roots.size(); ++i) {
    if (roots[i].second.gsn <= lowest) first_kept = i;
  }
  std::set<std::string> needed;
  // A branch forked from the past begins with a stored state, which may be that of a checkpoint.
  OG_RETURN_IF_ERROR(visit_records(std::nullopt, now->sequence, [&](const Record& record) {
    for (const Entry& entry : record.entries) {
      const auto* created = std::get_if<BranchCreateEntry>(&entry);
      if (created != nullptr && created->table_state) needed.insert(*created->table_state);
    }
    return Result<bool>(true);
  }));
  for (std::size_t i = first_kept; i < roots.size(); ++i) {
    for (const auto& branch : roots[i].second.branches) needed.insert(branch.state);
    for (const HistoryRun& run : roots[i].second.history) needed.insert(run.name);
  }
  std::uint64_t removed = 0;
  const auto remove = [&](const std::string& name) -> Status {
    if (needed.contains(name)) return {};
    const auto info = objects_->head(name);
    if (info.ok()) removed += info->size;
    OG_FAULT_POINT("sweep.prune");
    return objects_->remove(name);
  };
  for (std::size_t i = 0; i < first_kept; ++i) {
    for (const auto& branch : roots[i].second.branches) {
      OG_RETURN_IF_ERROR(remove(branch.state));
    }
    for (const HistoryRun& run : roots[i].second.history) OG_RETURN_IF_ERROR(remove(run.name));
    OG_RETURN_IF_ERROR(remove(roots[i].first));
  }
  return removed;
}

}  // namespace omnigraph
