#include "simulation/store_history.h"

#include <algorithm>

#include "common/fault_point.h"
#include "schema/compile.h"

namespace omnigraph::simulation {
namespace {

constexpr char kSchema[] = "node Person { name: String @key\n age: I32? }";

constexpr const char* kPoints[] = {
    "commit.before_append",    "log.before_write",       "log.after_write",
    "log.after_sync",          "log.before_new_file",    "log.after_new_file",
    "fold.before_merge",       "segment.before_write",   "segment.after_write",
    "fold.before_replace",     "fold.after_replace",     "checkpoint.begin",
    "checkpoint.after_states", "checkpoint.before_root", "checkpoint.after_root",
    "checkpoint.after_hint",   "log.before_pack",        "local.after_link",
};

RowBatch rows_of(const Catalog& catalog, const Model& rows) {
  const NodeType& type = *catalog.node("Person");
  RowBatch batch;
  batch.table = type.id;
  batch.rows = static_cast<std::uint32_t>(rows.size());
  ColumnBuilder ids(PropertyType{});
  ColumnBuilder names(type.find("name")->type);
  ColumnBuilder ages(type.find("age")->type);
  for (const auto& [name, row] : rows) {
    batch.rids.push_back(row.rid);
    ids.append_text(name);
    names.append_text(name);
    ages.append_i32(row.age);
  }
  batch.ids = IdColumn::of_text(ids.finish());
  batch.columns.emplace_back(type.find("name")->id, names.finish());
  batch.columns.emplace_back(type.find("age")->id, ages.finish());
  return batch;
}

Result<Model> read_model(const Snapshot& snapshot) {
  Model out;
  const NodeType& type = *snapshot.catalog().node("Person");
  const Property& age = *type.find("age");
  for (const TablePart& part : snapshot.table(type.id)->parts()) {
    for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
      if (!part.live(row)) continue;
      OG_ASSIGN_OR_RETURN(const std::string id, part.segment->id_text(row));
      OG_ASSIGN_OR_RETURN(const Value value, part.segment->value(age.id, age.type, row));
      OG_ASSIGN_OR_RETURN(const RowId rid, part.segment->rid(row));
      const std::int64_t* number = value.get_if<std::int64_t>();
      if (number == nullptr) return corrupt("an age is lost");
      if (!out.emplace(id, ModelRow{rid, static_cast<std::int32_t>(*number)}).second) {
        return corrupt("'" + id + "' is there twice");
      }
    }
  }
  return out;
}

}  // namespace

StoreHistory::StoreHistory(ObjectStorePtr objects, LogForm form, HistoryOptions options)
    : options_(options),
      random_(options.seed),
      faults_(std::make_shared<FaultStore>(objects)),
      form_(form) {}

void StoreHistory::fail(const std::string& what) {
  if (failure_.empty()) failure_ = "step " + std::to_string(at_step_) + ": " + what;
}

void StoreHistory::inject(bool on) {
  if (!on || options_.fault_percent == 0) {
    faults_->set_faults(nullptr);
    return;
  }
  faults_->set_faults([this](StoreCall call, std::string_view) {
    if (!percent(options_.fault_percent)) return StoreFault::kNone;
    if (call != StoreCall::kPut && call != StoreCall::kPutIfAbsent) return StoreFault::kFail;
    switch (below(5)) {
      case 0:
        return StoreFault::kFail;
      case 1:
        return StoreFault::kFull;
      case 2:
        return StoreFault::kShortWrite;
      case 3:
        return StoreFault::kLostAnswer;
      default:
        return StoreFault::kNotWritten;
    }
  });
}

Runtime StoreHistory::runtime() {
  Runtime runtime = test_runtime(options_.seed * 1000 + ++opened_);
  runtime.clock = clock_;
  return runtime;
}

bool StoreHistory::open(Handle& handle) {
  StoreOptions options;
  options.checkpoint_records = static_cast<std::uint32_t>(3 + below(12));
  options.fold_inline_rows = static_cast<std::uint32_t>(2 + below(20));
  options.fold_segments = static_cast<std::uint32_t>(2 + below(4));
  auto store = Store::open(faults_, runtime(), options);
  if (!store.ok()) return false;
  handle.store = std::move(store).value();
  return true;
}

