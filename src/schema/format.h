// A `.pg` source in the one layout that everybody shares. Thread-safe: no state outside the call.
#pragma once

#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph {

// The same schema with other white space: declarations set apart by a blank line, an item of a body
// on each line, two spaces of indentation. Words, their order and comments stay as they are, blank
// lines and breaks before annotations where there is one. A body of one item may stay on its line.
// Formatting a result again changes nothing. Errors: those of parse_schema.
Result<std::string> format_schema(std::string_view source);

}  // namespace omnigraph
