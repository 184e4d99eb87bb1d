// An error as a person wants to see it: the sentence, and the place in the source it came from.
#pragma once

#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph {

// The message, followed, when the error has a span into `source` that its message does not already
// show, by
//    --> 3:6
//     |
//   3 |   $t bridge $u
//     |      ^^^^^^
// No line break at the end, no colours. Works for `.gq` and `.pg` sources alike.
std::string render_source_error(const Error& error, std::string_view source);

}  // namespace omnigraph