std::string StoreHistory::run() {
  auto catalog = compile_schema(kSchema);
  if (!catalog.ok()) return catalog.error().message();
  StoreOptions options;
  options.log_form = form_;
  auto made = Store::init(faults_, **catalog, false, runtime(), options);
  if (!made.ok()) return made.error().message();
  models_[(*made)->genesis().id] = {};
  made->reset();
  handles_.resize(static_cast<std::size_t>(options_.handles));
  for (Handle& handle : handles_) {
    if (!open(handle)) return "cannot open a healthy graph";
  }
  for (at_step_ = 0; at_step_ < options_.steps && failure_.empty(); ++at_step_) {
    inject(true);
    if (percent(options_.fault_point_percent)) {
      arm_fault(kPoints[below(std::size(kPoints))], 1 + below(3), FaultAction::kError);
    }
    step();
    disarm_fault();
  }
  inject(false);
  if (failure_.empty()) check_end();
  return failure_;
}

void StoreHistory::step() {
  clock_->advance_micros(1000);
  Handle& handle = handles_[below(handles_.size())];
  const std::uint64_t dice = below(100);
  if (dice < 45) {
    commit(handle);
  } else if (dice < 52) {
    branch(handle);
  } else if (dice < 70) {
    maintain(handle);
  } else if (dice < 85) {
    read(handle);
  } else if (dice < 93) {
    read_past(handle);
  } else {
    crash(handle);
  }
}

// Inserts, updates and deletes a few people on a random branch, from what the handle knows.
void StoreHistory::commit(Handle& handle) {
  Store& store = *handle.store;
  const GraphStatePtr state = store.state();
  auto at = state->branches.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(below(state->branches.size())));
  if (percent(70)) at = state->branches.find("main");
  const std::string name = at->first;
  const Snapshot& head = *at->second->snapshot;
  const auto known = models_.find(head.commit());
  if (known == models_.end()) return fail("the head is a commit that nobody wrote");
  Model model = known->second;

  const TypeId table = state->catalog->node("Person")->id;
  const auto next = state->next_row.find(table);
  RowId rid = next == state->next_row.end() ? 0 : next->second;
  TableChange change;
  change.table = table;
  Model added;
  if (percent(3)) {
    change.clear = true;
    model.clear();
  }
  for (std::uint64_t i = 0, n = 1 + below(4); i < n; ++i) {
    const std::uint64_t kind = model.empty() ? 0 : below(3);
    if (kind == 0) {
      const std::string person = "p" + std::to_string(next_name_++);
      const ModelRow row{rid++, static_cast<std::int32_t>(below(100))};
      model[person] = row;
      added[person] = row;
      continue;
    }
    auto victim = model.begin();
    std::advance(victim, static_cast<std::ptrdiff_t>(below(model.size())));
    if (added.contains(victim->first)) continue;
    const RowId dead = victim->second.rid;
    if (std::find(change.deleted.begin(), change.deleted.end(), dead) != change.deleted.end()) {
      continue;
    }
    change.deleted.push_back(dead);
    if (kind == 1) {
      victim->second.age += 1;
      added[victim->first] = victim->second;
    } else {
      model.erase(victim);
    }
  }
  std::sort(change.deleted.begin(), change.deleted.end());
  if (!added.empty()) change.inline_rows.push_back(rows_of(*state->catalog, added));

  Record record;
  record.sequence = state->sequence + 1;
  record.first_gsn = state->gsn + 1;
  CommitEntry entry;
  entry.header.id = store.ulids().next();
  entry.header.gsn = record.first_gsn;
  entry.header.branch = name;
  entry.header.parent = head.commit();
  entry.header.version = head.head().version + 1;
  entry.tables.push_back(std::move(change));
  const CommitId id = entry.header.id;
  record.entries.emplace_back(std::move(entry));
  models_[id] = std::move(model);
  auto outcome = store.append(std::move(record));
  if (!outcome.ok()) {
    if (outcome.error().code() == ErrorCode::kCorrupt ||
        outcome.error().code() == ErrorCode::kInternal) {
      fail("append: " + outcome.error().message());
    }
    return;  // may or may not be there
  }
  if (*outcome == AppendOutcome::kMoved) {
    models_.erase(id);
  } else if (*outcome == AppendOutcome::kAppended && name == "main") {
    acknowledged_.push_back(id);
  }
}

void StoreHistory::branch(Handle& handle) {
  Store& store = *handle.store;
  const GraphStatePtr state = store.state();
  Record record;
  record.sequence = state->sequence + 1;
  record.first_gsn = state->gsn + 1;
  const BranchState* other = state->branch("side");
  if (other == nullptr) {
    BranchCreateEntry create;
    create.name = "side";
    create.incarnation = store.ulids().next();
    create.from = "main";
    create.at = state->branch("main")->snapshot->commit();
    record.entries.emplace_back(create);
  } else if (percent(30)) {
    record.entries.emplace_back(BranchDeleteEntry{"side", other->incarnation});
  } else {
    return;
  }
  auto outcome = store.append(std::move(record));
  if (!outcome.ok() && outcome.error().code() == ErrorCode::kCorrupt) {
    fail("branch: " + outcome.error().message());
  }
}

