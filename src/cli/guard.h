// The addressing guard: a scope option that a command cannot consume is an error, never ignored. It
// comes before any file or network is touched.
#pragma once

#include "cli/arguments.h"
#include "omnigraph/error.h"

namespace omnigraph::cli {

// kBadRequest naming the first option that does not apply.
Status check_addressing(const Arguments& arguments);

// "data", "direct (storage-native)", … as messages name a capability.
std::string_view capability_phrase(Capability capability);

}  // namespace omnigraph::cli
