#include "execution/merged_edges.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "storage/column_cache.h"

namespace omnigraph {
namespace {

constexpr std::uint32_t kMergedEdgesPart = 1;
// Segments outside the merged adjacency are left there while they are fewer than this, and hold
// less than this fraction of its edges.
constexpr std::size_t kMaxOutside = 8;
constexpr std::uint64_t kOutsideFraction = 32;

std::size_t find_part(const TableVersion& version, const SegmentPtr& segment) {
  const std::vector<TablePart>& parts = version.parts();
  const auto at = std::find_if(parts.begin(), parts.end(), [&segment](const TablePart& part) {
    return part.segment == segment;
  });
  return static_cast<std::size_t>(at - parts.begin());
}

// Whether all that was merged is in the version; `inside` says which parts were.
bool covers(const TableVersion& version, const MergedEdges& merged, std::vector<bool>& inside) {
  for (const MergedEdges::Member& member : merged.members) {
    const SegmentPtr segment = member.segment.lock();
    if (segment == nullptr) return false;
    const std::size_t part = find_part(version, segment);
    if (part == inside.size()) return false;
    inside[part] = true;
  }
  return true;
}

// `before` (may be null) and the parts `added`, merged. Null when there is no memory for it.
Result<std::shared_ptr<const MergedEdges>> merge(const TableVersion& version, ColumnCache& cache,
                                                 const MergedEdges* before,
                                                 const std::vector<std::size_t>& added) {
  auto merged = std::make_shared<MergedEdges>();
  std::vector<Adjacency::Input> inputs;
  std::vector<std::shared_ptr<const Adjacency>> held;
  if (before != nullptr) {
    merged->members = before->members;
    merged->rows = before->rows;
    inputs.push_back({before->adjacency.get(), 0});
  }
  for (const std::size_t part : added) {
    const SegmentPtr& segment = version.parts()[part].segment;
    auto edges = segment->adjacency();
    if (!edges.ok()) {
      if (edges.error().code() != ErrorCode::kResourceExhausted) return std::move(edges).error();
      return std::shared_ptr<const MergedEdges>();
    }
    const auto first_row = static_cast<std::uint32_t>(merged->rows);
    merged->members.push_back({segment, first_row, segment->rows()});
    merged->rows += segment->rows();
    held.push_back(std::move(edges).value());
    inputs.push_back({held.back().get(), first_row});
  }
  auto token = cache.reserve(Adjacency::merged_memory(inputs));
  if (!token.ok()) return std::shared_ptr<const MergedEdges>();
  merged->token = std::move(token).value();
  merged->adjacency = Adjacency::merge(inputs);
  return std::shared_ptr<const MergedEdges>(std::move(merged));
}

}  // namespace

Result<std::shared_ptr<const MergedEdges>> merged_edges(const TableVersion& version) {
  const std::vector<TablePart>& parts = version.parts();
  std::vector<std::size_t> files;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    if (!parts[part].segment->id().is_nil()) files.push_back(part);
  }
  std::shared_ptr<const MergedEdges> none;
  if (files.size() < 2) return none;
  const std::shared_ptr<ColumnCache> cache = parts[files[0]].segment->cache();
  if (cache == nullptr) return none;
  const ColumnCache::Key key{version.lineage().get(), kMergedEdgesPart, 0};

  // One thread merges, others wait for what it makes.
  const auto lock = version.lineage()->deriving();
  auto known = std::static_pointer_cast<const MergedEdges>(cache->find(key));
  std::vector<bool> inside(parts.size(), false);
  if (known && !covers(version, *known, inside)) {
    known = nullptr;
    inside.assign(parts.size(), false);
  }
  std::vector<std::size_t> outside;
  std::uint64_t rows = 0;
  for (const std::size_t part : files) {
    if (inside[part]) continue;
    outside.push_back(part);
    rows += parts[part].segment->rows();
  }
  const bool enough =
      known && outside.size() <= kMaxOutside && rows * kOutsideFraction <= known->rows;
  if (outside.empty() || enough) return known;
  OG_ASSIGN_OR_RETURN(auto made, merge(version, *cache, known.get(), outside));
  if (!made) return known;
  version.lineage()->kept_in(cache);
  cache->keep(key, made);
  return made;
}

std::size_t part_of(const TableVersion& version, const MergedEdges::Member& member) {
  const std::size_t part = find_part(version, member.segment.lock());
  assert(part < version.parts().size());
  return part;
}

}  // namespace omnigraph
