// Ids, row ids and commit numbers of a stored segment.
#include <algorithm>
#include <numeric>

#include "storage/column_memory.h"
#include "storage/file_segment.h"
#include "storage/segment.h"

namespace omnigraph {
namespace {

std::optional<std::uint32_t> none() { return std::nullopt; }
std::optional<std::uint32_t> found(std::uint32_t row) { return row; }

// The row of `id` in a column sorted by bytes, or where it would stand.
std::uint32_t lower_bound_of(const Column& sorted, std::string_view id) {
  std::uint32_t low = 0, high = sorted.rows;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (sorted.text(middle) < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

Result<std::shared_ptr<const std::vector<RowId>>> FileSegment::rids() const {
  return part<std::vector<RowId>>(kRidsPart, 0, [this] {
    return counted_vector<RowId>([this](std::vector<RowId>& rids) -> Status {
      if (dense_rids_) {
        std::iota(rids.begin(), rids.end(), rid_base_);
        return {};
      }
      OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(kRidColumn));
      if (!known->directory) return damaged("it lacks its row ids");
      return reader_.row_ids(*known->directory, rids.data());
    });
  });
}

Result<std::optional<std::uint32_t>> FileSegment::row_of(RowId rid) const {
  if (rid < min_rid_ || rid > max_rid_) return none();
  if (dense_rids_) return found(rid - rid_base_);
  OG_ASSIGN_OR_RETURN(const auto all, rids());
  using Rows = std::vector<std::uint32_t>;
  // A few single questions, all that a short process asks, do not pay for an order of all rows.
  if (!cached<Rows>(kByRidPart, 0) &&
      scanned_rids_.fetch_add(1, std::memory_order_relaxed) < kScannedRids) {
    const auto at = std::find(all->begin(), all->end(), rid);
    if (at == all->end()) return none();
    return found(static_cast<std::uint32_t>(at - all->begin()));
  }
  OG_ASSIGN_OR_RETURN(
      const auto by_rid, part<Rows>(kByRidPart, 0, [&] {
        return counted_vector<std::uint32_t>([&](Rows& rows) -> Status {
          std::iota(rows.begin(), rows.end(), 0u);
          std::sort(rows.begin(), rows.end(),
                    [&all](std::uint32_t a, std::uint32_t b) { return (*all)[a] < (*all)[b]; });
          return {};
        });
      }));
  const auto at =
      std::lower_bound(by_rid->begin(), by_rid->end(), rid,
                       [&all](std::uint32_t row, RowId wanted) { return (*all)[row] < wanted; });
  if (at == by_rid->end() || (*all)[*at] != rid) return none();
  return found(*at);
}

Result<RowId> FileSegment::rid(std::uint32_t row) const {
  if (dense_rids_) return rid_base_ + row;
  if (const auto all = cached<std::vector<RowId>>(kRidsPart, 0)) return (*all)[row];
  OG_ASSIGN_OR_RETURN(const std::uint64_t rid, number(kRidColumn, row));
  return static_cast<RowId>(rid);
}

Result<Gsn> FileSegment::gsn(std::uint32_t row) const {
  OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
  if (!file->layout.has_gsns) return ref_.gsn;
  if (const auto all = cached<std::vector<Gsn>>(kGsnsPart, 0)) return (*all)[row];
  return number(kGsnColumn, row);
}

Result<std::shared_ptr<const std::vector<Gsn>>> FileSegment::gsns() const {
  return part<std::vector<Gsn>>(kGsnsPart, 0, [this] {
    return counted_vector<Gsn>([this](std::vector<Gsn>& gsns) -> Status {
      OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
      if (!file->layout.has_gsns) {
        std::fill(gsns.begin(), gsns.end(), ref_.gsn);
        return {};
      }
      OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(kGsnColumn));
      if (!known->directory) return damaged("it lacks its commit numbers");
      return reader_.numbers(*known->directory, gsns.data());
    });
  });
}

Result<std::shared_ptr<const IdColumn>> FileSegment::ids() const {
  return part<IdColumn>(kIdsPart, 0, [this]() -> Result<std::shared_ptr<const IdColumn>> {
    OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
    const SegmentLayout& layout = file->layout;
    if (layout.id_form == IdForm::kRun) {
      return std::make_shared<const IdColumn>(IdColumn::of_run(layout.id_base, rows_));
    }
    const PropertyId column = layout.id_form == IdForm::kProperty ? layout.id_property : kIdColumn;
    OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(column));
    if (!known->directory) return damaged("it lacks its ids");
    OG_ASSIGN_OR_RETURN(ColumnPtr texts, stored_column(column, *known));
    if (texts->type != ScalarType::kString || texts->list ||
        (layout.id_form != IdForm::kMixed && texts->null_count > 0)) {
      return damaged("its ids are no texts");
    }
    return std::make_shared<const IdColumn>(layout.id_form == IdForm::kMixed
                                                ? IdColumn::mixed(layout.id_base, std::move(texts))
                                                : IdColumn::of_text(std::move(texts)));
  });
}

Result<std::string> FileSegment::id_text(std::uint32_t row) const {
  if (const auto there = cached<IdColumn>(kIdsPart, 0)) return there->str(row);
  OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
  const SegmentLayout& layout = file->layout;
  if (layout.id_form == IdForm::kRun) return layout.id_base.plus(row).text();
  OG_ASSIGN_OR_RETURN(
      const Value id,
      cell(layout.id_form == IdForm::kProperty ? layout.id_property : kIdColumn, row));
  if (const auto* text = id.get_if<std::string>()) return *text;
  if (layout.id_form != IdForm::kMixed) return damaged("a row lacks its id");
  return layout.id_base.plus(row).text();
}

Result<std::optional<std::uint32_t>> FileSegment::find_in_run(std::string_view id) const {
  OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
  const std::optional<Ulid> wanted = Ulid::parse(id);
  if (!wanted) return none();
  // A difference of the low halves is enough: the text is compared in full.
  const std::uint64_t row = wanted->low - file->layout.id_base.low;
  if (row >= rows_) return none();
  OG_ASSIGN_OR_RETURN(const std::string text, id_text(static_cast<std::uint32_t>(row)));
  return text == id ? found(static_cast<std::uint32_t>(row)) : none();
}

Result<std::optional<std::uint32_t>> FileSegment::find_text(PropertyId column,
                                                            std::string_view id) const {
  OG_ASSIGN_OR_RETURN(ColumnSlot* const known, slot(column));
  if (!known->directory) return damaged("it lacks its ids");
  ColumnPtr texts = cached<Column>(kColumnPart, column);
  if (!texts && !prefers_pages(*known)) {
    auto whole = stored_column(column, *known);
    if (whole.ok()) {
      texts = std::move(whole).value();
    } else if (whole.error().code() != ErrorCode::kResourceExhausted) {
      return whole.error();
    }
  }
  const auto is_text = [](const Column& c) {
    return c.null_count == 0 &&
           (c.layout == Column::Layout::kString || c.layout == Column::Layout::kDictionary);
  };
  if (texts) {
    if (!is_text(*texts)) return damaged("its ids are no texts");
    filter_ids(*texts);
    const std::uint32_t row = lower_bound_of(*texts, id);
    return row < rows_ && texts->text(row) == id ? found(row) : none();
  }
  // The last page that may begin at or before `id`. Bounds are cut off, so it may be an earlier
  // one.
  const std::vector<DataPage>& pages = known->directory->pages;
  const auto after = std::partition_point(pages.begin(), pages.end(), [id](const DataPage& page) {
    const auto* least = page.bounds.min.get_if<std::string>();
    return least != nullptr && *least <= id;
  });
  for (auto page = static_cast<std::uint32_t>(after - pages.begin()); page-- > 0;) {
    OG_ASSIGN_OR_RETURN(const ColumnPtr rows, reader_.page(*known->directory, page));
    if (!is_text(*rows)) return damaged("its ids are no texts");
    if (rows->text(0) > id) continue;
    const std::uint32_t row = lower_bound_of(*rows, id);
    if (row == rows->rows || rows->text(row) != id) return none();
    return found(page * kPageRows + row);
  }
  return none();
}

// Makes the filter once the look-ups so far have cost about as much as it does.
void FileSegment::filter_ids(const Column& texts) const {
  if (rows_ > IdFilter::kMaxRows) return;
  constexpr std::uint32_t kRowsPerLookup = 16;
  const std::uint32_t lookups = id_lookups_.fetch_add(1, std::memory_order_relaxed);
  if (lookups != rows_ / kRowsPerLookup) return;
  auto made = std::make_shared<Counted<IdFilter>>(Counted<IdFilter>{IdFilter(rows_), nullptr});
  auto token = cache_->reserve(made->value.memory());
  if (!token.ok()) return;
  made->token = std::move(token).value();
  for (std::uint32_t row = 0; row < rows_; ++row) made->value.add(tuple_hash(texts.text(row)));
  const std::lock_guard lock(mutex_);
  id_filter_ = std::move(made);
  id_filter_now_.store(&id_filter_->value, std::memory_order_release);
}

Result<std::optional<std::uint32_t>> FileSegment::find_hashed(std::string_view id,
                                                              std::uint64_t hash) const {
  OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
  OG_ASSIGN_OR_RETURN(
      const auto index,
      part<TupleIndex>(kIdHashPart, 0, [&]() -> Result<std::shared_ptr<const TupleIndex>> {
        OG_ASSIGN_OR_RETURN(const Bytes bytes, file->index->section(SectionKind::kIds));
        auto decoded = TupleIndex::decode(bytes.data, rows_);
        if (!decoded.ok()) return in_index(std::move(decoded).error());
        auto kept = std::make_shared<Counted<std::shared_ptr<const TupleIndex>>>();
        OG_ASSIGN_OR_RETURN(kept->token, cache_->reserve((*decoded)->memory()));
        kept->value = std::move(decoded).value();
        const TupleIndex* value = kept->value.get();
        return std::shared_ptr<const TupleIndex>(std::move(kept), value);
      }));
  for (const std::uint32_t row : index->find(hash)) {
    OG_ASSIGN_OR_RETURN(const std::string text, id_text(row));
    if (text == id) return found(row);
  }
  return none();
}

Result<std::optional<std::uint32_t>> FileSegment::find_id(std::string_view id,
                                                          std::uint64_t hash) const {
  const IdFilter* filter = id_filter_now_.load(std::memory_order_acquire);
  if (filter != nullptr && !filter->may_hold(hash)) return none();
  OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
  const SegmentLayout& layout = file->layout;
  switch (layout.id_form) {
    case IdForm::kRun:
      return find_in_run(id);
    case IdForm::kProperty:
      return find_text(layout.id_property, id);
    case IdForm::kTexts:
      return is_edge_ ? find_hashed(id, hash) : find_text(kIdColumn, id);
    case IdForm::kMixed:
      break;
  }
  OG_ASSIGN_OR_RETURN(const auto in_run, find_in_run(id));
  if (in_run) return in_run;
  if (is_edge_) return find_hashed(id, hash);
  // Nodes are sorted by id whichever way it is stored.
  OG_ASSIGN_OR_RETURN(const auto all, ids());
  char scratch[26];
  std::uint32_t low = 0, high = rows_;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (all->get(middle, scratch) < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < rows_ && all->get(low, scratch) == id ? found(low) : none();
}

}  // namespace omnigraph
