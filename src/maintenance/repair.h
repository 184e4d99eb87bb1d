// What `repair` looks at. A commit of this engine is one atomic step, so there is never storage
// that moved without a commit; what can go wrong is damage, and that is what is looked for.
#pragma once

#include "omnigraph/graph.h"
#include "storage/store.h"

namespace omnigraph {

// Reads every segment that main lists, data and indexes, one after the other, and so verifies their
// presence, lengths and checksums, and that every edge ends at a live node. One entry for each
// declared type, edges by name, then nodes by name; `damage` says what is wrong with its storage.
// Reads the whole branch. Memory: the columns of one segment, and a bit for each row id of a type.
Result<RepairReport> examine_tables(Store& store);

}  // namespace omnigraph
