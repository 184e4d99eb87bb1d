// How values become identities (spec/schema.md §8.1): scalar spellings, the ids of keyed nodes, and
// the tuples that @unique compares. The one derivation for loads, mutations and merges. Plain
// functions, safe from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/value.h"
#include "schema/catalog.h"
#include "storage/row_batch.h"
#include "storage/segment.h"
#include "storage/tuple_text.h"

namespace omnigraph {

// Appends the spelling of a present scalar (of a column's row: storage/tuple_text.h), as stored in
// a property of `type`. Error kBadRequest "… cannot identify an entity" for NaN and infinities.
Status append_spelling(std::string& out, ScalarType type, const Value& stored);

// The id of a node from the spellings of its key members in key order: the one itself, or a compact
// JSON array of them.
std::string id_from_spellings(std::span<const std::string> members);

// Appends the canonical tuple of `group` (PropertyIds, kSrcColumn and kDstColumn spelled as row
// ids) at a row. False, with `out` unspecified, when a member is null: such a tuple is exempt.
Result<bool> append_tuple(std::string& out, const RowBatch& batch, std::size_t row,
                          std::span<const PropertyId> group);
Result<bool> append_tuple(std::string& out, const Segment& segment, std::uint32_t row,
                          std::span<const PropertyId> group, const EntityType& type);

}  // namespace omnigraph
