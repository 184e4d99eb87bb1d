// A bound and finished plan as the tree that explain shows.
#pragma once

#include "execution/bound_plan.h"
#include "execution/explain.h"
#include "schema/catalog.h"

namespace omnigraph {

PlanNode report_plan(const Plan& plan, const BoundScope& root, const Catalog& catalog,
                     std::uint64_t result_rows);

}  // namespace omnigraph
