// The rules of insert, update and delete statements (spec/writes.md §2.2).
#pragma once

#include "omnigraph/error.h"
#include "query/ast.h"
#include "query/rules/type_rules.h"
#include "query/typed_query.h"
#include "schema/catalog.h"

namespace omnigraph::gq {

// `body` is the query's. Errors as those of check_query().
Result<TypedMutation> check_mutation_body(const QueryDecl& query, const MutationBody& body,
                                          const Catalog& catalog, const ParameterTable& parameters);

}  // namespace omnigraph::gq
