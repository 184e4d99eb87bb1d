#include "execution/unavailable.h"

#include <string>

#include "query/print.h"

namespace omnigraph {
namespace {

Status refuse(const TypedExpr& expression) {
  if (const auto* search = std::get_if<TSearch>(&expression.node)) {
    return search_unavailable(search->function);
  }
  return {};
}

}  // namespace

Error search_unavailable(SearchFunction function) {
  return bad_request(std::string(search_name(function)) + " search is not available in this build");
}

Status refuse_search(const TypedRead& query) {
  for (const TypedScope& scope : query.scopes) {
    for (const TypedTextSearch& search : scope.text_searches) {
      OG_RETURN_IF_ERROR(refuse(*search.call));
    }
    for (const TypedFilter& filter : scope.filters) {
      OG_RETURN_IF_ERROR(refuse(*filter.left));
      OG_RETURN_IF_ERROR(refuse(*filter.right));
    }
  }
  for (const TypedOrdering& ordering : query.order)
    OG_RETURN_IF_ERROR(refuse(*ordering.expression));
  return {};
}

}  // namespace omnigraph
