// JSON values on their way into properties (spec/writes.md §6.5; permissive §7). Plain functions.
#pragma once

#include <cstdint>

#include "omnigraph/error.h"
#include "omnigraph/value.h"
#include "schema/catalog.h"
#include "storage/column.h"
#include "write/load/json_record.h"

namespace omnigraph {

enum class Strictness : std::uint8_t { kStrict, kPermissive };

// Appends the value at token `at` to `out`, a builder of the property's type. False, and nothing is
// appended, when the value counts as null. Errors kBadRequest in the words of §6.5.
Result<bool> append_json(ColumnBuilder& out, const Property& property, const JsonReader& reader,
                         std::uint32_t at, Strictness strictness);

// The same for a scalar property, as a Value.
Result<Value> json_scalar(const Property& property, const JsonReader& reader, std::uint32_t at,
                          Strictness strictness);

}  // namespace omnigraph
