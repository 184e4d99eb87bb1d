// Values of expressions that no row changes: literals, parameters, now().
#pragma once

#include "execution/context.h"
#include "omnigraph/error.h"
#include "query/typed_query.h"

namespace omnigraph {

bool is_constant(const TypedExpr& expression);

// Errors kBadRequest: "parameter '<name>' not provided", "invalid Date literal '<text>'",
// "invalid DateTime literal '<text>'", a list literal that mixes integers and floats.
Result<Value> constant_value(const TypedExpr& expression, const std::vector<Parameter>& declared,
                             const ParameterValues& values, DateTime now);
inline Result<Value> constant_value(const TypedExpr& expression, const QueryContext& context) {
  return constant_value(expression, context.declared(), context.values(), context.now());
}

// Texts of dates become dates where the type wants them (also inside lists); others stay.
Result<Value> coerce_dates(Value value, ScalarType scalar);

}  // namespace omnigraph
