#include "graph/engine.h"

#include <map>

#include "common/json_writer.h"
#include "graph/branch_name.h"
#include "history/change_feed.h"
#include "schema/compile.h"
#include "schema/migration_render.h"

namespace omnigraph {
namespace {

StoreOptions store_options(const GraphOptions& options) {
  StoreOptions store;
  store.read_only = options.read_only;
  store.only_writer = options.only_writer;
  return store;
}

Error commit_not_found(std::string_view id) {
  return not_found("commit '" + std::string(id) + "' not found");
}

}  // namespace

Commit to_commit(const CommitHeader& header) {
  Commit commit;
  commit.id = header.id.text();
  if (header.branch != kMainBranch) commit.branch = header.branch;
  commit.version = header.version;
  if (header.parent) commit.parent = header.parent->text();
  if (header.merged_parent) commit.merged_parent = header.merged_parent->text();
  commit.actor = header.actor;
  commit.created_at = header.created_at;
  return commit;
}

SchemaPlan to_plan(const Migration& migration) {
  SchemaPlan plan{.supported = migration.supported(), .steps = {}};
  for (const MigrationStep& step : migration.steps) {
    SchemaStep shown;
    JsonWriter json(shown.json);
    write_json(json, step);
    shown.text = describe(step);
    plan.steps.push_back(std::move(shown));
  }
  return plan;
}

Graph::Engine::Engine(std::unique_ptr<Store> store, const GraphOptions& options)
    : as_opened_(options.first_read_as_opened),
      store_(std::move(store)),
      feed_(std::make_unique<ChangeFeed>(*store_)) {
  if (!options.read_only) writer_ = std::make_unique<Writer>(*store_);
  merger_ = std::make_unique<Merger>(*store_, writer_ ? &writer_->committer() : nullptr);
}

Result<std::unique_ptr<Graph::Engine>> Graph::Engine::create(
    const std::function<Result<ObjectStorePtr>()>& make_store, const std::string& root,
    std::string_view schema_source, const GraphOptions& options, Runtime runtime) {
  OG_ASSIGN_OR_RETURN(const CatalogPtr catalog, compile_schema(schema_source));
  OG_ASSIGN_OR_RETURN(ObjectStorePtr objects, make_store());
  Result<std::unique_ptr<Store>> store = Store::init(std::move(objects), *catalog, options.force,
                                                     std::move(runtime), store_options(options));
  if (!store.ok()) {
    // The store does not know what its folder is called; its client may.
    const bool unnamed = store.error().message().find(root) == std::string::npos;
    const ErrorCode code = store.error().code();
    if (root.empty() || !unnamed || (code != ErrorCode::kConflict && code != ErrorCode::kIo)) {
      return std::move(store).error();
    }
    return std::move(store.error()).prefixed("'" + root + "': ");
  }
  return std::unique_ptr<Engine>(new Engine(std::move(*store), options));
}

Result<std::unique_ptr<Graph::Engine>> Graph::Engine::open(ObjectStorePtr objects,
                                                           const GraphOptions& options,
                                                           Runtime runtime) {
  OG_ASSIGN_OR_RETURN(std::unique_ptr<Store> store,
                      Store::open(std::move(objects), std::move(runtime), store_options(options)));
  return over(std::move(store), options);
}

std::unique_ptr<Graph::Engine> Graph::Engine::over(std::unique_ptr<Store> store,
                                                   const GraphOptions& options) {
  return std::unique_ptr<Engine>(new Engine(std::move(store), options));
}

Result<Writer*> Graph::Engine::writer() {
  if (!writer_) return Error(ErrorCode::kReadOnly, "the graph was opened for reading only");
  return writer_.get();
}

Result<std::shared_ptr<const BranchState>> Graph::Engine::head(const GraphState& state,
                                                               std::string_view branch) {
  OG_ASSIGN_OR_RETURN(const std::string_view name, trim_branch(branch));
  const BranchStatePtr* const found = state.branches.get(name);
  if (found == nullptr) return branch_not_found(name);
  return *found;
}

Result<std::shared_ptr<const BranchState>> Graph::Engine::head(std::string_view branch) {
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  return head(*state, branch);
}

Result<SnapshotInfo> Graph::Engine::snapshot(std::string_view branch) {
  OG_ASSIGN_OR_RETURN(const auto state, head(branch));
  const Snapshot& snapshot = *state->snapshot;
  SnapshotInfo info;
  info.branch = state->name;
  info.version = snapshot.head().version;
  info.commit_id = snapshot.commit().text();
  const auto add = [&](const EntityType& type, bool is_edge) {
    DatasetInfo dataset;
    dataset.is_edge = is_edge;
    dataset.type_name = type.name;
    dataset.path = (is_edge ? "edges/" : "nodes/") + std::to_string(type.lifetime);
    dataset.version = state->table_version(type.id);
    const std::string& writer = state->table_writer(type.id);
    if (writer != kMainBranch) dataset.branch = writer;
    dataset.entities = snapshot.table(type.id)->live_rows();
    info.datasets.push_back(std::move(dataset));
  };
  for (const EdgeType& type : snapshot.catalog().edges()) add(type, true);
  for (const NodeType& type : snapshot.catalog().nodes()) add(type, false);
  return info;
}

Result<std::string> Graph::Engine::schema_source() {
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  return state->catalog->source();
}

Result<SchemaPlan> Graph::Engine::plan_schema(std::string_view desired, bool allow_data_loss) {
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  OG_ASSIGN_OR_RETURN(const Migration migration,
                      plan_migration(*state->catalog, desired, allow_data_loss));
  return to_plan(migration);
}

Result<std::vector<Commit>> Graph::Engine::commits(std::string_view branch) {
  OG_ASSIGN_OR_RETURN(const auto state, head(branch));
  OG_ASSIGN_OR_RETURN(const std::vector<CommitHeader> reachable, store_->commits(state->name));
  // Only what was authored on the branch or inherited at its fork: the chain of first parents.
  std::map<CommitId, const CommitHeader*> by_id;
  for (const CommitHeader& header : reachable) by_id.emplace(header.id, &header);
  std::vector<Commit> commits;
  std::optional<CommitId> next = state->snapshot->commit();
  while (next) {
    const auto found = by_id.find(*next);
    if (found == by_id.end()) break;
    commits.push_back(to_commit(*found->second));
    next = found->second->parent;
  }
  return commits;
}

Result<Commit> Graph::Engine::commit(std::string_view id) {
  OG_RETURN_IF_ERROR(newest());
  OG_ASSIGN_OR_RETURN(const CommitHeader header, commit_header(id));
  return to_commit(header);
}

Result<CommitHeader> Graph::Engine::commit_header(std::string_view id) {
  const auto parsed = Ulid::parse(id);
  if (!parsed) return commit_not_found(id);
  OG_ASSIGN_OR_RETURN(const std::optional<CommitHeader> header, store_->find_commit(*parsed));
  if (!header || !store_->state()->carries(*header)) return commit_not_found(id);
  return *header;
}

}  // namespace omnigraph
