#include "common/nearest_name.h"

#include <algorithm>

namespace omnigraph {
namespace {

// Edits (insert, delete, replace, swap neighbours) from `a` to `b`; both are short.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_back(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min(
          {previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], two_back[j - 2] + 1);
      }
    }
    std::swap(two_back, previous);
    std::swap(previous, row);
  }
  return previous[b.size()];
}

}  // namespace

std::string_view nearest_name(std::string_view name,
                              const std::vector<std::string_view>& candidates) {
  if (name.size() > kMaxSuggestionBytes) return {};
  std::string_view best;
  std::size_t best_distance = name.size() / 3 + 1;  // more edits than a third is another word
  const std::size_t compared = std::min(candidates.size(), kMaxSuggestionCandidates);
  for (std::size_t i = 0; i < compared; ++i) {
    const std::string_view candidate = candidates[i];
    if (candidate.size() > kMaxSuggestionBytes) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance || (distance == best_distance && best.empty())) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace omnigraph
