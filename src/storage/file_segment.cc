// Opening, columns, cells and statistics of a stored segment.
#include "storage/file_segment.h"

#include <algorithm>
#include <cassert>

#include "index/sorted_column.h"
#include "storage/column_memory.h"
#include "storage/segment_files.h"
#include "storage/tuple_text.h"

namespace omnigraph {
namespace {

// A column is decoded whole once this part of its pages, and at most so many, were read one by one.
constexpr std::uint32_t kPagesPerRead = 4;
constexpr std::uint32_t kMinPageReads = 2, kMaxPageReads = 32;

bool same_layout(const PropertyType& stored, const PropertyType& wanted) {
  return stored.scalar == wanted.scalar && stored.list == wanted.list &&
         stored.dimension == wanted.dimension;
}

}  // namespace

FileSegment::FileSegment(ObjectStorePtr objects, const SegmentRef& ref,
                         std::shared_ptr<Executor> executor, std::shared_ptr<ColumnCache> cache)
    : ref_(ref),
      cache_(std::move(cache)),
      data_(std::make_unique<ObjectSource>(objects, segment_data_name(ref.table, ref.id),
                                           ref.data_bytes)),
      index_(std::make_unique<ObjectSource>(objects, segment_index_name(ref.id), ref.index_bytes)),
      reader_(
          data_->name(), ref.rows,
          [source = data_.get()](std::uint64_t offset, std::uint64_t length) {
            return source->read(offset, length);
          },
          std::move(executor), cache_) {
  id_ = ref.id;
  table_ = ref.table;
  is_edge_ = ref.is_edge;
  rows_ = ref.rows;
  dense_rids_ = ref.dense_rids;
  rid_base_ = ref.rid_base;
  min_rid_ = ref.dense_rids ? ref.rid_base : ref.min_rid;
  max_rid_ = ref.dense_rids ? ref.rid_base + (ref.rows - 1) : ref.max_rid;
}

FileSegment::~FileSegment() { cache_->forget(this); }

Error FileSegment::damaged(std::string_view what) const {
  return corrupt("object '" + index_->name() + "' is damaged: " + std::string(what) +
                 "; run `omnigraph repair` or restore the object from a copy");
}

Error FileSegment::in_index(Error error) const {
  return error.code() == ErrorCode::kCorrupt ? damaged(error.message()) : error;
}

std::mutex& FileSegment::latch(Part kind, std::uint64_t which) const {
  const std::lock_guard lock(mutex_);
  auto& made = latches_[{kind, which}];
  if (!made) made = std::make_unique<std::mutex>();
  return *made;
}

Result<const FileSegment::Opened*> FileSegment::opened() const {
  if (const Opened* now = opened_now_.load(std::memory_order_acquire)) return now;
  const std::lock_guard lock(mutex_);
  if (opened_) return opened_.get();
  auto made = std::make_unique<Opened>();
  OG_ASSIGN_OR_RETURN(
      made->index,
      IndexFile::open(index_->name(), ref_.id, ref_.index_bytes,
                      index_->mapped() ? IndexFile::Reads::kMapped : IndexFile::Reads::kFetched,
                      [source = index_.get()](std::uint64_t offset, std::uint64_t length) {
                        return source->read(offset, length);
                      }));
  OG_ASSIGN_OR_RETURN(const Bytes bytes, made->index->section(SectionKind::kSegment));
  auto layout = decode_layout(bytes.data);
  if (!layout.ok()) return in_index(std::move(layout).error());
  made->layout = std::move(layout).value();
  if (made->layout.table != ref_.table || made->layout.rows != ref_.rows ||
      made->layout.has_rids == ref_.dense_rids || made->layout.is_edge != is_edge_) {
    return damaged("it describes another segment than its reference");
  }
  opened_ = std::move(made);
  opened_now_.store(opened_.get(), std::memory_order_release);
  return opened_.get();
}

Result<FileSegment::ColumnSlot*> FileSegment::slot(PropertyId column) const {
  OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
  const std::lock_guard lock(mutex_);
  auto& known = slots_[column];
  if (known) return known.get();
  auto made = std::make_unique<ColumnSlot>();
  if (file->index->has(SectionKind::kDirectory, column)) {
    OG_ASSIGN_OR_RETURN(const Bytes bytes, file->index->section(SectionKind::kDirectory, column));
    auto directory = decode_directory(bytes.data, rows_, ref_.data_bytes);
    if (!directory.ok()) return in_index(std::move(directory).error());
    made->directory = std::make_shared<const ColumnDirectory>(std::move(directory).value());
  }
  known = std::move(made);
  return known.get();
}

bool FileSegment::prefers_pages(ColumnSlot& slot) const {
  const auto pages = static_cast<std::uint32_t>(slot.directory->pages.size());
  const std::uint32_t most = std::clamp(pages / kPagesPerRead, kMinPageReads, kMaxPageReads);
  return slot.page_reads.fetch_add(1, std::memory_order_relaxed) < most;
}

Result<ColumnPtr> FileSegment::stored_column(PropertyId column, const ColumnSlot& slot) const {
  return part<Column>(kColumnPart, column, [&] { return reader_.whole(*slot.directory); });
}

Result<ColumnPtr> FileSegment::column(PropertyId property, const PropertyType& type) const {
  if (auto there = cached<Column>(kColumnPart, property)) return there;
  OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(property));
  if (!known->directory) return all_null_column(type, rows_);
  if (!same_layout(known->directory->type, type)) {
    return damaged("it holds property " + std::to_string(property) + " as " +
                   to_string(known->directory->type) + ", the schema says " + to_string(type));
  }
  return stored_column(property, *known);
}

