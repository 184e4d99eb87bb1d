// Puts edges into segment order: by (source, target), ties by id.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/column.h"
#include "storage/ids.h"

namespace omnigraph {

// Sorts the pairs in place, by (src, dst); equal ones stay in order. With `order` it also returns
// which row stands where now (order[i] is the former row of row i). Radix sort, O(rows).
void sort_edges(std::vector<RowId>& src, std::vector<RowId>& dst,
                std::vector<std::uint32_t>* order);

// Puts `order` right among rows with equal ends, src and dst being sorted: given ids by bytes, rows
// without one as a block where ids from `base` on belong.
void order_ties(const std::vector<RowId>& src, const std::vector<RowId>& dst, const Column& ids,
                Ulid base, std::vector<std::uint32_t>& order);

}  // namespace omnigraph
