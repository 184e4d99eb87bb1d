#include <algorithm>
#include <utility>

#include "execution/weights.h"

namespace omnigraph {
namespace {

// Parents that one thread serves at a time; below this many edges nothing is handed over.
constexpr std::uint32_t kMorselRows = 1U << 14;
constexpr std::uint64_t kParallelEdges = 100'000;

// Σ child over positions [run.begin, run.end), dead edges and those outside `passing` left out.
template <typename WeightOf>
std::uint64_t sum_run(const AdjacencySide& side, AdjacencySide::Run run, const EdgePart& part,
                      const std::uint8_t* passing, const WeightOf& weight_of) {
  const RowId* neighbors = side.neighbors().data();
  std::uint64_t sum = 0;
  if (part.deleted == nullptr && passing == nullptr) {
    for (std::uint32_t at = run.begin; at < run.end; ++at) {
      sum = weight_of.add(sum, neighbors[at]);
    }
    return sum;
  }
  for (std::uint32_t at = run.begin; at < run.end; ++at) {
    const std::uint32_t row = side.edge_row(at);
    if (!part.live(row) || (passing != nullptr && passing[row] == 0)) continue;
    sum = weight_of.add(sum, neighbors[at]);
  }
  return sum;
}

struct OneEach {
  std::uint64_t add(std::uint64_t sum, RowId) const { return sum + 1; }
};
struct ByteOf {
  const std::uint8_t* bytes;
  std::uint64_t add(std::uint64_t sum, RowId n) const { return sum + bytes[n]; }
};
struct WideOf {
  const std::uint64_t* wide;
  std::uint64_t add(std::uint64_t sum, RowId n) const { return saturating_add(sum, wide[n]); }
};
struct AnyOf {
  const Weights& weights;
  std::uint64_t add(std::uint64_t sum, RowId n) const {
    return saturating_add(sum, weights.get(n));
  }
};

// Bytes by edge row of one adjacency; empty when every edge passes.
Result<std::vector<std::uint8_t>> passing_edges(const BoundBranch& branch, const EdgePart& edges) {
  std::vector<std::uint8_t> passing;
  if (!branch.edge_filter) return passing;
  passing.assign(std::max(edges.rows(), 1U), 1);
  for (const EdgePart::Member& member : edges.members) {
    OG_RETURN_IF_ERROR(
        branch.edge_filter->mark(member.part, 0, member.rows, passing.data() + member.first_row));
  }
  return passing;
}

// sums[p - low] += Σ for the parents p in [low, high) of one part.
template <typename WeightOf>
void add_part(const EdgePart& part, Direction direction, const Weights& parents,
              const std::uint8_t* passing, RowId low, RowId high, std::uint64_t* sums,
              const WeightOf& weight_of) {
  const AdjacencySide& side = part.side(direction);
  const auto serve = [&](RowId parent, AdjacencySide::Run run) {
    if (run.size() == 0 || parents.get(parent) == 0) return;
    const std::uint64_t sum = sum_run(side, run, part, passing, weight_of);
    sums[parent - low] = saturating_add(sums[parent - low], sum);
  };
  const std::span<const std::uint32_t> offsets = side.offsets();
  if (side.dense()) {
    if (offsets.empty()) return;
    const RowId first = std::max(low, side.first());
    const RowId last = std::min<RowId>(high, side.first() + side.count());
    for (RowId parent = first; parent < last; ++parent) {
      const std::size_t i = parent - side.first();
      serve(parent, {offsets[i], offsets[i + 1]});
    }
    return;
  }
  const std::span<const RowId> keys = side.keys();
  auto i = static_cast<std::size_t>(std::lower_bound(keys.begin(), keys.end(), low) - keys.begin());
  for (; i < keys.size() && keys[i] < high; ++i) serve(keys[i], {offsets[i], offsets[i + 1]});
}

void add_part(const EdgePart& part, Direction direction, const Weights& parents,
              const std::uint8_t* passing, RowId low, RowId high, std::uint64_t* sums,
              const Weights& child) {
  switch (child.form) {
    case Weights::Form::kAll:
      return add_part(part, direction, parents, passing, low, high, sums, OneEach{});
    case Weights::Form::kBytes:
      return add_part(part, direction, parents, passing, low, high, sums,
                      ByteOf{child.bytes.data()});
    case Weights::Form::kWide:
      return add_part(part, direction, parents, passing, low, high, sums,
                      WideOf{child.wide.data()});
    default:
      return add_part(part, direction, parents, passing, low, high, sums, AnyOf{child});
  }
}

// Σ over the neighbours of one node, by whatever way is right for the branch.
class NodeSum {
 public:
  NodeSum(const BoundBranch& branch, const Weights& child) : branch_(branch), child_(child) {}

