// The Store of store.h: what init and open build. Internal to storage.
//
// state_mutex_ guards only the pointer to the newest state, so that readers never wait for I/O.
// apply_mutex_ is held while records are appended or applied: one new state at a time.
// maintain_mutex_ lets one thread maintain; it is taken before the others, and no append waits for
// it.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/checkpoint.h"
#include "storage/fold.h"
#include "storage/graph_file.h"
#include "storage/history.h"
#include "storage/posix_file.h"
#include "storage/prefetch_store.h"
#include "storage/segment_cache.h"
#include "storage/store.h"

namespace omnigraph {

class GraphStore final : public Store, private SegmentSource {
 public:
  // `file` was read from, or just put to, `objects`.
  static Result<std::unique_ptr<Store>> create(ObjectStorePtr objects, GraphFile file,
                                               std::optional<std::string> hint, Runtime runtime,
                                               StoreOptions options);

  const std::string& graph_id() const override { return file_.graph_id; }
  LogForm log_form() const override { return file_.log; }
  std::int64_t created_at() const override { return file_.created_at; }
  const CommitHeader& genesis() const override { return genesis_; }
  const Runtime& runtime() const override { return runtime_; }
  const ObjectStorePtr& objects() const override { return objects_; }
  UlidSource& ulids() override { return ulids_; }

  GraphStatePtr state() const override;
  Result<GraphStatePtr> refresh() override;
  Result<AppendOutcome> append(const Record& record) override;
  Status maintain() override;
  Status maintain_now() override;
  Result<CompactionReport> compact(std::string_view branch) override;
  Result<SegmentRef> write_segment(const RowBatch& batch, const SegmentOptions& options) override;
  Result<SegmentPtr> segment(const SegmentRef& ref) override { return segments_.open(ref); }
  Result<std::optional<CommitHeader>> find_commit(CommitId id) override;
  Result<std::vector<CommitHeader>> commits(std::string_view branch, std::size_t limit) override;
  std::optional<SegmentRef> reference(SegmentId id) const override {
    return segments_.reference(id);
  }
  Result<SnapshotPtr> snapshot_at(CommitId id) override;
  void remember(const BranchState& branch) override { static_cast<void>(keep(branch)); }
  Result<std::string> write_past_state(CommitId id) override;
  Result<CommitEntry> commit_entry(CommitId id) override;
  Status visit_records(std::optional<CommitId> after, Sequence through,
                       const VisitRecord& visit) override;
  Result<TableVersionPtr> keep_floor_table(TypeId table, CommitId id) override;
  Result<std::uint64_t> sweep(bool at_once) override;

 private:
  // A state that a checkpoint holds, and where the log goes on.
  struct Restored {
    GraphStatePtr state;
    CheckpointRoot root;
  };
  // A record whose outcome is not known.
  struct Pending {
    Record record;
    std::string bytes;
    GraphStatePtr next;
  };

  GraphStore(ObjectStorePtr objects, GraphFile file, Runtime runtime, StoreOptions options);

  // Opening (store_open.cc).
  Status restore(const std::optional<std::string>& hint);
  Result<std::optional<Restored>> load_checkpoint(Sequence at_most);
  // `also`: objects that will be read next, fetched along with the states.
  Result<std::optional<Restored>> read_checkpoint(Sequence sequence,
                                                  std::vector<std::string> also = {});
  Result<GraphStatePtr> first_state() const;

  // Following the log (graph_store.cc); with apply_mutex_ held.
  void note(const Record& record, const RecordPosition& where);
  void publish(GraphStatePtr next);
  static Result<std::vector<Record>> decode(std::span<const Log::Stored> stored);
  Status apply_stored(std::span<const Log::Stored> stored, const Floors* floors = nullptr);
  Status follow_log(const Floors* floors);
  // Applies what others appended; when that fails, once more in the knowledge of later cleanups.
  Status catch_up();
  Status catch_up_below_floors();
  Result<AppendOutcome> append_bytes(Sequence sequence, const std::string& bytes,
                                     RecordPosition* where);
  Result<AppendOutcome> append_locked(const Record& record);
  Result<AppendOutcome> settle_pending();

  // Maintenance (store_maintain.cc).
  // kMoved: somebody kept appending; what was folded until then is in `report`.
  Result<AppendOutcome> fold(const FoldLimits& limits, CompactionReport& report);
  FoldLimits fold_limits() const;
  Result<AppendOutcome> append_replace(const ReplaceEntry& entry);
  Status pack_small();
  Status checkpoint();
  Status adopt_newer_checkpoint();
  void adopt(const CheckpointRoot& root);
  Result<std::vector<HistoryRun>> write_history(Sequence after, Sequence through);
  Result<std::vector<CheckpointRoot::Branch>> write_branch_states(const GraphState& state);

  Result<BranchState> branch_state(std::string_view object, const CatalogPtr& catalog) override;
  Result<TableVersionPtr> floor_table(TypeId table, Gsn floor, const CatalogPtr& catalog) override;

  // A past commit as it was then, under its own schema. Types may be readable that are below their
  // floors.
  Result<SnapshotPtr> past_snapshot(CommitId id);

  // Sweeping (store_sweep.cc), with maintain_mutex_ held.
  Result<std::uint64_t> sweep_locked(bool at_once);
  Result<std::uint64_t> remove_swept(std::int64_t before);
  Result<std::uint64_t> prune_checkpoints();

  // The snapshots asked for last; null when it is not one of them.
  SnapshotPtr remembered(CommitId id);
  SnapshotPtr keep(const BranchState& branch);

  const ObjectStorePtr objects_;
  const GraphFile file_;
  const Runtime runtime_;
  const StoreOptions options_;
  CommitHeader genesis_;
  UlidSource ulids_;
  SegmentCache segments_;
  History history_;
  const std::shared_ptr<PrefetchStore> reads_;  // of opening: holds nothing afterwards
  std::unique_ptr<Log> log_;

  mutable std::mutex state_mutex_;  // guards state_
  GraphStatePtr state_;

  // Says to others on this machine that the graph is open: a shared lock on graph.json, as long as
  // this store lives. Not valid where there is no local folder.
  FileDescriptor presence_;
  void show_presence();
  // Nobody else has the graph open, or can open it until let_others_in().
  bool keep_others_out();
  void let_others_in();

  std::mutex maintain_mutex_;  // held over a whole maintenance; guards written_branches_
  std::mutex apply_mutex_;     // guards the rest down to the blank line
  std::optional<Pending> pending_;
  Sequence checkpoint_sequence_ = 0;  // the last checkpoint known here
  std::uint64_t tail_bytes_ = 0;      // of the records behind it
  Sequence packed_ = 0;               // small packs were looked after up to here

  // What the last checkpoint wrote of each branch: not written again while it is the same object.
  std::map<std::string, std::pair<std::shared_ptr<const BranchState>, CheckpointRoot::Branch>>
      written_branches_;

  std::mutex past_mutex_;                             // guards past_
  std::list<std::pair<CommitId, SnapshotPtr>> past_;  // snapshots asked for last, newest first
};

}  // namespace omnigraph
