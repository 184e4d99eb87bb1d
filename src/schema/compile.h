// Text of a schema to its catalog: parsing, every rule of spec/schema.md §7 in the order given
// there, and identities. Thread-safe: no state outside the calls.
#pragma once

#include <cstdint>
#include <string_view>

#include "omnigraph/error.h"
#include "schema/catalog.h"

namespace omnigraph {

enum class CompileMode : std::uint8_t {
  kStrict,  // init, schema plan, schema apply: every rule
  kLint,    // lint --schema, cluster validation: without duplicate-property and reserved-id rules
};

// The catalog of a new graph: version 1, identities numbered from 1, rename hints without effect.
// The first broken rule is the error: kBadRequest with a message that begins with `parse error:` or
// `catalog error:` (duplicate properties and reserved id/src/dst with neither) and a span into the
// source; kResourceExhausted when a limit of schema/limits.h is passed.
// In kLint a property that is declared twice counts with its first declaration.
Result<CatalogPtr> compile_schema(std::string_view source, CompileMode mode = CompileMode::kStrict);

// Whether an error of compile_schema came from the text of a declaration (`parse error:`) rather
// than from the schema as a whole: what cluster diagnostics tell apart.
bool is_schema_parse_error(const Error& error);

}  // namespace omnigraph
