#include "write/committer.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

#include "write/batch.h"

namespace omnigraph {

struct Committer::Shared : std::enable_shared_from_this<Committer::Shared> {
  struct Waiting {
    Request request;
    bool done = false;
    bool leads = false;
    std::condition_variable wake;
  };

  explicit Shared(Store& graph_store)
      : store(graph_store), ulids(graph_store.runtime().clock, graph_store.runtime().random) {}

  void run(Waiting& waiting);
  void lead(std::vector<Waiting*>& batch);
  Status settle_unresolved();
  Result<AppendOutcome> append(const Record& record);
  void keep_house();
  void schedule_housekeeping();

  Store& store;
  std::mutex mutex;                // guards the next four
  std::deque<Waiting*> queue;
  bool led = false;                // somebody leads, or is about to
  bool closing = false;
  bool background = false;         // housekeeping runs or is about to on another thread
  std::condition_variable background_done;

  // Of the leading thread only.
  UlidSource ulids;
  RecentCommits recent;
  std::optional<Record> unresolved;
  std::uint64_t records_since_housekeeping = 0;
  std::atomic<bool> scheduled{false};
};

void Committer::Shared::run(Waiting& waiting) {
  std::unique_lock lock(mutex);
  queue.push_back(&waiting);
  if (led) {
    waiting.wake.wait(lock, [&] { return waiting.done || waiting.leads; });
    if (waiting.done) return;
  }
  led = true;
  std::vector<Waiting*> batch;
  while (!queue.empty() && batch.size() < kMaxBatch) {
    // A change of the schema stands alone: what is behind it must be prepared under it.
    const auto* intent = std::get_if<Intent*>(&queue.front()->request.wish);
    const bool schema = intent != nullptr && (*intent)->change.new_catalog != nullptr;
    if (schema && !batch.empty()) break;
    batch.push_back(queue.front());
    queue.pop_front();
    if (schema) break;
  }
  lock.unlock();
  lead(batch);
  lock.lock();
  std::vector<Waiting*> housekeepers;
  for (Waiting* other : batch) {
    if (std::holds_alternative<HousekeepingRequest>(other->request.wish)) {
      housekeepers.push_back(other);
      continue;
    }
    other->done = true;
    if (other != &waiting) other->wake.notify_one();
  }
  const bool inline_house = store.runtime().executor->width() <= 1 &&
                            records_since_housekeeping >= kHousekeepingRecords;
  if (!housekeepers.empty() || inline_house) {
    lock.unlock();
    keep_house();
    lock.lock();
    for (Waiting* other : housekeepers) {
      other->done = true;
      if (other != &waiting) other->wake.notify_one();
    }
  }
  const bool due = records_since_housekeeping >= kHousekeepingRecords;
  if (queue.empty()) {
    led = false;
  } else {
    queue.front()->leads = true;
    queue.front()->wake.notify_one();
  }
  lock.unlock();
  if (due) schedule_housekeeping();
}

void Committer::Shared::lead(std::vector<Waiting*>& batch) {
  const auto answer_all = [&batch](const Error& error) {
    for (Waiting* waiting : batch) {
      if (waiting->request.planned || waiting->request.answer.index() == 0) {
        waiting->request.answer = error;
      }
    }
  };
  const bool wishes = std::any_of(batch.begin(), batch.end(), [](const Waiting* waiting) {
    return !std::holds_alternative<HousekeepingRequest>(waiting->request.wish);
  });
  if (!wishes) return;
  if (const Status settled = settle_unresolved(); !settled.ok()) return answer_all(settled.error());
  bool newest = false;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const GraphStatePtr state = store.state();
    Batch work(store, *state, ulids, recent);
    for (Waiting* waiting : batch) work.add(waiting->request);
    if (work.empty()) {
      // Refusals and changes that came to nothing must rest on the newest state there is.
      if (newest) return;
      const auto refreshed = store.refresh();
      if (!refreshed.ok()) return answer_all(refreshed.error());
      newest = true;
      if ((*refreshed)->sequence == state->sequence) return;
      continue;
    }
    const auto outcome = append(work.record());
    if (!outcome.ok()) return answer_all(outcome.error());
    switch (*outcome) {
      case AppendOutcome::kAppended:
        for (const auto& commit : work.commits()) recent.add(commit);
        ++records_since_housekeeping;
        return;
      case AppendOutcome::kMoved:
        newest = true;
        continue;
      case AppendOutcome::kUnknown:
        unresolved = work.record();
        return answer_all({ErrorCode::kOutcomeUnknown,
                           "the store did not say whether the write landed; look before repeating it"});
    }
  }
  answer_all({ErrorCode::kConflict, "other processes kept appending first; try again"});
}

