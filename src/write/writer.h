// The door of this room: everything that changes the rows of one graph. Prepares a change on the
// newest known head and takes it through the committer. One per opened graph. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/ulid.h"
#include "omnigraph/error.h"
#include "query/typed_query.h"
#include "schema/migration.h"
#include "storage/store.h"
#include "write/blob_write.h"
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
  // The accepted schema is no longer the call's: nothing was done; check the mutation against the
  // schema of Store::state() and call again.
  bool schema_changed = false;
};

struct SchemaCall {
  std::string_view desired;  // source text
  bool allow_data_loss = false;
  std::optional<std::string> actor = std::nullopt;
};

struct SchemaOutcome {
  Migration migration;
  // nullopt: the schemas mean the same; nothing was published and the stored source stays.
  std::optional<CommitHeader> commit;
  std::uint64_t version = 0;  // of main after the call
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

  // Sets or clears one Blob cell as one commit. Errors: those of prepare_blob_change
  // (blob_write.h), kNotFound (branch), kPreconditionFailed, those of Committer::submit.
  Result<CommitHeader> set_blob(const std::string& branch, const BlobAssignment& assignment,
                                std::optional<CommitId> if_commit,
                                std::optional<std::string> actor);

  // Loads one input as one commit (write/load/load.h). Errors: kBadRequest naming the line,
  // kConflict with `key_conflict`, kNotFound (branch), kResourceExhausted, those of
  // Committer::submit. When the schema changes meanwhile the input is read once more; one that
  // cannot be (a pipe) is refused with kConflict.
  Result<LoadOutcome> load(LoadSource& source, const LoadSettings& settings);

  // Makes `desired` the accepted schema, as one commit on main whatever the number of entities
  // (spec/schema.md §11.7): writes that come later are checked under it. Errors: kConflict while
  // there are other branches, those of plan_migration, kBadRequest with the reason of the first
  // change that is not supported, those of Committer::submit.
  Result<SchemaOutcome> apply_schema(const SchemaCall& call);

  Committer& committer() { return committer_; }

 private:
  // nullopt: the schema changed meanwhile and nothing was published.
  Result<std::optional<LoadOutcome>> load_once(LoadSource& source, const LoadSettings& settings);
  Result<std::shared_ptr<const BranchState>> head_of(const std::string& branch,
                                                     GraphStatePtr& state);

  Store& store_;
  UlidSource& ulids_;  // of entities
  RuleCache rules_;
  Committer committer_;
};

}  // namespace omnigraph
