// From a column in memory to a column chunk of a Parquet file: data pages of 4,096 rows, perhaps a
// dictionary page, and their entries for the page directory. Plain functions; chunks of different
// columns and row groups may be encoded at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "index/page_directory.h"
#include "storage/column.h"
#include "storage/column_statistics.h"

namespace omnigraph::parquet {

// How a column is stored. The Parquet types are
//   Bool BOOLEAN; I32 INT32; U32 INT32 UINT_32; I64 INT64; U64 INT64 UINT_64; Date INT32 DATE;
//   DateTime INT64 TIMESTAMP_MILLIS; F32 FLOAT; F64 DOUBLE; String BYTE_ARRAY UTF8; Blob BYTE_ARRAY
//   (cells as storage/blob.h describes them); lists LIST of optional elements; vectors LIST of
//   required FLOATs. Properties are optional, columns of the row itself required.
struct StoredColumn {
  PropertyId property = 0;
  std::string name;
  PropertyType type;
  bool required = false;  // no nulls; not for lists
  bool wide = false;      // a U32 column stored as INT64: row ids
  bool counted = true;    // estimate distinct values
};

// A column chunk: the dictionary page (if any), then the data pages.
struct EncodedChunk {
  std::string bytes;
  std::vector<DataPage> pages;  // offsets from the chunk's begin
  DictionaryPage dictionary;
  PageEncoding encoding = PageEncoding::kPlain;
  PageCodec codec = PageCodec::kNone;
  std::uint64_t values = 0;     // as Parquet counts them: nulls, empty lists and elements
  std::uint64_t raw_bytes = 0;  // of headers and bodies before compression
  DistinctEstimate distinct;
};

// Rows [begin, end) of `column`: one row group's. Error kResourceExhausted when a page passes
// kMaxPageBytes.
Result<EncodedChunk> encode_chunk(const StoredColumn& stored, const Column& column,
                                  std::uint32_t begin, std::uint32_t end);

// Definition levels of a list that is null, empty, or has an element that is null or present.
inline constexpr std::uint32_t kNullList = 0, kEmptyList = 1, kNullElement = 2, kElement = 3;
// A vector has no null elements: its floats stand at the level of kNullElement.
inline constexpr std::uint32_t kVectorElement = 2;

}  // namespace omnigraph::parquet
