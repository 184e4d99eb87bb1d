// Sorts that ask for the deadline on the way: runs are sorted, then merged, and between pieces of
// well under 100 ms the context is asked. Stable order is not promised. `before` must be a strict
// weak order of all elements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "execution/context.h"

namespace omnigraph {

inline constexpr std::size_t kSortedRun = 1U << 14;

// Needs a second vector of the same size while it works (counted).
template <typename Before>
Status checked_sort(std::vector<std::uint32_t>& rows, QueryContext& context, const Before& before) {
  const std::size_t n = rows.size();
  for (std::size_t begin = 0; begin < n; begin += kSortedRun) {
    OG_RETURN_IF_ERROR(context.check());
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(begin);
    std::sort(first, first + static_cast<std::ptrdiff_t>(std::min(kSortedRun, n - begin)), before);
  }
  if (n <= kSortedRun) return {};
  Reservation working(context);
  OG_RETURN_IF_ERROR(working.grow_to(n * sizeof(std::uint32_t)));
  std::vector<std::uint32_t> merged(n);
  for (std::size_t run = kSortedRun; run < n; run *= 2) {
    for (std::size_t begin = 0; begin < n; begin += 2 * run) {
      std::size_t left = begin, right = std::min(n, begin + run), out = begin;
      const std::size_t middle = right, end = std::min(n, begin + 2 * run);
      while (left < middle || right < end) {
        if (out % kSortedRun == 0) OG_RETURN_IF_ERROR(context.check());
        const bool take_right = left == middle || (right < end && before(rows[right], rows[left]));
        merged[out++] = take_right ? rows[right++] : rows[left++];
      }
    }
    rows.swap(merged);
  }
  return {};
}

}  // namespace omnigraph
