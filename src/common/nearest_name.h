// The name that a misspelt one most likely meant. Thread-safe: no state outside the call.
#pragma once

#include <string_view>
#include <vector>

namespace omnigraph {

// Names longer than this are neither compared nor suggested.
inline constexpr std::size_t kMaxSuggestionBytes = 64;
// At most so many candidates are compared.
inline constexpr std::size_t kMaxSuggestionCandidates = 10'000;

// The candidate that the fewest edits (insert, delete, replace, swap neighbours) make of `name`;
// empty when that takes more than a third of its length and one. The first of equally near ones.
std::string_view nearest_name(std::string_view name,
                              const std::vector<std::string_view>& candidates);

}  // namespace omnigraph
