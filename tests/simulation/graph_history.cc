#include "simulation/graph_history.h"

#include <algorithm>
#include <set>

namespace omnigraph::simulation {
namespace {

constexpr std::uint64_t kTurns = 2500;
// Processes that end in order and not by being killed.
constexpr std::uint64_t kInOrderPercent = 30;
// While the network is out, so many calls fail, for so many turns at most.
constexpr std::uint64_t kOutagePercent = 70, kLongestOutage = 120;

}  // namespace

GraphHistory::Counts& GraphHistory::Counts::operator+=(const Counts& other) {
  writes += other.writes;
  merges += other.merges;
  schemas += other.schemas;
  blobs += other.blobs;
  branches += other.branches;
  reads += other.reads;
  return *this;
}

GraphHistory::GraphHistory(std::uint64_t seed) : NetworkHistory(seed) {}

// Whether the error says that nothing was done.
bool GraphHistory::judge(const char* doing, const Error& error) {
  // Forks of a past that a cleanup gave up.
  if (error.details() && error.details()->kind == "history_reclaimed") return true;
  switch (error.code()) {
    case ErrorCode::kBadRequest:
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kPreconditionFailed:
      return true;
    case ErrorCode::kIo:
    case ErrorCode::kOutcomeUnknown:
      return false;
    default:
      fail(std::string(doing) + ": " + error.message());
      return false;
  }
}

bool GraphHistory::begin(Process& process, std::shared_ptr<FakeClock> clock) {
  auto store = open(process, std::move(clock));
  if (!store.ok()) {
    if (judge("open", store.error())) fail("open: " + store.error().message());
    return false;
  }
  process.graph = Graph::Engine::over(std::move(*store), {});
  return true;
}

void GraphHistory::add(const std::shared_ptr<FakeClock>& clock,
                       void (GraphHistory::*act)(Process&)) {
  stage_.add([this, clock, act] {
    play<Process>(
        clock, kInOrderPercent,
        [this](Process& process, std::shared_ptr<FakeClock> its) {
          return begin(process, std::move(its));
        },
        [this, act](Process& process) { (this->*act)(process); },
        [](Process& process) { process.graph.reset(); });
  });
}

std::string GraphHistory::run() {
  if (const auto genesis = create(graph_schema(false)); !genesis.ok()) {
    return genesis.error().message();
  }
  network_.faults.fail_percent = stage_.below(4) * 3;
  network_.faults.kill_permille = stage_.below(4) * 4;
  const std::uint64_t writers = 1 + stage_.below(3);
  for (std::uint64_t i = 0; i < writers; ++i) add(nullptr, &GraphHistory::write);
  add(nullptr, &GraphHistory::read);
  add(nullptr, &GraphHistory::optimize);
  add(cleaner_clock_, &GraphHistory::clean);
  const std::uint64_t usual = network_.faults.fail_percent, outages = stage_.below(3);
  std::uint64_t outage_ends = 0;
  stage_.each_turn([&] {
    if (stage_.percent(5)) network_.land_one();
    if (stage_.below(400) < outages) outage_ends = stage_.turn() + stage_.below(kLongestOutage);
    network_.faults.fail_percent = stage_.turn() < outage_ends ? kOutagePercent : usual;
  });
  stage_.run(kTurns);
  stage_.each_turn(nullptr);
  if (failure_.empty()) check_end();
  return failure_;
}

void GraphHistory::settle(Process& process, std::uint64_t number,
                          const std::optional<Commit>& commit, std::uint64_t& counter) {
  if (!commit) return models_.refuse(number);  // it came to nothing
  ++counter;
  promised_ = std::max(promised_, process.graph->store().state()->sequence);
  if (!commit->branch) acknowledged_.push_back(commit->id);
  known_.push_back(commit->id);
}

void GraphHistory::read(Process& process) {
  const Sequence promised = promised_;
  auto state = process.graph->store().refresh();
  if (!state.ok()) {
    judge("refresh", state.error());
    return;
  }
  if ((*state)->sequence < promised) return fail("a read misses an acknowledged commit");
  if ((*state)->sequence < process.seen) return fail("a reader went back");
  process.seen = (*state)->sequence;
  ++counts_.reads;
  const std::uint64_t dice = stage_.below(100);
  if (dice < 20) return read_past(process);
  if (dice < 40) {  // while others go on
    const auto count = process.graph->query(
        {.source = "query q() { match { $a: Person  $a knows $b } return { count($b) } }"});
    if (!count.ok()) judge("query", count.error());
    return;
  }
  const std::int64_t begun = cleaner_clock_->now_micros();
  if (dice < 60) {
    for (std::uint64_t i = stage_.below(20); i > 0; --i) stage_.pause();
    // Whoever reads longer than half of the grace period looks anew first.
    if (cleaner_clock_->now_micros() - begun > kGraceMicros / 2) return;
  }
  network_.calm = true;
  for (const auto& [name, branch] : (*state)->branches) {
    const std::string wrong = models_.check(process.graph->store(), *branch->snapshot);
    if (!wrong.empty() && process.objects->alive()) fail(name + ": " + wrong);
  }
  network_.calm = false;
}

void GraphHistory::read_past(Process& process) {
  if (known_.empty()) return;
  const std::string id = known_[stage_.below(known_.size())];
  network_.calm = true;
  if (process.objects->alive()) {
    const auto snapshot = process.graph->store().snapshot_at(*Ulid::parse(id));
    if (snapshot.ok()) {
      check_readable(process, **snapshot);
    } else if (snapshot.error().code() != ErrorCode::kNotFound) {  // of a branch that is gone
      fail("past: " + snapshot.error().message());
    }
  }
  network_.calm = false;
}

// A commit's rows, unless a cleanup or a schema change gave them up.
void GraphHistory::check_readable(Process& process, const Snapshot& snapshot) {
  const GraphStatePtr now = process.graph->store().state();
  for (const auto& [type, floor] : now->floors) {
    if (snapshot.gsn() < floor) return;
  }
  const std::string wrong = models_.check(process.graph->store(), snapshot);
  if (!wrong.empty()) fail("past: " + wrong);
}

void GraphHistory::optimize(Process& process) {
  if (!stage_.percent(25)) return;
  if (stage_.percent(60)) {
    const auto report = process.graph->optimize();
    if (!report.ok()) judge("optimize", report.error());
  } else {
    const Status kept = process.graph->store().maintain_now();
    if (!kept.ok()) judge("maintain", kept.error());
  }
}

void GraphHistory::clean(Process& process) {
  process.clock->advance_micros(static_cast<std::int64_t>(stage_.below(kGraceMicros / 2)));
  if (stage_.percent(30)) {
    CleanupRequest request;
    request.keep = static_cast<std::uint32_t>(1 + stage_.below(6));
    request.immediate = stage_.percent(20);
    const auto report = process.graph->cleanup(request);
    if (!report.ok()) judge("cleanup", report.error());
  } else {
    const auto removed = process.graph->store().sweep(false);
    if (!removed.ok()) judge("sweep", removed.error());
  }
}

void GraphHistory::check_end() {
  while (!network_.late.empty()) network_.land_one();
  network_.calm = true;
  Process process;
  if (!begin(process, wrong_clock())) return fail("a graph does not open at the end");
  Store& store = process.graph->store();
  const GraphStatePtr state = store.state();
  for (const auto& [name, branch] : state->branches) {
    const std::string wrong = models_.check(store, *branch->snapshot);
    if (!wrong.empty()) return fail(name + " at the end: " + wrong);
    const auto commits = store.commits(name);
    if (!commits.ok()) return fail("commits: " + commits.error().message());
    std::set<std::string> there;
    for (std::size_t i = 0; i < commits->size(); ++i) {
      const CommitHeader& header = (*commits)[i];
      there.insert(header.id.text());
      if (i > 0 && (header.version >= (*commits)[i - 1].version ||
                    header.gsn >= (*commits)[i - 1].gsn || header.id >= (*commits)[i - 1].id)) {
        return fail("history is not linear");
      }
      if (i % 3 != 0) continue;
      const auto snapshot = store.snapshot_at(header.id);
      if (!snapshot.ok()) return fail("past: " + snapshot.error().message());
      check_readable(process, **snapshot);
    }
    if (name != "main") continue;
    for (const std::string& id : acknowledged_) {
      if (!there.contains(id)) return fail("an acknowledged commit is lost");
    }
  }
  const auto health = process.graph->repair();
  if (!health.ok()) return fail("repair: " + health.error().message());
  for (const RepairedDataset& dataset : health->datasets) {
    if (dataset.damage) fail("repair: " + *dataset.damage);
  }
}

}  // namespace omnigraph::simulation
