// What `optimize` does to a graph: many small pieces of a table become one, dead rows go, and
// declared indexes that cannot be built yet are named. No answer changes.
#pragma once

#include <string>
#include <vector>

#include "omnigraph/graph.h"
#include "storage/store.h"

namespace omnigraph {

// Folds the tables of main. One entry for each declared type, edges by name, then nodes by name.
// `commit` is left unset: whether and how the work becomes a commit is the caller's. Errors: those
// of Store::compact, kIo, kCorrupt.
Result<OptimizeReport> optimize_tables(Store& store);

// Vector properties with a declared index whose type has rows but no vector yet. Reads statistics
// only, unless a segment was written without them.
Result<std::vector<PendingIndex>> pending_indexes(const Snapshot& snapshot, const EntityType& type);

}  // namespace omnigraph
