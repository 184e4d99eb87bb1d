// Conflicts of a merge as errors.
#pragma once

#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/merge.h"

namespace omnigraph {

// kConflict "merge conflicts: <subject>: <message>; …" with all of them. Its details are of kind
// "merge_conflicts"; each conflict gives the fields entity_kind, type_name, entity_id (where it has
// one), kind and message, in this order.
Error merge_conflicts(std::vector<MergeConflict> conflicts);

}  // namespace omnigraph