  Result<std::uint64_t> of(RowId node, Direction direction) {
    nodes_.clear();
    const EdgeView& edges = *branch_.edges;
    if (!branch_.plan->per_edge) {
      if (edges.simple() && direction != Direction::kBoth) {
        if (edges.parts().empty()) return std::uint64_t{0};
        return of_run(edges.parts()[0], node, direction);
      }
      OG_RETURN_IF_ERROR(edges.neighbors(node, direction, nodes_));
    } else {
      positions_.clear();
      OG_RETURN_IF_ERROR(edges.edges(node, direction, nodes_, positions_));
      if (branch_.edge_filter) {
        selected_.clear();
        OG_RETURN_IF_ERROR(branch_.edge_filter->select(positions_, selected_));
        for (std::size_t i = 0; i < selected_.size(); ++i) nodes_[i] = nodes_[selected_[i]];
        nodes_.resize(selected_.size());
      }
    }
    if (child_.form == Weights::Form::kAll) return std::uint64_t{nodes_.size()};
    std::uint64_t sum = 0;
    for (const RowId n : nodes_) sum = saturating_add(sum, child_.get(n));
    return sum;
  }

 private:
  std::uint64_t of_run(const EdgePart& part, RowId node, Direction direction) const {
    const AdjacencySide& side = part.side(direction);
    const AdjacencySide::Run run = side.run(node);
    if (child_.form == Weights::Form::kAll || run.size() == 0) return run.size();
    if (child_.form == Weights::Form::kSparse && child_.keys.size() * 4 < run.size()) {
      const RowId* all = side.neighbors().data();
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < child_.keys.size(); ++i) {
        if (std::binary_search(all + run.begin, all + run.end, child_.keys[i])) {
          sum = saturating_add(sum, child_.count_at(i));
        }
      }
      return sum;
    }
    return sum_run(side, run, part, nullptr, AnyOf{child_});
  }

  const BoundBranch& branch_;
  const Weights& child_;
  std::vector<RowId> nodes_;
  std::vector<std::uint32_t> positions_, selected_;
};

// sums[p] = the length of p's run; the rest stays 0.
void fill_degrees(const AdjacencySide& side, std::span<std::uint64_t> sums) {
  const std::span<const std::uint32_t> offsets = side.offsets();
  if (offsets.empty()) return;
  const std::size_t nodes = offsets.size() - 1;
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::size_t node = side.dense() ? side.first() + i : side.keys()[i];
    if (node < sums.size()) sums[node] = offsets[i + 1] - offsets[i];
  }
}

// sums[p] *= weights of p.
void multiply_all(std::span<std::uint64_t> sums, const Weights& weights) {
  switch (weights.form) {
    case Weights::Form::kAll:
      return;
    case Weights::Form::kBytes:
      for (std::size_t p = 0; p < sums.size(); ++p) sums[p] *= weights.bytes[p];
      return;
    case Weights::Form::kWide:
      for (std::size_t p = 0; p < sums.size(); ++p) {
        sums[p] = saturating_multiply(sums[p], weights.wide[p]);
      }
      return;
    case Weights::Form::kDegree: {
      const AdjacencySide& side = *weights.side;
      const std::span<const std::uint32_t> offsets = side.offsets();
      if (!side.dense() || offsets.empty()) break;
      const std::size_t first = std::min<std::size_t>(side.first(), sums.size());
      const std::size_t last = std::min<std::size_t>(first + offsets.size() - 1, sums.size());
      std::fill(sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(first), 0U);
      std::fill(sums.begin() + static_cast<std::ptrdiff_t>(last), sums.end(), 0U);
      for (std::size_t p = first; p < last; ++p) {
        sums[p] = saturating_multiply(sums[p], offsets[p - first + 1] - offsets[p - first]);
      }
      return;
    }
    case Weights::Form::kSparse:
      break;
  }
  for (std::size_t p = 0; p < sums.size(); ++p) {
    if (sums[p] != 0) sums[p] = saturating_multiply(sums[p], weights.get(static_cast<RowId>(p)));
  }
}

