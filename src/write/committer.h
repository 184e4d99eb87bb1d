// The only writer of the log. Takes intents in order, keeps a change whose reads nobody touched
// since its base, prepares the others again, groups them into one record, appends it, publishes the
// new state and answers all of them. One per graph and process. Thread-safe.
//
// submit() blocks: the first of the waiting callers leads (builds and appends one record for all that
// wait), the others sleep until their answer is there. So writers in one process never conflict.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/store.h"
#include "write/change.h"

namespace omnigraph {

class Committer {
 public:
  explicit Committer(Store& store);
  ~Committer();

  // Publishes the intent and returns its commit's header. Errors: those of prepare_again (constraint
  // violations, key conflicts), kPreconditionFailed, kNotFound (branch gone), kIo, kReadOnly,
  // kResourceExhausted (disk full; nothing landed), kOutcomeUnknown.
  Result<CommitHeader> submit(Intent intent);
  // The same road for entries that are no commit.
  Result<BranchCreateEntry> create_branch(std::string_view name, std::string_view from);
  // A block of row ids for a bulk load: the first of `count`.
  Result<RowId> reserve(TypeId table, std::uint32_t count);

 private:
  struct Waiting;
  struct Shared;
  std::unique_ptr<Shared> shared_;
};

}  // namespace omnigraph
