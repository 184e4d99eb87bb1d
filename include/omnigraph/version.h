// What this build is. Constants only.
#pragma once

#include <string_view>

namespace omnigraph {

inline constexpr std::string_view kVersion = "0.1.0";

// Number of the storage format that this build writes; clients treat it as opaque.
inline constexpr int kInternalSchemaVersion = 1;

}  // namespace omnigraph
