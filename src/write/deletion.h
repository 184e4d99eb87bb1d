// The destructive half of mutations: deletes with their cascade.
#pragma once

#include "omnigraph/error.h"
#include "write/mutation.h"

namespace omnigraph {

// All statements of `input` are deletes. Every one selects from `base`; an entity counts once.
Result<PreparedMutation> prepare_deletion(const MutationInput& input, const Snapshot& base,
                                          const Rules& rules);

}  // namespace omnigraph