bool counts_offsets(const BoundBranch& branch) {
  const EdgeView& edges = *branch.edges;
  if (branch.edge_filter || branch.plan->direction == Direction::kBoth) return false;
  return edges.simple() ||
         (branch.plan->per_edge && edges.parts().size() == 1 && !edges.has_deletions());
}

}  // namespace

Result<std::uint64_t> edges_at(const EdgeView& edges, std::span<const RowId> keys,
                               Direction direction) {
  OG_RETURN_IF_ERROR(edges.expect(keys.size()));
  std::uint64_t sum = 0;
  for (const RowId key : keys) {
    OG_ASSIGN_OR_RETURN(const std::uint64_t degree, edges.degree_bound(key, direction));
    sum += degree;
  }
  return sum;
}

Status gather_sparse(const BoundBranch& branch, const Weights& child, Weights& weights,
                     QueryContext& context) {
  OG_RETURN_IF_ERROR(branch.edges->expect(weights.keys.size()));
  NodeSum sums(branch, child);
  if (weights.counts.empty()) weights.counts.assign(weights.keys.size(), 1);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < weights.keys.size(); ++i) {
    if (i % 1024 == 1023) OG_RETURN_IF_ERROR(context.check());
    OG_ASSIGN_OR_RETURN(const std::uint64_t sum, sums.of(weights.keys[i], branch.plan->direction));
    if (sum == 0) continue;
    weights.keys[kept] = weights.keys[i];
    weights.counts[kept] = saturating_multiply(weights.counts[i], sum);
    ++kept;
  }
  weights.keys.resize(kept);
  weights.counts.resize(kept);
  return {};
}

Status gather_dense(const BoundBranch& branch, const Weights& child, const TableView& parents,
                    Weights& weights, QueryContext& context) {
  const EdgeView& edges = *branch.edges;
  OG_RETURN_IF_ERROR(edges.open());
  const Direction direction = branch.plan->direction;
  const RowId limit = parents.key_limit();
  const bool degrees = child.form == Weights::Form::kAll && counts_offsets(branch);
  if (degrees && weights.form == Weights::Form::kAll && !edges.parts().empty()) {
    weights.form = Weights::Form::kDegree;
    weights.side = &edges.parts()[0].side(direction);
    weights.edges = branch.edges;
    return {};
  }
  auto memory = std::make_unique<Reservation>(context);
  OG_RETURN_IF_ERROR(memory->grow_to(std::uint64_t{limit} * sizeof(std::uint64_t)));
  std::vector<std::uint64_t> sums(limit);

  // Parallel edges count once: subtract what several parts, or runs with repeats, count again.
  std::span<const RepeatedPair> repeated;
  const bool by_part = direction != Direction::kBoth;
  if (by_part && !branch.plan->per_edge && !edges.simple()) repeated = edges.repeated_pairs();
  std::vector<std::vector<std::uint8_t>> passing(edges.parts().size());
  if (by_part) {
    for (std::size_t p = 0; p < passing.size(); ++p) {
      OG_ASSIGN_OR_RETURN(passing[p], passing_edges(branch, edges.parts()[p]));
    }
  }
  const std::uint32_t morsel_rows =
      degrees || edges.live_edges() < kParallelEdges ? std::max(limit, 1U) : kMorselRows;
  const std::size_t morsels = (std::size_t{limit} + morsel_rows - 1) / morsel_rows;
  OG_RETURN_IF_ERROR(context.parallel(morsels, [&](std::size_t morsel) -> Status {
    OG_RETURN_IF_ERROR(context.check());
    const auto low = static_cast<RowId>(morsel * morsel_rows);
    const auto high =
        static_cast<RowId>(std::min<std::size_t>(limit, low + std::size_t{morsel_rows}));
    if (degrees) {
      if (edges.parts().empty()) return {};
      fill_degrees(edges.parts()[0].side(direction), sums);
    } else if (by_part) {
      for (std::size_t p = 0; p < passing.size(); ++p) {
        add_part(edges.parts()[p], direction, weights,
                 passing[p].empty() ? nullptr : passing[p].data(), low, high, sums.data() + low,
                 child);
      }
    } else {
      NodeSum sum(branch, child);
      for (RowId p = low; p < high; ++p) {
        if (weights.get(p) == 0) continue;
        OG_ASSIGN_OR_RETURN(sums[p], sum.of(p, direction));
      }
    }
    return {};
  }));
  for (const RepeatedPair& pair : repeated) {
    const RowId parent = direction == Direction::kOut ? pair.source : pair.target;
    const RowId other = direction == Direction::kOut ? pair.target : pair.source;
    if (weights.get(parent) == 0 || sums[parent] == UINT64_MAX) continue;
    sums[parent] -= saturating_multiply(pair.extra, child.get(other));
  }
  multiply_all(sums, weights);
  weights.form = Weights::Form::kWide;
  weights.bytes = {};
  weights.wide = std::move(sums);
  weights.memory = std::move(memory);
  return {};
}

