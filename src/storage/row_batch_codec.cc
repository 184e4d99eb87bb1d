// Encoded row batch, little-endian; varints are LEB128, signed ones zigzag:
//   u8      version (1)
//   u8      flags: 1 edges, 2 consecutive row ids, 4 a gsn for each row
//   varint  table
//   varint  rows (at most 2^24)
//   u8      ids: 0 texts, 1 a run of ULIDs, 2 a run with texts for some rows
//             1, 2: u64 high, u64 low of the first;  0, 2: a column (String; 0: no nulls)
//   row ids   consecutive: varint first; else per row signed varint, distance from the row before
//   gsns      when flagged, per row signed varint, distance from the row before
//   src, dst  edges: per row signed varint, distance from the row before; all of src, then dst
//   varint  columns (at most 4,096); per column a varint property id, then the column:
//     u8      ScalarType, + 0x80 for a list
//     u8      Column::Layout
//     varint  dimension (vectors)
//     u8      1 when a validity bitmap of ceil(rows / 8) bytes follows; 0: no nulls (or all:
//     kAllNull) kFixed       rows × width bytes (Bool: 0 or 1) kString      per row varint length;
//     all bytes kDictionary  varint entries, then they as a kString body; per row varint code kList
//     per row varint length; varint elements, then their column kVector      rows × dimension
//     floats
// The rows of a column stand in the batch's (or the list's) count and are not repeated.
#include <cassert>
#include <cstring>

#include "storage/byte_codec.h"
#include "storage/column_memory.h"
#include "storage/row_batch.h"

