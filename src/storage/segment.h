// A segment: an immutable, sorted, columnar batch of rows of one table, with the indexes that
// belong to it. Nodes sort by `id` bytes, edges by (_src, _dst, id). Two kinds: a file segment
// (Parquet under data/, indexes under index/, columns decoded on first use under the memory budget
// and evicted when it is short) and a memory segment (rows that are inline in the log).
//
// Thread-safe: const after construction; lazily decoded parts are filled under an internal lock and
// handed out as shared pointers, so eviction never pulls them from under a reader.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "index/adjacency.h"
#include "omnigraph/error.h"
#include "storage/column.h"
#include "storage/ids.h"
#include "storage/row_batch.h"

namespace omnigraph {

class ColumnCache;
class FileSegment;

// Rows 4,096 by 4,096 of a column: bounds over the present values of the page.
inline constexpr std::uint32_t kPageRows = 4096;

// More rows are split over several segments.
inline constexpr std::uint32_t kMaxSegmentRows = 1u << 31;

struct ZoneBounds {
  Value min, max;  // null when the page (column) holds no present value; strings may be
                   // truncated prefixes: then max_exact is false and max is a lower bound.
                   // NaN counts as above all other numbers
  bool max_exact = true;
  std::uint32_t nulls = 0;
};

struct ColumnStatistics {
  ZoneBounds bounds;              // of the whole column
  std::uint64_t distinct = 0;     // estimate
  std::vector<ZoneBounds> pages;  // one per kPageRows rows; empty: unknown
};

class Segment {
 public:
  virtual ~Segment() = default;

  const SegmentId& id() const { return id_; }  // nil for memory segments
  TypeId table() const { return table_; }
  bool is_edge() const { return is_edge_; }
  std::uint32_t rows() const { return rows_; }

  // The rows of a memory segment, in segment order; null for other segments. Valid as long as it.
  virtual const RowBatch* memory_rows() const { return nullptr; }
  // Itself, for a file segment whose pages are not at hand, so that pages of several are better
  // fetched at once.
  virtual const FileSegment* remote_file() const { return nullptr; }
  // Where what is derived from it is kept; null for memory segments, which keep it themselves.
  virtual std::shared_ptr<ColumnCache> cache() const { return nullptr; }

  // Row ids. rid(row) is rid_base() + row when dense_rids(), else looked up.
  bool dense_rids() const { return dense_rids_; }
  RowId rid_base() const { return rid_base_; }
  RowId min_rid() const { return min_rid_; }
  RowId max_rid() const { return max_rid_; }
  virtual Result<std::shared_ptr<const std::vector<RowId>>> rids()
      const = 0;  // one a row, any kind
  // The row with this id, if the segment has one.
  virtual Result<std::optional<std::uint32_t>> row_of(RowId rid) const = 0;
  virtual Result<RowId> rid(std::uint32_t row) const = 0;
  virtual Result<Gsn> gsn(std::uint32_t row) const = 0;
  virtual Result<std::shared_ptr<const std::vector<Gsn>>> gsns() const = 0;  // one a row

  // Whole column, decoded once and cached. A property the segment does not hold is all null.
  // `type` is the property's current type (enum or plain).
  virtual Result<ColumnPtr> column(PropertyId property, const PropertyType& type) const = 0;
  // One cell, decoding no more than a page when the column is not in memory.
  virtual Result<Value> value(PropertyId property, const PropertyType& type,
                              std::uint32_t row) const = 0;
  virtual Result<std::shared_ptr<const IdColumn>> ids() const = 0;
  virtual Result<std::string> id_text(std::uint32_t row) const = 0;
  // The row whose id is `id`; at most one. `hash`: tuple_hash(id), for who asks many segments.
  virtual Result<std::optional<std::uint32_t>> find_id(std::string_view id,
                                                       std::uint64_t hash) const = 0;
  Result<std::optional<std::uint32_t>> find_id(std::string_view id) const;
  // Null when nothing is known about the property.
  virtual Result<std::shared_ptr<const ColumnStatistics>> statistics(PropertyId property) const = 0;

  // Edges only.
  virtual Result<std::shared_ptr<const Adjacency>> adjacency() const = 0;
  // Edge rows leaving (or entering) `node`, reading only the pages that it needs.
  virtual Result<std::vector<std::uint32_t>> edges_of(RowId node, bool outgoing) const = 0;
  virtual Result<RowId> src(std::uint32_t row) const = 0;
  virtual Result<RowId> dst(std::uint32_t row) const = 0;
  // All of them, one a row.
  virtual Result<std::shared_ptr<const std::vector<RowId>>> sources() const = 0;
  virtual Result<std::shared_ptr<const std::vector<RowId>>> targets() const = 0;

  // Rows whose values of the properties in `group` (PropertyIds, plus kSrcColumn/kDstColumn) hash
  // to `hash` (tuple_hash): candidates that the caller verifies. Only for groups that were indexed
  // when the segment was written; otherwise built in memory on first use.
  virtual Result<std::vector<std::uint32_t>> find_tuple(std::span<const PropertyId> group,
                                                        std::uint64_t hash) const = 0;
  // Rows in ascending order of an indexed scalar property (nulls first), built on first use when
  // the segment was written without it.
  virtual Result<std::shared_ptr<const std::vector<std::uint32_t>>> sorted_rows(
      PropertyId property, const PropertyType& type) const = 0;

 protected:
  SegmentId id_;
  TypeId table_ = 0;
  bool is_edge_ = false;
  std::uint32_t rows_ = 0;
  bool dense_rids_ = false;
  RowId rid_base_ = 0, min_rid_ = 0, max_rid_ = 0;
};

using SegmentPtr = std::shared_ptr<const Segment>;

// Hash of a canonical tuple text (spec/schema.md §8.1 spellings joined with 0x1F): xxh3.
std::uint64_t tuple_hash(std::string_view canonical_tuple);

// A memory segment over a batch; sorts it when `sorted` is false. O(rows log rows).
Result<SegmentPtr> make_memory_segment(RowBatch batch, bool sorted = false);
// All rows of a segment as a batch (for folding, export, merging). Reads every column in
// `properties`.
Result<RowBatch> read_rows(const Segment& segment,
                           std::span<const std::pair<PropertyId, PropertyType>> properties);

}  // namespace omnigraph
