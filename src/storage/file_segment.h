// A segment on the store, opened: columns and indexes are read on first use, a page at a time while
// little is asked of them, whole from then on, and kept in the store's ColumnCache. See segment.h
// for what the functions promise, segment_files.h for how it is written and opened.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "common/runtime.h"
#include "index/id_filter.h"
#include "index/index_file.h"
#include "index/page_directory.h"
#include "index/tuple_index.h"
#include "storage/column_cache.h"
#include "storage/column_reader.h"
#include "storage/object_source.h"
#include "storage/record.h"
#include "storage/segment.h"
#include "storage/segment_layout.h"

namespace omnigraph {

class FileSegment final : public Segment, public std::enable_shared_from_this<FileSegment> {
 public:
  FileSegment(ObjectStorePtr objects, const SegmentRef& ref, std::shared_ptr<Executor> executor,
              std::shared_ptr<ColumnCache> cache);
  ~FileSegment() override;

  // When its objects are not on this machine, so that a read is a round trip.
  const FileSegment* remote_file() const override { return index_->mapped() ? nullptr : this; }
  // Fetches what find_id(id), and then reading the row, will read of these segments (remote, of one
  // store) and is not here yet, in at most two round trips.
  static Status warm(std::span<const FileSegment* const> segments, std::string_view id);

  Result<std::shared_ptr<const std::vector<RowId>>> rids() const override;
  std::shared_ptr<ColumnCache> cache() const override { return cache_; }
  Result<std::optional<std::uint32_t>> row_of(RowId rid) const override;
  Result<RowId> rid(std::uint32_t row) const override;
  Result<Gsn> gsn(std::uint32_t row) const override;
  Result<std::shared_ptr<const std::vector<Gsn>>> gsns() const override;
  Result<ColumnPtr> column(PropertyId property, const PropertyType& type) const override;
  Result<Value> value(PropertyId property, const PropertyType& type,
                      std::uint32_t row) const override;
  Result<std::shared_ptr<const IdColumn>> ids() const override;
  Result<std::string> id_text(std::uint32_t row) const override;
  using Segment::find_id;
  Result<std::optional<std::uint32_t>> find_id(std::string_view id,
                                               std::uint64_t hash) const override;
  Result<std::shared_ptr<const ColumnStatistics>> statistics(PropertyId property) const override;
  Result<std::shared_ptr<const Adjacency>> adjacency() const override;
  Result<std::vector<std::uint32_t>> edges_of(RowId node, bool outgoing) const override;
  Result<RowId> src(std::uint32_t row) const override;
  Result<RowId> dst(std::uint32_t row) const override;
  Result<std::shared_ptr<const std::vector<RowId>>> sources() const override;
  Result<std::shared_ptr<const std::vector<RowId>>> targets() const override;
  Result<std::vector<std::uint32_t>> find_tuple(std::span<const PropertyId> group,
                                                std::uint64_t hash) const override;
  Result<std::shared_ptr<const std::vector<std::uint32_t>>> sorted_rows(
      PropertyId property, const PropertyType& type) const override;

 private:
  // The head of the index file, read by the first call that needs it.
  struct Opened {
    std::shared_ptr<const IndexFile> index;
    SegmentLayout layout;
  };
  // What is known of a stored column.
  struct ColumnSlot {
    std::shared_ptr<const ColumnDirectory> directory;  // null: the segment does not hold it
    std::atomic<std::uint32_t> page_reads{0};
  };
  // Parts in the cache.
  enum Part : std::uint32_t {
    kColumnPart,
    kEndsPart,
    kRidsPart,
    kGsnsPart,
    kIdsPart,
    kAdjacencyPart,
    kByRidPart,
    kTuplePart,
    kSortedPart,
    kIdHashPart,
  };
  static constexpr std::uint32_t kScannedRids = 16;
  // A part together with the token that counts its memory.
  template <typename T>
  struct Counted {
    T value;
    std::shared_ptr<const void> token;
  };

  Result<const Opened*> opened() const;
  Result<ColumnSlot*> slot(PropertyId column) const;
  Error damaged(std::string_view what) const;
  // Adds the index object's name to what a decoder of one of its sections found.
  Error in_index(Error error) const;

