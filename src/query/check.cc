#include "query/check.h"

#include <utility>

#include "query/rules/mutation.h"
#include "query/rules/read_checker.h"
#include "query/rules/type_rules.h"

namespace omnigraph {

Result<TypedQuery> check_query(const QueryDecl& query, const Catalog& catalog) {
  if (query.is_mutation()) {
    OG_ASSIGN_OR_RETURN(TypedMutation mutation, check_mutation(query, catalog));
    return TypedQuery(std::move(mutation));
  }
  OG_ASSIGN_OR_RETURN(TypedRead read, check_read(query, catalog));
  return TypedQuery(std::move(read));
}

Result<TypedRead> check_read(const QueryDecl& query, const Catalog& catalog) {
  const auto* body = std::get_if<ReadBody>(&query.body);
  if (body == nullptr) {
    return gq::type_error("", "mutation query cannot be typechecked as a read query", query.span);
  }
  OG_ASSIGN_OR_RETURN(const gq::ParameterTable parameters,
                      gq::ParameterTable::of(query.parameters));
  return gq::ReadChecker(query, catalog, parameters).check(*body);
}

Result<TypedMutation> check_mutation(const QueryDecl& query, const Catalog& catalog) {
  const auto* body = std::get_if<MutationBody>(&query.body);
  if (body == nullptr) {
    return bad_request("mutation execution called on a read query; use query instead")
        .at(query.span);
  }
  OG_ASSIGN_OR_RETURN(const gq::ParameterTable parameters,
                      gq::ParameterTable::of(query.parameters));
  return gq::check_mutation_body(query, *body, catalog, parameters);
}

Error mutation_in_read_request(const QueryDecl& query) {
  return bad_request("query '" + query.name +
                     "' contains mutations (insert/update/delete); use POST /mutate for write "
                     "queries");
}

}  // namespace omnigraph
