// Which declaration of a desired schema is which accepted one: by name, else by rename hint
// (spec/schema.md §11.2).
#pragma once

#include "omnigraph/error.h"
#include "schema/catalog.h"
#include "schema/catalog_builder.h"

namespace omnigraph {

// Gives every declaration in `desired` that has a match the match's numbers; the others keep 0.
// kBadRequest with the prefix `schema identity resolution failed: ` when a hint does not resolve.
Status resolve_identities(const Catalog& accepted, CatalogBuilder& desired);

}  // namespace omnigraph
