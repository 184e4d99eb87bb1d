#include "write/load/edge_order.h"

#include <algorithm>
#include <bit>
#include <string>
#include <string_view>
#include <utility>

namespace omnigraph {
namespace {

constexpr unsigned kDigitBits = 11;
constexpr std::uint64_t kBuckets = std::uint64_t{1} << kDigitBits;

struct Range {
  RowId low = kNoRow, high = 0;
  void take(RowId row) {
    low = std::min(low, row);
    high = std::max(high, row);
  }
  unsigned bits() const { return static_cast<unsigned>(std::bit_width(high - low)); }
};

}  // namespace

void sort_edges(std::vector<RowId>& src, std::vector<RowId>& dst,
                std::vector<std::uint32_t>* order) {
  const std::size_t n = src.size();
  if (order != nullptr) {
    order->resize(n);
    for (std::size_t i = 0; i < n; ++i) (*order)[i] = static_cast<std::uint32_t>(i);
  }
  if (n < 2) return;
  // Both ends in one number of as few bits as their ranges need.
  Range sources, targets;
  for (std::size_t i = 0; i < n; ++i) {
    sources.take(src[i]);
    targets.take(dst[i]);
  }
  const unsigned shift = targets.bits();
  std::vector<std::uint64_t> keys(n);
  std::vector<std::uint32_t> next_order(order != nullptr ? n : 0);
  for (std::size_t i = 0; i < n; ++i) {
    keys[i] = std::uint64_t{src[i] - sources.low} << shift | (dst[i] - targets.low);
  }
  // The keys say all: tens of millions of edges are not held twice.
  std::vector<RowId>().swap(src);
  std::vector<RowId>().swap(dst);
  const unsigned bits = shift + sources.bits();
  std::vector<std::uint64_t> next(n);
  std::vector<std::uint32_t> starts(kBuckets);
  for (unsigned done = 0; done < bits; done += kDigitBits) {
    std::fill(starts.begin(), starts.end(), 0);
    for (const std::uint64_t key : keys) ++starts[key >> done & (kBuckets - 1)];
    std::uint32_t sum = 0;
    for (std::uint32_t& start : starts) sum += std::exchange(start, sum);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t to = starts[keys[i] >> done & (kBuckets - 1)]++;
      next[to] = keys[i];
      if (order != nullptr) next_order[to] = (*order)[i];
    }
    keys.swap(next);
    if (order != nullptr) order->swap(next_order);
  }
  std::vector<std::uint64_t>().swap(next);
  src.resize(n);
  dst.resize(n);
  const std::uint64_t mask = (std::uint64_t{1} << shift) - 1;
  for (std::size_t i = 0; i < n; ++i) {
    src[i] = static_cast<RowId>(keys[i] >> shift) + sources.low;
    dst[i] = static_cast<RowId>(keys[i] & mask) + targets.low;
  }
}

void order_ties(const std::vector<RowId>& src, const std::vector<RowId>& dst, const Column& ids,
                Ulid base, std::vector<std::uint32_t>& order) {
  const std::string generated = base.text();
  const auto text = [&](std::uint32_t row) {
    return ids.is_null(row) ? std::string_view(generated) : ids.text(row);
  };
  for (std::size_t first = 0; first < src.size();) {
    std::size_t last = first + 1;
    while (last < src.size() && src[last] == src[first] && dst[last] == dst[first]) ++last;
    if (last - first > 1) {
      std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(first),
                       order.begin() + static_cast<std::ptrdiff_t>(last),
                       [&](std::uint32_t a, std::uint32_t b) { return text(a) < text(b); });
    }
    first = last;
  }
}

}  // namespace omnigraph
