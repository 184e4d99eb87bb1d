#include "storage/parquet/footer.h"

#include "storage/parquet/thrift_writer.h"

namespace omnigraph::parquet {
namespace {

// Parquet's own numbers.
enum PhysicalType : std::int32_t {
  kBoolean = 0,
  kInt32 = 1,
  kInt64 = 2,
  kFloat = 4,
  kDouble = 5,
  kByteArray = 6,
};
enum ConvertedType : std::int32_t {
  kNone = -1,
  kUtf8 = 0,
  kListType = 3,
  kDateType = 6,
  kTimestampMillis = 9,
  kUint32 = 13,
  kUint64 = 14,
};
constexpr std::int32_t kRequired = 0, kOptional = 1, kRepeated = 2;
constexpr std::int32_t kPlainCode = 0, kRleCode = 3, kDeltaCode = 5, kRleDictionaryCode = 8;
constexpr std::int32_t kUncompressed = 0, kZstdCode = 6;

struct Physical {
  PhysicalType type;
  ConvertedType converted;
};

Physical physical(const StoredColumn& column) {
  switch (column.type.scalar) {
    case ScalarType::kBool:
      return {kBoolean, kNone};
    case ScalarType::kI32:
      return {kInt32, kNone};
    case ScalarType::kU32:
      return column.wide ? Physical{kInt64, kNone} : Physical{kInt32, kUint32};
    case ScalarType::kI64:
      return {kInt64, kNone};
    case ScalarType::kU64:
      return {kInt64, kUint64};
    case ScalarType::kF32:
    case ScalarType::kVector:
      return {kFloat, kNone};
    case ScalarType::kF64:
      return {kDouble, kNone};
    case ScalarType::kDate:
      return {kInt32, kDateType};
    case ScalarType::kDateTime:
      return {kInt64, kTimestampMillis};
    case ScalarType::kBlob:
      return {kByteArray, kNone};
    case ScalarType::kString:
      break;
  }
  return {kByteArray, kUtf8};
}

bool nested(const StoredColumn& column) {
  return column.type.list || column.type.scalar == ScalarType::kVector;
}

// Ids of properties are below 2^31; the columns of the row itself go by their names.
bool has_field_id(const StoredColumn& column) { return column.property <= 0x7FFFFFFF; }

void leaf(ThriftWriter& thrift, const StoredColumn& column, std::int32_t repetition,
          std::string_view name, bool field_id) {
  const Physical type = physical(column);
  thrift.begin_element();
  thrift.i32(1, type.type);
  thrift.i32(3, repetition);
  thrift.text(4, name);
  if (type.converted != kNone) thrift.i32(6, type.converted);
  if (field_id) thrift.i32(9, static_cast<std::int32_t>(column.property));
  thrift.end_element();
}

void schema(ThriftWriter& thrift, const std::vector<StoredColumn>& columns) {
  std::size_t elements = 1;
  for (const StoredColumn& column : columns) elements += nested(column) ? 3 : 1;
  thrift.begin_structs(2, elements);
  thrift.begin_element();
  thrift.text(4, "omnigraph");
  thrift.i32(5, static_cast<std::int32_t>(columns.size()));
  thrift.end_element();
  for (const StoredColumn& column : columns) {
    if (!nested(column)) {
      leaf(thrift, column, column.required ? kRequired : kOptional, column.name,
           has_field_id(column));
      continue;
    }
    thrift.begin_element();
    thrift.i32(3, kOptional);
    thrift.text(4, column.name);
    thrift.i32(5, 1);
    thrift.i32(6, kListType);
    if (has_field_id(column)) thrift.i32(9, static_cast<std::int32_t>(column.property));
    thrift.end_element();
    thrift.begin_element();
    thrift.i32(3, kRepeated);
    thrift.text(4, "list");
    thrift.i32(5, 1);
    thrift.end_element();
    leaf(thrift, column, column.type.list ? kOptional : kRequired, "element", false);
  }
}

void chunk(ThriftWriter& thrift, const StoredColumn& column, const WrittenChunk& written) {
  thrift.begin_element();
  thrift.i64(2, static_cast<std::int64_t>(written.offset));
  thrift.begin_struct(3);
  thrift.i32(1, physical(column).type);
  thrift.begin_i32s(
      2, 1u + (written.plain || written.dictionary) + written.delta + written.dictionary);
  thrift.element(kRleCode);
  if (written.plain || written.dictionary) thrift.element(kPlainCode);
  if (written.delta) thrift.element(kDeltaCode);
  if (written.dictionary) thrift.element(kRleDictionaryCode);
  thrift.begin_texts(3, nested(column) ? 3 : 1);
  thrift.element(std::string_view(column.name));
  if (nested(column)) {
    thrift.element(std::string_view("list"));
    thrift.element(std::string_view("element"));
  }
  thrift.i32(4, written.codec == PageCodec::kZstd ? kZstdCode : kUncompressed);
  thrift.i64(5, static_cast<std::int64_t>(written.values));
  thrift.i64(6, static_cast<std::int64_t>(written.raw_bytes));
  thrift.i64(7, static_cast<std::int64_t>(written.bytes));
  thrift.i64(9, static_cast<std::int64_t>(written.data_offset));
  if (written.dictionary) thrift.i64(11, static_cast<std::int64_t>(written.offset));
  thrift.end_struct();
  thrift.end_element();
}

}  // namespace

std::string make_footer(const std::vector<StoredColumn>& columns,
                        const std::vector<RowGroup>& groups, std::uint64_t rows) {
  std::string out;
  ThriftWriter thrift(out);
  thrift.i32(1, 1);
  schema(thrift, columns);
  thrift.i64(3, static_cast<std::int64_t>(rows));
  thrift.begin_structs(4, groups.size());
  for (const RowGroup& group : groups) {
    thrift.begin_element();
    thrift.begin_structs(1, columns.size());
    std::uint64_t raw = 0;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      chunk(thrift, columns[c], group.chunks[c]);
      raw += group.chunks[c].raw_bytes;
    }
    thrift.i64(2, static_cast<std::int64_t>(raw));
    thrift.i64(3, group.rows);
    thrift.end_element();
  }
  thrift.text(6, "omnigraph");
  thrift.finish();
  append_fixed(out, static_cast<std::uint32_t>(out.size()));
  out += kMagic;
  return out;
}

}  // namespace omnigraph::parquet