void StoreHistory::maintain(Handle& handle) {
  const Status kept = percent(30) ? handle.store->maintain_now() : handle.store->maintain();
  if (!kept.ok() &&
      (kept.error().code() == ErrorCode::kCorrupt || kept.error().code() == ErrorCode::kInternal)) {
    fail("maintain: " + kept.error().message());
  }
}

void StoreHistory::read(Handle& handle) {
  auto state = handle.store->refresh();
  if (!state.ok()) {
    if (state.error().code() == ErrorCode::kCorrupt) fail("refresh: " + state.error().message());
    return;
  }
  inject(false);
  check_state(handle);
}

void StoreHistory::read_past(Handle& handle) {
  if (acknowledged_.empty()) return;
  const CommitId id = acknowledged_[below(acknowledged_.size())];
  if (!handle.store->refresh().ok()) return;
  auto snapshot = handle.store->snapshot_at(id);
  if (!snapshot.ok()) {
    if (snapshot.error().code() == ErrorCode::kCorrupt ||
        snapshot.error().code() == ErrorCode::kNotFound) {
      fail("past: " + snapshot.error().message());
    }
    return;
  }
  inject(false);
  check_snapshot(**snapshot);
}

// The process dies; whatever it had in memory is gone.
void StoreHistory::crash(Handle& handle) {
  handle.store.reset();
  if (!open(handle)) {
    inject(false);
    if (!open(handle)) return fail("a graph does not open after a crash");
  }
  inject(false);
  handle.seen = 0;
  auto state = handle.store->refresh();
  if (!state.ok()) return fail("refresh after a crash: " + state.error().message());
  const auto commits = handle.store->commits("main");
  if (!commits.ok()) return fail("commits: " + commits.error().message());
  for (const CommitId& id : acknowledged_) {
    const bool there = std::any_of(commits->begin(), commits->end(),
                                   [&](const CommitHeader& header) { return header.id == id; });
    if (!there) return fail("an acknowledged commit is lost");
  }
  check_state(handle);
}

void StoreHistory::check_state(Handle& handle) {
  const GraphStatePtr state = handle.store->state();
  if (state->sequence < handle.seen) return fail("a reader went back");
  handle.seen = state->sequence;
  for (const auto& [name, branch] : state->branches) check_snapshot(*branch->snapshot);
}

void StoreHistory::check_snapshot(const Snapshot& snapshot) {
  const auto known = models_.find(snapshot.commit());
  if (known == models_.end()) return fail("a commit that nobody wrote is there");
  auto rows = read_model(snapshot);
  if (!rows.ok()) return fail("rows: " + rows.error().message());
  if (*rows != known->second) return fail("rows differ from the model's");
  for (const auto& [name, row] : *rows) {
    const TypeId table = snapshot.catalog().node("Person")->id;
    auto found = snapshot.table(table)->find_id(name);
    if (!found.ok() || !found->has_value()) return fail("'" + name + "' is not found by its id");
    auto located = snapshot.table(table)->locate(row.rid);
    if (!located.ok() || !located->has_value()) {
      return fail("'" + name + "' is not found by its row id");
    }
  }
}

void StoreHistory::check_end() {
  for (Handle& handle : handles_) {
    crash(handle);
    if (!failure_.empty()) return;
  }
  const auto commits = handles_[0].store->commits("main");
  if (!commits.ok()) return fail("commits: " + commits.error().message());
  // Linear: each commit once, versions and numbers fall, all known, acknowledged ones in order.
  std::size_t next = acknowledged_.size();
  for (std::size_t i = 0; i < commits->size(); ++i) {
    const CommitHeader& header = (*commits)[i];
    if (!models_.contains(header.id)) return fail("a commit that nobody wrote is in history");
    if (i > 0 && (header.version >= (*commits)[i - 1].version ||
                  header.gsn >= (*commits)[i - 1].gsn || header.id >= (*commits)[i - 1].id)) {
      return fail("history is not linear");
    }
    if (next > 0 && header.id == acknowledged_[next - 1]) --next;
  }
  if (next != 0) return fail("acknowledged commits are missing or out of order");
  for (std::size_t i = 0; i < commits->size(); i += 5) {
    auto snapshot = handles_[0].store->snapshot_at((*commits)[i].id);
    if (!snapshot.ok()) return fail("past: " + snapshot.error().message());
    check_snapshot(**snapshot);
  }
}

}  // namespace omnigraph::simulation