Result<Value> FileSegment::cell(PropertyId column, std::uint32_t row) const {
  assert(row < rows_);
  if (const auto there = cached<Column>(kColumnPart, column)) return there->value(row);
  OG_ASSIGN_OR_RETURN(ColumnSlot* const known, slot(column));
  if (!known->directory) return Value();
  if (!prefers_pages(*known)) {
    const auto whole = stored_column(column, *known);
    if (whole.ok()) return (*whole)->value(row);
    // Without room for the whole column its pages still do.
    if (whole.error().code() != ErrorCode::kResourceExhausted) return whole.error();
  }
  OG_ASSIGN_OR_RETURN(const ColumnPtr page, reader_.page(*known->directory, row / kPageRows));
  return page->value(row % kPageRows);
}

Result<std::uint64_t> FileSegment::number(PropertyId column, std::uint32_t row) const {
  OG_ASSIGN_OR_RETURN(const Value value, cell(column, row));
  if (const auto* i = value.get_if<std::int64_t>()) return static_cast<std::uint64_t>(*i);
  if (const auto* u = value.get_if<std::uint64_t>()) return *u;
  return damaged("it lacks a column of the row itself");
}

Result<Value> FileSegment::value(PropertyId property, const PropertyType& type,
                                 std::uint32_t row) const {
  OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(property));
  if (!known->directory) return Value();
  if (!same_layout(known->directory->type, type)) {
    return damaged("it holds property " + std::to_string(property) + " as " +
                   to_string(known->directory->type) + ", the schema says " + to_string(type));
  }
  return cell(property, row);
}

Result<std::shared_ptr<const ColumnStatistics>> FileSegment::statistics(PropertyId property) const {
  std::shared_ptr<const ColumnStatistics> statistics;
  OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(property));
  if (!known->directory || known->directory->type.list ||
      known->directory->type.scalar == ScalarType::kVector) {
    return statistics;
  }
  auto made = std::make_shared<ColumnStatistics>();
  made->bounds = known->directory->bounds;
  made->distinct = known->directory->distinct;
  made->pages.reserve(known->directory->pages.size());
  for (const DataPage& page : known->directory->pages) made->pages.push_back(page.bounds);
  statistics = std::move(made);
  return statistics;
}

