// What a mutation, a load, a merge and a schema apply all turn into before they become a record.
// Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "omnigraph/error.h"
#include "storage/record.h"
#include "storage/snapshot.h"

namespace omnigraph {

// The change of one table, relative to the snapshot it was prepared on.
//
// Row ids: rows that keep their identity (updates, upserts, overwrites of a live id) carry their
// old row id and list it in `deleted` too (the old version dies). New rows carry numbers from
// `first_new[table]` on, consecutive; the committer shifts them if others took numbers meanwhile,
// in `rows` of this table and in `src`/`dst` of edges that point at it.
struct PreparedTable {
  TypeId table = 0;
  bool clear = false;
  std::vector<RowId> deleted;              // ascending, unique
  std::vector<RowBatch> rows;              // small changes: carried inline
  std::vector<SegmentRef> segments;        // bulk: already written, row ids reserved (never shifted)
  std::uint32_t new_rows = 0;              // how many row ids from first_new on are used inline
};

struct Change {
  std::vector<PreparedTable> tables;
  std::map<TypeId, RowId> first_new;       // next_row of the state it was prepared on
  CatalogPtr new_catalog;                  // schema apply; else null
  bool empty() const { return tables.empty() && !new_catalog; }
};

// What an intent read to want its change. A commit that meets none of it leaves the change valid.
struct ReadSet {
  // Tables scanned with a predicate or whole: any change to one of them is a meeting.
  std::unordered_set<TypeId> tables;
  // Ids looked up (found or not): node keys, edge ends, edge ids. Key: table id, then id text.
  std::map<TypeId, std::unordered_set<std::string>> ids;
  // Canonical tuples of @unique groups that must stay free: hash set a table.
  std::map<TypeId, std::unordered_set<std::uint64_t>> tuples;
  // Source nodes whose edges of a type were counted (cardinality), or nodes whose incident edges were
  // enumerated (cascade).
  std::map<TypeId, std::unordered_set<RowId>> edge_ends;
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
  std::optional<CommitId> if_commit;       // only when the branch's head is exactly this
  Provenance by;
  // Prepares change and reads again on a newer head. Called with the committer's lock held, from
  // the committing thread; must not wait for other intents.
  std::function<Result<std::pair<Change, ReadSet>>(const SnapshotPtr&, const GraphState&)> prepare_again;
};

}  // namespace omnigraph
