#include "execution/edge_view.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace omnigraph {
namespace {

// The positions in [run.begin, run.end) whose neighbour is `to`.
AdjacencySide::Run run_of_neighbor(const AdjacencySide& side, AdjacencySide::Run run, RowId to) {
  const RowId* all = side.neighbors().data();
  const auto [low, high] = std::equal_range(all + run.begin, all + run.end, to);
  return {static_cast<std::uint32_t>(low - all), static_cast<std::uint32_t>(high - all)};
}

void sort_unique(std::vector<RowId>& rows, std::size_t from) {
  const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(from);
  std::sort(begin, rows.end());
  rows.erase(std::unique(begin, rows.end()), rows.end());
}

}  // namespace

Result<std::shared_ptr<const EdgeView>> EdgeView::open(const TableVersion& version) {
  auto view = std::make_shared<EdgeView>();
  std::uint64_t base = 0;
  view->parts_.reserve(version.parts().size());
  for (const TablePart& part : version.parts()) {
    EdgePart edges;
    OG_ASSIGN_OR_RETURN(edges.adjacency, part.segment->adjacency());
    if (part.deleted && part.deleted->count() > 0) edges.deleted = part.deleted;
    edges.base = static_cast<std::uint32_t>(base);
    base += part.segment->rows();
    if (base > kMaxRowId) {
      return Error(ErrorCode::kResourceExhausted, "an edge table holds more than 2^32 rows");
    }
    view->has_deletions_ |= edges.deleted != nullptr;
    view->parts_.push_back(std::move(edges));
  }
  view->live_edges_ = version.live_rows();
  view->simple_ = view->parts_.size() <= 1 && !view->has_deletions_ &&
                  (view->parts_.empty() || !view->parts_[0].adjacency->has_parallel_edges());
  return std::shared_ptr<const EdgeView>(std::move(view));
}

void EdgeView::neighbors(RowId node, Direction direction, std::vector<RowId>& out) const {
  const std::size_t from = out.size();
  int runs = 0;
  bool parallel = false;
  const auto take = [&](const EdgePart& part, const AdjacencySide& side) {
    const AdjacencySide::Run run = side.run(node);
    if (run.size() == 0) return;
    ++runs;
    parallel |= part.adjacency->has_parallel_edges();
    const RowId* all = side.neighbors().data();
    if (!part.deleted) {
      out.insert(out.end(), all + run.begin, all + run.end);
      return;
    }
    for (std::uint32_t at = run.begin; at < run.end; ++at) {
      if (!part.deleted->contains(side.edge_row(at))) out.push_back(all[at]);
    }
  };
  for (const EdgePart& part : parts_) {
    if (direction != Direction::kIn) take(part, part.adjacency->out());
    if (direction != Direction::kOut) take(part, part.adjacency->in());
  }
  if (runs > 1 || parallel) sort_unique(out, from);
}

void EdgeView::edges(RowId node, Direction direction, std::vector<RowId>& neighbors,
                     std::vector<std::uint32_t>& positions) const {
  for (const EdgePart& part : parts_) {
    const auto take = [&](const AdjacencySide& side, bool loops) {
      const AdjacencySide::Run run = side.run(node);
      for (std::uint32_t at = run.begin; at < run.end; ++at) {
        const RowId neighbor = side.neighbors()[at];
        const std::uint32_t row = side.edge_row(at);
        if ((neighbor == node && !loops) || !part.live(row)) continue;
        neighbors.push_back(neighbor);
        positions.push_back(part.base + row);
      }
    };
    if (direction != Direction::kIn) take(part.adjacency->out(), true);
    if (direction != Direction::kOut) take(part.adjacency->in(), direction == Direction::kIn);
  }
}

bool EdgeView::connected(RowId from, RowId to, Direction direction) const {
  if (direction == Direction::kBoth) {
    return connected(from, to, Direction::kOut) || connected(to, from, Direction::kOut);
  }
  for (const EdgePart& part : parts_) {
    // The shorter of the two runs that would hold the edge.
    const AdjacencySide& ahead = part.side(direction);
    const AdjacencySide& back = part.side(reversed(direction));
    const AdjacencySide::Run forward = ahead.run(from);
    if (forward.size() == 0) continue;
    const AdjacencySide::Run backward = back.run(to);
    const bool turn = backward.size() < forward.size();
    const AdjacencySide& side = turn ? back : ahead;
    const AdjacencySide::Run hits =
        run_of_neighbor(side, turn ? backward : forward, turn ? from : to);
    for (std::uint32_t at = hits.begin; at < hits.end; ++at) {
      if (part.live(side.edge_row(at))) return true;
    }
  }
  return false;
}

