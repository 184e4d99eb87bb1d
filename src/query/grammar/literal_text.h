// Between the text of a literal token and its value. Plain functions, safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph::gq {

// The content of a string token (quotes included in `token`). Error kBadRequest
// "unsupported escape sequence: \x".
Result<std::string> decode_string(std::string_view token);
// The token whose content is `text`, with only the escapes that must be.
void append_string_token(std::string& out, std::string_view text);

// Digits within [0, limit], else nothing.
std::optional<std::uint64_t> decode_integer(std::string_view digits, std::uint64_t limit);
// digits "." digits, rounded to the nearest double; nothing when that is infinite.
std::optional<double> decode_float(std::string_view token);
// The shortest float token that reads back as `v`, which is finite and not negative.
void append_float_token(std::string& out, double v);

}  // namespace omnigraph::gq
