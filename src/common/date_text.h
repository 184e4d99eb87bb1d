// Text of dates and instants, in every spelling of spec/queries.md §3.1 and §3.2, and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "omnigraph/error.h"
#include "omnigraph/value.h"

namespace omnigraph {

// Error kBadRequest "invalid Date literal '<text>'".
Result<Date> parse_date(std::string_view text);
// Error kBadRequest "invalid DateTime literal '<text>'".
Result<DateTime> parse_datetime(std::string_view text);
std::string date_text(Date date);             // YYYY-MM-DD (signed, wider outside 0..9999)
std::string datetime_text(DateTime instant);  // YYYY-MM-DDThh:mm:ss.mmmZ

// Shortest positional decimal of a double (or of a float at its own width) that reads back, no
// exponent, no trailing ".0", both zeros "0": the scalar spelling of spec/schema.md §8.1.
std::string scalar_spelling(double value);
std::string scalar_spelling(float value);

}  // namespace omnigraph
