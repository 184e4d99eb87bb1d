#include "write/committer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "common/event_flag.h"
#include "common/fault_point.h"
#include "write/batch.h"

namespace omnigraph {

namespace {

// How long a group waits for those who were just answered and are about to ask again.
constexpr std::chrono::nanoseconds kMinGathering{50'000};
constexpr std::chrono::nanoseconds kMaxGathering{4'000'000};

// A batch that finds others first is tried again for so long, and so often at most.
constexpr std::int64_t kPatienceNanos = std::int64_t{10} * 1'000'000'000;
constexpr int kMostAttempts = 16'384;

// Requests that are answered together. The first of them leads.
struct Group {
  std::vector<Request*> requests;  // this and the next guarded by the committer's mutex
  bool called = false;             // to be led now
  EventFlag may_lead;              // the first one waits for this
  EventFlag answered;              // the others for this
};

}  // namespace

struct Committer::Shared : std::enable_shared_from_this<Committer::Shared> {
  explicit Shared(Store& graph_store) : store(graph_store) {}

  void run(Request& request);
  void lead(std::span<Request*> batch);
  Status settle_unresolved();
  Result<AppendOutcome> append(const Record& record);
  Result<bool> has_landed(const Record& record);
  void housekeeping_due();
  std::shared_ptr<Group> call_next();
  void await_turn(Group& group);

  Store& store;
  std::mutex mutex;             // guards what follows, up to the condition
  std::shared_ptr<Group> open;  // null: nobody waits to be led
  bool led = false;             // somebody leads, or is about to
  std::size_t expected = 0;     // requests that may come together next time
  bool closing = false;
  bool keeping_house = false;  // on some thread, or asked for
  bool house_begun = false;    // on a background thread
  std::uint64_t records_since_housekeeping = 0;
  std::condition_variable house_kept;

