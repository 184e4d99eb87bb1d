// Reads the whole input of a load into records. See load.h.
#pragma once

#include "common/ulid.h"
#include "omnigraph/error.h"
#include "write/blob_value.h"
#include "write/load/load.h"
#include "write/load/records.h"

namespace omnigraph {

// Parses on as many threads as the executor has. Errors: kBadRequest naming the first bad line, or,
// when every line is well formed, the first bad record of the first type (nodes by name, then
// edges); kConflict for ids that may not occur twice; kResourceExhausted (ceilings); kIo.
// Records that pass an eighth of the memory budget go to a temporary file beside `objects`.
Result<LoadRecords> read_records(LoadSource& source, const LoadSettings& settings,
                                 const LoadPlan& plan, const Rules& rules, const Runtime& runtime,
                                 UlidSource& ulids, BlobStage& blobs, const ObjectStore& objects);

}  // namespace omnigraph
