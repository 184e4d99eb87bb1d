// Bounds on schema sources. They keep compiling linear in the text and every number in 32 bits;
// passing one is kResourceExhausted with the limit's name in the message. The grammar has no
// recursion, so nesting needs no bound of its own.
#pragma once

#include <cstddef>
#include <cstdint>

namespace omnigraph {

// Bytes of one source text. Also bounds every list that is written out in it.
inline constexpr std::size_t kMaxSchemaBytes = 16u << 20;
// Interfaces, node types and edge types of one schema.
inline constexpr std::size_t kMaxSchemaTypes = 65'536;
// Properties of one schema, counted per owner: those declared, plus one for each property of each
// interface that a node implements (whether injected or redeclared there).
inline constexpr std::size_t kMaxSchemaProperties = 1'048'576;
// Columns of the offending line that a syntax error echoes; longer lines are cut around the mark.
inline constexpr std::size_t kMaxEchoedColumns = 160;

// Values that the language itself bounds (spec/schema.md §3, §7.1, §7.2).
inline constexpr std::uint64_t kMaxVectorDimension = 2'147'483'647;

}  // namespace omnigraph
