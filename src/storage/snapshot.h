// States of a graph as values. GraphState is what the log says up to one record; Snapshot is one
// branch (or one past commit) of it, which is all that readers ever see. Both are immutable and
// share everything; hold them by shared_ptr from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/persistent_map.h"
#include "schema/catalog.h"
#include "storage/ids.h"
#include "storage/record.h"
#include "storage/table_version.h"

namespace omnigraph {

using TableMap = std::map<TypeId, TableVersionPtr>;

// What else is known of a past commit: the schema that was accepted then, and the number of each
// type's content (BranchState::table_versions).
struct SnapshotPast {
  CatalogPtr catalog;
  std::map<TypeId, std::uint64_t> table_versions;
  std::map<TypeId, std::string> table_writers;
};
using SnapshotPastPtr = std::shared_ptr<const SnapshotPast>;

class Snapshot {
 public:
  // `past`: null for the head of a branch, whose schema is the accepted one.
  Snapshot(CatalogPtr catalog, TableMap tables, CommitHeader head, std::string branch,
           SnapshotPastPtr past = nullptr)
      : catalog_(std::move(catalog)),
        tables_(std::move(tables)),
        head_(std::move(head)),
        branch_(std::move(branch)),
        past_(std::move(past)) {}

  // The accepted schema, through which the rows are read: types and properties are found by their
  // identities.
  const Catalog& catalog() const { return *catalog_; }
  const CatalogPtr& catalog_ptr() const { return catalog_; }
  // Never null; a type without rows has an empty version.
  const TableVersionPtr& table(TypeId type) const;
  const TableMap& tables() const { return tables_; }
  const CommitHeader& head() const { return head_; }  // the commit this is the state of
  CommitId commit() const { return head_.id; }
  Gsn gsn() const { return head_.gsn; }
  const std::string& branch() const { return branch_; }  // the branch it was read from
  // The schema that the commit was written under.
  const CatalogPtr& written_catalog() const { return past_ ? past_->catalog : catalog_; }
  const SnapshotPastPtr& past() const { return past_; }

 private:
  CatalogPtr catalog_;
  TableMap tables_;
  CommitHeader head_;
  std::string branch_;
  SnapshotPastPtr past_;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

struct BranchState {
  std::string name;
  Ulid incarnation;
  std::string parent_branch;                       // empty for main
  CommitId forked_at;                              // nil for main
  Gsn forked_gsn = 0;                              // number of that commit
  Gsn created_gsn = 0;                             // last commit of the graph when it was created;
                                                   // what it authored itself is behind that
  SnapshotPtr snapshot;                            // its head
  SnapshotPtr fork_snapshot;                       // where it began; null when not at hand
  std::map<TypeId, std::uint64_t> table_versions;  // raised whenever the type's content changes; 1
                                                   // when missing
  std::map<TypeId, std::string> table_writers;     // branch that wrote the type's current version;
                                                   // main when missing
  std::int64_t created_at = 0;

  std::uint64_t table_version(TypeId type) const;
  const std::string& table_writer(TypeId type) const;
};

// Objects that a cleanup gave up; they are removed when the grace period is over.
struct Sweep {
  std::int64_t created_at = 0;  // microseconds since the epoch
  std::vector<std::string> names;
};

using BranchStatePtr = std::shared_ptr<const BranchState>;

struct GraphState {
  Sequence sequence = 0;  // last record applied
  Gsn gsn = 0;            // last commit's number
  CommitId last_commit;   // greatest commit id handed out
  CatalogPtr catalog;
  PersistentMap<std::string, BranchStatePtr> branches;  // changed by the two below
  std::map<TypeId, RowId> next_row;                     // next unused row id a table
  std::map<TypeId, Gsn> floors;  // the type cannot be read at earlier commits
  // Of those, the ones at which main's table was stored: segments that only earlier versions list
  // may be gone.
  std::map<TypeId, Gsn> kept_floors;
  std::vector<std::shared_ptr<const Sweep>> sweeps;  // not yet carried out, oldest first
  // Segments with an older id (microseconds) that no record names may be swept.
  std::int64_t uploads_before = 0;

  // O(log branches), as are those that follow. Null when there is none.
  const BranchState* branch(std::string_view name) const;
  void put_branch(BranchStatePtr branch);
  void erase_branch(std::string_view name);

  // A live branch that was forked from `name`, the first by name; null when there is none. Those in
  // `except` do not count.
  const std::string* child_of(std::string_view name,
                              std::span<const std::string> except = {}) const;
  // A live named branch above or below `name` in the path of names (`a` and `a/b`).
  const std::string* relative_of(std::string_view name,
                                 std::span<const std::string> except = {}) const;
  // Whether a live branch carries the commit, so that it can be read and shown.
  bool carries(const CommitHeader& commit) const;

 private:
  // "<parent>\0<child>" of every branch but main.
  PersistentMap<std::string, bool> forks_;
};
using GraphStatePtr = std::shared_ptr<const GraphState>;

// What applying a record needs from the store. Thread-safe.
class SegmentSource {
 public:
  virtual ~SegmentSource() = default;
  // The segment a reference names; its files are not read before they are used.
  virtual Result<SegmentPtr> segment(const SegmentRef& ref) = 0;
  // A stored branch state by name of its object (checkpoint.h): what a branch forked from the past
  // starts with. Only snapshot, table_versions and table_writers are set.
  virtual Result<BranchState> branch_state(std::string_view object, const CatalogPtr& catalog) = 0;
  // The table of main at its floor: the oldest version that is left of it (only store/ has any).
  virtual Result<TableVersionPtr> floor_table(TypeId table, Gsn floor, const CatalogPtr& catalog);
};

// A segment that a merge lists by reference, with the rows that do not enter.
Result<TablePart> adopted_part(const AdoptedSegment& adopted, SegmentSource& source);
// What one commit, numbered `gsn`, makes of a table. Errors: kCorrupt when it does not follow.
Result<TableVersionPtr> apply_change(const TableVersion& before, const TableChange& change, Gsn gsn,
                                     SegmentSource& source);

// The state after `records`, which follow one another. Pure: reads segments at most, where a fold
// meets rows that died since. Costs the rows that they bring, not a state for each of them. With
// `stop_after` entries of the last record behind that commit are left out (the sequence is the
// record's all the same). Errors: kCorrupt when a record does not follow from the state before it
// (sequence, numbers, parents, unknown branch or type, rows that are not there).
//
// With `floors` the records are of the past, and the segments of versions below them may be gone:
// such a table is a reclaimed one, on every branch, until the commit of its floor restores it on
// main from what was kept. So is one whose segments are missing because its branch was deleted.
using Floors = std::map<TypeId, Gsn>;
Result<GraphStatePtr> apply_records(const GraphState& state, std::span<const Record> records,
                                    SegmentSource& source,
                                    const std::optional<CommitId>& stop_after = std::nullopt,
                                    const Floors* floors = nullptr);
Result<GraphStatePtr> apply_record(const GraphState& state, const Record& record,
                                   SegmentSource& source,
                                   const std::optional<CommitId>& stop_after = std::nullopt);
// What a replay with `floors` may start from: tables of the state that lie below them are
// reclaimed.
GraphStatePtr reclaim_below(const GraphStatePtr& state, const Floors& floors);

// The state of a new graph: `main` with the commit `genesis` and no rows.
GraphStatePtr genesis_state(CatalogPtr catalog, CommitHeader genesis, Ulid main_incarnation);

}  // namespace omnigraph
