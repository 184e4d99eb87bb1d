// Column chunks of Parquet files of other programs: pages of version 1 and 2, plain, dictionary,
// run length and delta encodings, uncompressed or compressed by Snappy, gzip or Zstandard.
// Untrusted bytes. Our own segments have a reader of their own (storage/parquet/).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "storage/column.h"
#include "write/table/table_rows.h"
#include "write/table/thrift_reader.h"

namespace omnigraph {

// A leaf of the schema that can be read.
struct ParquetColumn {
  std::string name;  // of the column at the top
  int physical = 0;  // Parquet's Type
  int type_length = 0;
  PropertyType type;         // what it becomes
  std::int64_t divisor = 1;  // of instants: units in a millisecond
  int max_definition = 0, max_repetition = 0;
  int present_list = 0;  // lists: the definition level from which on the list is not null
  std::string refusal;   // why it cannot be read; empty: it can
};

// The values of one column chunk, some rows at a time.
class ParquetChunk {
 public:
  // `metadata` is a ColumnMetaData.
  ParquetChunk(std::shared_ptr<const TableFile> file, const ParquetColumn& column,
               const ThriftValue& metadata);

  // Appends the next `rows` rows. Errors kBadRequest naming the file and the column.
  Status append(std::uint32_t rows, ColumnBuilder& out);

 private:
  Error refuse(const std::string& what) const;
  Status next_page();
  Status read_data_page(const ThriftValue& header, std::string body, bool second);
  Status read_dictionary(const ThriftValue& header, std::string body);
  Result<std::string> decompress(std::string_view bytes, std::uint64_t size) const;
  Status decode_levels(std::string_view bytes, int most, std::vector<std::uint32_t>& out) const;
  Status decode_values(int encoding, std::string_view bytes, std::size_t count);
  Status decode_plain(std::string_view bytes, std::size_t count);
  void append_value(ColumnBuilder& out);

  std::shared_ptr<const TableFile> file_;
  const ParquetColumn& column_;
  std::uint64_t at_ = 0, end_ = 0;  // of what is left of the chunk in the file
  std::int64_t codec_ = 0;
  std::uint64_t values_left_ = 0;  // levels of pages not yet read

  // The page at hand: levels, and the values that are present.
  std::vector<std::uint32_t> definitions_, repetitions_;
  std::size_t level_ = 0, levels_ = 0, value_ = 0;
  std::vector<std::uint64_t> numbers_;   // integers, bits of floats, truth values
  std::vector<std::string_view> texts_;  // into body_, dictionary_ or joined_
  std::string body_, joined_;
  std::string dictionary_;
  std::vector<std::uint64_t> dictionary_numbers_;
  std::vector<std::string_view> dictionary_texts_;
};

}  // namespace omnigraph
