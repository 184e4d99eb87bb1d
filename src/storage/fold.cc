#include "storage/fold.h"

#include <algorithm>
#include <map>
#include <set>

namespace omnigraph {
namespace {

constexpr std::uint64_t kTierFactor = 8;

unsigned tier_of(std::uint64_t rows, std::uint64_t smallest) {
  unsigned tier = 0;
  for (std::uint64_t bound = smallest * kTierFactor; rows >= bound && tier < 20; ++tier) {
    bound *= kTierFactor;
  }
  return tier;
}

}  // namespace

std::vector<FoldPlan> plan_folds(const GraphState& state, const FoldLimits& limits) {
  std::vector<FoldPlan> plans;
  std::set<std::vector<SegmentId>> planned;
  for (const auto& [name, branch] : state.branches) {
    if (!limits.branch.empty() && name != limits.branch) continue;
    for (const auto& [table, version] : branch->snapshot->tables()) {
      std::uint64_t inline_rows = 0;
      std::map<unsigned, std::vector<const TablePart*>> tiers;
      const TablePart* decayed = nullptr;
      for (const TablePart& part : version->parts()) {
        if (part.segment->id().is_nil()) {
          inline_rows += part.live_rows();
        } else {
          tiers[tier_of(part.live_rows(), limits.tier_rows)].push_back(&part);
          const std::uint64_t dead = part.segment->rows() - part.live_rows();
          if (dead > 0 && dead * limits.dead_share >= part.segment->rows()) decayed = &part;
        }
      }
      if (inline_rows > 0 && inline_rows >= limits.inline_rows) {
        plans.push_back({name, table, true, {}});
        continue;
      }
      bool joined = false;
      for (const auto& [tier, parts] : tiers) {
        if (parts.size() < std::max(limits.segments, 2U)) continue;
        std::uint64_t rows = 0;
        FoldPlan plan{name, table, false, {}};
        for (const TablePart* part : parts) {
          if (rows + part->live_rows() > limits.max_rows) break;
          rows += part->live_rows();
          plan.segments.push_back(part->segment->id());
        }
        if (plan.segments.size() < 2) continue;
        std::sort(plan.segments.begin(), plan.segments.end());
        joined = true;
        if (!planned.insert(plan.segments).second) break;
        plans.push_back(std::move(plan));
        break;
      }
      if (joined || decayed == nullptr) continue;
      FoldPlan plan{name, table, false, {decayed->segment->id()}};
      if (planned.insert(plan.segments).second) plans.push_back(std::move(plan));
    }
  }
  return plans;
}

}  // namespace omnigraph
