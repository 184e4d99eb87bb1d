// One Blob cell set or cleared: the change that `blob put` and `blob clear` make (spec/cli.md §19).
// Unlike a mutation it can clear a cell, and reaches edges. Nothing is published here. Thread-safe:
// no state outside the calls.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "omnigraph/error.h"
#include "storage/snapshot.h"
#include "write/change.h"
#include "write/rules.h"

namespace omnigraph {

struct BlobAssignment {
  bool is_edge = false;
  std::string type, id, property;
  std::optional<std::string> cell;  // nullopt: null; what it refers to is stored already
};

// The type and property of a cell. Errors kBadRequest, with details `blob_selector`: "unknown node
// type 'X'", "property 'X.p' is not a Blob".
Result<std::pair<const EntityType*, const Property*>> find_blob_property(const Catalog& catalog,
                                                                         bool is_edge,
                                                                         std::string_view type,
                                                                         std::string_view property);
// kNotFound "no node 'X' with id 'i' found", with details `blob_cell`.
Error no_such_entity(bool is_edge, const EntityType& type, std::string_view id);

// Errors: those above; kBadRequest "non-nullable blob property 'p' has null values"; those of
// reading.
Result<std::pair<Change, ReadSet>> prepare_blob_change(const BlobAssignment& assignment,
                                                       const Snapshot& base,
                                                       const GraphState& state, const Rules& rules);

}  // namespace omnigraph
