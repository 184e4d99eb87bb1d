#include "history/lineage.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "storage/envelope.h"

namespace omnigraph {
namespace {

constexpr std::uint64_t kUnreached = UINT64_MAX;

struct Reached {
  CommitHeader header;
  std::uint64_t from_source = kUnreached;
  std::uint64_t from_target = kUnreached;

  bool from_both() const { return from_source != kUnreached && from_target != kUnreached; }
};

// Of bases at the same distance the later one wins.
auto rank(const CommitHeader& header) {
  return std::tuple(header.version, header.created_at, header.id);
}

class BaseSearch {
 public:
  BaseSearch(Store& store, const GraphState& state, const BranchState& source,
             const BranchState& target)
      : store_(store), source_(state, source), target_(state, target) {
    reach(source.snapshot->head(), 0, kUnreached);
    reach(target.snapshot->head(), kUnreached, 0);
  }

  // Parents have smaller numbers than their children, so that a commit is taken up when all ways to
  // it are known, and the search ends.
  Result<CommitHeader> run() {
    std::optional<CommitHeader> best;
    std::uint64_t best_sum = kUnreached;
    while (!pending_.empty() && may_improve(best_sum)) {
      const Reached at = std::move(pending_.begin()->second);
      pending_.erase(pending_.begin());
      if (!source_.carries(at.header) && !target_.carries(at.header)) continue;
      if (at.from_both()) {
        const std::uint64_t sum = at.from_source + at.from_target;
        if (sum < best_sum || (sum == best_sum && rank(*best) < rank(at.header))) {
          best = at.header;
          best_sum = sum;
        }
      }
      OG_RETURN_IF_ERROR(reach_parent(at, at.header.parent));
      OG_RETURN_IF_ERROR(reach_parent(at, at.header.merged_parent));
    }
    if (!best) return damaged("history", "", "two branches have no common commit");
    return std::move(*best);
  }

 private:
  // Whatever is not taken up yet is reached through what is pending.
  bool may_improve(std::uint64_t best_sum) const {
    std::uint64_t source = kUnreached, target = kUnreached;
    for (const auto& [gsn, at] : pending_) {
      source = std::min(source, at.from_source);
      target = std::min(target, at.from_target);
    }
    if (source == kUnreached || target == kUnreached) return false;
    return best_sum == kUnreached || source + target <= best_sum;
  }

  void reach(const CommitHeader& header, std::uint64_t from_source, std::uint64_t from_target) {
    Reached& at = pending_[header.gsn];
    at.header = header;
    at.from_source = std::min(at.from_source, from_source);
    at.from_target = std::min(at.from_target, from_target);
  }

  Status reach_parent(const Reached& child, const std::optional<CommitId>& parent) {
    if (!parent) return {};
    OG_ASSIGN_OR_RETURN(const std::optional<CommitHeader> header, store_.find_commit(*parent));
    if (!header || header->gsn >= child.header.gsn) {
      return damaged("history", parent->text(), "the parent of a commit is missing");
    }
    const auto step = [](std::uint64_t distance) {
      return distance == kUnreached ? kUnreached : distance + 1;
    };
    reach(*header, step(child.from_source), step(child.from_target));
    return {};
  }

  Store& store_;
  Lineage source_, target_;
  std::map<Gsn, Reached, std::greater<>> pending_;
};

}  // namespace

Lineage::Lineage(const GraphState& state, const BranchState& branch) {
  Gsn through = UINT64_MAX;
  const BranchState* at = &branch;
  while (at != nullptr) {
    stretches_.push_back({at->name, at->created_gsn, through});
    if (at->parent_branch.empty()) return;
    through = std::min(through, at->forked_gsn);
    // A branch cannot be deleted before those that were forked from it, so the parent is there.
    at = state.branch(at->parent_branch);
  }
}

bool Lineage::carries(const CommitHeader& commit) const {
  return std::any_of(stretches_.begin(), stretches_.end(), [&commit](const Stretch& stretch) {
    return stretch.branch == commit.branch && commit.gsn > stretch.after &&
           commit.gsn <= stretch.through;
  });
}

Result<CommitHeader> merge_base(Store& store, const GraphState& state, const BranchState& source,
                                const BranchState& target) {
  return BaseSearch(store, state, source, target).run();
}

}  // namespace omnigraph
