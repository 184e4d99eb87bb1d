// The public API over the engine.
#include "omnigraph/graph.h"

#include "common/thread_pool.h"
#include "graph/engine.h"
#include "storage/open_root.h"

namespace omnigraph {
namespace {

Runtime runtime_for(const GraphOptions& options) {
  Runtime runtime = Runtime::system();
  if (options.threads > 0) runtime.executor = std::make_shared<ThreadPool>(options.threads);
  if (options.memory_limit > 0) {
    runtime.budget = std::make_shared<MemoryBudget>(options.memory_limit);
  }
  return runtime;
}

}  // namespace

Graph::Graph(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;
Graph::~Graph() = default;

Result<Graph> Graph::create(std::string_view root, std::string_view schema_source,
                            const GraphOptions& options) {
  // The schema is compiled before the folder is made, so that a bad one leaves nothing behind.
  OG_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine,
                      Engine::create([root] { return open_root(root, true); }, std::string(root),
                                     schema_source, options, runtime_for(options)));
  return Graph(std::move(engine));
}

Result<Graph> Graph::open(std::string_view root, const GraphOptions& options) {
  const auto opened = [&]() -> Result<std::unique_ptr<Engine>> {
    OG_ASSIGN_OR_RETURN(ObjectStorePtr objects, open_root(root, false));
    return Engine::open(std::move(objects), options, runtime_for(options));
  };
  Result<std::unique_ptr<Engine>> engine = opened();
  if (!engine.ok()) {
    if (engine.error().code() != ErrorCode::kNotFound) return std::move(engine).error();
    return not_found("no graph at '" + std::string(root) + "'");
  }
  return Graph(std::move(*engine));
}

Result<ResultSet> Graph::query(const QueryRequest& request) const {
  return engine_->query(request);
}
Result<MutationReport> Graph::mutate(const MutationRequest& request) const {
  return engine_->mutate(request);
}
Result<LoadReport> Graph::load_file(const std::string& path, const LoadRequest& request) const {
  if (request.table) return engine_->load_table(path, request);
  OG_ASSIGN_OR_RETURN(const std::unique_ptr<LoadSource> source, open_load_source(path));
  return engine_->load(*source, request);
}
Result<LoadReport> Graph::load_text(std::string_view ndjson, const LoadRequest& request) const {
  return engine_->load(*text_load_source(ndjson), request);
}
Status Graph::export_ndjson(std::string_view branch, const std::vector<std::string>& types,
                            const TextSink& sink) const {
  return engine_->export_ndjson(branch, types, sink);
}
Result<BlobValue> Graph::blob(const BlobRequest& request) const { return engine_->blob(request); }
Result<BlobWriteReport> Graph::put_blob_file(const BlobWriteRequest& request,
                                             const std::string& path) const {
  return engine_->put_blob_file(request, path);
}
Result<BlobWriteReport> Graph::put_blob(const BlobWriteRequest& request,
                                        std::string_view bytes) const {
  return engine_->put_blob(request, bytes);
}
Result<BlobWriteReport> Graph::clear_blob(const BlobWriteRequest& request) const {
  return engine_->clear_blob(request);
}
Status Graph::export_parquet(std::string_view branch, std::string_view type,
                             const TextSink& sink) const {
  return engine_->export_parquet(branch, type, sink);
}
Result<SnapshotInfo> Graph::snapshot(std::string_view branch) const {
  return engine_->snapshot(branch);
}
Result<std::string> Graph::schema_source() const { return engine_->schema_source(); }
Result<SchemaPlan> Graph::plan_schema(std::string_view desired, bool allow_data_loss) const {
  return engine_->plan_schema(desired, allow_data_loss);
}
Result<SchemaReport> Graph::apply_schema(const SchemaRequest& request) const {
  return engine_->apply_schema(request);
}
Result<std::vector<std::string>> Graph::branches(const BranchListRequest& request) const {
  return engine_->branches(request);
}
Result<std::vector<BranchInfo>> Graph::branch_infos(const BranchListRequest& request) const {
  return engine_->branch_infos(request);
}
Status Graph::create_branch(const BranchRequest& request) const {
  return engine_->create_branch(request);
}
Status Graph::delete_branch(std::string_view name) const { return engine_->delete_branch(name); }
Result<MergeReport> Graph::merge(const MergeRequest& request) const {
  return engine_->merge(request, false);
}
Result<MergeReport> Graph::preview_merge(const MergeRequest& request) const {
  return engine_->merge(request, true);
}
Status Graph::create_branch(std::string_view name, std::string_view from) const {
  return engine_->create_branch({.name = name, .from = from});
}
Result<std::vector<Commit>> Graph::commits(std::string_view branch) const {
  return engine_->commits(branch);
}
Result<Commit> Graph::commit(std::string_view id) const { return engine_->commit(id); }
Result<CommitChangesPage> Graph::commit_changes(const CommitChangesRequest& request) const {
  return engine_->commit_changes(request);
}
Result<PollPage> Graph::poll_changes(const PollRequest& request) const {
  return engine_->poll_changes(request);
}
Result<BaselineReport> Graph::baseline(std::string_view branch, const ChangeFilter& filter,
                                       const TextSink& sink) const {
  return engine_->baseline(branch, filter, sink);
}
Result<DiffReport> Graph::diff(const DiffRequest& request, const ChangeSink& sink) const {
  return engine_->diff(request, sink);
}
Result<OptimizeReport> Graph::optimize() const { return engine_->optimize(); }
Result<RepairReport> Graph::repair() const { return engine_->repair(); }
Result<CleanupReport> Graph::cleanup(const CleanupRequest& request) const {
  return engine_->cleanup(request);
}

std::string_view load_mode_name(LoadMode mode) {
  switch (mode) {
    case LoadMode::kOverwrite:
      return "overwrite";
    case LoadMode::kAppend:
      return "append";
    case LoadMode::kMerge:
      return "merge";
  }
  return "merge";
}

}  // namespace omnigraph