  // Of the leading thread only.
  RecentCommits recent;
  std::optional<Record> unresolved;
  std::uint64_t appended = 0;                 // records of the group at hand
  std::atomic<std::int64_t> append_nanos{0};  // what the last append took; read by all
};

// The open group, if it is to be led now and was not called before: its first thread is to be
// raised. A group that those who were just answered are about to join waits for them: one record
// and one round trip serve all. With the mutex held.
std::shared_ptr<Group> Committer::Shared::call_next() {
  if (!open || open->called || led || open->requests.size() < expected) return nullptr;
  led = open->called = true;
  return open;
}

// Waits until the group, whose first thread this is, may be led; when those who were expected do
// not come, for no longer than a part of a round trip.
void Committer::Shared::await_turn(Group& group) {
  std::chrono::nanoseconds patience(append_nanos / 6);
  patience = std::clamp(patience, kMinGathering, kMaxGathering);
  while (!group.may_lead.wait_for(patience)) {
    const std::lock_guard lock(mutex);
    if (!led) {
      led = group.called = true;
      return;
    }
    patience = std::min(2 * patience, kMaxGathering);
  }
}

void Committer::Shared::run(Request& request) {
  std::unique_lock lock(mutex);
  const bool first = open == nullptr;
  if (first) open = std::make_shared<Group>();
  const std::shared_ptr<Group> group = open;
  group->requests.push_back(&request);
  const std::shared_ptr<Group> called = call_next();
  if (!first) {
    lock.unlock();
    if (called) called->may_lead.raise();
    group->answered.wait();
    return;
  }
  if (!called) {
    lock.unlock();
    await_turn(*group);
    lock.lock();
  }
  open.reset();
  lock.unlock();

  appended = 0;
  std::span<Request*> left = group->requests;
  while (!left.empty()) {
    std::size_t size = 0;
    while (size < std::min(left.size(), kMaxBatch)) {
      // A change of the schema stands alone: what is behind it must be prepared under it.
      const auto* intent = std::get_if<Intent*>(&left[size]->wish);
      const bool schema = intent != nullptr && (*intent)->change.new_catalog != nullptr;
      if (schema && size > 0) break;
      ++size;
      if (schema) break;
    }
    lead(left.first(size));
    left = left.subspan(size);
  }

  lock.lock();
  records_since_housekeeping += appended;
  const bool due = records_since_housekeeping >= kHousekeepingRecords && !keeping_house && !closing;
  if (due) keeping_house = true;
  led = false;
  expected = std::min(kMaxBatch, group->requests.size() + (open ? open->requests.size() : 0));
  const std::shared_ptr<Group> next = call_next();
  lock.unlock();
  if (next) next->may_lead.raise();
  if (group->requests.size() > 1) group->answered.raise();
  if (due) housekeeping_due();
}

void Committer::Shared::lead(std::span<Request*> batch) {
  const auto answer_all = [&batch](const Error& error) {
    for (Request* request : batch) {
      if (request->planned || request->answer.index() == 0) request->answer = error;
    }
  };
  if (const Status settled = settle_unresolved(); !settled.ok()) return answer_all(settled.error());
  bool newest = false;
  const std::int64_t tried_since = store.runtime().clock->steady_nanos();
  const auto may_try = [&](int attempt) {
    if (attempt < kMaxAttempts) return true;
    // In a folder others may be first some hundred times within a moment: nobody is refused for it.
    return attempt < kMostAttempts &&
           store.runtime().clock->steady_nanos() - tried_since < kPatienceNanos;
  };
  for (int attempt = 0; may_try(attempt); ++attempt) {
    const GraphStatePtr state = store.state();
    Batch work(store, *state, store.ulids(), recent);
    work.reserve(batch.size());
    for (Request* request : batch) work.add(*request);
    if (work.empty()) {
      // Refusals and changes that came to nothing must rest on the newest state there is.
      if (newest) return;
      const auto refreshed = store.refresh();
      if (!refreshed.ok()) return answer_all(refreshed.error());
      newest = true;
      if ((*refreshed)->sequence == state->sequence) return;
      continue;
    }
    const std::int64_t begun = store.runtime().clock->steady_nanos();
    const auto outcome = append(work.record());
    append_nanos = store.runtime().clock->steady_nanos() - begun;
    if (!outcome.ok()) return answer_all(outcome.error());
    switch (*outcome) {
      case AppendOutcome::kAppended:
        for (const auto& commit : work.commits()) recent.add(commit);
        work.give_back();
        ++appended;
        return;
      case AppendOutcome::kMoved:
        newest = true;
        work.give_back();
        continue;
      case AppendOutcome::kUnknown:
        unresolved = std::move(work).record();
        return answer_all(
            {ErrorCode::kOutcomeUnknown,
             "the store did not say whether the write landed; look before repeating it"});
    }
  }
  answer_all({ErrorCode::kConflict, "other processes kept appending first; try again"});
}

// Appends, and appends the same bytes again while their fate is unknown. A record that turns out to
// have landed after all counts as appended, even when the store then says that the log has moved
// on.
Result<AppendOutcome> Committer::Shared::append(const Record& record) {
  OG_FAULT_POINT("commit.built");
  OG_ASSIGN_OR_RETURN(AppendOutcome outcome, store.append(record));
  const bool was_unknown = outcome == AppendOutcome::kUnknown;
  const std::int64_t begun = store.runtime().clock->steady_nanos();
  for (int i = 1; i < kMaxSettling && outcome == AppendOutcome::kUnknown; ++i) {
    if (store.runtime().clock->steady_nanos() - begun > kSettleNanos) break;
    OG_ASSIGN_OR_RETURN(outcome, store.append(record));
  }
  if (!was_unknown || outcome != AppendOutcome::kMoved) return outcome;
  OG_ASSIGN_OR_RETURN(const bool landed, has_landed(record));
  return landed ? AppendOutcome::kAppended : AppendOutcome::kMoved;
}

// A record lands as a whole. Reserved numbers alone are not looked for: taking others is harmless.
Result<bool> Committer::Shared::has_landed(const Record& record) {
  for (const Entry& entry : record.entries) {
    if (const auto* commit = std::get_if<CommitEntry>(&entry)) {
      OG_ASSIGN_OR_RETURN(const auto found, store.find_commit(commit->header.id));
      return found.has_value();
    }
    if (const auto* created = std::get_if<BranchCreateEntry>(&entry)) {
      const GraphStatePtr state = store.state();
      const BranchState* branch = state->branch(created->name);
      return branch != nullptr && branch->incarnation == created->incarnation;
    }
    if (const auto* deleted = std::get_if<BranchDeleteEntry>(&entry)) {
      const GraphStatePtr state = store.state();
      const BranchState* branch = state->branch(deleted->name);
      return branch == nullptr || branch->incarnation != deleted->incarnation;
    }
  }
  return false;
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

// Runs beside later commits. A failure is met again, and reported, by whoever asks for maintenance.
void Committer::Shared::housekeeping_due() {
  const auto keep_house = [](Shared& shared) {
    {
      const std::lock_guard lock(shared.mutex);
      shared.records_since_housekeeping = 0;
    }
    [[maybe_unused]] const Status status = shared.store.maintain();
    const std::lock_guard lock(shared.mutex);
    shared.keeping_house = shared.house_begun = false;
    shared.house_kept.notify_all();
  };
  if (store.runtime().executor->width() <= 1) return keep_house(*this);
  store.runtime().executor->post([weak = weak_from_this(), keep_house] {
    const auto shared = weak.lock();
    if (!shared) return;
    {
      const std::lock_guard lock(shared->mutex);
      if (shared->closing) return;
      shared->house_begun = true;
    }
    keep_house(*shared);
  });
}

Committer::Committer(Store& store) : shared_(std::make_shared<Shared>(store)) {}

Committer::~Committer() {
  bool due = false;
  {
    std::unique_lock lock(shared_->mutex);
    // What was asked for but has not begun will not begin any more: it is done here.
    shared_->closing = true;
    shared_->house_kept.wait(lock,
                             [this] { return !shared_->keeping_house || !shared_->house_begun; });
    due = shared_->records_since_housekeeping > 0;
  }
  if (due) [[maybe_unused]]
    const Status status = shared_->store.maintain();
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
  Request request;
  request.wish = &intent;
  shared_->run(request);
  return answer_of<CommitHeader>(request);
}

Result<BranchCreateEntry> Committer::create_branch(std::string_view name, std::string_view from) {
  Request request;
  request.wish = ForkRequest{std::string(name), std::string(from)};
  shared_->run(request);
  return answer_of<BranchCreateEntry>(request);
}

Result<BranchCreateEntry> Committer::create_branch(std::string_view name, std::string_view from,
                                                   PastFork past) {
  Request request;
  request.wish = ForkRequest{std::string(name), std::string(from), std::move(past)};
  shared_->run(request);
  return answer_of<BranchCreateEntry>(request);
}

Result<BranchDeleteEntry> Committer::delete_branch(std::string_view name) {
  Request request;
  request.wish = DeletionRequest{std::string(name)};
  shared_->run(request);
  return answer_of<BranchDeleteEntry>(request);
}

Result<RowId> Committer::reserve(TypeId table, std::uint32_t count) {
  const std::pair<TypeId, std::uint32_t> block{table, count};
  OG_ASSIGN_OR_RETURN(const std::vector<RowId> firsts, reserve({&block, 1}));
  return firsts[0];
}

Result<std::vector<RowId>> Committer::reserve(
    std::span<const std::pair<TypeId, std::uint32_t>> blocks) {
  Request request;
  request.wish = ReserveRequest{{blocks.begin(), blocks.end()}};
  shared_->run(request);
  return answer_of<std::vector<RowId>>(request);
}

}  // namespace omnigraph
