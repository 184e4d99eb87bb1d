// A look-up in several segments that are not on this machine: everything it will read, of all of
// them, in two round trips.
#include <algorithm>
#include <set>

#include "storage/file_segment.h"

namespace omnigraph {
namespace {

// Pages of one look-up in one segment that are fetched along with the page of the id.
constexpr std::uint64_t kMaxRowBytes = std::uint64_t{256} << 10;

struct Wanted {
  ObjectSource* source;
  ByteRange range;
};

Status fetch_all(std::span<const Wanted> wanted) {
  if (wanted.empty()) return {};
  FetchRequest request;
  for (const Wanted& one : wanted) request.pieces.push_back({one.source->name(), one.range});
  auto fetched = wanted.front().source->objects().fetch(request);
  // A missing object is told of by whoever reads it, with its name.
  if (!fetched.ok() && fetched.error().code() == ErrorCode::kNotFound) return {};
  if (!fetched.ok()) return std::move(fetched).error();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    wanted[i].source->prime(wanted[i].range.offset, std::move(fetched->pieces[i]));
  }
  return {};
}

ByteRange range_of(const StoredPage& page) {
  return {page.offset, std::uint64_t{page.header_bytes} + page.stored_bytes};
}

}  // namespace

Status FileSegment::warm(std::span<const FileSegment* const> segments, std::string_view id) {
  std::vector<Wanted> heads;
  for (const FileSegment* segment : segments) {
    const ByteRange head = segment->index_->head();
    if (!segment->index_->holds(head)) heads.push_back({segment->index_.get(), head});
  }
  OG_RETURN_IF_ERROR(fetch_all(heads));

  std::vector<Wanted> pages;
  for (const FileSegment* segment : segments) {
    OG_ASSIGN_OR_RETURN(const Opened* const file, segment->opened());
    const SegmentLayout& layout = file->layout;
    if (layout.id_form != IdForm::kProperty && layout.id_form != IdForm::kTexts) continue;
    if (segment->is_edge_) continue;
    if (segment->data_->small()) {
      const ByteRange whole = segment->data_->head();
      if (!segment->data_->holds(whole)) pages.push_back({segment->data_.get(), whole});
      continue;
    }
    const PropertyId ids = layout.id_form == IdForm::kProperty ? layout.id_property : kIdColumn;
    if (segment->cached<Column>(kColumnPart, ids)) continue;
    OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, segment->slot(ids));
    if (!known->directory) continue;
    const std::vector<DataPage>& of_ids = known->directory->pages;
    const auto after =
        std::partition_point(of_ids.begin(), of_ids.end(), [id](const DataPage& page) {
          const auto* least = page.bounds.min.get_if<std::string>();
          return least != nullptr && *least <= id;
        });
    if (after == of_ids.begin()) continue;
    const auto page = static_cast<std::uint32_t>(after - of_ids.begin()) - 1;
    // The id's page, and the same rows of the other columns as far as they are small.
    std::set<PropertyId> columns{ids};
    for (const PropertyId other : file->index->keys(SectionKind::kDirectory)) columns.insert(other);
    std::uint64_t bytes = 0;
    for (const PropertyId column : columns) {
      OG_ASSIGN_OR_RETURN(const ColumnSlot* const slot, segment->slot(column));
      if (!slot->directory || page >= slot->directory->pages.size()) continue;
      std::vector<ByteRange> ranges{range_of(slot->directory->pages[page].stored)};
      if (page / kGroupPages < slot->directory->dictionaries.size()) {
        const DictionaryPage& dictionary = slot->directory->dictionaries[page / kGroupPages];
        if (dictionary.entries > 0) ranges.push_back(range_of(dictionary.stored));
      }
      std::uint64_t more = 0;
      for (const ByteRange& range : ranges) more += range.length;
      if (column != ids && bytes + more > kMaxRowBytes) continue;
      bytes += more;
      for (const ByteRange& range : ranges) {
        if (!segment->data_->holds(range)) pages.push_back({segment->data_.get(), range});
      }
    }
  }
  return fetch_all(pages);
}

}  // namespace omnigraph
