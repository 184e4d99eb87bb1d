// Stored directory of a column; varints are LEB128, signed ones zigzag:
//   u8      ScalarType, + 0x80 for a list
//   u8      flags: 1 row ids stored as 64-bit integers, 2 without definition levels
//   varint  dimension of a vector
//   varint  distinct values, estimated
//   bounds  of the column
//   varint  pages; per page:
//     page    (below), u8 encoding, varint levels, varint elements, varint null elements,
//     varint text bytes, bounds
//   varint  row groups; per group varint entries, and when there are any: page, varint text bytes
// page:   varint offset from the end of the page before (zigzag), varint header bytes, varint
// stored
//         body bytes, varint body bytes, u32 CRC-32C, u8 codec
// bounds: varint nulls; u8 0: no values; 1: min and max; 2: min and max, max cut off.
//         integers, dates, Bool: signed varints, U64 above I64: kind 3, varints; floats: f64;
//         texts: varint length, bytes
#include "index/page_directory.h"

#include <algorithm>

#include "storage/byte_codec.h"

namespace omnigraph {
namespace {

constexpr std::uint8_t kListBit = 0x80;
constexpr std::uint8_t kWide = 1, kRequired = 2;
constexpr std::uint32_t kMaxDimension = 1u << 16;
constexpr std::uint64_t kMaxText = 0xFFFFFFFF;

enum BoundKind : std::uint8_t { kNoBounds = 0, kBounds = 1, kCutBounds = 2, kUnsigned = 3 };

void encode_bound(const Value& value, std::string& out) {
  if (const auto* text = value.get_if<std::string>()) {
    append_varint(out, text->size());
    out += *text;
  } else if (const auto* d = value.get_if<double>()) {
    append_fixed(out, *d);
  } else if (const auto* b = value.get_if<bool>()) {
    append_zigzag(out, *b ? 1 : 0);
  } else if (const auto* i = value.get_if<std::int64_t>()) {
    append_zigzag(out, *i);
  } else if (const auto* date = value.get_if<Date>()) {
    append_zigzag(out, date->days);
  } else if (const auto* instant = value.get_if<DateTime>()) {
    append_zigzag(out, instant->millis);
  }
}

std::uint64_t as_unsigned(const Value& value) {
  if (const auto* u = value.get_if<std::uint64_t>()) return *u;
  const auto* i = value.get_if<std::int64_t>();
  return i != nullptr ? static_cast<std::uint64_t>(*i) : 0;
}

void encode_bounds(const ZoneBounds& bounds, std::string& out) {
  append_varint(out, bounds.nulls);
  if (bounds.min.is_null()) {
    out.push_back(static_cast<char>(kNoBounds));
  } else if (bounds.max.get_if<std::uint64_t>() != nullptr) {
    out.push_back(static_cast<char>(kUnsigned));
    append_varint(out, as_unsigned(bounds.min));
    append_varint(out, as_unsigned(bounds.max));
  } else {
    out.push_back(static_cast<char>(bounds.max_exact ? kBounds : kCutBounds));
    encode_bound(bounds.min, out);
    encode_bound(bounds.max, out);
  }
}

Value decode_bound(ByteReader& in, ScalarType type) {
  switch (type) {
    case ScalarType::kString:
    case ScalarType::kBlob:
      return Value(in.take(in.varint()));
    case ScalarType::kF32:
    case ScalarType::kF64:
      return Value(in.fixed<double>());
    case ScalarType::kBool:
      return Value(in.signed_varint() != 0);
    case ScalarType::kDate:
      return Value(Date{static_cast<std::int32_t>(in.signed_varint())});
    case ScalarType::kDateTime:
      return Value(DateTime{in.signed_varint()});
    case ScalarType::kI32:
    case ScalarType::kI64:
    case ScalarType::kU32:
    case ScalarType::kU64:
      return Value(in.signed_varint());
    case ScalarType::kVector:
      break;
  }
  in.fail();
  return {};
}

bool decode_bounds(ByteReader& in, ScalarType type, std::uint64_t rows, ZoneBounds& bounds) {
  bounds.nulls = in.bounded<std::uint32_t>(rows);
  const auto kind = in.fixed<std::uint8_t>();
  if (!in.ok() || kind > kUnsigned) return in.fail();
  if (kind == kNoBounds) return true;
  if (kind == kUnsigned) {
    if (type != ScalarType::kU64) return in.fail();
    bounds.min = Value(in.varint());
    bounds.max = Value(in.varint());
  } else {
    bounds.min = decode_bound(in, type);
    bounds.max = decode_bound(in, type);
    bounds.max_exact = kind == kBounds;
  }
  return in.ok();
}

void encode_page(const StoredPage& page, std::uint64_t& end, std::string& out) {
  append_zigzag(out, static_cast<std::int64_t>(page.offset - end));
  append_varint(out, page.header_bytes);
  append_varint(out, page.stored_bytes);
  append_varint(out, page.body_bytes);
  append_fixed(out, page.crc);
  out.push_back(static_cast<char>(page.codec));
  end = page.offset + page.header_bytes + page.stored_bytes;
}

bool decode_page(ByteReader& in, std::uint64_t file_bytes, std::uint64_t& end, StoredPage& page) {
  page.offset = end + static_cast<std::uint64_t>(in.signed_varint());
  page.header_bytes = in.bounded<std::uint32_t>(kMaxPageBytes);
  page.stored_bytes = in.bounded<std::uint32_t>(kMaxPageBytes);
  page.body_bytes = in.bounded<std::uint32_t>(kMaxPageBytes);
  page.crc = in.fixed<std::uint32_t>();
  const auto codec = in.fixed<std::uint8_t>();
  const std::uint64_t size = std::uint64_t{page.header_bytes} + page.stored_bytes;
  if (!in.ok() || codec > static_cast<std::uint8_t>(PageCodec::kZstd) || page.offset > file_bytes ||
      size > file_bytes - page.offset) {
    return in.fail();
  }
  page.codec = static_cast<PageCodec>(codec);
  if (page.codec == PageCodec::kNone && page.body_bytes != page.stored_bytes) return in.fail();
  end = page.offset + size;
  return true;
}

}  // namespace

void encode_directory(const ColumnDirectory& directory, std::string& out) {
  out.push_back(static_cast<char>(static_cast<std::uint8_t>(directory.type.scalar) |
                                  (directory.type.list ? kListBit : 0)));
  out.push_back(
      static_cast<char>((directory.wide ? kWide : 0) | (directory.required ? kRequired : 0)));
  append_varint(out, directory.type.dimension);
  append_varint(out, directory.distinct);
  encode_bounds(directory.bounds, out);
  append_varint(out, directory.pages.size());
  std::uint64_t end = 0;
  for (const DataPage& page : directory.pages) {
    encode_page(page.stored, end, out);
    out.push_back(static_cast<char>(page.encoding));
    append_varint(out, page.levels);
    append_varint(out, page.elements);
    append_varint(out, page.element_nulls);
    append_varint(out, page.text_bytes);
    encode_bounds(page.bounds, out);
  }
  append_varint(out, directory.dictionaries.size());
  end = 0;
  for (const DictionaryPage& dictionary : directory.dictionaries) {
    append_varint(out, dictionary.entries);
    if (dictionary.entries == 0) continue;
    encode_page(dictionary.stored, end, out);
    append_varint(out, dictionary.text_bytes);
  }
}

Result<ColumnDirectory> decode_directory(std::string_view bytes, std::uint32_t rows,
                                         std::uint64_t file_bytes) {
  const auto damaged = [](std::string_view what) {
    return corrupt("page directory: " + std::string(what));
  };
  ByteReader in(bytes);
  ColumnDirectory directory;
  const auto kind = in.fixed<std::uint8_t>();
  const auto flags = in.fixed<std::uint8_t>();
  directory.type.list = (kind & kListBit) != 0;
  directory.type.nullable = true;
  const std::uint8_t scalar = kind & static_cast<std::uint8_t>(~kListBit);
  if (!in.ok() || scalar > static_cast<std::uint8_t>(ScalarType::kVector) ||
      flags > (kWide | kRequired)) {
    return damaged("a malformed head");
  }
  directory.type.scalar = static_cast<ScalarType>(scalar);
  directory.wide = (flags & kWide) != 0;
  directory.required = (flags & kRequired) != 0;
  directory.type.dimension = in.bounded<std::uint32_t>(kMaxDimension);
  directory.distinct = in.varint();
  const bool nested = directory.type.list || directory.type.scalar == ScalarType::kVector;
  if (!decode_bounds(in, directory.type.scalar, rows, directory.bounds)) {
    return damaged("malformed bounds");
  }
  const std::uint64_t pages = (std::uint64_t{rows} + kPageRows - 1) / kPageRows;
  if (in.varint() != pages || in.remaining() < pages) return damaged("another number of pages");
  directory.pages.resize(pages);
  std::uint64_t end = 0, elements = 0, text = 0, nulls = 0;
  for (std::size_t i = 0; i < pages; ++i) {
    DataPage& page = directory.pages[i];
    page.rows =
        std::min<std::uint32_t>(kPageRows, rows - static_cast<std::uint32_t>(i) * kPageRows);
    if (!decode_page(in, file_bytes, end, page.stored)) return damaged("a page outside the file");
    const auto encoding = in.fixed<std::uint8_t>();
    page.levels = in.bounded<std::uint32_t>(kMaxText);
    page.elements = in.bounded<std::uint32_t>(page.levels);
    page.element_nulls = in.bounded<std::uint32_t>(page.elements);
    page.text_bytes = in.bounded<std::uint64_t>(kMaxText);
    if (!in.ok() || encoding > static_cast<std::uint8_t>(PageEncoding::kDelta) ||
        (!nested && page.levels != 0) || page.levels - page.elements > page.rows ||
        !decode_bounds(in, directory.type.scalar, page.rows, page.bounds)) {
      return damaged("a malformed page");
    }
    page.encoding = static_cast<PageEncoding>(encoding);
    elements += page.elements;
    text += page.text_bytes;
    nulls += page.bounds.nulls;
  }
  if (directory.wide && (nested || directory.type.scalar != ScalarType::kU32)) {
    return damaged("64-bit row ids that are none");
  }
  if (directory.type.list && directory.type.scalar == ScalarType::kVector) {
    return damaged("a list of vectors");
  }
  if (elements > kMaxText || text > kMaxText || nulls != directory.bounds.nulls) {
    return damaged("sums that do not fit");
  }
  const std::uint64_t groups = (pages + kGroupPages - 1) / kGroupPages;
  if (in.varint() != groups || in.remaining() < groups) return damaged("another number of groups");
  directory.dictionaries.resize(groups);
  end = 0;
  for (std::size_t g = 0; g < groups; ++g) {
    DictionaryPage& dictionary = directory.dictionaries[g];
    dictionary.entries = in.bounded<std::uint32_t>(kGroupRows);
    if (dictionary.entries == 0) continue;
    if (!decode_page(in, file_bytes, end, dictionary.stored)) {
      return damaged("a dictionary outside the file");
    }
    dictionary.text_bytes = in.bounded<std::uint64_t>(kMaxPageBytes);
  }
  for (std::size_t i = 0; i < pages; ++i) {
    if (directory.pages[i].encoding == PageEncoding::kDictionary &&
        directory.dictionaries[i / kGroupPages].entries == 0) {
      return damaged("a page without its dictionary");
    }
  }
  if (!in.ok() || in.remaining() != 0) return damaged("cut off or with bytes after its end");
  return directory;
}

}  // namespace omnigraph
