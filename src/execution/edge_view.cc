#include "execution/edge_view.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "execution/merged_edges.h"

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

// Rows of a bitmap, moved by `by`.
void append_rows(const DeletionBitmap& bitmap, std::uint32_t by, std::vector<std::uint32_t>& rows) {
  constexpr std::uint32_t kWords = DeletionBitmap::kChunkRows / 64;
  for (std::uint32_t c = 0; c < bitmap.chunks(); ++c) {
    const std::uint64_t* words = bitmap.words(c);
    if (words == nullptr) continue;
    for (std::uint32_t w = 0; w < kWords; ++w) {
      for (std::uint64_t left = words[w]; left != 0; left &= left - 1) {
        rows.push_back(by + c * DeletionBitmap::kChunkRows + w * 64 +
                       static_cast<std::uint32_t>(std::countr_zero(left)));
      }
    }
  }
}

}  // namespace

Result<std::shared_ptr<const EdgeView>> EdgeView::make(TableVersionPtr version,
                                                       std::uint32_t paged_nodes) {
  auto view = std::make_shared<EdgeView>();
  std::uint64_t base = 0;
  for (const TablePart& part : version->parts()) {
    view->bases_.push_back(static_cast<std::uint32_t>(base));
    base += part.segment->rows();
    if (base > kMaxRowId) {
      return Error(ErrorCode::kResourceExhausted, "an edge table holds more than 2^32 rows");
    }
  }
  view->version_ = std::move(version);
  view->paged_nodes_ = paged_nodes;
  return std::shared_ptr<const EdgeView>(std::move(view));
}

Status EdgeView::expect(std::size_t nodes) const {
  if (opened()) return {};
  const std::uint64_t before = visits_.fetch_add(nodes, std::memory_order_relaxed);
  return before + nodes <= paged_nodes_ ? Status() : open();
}

Status EdgeView::open() const {
  if (opened()) return {};
  const std::lock_guard lock(open_mutex_);
  if (opened()) return {};
  OG_RETURN_IF_ERROR(open_parts());
  opened_.store(true, std::memory_order_release);
  return {};
}

Status EdgeView::open_parts() const {
  const std::vector<TablePart>& table = version_->parts();
  std::vector<EdgePart> opened;
  std::vector<bool> merged(table.size(), false);
  OG_ASSIGN_OR_RETURN(const auto together, merged_edges(*version_));
  if (together) {
    EdgePart group;
    group.adjacency = together->adjacency;
    std::vector<std::uint32_t> dead;
    for (const MergedEdges::Member& member : together->members) {
      const std::size_t part = part_of(*version_, member);
      merged[part] = true;
      group.members.push_back({member.first_row, member.rows, bases_[part], part});
      if (table[part].deleted) append_rows(*table[part].deleted, member.first_row, dead);
    }
    if (!dead.empty()) group.deleted = DeletionBitmap::with(nullptr, group.rows(), dead);
    opened.push_back(std::move(group));
  }
  for (std::size_t part = 0; part < table.size(); ++part) {
    if (merged[part]) continue;
    EdgePart edges;
    OG_ASSIGN_OR_RETURN(edges.adjacency, table[part].segment->adjacency());
    if (table[part].deleted && table[part].deleted->count() > 0) {
      edges.deleted = table[part].deleted;
    }
    edges.members.push_back({0, table[part].segment->rows(), bases_[part], part});
    opened.push_back(std::move(edges));
  }
  parts_ = std::move(opened);
  simple_ = parts_.size() <= 1 && !has_deletions() &&
            (parts_.empty() || !parts_[0].adjacency->has_parallel_edges());
  return {};
}

template <typename Visit>
Status EdgeView::paged(RowId node, Direction direction, const Visit& visit) const {
  const std::vector<TablePart>& table = version_->parts();
  for (std::size_t p = 0; p < table.size(); ++p) {
    const Segment& segment = *table[p].segment;
    const auto take = [&](bool outgoing, bool loops) -> Status {
      OG_ASSIGN_OR_RETURN(const auto rows, segment.edges_of(node, outgoing));
      for (const std::uint32_t row : rows) {
        if (!table[p].live(row)) continue;
        OG_ASSIGN_OR_RETURN(const RowId neighbor, outgoing ? segment.dst(row) : segment.src(row));
        if (neighbor != node || loops) visit(neighbor, bases_[p] + row);
      }
      return {};
    };
    if (direction != Direction::kIn) OG_RETURN_IF_ERROR(take(true, true));
    if (direction != Direction::kOut) {
      OG_RETURN_IF_ERROR(take(false, direction == Direction::kIn));
    }
  }
  return {};
}

