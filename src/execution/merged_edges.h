// One adjacency for the large segments of an edge table, so that a table written in many pieces is
// walked as fast as one written at once. Made once and kept in the segments' cache for all versions
// of a lineage; segments that came since are merged in when they have become a noticeable part of
// the whole, so that an edge is copied O(log n) times in all. Knows nothing of deletions.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "index/adjacency.h"
#include "omnigraph/error.h"
#include "storage/table_version.h"

namespace omnigraph {

struct MergedEdges {
  struct Member {
    std::weak_ptr<const Segment> segment;
    std::uint32_t first_row = 0;  // its rows begin here
    std::uint32_t rows = 0;
  };
  std::shared_ptr<const Adjacency> adjacency;
  std::vector<Member> members;  // by first_row
  std::uint64_t rows = 0;
  std::shared_ptr<const void> token;  // counts its memory
};

// Null where nothing is to be merged (fewer than two file segments), or there is no memory for it.
Result<std::shared_ptr<const MergedEdges>> merged_edges(const TableVersion& version);
// The part of the version that a member of its merged edges is.
std::size_t part_of(const TableVersion& version, const MergedEdges::Member& member);

}  // namespace omnigraph
