// Segments over rows in memory: what commits carry inline and what they are merged into. See
// segment.h for make_memory_segment. Everything derived from the rows (row by row id, indexes,
// statistics, adjacency) is made on first use and kept as long as the segment.
#pragma once

#include "storage/segment.h"

namespace omnigraph {

// The rows of a memory segment, in segment order; null for other segments. Valid as long as it.
const RowBatch* memory_batch(const Segment& segment);

}  // namespace omnigraph
