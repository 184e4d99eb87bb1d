// From what a load has read to a change on one head: row ids, ends, order, verdict. Done again from
// here when other commits got in the way.
#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "omnigraph/error.h"
#include "storage/store.h"
#include "write/change.h"
#include "write/load/records.h"

namespace omnigraph {

struct PlacementInput {
  Store& store;
  const LoadPlan& plan;
  const LoadRecords& records;
  LoadMode mode;
  UlidSource& ulids;  // of edges
};

// Blocks of row ids, one a table asked for.
using ReserveRows =
    std::function<Result<std::vector<RowId>>(std::span<const std::pair<TypeId, std::uint32_t>>)>;

// Validates, and writes segments when there is too much for a commit record. `reserve` may be
// empty: then new rows are numbered from `state`. Errors: kConflict (append of an id that lives),
// kBadRequest (rules), those of the store.
Result<std::pair<Change, ReadSet>> place_load(const PlacementInput& input, const Snapshot& base,
                                              const GraphState& state, const Rules& rules,
                                              const ReserveRows& reserve);

}  // namespace omnigraph
