// Text of a `.pg` source to its syntax tree: exactly the grammar of spec/schema.md §1 and §2, and
// no rule beyond it. One pass, no recursion, O(bytes). Thread-safe: no state outside the call.
#pragma once

#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "schema/ast.h"

namespace omnigraph {

// Errors: kBadRequest `parse error: …` with line, column, the echoed line and what was expected
// (also for text that is not UTF-8); kResourceExhausted when a limit of schema/limits.h is passed.
// `tokens`, unless null, is filled with the tokens in order; what stands between them is white
// space and comments.
Result<SchemaAst> parse_schema(std::string_view source, std::vector<SourceRange>* tokens = nullptr);

}  // namespace omnigraph
