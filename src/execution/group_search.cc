#include "execution/group_search.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace omnigraph {
namespace {

// Where more than this part of all nodes was reached, arrays are walked instead of lists sorted.
constexpr std::uint32_t kDenseFraction = 16;

}  // namespace

std::uint64_t GroupSearch::memory() const {
  const std::uint64_t words = std::uint64_t{limit_} * 3 + frontier_lanes_.capacity();
  const std::uint64_t ids = frontier_.capacity() + ahead_.capacity() + reached_.capacity() +
                            neighbors_.capacity() + lists_.capacity() + list_.capacity();
  return words * sizeof(std::uint64_t) + ids * sizeof(RowId);
}

Status GroupSearch::prepare(QueryContext& context) {
  if (!memory_) {
    memory_ = std::make_unique<Reservation>(context);
    OG_RETURN_IF_ERROR(memory_->grow_to(memory()));
    for (Words* words : {&seen_, &next_, &found_}) {
      words->reset(static_cast<std::uint64_t*>(std::calloc(limit_, sizeof(std::uint64_t))));
      if (*words == nullptr) {
        return Error(ErrorCode::kResourceExhausted,
                     "no memory for a search over " + std::to_string(limit_) + " nodes");
      }
    }
    return {};
  }
  if (reached_.size() > limit_ / kDenseFraction) {
    std::fill_n(seen_.get(), limit_, 0U);
    std::fill_n(found_.get(), limit_, 0U);
  } else {
    for (const RowId node : reached_) seen_[node] = found_[node] = 0;
  }
  return {};
}

void GroupSearch::reach(RowId node, std::uint64_t lanes) {
  if (seen_[node] == 0) reached_.push_back(node);
  seen_[node] |= lanes;
  frontier_.push_back(node);
  frontier_lanes_.push_back(lanes);
}

// Which of the sources in `lanes`, all at this distance, report the node.
Result<std::uint64_t> GroupSearch::reported(RowId node, std::uint64_t lanes, std::uint32_t distance,
                                            const HopRange& range) const {
  if (distance > 0 && distance >= range.min) return lanes;
  if (distance + 1 < range.min || distance + 1 > range.max) return std::uint64_t{0};
  // A self-loop is one hop more: of the node where the path ends.
  if (range.reversed) return lanes & loops_;
  OG_ASSIGN_OR_RETURN(const bool loop, edges_.connected(node, node, Direction::kOut));
  return loop ? lanes : std::uint64_t{0};
}

Status GroupSearch::run(std::span<const RowId> sources, const HopRange& range,
                        QueryContext& context) {
  OG_RETURN_IF_ERROR(prepare(context));
  most_listed_ = context.grain().listed_finds;
  reached_.clear();
  frontier_.clear();
  frontier_lanes_.clear();
  loops_ = 0;
  OG_RETURN_IF_ERROR(edges_.expect(sources.size()));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::uint64_t lane = std::uint64_t{1} << i;
    if (range.reversed) {
      OG_ASSIGN_OR_RETURN(const bool loop,
                          edges_.connected(sources[i], sources[i], Direction::kOut));
      if (loop) loops_ |= lane;
    }
    reach(sources[i], lane);
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    OG_ASSIGN_OR_RETURN(found_[sources[i]], reported(sources[i], std::uint64_t{1} << i, 0, range));
  }
  OG_RETURN_IF_ERROR(walk(range, context));
  OG_RETURN_IF_ERROR(collect());
  return memory_->grow_to(memory());
}

Status GroupSearch::walk(const HopRange& range, QueryContext& context) {
  for (std::uint32_t hop = 1; hop <= range.max && !frontier_.empty(); ++hop) {
    OG_RETURN_IF_ERROR(context.check());
    OG_RETURN_IF_ERROR(edges_.expect(frontier_.size()));
    ahead_.clear();
    for (std::size_t i = 0; i < frontier_.size(); ++i) {
      const RowId node = frontier_[i];
      const std::uint64_t lanes = frontier_lanes_[i];
      OG_ASSIGN_OR_RETURN(const std::span<const RowId> neighbors,
                          edges_.neighbor_set(node, range.direction, neighbors_));
      for (const RowId neighbor : neighbors) {
        const std::uint64_t fresh = lanes & ~seen_[neighbor];
        if (fresh == 0) continue;
        if (next_[neighbor] == 0) ahead_.push_back(neighbor);
        next_[neighbor] |= fresh;
      }
      OG_RETURN_IF_ERROR(pause_.after(neighbors.size() + 1, context));
    }
    frontier_.clear();
    frontier_lanes_.clear();
    for (const RowId node : ahead_) {
      const std::uint64_t lanes = std::exchange(next_[node], 0);
      reach(node, lanes);
      OG_ASSIGN_OR_RETURN(const std::uint64_t found, reported(node, lanes, hop, range));
      found_[node] |= found;
    }
    OG_RETURN_IF_ERROR(memory_->grow_to(memory()));
  }
  return {};
}

Status GroupSearch::collect() {
  if (reached_.size() > limit_ / kDenseFraction) {
    reached_.clear();
    for (RowId node = 0; node < limit_; ++node) {
      if (seen_[node] != 0) reached_.push_back(node);
    }
  } else {
    std::sort(reached_.begin(), reached_.end());
  }
  counts_.fill(0);
  for (const RowId node : reached_) {
    for (std::uint64_t lanes = found_[node]; lanes != 0; lanes &= lanes - 1) {
      ++counts_[static_cast<std::size_t>(std::countr_zero(lanes))];
    }
  }
  listed_ = false;
  return {};
}

std::span<const RowId> GroupSearch::found(std::size_t i) {
  std::uint64_t all = 0;
  if (!listed_) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      begins_[lane] = all;
      all += counts_[lane];
    }
    begins_[kLanes] = all;
    // Where there are more, each source's are picked out of all that were reached.
    if (all <= most_listed_) {
      lists_.resize(all);
      std::array<std::uint64_t, kLanes + 1> at = begins_;
      for (const RowId node : reached_) {
        for (std::uint64_t lanes = found_[node]; lanes != 0; lanes &= lanes - 1) {
          lists_[at[static_cast<std::size_t>(std::countr_zero(lanes))]++] = node;
        }
      }
      listed_ = true;
    }
  }
  if (listed_) return {lists_.data() + begins_[i], counts_[i]};
  list_.clear();
  const std::uint64_t lane = std::uint64_t{1} << i;
  for (const RowId node : reached_) {
    if ((found_[node] & lane) != 0) list_.push_back(node);
  }
  return list_;
}

std::unique_ptr<GroupSearch> SearchPool::take(const EdgeView& edges, RowId node_limit) {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto search = std::move(idle_.back());
      idle_.pop_back();
      return search;
    }
  }
  return std::make_unique<GroupSearch>(edges, node_limit);
}

void SearchPool::give(std::unique_ptr<GroupSearch> search) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(search));
}

}  // namespace omnigraph
