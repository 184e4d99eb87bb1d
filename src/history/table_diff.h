// Which rows of one type differ between two snapshots: the ground that merges, diffs and the change
// feed stand on.
//
// Two steps. diff_versions() compares row versions, (row id, gsn), without reading values: segments
// that both sides list with the same deletion bitmap are skipped, of those that both list only the
// rows whose bits differ count, and of the others every live row does, until those that moved
// unchanged from one segment to another (folds, copies) cancel out. diff_table() then pairs what is
// left by entity id and lets values decide (spec/history.md §6.4).
//
// Cost: the rows of the segments that differ for the first step, the rows that differ for the
// second; never the size of the table. Plain functions, safe from any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "storage/snapshot.h"

namespace omnigraph {

// A live row of one table version.
struct RowVersion {
  RowId rid = kNoRow;
  Location at;
  Gsn gsn = 0;
};

// The row versions that only one of two table versions holds alive, each in ascending order of row
// ids.
struct VersionDiff {
  std::vector<RowVersion> before, after;
  bool empty() const { return before.empty() && after.empty(); }
};
Result<VersionDiff> diff_versions(const TableVersion& before, const TableVersion& after);

// One entity that differs. `before` and `after` are places in the two snapshots' versions of the
// table.
struct RowDifference {
  enum class Kind : std::uint8_t {
    kAdded,      // only after
    kRemoved,    // only before
    kChanged,    // in both, with other values or (edges) other ends
    kRewritten,  // in both with equal values, though its row was written anew
  };
  Kind kind = Kind::kAdded;
  std::string_view id;  // lives as long as the TableDiff
  std::optional<Location> before, after;
  RowId before_rid = kNoRow, after_rid = kNoRow;  // differ where an id was removed and came back
};

struct TableDiff {
  std::vector<RowDifference> rows;  // in ascending order of id bytes, each id once
  // Blocks that the ids stand in.
  std::deque<std::string> ids;
};

// What becomes of rows that were written anew. With kUnknown no values are compared: every entity
// that both sides have counts as changed, and whether it is is left to the caller.
enum class Rewritten : std::uint8_t { kLeaveOut, kInclude, kUnknown };

// The entities of type `table` that differ. Both snapshots are read through `type` (of the accepted
// catalog, or of the commits' own). Memory: about 100 bytes and the id for each row that differs.
Result<TableDiff> diff_table(const Snapshot& before, const Snapshot& after, const EntityType& type,
                             Rewritten rewritten = Rewritten::kLeaveOut);
// The same from row versions already compared.
Result<TableDiff> diff_table(const Snapshot& before, const Snapshot& after, const EntityType& type,
                             const VersionDiff& versions, Rewritten rewritten);

// Whether an edge of `before` and one of `after` join the same two nodes, by their ids. Error
// `history_reclaimed` when that hangs on nodes that a cleanup gave up.
Result<bool> same_ends(const Snapshot& before, const Snapshot& after, const EdgeType& edge,
                       Location old_row, Location new_row);

}  // namespace omnigraph
