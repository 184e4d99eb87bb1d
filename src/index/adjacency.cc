#include "index/adjacency.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <memory>
#include <numeric>
#include <tuple>
#include <utility>

namespace omnigraph {
namespace {

// A side is dense while its offsets are no larger than this many times its edges: below that an
// array is both smaller and faster than sorted keys.
constexpr std::uint64_t kDenseNodesPerEdge = 4;

bool dense_pays(RowId first, RowId last, std::size_t edges) {
  return std::uint64_t{last} - first + 1 <= kDenseNodesPerEdge * edges;
}

// Sorting by target scatters writes over the whole result. From this many edges on they go through
// buckets of neighbouring targets first, so that each step writes to few places at a time.
constexpr std::size_t kBucketedEdges = 1u << 17;
constexpr unsigned kBucketBits = 8;

using BucketStarts = std::array<std::uint32_t, (std::size_t{1} << kBucketBits) + 1>;

// Of a number of targets: how many low bits the targets of one bucket differ in.
unsigned bucket_shift(std::size_t targets) {
  const auto range_bits = static_cast<unsigned>(std::bit_width(targets - 1));
  return range_bits > kBucketBits ? range_bits - kBucketBits : 0;
}

BucketStarts bucket_starts(const std::vector<std::uint32_t>& next, unsigned shift) {
  BucketStarts starts{};
  for (std::size_t b = 0; b << shift < next.size(); ++b) starts[b] = next[b << shift];
  return starts;
}

// Calls place(position, row, source) for every edge, where `position` is its place in the order by
// (target, row). `next[t - first]` is the first position of target t; it is moved past its edges.
// `for_each_edge(visit)` calls visit(row, source) in row order.
template <typename ForEachEdge, typename Place>
void place_by_target(std::span<const RowId> targets, RowId first, std::vector<std::uint32_t>& next,
                     const ForEachEdge& for_each_edge, const Place& place) {
  if (targets.size() < kBucketedEdges) {
    for_each_edge(
        [&](std::uint32_t row, RowId source) { place(next[targets[row] - first]++, row, source); });
    return;
  }
  struct Edge {
    std::uint32_t row;
    RowId source, target;
  };
  const unsigned shift = bucket_shift(next.size());
  BucketStarts cursors = bucket_starts(next, shift);
  const auto edges = std::make_unique_for_overwrite<Edge[]>(targets.size());
  for_each_edge([&](std::uint32_t row, RowId source) {
    const RowId target = targets[row] - first;
    edges[cursors[target >> shift]++] = {row, source, target};
  });
  for (std::size_t i = 0; i < targets.size(); ++i) {
    place(next[edges[i].target]++, edges[i].row, edges[i].source);
  }
}

// Counts become offsets: counts[n + 1] holds the edges of node n.
void sum_up(std::vector<std::uint32_t>& counts) {
  std::uint32_t total = 0;
  for (std::uint32_t& count : counts) {
    total += count;
    count = total;
  }
}

}  // namespace

std::vector<std::uint32_t> order_by_target(std::span<const RowId> targets) {
  std::vector<std::uint32_t> order(targets.size());
  if (targets.empty()) return order;
  const auto [least, greatest] = std::minmax_element(targets.begin(), targets.end());
  if (!dense_pays(*least, *greatest, targets.size())) {
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [targets](std::uint32_t x, std::uint32_t y) {
      return targets[x] != targets[y] ? targets[x] < targets[y] : x < y;
    });
    return order;
  }
  const RowId first = *least;
  std::vector<std::uint32_t> next(std::size_t{*greatest} - first + 2, 0);
  for (const RowId target : targets) ++next[target - first + 1];
  sum_up(next);
  next.pop_back();
  if (targets.size() < kBucketedEdges) {
    for (std::uint32_t row = 0; row < targets.size(); ++row)
      order[next[targets[row] - first]++] = row;
    return order;
  }
  // The rows of each bucket, in the place that the bucket will have; then each bucket by itself, so
  // that no more is held than the order and one bucket.
  const unsigned shift = bucket_shift(next.size());
  const auto cursors = bucket_starts(next, shift);
  auto fill = cursors;
  for (std::uint32_t row = 0; row < targets.size(); ++row) {
    order[fill[(targets[row] - first) >> shift]++] = row;
  }
  std::vector<std::uint32_t> rows;
  for (std::size_t b = 0; b << shift < next.size(); ++b) {
    rows.assign(order.begin() + cursors[b], order.begin() + fill[b]);
    for (const std::uint32_t row : rows) order[next[targets[row] - first]++] = row;
  }
  return order;
}

