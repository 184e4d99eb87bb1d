// The opened file segments of one store: equal ids give the same object for as long as anybody
// holds it. Also remembers the reference each was opened with, for whoever writes it down again.
// Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "common/runtime.h"
#include "storage/column_cache.h"
#include "storage/object_store.h"
#include "storage/record.h"
#include "storage/segment.h"

namespace omnigraph {

struct UlidHash {
  std::size_t operator()(const Ulid& id) const {
    return static_cast<std::size_t>(id.low ^ (id.high * 0x9E3779B97F4A7C15));
  }
};

class SegmentCache {
 public:
  SegmentCache(ObjectStorePtr objects, Runtime runtime)
      : objects_(std::move(objects)),
        runtime_(std::move(runtime)),
        columns_(std::make_shared<ColumnCache>(runtime_.budget)) {}

  Result<SegmentPtr> open(const SegmentRef& ref);
  // Of a segment that was opened here and is still held.
  std::optional<SegmentRef> reference(SegmentId id) const;

 private:
  struct Opened {
    std::weak_ptr<const Segment> segment;
    SegmentRef ref;
  };
  ObjectStorePtr objects_;
  Runtime runtime_;
  std::shared_ptr<ColumnCache> columns_;  // one for all, so that each segment makes room for others
  mutable std::mutex mutex_;              // guards the rest
  std::unordered_map<SegmentId, Opened, UlidHash> opened_;
  std::size_t sweep_at_ = 64;  // entries at which the expired ones are dropped
};

}  // namespace omnigraph
