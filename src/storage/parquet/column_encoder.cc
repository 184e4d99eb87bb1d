#include "storage/parquet/column_encoder.h"

#include <zstd.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>
#include <unordered_map>

#include "common/crc32c.h"
#include "storage/column_memory.h"
#include "storage/parquet/encodings.h"
#include "storage/parquet/thrift_writer.h"

namespace omnigraph::parquet {
namespace {

using Layout = Column::Layout;

// Parquet's own numbers.
constexpr std::int32_t kDataPageType = 0, kDictionaryPageType = 2;
constexpr std::int32_t kPlainCode = 0, kRleCode = 3, kDeltaCode = 5, kRleDictionaryCode = 8;

constexpr int kZstdLevel = 1;
// Texts are compressed when that saves at least a tenth.
constexpr std::size_t kWorthNumerator = 9, kWorthDenominator = 10;
// Texts shorter than this in all are not worth a dictionary of their own.
constexpr std::uint32_t kMinDictionaryRows = 64;

std::int32_t parquet_encoding(PageEncoding encoding) {
  switch (encoding) {
    case PageEncoding::kPlain:
      return kPlainCode;
    case PageEncoding::kDictionary:
      return kRleDictionaryCode;
    case PageEncoding::kDelta:
      return kDeltaCode;
  }
  return kPlainCode;
}

void append_levels(std::span<const std::uint32_t> levels, unsigned width, std::string& out) {
  const std::size_t at = out.size();
  append_fixed<std::uint32_t>(out, 0);
  encode_hybrid(levels, width, out);
  const auto size = static_cast<std::uint32_t>(out.size() - at - 4);
  std::memcpy(out.data() + at, &size, sizeof size);
}

// The dictionary of one row group: sorted texts and each row's code among them.
struct GroupDictionary {
  std::vector<std::string_view> texts;
  std::vector<std::uint32_t> codes;  // one per row of the group; 0 for nulls
};

// Nothing when it would not pay.
std::optional<GroupDictionary> group_dictionary(const Column& column, std::uint32_t begin,
                                                std::uint32_t end) {
  const std::uint32_t rows = end - begin;
  const bool coded = column.layout == Layout::kDictionary;
  if ((!coded && column.layout != Layout::kString) || rows < kMinDictionaryRows) {
    return std::nullopt;
  }
  const std::uint32_t most = rows / kRowsPerDictionaryEntry;
  GroupDictionary made;
  made.codes.resize(rows);
  std::unordered_map<std::string_view, std::uint32_t> seen;
  std::vector<std::uint32_t> code_of(coded ? column.child->rows : 0, 0xFFFFFFFF);
  for (std::uint32_t row = begin; row < end; ++row) {
    if (column.is_null(row)) continue;
    std::uint32_t code;
    if (coded) {
      std::uint32_t& known = code_of[column.codes[row]];
      if (known == 0xFFFFFFFF) {
        known = static_cast<std::uint32_t>(made.texts.size());
        made.texts.push_back(column.text(row));
      }
      code = known;
    } else {
      const auto [at, fresh] =
          seen.try_emplace(column.text(row), static_cast<std::uint32_t>(made.texts.size()));
      if (fresh) made.texts.push_back(at->first);
      code = at->second;
    }
    if (made.texts.size() > most) return std::nullopt;
    made.codes[row - begin] = code;
  }
  if (made.texts.empty()) return std::nullopt;
  std::vector<std::uint32_t> order(made.texts.size()), final_code(made.texts.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&made](std::uint32_t a, std::uint32_t b) { return made.texts[a] < made.texts[b]; });
  std::vector<std::string_view> sorted(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    sorted[i] = made.texts[order[i]];
    final_code[order[i]] = i;
  }
  made.texts = std::move(sorted);
  for (std::uint32_t row = begin; row < end; ++row) {
    if (!column.is_null(row)) made.codes[row - begin] = final_code[made.codes[row - begin]];
  }
  return made;
}

void append_text(std::string_view text, std::string& out) {
  append_fixed(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

// Present values of rows [begin, end) of a column without lists.
class ValueEncoder {
 public:
  ValueEncoder(const Column& column, bool wide) : column_(column), wide_(wide) {}

  PageEncoding encode(std::uint32_t begin, std::uint32_t end, std::string& out) const {
    if (column_.layout == Layout::kAllNull) return PageEncoding::kPlain;
    if (column_.layout != Layout::kFixed) {
      for (std::uint32_t row = begin; row < end; ++row) {
        if (!column_.is_null(row)) append_text(column_.text(row), out);
      }
      return PageEncoding::kPlain;
    }
    switch (column_.type) {
      case ScalarType::kBool:
        return bits(begin, end, out);
      case ScalarType::kI32:
      case ScalarType::kDate:
        return integers<std::int32_t, std::int32_t>(begin, end, out);
      case ScalarType::kU32:
        return wide_ ? integers<std::uint32_t, std::int64_t>(begin, end, out)
                     : integers<std::uint32_t, std::int32_t>(begin, end, out);
      case ScalarType::kI64:
      case ScalarType::kDateTime:
        return integers<std::int64_t, std::int64_t>(begin, end, out);
      case ScalarType::kU64:
        return integers<std::uint64_t, std::int64_t>(begin, end, out);
      case ScalarType::kF32:
        return plain<float>(begin, end, out);
      case ScalarType::kF64:
        return plain<double>(begin, end, out);
      case ScalarType::kString:
      case ScalarType::kBlob:
      case ScalarType::kVector:
        break;
    }
    assert(false);
    return PageEncoding::kPlain;
  }

 private:
  PageEncoding bits(std::uint32_t begin, std::uint32_t end, std::string& out) const {
    const auto values = column_.fixed<std::uint8_t>();
    unsigned byte = 0, used = 0;
    for (std::uint32_t row = begin; row < end; ++row) {
      if (column_.is_null(row)) continue;
      byte |= (values[row] != 0 ? 1u : 0u) << used;
      if (++used < 8) continue;
      out.push_back(static_cast<char>(byte));
      byte = used = 0;
    }
    if (used > 0) out.push_back(static_cast<char>(byte));
    return PageEncoding::kPlain;
  }

  // Delta-packed, unless that is no smaller than the values as they are.
  template <typename T, typename Stored>
  PageEncoding integers(std::uint32_t begin, std::uint32_t end, std::string& out) const {
    const auto values = column_.fixed<T>();
    std::vector<Stored> present;
    present.reserve(end - begin);
    for (std::uint32_t row = begin; row < end; ++row) {
      if (!column_.is_null(row)) present.push_back(static_cast<Stored>(values[row]));
    }
    const std::size_t at = out.size();
    encode_delta(std::span<const Stored>(present), out);
    if (out.size() - at < present.size() * sizeof(Stored)) return PageEncoding::kDelta;
    out.resize(at);
    out.append(reinterpret_cast<const char*>(present.data()), present.size() * sizeof(Stored));
    return PageEncoding::kPlain;
  }

  template <typename T>
  PageEncoding plain(std::uint32_t begin, std::uint32_t end, std::string& out) const {
    const auto values = column_.fixed<T>();
    if (column_.null_count == 0) {
      out.append(reinterpret_cast<const char*>(values.data() + begin), (end - begin) * sizeof(T));
    } else {
      for (std::uint32_t row = begin; row < end; ++row) {
        if (!column_.is_null(row)) append_fixed(out, values[row]);
      }
    }
    return PageEncoding::kPlain;
  }

  const Column& column_;
  const bool wide_;
};

// Elements of list and vector rows [begin, end): first and one past the last.
std::pair<std::uint32_t, std::uint32_t> elements_of(const Column& column, std::uint32_t begin,
                                                    std::uint32_t end) {
  if (column.layout == Layout::kList) return {column.offsets[begin], column.offsets[end]};
  return {begin * column.dimension, end * column.dimension};
}

class ChunkEncoder {
 public:
  ChunkEncoder(const StoredColumn& stored, const Column& column)
      : stored_(stored), column_(column) {}

  Result<EncodedChunk> run(std::uint32_t begin, std::uint32_t end) {
    const bool nested = stored_.type.list || stored_.type.scalar == ScalarType::kVector;
    std::optional<GroupDictionary> dictionary;
    if (!nested) dictionary = group_dictionary(column_, begin, end);
    std::vector<std::string> bodies;
    for (std::uint32_t at = begin; at < end; at += kPageRows) {
      const std::uint32_t page_end = std::min(end, at + kPageRows);
      DataPage page;
      page.rows = page_end - at;
      page.bounds = bounds_of(column_, at, page_end);
      std::string body;
      if (nested) {
        encode_nested(at, page_end, page, body);
      } else {
        encode_flat(at, page_end, begin, dictionary, page, body);
      }
      if (stored_.counted) add_distinct(chunk_.distinct, column_, at, page_end);
      if (body.size() > kMaxPageBytes) {
        return Error(ErrorCode::kResourceExhausted,
                     "4,096 rows of one property take more than the limit of 1 GiB a page")
            .with({"resource_limit", {{"limit", "page_bytes"}}});
      }
      chunk_.values += page_values_;
      chunk_.pages.push_back(page);
      counts_.push_back(page_values_);
      bodies.push_back(std::move(body));
    }
    const bool text =
        stored_.type.scalar == ScalarType::kString || stored_.type.scalar == ScalarType::kBlob;
    if (text && !dictionary) choose_codec(bodies);
    if (dictionary) write_dictionary(*dictionary);
    for (std::size_t i = 0; i < bodies.size(); ++i) write_page(i, std::move(bodies[i]));
    return std::move(chunk_);
  }

 private:
  void encode_flat(std::uint32_t begin, std::uint32_t end, std::uint32_t group_begin,
                   const std::optional<GroupDictionary>& dictionary, DataPage& page,
                   std::string& body) {
    page_values_ = end - begin;
    if (!stored_.required) append_flat_levels(begin, end, body);
    for (std::uint32_t row = begin; row < end; ++row) {
      if (column_.layout != Layout::kString && column_.layout != Layout::kDictionary) break;
      if (!column_.is_null(row)) page.text_bytes += column_.text(row).size();
    }
    if (!dictionary) {
      page.encoding = ValueEncoder(column_, stored_.wide).encode(begin, end, body);
    } else {
      page.encoding = PageEncoding::kDictionary;
      std::vector<std::uint32_t> codes;
      codes.reserve(end - begin);
      for (std::uint32_t row = begin; row < end; ++row) {
        if (!column_.is_null(row)) codes.push_back(dictionary->codes[row - group_begin]);
      }
      const unsigned width = width_for(static_cast<std::uint32_t>(dictionary->texts.size() - 1));
      body.push_back(static_cast<char>(width));
      encode_hybrid(codes, width, body);
    }
  }

  void append_flat_levels(std::uint32_t begin, std::uint32_t end, std::string& body) {
    std::vector<std::uint32_t> levels(end - begin);
    for (std::uint32_t row = begin; row < end; ++row) {
      levels[row - begin] = column_.is_null(row) ? 0 : 1;
    }
    append_levels(levels, 1, body);
  }

  void encode_nested(std::uint32_t begin, std::uint32_t end, DataPage& page, std::string& body) {
    const bool list = stored_.type.list;
    std::vector<std::uint32_t> repetition, definition;
    const bool all_null = column_.layout == Layout::kAllNull;
    for (std::uint32_t row = begin; row < end; ++row) {
      if (all_null || column_.is_null(row)) {
        repetition.push_back(0);
        definition.push_back(kNullList);
        continue;
      }
      const auto [first, last] = elements_of(column_, row, row + 1);
      if (first == last) {
        repetition.push_back(0);
        definition.push_back(kEmptyList);
      }
      for (std::uint32_t i = first; i < last; ++i) {
        repetition.push_back(i == first ? 0 : 1);
        definition.push_back(!list                       ? kVectorElement
                             : column_.child->is_null(i) ? kNullElement
                                                         : kElement);
      }
      page.elements += last - first;
    }
    page_values_ = repetition.size();
    page.levels = static_cast<std::uint32_t>(repetition.size());
    append_levels(repetition, 1, body);
    append_levels(definition, 2, body);
    if (all_null) return;
    if (!list) {
      const auto* floats = static_cast<const float*>(column_.values);
      for (std::uint32_t row = begin; row < end; ++row) {
        if (column_.is_null(row)) continue;
        body.append(reinterpret_cast<const char*>(floats + std::size_t{row} * column_.dimension),
                    column_.dimension * sizeof(float));
      }
      return;
    }
    // Null lists are empty in memory, so the page's elements lie side by side.
    const auto [first, last] = elements_of(column_, begin, end);
    const Column& child = *column_.child;
    for (std::uint32_t i = first; i < last; ++i) {
      if (child.is_null(i)) {
        ++page.element_nulls;
      } else if (child.layout == Layout::kString || child.layout == Layout::kDictionary) {
        page.text_bytes += child.text(i).size();
      }
    }
    page.encoding = ValueEncoder(child, false).encode(first, last, body);
  }

  static std::string compressed(const std::string& body) {
    std::string out(ZSTD_compressBound(body.size()), '\0');
    const std::size_t size =
        ZSTD_compress(out.data(), out.size(), body.data(), body.size(), kZstdLevel);
    assert(!ZSTD_isError(size));
    out.resize(ZSTD_isError(size) ? 0 : size);
    return out;
  }

  // Parquet has one codec a chunk: the first page decides for all.
  void choose_codec(const std::vector<std::string>& bodies) {
    if (bodies.empty() || bodies[0].size() < 128) return;
    if (compressed(bodies[0]).size() <= bodies[0].size() / kWorthDenominator * kWorthNumerator) {
      chunk_.codec = PageCodec::kZstd;
    }
  }

  void write_dictionary(const GroupDictionary& dictionary) {
    std::string body;
    for (const std::string_view text : dictionary.texts) {
      append_text(text, body);
      chunk_.dictionary.text_bytes += text.size();
    }
    chunk_.dictionary.entries = static_cast<std::uint32_t>(dictionary.texts.size());
    std::string header;
    ThriftWriter thrift(header);
    thrift.i32(1, kDictionaryPageType);
    thrift.i32(2, static_cast<std::int32_t>(body.size()));
    thrift.i32(3, static_cast<std::int32_t>(body.size()));
    thrift.begin_struct(7);
    thrift.i32(1, static_cast<std::int32_t>(chunk_.dictionary.entries));
    thrift.i32(2, kPlainCode);
    thrift.boolean(3, true);
    thrift.end_struct();
    thrift.finish();
    append_page(header, body, body.size(), PageCodec::kNone, chunk_.dictionary.stored);
  }

  void write_page(std::size_t i, std::string body) {
    const std::size_t raw = body.size();
    if (chunk_.codec == PageCodec::kZstd) body = compressed(body);
    DataPage& page = chunk_.pages[i];
    std::string header;
    ThriftWriter thrift(header);
    thrift.i32(1, kDataPageType);
    thrift.i32(2, static_cast<std::int32_t>(raw));
    thrift.i32(3, static_cast<std::int32_t>(body.size()));
    thrift.begin_struct(5);
    thrift.i32(1, static_cast<std::int32_t>(counts_[i]));
    thrift.i32(2, parquet_encoding(page.encoding));
    thrift.i32(3, kRleCode);
    thrift.i32(4, kRleCode);
    thrift.end_struct();
    thrift.finish();
    append_page(header, body, raw, chunk_.codec, page.stored);
  }

  void append_page(const std::string& header, const std::string& body, std::size_t raw,
                   PageCodec codec, StoredPage& page) {
    page.offset = chunk_.bytes.size();
    page.header_bytes = static_cast<std::uint32_t>(header.size());
    page.stored_bytes = static_cast<std::uint32_t>(body.size());
    page.body_bytes = static_cast<std::uint32_t>(raw);
    page.codec = codec;
    page.crc = crc32c(body, crc32c(header));
    chunk_.bytes += header;
    chunk_.bytes += body;
    chunk_.raw_bytes += header.size() + raw;
  }

  const StoredColumn& stored_;
  const Column& column_;
  EncodedChunk chunk_;
  std::uint64_t page_values_ = 0;
  std::vector<std::uint64_t> counts_;  // values of each page
};

}  // namespace

Result<EncodedChunk> encode_chunk(const StoredColumn& stored, const Column& column,
                                  std::uint32_t begin, std::uint32_t end) {
  assert(end - begin <= kGroupRows && begin % kGroupRows == 0);
  return ChunkEncoder(stored, column).run(begin, end);
}

}  // namespace omnigraph::parquet