AdjacencySide::Run AdjacencySide::run(RowId node) const {
  if (dense()) {
    if (node < first_ || node - first_ >= count()) return {};
    const std::uint32_t i = node - first_;
    return {offsets_[i], offsets_[i + 1]};
  }
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), node);
  if (at == keys_.end() || *at != node) return {};
  const auto i = static_cast<std::size_t>(at - keys_.begin());
  return {offsets_[i], offsets_[i + 1]};
}

Result<std::shared_ptr<const Adjacency>> Adjacency::build(std::span<const RowId> sources,
                                                          std::span<const RowId> targets,
                                                          std::vector<std::uint32_t> by_target,
                                                          std::shared_ptr<const void> owner) {
  const std::size_t edges = sources.size();
  if (targets.size() != edges || (!by_target.empty() && by_target.size() != edges)) {
    return corrupt("adjacency: columns of different lengths");
  }
  auto built = std::make_shared<Adjacency>();
  Adjacency& a = *built;
  a.owner_ = std::move(owner);
  if (edges == 0) {
    a.out_offsets_.assign(1, 0);
    a.out_.offsets_ = a.out_offsets_;
    a.min_target_ = 1;  // an empty range
    return std::shared_ptr<const Adjacency>(std::move(built));
  }

  // One pass checks the order and finds parallel edges and the range of targets; without branches,
  // so that it runs at the speed of memory.
  RowId least = targets[0], greatest = targets[0];
  bool unsorted = false, parallel = false;
  for (std::size_t i = 1; i < edges; ++i) {
    const bool same_source = sources[i - 1] == sources[i];
    unsorted |= sources[i - 1] > sources[i];
    unsorted |= same_source & (targets[i - 1] > targets[i]);
    parallel |= same_source & (targets[i - 1] == targets[i]);
    least = std::min(least, targets[i]);
    greatest = std::max(greatest, targets[i]);
  }
  const bool sorted = !unsorted;
  if (!sorted) return corrupt("adjacency: edges are not sorted by (_src, _dst)");
  a.parallel_ = parallel;
  a.min_target_ = least;
  a.max_target_ = greatest;

  const RowId first = sources.front(), last = sources.back();
  a.out_.first_ = first;
  a.out_.neighbors_ = targets;
  if (dense_pays(first, last, edges)) {
    // Sources ascend: a node's run ends where a greater source begins.
    a.out_offsets_.resize(std::size_t{last} - first + 2);
    RowId node = first;
    for (std::uint32_t i = 0; i < edges; ++i) {
      while (node < sources[i]) a.out_offsets_[++node - first] = i;
    }
    a.out_offsets_.back() = static_cast<std::uint32_t>(edges);
  } else {
    for (std::uint32_t i = 0; i < edges; ++i) {
      if (i > 0 && sources[i] == sources[i - 1]) continue;
      a.out_keys_.push_back(sources[i]);
      a.out_offsets_.push_back(i);
    }
    a.out_offsets_.push_back(static_cast<std::uint32_t>(edges));
  }
  a.out_.offsets_ = a.out_offsets_;
  a.out_.keys_ = a.out_keys_;

  for (std::size_t i = 0; i < by_target.size(); ++i) {
    const std::uint32_t row = by_target[i];
    if (row >= edges) return corrupt("adjacency: the order by target names a row too far");
    if (i > 0) {
      const std::uint32_t before = by_target[i - 1];
      if (targets[before] > targets[row] || (targets[before] == targets[row] && before >= row)) {
        return corrupt("adjacency: the order by target is not sorted");
      }
    }
  }
  a.by_target_ = std::move(by_target);
  const std::uint64_t in_nodes = dense_pays(least, greatest, edges)
                                     ? std::uint64_t{greatest} - least + 2
                                     : 2 * std::uint64_t{edges};
  a.memory_ =
      sizeof(Adjacency) + 4 * (a.out_offsets_.size() + a.out_keys_.size() + in_nodes + 2 * edges);
  return std::shared_ptr<const Adjacency>(std::move(built));
}