Status EdgeView::neighbors(RowId node, Direction direction, std::vector<RowId>& out) const {
  const std::size_t from = out.size();
  if (!opened()) {
    OG_RETURN_IF_ERROR(
        paged(node, direction, [&](RowId neighbor, std::uint32_t) { out.push_back(neighbor); }));
    sort_unique(out, from);
    return {};
  }
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
  return {};
}

Status EdgeView::edges(RowId node, Direction direction, std::vector<RowId>& neighbors,
                       std::vector<std::uint32_t>& positions) const {
  if (!opened()) {
    return paged(node, direction, [&](RowId neighbor, std::uint32_t position) {
      neighbors.push_back(neighbor);
      positions.push_back(position);
    });
  }
  for (const EdgePart& part : parts_) {
    const auto take = [&](const AdjacencySide& side, bool loops) {
      const AdjacencySide::Run run = side.run(node);
      for (std::uint32_t at = run.begin; at < run.end; ++at) {
        const RowId neighbor = side.neighbors()[at];
        const std::uint32_t row = side.edge_row(at);
        if ((neighbor == node && !loops) || !part.live(row)) continue;
        neighbors.push_back(neighbor);
        positions.push_back(part.position(row));
      }
    };
    if (direction != Direction::kIn) take(part.adjacency->out(), true);
    if (direction != Direction::kOut) take(part.adjacency->in(), direction == Direction::kIn);
  }
  return {};
}

Result<bool> EdgeView::connected(RowId from, RowId to, Direction direction) const {
  if (direction == Direction::kBoth) {
    OG_ASSIGN_OR_RETURN(const bool ahead, connected(from, to, Direction::kOut));
    if (ahead) return true;
    return connected(to, from, Direction::kOut);
  }
  if (!opened()) {
    bool found = false;
    OG_RETURN_IF_ERROR(
        paged(from, direction, [&](RowId neighbor, std::uint32_t) { found |= neighbor == to; }));
    return found;
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

Status EdgeView::edges_between(RowId from, RowId to, Direction direction,
                               std::vector<std::uint32_t>& positions) const {
  if (direction == Direction::kBoth) {
    OG_RETURN_IF_ERROR(edges_between(from, to, Direction::kOut, positions));
    if (from != to) return edges_between(to, from, Direction::kOut, positions);
    return {};
  }
  if (!opened()) {
    return paged(from, direction, [&](RowId neighbor, std::uint32_t position) {
      if (neighbor == to) positions.push_back(position);
    });
  }
  for (const EdgePart& part : parts_) {
    const AdjacencySide& side = part.side(direction);
    const AdjacencySide::Run hits = run_of_neighbor(side, side.run(from), to);
    for (std::uint32_t at = hits.begin; at < hits.end; ++at) {
      const std::uint32_t row = side.edge_row(at);
      if (part.live(row)) positions.push_back(part.position(row));
    }
  }
  return {};
}

Result<std::uint64_t> EdgeView::degree_bound(RowId node, Direction direction) const {
  std::uint64_t degree = 0;
  if (!opened()) {
    for (const TablePart& part : version_->parts()) {
      if (direction != Direction::kIn) {
        OG_ASSIGN_OR_RETURN(const auto rows, part.segment->edges_of(node, true));
        degree += rows.size();
      }
      if (direction != Direction::kOut) {
        OG_ASSIGN_OR_RETURN(const auto rows, part.segment->edges_of(node, false));
        degree += rows.size();
      }
    }
    return degree;
  }
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
    if (i == largest) continue;
    const auto sorted = static_cast<std::ptrdiff_t>(others.size());
    each_pair(parts_[i], [&](Pair pair) { others.push_back(pair); });
    std::inplace_merge(others.begin(), others.begin() + sorted, others.end());
  }
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