Result<std::shared_ptr<const TupleIndex>> FileSegment::tuple_index(
    std::span<const PropertyId> group) const {
  OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
  const auto& groups = file->layout.unique_groups;
  const auto at = std::find_if(groups.begin(), groups.end(), [&group](const auto& candidate) {
    return std::equal(candidate.begin(), candidate.end(), group.begin(), group.end());
  });
  const auto counted =
      [this](std::shared_ptr<const TupleIndex> index) -> Result<std::shared_ptr<const TupleIndex>> {
    auto kept = std::make_shared<Counted<std::shared_ptr<const TupleIndex>>>();
    OG_ASSIGN_OR_RETURN(kept->token, cache_->reserve(index->memory()));
    kept->value = std::move(index);
    const TupleIndex* value = kept->value.get();
    return std::shared_ptr<const TupleIndex>(std::move(kept), value);
  };
  if (at != groups.end()) {
    const auto number = static_cast<std::uint32_t>(at - groups.begin());
    return part<TupleIndex>(kTuplePart, number, [&]() -> Result<std::shared_ptr<const TupleIndex>> {
      OG_ASSIGN_OR_RETURN(const Bytes bytes, file->index->section(SectionKind::kTuples, number));
      auto index = TupleIndex::decode(bytes.data, rows_);
      if (!index.ok()) return in_index(std::move(index).error());
      return counted(std::move(index).value());
    });
  }
  // Declared after the segment was written. Groups are told apart by a hash of their members.
  const std::uint64_t which =
      tuple_hash({reinterpret_cast<const char*>(group.data()), group.size_bytes()}) |
      std::uint64_t{1} << 63;
  return part<TupleIndex>(kTuplePart, which, [&]() -> Result<std::shared_ptr<const TupleIndex>> {
    std::vector<TupleMember> members(group.size());
    std::vector<ColumnPtr> columns;
    std::vector<std::shared_ptr<const std::vector<RowId>>> ends_of;
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (group[i] == kSrcColumn || group[i] == kDstColumn) {
        OG_ASSIGN_OR_RETURN(ends_of.emplace_back(), ends(group[i]));
        members[i].ends = ends_of.back()->data();
        continue;
      }
      OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(group[i]));
      if (!known->directory) continue;
      OG_ASSIGN_OR_RETURN(columns.emplace_back(), stored_column(group[i], *known));
      members[i].column = columns.back().get();
    }
    return counted(TupleIndex::build(tuple_entries(members, rows_)));
  });
}

Result<std::vector<std::uint32_t>> FileSegment::find_tuple(std::span<const PropertyId> group,
                                                           std::uint64_t hash) const {
  OG_ASSIGN_OR_RETURN(const auto index, tuple_index(group));
  const auto rows = index->find(hash);
  return std::vector<std::uint32_t>(rows.begin(), rows.end());
}

Result<std::shared_ptr<const std::vector<std::uint32_t>>> FileSegment::sorted_rows(
    PropertyId property, const PropertyType& type) const {
  using Rows = std::vector<std::uint32_t>;
  return part<Rows>(kSortedPart, property, [&]() -> Result<std::shared_ptr<const Rows>> {
    OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
    const bool stored = file->index->has(SectionKind::kSorted, property);
    return counted_vector<std::uint32_t>([&](Rows& rows) -> Status {
      if (!stored) {
        OG_ASSIGN_OR_RETURN(const ColumnPtr values, column(property, type));
        rows = sorted_permutation(*values);
        return {};
      }
      OG_ASSIGN_OR_RETURN(const Bytes bytes, file->index->section(SectionKind::kSorted, property));
      auto order = decode_permutation(bytes.data, rows_);
      if (!order.ok()) return in_index(std::move(order).error());
      rows = std::move(order).value();
      return {};
    });
  });
}

Result<SegmentPtr> open_segment_files(ObjectStorePtr objects, const SegmentRef& ref,
                                      const Runtime& runtime, std::shared_ptr<ColumnCache> cache) {
  if (ref.rows == 0 || ref.rows > kMaxSegmentRows ||
      (ref.dense_rids && ref.rid_base > kMaxRowId - (ref.rows - 1))) {
    return corrupt("segment " + ref.id.text() +
                   " has an impossible number of rows: " + std::to_string(ref.rows));
  }
  if (!cache) cache = std::make_shared<ColumnCache>(runtime.budget);
  SegmentPtr segment = std::make_shared<const FileSegment>(std::move(objects), ref,
                                                           runtime.executor, std::move(cache));
  return segment;
}

}  // namespace omnigraph
