// The numbers and names of the store.
#pragma once

#include <cstdint>
#include <limits>

#include "common/ulid.h"
#include "schema/catalog.h"

namespace omnigraph {

// Row id: dense per table, unique across all branches of the graph, never reused, stable under
// updates. 64-bit on the store; in memory 32, so a table hands out at most 2^32-2 of them in its
// life (limit `row_ids_per_type`, error kResourceExhausted).
using RowId = std::uint32_t;
inline constexpr RowId kNoRow = std::numeric_limits<RowId>::max();
inline constexpr RowId kMaxRowId = kNoRow - 1;

using Gsn = std::uint64_t;       // counts commits of the whole graph; 1 is the first
using Sequence = std::uint64_t;  // counts log records; 1 is the first
using CommitId = Ulid;
using SegmentId = Ulid;

// Properties of the row itself, usable wherever a PropertyId selects a column of a segment.
inline constexpr PropertyId kIdColumn = 0xFFFFFF01;   // `id` text
inline constexpr PropertyId kSrcColumn = 0xFFFFFF02;  // `_src` row id of the From node
inline constexpr PropertyId kDstColumn = 0xFFFFFF03;  // `_dst` row id of the To node
inline constexpr PropertyId kRidColumn = 0xFFFFFF04;
inline constexpr PropertyId kGsnColumn = 0xFFFFFF05;

}  // namespace omnigraph
