// Places in a source text: from byte offsets to lines and columns, and the reports that show them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "schema/ast.h"

namespace omnigraph {

// Line and column (in characters, from 1) of a byte range. Lines end at LF. O(offset).
SourceSpan locate(std::string_view source, SourceRange range);

// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629), if any.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

// kBadRequest in the layout
//   parse error:  --> 3:9
//     |
//   3 | node X {
//     |         ^---
//     |
//     = expected …
// Control characters of the echoed line print as `?`, and a line longer than kMaxEchoedColumns is
// cut around the mark. `expected` lists alternatives; it may be a sentence of its own when alone.
Error syntax_error(std::string_view source, std::uint32_t offset,
                   const std::vector<std::string>& expected);

// kBadRequest "parse error: <text>" with the span of `range`.
Error schema_error(std::string_view source, SourceRange range, std::string_view text);
// kBadRequest "catalog error: <text>" with the span of `range`.
Error catalog_error(std::string_view source, SourceRange range, std::string_view text);

// "; did you mean 'Person'?" when one of the candidates is near `name`, else nothing.
std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace omnigraph
