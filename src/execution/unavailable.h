// Search functions have no operators yet; this is the only place that says so.
#pragma once

#include "omnigraph/error.h"
#include "query/typed_query.h"

namespace omnigraph {

Error search_unavailable(SearchFunction function);
// An error when the query filters or ranks with a search function.
Status refuse_search(const TypedRead& query);

}  // namespace omnigraph
