// Which rows a statement's predicate names, and what had to be read to know. Plain functions.
#pragma once

#include <vector>

#include "omnigraph/error.h"
#include "write/mutation.h"

namespace omnigraph {

// Committed rows of `table` that satisfy the predicate, ascending. A key or an end that is asked
// for by equality is looked up; anything else scans the table, and then counts as having read it
// whole.
Result<std::vector<RowId>> select_committed(const MutationInput& input, const Snapshot& base,
                                            const TableRules& table,
                                            const TypedPredicate& predicate, ReadSet& reads);

// Adds the row ids of live edges of `table` at a committed node.
Status collect_edges(const Snapshot& base, TypeId table, RowId node, bool outgoing,
                     std::vector<RowId>& edges);

void sort_unique(std::vector<RowId>& rows);

}  // namespace omnigraph
