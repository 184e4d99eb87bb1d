// Weights gathered along edges for ranges of row ids: what most of a large query's time goes into.
// Threads take ranges; nothing here is shared but the arrays that they read.
#include <algorithm>
#include <utility>

#include "execution/node_sum.h"

namespace omnigraph {
namespace {

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

bool counts_offsets(const BoundBranch& branch) {
  const EdgeView& edges = *branch.edges;
  if (branch.edge_filter || branch.plan->direction == Direction::kBoth) return false;
  return edges.simple() ||
         (branch.plan->per_edge && edges.parts().size() == 1 && !edges.has_deletions());
}

// visit(p, run) for the parents in [low, high) that `side` has a run for, ascending.
template <typename Visit>
void each_run(const AdjacencySide& side, RowId low, RowId high, const Visit& visit) {
  const std::span<const std::uint32_t> offsets = side.offsets();
  if (offsets.empty()) return;
  if (side.dense()) {
    const RowId first = std::max(low, side.first());
    const RowId last = std::min<RowId>(high, side.first() + side.count());
    for (RowId parent = first; parent < last; ++parent) {
      const std::size_t i = parent - side.first();
      visit(parent, AdjacencySide::Run{offsets[i], offsets[i + 1]});
    }
    return;
  }
  const std::span<const RowId> keys = side.keys();
  auto i = static_cast<std::size_t>(std::lower_bound(keys.begin(), keys.end(), low) - keys.begin());
  for (; i < keys.size() && keys[i] < high; ++i) {
    visit(keys[i], AdjacencySide::Run{offsets[i], offsets[i + 1]});
  }
}

// The weights of one adjacency's parents times what `sum_of` says of their runs; those without a
// run become 0.
template <typename SumOf>
void multiply_runs(const AdjacencySide& side, RowId low, RowId high, std::uint64_t* weights,
                   const SumOf& sum_of) {
  RowId next = low;
  each_run(side, low, high, [&](RowId parent, AdjacencySide::Run run) {
    for (; next < parent; ++next) weights[next - low] = 0;
    next = parent + 1;
    std::uint64_t& weight = weights[parent - low];
    if (weight != 0) weight = saturating_multiply(weight, sum_of(run));
  });
  for (; next < high; ++next) weights[next - low] = 0;
}

template <typename WeightOf>
void multiply_parts(const RangeFactor& factor, RowId low, RowId high, std::uint64_t* weights,
                    std::vector<std::uint64_t>& sums, const WeightOf& weight_of) {
  const std::vector<EdgePart>& parts = factor.branch->edges->parts();
  const Direction direction = factor.branch->plan->direction;
  const auto passing = [&](std::size_t p) {
    return factor.passing[p].empty() ? nullptr : factor.passing[p].data();
  };
  if (parts.size() == 1 && factor.repeated.empty()) {
    const AdjacencySide& side = parts[0].side(direction);
    return multiply_runs(side, low, high, weights, [&](AdjacencySide::Run run) {
      return run.size() == 0 ? 0 : sum_run(side, run, parts[0], passing(0), weight_of);
    });
  }
  sums.assign(high - low, 0);
  for (std::size_t p = 0; p < parts.size(); ++p) {
    const AdjacencySide& side = parts[p].side(direction);
    each_run(side, low, high, [&](RowId parent, AdjacencySide::Run run) {
      if (run.size() == 0 || weights[parent - low] == 0) return;
      std::uint64_t& sum = sums[parent - low];
      sum = saturating_add(sum, sum_run(side, run, parts[p], passing(p), weight_of));
    });
  }
  const auto parent_of = [&](const RepeatedPair& pair) {
    return direction == Direction::kOut ? pair.source : pair.target;
  };
  auto pair =
      std::lower_bound(factor.repeated.begin(), factor.repeated.end(), low,
                       [&](const RepeatedPair& a, RowId parent) { return parent_of(a) < parent; });
  for (; pair != factor.repeated.end() && parent_of(*pair) < high; ++pair) {
    std::uint64_t& sum = sums[parent_of(*pair) - low];
    if (weights[parent_of(*pair) - low] == 0 || sum == UINT64_MAX) continue;
    const RowId other = direction == Direction::kOut ? pair->target : pair->source;
    sum -= saturating_multiply(pair->extra, factor.child->get(other));
  }
  for (RowId p = 0; p < high - low; ++p) weights[p] = saturating_multiply(weights[p], sums[p]);
}

}  // namespace

Result<RangeFactor> range_factor(const BoundBranch& branch, Weights child) {
  const EdgeView& edges = *branch.edges;
  OG_RETURN_IF_ERROR(edges.open());
  RangeFactor factor;
  factor.branch = &branch;
  factor.degrees = child.form == Weights::Form::kAll && counts_offsets(branch);
  factor.child = std::make_shared<const Weights>(std::move(child));
  if (branch.plan->direction == Direction::kBoth) return factor;
  // Parallel edges count once: what several parts, or runs with repeats, count again.
  if (!branch.plan->per_edge && !edges.simple()) {
    factor.repeated = edges.repeated_pairs();
    if (branch.plan->direction == Direction::kIn) {
      std::sort(factor.repeated.begin(), factor.repeated.end(),
                [](const RepeatedPair& a, const RepeatedPair& b) { return a.target < b.target; });
    }
  }
  for (const EdgePart& part : edges.parts()) {
    OG_ASSIGN_OR_RETURN(std::vector<std::uint8_t> passing, passing_edges(branch, part));
    factor.passing.push_back(std::move(passing));
  }
  return factor;
}

std::uint64_t edges_of(const RangeFactor& factor) {
  return factor.degrees ? 0 : factor.branch->edges->live_edges();
}

Status multiply_range(const RangeFactor& factor, RowId low, RowId high, std::uint64_t* weights,
                      std::vector<std::uint64_t>& sums) {
  const EdgeView& edges = *factor.branch->edges;
  const Direction direction = factor.branch->plan->direction;
  const Weights& child = *factor.child;
  if (direction == Direction::kBoth) {
    NodeSum sum(*factor.branch, child);
    for (RowId p = low; p < high; ++p) {
      std::uint64_t& weight = weights[p - low];
      if (weight == 0) continue;
      OG_ASSIGN_OR_RETURN(const std::uint64_t of_node, sum.of(p, direction));
      weight = saturating_multiply(weight, of_node);
    }
    return {};
  }
  if (edges.parts().empty()) {
    std::fill(weights, weights + (high - low), std::uint64_t{0});
  } else if (factor.degrees) {
    multiply_runs(edges.parts()[0].side(direction), low, high, weights,
                  [](AdjacencySide::Run run) { return std::uint64_t{run.size()}; });
  } else {
    switch (child.form) {
      case Weights::Form::kAll:
        multiply_parts(factor, low, high, weights, sums, OneEach{});
        break;
      case Weights::Form::kBytes:
        multiply_parts(factor, low, high, weights, sums, ByteOf{child.bytes.data()});
        break;
      case Weights::Form::kWide:
        multiply_parts(factor, low, high, weights, sums, WideOf{child.wide.data()});
        break;
      default:
        multiply_parts(factor, low, high, weights, sums, AnyOf{child});
    }
  }
  return {};
}

void read_range(const Weights& weights, RowId low, RowId high, std::uint64_t* out) {
  switch (weights.form) {
    case Weights::Form::kAll:
      std::fill(out, out + (high - low), std::uint64_t{1});
      return;
    case Weights::Form::kDegree: {
      const AdjacencySide& side = *weights.side;
      if (side.dense() && low >= side.first() && high <= side.first() + side.count()) {
        const std::uint32_t* const offsets = side.offsets().data() + (low - side.first());
        for (RowId i = 0; i < high - low; ++i) out[i] = offsets[i + 1] - offsets[i];
        return;
      }
      RowId next = low;
      each_run(side, low, high, [&](RowId parent, AdjacencySide::Run run) {
        for (; next < parent; ++next) out[next - low] = 0;
        next = parent + 1;
        out[parent - low] = run.size();
      });
      for (; next < high; ++next) out[next - low] = 0;
      return;
    }
    case Weights::Form::kBytes:
      std::copy(weights.bytes.begin() + low, weights.bytes.begin() + high, out);
      return;
    case Weights::Form::kWide:
      std::copy(weights.wide.begin() + low, weights.wide.begin() + high, out);
      return;
    case Weights::Form::kSparse:
      for (RowId p = low; p < high; ++p) out[p - low] = weights.get(p);
      return;
  }
}

Status gather_dense(const RangeFactor& factor, RowId limit, Weights& weights,
                    QueryContext& context) {
  const EdgeView& edges = *factor.branch->edges;
  if (factor.degrees && weights.form == Weights::Form::kAll && !edges.parts().empty()) {
    weights.form = Weights::Form::kDegree;
    weights.side = &edges.parts()[0].side(factor.branch->plan->direction);
    weights.edges = factor.branch->edges;
    return {};
  }
  const bool fresh = weights.form != Weights::Form::kWide;
  std::unique_ptr<Reservation> memory = std::move(weights.memory);
  if (fresh) {
    memory = std::make_unique<Reservation>(context);
    OG_RETURN_IF_ERROR(memory->grow_to(std::uint64_t{limit} * sizeof(std::uint64_t)));
    weights.wide.resize(limit);
  }
  const QueryGrain& grain = context.grain();
  const bool few = std::max<std::uint64_t>(edges_of(factor), limit) < grain.parallel_rows;
  const std::uint32_t morsel_rows = few ? std::max(limit, 1U) : grain.morsel_rows;
  const std::size_t morsels = (std::size_t{limit} + morsel_rows - 1) / morsel_rows;
  OG_RETURN_IF_ERROR(context.parallel(morsels, [&](std::size_t morsel) -> Status {
    OG_RETURN_IF_ERROR(context.check());
    const auto low = static_cast<RowId>(morsel * morsel_rows);
    const auto high =
        static_cast<RowId>(std::min<std::size_t>(limit, low + std::size_t{morsel_rows}));
    std::uint64_t* const out = weights.wide.data() + low;
    if (fresh) read_range(weights, low, high, out);
    std::vector<std::uint64_t> sums;
    return multiply_range(factor, low, high, out, sums);
  }));
  weights.form = Weights::Form::kWide;
  weights.bytes = {};
  weights.memory = std::move(memory);
  return {};
}

}  // namespace omnigraph
