// The only writer of the log. Takes intents in order, keeps a change whose reads nobody touched
// since its base, prepares the others again, groups them into one record, appends it, publishes the
// new state and answers all of them. One per graph and process. Thread-safe.
//
// submit() blocks: the first of the waiting callers leads (builds and appends one record for all
// that wait), the others sleep until their answer is there. So writers in one process never
// conflict. Those that were just answered together are waited for a moment, for a part of what an
// append takes, so that their next wishes share a record again.
//
// Housekeeping of the store (checkpoints, packs, folds) begins after everybody was answered: on the
// executor's background threads, or on the caller where the executor has none.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/store.h"
#include "write/change.h"

namespace omnigraph {

class Committer {
 public:
  // Requests that one record takes at most.
  static constexpr std::size_t kMaxBatch = 256;
  // Times that a batch is built anew because another process appended first.
  static constexpr int kMaxAttempts = 64;
  // Times that bytes whose fate is unknown are put again before callers hear so.
  static constexpr int kMaxSettling = 16;
  // Records after which the store is asked whether a line was crossed.
  static constexpr std::uint64_t kHousekeepingRecords = 16;

  explicit Committer(Store& store);
  // Finishes housekeeping that is due. No call may be in progress.
  ~Committer();

  // Publishes the intent and returns its commit's header; a nil id when the change, prepared again,
  // came to nothing and the intent does not publish that. Errors: those of prepare_again
  // (constraint violations, key conflicts), kPreconditionFailed, kNotFound (branch gone), kIo,
  // kReadOnly, kResourceExhausted (disk full; nothing landed), kOutcomeUnknown.
  Result<CommitHeader> submit(Intent intent);
  // The same road for entries that are no commit. Errors: kConflict (the name exists, or is above
  // or below one that does), kNotFound.
  Result<BranchCreateEntry> create_branch(std::string_view name, std::string_view from);
  // Forks a past commit of the branch `from`. Further error: kBadRequest when the schema changed
  // since that commit.
  Result<BranchCreateEntry> create_branch(std::string_view name, std::string_view from,
                                          PastFork past);
  // Errors: kNotFound, kConflict while another branch stands on it.
  Result<BranchDeleteEntry> delete_branch(std::string_view name);
  // A block of row ids for a bulk load: the first of `count`. One record for all tables asked for.
  Result<RowId> reserve(TypeId table, std::uint32_t count);
  Result<std::vector<RowId>> reserve(std::span<const std::pair<TypeId, std::uint32_t>> blocks);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace omnigraph
