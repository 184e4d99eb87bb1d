// Values of mutations on their way into properties (spec/writes.md §2.4). Plain functions, safe
// from any thread.
#pragma once

#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/value.h"
#include "query/typed_query.h"
#include "schema/catalog.h"
#include "write/blob_value.h"

namespace omnigraph {

// What a statement assigns: a literal, a parameter or now(), dates still as they were written where
// they came as text. A nullable parameter that was not given is null. Error kBadRequest "parameter
// '<name>' not provided", "invalid Date literal '…'", "invalid DateTime literal '…'".
Result<Value> assigned_value(const TypedExpr& expression, const std::vector<Parameter>& declared,
                             const ParameterValues& values, DateTime now);

// The value as a property of this type stores it. Null stays null, whatever the nullability. Errors
// kBadRequest: `cannot convert …`, ranges, malformed dates, vector lengths, blob texts. Large Blob
// values go to `blobs`.
Result<Value> convert_value(const Value& value, const Property& property, BlobStage& blobs);

// "non-nullable property 'p' has null or invalid values" in the words of the property's kind.
Error missing_value(const Property& property);

// "Int32", "Float64", "Utf8", "Date32", …: what messages call a type as it is stored.
std::string_view stored_type_name(ScalarType type);

}  // namespace omnigraph
