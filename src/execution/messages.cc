// Weights sent along edges where few nodes take part.
#include <algorithm>
#include <utility>

#include "execution/node_sum.h"

namespace omnigraph {

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
