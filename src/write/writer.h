// The door of this room: everything that changes the rows of one graph. Prepares a change on the
// newest known head and takes it through the committer. One per opened graph. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/ulid.h"
#include "omnigraph/error.h"
#include "query/typed_query.h"
#include "storage/store.h"
#include "write/committer.h"
#include "write/load/load.h"
#include "write/rules.h"

namespace omnigraph {

struct MutationCall {
  const TypedMutation& mutation;  // checked against `catalog`
  const ParameterValues& parameters;
  CatalogPtr catalog;
  std::string branch = "main";
  std::optional<CommitId> if_commit = std::nullopt;
  std::optional<std::string> actor = std::nullopt;
};

struct MutationOutcome {
  std::uint64_t affected_nodes = 0;
  std::uint64_t affected_edges = 0;
  std::optional<CommitHeader> commit;  // nullopt: nothing matched, nothing was published
};

class Writer {
 public:
  // Times that a write is prepared anew because the graph moved on before it came to the committer.
  static constexpr int kMaxAttempts = 32;

  // `store` must outlive the writer.
  explicit Writer(Store& store);

  // Runs one mutation as one commit, durable when it returns. Errors: kBadRequest (values, rules),
  // kNotFound "branch '<b>' not found", kPreconditionFailed, those of Committer::submit.
  Result<MutationOutcome> mutate(const MutationCall& call);

  // Loads one input as one commit (write/load/load.h). Errors: kBadRequest naming the line,
  // kConflict with `key_conflict`, kNotFound (branch), kResourceExhausted, those of
  // Committer::submit.
  Result<LoadOutcome> load(LoadSource& source, const LoadSettings& settings);

  Committer& committer() { return committer_; }

 private:
  Result<std::shared_ptr<const BranchState>> head_of(const std::string& branch,
                                                     GraphStatePtr& state);

  Store& store_;
  UlidSource& ulids_;  // of entities
  RuleCache rules_;
  Committer committer_;
};

}  // namespace omnigraph
