// Where the pages of one stored column lie, what they hold and how they are checked: lets a reader
// take single pages out of a segment's Parquet file without its footer, skip pages by their bounds,
// and lay out the whole column before it decodes a page. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "storage/segment.h"

namespace omnigraph {

// Pages of a row group; a column's dictionary serves the pages of one row group.
inline constexpr std::uint32_t kGroupPages = 16;
inline constexpr std::uint32_t kGroupRows = kGroupPages * kPageRows;
// Bytes of one page, encoded or not.
inline constexpr std::uint32_t kMaxPageBytes = 1u << 30;

enum class PageEncoding : std::uint8_t { kPlain = 0, kDictionary = 1, kDelta = 2 };
enum class PageCodec : std::uint8_t { kNone = 0, kZstd = 1 };

// A page as it lies in the file: a Thrift header, then the body, perhaps compressed.
struct StoredPage {
  std::uint64_t offset = 0;  // of the header
  std::uint32_t header_bytes = 0;
  std::uint32_t stored_bytes = 0;  // of the body as stored
  std::uint32_t body_bytes = 0;    // of the body decompressed
  std::uint32_t crc = 0;           // CRC-32C of header and stored body
  PageCodec codec = PageCodec::kNone;
};

struct DataPage {
  StoredPage stored;
  PageEncoding encoding = PageEncoding::kPlain;
  std::uint32_t rows = 0;
  std::uint32_t levels = 0;    // of lists and vectors: elements, empty and null rows; else 0
  std::uint32_t elements = 0;  // of lists and vectors, else 0
  std::uint32_t element_nulls = 0;
  std::uint64_t text_bytes = 0;  // of all texts of the page, dictionary codes resolved
  ZoneBounds bounds;
};

struct DictionaryPage {
  StoredPage stored;
  std::uint32_t entries = 0;  // 0: the row group has no dictionary
  std::uint64_t text_bytes = 0;
};

struct ColumnDirectory {
  PropertyType type;                         // without enum values
  bool wide = false;                         // row ids: stored as 64-bit integers
  bool required = false;                     // pages have no definition levels
  std::vector<DataPage> pages;               // one per kPageRows rows
  std::vector<DictionaryPage> dictionaries;  // one per row group
  ZoneBounds bounds;
  std::uint64_t distinct = 0;
};

// A section of index/<segment>; its layout stands in page_directory.cc.
void encode_directory(const ColumnDirectory& directory, std::string& out);
// The directory of a column of `rows` rows in a file of `file_bytes`. Checked so far that decoding
// by it stays inside the file and inside 32-bit offsets. Error kCorrupt.
Result<ColumnDirectory> decode_directory(std::string_view bytes, std::uint32_t rows,
                                         std::uint64_t file_bytes);

}  // namespace omnigraph
