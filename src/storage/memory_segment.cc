// Segments over rows in memory: what commits carry inline and what they are merged into.
// Everything derived from the rows (row by row id, indexes, statistics, adjacency) is made on first
// use and kept as long as the segment.

#include <algorithm>
#include <cassert>
#include <map>
#include <mutex>

#include "index/id_filter.h"
#include "index/sorted_column.h"
#include "index/tuple_index.h"
#include "storage/column_memory.h"
#include "storage/column_statistics.h"
#include "storage/segment.h"
#include "storage/tuple_text.h"

namespace omnigraph {
namespace {

// Up to this many rows are looked through one by one instead of indexed.
constexpr std::uint32_t kScannedRows = 16;
// Fewer ids are looked through faster than a filter over them is made.
constexpr std::uint32_t kFilteredRows = 8;

class MemorySegment final : public Segment, public std::enable_shared_from_this<MemorySegment> {
 public:
  explicit MemorySegment(RowBatch batch) : batch_(std::move(batch)) {
    table_ = batch_.table;
    is_edge_ = batch_.is_edge;
    rows_ = batch_.rows;
    dense_rids_ = true;
    if (rows_ == 0) return;
    min_rid_ = max_rid_ = batch_.rids[0];
    for (std::uint32_t row = 1; row < rows_; ++row) {
      const RowId rid = batch_.rids[row];
      dense_rids_ = dense_rids_ && rid == batch_.rids[row - 1] + 1;
      min_rid_ = std::min(min_rid_, rid);
      max_rid_ = std::max(max_rid_, rid);
    }
    if (dense_rids_) rid_base_ = batch_.rids[0];
    if (is_edge_ || batch_.ids.is_run() || rows_ < kFilteredRows || rows_ > IdFilter::kMaxRows) {
      return;
    }
    id_filter_.emplace(rows_);
    char scratch[26];
    for (std::uint32_t row = 0; row < rows_; ++row) {
      id_filter_->add(tuple_hash(batch_.ids.get(row, scratch)));
    }
  }

  const RowBatch* memory_rows() const override { return &batch_; }

  Result<std::shared_ptr<const std::vector<RowId>>> rids() const override {
    return shared(&batch_.rids);
  }

  Result<std::optional<std::uint32_t>> row_of(RowId rid) const override {
    if (rows_ == 0 || rid < min_rid_ || rid > max_rid_) return none();
    if (dense_rids_) return found(rid - rid_base_);
    if (rows_ <= kScannedRows) {
      const auto at = std::find(batch_.rids.begin(), batch_.rids.end(), rid);
      if (at == batch_.rids.end()) return none();
      return found(static_cast<std::uint32_t>(at - batch_.rids.begin()));
    }
    const std::lock_guard lock(mutex_);
    std::vector<std::uint32_t>& by_rid = derived().by_rid;
    if (by_rid.empty()) {
      by_rid.resize(rows_);
      for (std::uint32_t row = 0; row < rows_; ++row) by_rid[row] = row;
      std::sort(by_rid.begin(), by_rid.end(), [this](std::uint32_t a, std::uint32_t b) {
        return batch_.rids[a] < batch_.rids[b];
      });
    }
    const auto at = std::lower_bound(
        by_rid.begin(), by_rid.end(), rid,
        [this](std::uint32_t row, RowId wanted) { return batch_.rids[row] < wanted; });
    if (at == by_rid.end() || batch_.rids[*at] != rid) return none();
    return found(*at);
  }

  Result<RowId> rid(std::uint32_t row) const override { return batch_.rids[row]; }

  Result<Gsn> gsn(std::uint32_t row) const override {
    return batch_.gsns.empty() ? batch_.gsn : batch_.gsns[row];
  }

  Result<std::shared_ptr<const std::vector<Gsn>>> gsns() const override {
    if (!batch_.gsns.empty() || rows_ == 0) return shared(&batch_.gsns);
    std::shared_ptr<const std::vector<Gsn>> all =
        std::make_shared<const std::vector<Gsn>>(rows_, batch_.gsn);
    return all;
  }

  Result<ColumnPtr> column(PropertyId property, const PropertyType& type) const override {
    for (const auto& [id, column] : batch_.columns) {
      if (id != property) continue;
      if (column->layout == Column::Layout::kAllNull) break;
      if (column->type != type.scalar || column->list != type.list ||
          column->dimension != type.dimension) {
        return corrupt("inline rows hold property " + std::to_string(property) + " as " +
                       to_string(type_of(*column)) + ", the schema says " + to_string(type));
      }
      return column;
    }
    return all_null_column(type, rows_);
  }

