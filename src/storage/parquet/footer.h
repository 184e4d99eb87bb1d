// The end of a Parquet file: schema, row groups and column chunks, for readers other than ours
// (which go by the page directory of index/<segment>).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/parquet/column_encoder.h"

namespace omnigraph::parquet {

inline constexpr std::string_view kMagic = "PAR1";

// A column chunk as it was written.
struct WrittenChunk {
  std::uint64_t offset = 0;       // of its first page
  std::uint64_t data_offset = 0;  // of its first data page
  std::uint64_t bytes = 0, raw_bytes = 0, values = 0;
  bool dictionary = false;
  bool delta = false;  // some page is delta-packed
  bool plain = false;  // some page is plain
  PageCodec codec = PageCodec::kNone;
};

struct RowGroup {
  std::uint32_t rows = 0;
  std::vector<WrittenChunk> chunks;  // one per column, in order
};

// Footer, its length and the closing magic. A property's id is its column's field id.
std::string make_footer(const std::vector<StoredColumn>& columns,
                        const std::vector<RowGroup>& groups, std::uint64_t rows);

}  // namespace omnigraph::parquet
