// From the decisions of a merge to the change that carries them out: finds the ends of entering
// edges in the target, has the whole validated, and brings the rows over: by reference where most
// of a segment enters, else as copies that keep their row ids and commit numbers, so that a later
// diff finds nothing to compare.
#pragma once

#include <map>
#include <vector>

#include "history/merge_table.h"
#include "history/row_reader.h"
#include "storage/store.h"
#include "write/change.h"
#include "write/validator.h"

namespace omnigraph {

class MergeRows {
 public:
  // Rows up to which copies are carried inside the commit record.
  static constexpr std::size_t kMaxInlineRows = 1'024;

  // `tables` holds every type of the catalog and outlives this. `fast_forward`: the target is the
  // base, so that the outcome is the source's state and holds to all rules as it is.
  MergeRows(Store& store, const MergeSides& sides, const Rules& rules, bool fast_forward,
            std::map<TypeId, MergedTable>& tables);

  // What the rules have against the outcome, in the order of spec/history.md §6.5.
  Result<std::vector<MergeConflict>> validate();
  // The change on the target, and what it rests on. Writes segments where copies are many.
  Result<Change> change();
  ReadSet reads() && { return std::move(reads_); }

 private:
  // Rows of one source table that are about to be copied together.
  using RowList = std::vector<const EnteringRow*>;
  enum class Columns : std::uint8_t { kAll, kNone };

  RowReader& reader(const EntityType& type);
  bool same_rows(TypeId nodes) const;
  Status find_ends(MergedTable& table, TableDelta& delta);
  Result<RowId> end_in_target(TypeId nodes, RowId in_source);
  Status note_end(TypeId nodes, RowId in_source);
  Result<RowBatch> gather(const MergedTable& table, const RowList& rows, Columns columns,
                          bool keep_numbers);
  Result<std::vector<AdoptedSegment>> adopt(const MergedTable& table, RowList& copied);
  Status carry(PreparedTable& out, RowBatch batch);
  Status note_touched(const MergedTable& table, TouchedTable& touched);

  Store& store_;
  const MergeSides& sides_;
  const Rules& rules_;
  const Catalog& catalog_;
  bool fast_forward_;
  std::map<TypeId, MergedTable>& tables_;
  std::map<TypeId, RowReader> readers_;
  std::map<TypeId, std::map<RowId, RowId>> ends_;  // of the source, found in the target
  std::map<TypeId, std::vector<RowId>> arriving_;  // row ids of entering nodes, ascending
  ReadSet reads_;
};

}  // namespace omnigraph
