#include "simulation/interleaved_history.h"

#include <algorithm>
#include <set>

#include "maintenance/cleanup.h"
#include "schema/compile.h"

namespace omnigraph::simulation {
namespace {

constexpr std::uint64_t kTurns = 1500;
constexpr std::int64_t kGraceMicros = std::int64_t{3'600} * 1'000'000;
constexpr std::int64_t kDayMicros = 24 * kGraceMicros;

}  // namespace

InterleavedHistory::InterleavedHistory(std::uint64_t seed)
    : stage_(seed), network_(stage_, make_memory_store()) {
  options_.log_form = LogForm::kObjects;
  options_.checkpoint_records = static_cast<std::uint32_t>(4 + stage_.below(16));
  options_.fold_inline_rows = static_cast<std::uint32_t>(3 + stage_.below(20));
  options_.fold_segments = static_cast<std::uint32_t>(2 + stage_.below(4));
  options_.sweep_grace_micros = kGraceMicros;
}

void InterleavedHistory::fail(const std::string& what) {
  if (failure_.empty()) failure_ = "turn " + std::to_string(stage_.turn()) + ": " + what;
}

void InterleavedHistory::judge(const char* doing, const Error& error) {
  if (error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kInternal) {
    fail(std::string(doing) + ": " + error.message());
  }
}

// Up to a day off, either way.
std::shared_ptr<FakeClock> InterleavedHistory::wrong_clock() {
  auto clock = std::make_shared<FakeClock>();
  clock->set_micros(FakeClock::kDefaultMicros - kDayMicros +
                    static_cast<std::int64_t>(stage_.below(2 * kDayMicros)));
  return clock;
}

bool InterleavedHistory::begin(Process& process, std::shared_ptr<FakeClock> clock) {
  process.objects = std::make_shared<ProcessStore>(network_);
  process.clock = std::move(clock);
  process.seen = 0;
  Runtime runtime = test_runtime(stage_.random().next() | ++opened_);
  runtime.clock = process.clock;
  const Sequence promised = promised_;
  auto store = Store::open(process.objects, std::move(runtime), options_);
  if (!store.ok()) {
    judge("open", store.error());
    return false;
  }
  process.store = std::move(store).value();
  if (process.store->state()->sequence < promised) fail("an open misses an acknowledged commit");
  return true;
}

void InterleavedHistory::play(const std::shared_ptr<FakeClock>& clock,
                              const std::function<void(Process&)>& act) {
  while (going()) {
    Process process;
    if (begin(process, clock ? clock : wrong_clock())) {
      while (going() && process.objects->alive()) {
        process.clock->advance_micros(1'000);
        act(process);
        stage_.pause();
      }
    }
    process.objects->kill();
    stage_.pause();
  }
}

std::string InterleavedHistory::run() {
  auto catalog = compile_schema(kPeopleSchema);
  if (!catalog.ok()) return catalog.error().message();
  network_.calm = true;
  {
    auto made = Store::init(std::make_shared<ProcessStore>(network_), **catalog, false,
                            test_runtime(stage_.random().next()), options_);
    if (!made.ok()) return made.error().message();
    people_.models[(*made)->genesis().id] = {};
  }
  network_.calm = false;
  network_.faults.fail_percent = stage_.below(4) * 3;
  network_.faults.kill_permille = stage_.below(4) * 4;
  const std::uint64_t writers = 1 + stage_.below(3), readers = 1 + stage_.below(2);
  for (std::uint64_t i = 0; i < writers; ++i) {
    stage_.add([this] { play(nullptr, [this](Process& process) { write(process); }); });
  }
  for (std::uint64_t i = 0; i < readers; ++i) {
    stage_.add([this] { play(nullptr, [this](Process& process) { read(process); }); });
  }
  stage_.add([this] { play(nullptr, [this](Process& process) { compact(process); }); });
  stage_.add([this] { play(cleaner_clock_, [this](Process& process) { clean(process); }); });
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
