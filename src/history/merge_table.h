// The decisions of a merge about one type: which rows of the source enter the target, which rows of
// the target go, and what cannot be decided. Implements the truth table of spec/history.md §6.4.
//
// Values decide, never how a row was written. An entity that the target has keeps its row id there;
// `renumbered` says so to the edges that come from the source.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "history/table_diff.h"
#include "omnigraph/merge.h"
#include "write/change.h"

namespace omnigraph {

// The three states of a merge.
struct MergeSides {
  SnapshotPtr base, source, target;
};

// A row of the source that enters the target.
struct EnteringRow {
  Location at;  // in the source's version of the table
  RowId source_rid = kNoRow;
  RowId target_rid =
      kNoRow;  // the row id it has in the target: its own, unless the entity lives there
  RowId src = kNoRow, dst = kNoRow;  // edges: ends in the target, once they are known
  // With its own number and ends the row is the very row of the source, else a new version of it.
  bool rewritten = false;
};

struct MergedTable {
  const EntityType* type = nullptr;
  const EdgeType* edge = nullptr;  // null: nodes
  bool target_unchanged = false;   // the target's version of the table is the base's
  std::vector<EnteringRow> entering;
  std::vector<RowId> dying;    // rows of the target that go or give way to entering ones, ascending
  std::vector<RowId> removed;  // those of them whose entities go, ascending
  // Row ids that an entity has in the source (or had in the base), where the target has another.
  std::unordered_map<RowId, RowId> renumbered;
  std::vector<MergeConflict> conflicts;  // by id
  // Entities of which the source's state was weighed; `many` instead when there are more than
  // kMaxTouchedIds.
  std::vector<std::string> weighed;
  bool many = false;
  MergedType counts;

  bool changed() const { return !entering.empty() || !dying.empty(); }
};

// Memory: about 100 bytes and the id for each row that either side changed; 40 bytes a row where
// only the source did and no entity came back under another row id.
//
// Values are compared only where the decision hangs on them; kExact compares all, so that the
// counts leave out rows that were written anew without a change.
enum class Counting : std::uint8_t { kRough, kExact };
Result<MergedTable> merge_table(const MergeSides& sides, const EntityType& type,
                                Counting counting = Counting::kRough);

}  // namespace omnigraph
