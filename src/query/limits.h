// Bounds on query sources and parameters. They keep parsing and checking linear in the text, the
// stack shallow and every offset in 32 bits; the message of whoever passes one names it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace omnigraph {

// Bytes of one `.gq` source.
inline constexpr std::size_t kMaxQuerySourceBytes = 16u << 20;
// Nesting of `not` blocks, function arguments and list literals, counted together.
inline constexpr std::uint32_t kMaxQueryNesting = 64;
// Clauses, expressions, literals, projections, assignments … of one source. Bounds the memory that
// a source of two-byte expressions can claim.
inline constexpr std::uint32_t kMaxQueryNodes = 1'000'000;

// Traversals, `not` blocks and conditions over several variables of one read, together. Planning
// tries orders of them, which takes their number squared.
inline constexpr std::size_t kMaxPatternParts = 1'000;

// Bytes of the JSON text that carries parameters.
inline constexpr std::size_t kMaxParameterBytes = 512u << 20;
// Nesting of arrays in the value of a parameter that no query declares.
inline constexpr std::uint32_t kMaxParameterNesting = 64;

// Dimensions of a vector parameter (spec/queries.md §4).
inline constexpr std::uint64_t kMaxParameterDimension = 2'147'483'647;

// Characters of a quoted name or text inside a message; longer ones are cut.
inline constexpr std::size_t kMaxEchoedNameBytes = 200;

}  // namespace omnigraph
