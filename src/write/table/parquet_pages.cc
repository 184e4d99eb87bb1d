#include "write/table/parquet_pages.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "storage/parquet/encodings.h"
#include "write/table/snappy.h"

namespace omnigraph {
namespace {

// Parquet's numbers for types, encodings, codecs and pages.
enum Physical { kBoolean, kInt32, kInt64, kInt96, kFloat, kDouble, kByteArray, kFixedBytes };
enum Encoding {
  kPlain = 0,
  kPlainDictionary = 2,
  kRunLength = 3,
  kDeltaPacked = 5,
  kDeltaLengths = 6,
  kDeltaTexts = 7,
  kDictionaryCodes = 8,
  kStreamSplit = 9
};
enum Codec { kUncompressed = 0, kSnappy = 1, kGzip = 2, kZstd = 6 };
enum Page { kDataPage = 0, kDictionaryPage = 2, kDataPage2 = 3 };

constexpr std::uint64_t kMaxPage = std::uint64_t{256} << 20;
constexpr std::uint64_t kFirstHeaderBytes = 4096, kMaxHeaderBytes = std::uint64_t{16} << 20;

template <typename T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

bool is_text(int physical) { return physical == kByteArray || physical == kFixedBytes; }

bool read_varint(std::string_view bytes, std::size_t& at, std::uint64_t& out) {
  out = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (at == bytes.size()) return false;
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    out |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// DELTA_BINARY_PACKED with blocks of any size; `at` ends behind it.
bool decode_delta(std::string_view bytes, std::size_t& at, std::size_t most,
                  std::vector<std::uint64_t>& out) {
  std::uint64_t block = 0, miniblocks = 0, total = 0, first = 0;
  if (!read_varint(bytes, at, block) || !read_varint(bytes, at, miniblocks) ||
      !read_varint(bytes, at, total) || !read_varint(bytes, at, first)) {
    return false;
  }
  if (total > most || block == 0 || block > (1u << 20) || miniblocks == 0 ||
      block % miniblocks != 0 || block / miniblocks % 8 != 0) {
    return false;
  }
  const std::uint64_t each = block / miniblocks;
  const auto plain = [](std::uint64_t zigzag) { return (zigzag >> 1) ^ (~(zigzag & 1) + 1); };
  out.clear();
  out.reserve(total);
  std::uint64_t last = plain(first);
  if (total > 0) out.push_back(last);
  while (out.size() < total) {
    std::uint64_t least = 0;
    if (!read_varint(bytes, at, least)) return false;
    least = plain(least);
    if (bytes.size() - at < miniblocks) return false;
    const std::string_view widths = bytes.substr(at, miniblocks);
    at += miniblocks;
    for (std::uint64_t m = 0; m < miniblocks && out.size() < total; ++m) {
      const auto width = static_cast<unsigned char>(widths[m]);
      const std::uint64_t size = each * width / 8;
      if (width > 64 || bytes.size() - at < size) return false;
      std::uint64_t bit = 0;
      for (std::uint64_t i = 0; i < each && out.size() < total; ++i, bit += width) {
        std::uint64_t delta = 0;
        for (unsigned got = 0; got < width;) {
          const std::uint64_t place = bit + got;
          const auto byte = static_cast<unsigned char>(bytes[at + place / 8]);
          const unsigned shift = place % 8;
          const unsigned take = std::min<unsigned>(8 - shift, width - got);
          delta |= std::uint64_t{(byte >> shift) & ((1u << take) - 1u)} << got;
          got += take;
        }
        last += least + delta;
        out.push_back(last);
      }
      at += size;
    }
  }
  return true;
}

}  // namespace

ParquetChunk::ParquetChunk(std::shared_ptr<const TableFile> file, const ParquetColumn& column,
                           const ThriftValue& metadata)
    : file_(std::move(file)), column_(column) {
  codec_ = metadata.number_or(4, 0);
  values_left_ = static_cast<std::uint64_t>(std::max<std::int64_t>(0, metadata.number_or(5, 0)));
  const std::int64_t data = metadata.number_or(9, 0);
  const std::int64_t dictionary = metadata.number_or(11, 0);
  const std::int64_t begin = dictionary > 0 && dictionary < data ? dictionary : data;
  const std::int64_t size = metadata.number_or(7, 0);
  at_ =
      begin < 0 ? std::numeric_limits<std::uint64_t>::max() / 2 : static_cast<std::uint64_t>(begin);
  end_ = at_ + static_cast<std::uint64_t>(std::max<std::int64_t>(0, size));
}

Error ParquetChunk::refuse(const std::string& what) const {
  return file_->refuse("column '" + column_.name + "' " + what);
}

Result<std::string> ParquetChunk::decompress(std::string_view bytes, std::uint64_t size) const {
  if (size > kMaxPage) return refuse("has a page of more than 256 MiB");
  std::string out;
  switch (codec_) {
    case kUncompressed:
      if (bytes.size() != size) return refuse("has a damaged page");
      return std::string(bytes);
    case kSnappy:
      if (!snappy_decompress(bytes, size, out)) return refuse("has a damaged Snappy page");
      return out;
    case kGzip: {
      out.resize(size);
      z_stream stream{};
      if (inflateInit2(&stream, 32 + MAX_WBITS) != Z_OK) return refuse("needs memory");
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream.avail_in = static_cast<uInt>(bytes.size());
      stream.next_out = reinterpret_cast<Bytef*>(out.data());
      stream.avail_out = static_cast<uInt>(size);
      const int outcome = inflate(&stream, Z_FINISH);
      const bool whole = outcome == Z_STREAM_END && stream.avail_out == 0;
      inflateEnd(&stream);
      if (!whole) return refuse("has a damaged gzip page");
      return out;
    }
    case kZstd: {
      out.resize(size);
      const std::size_t made = ZSTD_decompress(out.data(), size, bytes.data(), bytes.size());
      if (ZSTD_isError(made) != 0 || made != size) return refuse("has a damaged Zstandard page");
      return out;
    }
    default: {
      static constexpr const char* kNames[] = {"", "", "", "LZO", "Brotli", "LZ4", "", "LZ4"};
      const bool named = codec_ >= 0 && codec_ < 8;
      return refuse(std::string("is compressed by ") +
                    (named ? kNames[codec_] : "an unknown codec") +
                    ", which is not read; write it with Snappy, gzip, Zstandard or uncompressed");
    }
  }
}

Status ParquetChunk::decode_levels(std::string_view bytes, int most,
                                   std::vector<std::uint32_t>& out) const {
  if (out.empty()) return {};
  const auto greatest = static_cast<std::uint32_t>(most);
  if (!parquet::decode_hybrid(bytes, parquet::width_for(greatest), greatest, out)) {
    return refuse("has damaged levels");
  }
  return {};
}

Status ParquetChunk::next_page() {
  for (;;) {
    if (values_left_ == 0 || at_ >= end_) return refuse("has fewer values than rows");
    ThriftValue header;
    std::size_t used = 0;
    std::string head;
    for (std::uint64_t ask = kFirstHeaderBytes;; ask *= 16) {
      OG_ASSIGN_OR_RETURN(head, file_->read(at_, std::min(ask, end_ - at_)));
      auto read = read_thrift(head, &used);
      if (read) {
        header = std::move(*read);
        break;
      }
      if (ask >= end_ - at_ || ask >= kMaxHeaderBytes) return refuse("has a damaged page header");
    }
    const std::int64_t stored = header.number_or(3, -1), size = header.number_or(2, -1);
    if (stored < 0 || size < 0 || static_cast<std::uint64_t>(stored) > end_ - at_ - used ||
        static_cast<std::uint64_t>(size) > kMaxPage) {
      return refuse("has a damaged page header");
    }
    OG_ASSIGN_OR_RETURN(const std::string bytes,
                        file_->read(at_ + used, static_cast<std::uint64_t>(stored)));
    at_ += used + static_cast<std::uint64_t>(stored);
    const auto whole = static_cast<std::uint64_t>(size);
    switch (header.number_or(1, -1)) {
      case kDictionaryPage: {
        OG_ASSIGN_OR_RETURN(std::string body, decompress(bytes, whole));
        OG_RETURN_IF_ERROR(read_dictionary(header, std::move(body)));
        continue;
      }
      case kDataPage: {
        OG_ASSIGN_OR_RETURN(std::string body, decompress(bytes, whole));
        return read_data_page(header, std::move(body), false);
      }
      case kDataPage2: {
        const ThriftValue* data = header.find(8);
        if (data == nullptr) return refuse("has a damaged page header");
        // Levels stand before the values and are never compressed.
        const std::int64_t levels = data->number_or(5, -1) + data->number_or(6, -1);
        if (data->number_or(5, -1) < 0 || data->number_or(6, -1) < 0 || levels > stored ||
            levels > size) {
          return refuse("has a damaged page header");
        }
        const auto n = static_cast<std::uint64_t>(levels);
        std::string body = bytes.substr(0, n);
        const ThriftValue* compressed = data->find(7);
        if (compressed != nullptr && compressed->number == 0) {
          body += bytes.substr(n);
        } else if (whole > n) {
          OG_ASSIGN_OR_RETURN(const std::string values,
                              decompress(std::string_view(bytes).substr(n), whole - n));
          body += values;
        }
        return read_data_page(header, std::move(body), true);
      }
      default:
        continue;  // index pages
    }
  }
}

Status ParquetChunk::read_dictionary(const ThriftValue& header, std::string body) {
  const ThriftValue* about = header.find(7);
  if (about == nullptr) return refuse("has a damaged dictionary");
  dictionary_ = std::move(body);
  OG_RETURN_IF_ERROR(decode_plain(
      dictionary_, static_cast<std::size_t>(std::max<std::int64_t>(0, about->number_or(1, 0)))));
  dictionary_numbers_ = std::move(numbers_);
  dictionary_texts_ = std::move(texts_);
  numbers_.clear();
  texts_.clear();
  return {};
}

Status ParquetChunk::read_data_page(const ThriftValue& header, std::string body, bool second) {
  const ThriftValue* data = header.find(second ? 8 : 5);
  if (data == nullptr) return refuse("has a damaged page header");
  const std::int64_t values = data->number_or(1, -1);
  if (values < 0 || static_cast<std::uint64_t>(values) > values_left_) {
    return refuse("has a damaged page header");
  }
  levels_ = static_cast<std::size_t>(values);
  if (levels_ > kMaxPage) return refuse("has a damaged page header");
  values_left_ -= levels_;
  level_ = value_ = 0;
  body_ = std::move(body);
  std::string_view rest = body_;
  definitions_.assign(column_.max_definition > 0 ? levels_ : 0, 0);
  repetitions_.assign(column_.max_repetition > 0 ? levels_ : 0, 0);
  const auto levels = [&](int most, std::int64_t size, int encoding,
                          std::vector<std::uint32_t>& out) -> Status {
    if (most == 0) return {};
    if (!second) {
      if (encoding != kRunLength) return refuse("has levels in an encoding that is not read");
      if (rest.size() < 4) return refuse("has a damaged page");
      size = load<std::uint32_t>(rest.data());
      rest.remove_prefix(4);
    }
    if (size < 0 || static_cast<std::uint64_t>(size) > rest.size()) {
      return refuse("has a damaged page");
    }
    OG_RETURN_IF_ERROR(decode_levels(rest.substr(0, static_cast<std::size_t>(size)), most, out));
    rest.remove_prefix(static_cast<std::size_t>(size));
    return {};
  };
  // Version 1 writes repetitions first, as does version 2.
  OG_RETURN_IF_ERROR(levels(column_.max_repetition, data->number_or(6, 0),
                            static_cast<int>(data->number_or(4, 0)), repetitions_));
  OG_RETURN_IF_ERROR(levels(column_.max_definition, data->number_or(5, 0),
                            static_cast<int>(data->number_or(3, 0)), definitions_));
  std::size_t present = levels_;
  if (column_.max_definition > 0) {
    present =
        static_cast<std::size_t>(std::count(definitions_.begin(), definitions_.end(),
                                            static_cast<std::uint32_t>(column_.max_definition)));
  }
  return decode_values(static_cast<int>(data->number_or(second ? 4 : 2, -1)), rest, present);
}

Status ParquetChunk::decode_plain(std::string_view bytes, std::size_t count) {
  const Error damaged = refuse("has a damaged page");
  numbers_.clear();
  texts_.clear();
  const auto fixed = [&](std::size_t width) { return count <= bytes.size() / width; };
  switch (column_.physical) {
    case kBoolean:
      if (count > bytes.size() * 8) return damaged;
      for (std::size_t i = 0; i < count; ++i) {
        numbers_.push_back(static_cast<unsigned char>(bytes[i / 8]) >> (i % 8) & 1u);
      }
      return {};
    case kInt32:
    case kFloat:
      if (!fixed(4)) return damaged;
      for (std::size_t i = 0; i < count; ++i) {
        numbers_.push_back(load<std::uint32_t>(bytes.data() + 4 * i));
      }
      return {};
    case kInt64:
    case kDouble:
      if (!fixed(8)) return damaged;
      for (std::size_t i = 0; i < count; ++i) {
        numbers_.push_back(load<std::uint64_t>(bytes.data() + 8 * i));
      }
      return {};
    case kFixedBytes: {
      const auto width = static_cast<std::size_t>(std::max(1, column_.type_length));
      if (!fixed(width)) return damaged;
      for (std::size_t i = 0; i < count; ++i) texts_.push_back(bytes.substr(width * i, width));
      return {};
    }
    default:
      for (std::size_t i = 0; i < count; ++i) {
        if (bytes.size() < 4) return damaged;
        const std::uint32_t size = load<std::uint32_t>(bytes.data());
        bytes.remove_prefix(4);
        if (size > bytes.size()) return damaged;
        texts_.push_back(bytes.substr(0, size));
        bytes.remove_prefix(size);
      }
      return {};
  }
}

Status ParquetChunk::decode_values(int encoding, std::string_view bytes, std::size_t count) {
  const Error damaged = refuse("has a damaged page");
  switch (encoding) {
    case kPlain:
      return decode_plain(bytes, count);
    case kPlainDictionary:
    case kDictionaryCodes: {
      numbers_.clear();
      texts_.clear();
      if (count == 0) return {};
      const std::size_t entries =
          is_text(column_.physical) ? dictionary_texts_.size() : dictionary_numbers_.size();
      if (bytes.empty() || entries == 0) return damaged;
      const auto width = static_cast<unsigned char>(bytes[0]);
      std::vector<std::uint32_t> codes(count);
      if (width > 32 || !parquet::decode_hybrid(bytes.substr(1), width,
                                                static_cast<std::uint32_t>(entries - 1), codes)) {
        return damaged;
      }
      for (const std::uint32_t code : codes) {
        if (is_text(column_.physical)) {
          texts_.push_back(dictionary_texts_[code]);
        } else {
          numbers_.push_back(dictionary_numbers_[code]);
        }
      }
      return {};
    }
    case kRunLength: {  // of truth values
      if (column_.physical != kBoolean || bytes.size() < 4) return damaged;
      std::vector<std::uint32_t> bits(count);
      if (!parquet::decode_hybrid(bytes.substr(4), 1, 1, bits)) return damaged;
      numbers_.assign(bits.begin(), bits.end());
      return {};
    }
    case kDeltaPacked: {
      std::size_t at = 0;
      if ((column_.physical != kInt32 && column_.physical != kInt64) ||
          !decode_delta(bytes, at, count, numbers_) || numbers_.size() != count) {
        return damaged;
      }
      return {};
    }
    case kDeltaLengths: {
      std::size_t at = 0;
      std::vector<std::uint64_t> lengths;
      if (!is_text(column_.physical) || !decode_delta(bytes, at, count, lengths) ||
          lengths.size() != count) {
        return damaged;
      }
      texts_.clear();
      for (const std::uint64_t length : lengths) {
        if (length > bytes.size() - at) return damaged;
        texts_.push_back(bytes.substr(at, length));
        at += length;
      }
      return {};
    }
    case kDeltaTexts: {
      std::size_t at = 0;
      std::vector<std::uint64_t> prefixes, lengths;
      if (!is_text(column_.physical) || !decode_delta(bytes, at, count, prefixes) ||
          !decode_delta(bytes, at, count, lengths) || prefixes.size() != count ||
          lengths.size() != count) {
        return damaged;
      }
      joined_.clear();
      std::vector<std::pair<std::size_t, std::size_t>> places;
      std::size_t before = 0, before_size = 0;
      for (std::size_t i = 0; i < count; ++i) {
        if (prefixes[i] > before_size || lengths[i] > bytes.size() - at ||
            joined_.size() > kMaxPage) {
          return damaged;
        }
        const std::size_t begin = joined_.size();
        const std::string prefix = joined_.substr(before, prefixes[i]);
        joined_ += prefix;
        joined_ += bytes.substr(at, lengths[i]);
        at += lengths[i];
        before = begin;
        before_size = joined_.size() - begin;
        places.emplace_back(begin, before_size);
      }
      texts_.clear();
      for (const auto& [begin, size] : places) {
        texts_.push_back(std::string_view(joined_).substr(begin, size));
      }
      return {};
    }
    case kStreamSplit: {
      const std::size_t width = column_.physical == kInt32 || column_.physical == kFloat ? 4 : 8;
      if (is_text(column_.physical) || column_.physical == kBoolean ||
          count > bytes.size() / width) {
        return damaged;
      }
      const std::size_t stride = bytes.size() / width;
      numbers_.assign(count, 0);
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t b = 0; b < width; ++b) {
          numbers_[i] |= std::uint64_t{static_cast<unsigned char>(bytes[b * stride + i])}
                         << (8 * b);
        }
      }
      return {};
    }
    default:
      return refuse("has pages in encoding " + std::to_string(encoding) + ", which is not read");
  }
}

