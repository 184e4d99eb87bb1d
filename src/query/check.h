// The type checker of `.gq`: a parsed query and a catalog to a typed query, in which every name is
// an identity and every expression has a type. Rules, order and codes: spec/queries.md §12,
// spec/search.md §3, spec/writes.md §2.2. Thread-safe: no state outside the calls.
#pragma once

#include "omnigraph/error.h"
#include "query/ast.h"
#include "query/typed_query.h"
#include "schema/catalog.h"

namespace omnigraph {

// The first broken rule is the error: kBadRequest, `type error: ` and the code and `: ` where the
// rule has one, with a span into the source. O(query).
Result<TypedQuery> check_query(const QueryDecl& query, const Catalog& catalog);

// For surfaces that run one kind only. A query of the other kind is refused before anything else:
//   check_read      `type error: mutation query cannot be typechecked as a read query`
//   check_mutation  `mutation execution called on a read query; use query instead`
Result<TypedRead> check_read(const QueryDecl& query, const Catalog& catalog);
Result<TypedMutation> check_mutation(const QueryDecl& query, const Catalog& catalog);

// What a served read answers to a mutation, before it is checked:
// "query '<n>' contains mutations (insert/update/delete); use POST /mutate for write queries".
Error mutation_in_read_request(const QueryDecl& query);

// The reserved name behind now(); no parameter may have it.
inline constexpr std::string_view kNowParameter = "__nanograph_now";

}  // namespace omnigraph
