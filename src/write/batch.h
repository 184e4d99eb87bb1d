// Turns the requests that wait at the committer into one log record, each seeing what stands ahead
// of it. Internal to the committer; used by its leading thread only.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/ulid.h"
#include "storage/store.h"
#include "write/change.h"

namespace omnigraph {

struct ForkRequest {
  std::string name, from;
  std::optional<PastFork> past = std::nullopt;
};
struct DeletionRequest {
  std::string name;
};
struct ReserveRequest {
  std::vector<std::pair<TypeId, std::uint32_t>> blocks;
};

// One caller of the committer, and its answer.
struct Request {
  std::variant<Intent*, ForkRequest, DeletionRequest, ReserveRequest> wish;
  std::variant<std::monostate, Error, CommitHeader, BranchCreateEntry, BranchDeleteEntry,
               std::vector<RowId>>
      answer;
  bool planned = false;  // the answer holds once the record has landed
};

// What a commit touched, kept so that later intents with an older base need not start over.
struct RecentCommit {
  CommitId id;
  std::optional<CommitId> parent;
  bool everything = false;  // the schema changed
  std::vector<std::pair<TypeId, TouchedTable>> tables;
};

class RecentCommits {
 public:
  static constexpr std::size_t kMaxCommits = 1024;
  void add(std::shared_ptr<const RecentCommit> commit);
  // In the order of the log.
  const std::deque<std::shared_ptr<const RecentCommit>>& commits() const { return commits_; }

 private:
  std::deque<std::shared_ptr<const RecentCommit>> commits_;
};

class Batch {
 public:
  Batch(Store& store, const GraphState& state, UlidSource& ulids, const RecentCommits& recent);

  void reserve(std::size_t requests);
  // Adds what the request asks for, or answers it with an error (which holds if the batch's view of
  // the log is the newest).
  void add(Request& request);

  bool empty() const { return record_.entries.empty(); }
  // Hands the rows, which the record took over, back to their intents: when another process was
  // first, the next batch needs them; afterwards their own threads let go of them. The batch is
  // used up.
  void give_back();
  const Record& record() const& { return record_; }
  Record record() && { return std::move(record_); }
  // The commits of the record in order, to be remembered once it has landed.
  const std::vector<std::shared_ptr<const RecentCommit>>& commits() const { return commits_; }

 private:
  struct Branch {
    std::shared_ptr<const BranchState> state;
    CommitHeader head;               // of the last commit ahead, in this batch or before it
    SnapshotPtr snapshot;            // after the first `applied` of `ahead`
    std::vector<std::size_t> ahead;  // commits of this batch on the branch: indices of entries
    std::size_t applied = 0;
  };

  Result<CommitHeader> add_commit(Intent& intent);
  Result<BranchCreateEntry> add_branch(const ForkRequest& request);
  Result<BranchDeleteEntry> remove_branch(const DeletionRequest& request);
  std::optional<Error> name_taken(const std::string& name) const;
  Result<std::vector<RowId>> add_reservation(const ReserveRequest& request);

  Result<Branch*> branch(const std::string& name);
  Status check_precondition(const Intent& intent, const Branch& branch) const;
  // Whether a commit between the intent's base and the head touched what it read, or may have.
  bool adopts_garbage(const Change& change) const;
  bool must_prepare_again(const Intent& intent, const Branch& branch) const;
  Result<SnapshotPtr> newest(Branch& branch);
  RowId next_row(TypeId table) const;
  // Gives new rows their final numbers. False when only a new preparation can.
  bool number_rows(Change& change) const;
  Status take_numbers(const Change& change);

  Store& store_;
  const GraphState& state_;
  UlidSource& ulids_;
  const RecentCommits& recent_;
  Record record_;
  Gsn next_gsn_;
  std::map<TypeId, RowId> next_row_;  // raised above the state's by this batch
  std::map<std::string, Branch> branches_;
  std::vector<std::shared_ptr<const RecentCommit>> commits_;
  std::vector<std::pair<Intent*, std::size_t>> taken_;        // whose rows are in which entry
  std::vector<std::pair<std::string, std::string>> created_;  // branch and what it was forked from
  std::vector<std::string> deleted_;
};

// "precondition failed on branch …" with its details.
Error precondition_failed(const std::string& branch, CommitId expected, const CommitHeader& head);

// The snapshot after one commit of its branch.
Result<SnapshotPtr> advance(const SnapshotPtr& snapshot, const CommitEntry& entry, Store& store);

}  // namespace omnigraph