  Result<Value> value(PropertyId property, const PropertyType&, std::uint32_t row) const override {
    const Column* column = batch_.column(property);
    return column != nullptr ? column->value(row) : Value();
  }

  Result<std::shared_ptr<const IdColumn>> ids() const override { return shared(&batch_.ids); }
  Result<std::string> id_text(std::uint32_t row) const override { return batch_.ids.str(row); }

  using Segment::find_id;
  Result<std::optional<std::uint32_t>> find_id(std::string_view id,
                                               std::uint64_t hash) const override {
    if (rows_ == 0 || (id_filter_ && !id_filter_->may_hold(hash))) return none();
    if (batch_.ids.is_run()) return find_in_run(id);
    if (!is_edge_) return find_sorted(id);
    if (rows_ <= kScannedRows) {
      for (std::uint32_t row = 0; row < rows_; ++row) {
        if (has_id(row, id)) return found(row);
      }
      return none();
    }
    const std::lock_guard lock(mutex_);
    if (!derived().ids) {
      std::vector<TupleIndex::Entry> entries(rows_);
      char scratch[26];
      for (std::uint32_t row = 0; row < rows_; ++row) {
        entries[row] = {tuple_hash(batch_.ids.get(row, scratch)), row};
      }
      derived().ids = TupleIndex::build(std::move(entries));
    }
    for (const std::uint32_t row : derived().ids->find(hash)) {
      if (has_id(row, id)) return found(row);
    }
    return none();
  }

  Result<std::shared_ptr<const ColumnStatistics>> statistics(PropertyId property) const override {
    const Column* column = batch_.column(property);
    std::shared_ptr<const ColumnStatistics> none_known;
    if (column == nullptr || column->list || column->type == ScalarType::kVector) {
      return none_known;
    }
    const std::lock_guard lock(mutex_);
    auto& made = derived().statistics[property];
    if (!made) made = std::make_shared<const ColumnStatistics>(statistics_of(*column));
    return made;
  }

  Result<std::shared_ptr<const Adjacency>> adjacency() const override {
    assert(is_edge_);
    const std::lock_guard lock(mutex_);
    auto& made = derived().adjacency;
    if (!made) {
      // Not an owner of this segment, which owns the adjacency: that would be a cycle.
      OG_ASSIGN_OR_RETURN(made, Adjacency::build(batch_.src, batch_.dst, {}, nullptr));
    }
    std::shared_ptr<const Adjacency> handed(
        made.get(), [segment = shared_from_this(), kept = made](const Adjacency*) {});
    return handed;
  }

  Result<std::vector<std::uint32_t>> edges_of(RowId node, bool outgoing) const override {
    assert(is_edge_);
    std::vector<std::uint32_t> rows;
    if (outgoing) {
      const auto [begin, end] = std::equal_range(batch_.src.begin(), batch_.src.end(), node);
      for (auto at = begin; at != end; ++at) {
        rows.push_back(static_cast<std::uint32_t>(at - batch_.src.begin()));
      }
      return rows;
    }
    if (rows_ <= kScannedRows) {
      for (std::uint32_t row = 0; row < rows_; ++row) {
        if (batch_.dst[row] == node) rows.push_back(row);
      }
      return rows;
    }
    OG_ASSIGN_OR_RETURN(const auto edges, adjacency());
    const AdjacencySide& in = edges->in();
    const AdjacencySide::Run run = in.run(node);
    for (std::uint32_t i = run.begin; i < run.end; ++i) rows.push_back(in.edge_row(i));
    return rows;
  }

  Result<RowId> src(std::uint32_t row) const override { return batch_.src[row]; }
  Result<RowId> dst(std::uint32_t row) const override { return batch_.dst[row]; }
  Result<std::shared_ptr<const std::vector<RowId>>> sources() const override {
    return shared(&batch_.src);
  }
  Result<std::shared_ptr<const std::vector<RowId>>> targets() const override {
    return shared(&batch_.dst);
  }

