// Named limits of everything that enters a graph (spec/writes.md §6.6), and their refusal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph {

inline constexpr std::uint64_t kMaxLineBytes = 33'554'432;     // graph_batch_line_bytes
inline constexpr std::uint64_t kMaxStructuralSlots = 131'072;  // graph_batch_json_structural_slots
inline constexpr std::uint32_t kMaxJsonDepth = 128;            // nesting of one record
// Rows and bytes up to which a load is carried inside its commit record.
inline constexpr std::uint64_t kMaxInlineLoadRows = 1'024;
inline constexpr std::uint64_t kMaxInlineLoadBytes = 64 * 1024;

// kResourceExhausted with details `resource_limit {resource, limit, actual}`.
Error resource_limit(std::string_view resource, std::uint64_t limit, std::uint64_t actual);

}  // namespace omnigraph