RowId Adjacency::source_of(std::uint32_t edge_row) const {
  assert(out_rows_.empty());
  return source_at(edge_row);
}

RowId Adjacency::source_at(std::uint32_t position) const {
  const auto after = std::upper_bound(out_offsets_.begin(), out_offsets_.end(), position);
  assert(after != out_offsets_.begin() && after != out_offsets_.end());
  const auto i = static_cast<std::uint32_t>(after - out_offsets_.begin() - 1);
  return out_keys_.empty() ? out_.first_ + i : out_keys_[i];
}

void Adjacency::build_in() const {
  const std::span<const RowId> targets = out_.neighbors_;
  const std::size_t edges = targets.size();
  if (edges == 0) {
    in_offsets_.assign(1, 0);
    in_.offsets_ = in_offsets_;
    return;
  }
  in_neighbors_.resize(edges);
  // Walks edge rows in order together with their source.
  const auto for_each_edge = [this](auto&& visit) {
    const std::size_t nodes = out_offsets_.size() - 1;
    for (std::size_t n = 0; n < nodes; ++n) {
      const RowId source = out_keys_.empty() ? out_.first_ + static_cast<RowId>(n) : out_keys_[n];
      for (std::uint32_t row = out_offsets_[n]; row < out_offsets_[n + 1]; ++row) {
        visit(row, source);
      }
    }
  };

  if (dense_pays(min_target_, max_target_, edges)) {
    const RowId first = min_target_;
    in_offsets_.assign(std::size_t{max_target_} - first + 2, 0);
    for (const RowId target : targets) ++in_offsets_[target - first + 1];
    sum_up(in_offsets_);
    std::vector<std::uint32_t> next(in_offsets_.begin(), in_offsets_.end() - 1);
    // Rows come in (_src, _dst) order, so each run is sorted by source.
    const bool order_known = !by_target_.empty();
    by_target_.resize(edges);
    place_by_target(targets, first, next, for_each_edge,
                    [&](std::uint32_t position, std::uint32_t row, RowId source) {
                      if (!order_known) by_target_[position] = row;
                      in_neighbors_[position] = source;
                    });
    in_.first_ = first;
  } else {
    if (by_target_.empty()) by_target_ = order_by_target(targets);
    for (std::uint32_t i = 0; i < edges; ++i) {
      const std::uint32_t row = by_target_[i];
      if (in_keys_.empty() || in_keys_.back() != targets[row]) {
        in_keys_.push_back(targets[row]);
        in_offsets_.push_back(i);
      }
      in_neighbors_[i] = source_at(row);
    }
    in_offsets_.push_back(static_cast<std::uint32_t>(edges));
    in_.first_ = in_keys_.front();
  }
  in_.offsets_ = in_offsets_;
  in_.keys_ = in_keys_;
  in_.neighbors_ = in_neighbors_;
  if (!out_rows_.empty()) {
    for (std::uint32_t& row : by_target_) row = out_rows_[row];
  }
  in_.edge_rows_ = by_target_;
}

namespace {

// visit(node, run) for every node of a side that has edges, ascending.
template <typename Visit>
void each_run(const AdjacencySide& side, const Visit& visit) {
  const std::span<const std::uint32_t> offsets = side.offsets();
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    if (offsets[i] == offsets[i + 1]) continue;
    const RowId node = side.dense() ? side.first() + static_cast<RowId>(i) : side.keys()[i];
    visit(node, AdjacencySide::Run{offsets[i], offsets[i + 1]});
  }
}

}  // namespace

std::size_t Adjacency::merged_memory(std::span<const Input> inputs) {
  std::size_t edges = 0;
  for (const Input& input : inputs) edges += input.edges->out().neighbors().size();
  // Two numbers an edge and side, and offsets: by node where that is dense, or by key.
  return sizeof(Adjacency) + sizeof(std::uint32_t) * edges * (4 + 2 * kDenseNodesPerEdge);
}