  Result<std::vector<std::uint32_t>> find_tuple(std::span<const PropertyId> group,
                                                std::uint64_t hash) const override {
    std::vector<TupleMember> members(group.size());
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (group[i] == kSrcColumn) {
        members[i].ends = batch_.src.data();
      } else if (group[i] == kDstColumn) {
        members[i].ends = batch_.dst.data();
      } else {
        members[i].column = batch_.column(group[i]);
      }
    }
    std::vector<std::uint32_t> rows;
    if (rows_ <= kScannedRows) {
      for (const TupleIndex::Entry& entry : tuple_entries(members, rows_)) {
        if (entry.hash == hash) rows.push_back(entry.row);
      }
      return rows;
    }
    const std::lock_guard lock(mutex_);
    auto& index = derived().tuples[std::vector<PropertyId>(group.begin(), group.end())];
    if (!index) index = TupleIndex::build(tuple_entries(members, rows_));
    const auto candidates = index->find(hash);
    rows.assign(candidates.begin(), candidates.end());
    return rows;
  }

  Result<std::shared_ptr<const std::vector<std::uint32_t>>> sorted_rows(
      PropertyId property, const PropertyType& type) const override {
    OG_ASSIGN_OR_RETURN(const ColumnPtr values, column(property, type));
    const std::lock_guard lock(mutex_);
    auto& made = derived().sorted[property];
    if (!made) {
      made = std::make_shared<const std::vector<std::uint32_t>>(sorted_permutation(*values));
    }
    return made;
  }

 private:
  // What is made on first use.
  struct Derived {
    std::vector<std::uint32_t> by_rid;  // rows in order of their row ids
    std::shared_ptr<const TupleIndex> ids;
    std::shared_ptr<const Adjacency> adjacency;
    std::map<PropertyId, std::shared_ptr<const ColumnStatistics>> statistics;
    std::map<std::vector<PropertyId>, std::shared_ptr<const TupleIndex>> tuples;
    std::map<PropertyId, std::shared_ptr<const std::vector<std::uint32_t>>> sorted;
  };

  Derived& derived() const {
    if (!derived_) derived_ = std::make_unique<Derived>();
    return *derived_;
  }

  template <typename T>
  std::shared_ptr<const T> shared(const T* member) const {
    return {shared_from_this(), member};
  }
  static std::optional<std::uint32_t> none() { return std::nullopt; }
  static std::optional<std::uint32_t> found(std::uint32_t row) { return row; }

  bool has_id(std::uint32_t row, std::string_view id) const {
    char scratch[26];
    return batch_.ids.get(row, scratch) == id;
  }

  std::optional<std::uint32_t> find_in_run(std::string_view id) const {
    const std::optional<Ulid> wanted = Ulid::parse(id);
    if (!wanted || *wanted < batch_.ids.base()) return none();
    // The distance is small or the high halves differ by more than a carry.
    const std::uint64_t row = wanted->low - batch_.ids.base().low;
    if (row >= rows_ || !has_id(static_cast<std::uint32_t>(row), id)) return none();
    return found(static_cast<std::uint32_t>(row));
  }

  std::optional<std::uint32_t> find_sorted(std::string_view id) const {
    char scratch[26];
    std::uint32_t low = 0, high = rows_;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (batch_.ids.get(middle, scratch) < id) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == rows_ || !has_id(low, id)) return none();
    return found(low);
  }

  const RowBatch batch_;
  std::optional<IdFilter> id_filter_;  // of nodes
  mutable std::mutex mutex_;           // guards derived_ and all in it
  mutable std::unique_ptr<Derived> derived_;
};

bool identity(const std::vector<std::uint32_t>& order) {
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    if (order[i] != i) return false;
  }
  return true;
}

}  // namespace

Result<SegmentPtr> make_memory_segment(RowBatch batch, bool sorted) {
  const std::size_t rows = batch.rows;
  const std::size_t ends = batch.is_edge ? rows : 0;
  bool fits = batch.ids.rows() == rows && batch.rids.size() == rows &&
              (batch.gsns.empty() || batch.gsns.size() == rows) && batch.src.size() == ends &&
              batch.dst.size() == ends;
  for (const auto& [property, column] : batch.columns) fits = fits && column->rows == rows;
  if (!fits) return corrupt("inline rows: columns of different lengths");
  if (!sorted && rows > 1) {
    const std::vector<std::uint32_t> order = sort_order(batch);
    if (!identity(order)) batch = reorder(batch, order);
  }
  SegmentPtr segment = std::make_shared<const MemorySegment>(std::move(batch));
  return segment;
}

}  // namespace omnigraph
