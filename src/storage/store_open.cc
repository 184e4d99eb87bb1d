// Making a graph, and finding its newest state when one is opened.
#include <algorithm>

#include "common/fault_point.h"
#include "schema/catalog_json.h"
#include "storage/envelope.h"
#include "storage/graph_store.h"

namespace omnigraph {
namespace {

// What an unfinished or foreign init may have left. The first is the existing product's.
constexpr std::string_view kForeignSchema = "_schema.pg";
constexpr std::string_view kOurFolders[] = {"log/",  "checkpoint/", "state/", "history/",
                                            "pack/", "data/",       "index/", "blob/"};

Error already_initialized(std::string_view what) {
  return {ErrorCode::kConflict, "already initialized: " + std::string(what)};
}

Result<bool> exists(ObjectStore& objects, std::string_view name) {
  auto info = objects.head(name);
  if (info.ok()) return true;
  if (info.error().code() == ErrorCode::kNotFound) return false;
  return std::move(info).error();
}

// Leftovers of an init that made no graph: refused, or with `force` taken away.
Status clear_leftovers(ObjectStore& objects, bool force) {
  OG_ASSIGN_OR_RETURN(const bool foreign, exists(objects, kForeignSchema));
  if (foreign) {
    if (!force) return already_initialized("'_schema.pg' is left of an unfinished init");
    OG_RETURN_IF_ERROR(objects.remove(kForeignSchema));
  }
  for (const std::string_view folder : kOurFolders) {
    OG_ASSIGN_OR_RETURN(const auto some, objects.list(folder, {}, 1));
    if (some.empty()) continue;
    if (!force) {
      return already_initialized("'" + some[0].name + "' is left of an unfinished init");
    }
    OG_ASSIGN_OR_RETURN(const auto all, objects.list(folder));
    for (const ObjectInfo& info : all) OG_RETURN_IF_ERROR(objects.remove(info.name));
  }
  return {};
}

// A store that takes a second put-if-absent of graph.json would let writers overwrite each other.
Status check_conditional_put(ObjectStore& objects, std::string_view bytes) {
  OG_ASSIGN_OR_RETURN(const PutOutcome again, objects.put_if_absent(kGraphFile, bytes));
  if (again != PutOutcome::kCreated) return {};
  OG_RETURN_IF_ERROR(objects.remove(kGraphFile));
  return io_error(
      "this store does not honour conditional puts (If-None-Match: *), which keep writers apart; "
      "nothing was made; use a store that does");
}

}  // namespace

Result<std::unique_ptr<Store>> Store::init(ObjectStorePtr objects, const Catalog& catalog,
                                           bool force, Runtime runtime, StoreOptions options) {
  if (options.read_only) return Error(ErrorCode::kReadOnly, "init cannot be read-only");
  const auto refuse = [&] {
    return force ? Error(ErrorCode::kConflict, "force init refuses graph root")
                 : already_initialized("the root holds a graph");
  };
  OG_ASSIGN_OR_RETURN(const bool taken, exists(*objects, kGraphFile));
  if (taken) return refuse();
  OG_RETURN_IF_ERROR(clear_leftovers(*objects, force));

  UlidSource ulids(runtime.clock, runtime.random);
  GraphFile file;
  file.format = kStoreFormat;
  file.min_reader = kMinReader;
  file.graph_id = ulids.next().text();
  file.log = options.log_form.value_or(objects->local_path() ? LogForm::kFile : LogForm::kObjects);
  file.created_at = runtime.clock->now_micros();
  file.genesis = ulids.next();
  file.main_incarnation = ulids.next();
  file.catalog_json = catalog_to_json(catalog);
  OG_FAULT_POINT("init.before_claim");
  const std::string bytes = encode_graph_file(file);
  PutOutcome outcome = PutOutcome::kUnknown;
  for (int i = 0; i < 3 && outcome == PutOutcome::kUnknown; ++i) {
    OG_ASSIGN_OR_RETURN(outcome, objects->put_if_absent(kGraphFile, bytes));
  }
  if (outcome == PutOutcome::kUnknown) {
    return Error(ErrorCode::kOutcomeUnknown, "whether the graph was made is not known");
  }
  if (outcome == PutOutcome::kExists) {
    // Our own put may have landed below a retry; the graph's id tells.
    OG_ASSIGN_OR_RETURN(const Bytes there, objects->get(kGraphFile));
    if (there.data != bytes) return refuse();
  }
  if (file.log == LogForm::kObjects && outcome == PutOutcome::kCreated) {
    OG_RETURN_IF_ERROR(check_conditional_put(*objects, bytes));
  }
  OG_FAULT_POINT("init.after_claim");
  return GraphStore::create(std::move(objects), std::move(file), std::nullopt, std::move(runtime),
                            options);
}

Result<std::unique_ptr<Store>> Store::open(ObjectStorePtr objects, Runtime runtime,
                                           StoreOptions options) {
  const std::string names[] = {std::string(kGraphFile), std::string(kCheckpointHint)};
  OG_ASSIGN_OR_RETURN(const auto heads, objects->get_many(names));
  if (!heads[0]) return not_found("no graph: 'graph.json' does not exist");
  OG_ASSIGN_OR_RETURN(GraphFile file, decode_graph_file(heads[0]->data));
  std::optional<std::string> hint;
  if (heads[1]) hint = std::string(heads[1]->data);
  return GraphStore::create(std::move(objects), std::move(file), std::move(hint),
                            std::move(runtime), options);
}

Result<std::unique_ptr<Store>> GraphStore::create(ObjectStorePtr objects, GraphFile file,
                                                  std::optional<std::string> hint, Runtime runtime,
                                                  StoreOptions options) {
  std::unique_ptr<GraphStore> store(
      new GraphStore(std::move(objects), std::move(file), std::move(runtime), options));
  if (store->file_.log == LogForm::kFile) {
    OG_ASSIGN_OR_RETURN(store->log_, open_file_log(store->objects_, options.read_only));
  } else {
    OG_ASSIGN_OR_RETURN(store->log_, open_object_log(store->reads_, store->runtime_.clock));
  }
  store->show_presence();
  const std::lock_guard lock(store->apply_mutex_);
  OG_RETURN_IF_ERROR(store->restore(hint));
  OG_RETURN_IF_ERROR(store->catch_up());
  store->reads_->forget();
  store->packed_ = store->state()->sequence;
  return std::unique_ptr<Store>(std::move(store));
}

Result<GraphStatePtr> GraphStore::first_state() const {
  auto catalog = catalog_from_json(file_.catalog_json);
  if (!catalog.ok()) return std::move(catalog).error().prefixed("'graph.json': ");
  return genesis_state(std::move(catalog).value(), genesis_, file_.main_incarnation);
}

Status GraphStore::restore(const std::optional<std::string>& hint) {
  std::optional<Restored> restored;
  // A hint that is no name of a root is as good as none.
  const std::optional<Sequence> hinted =
      hint ? checkpoint_sequence(std::string(kCheckpointPrefix) + *hint) : std::nullopt;
  FetchRequest ahead;
  ahead.names = log_->tail_names(hinted.value_or(0) + 1);
  if (hinted) {
    if (!ahead.names.empty()) {
      ahead.objects.push_back(checkpoint_name(*hinted));
      OG_RETURN_IF_ERROR(reads_->load(std::move(ahead)));
    }
    OG_ASSIGN_OR_RETURN(std::vector<std::string> tail, log_->tail_objects(*hinted + 1));
    OG_ASSIGN_OR_RETURN(restored, read_checkpoint(*hinted, std::move(tail)));
  } else if (!ahead.names.empty()) {
    ahead.names.push_back({std::string(kCheckpointPrefix), {}});
    OG_RETURN_IF_ERROR(reads_->load(std::move(ahead)));
  }
  if (!restored) {
    OG_ASSIGN_OR_RETURN(restored, load_checkpoint(UINT64_MAX));
  }
  if (!restored) {
    OG_ASSIGN_OR_RETURN(state_, first_state());
    return {};
  }
  OG_RETURN_IF_ERROR(log_->resume(restored->root.next));
  adopt(restored->root);
  ulids_.observe(restored->state->last_commit);
  for (const CheckpointRoot::Branch& branch : restored->root.branches) {
    written_branches_[branch.name] = {restored->state->branches.at(branch.name), branch};
  }
  const std::lock_guard lock(state_mutex_);
  state_ = std::move(restored->state);
  return {};
}

// The newest complete checkpoint at or below a sequence; nullopt when there is none.
Result<std::optional<GraphStore::Restored>> GraphStore::load_checkpoint(Sequence at_most) {
  if (at_most != UINT64_MAX) {
    OG_ASSIGN_OR_RETURN(auto exact, read_checkpoint(at_most));
    if (exact) return exact;
  }
  OG_ASSIGN_OR_RETURN(const auto names, reads_->list(kCheckpointPrefix, {}, SIZE_MAX));
  for (auto it = names.rbegin(); it != names.rend(); ++it) {
    const auto sequence = checkpoint_sequence(it->name);
    if (!sequence || *sequence > at_most) continue;
    OG_ASSIGN_OR_RETURN(auto restored, read_checkpoint(*sequence));
    if (restored) return restored;
  }
  return std::optional<Restored>();
}

// nullopt when the root or a state that it names is missing; damage is an error.
Result<std::optional<GraphStore::Restored>> GraphStore::read_checkpoint(
    Sequence sequence, std::vector<std::string> also) {
  const std::string name = checkpoint_name(sequence);
  auto bytes = reads_->get(name);
  if (!bytes.ok()) {
    if (bytes.error().code() == ErrorCode::kNotFound) return std::optional<Restored>();
    return std::move(bytes).error();
  }
  Restored out;
  OG_ASSIGN_OR_RETURN(out.root, decode_checkpoint(bytes->data, name));
  if (out.root.sequence != sequence) {
    return damaged("checkpoint", name, "its sequence is not that of its name");
  }
  auto catalog = catalog_from_json(out.root.catalog_json);
  if (!catalog.ok()) return damaged("checkpoint", name, catalog.error().message());

  // Branches that are equal share a state; each is read once.
  std::vector<std::string> objects;
  for (const CheckpointRoot::Branch& branch : out.root.branches) objects.push_back(branch.state);
  std::sort(objects.begin(), objects.end());
  objects.erase(std::unique(objects.begin(), objects.end()), objects.end());
  if (!also.empty()) {
    also.insert(also.end(), objects.begin(), objects.end());
    OG_RETURN_IF_ERROR(reads_->load({std::move(also), {}, {}}));
  }
  OG_ASSIGN_OR_RETURN(const auto contents, reads_->get_many(objects));
  std::map<std::string, BranchState> states;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (!contents[i]) return std::optional<Restored>();
    if (branch_state_name(contents[i]->data) != objects[i]) {
      return damaged("branch state", objects[i], "its content is not that of its name");
    }
    OG_ASSIGN_OR_RETURN(BranchState state,
                        decode_branch_state(contents[i]->data, objects[i], *catalog, *this));
    states.emplace(objects[i], std::move(state));
  }
  auto state = std::make_shared<GraphState>();
  state->sequence = out.root.sequence;
  state->gsn = out.root.gsn;
  state->last_commit = out.root.last_commit;
  state->catalog = std::move(catalog).value();
  state->next_row = out.root.next_row;
  state->floors = out.root.floors;
  state->kept_floors = out.root.kept_floors;
  state->sweeps = out.root.sweeps;
  state->uploads_before = out.root.uploads_before;
  for (const CheckpointRoot::Branch& branch : out.root.branches) {
    auto made = std::make_shared<BranchState>(states.at(branch.state));
    made->name = branch.name;
    made->incarnation = branch.incarnation;
    made->parent_branch = branch.parent;
    made->forked_at = branch.forked_at;
    made->forked_gsn = branch.forked_gsn;
    made->created_gsn = branch.created_gsn;
    made->created_at = branch.created_at;
    const Snapshot& head = *made->snapshot;
    if (head.branch() != branch.name) {
      made->snapshot = std::make_shared<const Snapshot>(head.catalog_ptr(), head.tables(),
                                                        head.head(), branch.name);
    }
    if (made->snapshot->commit() == made->forked_at) made->fork_snapshot = made->snapshot;
    state->put_branch(std::move(made));
  }
  if (state->branch("main") == nullptr) return damaged("checkpoint", name, "it has no main");
  out.state = std::move(state);
  return std::optional<Restored>(std::move(out));
}

}  // namespace omnigraph