// Appends, and appends the same bytes again while their fate is unknown.
Result<AppendOutcome> Committer::Shared::append(const Record& record) {
  AppendOutcome outcome = AppendOutcome::kUnknown;
  for (int i = 0; i < kMaxSettling && outcome == AppendOutcome::kUnknown; ++i) {
    OG_ASSIGN_OR_RETURN(outcome, store.append(record));
  }
  return outcome;
}

// Nothing else is put where a record may yet land.
Status Committer::Shared::settle_unresolved() {
  if (!unresolved) return {};
  OG_ASSIGN_OR_RETURN(const AppendOutcome outcome, append(*unresolved));
  if (outcome == AppendOutcome::kUnknown) {
    return Error(ErrorCode::kOutcomeUnknown, "the outcome of an earlier write is still unknown");
  }
  unresolved.reset();
  return {};
}

void Committer::Shared::keep_house() {
  records_since_housekeeping = 0;
  // A failure is met again, and reported, by whoever asks for maintenance explicitly.
  [[maybe_unused]] const Status status = store.maintain();
}

void Committer::Shared::schedule_housekeeping() {
  if (store.runtime().executor->width() <= 1 || scheduled.exchange(true)) return;
  store.runtime().executor->post([weak = weak_from_this()] {
    const auto shared = weak.lock();
    if (!shared) return;
    {
      const std::lock_guard lock(shared->mutex);
      if (shared->closing) return;
      shared->background = true;
    }
    Waiting waiting;
    waiting.request.wish = HousekeepingRequest{};
    shared->run(waiting);
    shared->scheduled = false;
    const std::lock_guard lock(shared->mutex);
    shared->background = false;
    shared->background_done.notify_all();
  });
}

Committer::Committer(Store& store) : shared_(std::make_shared<Shared>(store)) {}

Committer::~Committer() {
  {
    std::unique_lock lock(shared_->mutex);
    shared_->closing = true;
    shared_->background_done.wait(lock, [this] { return !shared_->background; });
  }
  if (shared_->records_since_housekeeping > 0) shared_->keep_house();
}

namespace {

template <typename T>
Result<T> answer_of(Request& request) {
  if (auto* error = std::get_if<Error>(&request.answer)) return std::move(*error);
  if (auto* value = std::get_if<T>(&request.answer)) return std::move(*value);
  return Error(ErrorCode::kInternal, "a request was not answered");
}

}  // namespace

Result<CommitHeader> Committer::submit(Intent intent) {
  Shared::Waiting waiting;
  waiting.request.wish = &intent;
  shared_->run(waiting);
  return answer_of<CommitHeader>(waiting.request);
}

Result<BranchCreateEntry> Committer::create_branch(std::string_view name, std::string_view from) {
  Shared::Waiting waiting;
  waiting.request.wish = BranchRequest{std::string(name), std::string(from)};
  shared_->run(waiting);
  return answer_of<BranchCreateEntry>(waiting.request);
}

Result<RowId> Committer::reserve(TypeId table, std::uint32_t count) {
  const std::pair<TypeId, std::uint32_t> block{table, count};
  OG_ASSIGN_OR_RETURN(const std::vector<RowId> firsts, reserve({&block, 1}));
  return firsts[0];
}

Result<std::vector<RowId>> Committer::reserve(
    std::span<const std::pair<TypeId, std::uint32_t>> blocks) {
  Shared::Waiting waiting;
  waiting.request.wish = ReserveRequest{{blocks.begin(), blocks.end()}};
  shared_->run(waiting);
  return answer_of<std::vector<RowId>>(waiting.request);
}

}  // namespace omnigraph