Result<Weights> scatter(const BoundBranch& branch, const Weights& child, const TableView& parents,
                        QueryContext& context) {
  const Direction back = reversed(branch.plan->direction);
  const EdgeView& edges = *branch.edges;
  OG_ASSIGN_OR_RETURN(const std::uint64_t reached, edges_at(edges, child.keys, back));
  OG_RETURN_IF_ERROR(edges.expect(child.keys.size()));
  Weights weights;
  weights.memory = std::make_unique<Reservation>(context);
  constexpr std::uint64_t kWideFraction = 8;
  const bool wide = reached > parents.key_limit() / kWideFraction && child.keys.size() > 1;
  OG_RETURN_IF_ERROR(weights.memory->grow_to(
      wide ? std::uint64_t{parents.key_limit()} * sizeof(std::uint64_t) : reached * 12));
  std::vector<RowId> nodes;
  std::vector<std::uint32_t> positions, selected;
  if (wide) {
    weights.form = Weights::Form::kWide;
    weights.wide.assign(parents.key_limit(), 0);
  } else {
    weights.form = Weights::Form::kSparse;
  }
  std::vector<std::pair<RowId, std::uint64_t>> pairs;
  for (std::size_t i = 0; i < child.keys.size(); ++i) {
    if (i % 1024 == 1023) OG_RETURN_IF_ERROR(context.check());
    nodes.clear();
    if (!branch.plan->per_edge) {
      OG_RETURN_IF_ERROR(edges.neighbors(child.keys[i], back, nodes));
    } else {
      positions.clear();
      OG_RETURN_IF_ERROR(edges.edges(child.keys[i], back, nodes, positions));
      if (branch.edge_filter) {
        selected.clear();
        OG_RETURN_IF_ERROR(branch.edge_filter->select(positions, selected));
        for (std::size_t s = 0; s < selected.size(); ++s) nodes[s] = nodes[selected[s]];
        nodes.resize(selected.size());
      }
    }
    const std::uint64_t weight = child.count_at(i);
    if (wide) {
      for (const RowId n : nodes) weights.wide[n] = saturating_add(weights.wide[n], weight);
    } else if (child.keys.size() == 1 && !branch.plan->per_edge) {
      weights.keys = std::move(nodes);  // one set, already ascending
      if (weight != 1) weights.counts.assign(weights.keys.size(), weight);
      return weights;
    } else {
      for (const RowId n : nodes) pairs.emplace_back(n, weight);
    }
  }
  if (wide) return weights;
  std::sort(pairs.begin(), pairs.end());
  for (std::size_t i = 0; i < pairs.size();) {
    std::uint64_t sum = 0;
    const RowId key = pairs[i].first;
    for (; i < pairs.size() && pairs[i].first == key; ++i)
      sum = saturating_add(sum, pairs[i].second);
    weights.keys.push_back(key);
    weights.counts.push_back(sum);
  }
  return weights;
}

}  // namespace omnigraph
