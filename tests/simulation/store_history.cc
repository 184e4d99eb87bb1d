#include "simulation/store_history.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "common/fault_point.h"
#include "schema/compile.h"
#include "storage/log_sectors.h"

namespace omnigraph::simulation {
namespace {

constexpr const char* kPoints[] = {
    "commit.before_append",    "log.before_write",       "log.after_write",
    "log.after_sync",          "log.before_new_file",    "log.after_new_file",
    "fold.before_merge",       "segment.before_write",   "segment.after_write",
    "fold.before_replace",     "fold.after_replace",     "checkpoint.begin",
    "checkpoint.after_states", "checkpoint.before_root", "checkpoint.after_root",
    "checkpoint.after_hint",   "log.before_pack",        "local.after_link",
};

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
  auto catalog = compile_schema(kPeopleSchema);
  if (!catalog.ok()) return catalog.error().message();
  StoreOptions options;
  options.log_form = form_;
  auto made = Store::init(faults_, **catalog, false, runtime(), options);
  if (!made.ok()) return made.error().message();
  people_.models[(*made)->genesis().id] = {};
  made->reset();
  handles_.resize(static_cast<std::size_t>(options_.handles));
  for (Handle& handle : handles_) {
    if (!open(handle)) return "cannot open a healthy graph";
  }
  for (at_step_ = 0; at_step_ < options_.steps && failure_.empty(); ++at_step_) {
    inject(true);
    const bool cut = percent(options_.power_cut_percent);
    const LogFiles before = cut ? log_files() : LogFiles();
    if (cut) {
      arm_fault("log.after_write", 1, FaultAction::kError);
    } else if (percent(options_.fault_point_percent)) {
      arm_fault(kPoints[below(std::size(kPoints))], 1 + below(3), FaultAction::kError);
    }
    step();
    const bool fired = cut && !fault_armed();
    disarm_fault();
    if (fired && failure_.empty()) cut_power(before);
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

void StoreHistory::commit(Handle& handle) {
  auto prepared = people_.prepare(*handle.store, random_, "main", 70);
  if (!prepared) return fail("the head is a commit that nobody wrote");
  const CommitId id = prepared->id;
  auto outcome = handle.store->append(std::move(prepared->record));
  if (!outcome.ok()) {
    if (outcome.error().code() == ErrorCode::kCorrupt ||
        outcome.error().code() == ErrorCode::kInternal) {
      fail("append: " + outcome.error().message());
    }
    return;  // may or may not be there
  }
  if (*outcome == AppendOutcome::kMoved) {
    people_.models.erase(id);
  } else if (*outcome == AppendOutcome::kAppended && prepared->branch == "main") {
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

StoreHistory::LogFiles StoreHistory::log_files() const {
  LogFiles out;
  std::error_code none;
  for (const auto& entry :
       std::filesystem::directory_iterator(*faults_->local_path() + "/log", none)) {
    std::ifstream file(entry.path(), std::ios::binary);
    out[entry.path()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return out;
}

// All processes die together, and of the sectors that were written and not synced some are lost.
void StoreHistory::cut_power(const LogFiles& before) {
  for (Handle& handle : handles_) handle.store.reset();
  for (const auto& [path, bytes] : log_files()) {
    const auto old = before.find(path);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (std::size_t at = 0; at < bytes.size(); at += kSector) {
      std::string sector = old == before.end() || at >= old->second.size()
                               ? std::string()
                               : old->second.substr(at, kSector);
      sector.resize(std::min(kSector, bytes.size() - at), '\0');
      if (bytes.compare(at, kSector, sector) == 0 || percent(50)) continue;
      file.seekp(static_cast<std::streamoff>(at));
      file.write(sector.data(), static_cast<std::streamsize>(sector.size()));
      ++sectors_lost_;
    }
  }
  for (Handle& handle : handles_) {
    inject(false);
    if (failure_.empty()) crash(handle);
  }
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
  const std::string wrong = people_.check(snapshot);
  if (!wrong.empty()) fail(wrong);
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
    if (!people_.models.contains(header.id))
      return fail("a commit that nobody wrote is in history");
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
