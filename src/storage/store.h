// An opened graph store: graph.json, the log, segments, checkpoints and history behind one door.
// Everything above works on the GraphState values it hands out.
//
// Thread-safe. Appends are the committer's alone. maintain() may run on any thread, beside appends
// and reads; only what it appends itself waits for them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime.h"
#include "common/ulid.h"
#include "omnigraph/error.h"
#include "storage/log.h"
#include "storage/object_store.h"
#include "storage/record.h"
#include "storage/snapshot.h"

namespace omnigraph {

inline constexpr std::uint32_t kStoreFormat = 1;
inline constexpr std::uint32_t kMinReader = 1;

struct StoreOptions {
  bool read_only = false;    // never write, not even checkpoints
  bool only_writer = false;  // the process is told that nobody else writes: no head probes
  bool maintenance = true;   // checkpoint, pack and fold when a line is crossed
  std::uint32_t checkpoint_records = 256;
  std::uint64_t checkpoint_bytes = std::uint64_t{16} << 20;  // of records
  std::uint32_t fold_inline_rows = 1024;  // inline rows of one table that are worth a segment
  std::uint32_t fold_segments = 8;        // segments of like size that are worth one
  std::uint64_t fold_max_rows = std::uint64_t{1} << 22;  // a fold makes no larger segment
  // How long objects stay that a cleanup gave up: readers that began before may still need them.
  std::int64_t sweep_grace_micros = std::int64_t{3'600} * 1'000'000;
  std::optional<LogForm> log_form;  // at init; by default `file` in a local folder, else objects
};

// Writes the files of one new segment: rows go in already in segment order.
struct SegmentOptions {
  std::vector<std::pair<PropertyId, PropertyType>> properties;  // what to store, with types
  std::vector<std::vector<PropertyId>> unique_groups;           // tuple indexes to build
  std::vector<PropertyId> sorted_properties;                    // declared @index scalars
  // The key property whose text is the id, if there is one: the ids are then not stored twice.
  std::optional<PropertyId> id_property;
  std::uint32_t schema_version = 1;
};
// What a table of `catalog` stores and indexes.
SegmentOptions segment_options(const Catalog& catalog, TypeId table);

// What a compaction did to one table: pieces that were read, and segments written in their place.
struct CompactedTable {
  std::uint32_t removed = 0, added = 0;
};
using CompactionReport = std::map<TypeId, CompactedTable>;

class Store {
 public:
  virtual ~Store() = default;

  // Creates graph.json with one put-if-absent (the claim, the first schema, the first commit of
  // main). Errors: kConflict "already initialized" when the root holds a graph or foreign
  // leftovers (without `force`); "force init refuses graph root" with force at a graph.
  static Result<std::unique_ptr<Store>> init(ObjectStorePtr objects, const Catalog& catalog,
                                             bool force, Runtime runtime, StoreOptions options);
  // Opens at the newest state. Errors: kNotFound (no graph there), kUnsupportedFormat, kCorrupt.
  static Result<std::unique_ptr<Store>> open(ObjectStorePtr objects, Runtime runtime,
                                             StoreOptions options);

  virtual const std::string& graph_id() const = 0;
  virtual LogForm log_form() const = 0;
  virtual std::int64_t created_at() const = 0;      // of the graph, microseconds
  virtual const CommitHeader& genesis() const = 0;  // main's first commit
  // Hands out ids greater than any that this store has seen.
  virtual UlidSource& ulids() = 0;
  virtual const Runtime& runtime() const = 0;
  virtual const ObjectStorePtr& objects() const = 0;

  // The newest state known here; no I/O.
  virtual GraphStatePtr state() const = 0;
  // Probes the log once (unless only_writer) and applies what others appended.
  virtual Result<GraphStatePtr> refresh() = 0;

  // Appends `record` (its sequence must be state()->sequence + 1; first_gsn likewise) and publishes
  // the state after it. kMoved: the state was refreshed instead; build the record anew. kUnknown:
  // the answer was lost, and so was that of every retry; the next append settles it first (and then
  // is kMoved itself). A nonce of 0 is replaced by a random one. A record that does not follow from
  // the state is refused (kCorrupt) before anything is written.
  virtual Result<AppendOutcome> append(const Record& record) = 0;
  // Folds, checkpoints and packs if a line was crossed; failures are returned for logging only.
  virtual Status maintain() = 0;
  // Unconditionally folds what can be folded, then checkpoints (tests, `optimize`).
  virtual Status maintain_now() = 0;
  // Folds what can be folded on one branch, drops dead rows, then checkpoints. Answers stay as they
  // are; a second run finds nothing to do. Tables that were left alone are not in the report.
  // kConflict when other writers kept appending first.
  virtual Result<CompactionReport> compact(std::string_view branch) = 0;

  // Writes a segment's two objects, durable on return. `batch` must be in segment order; rows must
  // be below kMaxSegmentRows. Streaming: columns are encoded page by page.
  virtual Result<SegmentRef> write_segment(const RowBatch& batch,
                                           const SegmentOptions& options) = 0;
  // The segment a reference names; cached, so that equal ids give the same object.
  virtual Result<SegmentPtr> segment(const SegmentRef& ref) = 0;
  // The reference of a segment that a snapshot lists; nullopt for any other.
  virtual std::optional<SegmentRef> reference(SegmentId) const { return std::nullopt; }

  // History.
  virtual Result<std::optional<CommitHeader>> find_commit(CommitId id) = 0;
  // Newest first: the branch's first-parent chain. kNotFound when the branch does not exist.
  virtual Result<std::vector<CommitHeader>> commits(std::string_view branch,
                                                    std::size_t limit = SIZE_MAX) = 0;
  // The state of a past commit, read through the accepted catalog. kNotFound for an unknown id and
  // for a commit that no live branch carries.
  // Types whose version there a cleanup gave up are reclaimed ones (table_version.h).
  virtual Result<SnapshotPtr> snapshot_at(CommitId id) = 0;
  // Keeps the head of a branch at hand, because it is likely to be asked for when the branch has
  // moved on: the next merge's base.
  virtual void remember(const BranchState&) {}
  // Writes down the whole state of a past commit, as BranchCreateEntry::table_state names it. Error
  // kBadRequest when the accepted schema is another one than the commit's, naming the commit that
  // changed it.
  virtual Result<std::string> write_past_state(CommitId) {
    return Error(ErrorCode::kInternal, "this store keeps no past states");
  }
  // What a commit changed: its entry, read from its record. kNotFound for an unknown id; the first
  // commit's is empty.
  virtual Result<CommitEntry> commit_entry(CommitId id) = 0;
  // The records behind that of commit `after` (which may hold further commits and is seen too), or
  // all of them, up to `through`, oldest first, until `visit` says false.
  using VisitRecord = std::function<Result<bool>(const Record&)>;
  virtual Status visit_records(std::optional<CommitId> after, Sequence through,
                               const VisitRecord& visit) = 0;

  // Cleanup (maintenance/cleanup.h has the policy).
  // Stores what must be kept of a type whose floor becomes the commit `id` of main, which changed
  // it: its table there, rows by reference. To be called before the floor is appended.
  virtual Result<TableVersionPtr> keep_floor_table(TypeId table, CommitId id) = 0;
  // Checkpoints, then removes what sweeps of the state name and the grace period protects no more,
  // and checkpoints that no readable commit needs. With `at_once` (nobody reads through this store)
  // the grace period does not count where no other store or process has the graph open. The bytes
  // removed. Safe at any time and after any crash; done again it finds nothing.
  virtual Result<std::uint64_t> sweep(bool at_once) = 0;
};

}  // namespace omnigraph
