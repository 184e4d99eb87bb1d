// How many entries of an edge segment's order by target stand between two samples of it.
#pragma once

#include <cstdint>

namespace omnigraph {

inline constexpr std::uint32_t kTargetsPerSample = 1024;

}  // namespace omnigraph
