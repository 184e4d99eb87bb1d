// Projections and order items checked for what execution can do (spec/queries.md §8 to §10).
#pragma once

#include <vector>

#include "execution/pattern.h"
#include "execution/plan.h"

namespace omnigraph {

// Fills columns, order, tie_break, limit, aggregate. Errors kBadRequest: "unsupported projection
// expression", "unsupported ordering expression", "alias '<n>' not found for ordering",
// "column '<v.p>' not found for ordering", "column '<v.p>' not found".
Status plan_outputs(const TypedRead& query, const Catalog& catalog,
                    const std::vector<bool>& unanchored, Plan& plan);

// Variables that outputs, order items and ties read.
VarSet output_variables(const Plan& plan);

// The name of a property of a node or edge variable, as in "t.name".
std::string column_name(const TypedRead& query, const Catalog& catalog, const TProperty& property);

}  // namespace omnigraph
