#include "execution/table_view.h"

#include <algorithm>
#include <string>
#include <utility>

namespace omnigraph {
namespace {

// Up to so many keys are located one by one rather than by building the flat map.
constexpr std::size_t kFewKeys = 64;

}  // namespace

TableView::TableView(TableVersionPtr version, bool is_edge, std::uint32_t paged_nodes)
    : version_(std::move(version)), is_edge_(is_edge), paged_nodes_(paged_nodes) {
  const auto& parts = version_->parts();
  bases_.reserve(parts.size());
  std::uint64_t rows = 0;
  for (const TablePart& part : parts) {
    bases_.push_back(static_cast<std::uint32_t>(rows));
    rows += part.segment->rows();
  }
  key_limit_ = is_edge_ ? static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, kMaxRowId))
                        : version_->rid_limit();
  plain_ = parts.size() == 1 && (is_edge_ || parts[0].segment->dense_rids());
  if (plain_ && !is_edge_) plain_base_ = parts[0].segment->rid_base();
}

Result<Location> TableView::locate(RowKey key) const {
  if (plain_) return Location{0, key - plain_base_};
  if (is_edge_) {
    const auto above = std::upper_bound(bases_.begin(), bases_.end(), key);
    const auto part = static_cast<std::uint32_t>(above - bases_.begin() - 1);
    return Location{part, key - bases_[part]};
  }
  OG_ASSIGN_OR_RETURN(const auto at, version_->locate(key));
  if (!at) return corrupt("an edge names row id " + std::to_string(key) + ", which is not live");
  return *at;
}

Status TableView::locate(std::span<const RowKey> keys, std::vector<Location>& out) const {
  out.resize(keys.size());
  if (plain_) {
    for (std::size_t i = 0; i < keys.size(); ++i) out[i] = {0, keys[i] - plain_base_};
    return {};
  }
  std::shared_ptr<const std::vector<std::uint64_t>> locator;
  if (!is_edge_) {
    const std::lock_guard lock(mutex_);
    if (!locator_ && keys.size() > kFewKeys) {
      OG_ASSIGN_OR_RETURN(locator_, version_->locator());
    }
    locator = locator_;
  }
  if (!locator) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      OG_ASSIGN_OR_RETURN(out[i], locate(keys[i]));
    }
    return {};
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::uint64_t at =
        keys[i] < locator->size() ? (*locator)[keys[i]] : TableVersion::kAbsent;
    if (at == TableVersion::kAbsent) {
      return corrupt("an edge names row id " + std::to_string(keys[i]) + ", which is not live");
    }
    out[i] = {static_cast<std::uint32_t>(at >> 32), static_cast<std::uint32_t>(at)};
  }
  return {};
}

Result<Value> TableView::value(RowKey key, PropertyId property, const PropertyType& type) const {
  OG_ASSIGN_OR_RETURN(const Location at, locate(key));
  return parts()[at.part].segment->value(property, type, at.row);
}

Result<std::shared_ptr<const PropertyColumn>> TableView::column(PropertyId property,
                                                                const PropertyType& type) const {
  const std::lock_guard lock(mutex_);
  auto& slot = columns_[property];
  if (!slot) {
    auto column = std::make_shared<PropertyColumn>();
    column->parts_.reserve(parts().size());
    for (const TablePart& part : parts()) {
      OG_ASSIGN_OR_RETURN(ColumnPtr values, part.segment->column(property, type));
      column->parts_.push_back(std::move(values));
    }
    slot = std::move(column);
  }
  return slot;
}

Result<std::shared_ptr<const std::vector<std::shared_ptr<const IdColumn>>>> TableView::ids() const {
  const std::lock_guard lock(mutex_);
  if (!ids_) {
    auto all = std::make_shared<std::vector<std::shared_ptr<const IdColumn>>>();
    for (const TablePart& part : parts()) {
      OG_ASSIGN_OR_RETURN(auto ids, part.segment->ids());
      all->push_back(std::move(ids));
    }
    ids_ = std::move(all);
  }
  return ids_;
}

Result<std::string> TableView::id_text(RowKey key) const {
  OG_ASSIGN_OR_RETURN(const Location at, locate(key));
  return parts()[at.part].segment->id_text(at.row);
}

Result<std::shared_ptr<const std::vector<RowId>>> TableView::part_rids(std::size_t part) const {
  const SegmentPtr& segment = parts()[part].segment;
  if (segment->dense_rids()) return std::shared_ptr<const std::vector<RowId>>();
  return segment->rids();
}

Result<std::shared_ptr<const TableView::Live>> TableView::live() const {
  const std::lock_guard lock(mutex_);
  if (live_) return live_;
  auto live = std::make_shared<Live>();
  if (parts().empty()) {
    live->contiguous = true;
  } else if (plain_ && !version_->has_deletions()) {
    live->contiguous = true;
    live->first = plain_base_;
    live->limit = plain_base_ + parts()[0].segment->rows();
  } else {
    live->bytes.assign(key_limit_, 0);
    for (std::size_t i = 0; i < parts().size(); ++i) {
      const TablePart& part = parts()[i];
      OG_ASSIGN_OR_RETURN(const auto rids, part_rids(i));
      const std::uint32_t rows = part.segment->rows();
      const RowId base = part.segment->rid_base();
      for (std::uint32_t row = 0; row < rows; ++row) {
        if (part.live(row)) live->bytes[rids ? (*rids)[row] : base + row] = 1;
      }
    }
  }
  live_ = std::move(live);
  return live_;
}

Result<std::shared_ptr<const EdgeView>> TableView::edges() const {
  const std::lock_guard lock(mutex_);
  if (!edges_) {
    OG_ASSIGN_OR_RETURN(edges_, EdgeView::make(version_, paged_nodes_));
  }
  return edges_;
}

}  // namespace omnigraph