  // The part if it is in the cache, else what `make` gives, made by one thread and then kept.
  // make() -> Result<std::shared_ptr<const T>>.
  template <typename T, typename Make>
  Result<std::shared_ptr<const T>> part(Part kind, std::uint64_t which, const Make& make) const;
  template <typename T>
  std::shared_ptr<const T> cached(Part kind, std::uint64_t which) const;
  // A vector of `rows()` that `fill` fills, counted.
  template <typename T, typename Fill>
  Result<std::shared_ptr<const std::vector<T>>> counted_vector(const Fill& fill) const;
  std::mutex& latch(Part kind, std::uint64_t which) const;

  // A stored column whole; `slot` must have a directory.
  Result<ColumnPtr> stored_column(PropertyId column, const ColumnSlot& slot) const;
  // A cell of a stored column: out of the whole column if it is there (or is worth it by now), else
  // by its page.
  Result<Value> cell(PropertyId column, std::uint32_t row) const;
  Result<std::uint64_t> number(PropertyId column, std::uint32_t row) const;
  // The page of `column` that holds the row, or null when the whole column should be used.
  bool prefers_pages(ColumnSlot& slot) const;

  Result<std::shared_ptr<const std::vector<RowId>>> ends(PropertyId column) const;
  Result<std::optional<std::uint32_t>> find_text(PropertyId column, std::string_view id) const;
  Result<std::optional<std::uint32_t>> find_hashed(std::string_view id, std::uint64_t hash) const;
  void filter_ids(const Column& texts) const;
  Result<std::optional<std::uint32_t>> find_in_run(std::string_view id) const;
  Result<std::vector<std::uint32_t>> outgoing_by_pages(RowId node) const;
  Result<std::vector<std::uint32_t>> incoming_by_pages(RowId node) const;
  Result<std::shared_ptr<const TupleIndex>> tuple_index(std::span<const PropertyId> group) const;

  const SegmentRef ref_;
  const std::shared_ptr<ColumnCache> cache_;
  const std::unique_ptr<ObjectSource> data_, index_;
  const ColumnReader reader_;
  mutable std::mutex mutex_;  // guards what follows, not what the slots point to
  mutable std::unique_ptr<const Opened> opened_;
  mutable std::shared_ptr<const Counted<IdFilter>> id_filter_;
  mutable std::map<PropertyId, std::unique_ptr<ColumnSlot>> slots_;
  mutable std::map<std::pair<std::uint32_t, std::uint64_t>, std::unique_ptr<std::mutex>> latches_;
  // What stands in opened_ and id_filter_, for reading without the lock.
  mutable std::atomic<const Opened*> opened_now_{nullptr};
  mutable std::atomic<const IdFilter*> id_filter_now_{nullptr};
  mutable std::atomic<std::uint32_t> id_lookups_{0};    // among ids that were all in memory
  mutable std::atomic<std::uint32_t> edge_reads_{0};    // edges_of by pages so far
  mutable std::atomic<std::uint32_t> scanned_rids_{0};  // row_of by looking through all of them
};

template <typename T>
std::shared_ptr<const T> FileSegment::cached(Part kind, std::uint64_t which) const {
  return std::static_pointer_cast<const T>(cache_->find({this, kind, which}));
}

template <typename T, typename Make>
Result<std::shared_ptr<const T>> FileSegment::part(Part kind, std::uint64_t which,
                                                   const Make& make) const {
  if (auto there = cached<T>(kind, which)) return there;
  const std::lock_guard lock(latch(kind, which));
  if (auto there = cached<T>(kind, which)) return there;
  OG_ASSIGN_OR_RETURN(std::shared_ptr<const T> made, make());
  cache_->keep({this, kind, which}, made);
  return made;
}

template <typename T, typename Fill>
Result<std::shared_ptr<const std::vector<T>>> FileSegment::counted_vector(const Fill& fill) const {
  auto counted = std::make_shared<Counted<std::vector<T>>>();
  OG_ASSIGN_OR_RETURN(counted->token, cache_->reserve(std::uint64_t{rows_} * sizeof(T)));
  counted->value.resize(rows_);
  OG_RETURN_IF_ERROR(fill(counted->value));
  const std::vector<T>* value = &counted->value;
  return std::shared_ptr<const std::vector<T>>(std::move(counted), value);
}

}  // namespace omnigraph
