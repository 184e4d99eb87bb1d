// What a mutation, a load, a merge and a schema apply all turn into before they become a record.
// Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "omnigraph/error.h"
#include "storage/record.h"
#include "storage/snapshot.h"

namespace omnigraph {

// What others may have read of one table before a change touched it: the other half of ReadSet.
struct TouchedTable {
  bool whole = false;                 // too much to list: meets whoever read the table at all
  std::vector<std::string> ids;       // inserted, replaced or removed
  std::vector<std::uint64_t> tuples;  // values of @unique groups that are taken now
  std::vector<RowId> edge_ends;       // committed nodes at which an edge came or went
};
// More touched ids of a table than this are not listed: the table counts as touched whole.
inline constexpr std::size_t kMaxTouchedIds = 4096;

// The change of one table, relative to the snapshot it was prepared on.
//
// Row ids: rows that keep their identity (updates, upserts, overwrites of a live id) carry their
// old row id and list it in `deleted` too (the old version dies). New rows carry numbers from
// `first_new[table]` on, consecutive; the committer shifts them if others took numbers meanwhile,
// in `rows` of this table and in `src`/`dst` of edges that point at it.
struct PreparedTable {
  TypeId table = 0;
  bool clear = false;
  std::vector<RowId> deleted;        // ascending, unique
  std::vector<RowBatch> rows;        // small changes: carried inline. A batch with gsns keeps them
  std::vector<SegmentRef> segments;  // bulk: already written (see Change::first_new)
  std::vector<AdoptedSegment> adopted;  // merges: segments that keep their own numbers
  std::uint32_t new_rows = 0;           // how many row ids from first_new on are used
  TouchedTable touched;
};

struct Change {
  std::vector<PreparedTable> tables;
  // next_row of the state it was prepared on, or the start of a reserved block. Tables in
  // `reserved` are never shifted; a change with segments whose numbers are not reserved is prepared
  // again when others took numbers meanwhile.
  std::map<TypeId, RowId> first_new;
  std::unordered_set<TypeId> reserved;
  CatalogPtr new_catalog;  // schema apply; else null
  // Types whose history before this commit becomes unreadable with it (hard drops).
  std::vector<TypeId> forgotten;
  bool empty() const { return tables.empty() && !new_catalog; }
};

// What an intent read to want its change. A commit that meets none of it leaves the change valid.
struct ReadSet {
  // The state as a whole, its branches too: any record is a meeting, so that the change is always
  // prepared on the very state that its record follows.
  bool everything = false;
  // Tables scanned with a predicate or whole: any change to one of them is a meeting.
  std::unordered_set<TypeId> tables;
  // Ids looked up (found or not): node keys, edge ends, edge ids. Key: table id, then id text.
  std::map<TypeId, std::unordered_set<std::string>> ids;
  // The same for bulk loads, which find an id among their own sooner than they list them; the
  // tables it speaks of stand in `ids`, without texts. May be empty.
  std::function<bool(TypeId, std::string_view)> id_was_read;
  // Canonical tuples of @unique groups that must stay free: hash set a table.
  std::map<TypeId, std::unordered_set<std::uint64_t>> tuples;
  // Nodes whose edges of a type were counted (cardinality) or enumerated (cascade).
  std::map<TypeId, std::unordered_set<RowId>> edge_ends;
};

// Whether a change to `table` touched something that was read.
bool meets(const ReadSet& reads, TypeId table, const TouchedTable& touched);

// A commit of a branch, of that incarnation, whose state was written down
// (Store::write_past_state) while the accepted schema had this version, or a later one.
struct PastFork {
  Ulid incarnation;
  CommitId at;
  std::string state;
  std::uint32_t schema_version = 0;
};

struct Provenance {
  std::optional<std::string> actor;
};

// A write on its way through the committer.
struct Intent {
  std::string branch;
  SnapshotPtr base;
  Change change;
  ReadSet reads;
  std::optional<CommitId> if_commit;  // only when the branch's head is exactly this
  Provenance by;
  // A change that comes to nothing is published all the same (loads) or not (mutations).
  bool publish_empty = false;
  std::optional<CommitId> merged_parent;  // merges; else null
  // Prepares change and reads again on a newer head. Called from the committing thread while all
  // other commits wait; must not wait for other intents.
  std::function<Result<std::pair<Change, ReadSet>>(const SnapshotPtr&, const GraphState&)>
      prepare_again;
};

}  // namespace omnigraph
