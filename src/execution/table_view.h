// One table as a query reads it: a table version with its columns opened when first asked for.
//
// Operators name rows by a 32-bit key: for nodes the row id, for edges the position, which counts
// the rows of all parts one after the other (dead ones included). Thread-safe; lives as long as the
// query.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "execution/cell.h"
#include "execution/edge_view.h"
#include "omnigraph/error.h"
#include "storage/table_version.h"

namespace omnigraph {

using RowKey = std::uint32_t;

// The column of one property in every part of a table.
class PropertyColumn {
 public:
  Cell at(Location location) const { return cell_of(*parts_[location.part], location.row); }
  const ColumnPtr& part(std::size_t part) const { return parts_[part]; }
  std::size_t parts() const { return parts_.size(); }

 private:
  friend class TableView;
  std::vector<ColumnPtr> parts_;
};

class TableView {
 public:
  // `paged_nodes`: see EdgeView.
  TableView(TableVersionPtr version, bool is_edge, std::uint32_t paged_nodes);

  const TableVersion& version() const { return *version_; }
  bool is_edge() const { return is_edge_; }
  std::span<const TablePart> parts() const { return version_->parts(); }
  // Keys are below this.
  std::uint32_t key_limit() const { return key_limit_; }
  // Keys map to rows of one part by a subtraction.
  bool plain() const { return plain_; }
  std::uint32_t plain_base() const { return plain_base_; }
  std::uint32_t position_base(std::size_t part) const { return bases_[part]; }

  // Where the rows are. Keys must be live.
  Status locate(std::span<const RowKey> keys, std::vector<Location>& out) const;
  Result<Location> locate(RowKey key) const;
  // One cell, decoding no more than a page.
  Result<Value> value(RowKey key, PropertyId property, const PropertyType& type) const;

  Result<std::shared_ptr<const PropertyColumn>> column(PropertyId property,
                                                       const PropertyType& type) const;
  // The id texts, one column a part.
  Result<std::shared_ptr<const std::vector<std::shared_ptr<const IdColumn>>>> ids() const;
  Result<std::string> id_text(RowKey key) const;

  // Node tables. Every live row id: [first, limit) when contiguous, else bytes (1 = live) by row
  // id.
  struct Live {
    bool contiguous = false;
    RowId first = 0, limit = 0;
    std::vector<std::uint8_t> bytes;
  };
  Result<std::shared_ptr<const Live>> live() const;
  // Row ids of a part's rows; null when they are rid_base() + row.
  Result<std::shared_ptr<const std::vector<RowId>>> part_rids(std::size_t part) const;

  // Edge tables.
  Result<std::shared_ptr<const EdgeView>> edges() const;

 private:
  const TableVersionPtr version_;
  const bool is_edge_;
  const std::uint32_t paged_nodes_;
  bool plain_ = false;
  std::uint32_t plain_base_ = 0;
  std::uint32_t key_limit_ = 0;
  std::vector<std::uint32_t> bases_;  // positions before each part
  mutable std::mutex mutex_;          // guards the rest
  mutable std::shared_ptr<const std::vector<std::uint64_t>> locator_;
  mutable std::map<PropertyId, std::shared_ptr<const PropertyColumn>> columns_;
  mutable std::shared_ptr<const std::vector<std::shared_ptr<const IdColumn>>> ids_;
  mutable std::shared_ptr<const Live> live_;
  mutable std::shared_ptr<const EdgeView> edges_;
};

}  // namespace omnigraph
