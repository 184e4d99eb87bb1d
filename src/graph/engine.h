// What stands behind a public Graph: one opened store with the committer that writes it, the
// queries that were compiled for it, and the way from a request to a snapshot. Thread-safe as
// graph.h says.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "graph/query_cache.h"
#include "history/merge.h"
#include "omnigraph/graph.h"
#include "schema/migration.h"
#include "storage/store.h"
#include "write/writer.h"

namespace omnigraph {

class ChangeFeed;

class Graph::Engine {
 public:
  // Creates or opens a graph. For tests and tools that bring their own surroundings; applications
  // come through Graph. `make_store` is called once the schema is known to be good; `root` is for
  // messages.
  static Result<std::unique_ptr<Engine>> create(
      const std::function<Result<ObjectStorePtr>()>& make_store, const std::string& root,
      std::string_view schema_source, const GraphOptions& options, Runtime runtime);
  static Result<std::unique_ptr<Engine>> open(ObjectStorePtr objects, const GraphOptions& options,
                                              Runtime runtime);
  // Over a store that was opened with options of its own.
  static std::unique_ptr<Engine> over(std::unique_ptr<Store> store, const GraphOptions& options);

  Result<ResultSet> query(const QueryRequest& request);
  Result<MutationReport> mutate(const MutationRequest& request);
  Result<LoadReport> load(LoadSource& source, const LoadRequest& request);
  Result<LoadReport> load_table(const std::string& path, const LoadRequest& request);
  Status export_parquet(std::string_view branch, std::string_view type, const TextSink& sink);
  Status export_ndjson(std::string_view branch, const std::vector<std::string>& types,
                       const TextSink& sink);
  Result<BlobValue> blob(const BlobRequest& request);
  Result<BlobWriteReport> put_blob_file(const BlobWriteRequest& request, const std::string& path);
  Result<BlobWriteReport> put_blob(const BlobWriteRequest& request, std::string_view bytes);
  Result<BlobWriteReport> clear_blob(const BlobWriteRequest& request);
  Result<SnapshotInfo> snapshot(std::string_view branch);
  Result<std::string> schema_source();
  Result<SchemaPlan> plan_schema(std::string_view desired, bool allow_data_loss);
  Result<SchemaReport> apply_schema(const SchemaRequest& request);
  Result<std::vector<std::string>> branches(const BranchListRequest& request);
  Result<std::vector<BranchInfo>> branch_infos(const BranchListRequest& request);
  Status create_branch(const BranchRequest& request);
  Status create_branch(std::string_view name, std::string_view from) {
    return create_branch({.name = name, .from = from});
  }
  Status delete_branch(std::string_view name);
  Result<MergeReport> merge(const MergeRequest& request, bool preview);
  Result<std::vector<Commit>> commits(std::string_view branch);
  Result<Commit> commit(std::string_view id);
  Result<CommitChangesPage> commit_changes(const CommitChangesRequest& request);
  Result<PollPage> poll_changes(const PollRequest& request);
  Result<BaselineReport> baseline(std::string_view branch, const ChangeFilter& filter,
                                  const TextSink& sink);
  Result<DiffReport> diff(const DiffRequest& request, const ChangeSink& sink);
  Result<OptimizeReport> optimize();
  Result<RepairReport> repair();
  Result<CleanupReport> cleanup(const CleanupRequest& request);

  ~Engine();

  Store& store() { return *store_; }

 private:
  Engine(std::unique_ptr<Store> store, const GraphOptions& options);

  // The newest state: one probe of the log.
  Result<GraphStatePtr> newest() {
    if (as_opened_.exchange(false, std::memory_order_relaxed)) return store_->state();
    return store_->refresh();
  }
  // The head of a branch, by the name a caller gave: in the newest state, or in `state`.
  Result<std::shared_ptr<const BranchState>> head(std::string_view branch);
  static Result<std::shared_ptr<const BranchState>> head(const GraphState& state,
                                                         std::string_view branch);
  struct CompiledMutation {
    std::shared_ptr<const BranchState> branch;
    CompiledQueryPtr query;
  };
  Result<CompiledMutation> compile_mutation(const MutationRequest& request);
  // nullopt: the schema changed meanwhile and nothing was done.
  Result<std::optional<MutationReport>> mutate_once(Writer& writer, const MutationRequest& request);
  struct Resolved {
    SnapshotPtr snapshot;
    GraphStatePtr state;  // the newest
  };
  Result<Resolved> resolve(std::optional<std::string_view> branch,
                           std::optional<std::string_view> snapshot);
  Result<BlobWriteReport> set_blob(const BlobWriteRequest& request,
                                   std::optional<std::string> cell);
  // The commit that an id names. kNotFound when no branch carries it.
  Result<CommitHeader> commit_header(std::string_view id);
  // Entities of a snapshot as NDJSON; of the named types (none: all), and of the kinds taken.
  Status export_snapshot(const Snapshot& snapshot, const std::vector<std::string>& types,
                         const std::function<bool(bool is_edge)>& takes, const TextSink& sink);
  Result<Writer*> writer();
  Result<std::optional<CommitId>> fork_point(const GraphState& state, const BranchState& from,
                                             const BranchRequest& request);

  std::atomic<bool> as_opened_;  // the next look for news is not needed
  std::unique_ptr<Store> store_;
  std::unique_ptr<Writer> writer_;  // null when opened for reading only
  std::unique_ptr<Merger> merger_;
  QueryCache queries_;
  std::unique_ptr<ChangeFeed> feed_;  // where polls stopped last
};

// The refusal of a precondition that names no commit at all.
Error lost_precondition(std::string_view branch, std::string_view expected, CommitId head);

// Whether the past that a snapshot stands for knew the type, and is still kept.
Status check_readable(TypeId type, const Snapshot& snapshot, const GraphState& newest);

// A commit, and a plan, as the public API shows them.
Commit to_commit(const CommitHeader& header);
SchemaPlan to_plan(const Migration& migration);

}  // namespace omnigraph