namespace omnigraph {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kEdges = 1, kConsecutiveRids = 2, kRowGsns = 4;
constexpr std::uint8_t kListBit = 0x80;
constexpr std::uint32_t kMaxColumns = 4096;
constexpr std::uint32_t kMaxDimension = 1u << 16;
enum IdKind : std::uint8_t { kTexts = 0, kRun = 1, kMixed = 2 };

using Layout = Column::Layout;

template <typename T>
void append_bytes(std::string& out, const T* values, std::size_t count) {
  if (count > 0) out.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

void encode_text(const Column& column, std::string& out) {
  for (std::uint32_t row = 0; row < column.rows; ++row) {
    append_varint(out, column.offsets[row + 1] - column.offsets[row]);
  }
  const std::uint32_t begin = column.offsets[0];
  append_bytes(out, column.bytes + begin, column.offsets[column.rows] - begin);
}

void encode_column(const Column& column, std::string& out) {
  out.push_back(
      static_cast<char>(static_cast<std::uint8_t>(column.type) | (column.list ? kListBit : 0)));
  out.push_back(static_cast<char>(column.layout));
  append_varint(out, column.dimension);
  const bool has_nulls = column.layout != Layout::kAllNull && column.validity != nullptr;
  out.push_back(has_nulls ? 1 : 0);
  if (has_nulls) {
    // Little-endian words: the bytes are the bitmap. Bits past the last row are cleared.
    const std::size_t size = (column.rows + 7) / 8;
    const std::size_t at = out.size();
    append_bytes(out, reinterpret_cast<const char*>(column.validity), size);
    if (column.rows % 8 != 0) {
      out[at + size - 1] = static_cast<char>(static_cast<std::uint8_t>(out[at + size - 1]) &
                                             ((1u << (column.rows % 8)) - 1));
    }
  }
  switch (column.layout) {
    case Layout::kAllNull:
      break;
    case Layout::kFixed:
      append_bytes(out, static_cast<const char*>(column.values),
                   column.rows * fixed_width(column.type));
      break;
    case Layout::kVector:
      append_bytes(out, static_cast<const float*>(column.values),
                   std::size_t{column.rows} * column.dimension);
      break;
    case Layout::kString:
      encode_text(column, out);
      break;
    case Layout::kDictionary:
      append_varint(out, column.child->rows);
      encode_text(*column.child, out);
      for (std::uint32_t row = 0; row < column.rows; ++row) append_varint(out, column.codes[row]);
      break;
    case Layout::kList:
      assert(column.offsets[0] == 0);
      for (std::uint32_t row = 0; row < column.rows; ++row) {
        append_varint(out, column.offsets[row + 1] - column.offsets[row]);
      }
      append_varint(out, column.child->rows);
      encode_column(*column.child, out);
      break;
  }
}

template <typename T>
void encode_distances(const std::vector<T>& values, std::string& out) {
  std::uint64_t last = 0;
  for (const T value : values) {
    append_zigzag(out, static_cast<std::int64_t>(value - last));
    last = value;
  }
}

template <typename T>
bool decode_distances(ByteReader& in, std::uint32_t rows, std::uint64_t most,
                      std::vector<T>& values) {
  if (in.remaining() < rows) return in.fail();  // each takes a byte
  values.resize(rows);
  std::uint64_t last = 0;
  for (T& value : values) {
    last += static_cast<std::uint64_t>(in.signed_varint());
    if (!in.ok() || last > most) return in.fail();
    value = static_cast<T>(last);
  }
  return true;
}

// Decodes columns of one batch; every check that fails leaves `in` failed and gives null.
class ColumnDecoder {
 public:
  explicit ColumnDecoder(ByteReader& in) : in_(in) {}

  ColumnPtr column(std::uint32_t rows, bool may_be_list) {
    const auto kind = in_.fixed<std::uint8_t>();
    const auto layout_byte = in_.fixed<std::uint8_t>();
    PropertyType type;
    type.list = (kind & kListBit) != 0;
    const std::uint8_t scalar = kind & static_cast<std::uint8_t>(~kListBit);
    if (scalar > static_cast<std::uint8_t>(ScalarType::kVector) ||
        layout_byte > static_cast<std::uint8_t>(Layout::kVector) || (type.list && !may_be_list)) {
      return failed();
    }
    type.scalar = static_cast<ScalarType>(scalar);
    type.dimension = in_.bounded<std::uint32_t>(kMaxDimension);
    const auto layout = static_cast<Layout>(layout_byte);
    const auto has_nulls = in_.fixed<std::uint8_t>();
    if (!in_.ok() || has_nulls > 1) return failed();
    if (layout == Layout::kAllNull) return has_nulls != 0 ? failed() : all_null_column(type, rows);
    const bool coded = layout == Layout::kDictionary && layout_of(type) == Layout::kString;
    if (layout != layout_of(type) && !coded) return failed();
    ColumnMemory memory;
    std::uint32_t nulls = 0;
    if (has_nulls != 0 && !validity(rows, memory, nulls)) return failed();
    switch (layout) {
      case Layout::kFixed:
        return fixed(type, rows, nulls, std::move(memory));
      case Layout::kVector:
        return values(type, rows, std::uint64_t{type.dimension} * sizeof(float), nulls,
                      std::move(memory));
      case Layout::kString:
        return text(type, rows, nulls, std::move(memory));
      case Layout::kDictionary:
        return coded_text(type, rows, nulls, std::move(memory));
      case Layout::kList:
        return lists(type, rows, nulls, std::move(memory));
      case Layout::kAllNull:
        break;
    }
    return failed();
  }

 private:
  ColumnPtr failed() {
    in_.fail();
    return nullptr;
  }

  bool validity(std::uint32_t rows, ColumnMemory& memory, std::uint32_t& nulls) {
    const std::string_view bits = in_.take((std::uint64_t{rows} + 7) / 8);
    if (!in_.ok()) return false;
    std::uint64_t* words = memory.make_validity(rows);
    if (!bits.empty()) std::memcpy(words, bits.data(), bits.size());
    for (std::uint32_t row = 0; row < rows; ++row) {
      nulls += ((words[row / 64] >> (row % 64)) & 1) == 0 ? 1u : 0u;
    }
    return true;
  }

  ColumnPtr values(const PropertyType& type, std::uint32_t rows, std::uint64_t width,
                   std::uint32_t nulls, ColumnMemory memory) {
    const std::string_view bytes = in_.take(rows * width);
    if (!in_.ok()) return failed();
    std::byte* out = memory.make_values(bytes.size());
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    return column_over(type, layout_of(type), rows, nulls, std::move(memory));
  }

  ColumnPtr fixed(const PropertyType& type, std::uint32_t rows, std::uint32_t nulls,
                  ColumnMemory memory) {
    ColumnPtr column = values(type, rows, fixed_width(type.scalar), nulls, std::move(memory));
    if (column && type.scalar == ScalarType::kBool && column->layout == Layout::kFixed) {
      for (const std::uint8_t v : column->fixed<std::uint8_t>()) {
        if (v > 1) return failed();
      }
    }
    return column;
  }

  // Lengths of `rows` runs as offsets; the sum is limited to what an offset can say.
  bool lengths(std::uint32_t rows, std::uint32_t* offsets) {
    std::uint64_t total = 0;
    for (std::uint32_t row = 0; row < rows; ++row) {
      total += in_.bounded<std::uint32_t>(kMaxColumnBytes);
      if (!in_.ok() || total > kMaxColumnBytes) return in_.fail();
      offsets[row + 1] = static_cast<std::uint32_t>(total);
    }
    return true;
  }

  ColumnPtr text(const PropertyType& type, std::uint32_t rows, std::uint32_t nulls,
                 ColumnMemory memory) {
    if (in_.remaining() < rows) return failed();
    std::uint32_t* offsets = memory.make_offsets(rows);
    if (!lengths(rows, offsets)) return failed();
    const std::string_view bytes = in_.take(offsets[rows]);
    if (!in_.ok()) return failed();
    char* out = memory.make_bytes(bytes.size());
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    return column_over(type, Layout::kString, rows, nulls, std::move(memory));
  }

  ColumnPtr coded_text(const PropertyType& type, std::uint32_t rows, std::uint32_t nulls,
                       ColumnMemory memory) {
    const auto entries = in_.bounded<std::uint32_t>(kMaxDictionary);
    if (!in_.ok() || entries == 0 || in_.remaining() < rows) return failed();
    const ColumnPtr dictionary = text(PropertyType{.scalar = type.scalar}, entries, 0, {});
    if (!dictionary) return failed();
    for (std::uint32_t i = 1; i < entries; ++i) {
      if (dictionary->text(i - 1) >= dictionary->text(i)) return failed();
    }
    if (in_.remaining() < rows) return failed();
    std::uint32_t* codes = memory.make_codes(rows);
    for (std::uint32_t row = 0; row < rows; ++row) {
      codes[row] = in_.bounded<std::uint32_t>(entries - 1);
    }
    if (!in_.ok()) return failed();
    return column_over(type, Layout::kDictionary, rows, nulls, std::move(memory), dictionary);
  }

  ColumnPtr lists(const PropertyType& type, std::uint32_t rows, std::uint32_t nulls,
                  ColumnMemory memory) {
    if (in_.remaining() < rows) return failed();
    std::uint32_t* offsets = memory.make_offsets(rows);
    if (!lengths(rows, offsets)) return failed();
    for (std::uint32_t row = 0; row < rows && nulls > 0; ++row) {
      const bool null = ((memory.validity[row / 64] >> (row % 64)) & 1) == 0;
      if (null && offsets[row] != offsets[row + 1]) return failed();
    }
    const auto elements = in_.bounded<std::uint32_t>(kMaxInlineRows);
    if (!in_.ok() || elements != offsets[rows]) return failed();
    ColumnPtr child = column(elements, false);
    if (!child || child->type != type.scalar || child->dimension != type.dimension) {
      return failed();
    }
    return column_over(type, Layout::kList, rows, nulls, std::move(memory), std::move(child));
  }

  ByteReader& in_;
};

bool decode_ids(ByteReader& in, RowBatch& batch) {
  const auto kind = in.fixed<std::uint8_t>();
  if (!in.ok() || kind > kMixed) return in.fail();
  Ulid base;
  if (kind != kTexts) {
    base.high = in.fixed<std::uint64_t>();
    base.low = in.fixed<std::uint64_t>();
    // The last of the run must not wrap around.
    if (!in.ok() || base.plus(batch.rows) < base) return in.fail();
  }
  if (kind == kRun) {
    batch.ids = IdColumn::of_run(base, batch.rows);
    return true;
  }
  ColumnPtr texts = ColumnDecoder(in).column(batch.rows, false);
  if (!texts || texts->type != ScalarType::kString) return in.fail();
  if (kind == kTexts && texts->null_count > 0) return in.fail();
  batch.ids = kind == kTexts ? IdColumn::of_text(std::move(texts))
                             : IdColumn::mixed(base, std::move(texts));
  return true;
}

bool consecutive(const std::vector<RowId>& rids) {
  for (std::size_t i = 1; i < rids.size(); ++i) {
    if (rids[i] != rids[i - 1] + 1) return false;
  }
  return !rids.empty();
}

}  // namespace

void encode_row_batch(const RowBatch& batch, std::string& out) {
  assert(batch.rows <= kMaxInlineRows && batch.rids.size() == batch.rows);
  assert(!batch.is_edge || (batch.src.size() == batch.rows && batch.dst.size() == batch.rows));
  assert(batch.ids.rows() == batch.rows);
  const bool dense = consecutive(batch.rids);
  out.push_back(static_cast<char>(kVersion));
  out.push_back(static_cast<char>((batch.is_edge ? kEdges : 0) | (dense ? kConsecutiveRids : 0) |
                                  (batch.gsns.empty() ? 0 : kRowGsns)));
  append_varint(out, batch.table);
  append_varint(out, batch.rows);
  const bool run = batch.ids.is_run();
  const bool texts = !run && batch.ids.text()->null_count == 0;
  out.push_back(static_cast<char>(run ? kRun : texts ? kTexts : kMixed));
  if (!texts) {
    append_fixed(out, batch.ids.base().high);
    append_fixed(out, batch.ids.base().low);
  }
  if (!run) encode_column(*batch.ids.text(), out);
  if (dense) {
    append_varint(out, batch.rids[0]);
  } else {
    encode_distances(batch.rids, out);
  }
  encode_distances(batch.gsns, out);
  if (batch.is_edge) {
    encode_distances(batch.src, out);
    encode_distances(batch.dst, out);
  }
  append_varint(out, batch.columns.size());
  for (const auto& [property, column] : batch.columns) {
    append_varint(out, property);
    encode_column(*column, out);
  }
}

Result<RowBatch> decode_row_batch(std::string_view bytes) {
  ByteReader in(bytes);
  const auto damaged = [&in](std::string_view what) {
    return corrupt("row batch: " + std::string(what) + " at byte " + std::to_string(in.position()));
  };
  const auto version = in.fixed<std::uint8_t>();
  if (!in.ok()) return damaged("empty");
  if (version != kVersion) {
    return Error(ErrorCode::kUnsupportedFormat,
                 "row batch of version " + std::to_string(version) + ", this build reads version " +
                     std::to_string(kVersion) + "; open the graph with a newer build");
  }
  const auto flags = in.fixed<std::uint8_t>();
  if (flags > (kEdges | kConsecutiveRids | kRowGsns)) return damaged("unknown flags");
  RowBatch batch;
  batch.is_edge = (flags & kEdges) != 0;
  batch.table = in.bounded<TypeId>(0xFFFFFFFF);
  batch.rows = in.bounded<std::uint32_t>(kMaxInlineRows);
  if (!in.ok()) return damaged("a malformed head");
  if (!decode_ids(in, batch)) return damaged("malformed ids");
  if ((flags & kConsecutiveRids) != 0) {
    const auto first = in.bounded<RowId>(kMaxRowId);
    if (!in.ok() || batch.rows > kMaxRowId - first) return damaged("row ids out of range");
    batch.rids.resize(batch.rows);
    for (std::uint32_t i = 0; i < batch.rows; ++i) batch.rids[i] = first + i;
  } else if (!decode_distances(in, batch.rows, kMaxRowId, batch.rids)) {
    return damaged("malformed row ids");
  }
  if ((flags & kRowGsns) != 0 && !decode_distances(in, batch.rows, UINT64_MAX, batch.gsns)) {
    return damaged("malformed commit numbers");
  }
  if (batch.is_edge && (!decode_distances(in, batch.rows, kMaxRowId, batch.src) ||
                        !decode_distances(in, batch.rows, kMaxRowId, batch.dst))) {
    return damaged("malformed edge ends");
  }
  const auto columns = in.bounded<std::uint32_t>(kMaxColumns);
  if (!in.ok()) return damaged("a malformed column count");
  for (std::uint32_t i = 0; i < columns; ++i) {
    const auto property = in.bounded<PropertyId>(0xFFFFFFFF);
    ColumnPtr column = ColumnDecoder(in).column(batch.rows, true);
    if (!in.ok() || column == nullptr) {
      return damaged("malformed column of property " + std::to_string(property));
    }
    batch.columns.emplace_back(property, std::move(column));
  }
  if (in.remaining() != 0) return damaged("bytes after the end");
  return batch;
}

}  // namespace omnigraph
