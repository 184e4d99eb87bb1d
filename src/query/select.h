// Which query of a source runs (spec/queries.md §16.1, spec/writes.md §2.3). The same rule serves
// reads and mutations; whether the kind fits is check.h's business.
#pragma once

#include <optional>
#include <string_view>

#include "omnigraph/error.h"
#include "query/ast.h"

namespace omnigraph {

// With a name: the first query of that name, else kBadRequest `query '<name>' not found`. Without:
// the only query, else (none or several) kBadRequest
// `query file contains multiple queries; pass --name`. The pointer lives as long as `file`.
Result<const QueryDecl*> select_query(const QueryFile& file, std::optional<std::string_view> name);

}  // namespace omnigraph
