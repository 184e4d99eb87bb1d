// Values of a query's parameters from one JSON object (spec/queries.md §5.2). Numbers are exact: a
// 64-bit integer is never read through a double. Thread-safe: no state outside the call.
#pragma once

#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "query/ast.h"
#include "query/typed_query.h"

namespace omnigraph {

// `json` is an object whose keys are parameter names without `$`; empty (or only white space) or
// `null` means no parameters. One value per declared parameter, in their order: a value, null, or
// nothing when a non-nullable parameter was left out. Integers are std::int64_t, floats and vector
// elements double, dates their text. When a key is repeated its last value counts.
//
// Errors, kBadRequest: `params must be a JSON object`, `params are not valid JSON: …`, and
// `param '<name>': …` for values that do not fit their declaration; keys that no parameter declares
// are ignored unless they hold an object or arrays nested beyond kMaxParameterNesting.
Result<ParameterValues> bind_parameters(const std::vector<Parameter>& parameters,
                                        std::string_view json);

}  // namespace omnigraph
