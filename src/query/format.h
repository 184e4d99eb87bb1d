// A `.gq` source in the one layout that everybody shares. Thread-safe: no state outside the call.
#pragma once

#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph {

// The same queries with other white space: queries set apart by a blank line, a clause, projection,
// ordering or assignment on each line, two spaces of indentation. Words, their order and comments
// stay as they are, and blank lines where there is one. A block that fits on one line and stood on
// one may stay there (a `match` or `not` only with a single clause). Formatting a result again
// changes nothing. Errors: those of parse_queries.
Result<std::string> format_queries(std::string_view source);

}  // namespace omnigraph
