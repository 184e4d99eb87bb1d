#include "simulation/interleaved_history.h"

#include <algorithm>
#include <set>

#include "maintenance/cleanup.h"

namespace omnigraph::simulation {
namespace {

constexpr std::uint64_t kTurns = 1500;

}  // namespace

InterleavedHistory::InterleavedHistory(std::uint64_t seed) : NetworkHistory(seed) {}

void InterleavedHistory::judge(const char* doing, const Error& error) {
  if (error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kInternal) {
    fail(std::string(doing) + ": " + error.message());
  }
}

bool InterleavedHistory::begin(Process& process, std::shared_ptr<FakeClock> clock) {
  auto store = open(process, std::move(clock));
  if (!store.ok()) {
    judge("open", store.error());
    return false;
  }
  process.store = std::move(store).value();
  return true;
}

void InterleavedHistory::add(const std::shared_ptr<FakeClock>& clock,
                             void (InterleavedHistory::*act)(Process&)) {
  stage_.add([this, clock, act] {
    play<Process>(
        clock, 0,
        [this](Process& process, std::shared_ptr<FakeClock> its) {
          return begin(process, std::move(its));
        },
        [this, act](Process& process) { (this->*act)(process); }, [](Process&) {});
  });
}

std::string InterleavedHistory::run() {
  const auto genesis = create(kPeopleSchema);
  if (!genesis.ok()) return genesis.error().message();
  people_.models[genesis->id] = {};
  network_.faults.fail_percent = stage_.below(4) * 3;
  network_.faults.kill_permille = stage_.below(4) * 4;
  const std::uint64_t writers = 1 + stage_.below(3), readers = 1 + stage_.below(2);
  for (std::uint64_t i = 0; i < writers; ++i) add(nullptr, &InterleavedHistory::write);
  for (std::uint64_t i = 0; i < readers; ++i) add(nullptr, &InterleavedHistory::read);
  add(nullptr, &InterleavedHistory::compact);
  add(cleaner_clock_, &InterleavedHistory::clean);
  stage_.each_turn([this] {
    if (stage_.percent(5)) network_.land_one();
  });
  stage_.run(kTurns);
  if (failure_.empty()) check_end();
  return failure_;
}

void InterleavedHistory::write(Process& process) {
  if (stage_.percent(2)) {  // the clock is set, perhaps back
    process.clock->set_micros(wrong_clock()->now_micros());
  }
  const std::uint64_t dice = stage_.below(100);
  if (dice < 75) {
    commit(process);
  } else if (dice < 80) {
    branch(process);
  } else if (dice < 92) {
    const Status kept = process.store->maintain();
    if (!kept.ok()) judge("maintain", kept.error());
  } else {
    auto state = process.store->refresh();
    if (!state.ok()) judge("refresh", state.error());
  }
}

void InterleavedHistory::commit(Process& process) {
  auto prepared = people_.prepare(*process.store, stage_.random(), "main", 75);
  if (!prepared) return fail("the head is a commit that nobody wrote");
  const Sequence sequence = prepared->record.sequence;
  auto outcome = process.store->append(prepared->record);
  if (!outcome.ok()) return judge("append", outcome.error());
  if (*outcome == AppendOutcome::kMoved) {
    people_.models.erase(prepared->id);
  } else if (*outcome == AppendOutcome::kAppended) {
    promised_ = std::max(promised_, sequence);
    if (prepared->branch == "main") acknowledged_.push_back({prepared->id, sequence});
  }
}

void InterleavedHistory::branch(Process& process) {
  Store& store = *process.store;
  const GraphStatePtr state = store.state();
  Record record;
  record.sequence = state->sequence + 1;
  record.first_gsn = state->gsn + 1;
  const BranchState* side = state->branch("side");
  if (side == nullptr) {
    BranchCreateEntry create;
    create.name = "side";
    create.incarnation = store.ulids().next();
    create.from = "main";
    create.at = state->branch("main")->snapshot->commit();
    record.entries.emplace_back(create);
  } else {
    record.entries.emplace_back(BranchDeleteEntry{"side", side->incarnation});
  }
  const Sequence sequence = record.sequence;
  auto outcome = store.append(record);
  if (!outcome.ok()) return judge("branch", outcome.error());
  if (*outcome == AppendOutcome::kAppended) promised_ = std::max(promised_, sequence);
}

void InterleavedHistory::read(Process& process) {
  const Sequence promised = promised_;
  auto state = process.store->refresh();
  if (!state.ok()) return judge("refresh", state.error());
  if ((*state)->sequence < promised) return fail("a read misses an acknowledged commit");
  if ((*state)->sequence < process.seen) return fail("a reader went back");
  process.seen = (*state)->sequence;
  const std::uint64_t dice = stage_.below(100);
  if (dice < 20) return read_past(process);
  // Others go on while some look; nobody while the rest does.
  network_.calm = dice < 60;
  const std::int64_t begun = cleaner_clock_->now_micros();
  if (!network_.calm) {
    for (std::uint64_t i = stage_.below(20); i > 0; --i) stage_.pause();
    // Whoever reads longer than half of the grace period looks anew first.
    if (cleaner_clock_->now_micros() - begun > kGraceMicros / 2) return;
    network_.calm = true;
  }
  for (const auto& [name, branch] : (*state)->branches) {
    const std::string wrong = people_.check(*branch->snapshot);
    if (!wrong.empty() && process.objects->alive()) fail(name + ": " + wrong);
  }
  network_.calm = false;
}

void InterleavedHistory::read_past(Process& process) {
  if (acknowledged_.empty()) return;
  const auto& [id, sequence] = acknowledged_[stage_.below(acknowledged_.size())];
  if (sequence > process.seen) return;  // acknowledged while the refresh was under way
  network_.calm = true;
  if (process.objects->alive()) {
    auto snapshot = process.store->snapshot_at(id);
    if (snapshot.ok()) {
      check_readable(*process.store, **snapshot);
    } else {
      fail("past: " + snapshot.error().message());
    }
  }
  network_.calm = false;
}

// A commit's rows, unless a cleanup gave them up.
void InterleavedHistory::check_readable(const Store& store, const Snapshot& snapshot) {
  const GraphStatePtr now = store.state();
  const auto floor = now->floors.find(now->catalog->node("Person")->id);
  if (floor != now->floors.end() && snapshot.gsn() < floor->second) return;
  const std::string wrong = people_.check(snapshot);
  if (!wrong.empty()) fail("past: " + wrong);
}

void InterleavedHistory::compact(Process& process) {
  if (!stage_.percent(30)) return;
  if (stage_.percent(50)) {
    auto report = process.store->compact("main");
    if (!report.ok()) judge("compact", report.error());
  } else {
    const Status kept = process.store->maintain_now();
    if (!kept.ok()) judge("maintain", kept.error());
  }
}

void InterleavedHistory::clean(Process& process) {
  process.clock->advance_micros(static_cast<std::int64_t>(stage_.below(kGraceMicros / 2)));
  if (stage_.percent(30)) {
    CleanupRequest request;
    request.keep = static_cast<std::uint32_t>(1 + stage_.below(6));
    auto report = clean_up(*process.store, request);
    if (!report.ok()) judge("cleanup", report.error());
  } else {
    auto removed = process.store->sweep(false);
    if (!removed.ok()) judge("sweep", removed.error());
  }
}

void InterleavedHistory::check_end() {
  while (!network_.late.empty()) network_.land_one();
  network_.calm = true;
  Process process;
  if (!begin(process, wrong_clock())) return fail("a graph does not open at the end");
  const GraphStatePtr state = process.store->state();
  for (const auto& [name, branch] : state->branches) {
    const std::string wrong = people_.check(*branch->snapshot);
    if (!wrong.empty()) return fail(name + " at the end: " + wrong);
  }
  const auto commits = process.store->commits("main");
  if (!commits.ok()) return fail("commits: " + commits.error().message());
  std::set<CommitId> there;
  for (std::size_t i = 0; i < commits->size(); ++i) {
    const CommitHeader& header = (*commits)[i];
    there.insert(header.id);
    if (!people_.models.contains(header.id)) return fail("a commit that nobody wrote is there");
    if (i > 0 && (header.version >= (*commits)[i - 1].version ||
                  header.gsn >= (*commits)[i - 1].gsn || header.id >= (*commits)[i - 1].id)) {
      return fail("history is not linear");
    }
  }
  for (const auto& [id, sequence] : acknowledged_) {
    if (!there.contains(id)) return fail("an acknowledged commit is lost");
  }
  for (std::size_t i = 0; i < commits->size(); i += 3) {
    auto snapshot = process.store->snapshot_at((*commits)[i].id);
    if (!snapshot.ok()) return fail("past: " + snapshot.error().message());
    check_readable(*process.store, **snapshot);
  }
}

}  // namespace omnigraph::simulation
