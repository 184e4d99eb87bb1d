// A segment on the store: data/<table>/<ulid>.parquet holds its rows (Parquet that other programs
// read too), index/<ulid> what belongs to them: page directory, statistics, adjacency, hash and
// sorted indexes. Both are immutable and have names of their own.
#pragma once

#include <memory>
#include <string>

#include "common/runtime.h"
#include "storage/column_cache.h"
#include "storage/object_store.h"
#include "storage/record.h"
#include "storage/segment.h"
#include "storage/store.h"

namespace omnigraph {

std::string segment_data_name(TypeId table, const SegmentId& id);
std::string segment_index_name(const SegmentId& id);

// Writes both objects, durable on return; nothing refers to them before a log record names them.
// `batch` is in segment order, with at least one row and at most kMaxSegmentRows. Columns are
// encoded a few row groups at a time, on `executor` (null: on the caller). Errors: kInternal when
// the rows are not in order, kIo, kResourceExhausted (disk full, a page too large).
// The objects are named by `id`, which nobody may have used before.
Result<SegmentRef> write_segment_files(ObjectStore& objects, SegmentId id, const RowBatch& batch,
                                       const SegmentOptions& options, Executor* executor = nullptr);
Result<SegmentRef> write_segment_files(ObjectStore& objects, UlidSource& ulids,
                                       const RowBatch& batch, const SegmentOptions& options,
                                       Executor* executor = nullptr);

// The segment that `ref` names. No I/O until it is used; then errors are kCorrupt (missing, cut
// off, damaged or foreign objects, by name), kIo and kResourceExhausted (memory budget). Segments
// of one store share a `cache`, so that each can make room for the others; null: one of its own.
Result<SegmentPtr> open_segment_files(ObjectStorePtr objects, const SegmentRef& ref,
                                      const Runtime& runtime,
                                      std::shared_ptr<ColumnCache> cache = nullptr);

}  // namespace omnigraph
