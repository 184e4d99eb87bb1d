// Ends of a stored edge segment: whole (adjacency) and, while little is asked, by single pages.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "index/sorted_column.h"
#include "storage/file_segment.h"
#include "storage/segment_edges.h"

namespace omnigraph {
namespace {

// From so many nodes on, the adjacency of the whole segment is made.
constexpr std::uint32_t kMaxEdgeReads = 64;

}  // namespace

Result<std::shared_ptr<const std::vector<RowId>>> FileSegment::ends(PropertyId column) const {
  assert(is_edge_);
  return part<std::vector<RowId>>(kEndsPart, column, [this, column] {
    return counted_vector<RowId>([this, column](std::vector<RowId>& rows) -> Status {
      OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(column));
      if (!known->directory) return damaged("it lacks the ends of its edges");
      return reader_.row_ids(*known->directory, rows.data());
    });
  });
}

Result<std::shared_ptr<const std::vector<RowId>>> FileSegment::sources() const {
  return ends(kSrcColumn);
}
Result<std::shared_ptr<const std::vector<RowId>>> FileSegment::targets() const {
  return ends(kDstColumn);
}

Result<RowId> FileSegment::src(std::uint32_t row) const {
  if (const auto all = cached<std::vector<RowId>>(kEndsPart, kSrcColumn)) return (*all)[row];
  if (const auto edges = cached<Adjacency>(kAdjacencyPart, 0)) return edges->source_of(row);
  OG_ASSIGN_OR_RETURN(const std::uint64_t source, number(kSrcColumn, row));
  return static_cast<RowId>(source);
}

Result<RowId> FileSegment::dst(std::uint32_t row) const {
  if (const auto all = cached<std::vector<RowId>>(kEndsPart, kDstColumn)) return (*all)[row];
  OG_ASSIGN_OR_RETURN(const std::uint64_t target, number(kDstColumn, row));
  return static_cast<RowId>(target);
}

Result<std::shared_ptr<const Adjacency>> FileSegment::adjacency() const {
  return part<Adjacency>(kAdjacencyPart, 0, [this]() -> Result<std::shared_ptr<const Adjacency>> {
    OG_ASSIGN_OR_RETURN(const auto from, sources());
    OG_ASSIGN_OR_RETURN(const auto to, targets());
    auto built = Adjacency::build(*from, *to, {}, to);
    if (!built.ok()) return in_index(std::move(built).error());
    auto kept = std::make_shared<Counted<std::shared_ptr<const Adjacency>>>();
    OG_ASSIGN_OR_RETURN(kept->token, cache_->reserve((*built)->memory()));
    kept->value = std::move(built).value();
    const Adjacency* value = kept->value.get();
    return std::shared_ptr<const Adjacency>(std::move(kept), value);
  });
}

Result<std::vector<std::uint32_t>> FileSegment::edges_of(RowId node, bool outgoing) const {
  auto edges = cached<Adjacency>(kAdjacencyPart, 0);
  if (!edges && edge_reads_.fetch_add(1, std::memory_order_relaxed) >= kMaxEdgeReads) {
    auto made = adjacency();
    if (made.ok()) {
      edges = std::move(made).value();
    } else if (made.error().code() != ErrorCode::kResourceExhausted) {
      return made.error();
    }
  }
  if (!edges) return outgoing ? outgoing_by_pages(node) : incoming_by_pages(node);
  const AdjacencySide& side = outgoing ? edges->out() : edges->in();
  const AdjacencySide::Run run = side.run(node);
  std::vector<std::uint32_t> rows(run.size());
  for (std::uint32_t i = run.begin; i < run.end; ++i) rows[i - run.begin] = side.edge_row(i);
  return rows;
}

