// Folding, checkpoints and packs: what keeps the cost of opening and reading from growing with age.
// All of it may fail, or be done twice, or by several processes at once, without harm.
#include <algorithm>
#include <set>

#include "common/fault_point.h"
#include "schema/catalog_json.h"
#include "storage/envelope.h"
#include "storage/fold.h"
#include "storage/graph_store.h"

namespace omnigraph {
namespace {

// A compaction rewrites a segment of which at least this part is dead.
constexpr std::uint32_t kDeadShare = 4;
// Appends of one fold while others write.
constexpr int kReplaceTries = 16;

}  // namespace

Status GraphStore::maintain() {
  if (options_.read_only || !options_.maintenance) return {};
  const std::lock_guard maintaining(maintain_mutex_);
  OG_RETURN_IF_ERROR(pack_small());
  {
    const std::lock_guard lock(apply_mutex_);
    if (state()->sequence - checkpoint_sequence_ < options_.checkpoint_records &&
        tail_bytes_ < options_.checkpoint_bytes) {
      return {};
    }
    OG_RETURN_IF_ERROR(adopt_newer_checkpoint());
    if (state()->sequence - checkpoint_sequence_ < options_.checkpoint_records &&
        tail_bytes_ < options_.checkpoint_bytes) {
      return {};
    }
  }
  CompactionReport report;
  OG_RETURN_IF_ERROR(fold(fold_limits(), report));
  OG_RETURN_IF_ERROR(checkpoint());
  OG_RETURN_IF_ERROR(sweep_locked(false));
  return {};
}

Status GraphStore::maintain_now() {
  if (options_.read_only) return Error(ErrorCode::kReadOnly, "the graph was opened read-only");
  const std::lock_guard maintaining(maintain_mutex_);
  FoldLimits limits = fold_limits();
  limits.inline_rows = 1;
  limits.segments = 2;
  CompactionReport report;
  OG_RETURN_IF_ERROR(fold(limits, report));
  return checkpoint();
}

Result<CompactionReport> GraphStore::compact(std::string_view branch) {
  if (options_.read_only) return Error(ErrorCode::kReadOnly, "the graph was opened read-only");
  const std::lock_guard maintaining(maintain_mutex_);
  FoldLimits limits = fold_limits();
  limits.inline_rows = 1;
  limits.segments = 2;
  limits.branch = std::string(branch);
  limits.dead_share = kDeadShare;
  limits.folds = UINT32_MAX;  // each leaves fewer pieces or fewer dead rows, so it ends
  CompactionReport report;
  OG_ASSIGN_OR_RETURN(const AppendOutcome outcome, fold(limits, report));
  if (outcome != AppendOutcome::kAppended) {
    return Error(ErrorCode::kConflict, "other writers kept appending first; try again");
  }
  // What was folded stays folded whatever becomes of the checkpoint; the next writer makes it.
  [[maybe_unused]] const Status status = checkpoint();
  return report;
}

FoldLimits GraphStore::fold_limits() const {
  FoldLimits limits;
  limits.inline_rows = options_.fold_inline_rows;
  limits.segments = options_.fold_segments;
  limits.max_rows = options_.fold_max_rows;
  limits.tier_rows = std::max<std::uint64_t>(1, options_.fold_inline_rows);
  return limits;
}

// Objects form: sixteen records into one object, so that an open gets few.
Status GraphStore::pack_small() {
  Sequence first = 0, last = 0;
  {
    const std::lock_guard lock(apply_mutex_);
    const Sequence now = state()->sequence;
    const Sequence from = packed_;
    packed_ = now;
    if (file_.log != LogForm::kObjects) return {};
    // Packs begin right behind a checkpoint, so that they meet no matter who writes them.
    const Sequence whole = (now - checkpoint_sequence_) / kPackRecords * kPackRecords;
    last = checkpoint_sequence_ + whole;
    if (whole == 0 || last <= from) return {};
    first = last - kPackRecords + 1;
  }
  return log_->pack(first, last);
}

Result<AppendOutcome> GraphStore::fold(const FoldLimits& limits, CompactionReport& report) {
  std::set<std::pair<std::string, TypeId>> inline_tried;
  std::set<std::vector<SegmentId>> segments_tried;
  for (std::uint32_t done = 0; done < limits.folds; ++done) {
    // Each fold makes a new state, so the next one is planned on that.
    const GraphStatePtr now = state();
    std::optional<FoldPlan> plan;
    for (FoldPlan& candidate : plan_folds(*now, limits)) {
      const bool fresh = candidate.inline_rows
                             ? inline_tried.emplace(candidate.branch, candidate.table).second
                             : segments_tried.insert(candidate.segments).second;
      if (!fresh) continue;
      plan = std::move(candidate);
      break;
    }
    if (!plan) return AppendOutcome::kAppended;
    const TableVersion& version = *now->branch(plan->branch)->snapshot->table(plan->table);
    ReplaceEntry entry;
    entry.table = plan->table;
    std::vector<TablePart> inputs;
    for (const TablePart& part : version.parts()) {
      const SegmentId& id = part.segment->id();
      if (plan->inline_rows) {
        if (id.is_nil()) inputs.push_back(part);
        continue;
      }
      if (id.is_nil() || !std::binary_search(plan->segments.begin(), plan->segments.end(), id)) {
        continue;
      }
      inputs.push_back(part);
      entry.inputs.push_back(id);
      std::string& dead = entry.dropped.emplace_back();
      if (part.deleted) part.deleted->encode(dead);
    }
    if (plan->inline_rows) {
      entry.inline_through = now->gsn;
      entry.branch = plan->branch;
    }
    const SegmentOptions options = segment_options(*now->catalog, plan->table);
    OG_FAULT_POINT("fold.before_merge");
    OG_ASSIGN_OR_RETURN(const RowBatch rows, merge_parts(inputs, options.properties));
    if (rows.rows == 0) continue;
    OG_ASSIGN_OR_RETURN(entry.output, write_segment(rows, options));
    OG_FAULT_POINT("fold.before_replace");
    OG_ASSIGN_OR_RETURN(const AppendOutcome outcome, append_replace(entry));
    OG_FAULT_POINT("fold.after_replace");
    // Somebody keeps writing; the output is garbage, and the next line crossing tries again.
    if (outcome != AppendOutcome::kAppended) return outcome;
    CompactedTable& table = report[plan->table];
    table.removed += static_cast<std::uint32_t>(inputs.size());
    ++table.added;
  }
  return AppendOutcome::kAppended;
}

// Commits that came since the fold was prepared do it no harm (apply.cc), so it is appended behind
// them.
Result<AppendOutcome> GraphStore::append_replace(const ReplaceEntry& entry) {
  AppendOutcome outcome = AppendOutcome::kMoved;
  for (int i = 0; i < kReplaceTries && outcome == AppendOutcome::kMoved; ++i) {
    const GraphStatePtr now = state();
    // We were slow, and a cleanup took the output for a leftover: it may be removed any time.
    if (entry.output.id.millis() * 1000 < now->uploads_before) return AppendOutcome::kMoved;
    Record record;
    record.sequence = now->sequence + 1;
    record.first_gsn = now->gsn + 1;
    record.entries.emplace_back(entry);
    OG_ASSIGN_OR_RETURN(outcome, append(record));
  }
  return outcome;
}

// Takes over a checkpoint that another process made. With apply_mutex_ held.
Status GraphStore::adopt_newer_checkpoint() {
  auto hint = objects_->get(kCheckpointHint);
  if (!hint.ok()) {
    if (hint.error().code() == ErrorCode::kNotFound) return {};
    return std::move(hint).error();
  }
  const auto sequence =
      checkpoint_sequence(std::string(kCheckpointPrefix) + std::string(hint->data));
  if (!sequence || *sequence <= checkpoint_sequence_ || *sequence > state()->sequence) return {};
  const std::string name = checkpoint_name(*sequence);
  OG_ASSIGN_OR_RETURN(const Bytes bytes, objects_->get(name));
  OG_ASSIGN_OR_RETURN(const CheckpointRoot root, decode_checkpoint(bytes.data, name));
  if (root.sequence != *sequence) {
    return damaged("checkpoint", name, "its sequence is not that of its name");
  }
  adopt(root);
  return {};
}

void GraphStore::adopt(const CheckpointRoot& root) {
  history_.adopt(root.history, root.sequence);
  checkpoint_sequence_ = root.sequence;
  // Of the few records that came during the checkpoint the bytes are not counted.
  tail_bytes_ = 0;
}

// Appends go on meanwhile: only the start and the end hold apply_mutex_.
Status GraphStore::checkpoint() {
  CheckpointRoot root;
  GraphStatePtr now;
  Sequence before = 0;
  {
    const std::lock_guard lock(apply_mutex_);
    now = state();
    before = checkpoint_sequence_;
    if (now->sequence == before || pending_) return {};
    root.next = log_->end();
    // The log was read further than the state shows (by a refresh that waits for us): next time.
    if (root.next.sequence != now->sequence + 1) return {};
  }
  root.sequence = now->sequence;
  root.gsn = now->gsn;
  root.last_commit = now->last_commit;
  root.previous = before;
  root.catalog_json = catalog_to_json(*now->catalog);
  root.next_row = now->next_row;
  root.floors = now->floors;
  root.kept_floors = now->kept_floors;
  root.sweeps = now->sweeps;
  root.uploads_before = now->uploads_before;
  OG_FAULT_POINT("checkpoint.begin");
  OG_ASSIGN_OR_RETURN(root.branches, write_branch_states(*now));
  OG_FAULT_POINT("checkpoint.after_states");
  OG_ASSIGN_OR_RETURN(root.history, write_history(before, now->sequence));
  OG_FAULT_POINT("checkpoint.before_root");
  const std::string name = checkpoint_name(root.sequence);
  OG_ASSIGN_OR_RETURN(const PutOutcome outcome,
                      objects_->put_if_absent(name, encode_checkpoint(root)));
  if (outcome == PutOutcome::kUnknown) {
    return Error(ErrorCode::kOutcomeUnknown, "whether '" + name + "' was written is not known");
  }
  if (outcome == PutOutcome::kExists) {
    // Another process was first. Its history may have other runs than ours.
    OG_ASSIGN_OR_RETURN(const Bytes bytes, objects_->get(name));
    OG_ASSIGN_OR_RETURN(root, decode_checkpoint(bytes.data, name));
  }
  OG_FAULT_POINT("checkpoint.after_root");
  {
    const std::lock_guard lock(apply_mutex_);
    adopt(root);
  }
  OG_RETURN_IF_ERROR(objects_->put(kCheckpointHint, name.substr(kCheckpointPrefix.size())));
  OG_FAULT_POINT("checkpoint.after_hint");
  return log_->pack(before + 1, root.sequence);
}

Result<std::vector<CheckpointRoot::Branch>> GraphStore::write_branch_states(
    const GraphState& state) {
  std::vector<CheckpointRoot::Branch> out;
  decltype(written_branches_) written;
  for (const auto& [name, branch] : state.branches) {
    const auto last = written_branches_.find(name);
    CheckpointRoot::Branch entry;
    if (last != written_branches_.end() && last->second.first == branch) {
      entry = last->second.second;
    } else {
      OG_ASSIGN_OR_RETURN(const std::string bytes,
                          encode_branch_state(*branch, *state.catalog, [&](SegmentId id) {
                            return segments_.reference(id);
                          }));
      entry.name = name;
      entry.incarnation = branch->incarnation;
      entry.parent = branch->parent_branch;
      entry.forked_at = branch->forked_at;
      entry.forked_gsn = branch->forked_gsn;
      entry.created_gsn = branch->created_gsn;
      entry.created_at = branch->created_at;
      entry.state = branch_state_name(bytes);
      entry.state_bytes = bytes.size();
      // Named by its content: one that exists is the same.
      auto put = objects_->put_if_absent(entry.state, bytes);
      if (!put.ok()) return std::move(put).error();
      if (*put == PutOutcome::kUnknown) {
        return Error(ErrorCode::kOutcomeUnknown,
                     "whether '" + entry.state + "' was written is not known");
      }
    }
    written[name] = {branch, entry};
    out.push_back(std::move(entry));
  }
  written_branches_ = std::move(written);
  return out;
}

Result<std::vector<HistoryRun>> GraphStore::write_history(Sequence after, Sequence through) {
  std::vector<HistoryRun> runs = history_.runs();
  const auto write = [&](std::vector<HistoryEntry> entries, std::uint32_t level, Sequence first,
                         Sequence last) -> Status {
    EncodedRun encoded = encode_history_run(std::move(entries), level, first, last);
    OG_ASSIGN_OR_RETURN(const PutOutcome outcome,
                        objects_->put_if_absent(encoded.run.name, encoded.bytes));
    if (outcome == PutOutcome::kUnknown) {
      return Error(ErrorCode::kOutcomeUnknown,
                   "whether '" + encoded.run.name + "' was written is not known");
    }
    runs.push_back(std::move(encoded.run));
    return {};
  };
  std::vector<HistoryEntry> entries = history_.recent(after, through);
  if (entries.empty()) return runs;
  for (HistoryEntry& entry : entries) entry.base = after;
  OG_RETURN_IF_ERROR(write(std::move(entries), 0, after + 1, through));
  OG_FAULT_POINT("checkpoint.after_history");
  while (runs.size() >= kHistoryFanIn) {
    const std::size_t begin = runs.size() - kHistoryFanIn;
    const std::uint32_t level = runs.back().level;
    std::uint64_t total = 0;
    bool alike = true;
    for (std::size_t i = begin; i < runs.size(); ++i) {
      alike &= runs[i].level == level;
      total += runs[i].entries;
    }
    if (!alike || total > kMaxRunEntries) break;
    std::vector<HistoryEntry> merged;
    merged.reserve(total);
    for (std::size_t i = begin; i < runs.size(); ++i) {
      OG_ASSIGN_OR_RETURN(auto part, history_.read_run(runs[i]));
      std::move(part.begin(), part.end(), std::back_inserter(merged));
    }
    const Sequence first = runs[begin].first;
    const Sequence last = runs.back().last;
    runs.resize(begin);
    OG_RETURN_IF_ERROR(write(std::move(merged), level + 1, first, last));
  }
  return runs;
}

}  // namespace omnigraph