std::shared_ptr<const Adjacency> Adjacency::merge(std::span<const Input> inputs) {
  auto built = std::make_shared<Adjacency>();
  Adjacency& a = *built;
  RowId first = kNoRow, last = 0;
  std::size_t edges = 0;
  bool any = false;
  for (const Input& input : inputs) {
    const AdjacencySide& out = input.edges->out();
    edges += out.neighbors().size();
    each_run(out, [&](RowId node, AdjacencySide::Run) {
      first = std::min(first, node);
      last = std::max(last, node);
    });
    if (out.neighbors().empty()) continue;
    a.min_target_ =
        any ? std::min(a.min_target_, input.edges->min_target_) : input.edges->min_target_;
    a.max_target_ = std::max(a.max_target_, input.edges->max_target_);
    any = true;
  }
  if (!any) {
    a.out_offsets_.assign(1, 0);
    a.out_.offsets_ = a.out_offsets_;
    a.min_target_ = 1;  // an empty range
    return built;
  }

  // Where each node's run begins.
  a.out_.first_ = first;
  if (dense_pays(first, last, edges)) {
    a.out_offsets_.assign(std::size_t{last} - first + 2, 0);
    for (const Input& input : inputs) {
      each_run(input.edges->out(), [&](RowId node, AdjacencySide::Run run) {
        a.out_offsets_[node - first + 1] += run.size();
      });
    }
    sum_up(a.out_offsets_);
  } else {
    for (const Input& input : inputs) {
      each_run(input.edges->out(),
               [&](RowId node, AdjacencySide::Run) { a.out_keys_.push_back(node); });
    }
    std::sort(a.out_keys_.begin(), a.out_keys_.end());
    a.out_keys_.erase(std::unique(a.out_keys_.begin(), a.out_keys_.end()), a.out_keys_.end());
    a.out_offsets_.assign(a.out_keys_.size() + 1, 0);
    for (const Input& input : inputs) {
      std::size_t i = 0;
      each_run(input.edges->out(), [&](RowId node, AdjacencySide::Run run) {
        while (a.out_keys_[i] != node) ++i;
        a.out_offsets_[i + 1] += run.size();
      });
    }
    sum_up(a.out_offsets_);
  }
  a.out_.offsets_ = a.out_offsets_;
  a.out_.keys_ = a.out_keys_;

  // The runs, one input after the other.
  a.out_neighbors_.resize(edges);
  a.out_rows_.resize(edges);
  std::vector<std::uint32_t> next(a.out_offsets_.begin(), a.out_offsets_.end() - 1);
  for (const Input& input : inputs) {
    const AdjacencySide& out = input.edges->out();
    const RowId* neighbors = out.neighbors().data();
    std::size_t i = 0;
    each_run(out, [&](RowId node, AdjacencySide::Run run) {
      if (a.out_keys_.empty()) {
        i = node - first;
      } else {
        while (a.out_keys_[i] != node) ++i;
      }
      for (std::uint32_t at = run.begin; at < run.end; ++at) {
        a.out_neighbors_[next[i]] = neighbors[at];
        a.out_rows_[next[i]++] = input.first_row + out.edge_row(at);
      }
    });
  }

  // Each run in order of its neighbours; parallel edges stay in order of their rows.
  std::vector<std::pair<RowId, std::uint32_t>> run;
  for (std::size_t i = 0; i + 1 < a.out_offsets_.size(); ++i) {
    const std::uint32_t begin = a.out_offsets_[i], end = a.out_offsets_[i + 1];
    RowId* const neighbors = a.out_neighbors_.data();
    bool sorted = true;
    for (std::uint32_t at = begin + 1; at < end; ++at) {
      sorted &= neighbors[at - 1] <= neighbors[at];
    }
    if (!sorted) {
      run.clear();
      for (std::uint32_t at = begin; at < end; ++at) {
        run.emplace_back(neighbors[at], a.out_rows_[at]);
      }
      std::sort(run.begin(), run.end());
      for (std::uint32_t at = begin; at < end; ++at) {
        std::tie(neighbors[at], a.out_rows_[at]) = run[at - begin];
      }
    }
    for (std::uint32_t at = begin + 1; at < end; ++at) {
      a.parallel_ |= neighbors[at - 1] == neighbors[at];
    }
  }
  a.out_.neighbors_ = a.out_neighbors_;
  a.out_.edge_rows_ = a.out_rows_;
  a.memory_ = merged_memory(inputs);
  return built;
}

}  // namespace omnigraph