Result<std::vector<std::uint32_t>> FileSegment::outgoing_by_pages(RowId node) const {
  OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(kSrcColumn));
  if (!known->directory) return damaged("it lacks the ends of its edges");
  const std::vector<DataPage>& pages = known->directory->pages;
  const auto bound = [](const Value& value) {
    const auto* i = value.get_if<std::int64_t>();
    return i != nullptr ? *i : 0;
  };
  // Sources ascend over the pages: the node's lie in a run of them.
  const auto first = std::partition_point(pages.begin(), pages.end(), [&](const DataPage& page) {
    return bound(page.bounds.max) < std::int64_t{node};
  });
  std::vector<std::uint32_t> rows;
  for (auto page = first; page != pages.end() && bound(page->bounds.min) <= std::int64_t{node};
       ++page) {
    const auto number = static_cast<std::uint32_t>(page - pages.begin());
    OG_ASSIGN_OR_RETURN(const ColumnPtr sources, reader_.page(*known->directory, number));
    const auto values = sources->fixed<RowId>();
    const auto [begin, end] = std::equal_range(values.begin(), values.end(), node);
    for (auto at = begin; at != end; ++at) {
      rows.push_back(number * kPageRows + static_cast<std::uint32_t>(at - values.begin()));
    }
  }
  return rows;
}

// The order by target is searched: samples name the 1,024 entries to look at, these the rows, and
// their pages of _dst decide.
Result<std::vector<std::uint32_t>> FileSegment::incoming_by_pages(RowId node) const {
  OG_ASSIGN_OR_RETURN(const Opened* const file, opened());
  const IndexFile& index = *file->index;
  const std::uint64_t count = (std::uint64_t{rows_} + kTargetsPerSample - 1) / kTargetsPerSample;
  OG_ASSIGN_OR_RETURN(const Bytes samples,
                      index.part(SectionKind::kTargetSamples, 0, 0, count * sizeof(RowId)));
  OG_ASSIGN_OR_RETURN(const ColumnSlot* const known, slot(kDstColumn));
  if (!known->directory) return damaged("it lacks the ends of its edges");
  OG_ASSIGN_OR_RETURN(const Bytes head, index.part(SectionKind::kByTarget, 0, 0, kPermutationHead));
  OG_ASSIGN_OR_RETURN(
      const PackedPermutation order,
      PackedPermutation::open(head.data, rows_, index.size(SectionKind::kByTarget)));

  std::vector<std::optional<ColumnPtr>> pages(known->directory->pages.size());
  const auto row_at = [&](std::uint32_t position) -> Result<std::uint32_t> {
    OG_ASSIGN_OR_RETURN(const Bytes word,
                        index.part(SectionKind::kByTarget, 0, order.word_offset(position), 8));
    const std::uint32_t row = order.number(word.data, position);
    if (row >= rows_) return damaged("its order by target names a row too far");
    return row;
  };
  const auto target_at = [&](std::uint32_t position) -> Result<RowId> {
    OG_ASSIGN_OR_RETURN(const std::uint32_t row, row_at(position));
    auto& page = pages[row / kPageRows];
    if (!page) {
      OG_ASSIGN_OR_RETURN(page, reader_.page(*known->directory, row / kPageRows));
    }
    return (*page)->fixed<RowId>()[row % kPageRows];
  };

  // The first position whose target is at least the node lies after the last sample below it.
  std::uint64_t low = 0, high = count;
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    RowId sample;
    std::memcpy(&sample, samples.data.data() + middle * sizeof(RowId), sizeof sample);
    if (sample < node) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  std::uint32_t begin = low == 0 ? 0 : static_cast<std::uint32_t>(low - 1) * kTargetsPerSample;
  auto end = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(rows_, low * std::uint64_t{kTargetsPerSample}));
  while (begin < end) {
    const std::uint32_t middle = begin + (end - begin) / 2;
    OG_ASSIGN_OR_RETURN(const RowId target, target_at(middle));
    if (target < node) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  std::vector<std::uint32_t> rows;
  for (; begin < rows_; ++begin) {
    OG_ASSIGN_OR_RETURN(const RowId target, target_at(begin));
    if (target != node) break;
    OG_ASSIGN_OR_RETURN(const std::uint32_t row, row_at(begin));
    rows.push_back(row);
  }
  return rows;
}

}  // namespace omnigraph
