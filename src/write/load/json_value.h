// JSON values on their way into properties (spec/writes.md §6.5; permissive §7). Plain functions.
#pragma once

#include <cstdint>

#include "omnigraph/error.h"
#include "omnigraph/value.h"
#include "schema/catalog.h"
#include "storage/column.h"
#include "write/blob_value.h"
#include "write/load/json_record.h"

namespace omnigraph {

enum class Strictness : std::uint8_t { kStrict, kPermissive };

// How values are taken in, and where large Blob values go (not needed by scalar keys).
struct ValueIntake {
  Strictness strictness = Strictness::kStrict;
  BlobStage* blobs = nullptr;
};

// Appends the value at token `at` to `out`, a builder of the property's type. False, and nothing is
// appended, when the value counts as null. Errors kBadRequest in the words of §6.5.
Result<bool> append_json(ColumnBuilder& out, const Property& property, const JsonReader& reader,
                         std::uint32_t at, const ValueIntake& intake);

// The same for a scalar property, as a Value.
Result<Value> json_scalar(const Property& property, const JsonReader& reader, std::uint32_t at,
                          const ValueIntake& intake);

}  // namespace omnigraph
