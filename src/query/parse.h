// Text of a `.gq` source to its syntax tree: exactly the grammar of spec/queries.md §2 and
// spec/writes.md §2.1, read as a PEG (ordered choice, greedy repetition, no word boundaries). Names
// and types are not looked at; that is check.h. Thread-safe: no state outside the call.
#pragma once

#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "query/ast.h"
#include "schema/ast.h"

namespace omnigraph {

// O(source) time and memory; the limits are in limits.h.
//
// Errors, all kBadRequest and all starting `parse error: `:
//  - syntax: ` --> line:column`, the source line with a mark, and what was expected there; the same
//    form for nesting beyond kMaxQueryNesting and trees beyond kMaxQueryNodes
//  - a token that cannot be built (bad escape, number out of range, repeated annotation):
//    `parse error: parse error: …` without position in the text; span() has it. Only reported when
//    the whole source is syntactically right.
//  - a source that is too large or not UTF-8
//
// `tokens`, unless null, is filled with the tokens in order; what stands between them is white
// space and comments.
Result<QueryFile> parse_queries(std::string_view source,
                                std::vector<SourceRange>* tokens = nullptr);

}  // namespace omnigraph
