#include "storage/segment_cache.h"

#include <algorithm>

#include "storage/segment_files.h"

namespace omnigraph {

Result<SegmentPtr> SegmentCache::open(const SegmentRef& ref) {
  const std::lock_guard lock(mutex_);
  const auto it = opened_.find(ref.id);
  if (it != opened_.end()) {
    // A segment that was looked at before its commit had its number is opened anew with it.
    if (it->second.ref.gsn == ref.gsn && it->second.ref.rid_base == ref.rid_base) {
      if (SegmentPtr segment = it->second.segment.lock()) return segment;
    }
  }
  OG_ASSIGN_OR_RETURN(SegmentPtr segment, open_segment_files(objects_, ref, runtime_, columns_));
  if (opened_.size() >= sweep_at_) {
    std::erase_if(opened_, [](const auto& item) { return item.second.segment.expired(); });
    sweep_at_ = std::max<std::size_t>(64, 2 * opened_.size());
  }
  opened_[ref.id] = {segment, ref};
  return segment;
}

std::optional<SegmentRef> SegmentCache::reference(SegmentId id) const {
  const std::lock_guard lock(mutex_);
  const auto it = opened_.find(id);
  if (it == opened_.end()) return std::nullopt;
  return it->second.ref;
}

}  // namespace omnigraph