void ParquetChunk::append_value(ColumnBuilder& out) {
  if (is_text(column_.physical)) return out.append_text(texts_[value_++]);
  const std::uint64_t bits = numbers_[value_++];
  switch (column_.type.scalar) {
    case ScalarType::kBool:
      return out.append_bool(bits != 0);
    case ScalarType::kI32:
    case ScalarType::kDate:
      return out.append_i32(static_cast<std::int32_t>(static_cast<std::uint32_t>(bits)));
    case ScalarType::kU32:
      return out.append_u32(static_cast<std::uint32_t>(bits));
    case ScalarType::kU64:
      return out.append_u64(bits);
    case ScalarType::kF32:
      return out.append_f32(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case ScalarType::kF64:
      return out.append_f64(std::bit_cast<double>(bits));
    case ScalarType::kDateTime: {
      const auto units = static_cast<std::int64_t>(bits);
      std::int64_t millis = units / column_.divisor;
      if (units % column_.divisor < 0) --millis;
      return out.append_i64(millis);
    }
    default:
      return out.append_i64(static_cast<std::int64_t>(bits));
  }
}

Status ParquetChunk::append(std::uint32_t rows, ColumnBuilder& out) {
  const auto most = static_cast<std::uint32_t>(column_.max_definition);
  const auto value_there = [&]() -> bool {
    return value_ < (is_text(column_.physical) ? texts_.size() : numbers_.size());
  };
  for (std::uint32_t row = 0; row < rows; ++row) {
    while (level_ == levels_) OG_RETURN_IF_ERROR(next_page());
    if (column_.max_repetition == 0) {
      const bool present = most == 0 || definitions_[level_] == most;
      ++level_;
      if (!present) {
        out.append_null();
        continue;
      }
      if (!value_there()) return refuse("has a damaged page");
      append_value(out);
      continue;
    }
    if (repetitions_[level_] != 0) return refuse("has a damaged list");
    if (definitions_[level_] < static_cast<std::uint32_t>(column_.present_list)) {
      ++level_;
      out.append_null();
      continue;
    }
    out.begin_list();
    for (bool first = true;; first = false) {
      if (level_ == levels_) {
        // A list may go on in the next page (version 1).
        if (values_left_ == 0 || at_ >= end_) break;
        OG_RETURN_IF_ERROR(next_page());
        if (level_ == levels_) continue;
      }
      if (!first && repetitions_[level_] == 0) break;
      const std::uint32_t definition = definitions_[level_++];
      if (definition == most) {
        if (!value_there()) return refuse("has a damaged page");
        append_value(out);
      } else if (definition > static_cast<std::uint32_t>(column_.present_list)) {
        out.append_null();
      }
    }
    out.end_list();
  }
  return {};
}

}  // namespace omnigraph
