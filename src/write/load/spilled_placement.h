// place_load (placement.h) for records that lie on disk: the same change, verdicts and words, with
// memory bounded by the budget. Nodes are merged range by range of their ids, edges resolved round
// by round and merged range by range of their ends; every range becomes a segment. Rules that look
// across rows (@unique, @card, ends) are then checked over the new segments, in as many passes as
// the budget asks for. Segments of a load that is refused are taken away again.
//
// What grows with the input: 4 bytes for each row that replaces one.
#pragma once

#include "write/load/placement.h"
#include "write/load/spilled_records.h"

namespace omnigraph {

// `input.records.spilled` must be set. As place_load.
Result<std::pair<Change, ReadSet>> place_spilled(const PlacementInput& input, const Snapshot& base,
                                                 const GraphState& state, const Rules& rules,
                                                 const ReserveRows& reserve);

}  // namespace omnigraph
