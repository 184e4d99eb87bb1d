// The canonical text of a tuple of values (spec/schema.md §8.1 spellings joined with 0x1F), by
// which
// @unique groups compare, and its hashes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index/tuple_index.h"
#include "storage/column.h"
#include "storage/ids.h"

namespace omnigraph {

inline constexpr char kTupleSeparator = 0x1F;

// Appends the scalar spelling of a present, scalar cell: text as it is, numbers in decimal, Date in
// days, DateTime in milliseconds.
void append_spelling(std::string& out, const Column& column, std::size_t row);

// A member of a group: a property's column (null: the property is null everywhere), or the row ids
// of an edge's ends, spelled in decimal.
struct TupleMember {
  const Column* column = nullptr;
  const RowId* ends = nullptr;
};

// Appends the tuple of a row; false (and an unfinished text) when a member is null, a list or a
// vector: such a row is exempt.
bool append_tuple(std::string& out, std::span<const TupleMember> group, std::size_t row);

// The hash of each row's tuple, exempt rows left out.
std::vector<TupleIndex::Entry> tuple_entries(std::span<const TupleMember> group,
                                             std::uint32_t rows);

}  // namespace omnigraph
