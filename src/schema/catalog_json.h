// A catalog as the store keeps it: the verbatim source, and the numbers that the source alone does
// not give.
//
// Format (JSON, one object, compact):
//   version        number of this schema within its graph
//   next_identity  the counter's next number, greater than all that follow
//   source         text
//   interfaces     [{name, id, properties: [{name, id}]}]      each list by name; properties of a
//   nodes          [{name, id, lifetime, properties: […]}]     node are its effective ones
//   edges          [{name, id, lifetime, properties: […]}]
#pragma once

#include <string>
#include <string_view>

#include "omnigraph/error.h"
#include "schema/catalog.h"

namespace omnigraph {

std::string catalog_to_json(const Catalog& catalog);

// The catalog whose catalog_to_json() is `json`. Unknown keys are ignored. kCorrupt when the text
// is not of the format above, the source does not compile, or numbers are missing, left over,
// doubled or not below next_identity.
Result<CatalogPtr> catalog_from_json(std::string_view json);

}  // namespace omnigraph