void EdgeView::edges_between(RowId from, RowId to, Direction direction,
                             std::vector<std::uint32_t>& positions) const {
  if (direction == Direction::kBoth) {
    edges_between(from, to, Direction::kOut, positions);
    if (from != to) edges_between(to, from, Direction::kOut, positions);
    return;
  }
  for (const EdgePart& part : parts_) {
    const AdjacencySide& side = part.side(direction);
    const AdjacencySide::Run hits = run_of_neighbor(side, side.run(from), to);
    for (std::uint32_t at = hits.begin; at < hits.end; ++at) {
      const std::uint32_t row = side.edge_row(at);
      if (part.live(row)) positions.push_back(part.base + row);
    }
  }
}

std::uint64_t EdgeView::degree_bound(RowId node, Direction direction) const {
  std::uint64_t degree = 0;
  for (const EdgePart& part : parts_) {
    if (direction != Direction::kIn) degree += part.adjacency->out().run(node).size();
    if (direction != Direction::kOut) degree += part.adjacency->in().run(node).size();
  }
  return degree;
}

const std::vector<RepeatedPair>& EdgeView::repeated_pairs() const {
  std::call_once(repeated_once_, [this] { repeated_ = find_repeated_pairs(); });
  return repeated_;
}

std::vector<RepeatedPair> EdgeView::find_repeated_pairs() const {
  using Pair = std::pair<RowId, RowId>;
  const auto each_pair = [](const EdgePart& part, const auto& visit) {
    const AdjacencySide& out = part.adjacency->out();
    const std::size_t sources = out.dense() ? out.count() : out.keys().size();
    for (std::size_t i = 0; i < sources; ++i) {
      const RowId source = out.dense() ? out.first() + static_cast<RowId>(i) : out.keys()[i];
      for (std::uint32_t at = out.offsets()[i]; at < out.offsets()[i + 1]; ++at) {
        if (part.live(out.edge_row(at))) visit(Pair{source, out.neighbors()[at]});
      }
    }
  };
  // The largest part is probed, the pairs of the others are sorted.
  std::size_t largest = 0;
  for (std::size_t i = 1; i < parts_.size(); ++i) {
    if (parts_[i].adjacency->out().neighbors().size() >
        parts_[largest].adjacency->out().neighbors().size()) {
      largest = i;
    }
  }
  std::vector<RepeatedPair> repeated;
  std::vector<Pair> others;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (i != largest) each_pair(parts_[i], [&](Pair pair) { others.push_back(pair); });
  }
  std::sort(others.begin(), others.end());
  std::vector<std::uint32_t> found;
  for (std::size_t i = 0; i < others.size();) {
    std::size_t end = i + 1;
    while (end < others.size() && others[end] == others[i]) ++end;
    const auto [source, target] = others[i];
    const EdgePart& part = parts_[largest];
    const AdjacencySide& out = part.adjacency->out();
    const AdjacencySide::Run hits = run_of_neighbor(out, out.run(source), target);
    auto count = static_cast<std::uint32_t>(end - i);
    for (std::uint32_t at = hits.begin; at < hits.end; ++at) {
      if (part.live(out.edge_row(at))) ++count;
    }
    if (count > 1) repeated.push_back({source, target, count - 1});
    i = end;
  }
  if (!parts_.empty() && parts_[largest].adjacency->has_parallel_edges()) {
    const std::size_t known = repeated.size();
    Pair last{kNoRow, kNoRow};
    std::uint32_t count = 0;
    const auto close = [&] {
      // Pairs that other parts hold too were counted above.
      if (count > 1 && !std::binary_search(others.begin(), others.end(), last)) {
        repeated.push_back({last.first, last.second, count - 1});
      }
    };
    each_pair(parts_[largest], [&](Pair pair) {
      if (pair != last) {
        close();
        last = pair;
        count = 0;
      }
      ++count;
    });
    close();
    std::inplace_merge(repeated.begin(), repeated.begin() + static_cast<std::ptrdiff_t>(known),
                       repeated.end(), [](const RepeatedPair& a, const RepeatedPair& b) {
                         return std::tie(a.source, a.target) < std::tie(b.source, b.target);
                       });
  }
  return repeated;
}

}  // namespace omnigraph
