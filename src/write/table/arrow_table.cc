// Arrow IPC, as a file and as a stream, of other programs: flat columns and lists of flat ones,
// dictionaries, bodies plain or compressed by Zstandard. Messages are flatbuffers; every read of
// one is checked against its bounds.
//
// A stream is messages one after the other:
//   u32 0xFFFFFFFF, u32 bytes of the metadata, metadata (flatbuffer `Message`), body
// A file is "ARROW1", two zero bytes, a stream, the footer, its length, "ARROW1": it is read as the
// stream that it holds.
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>

#include "write/table/arrow_schema.h"
#include "write/table/table_rows.h"

namespace omnigraph {
namespace arrow {
namespace {

constexpr std::uint64_t kMaxMetadata = std::uint64_t{256} << 20;
constexpr std::uint64_t kMaxBody = std::uint64_t{2} << 30;
constexpr std::uint32_t kRowsAtOnce = 4096;

// The buffers of one array.
struct Array {
  const Field* field = nullptr;
  std::uint64_t rows = 0;
  std::string_view validity;  // empty: all present
  std::string_view offsets, data;
  std::shared_ptr<Array> child;

  bool present(std::uint64_t row) const {
    if (field->kind == kNull) return false;
    return validity.empty() ||
           (static_cast<unsigned char>(validity[row / 8]) >> (row % 8) & 1) != 0;
  }
};

class ArrowTable final : public ColumnTable {
 public:
  explicit ArrowTable(std::shared_ptr<const TableFile> file) : file_(std::move(file)) {}

  Status open() {
    OG_ASSIGN_OR_RETURN(const std::string head, file_->read(0, 8));
    if (head.starts_with("ARROW1")) at_ = 8;
    OG_ASSIGN_OR_RETURN(const bool there, next_message());
    if (!there || message_.number<std::uint8_t>(1) != 1) return damaged();
    const Flat schema = message_.table(2);
    if (schema.number<std::int16_t>(0) != 0) return file_->refuse("it is big-endian");
    const std::uint64_t fields = schema.size(1);
    if (fields > kMaxTableColumns) return file_->refuse("it has too many columns");
    std::size_t left = kMaxFields;
    for (std::uint64_t i = 0; i < fields; ++i) {
      fields_.push_back(read_field(schema.element(1, i), left));
      if (left == 0) return file_->refuse("its schema has too many fields");
      names_.push_back(fields_.back().name);
    }
    if (bad_) return damaged();
    wanted_.assign(fields_.size(), true);
    return {};
  }

  const std::vector<std::string>& columns() const override { return names_; }

  Status choose(const std::vector<bool>& wanted) override {
    wanted_ = wanted;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if ((!wanted_[i] || fields_[i].refusal.empty()) && !fields_[i].opaque()) continue;
      return file_->refuse("column '" + names_[i] + "' " + fields_[i].refusal);
    }
    return {};
  }

  Result<TableBatch> next() override {
    while (row_ == rows_) {
      OG_ASSIGN_OR_RETURN(const bool more, next_message());
      if (!more) return TableBatch{};
      const int kind = message_.number<std::uint8_t>(1);
      if (kind == 2) {
        OG_RETURN_IF_ERROR(read_dictionary());
      } else if (kind == 3) {
        OG_RETURN_IF_ERROR(open_batch());
      } else {
        return damaged();
      }
    }
    TableBatch batch;
    batch.rows = static_cast<std::uint32_t>(std::min<std::uint64_t>(rows_ - row_, kRowsAtOnce));
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (!wanted_[i] || !fields_[i].refusal.empty()) {
        batch.columns.push_back(nullptr);
        continue;
      }
      ColumnBuilder builder(type_of(fields_[i]));
      for (std::uint64_t row = row_; row < row_ + batch.rows; ++row) {
        OG_RETURN_IF_ERROR(append(*arrays_[i], row, builder));
      }
      batch.columns.push_back(builder.finish());
    }
    row_ += batch.rows;
    return batch;
  }

 private:
  Error damaged() const { return file_->refuse("its Arrow data is damaged"); }

  // The next message and its body; false at the end.
  Result<bool> next_message() {
    if (file_->size() - at_ < 8) return false;
    OG_ASSIGN_OR_RETURN(const std::string head, file_->read(at_, 8));
    std::uint32_t mark = 0, size = 0;
    std::memcpy(&mark, head.data(), 4);
    std::memcpy(&size, head.data() + 4, 4);
    std::uint64_t prefix = 8;
    if (mark != 0xFFFFFFFF) {  // before format 0.15
      size = mark;
      prefix = 4;
    }
    if (size == 0) return false;
    if (size > kMaxMetadata) return damaged();
    OG_ASSIGN_OR_RETURN(metadata_, file_->read(at_ + prefix, size));
    bad_ = false;
    message_ = Flat::root(metadata_, &bad_);
    const auto body = message_.number<std::int64_t>(3);
    if (bad_ || body < 0 || static_cast<std::uint64_t>(body) > kMaxBody) return damaged();
    const std::uint64_t begin = at_ + prefix + size;
    OG_ASSIGN_OR_RETURN(body_, file_->read(begin, static_cast<std::uint64_t>(body)));
    at_ = begin + static_cast<std::uint64_t>(body);
    return true;
  }

  // A RecordBatch being taken apart.
  struct Parts {
    Flat batch;
    const std::string* body = nullptr;
    std::vector<std::unique_ptr<std::string>>* owned = nullptr;
    std::uint64_t node = 0, buffer = 0;
    int compression = -1;
  };

  Result<std::string_view> buffer(Parts& parts) {
    const std::uint64_t i = parts.buffer++;
    if (i >= parts.batch.size(2)) return damaged();
    const std::int64_t offset = parts.batch.struct_number(2, i, 16, 0);
    const std::int64_t length = parts.batch.struct_number(2, i, 16, 8);
    if (bad_ || offset < 0 || length < 0 ||
        static_cast<std::uint64_t>(offset) > parts.body->size() ||
        static_cast<std::uint64_t>(length) >
            parts.body->size() - static_cast<std::uint64_t>(offset)) {
      return damaged();
    }
    const std::string_view bytes =
        std::string_view(*parts.body)
            .substr(static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(length));
    if (parts.compression < 0 || bytes.empty()) return bytes;
    if (bytes.size() < 8) return damaged();
    std::int64_t plain = 0;
    std::memcpy(&plain, bytes.data(), 8);
    if (plain == -1) return bytes.substr(8);
    if (plain < 0 || static_cast<std::uint64_t>(plain) > kMaxBody) return damaged();
    auto out = std::make_unique<std::string>(static_cast<std::size_t>(plain), '\0');
    const std::size_t made =
        ZSTD_decompress(out->data(), out->size(), bytes.data() + 8, bytes.size() - 8);
    if (ZSTD_isError(made) != 0 || made != out->size()) return damaged();
    parts.owned->push_back(std::move(out));
    return std::string_view(*parts.owned->back());
  }

  Result<std::shared_ptr<Array>> take_array(const Field& field, Parts& parts, bool by_code) {
    auto array = std::make_shared<Array>();
    array->field = &field;
    const std::uint64_t node = parts.node++;
    if (node >= parts.batch.size(1)) return damaged();
    const std::int64_t rows = parts.batch.struct_number(1, node, 16, 0);
    const std::int64_t nulls = parts.batch.struct_number(1, node, 16, 8);
    if (bad_ || rows < 0 || rows > std::int64_t{1} << 31) return damaged();
    array->rows = static_cast<std::uint64_t>(rows);
    const std::uint64_t n = array->rows;
    if (field.kind == kNull && !by_code) return array;
    OG_ASSIGN_OR_RETURN(array->validity, buffer(parts));
    if (nulls == 0) array->validity = {};
    if (!array->validity.empty() && array->validity.size() < (n + 7) / 8) return damaged();
    const auto need = [&](std::string_view bytes, std::uint64_t size) {
      return bytes.size() >= size;
    };
    if (by_code) {
      OG_ASSIGN_OR_RETURN(array->data, buffer(parts));
      if (!need(array->data, n * static_cast<std::uint64_t>(field.index_width) / 8))
        return damaged();
      return array;
    }
    switch (field.kind) {
      case kUtf8:
      case kBinary:
      case kLargeUtf8:
      case kLargeBinary:
      case kList:
      case kMap:
      case kLargeList: {
        OG_ASSIGN_OR_RETURN(array->offsets, buffer(parts));
        const bool large =
            field.kind == kLargeUtf8 || field.kind == kLargeBinary || field.kind == kLargeList;
        if (n > 0 && !need(array->offsets, (n + 1) * (large ? 8 : 4))) return damaged();
        if (field.kind == kList || field.kind == kLargeList || field.kind == kMap) break;
        OG_ASSIGN_OR_RETURN(array->data, buffer(parts));
        break;
      }
      case kFixedSizeList:
        break;
      case kStruct:
        break;
      case kBool: {
        OG_ASSIGN_OR_RETURN(array->data, buffer(parts));
        if (!need(array->data, (n + 7) / 8)) return damaged();
        break;
      }
      default: {
        OG_ASSIGN_OR_RETURN(array->data, buffer(parts));
        std::uint64_t width = static_cast<std::uint64_t>(field.width) / 8;
        if (field.kind == kDate) width = field.days ? 4 : 8;
        if (field.kind == kTimestamp) width = 8;
        if (field.kind == kFixedSizeBinary) width = static_cast<std::uint64_t>(field.width);
        if (field.refusal.empty() && !need(array->data, n * width)) return damaged();
      }
    }
    for (const Field& child : field.children) {
      OG_ASSIGN_OR_RETURN(array->child, take_array(child, parts, child.dictionary >= 0));
    }
    return array;
  }

  Result<Parts> parts_of(const Flat& batch, const std::string& body,
                         std::vector<std::unique_ptr<std::string>>& owned) {
    Parts parts{batch, &body, &owned};
    if (const Flat compression = batch.table(3)) {
      parts.compression = compression.number<std::uint8_t>(0);
      if (parts.compression != 1) {
        return file_->refuse(
            "its data is compressed by LZ4, which is not read; write it with "
            "Zstandard or uncompressed");
      }
    }
    return parts;
  }

  Status open_batch() {
    owned_.clear();
    arrays_.clear();
    batch_body_ = std::move(body_);
    const Flat batch = message_.table(2);
    OG_ASSIGN_OR_RETURN(Parts parts, parts_of(batch, batch_body_, owned_));
    const auto rows = batch.number<std::int64_t>(0);
    if (bad_ || rows < 0) return damaged();
    for (const Field& field : fields_) {
      OG_ASSIGN_OR_RETURN(auto array, take_array(field, parts, field.dictionary >= 0));
      if (array->rows != static_cast<std::uint64_t>(rows)) return damaged();
      arrays_.push_back(std::move(array));
    }
    rows_ = static_cast<std::uint64_t>(rows);
    row_ = 0;
    return {};
  }

  struct Dictionary {
    std::string body;
    std::vector<std::unique_ptr<std::string>> owned;
    Field field;
    std::shared_ptr<Array> values;
  };

  static const Field* with_dictionary(const std::vector<Field>& fields, std::int64_t id) {
    for (const Field& field : fields) {
      if (field.dictionary == id) return &field;
      if (const Field* below = with_dictionary(field.children, id)) return below;
    }
    return nullptr;
  }

  Status read_dictionary() {
    const Flat batch = message_.table(2);
    const auto id = batch.number<std::int64_t>(0);
    const Field* field = with_dictionary(fields_, id);
    if (field == nullptr || bad_) return damaged();
    if (batch.number<std::uint8_t>(2) != 0) {
      return file_->refuse("its dictionaries grow, which is not read");
    }
    auto made = std::make_unique<Dictionary>();
    made->body = std::move(body_);
    made->field = *field;
    OG_ASSIGN_OR_RETURN(Parts parts, parts_of(batch.table(1), made->body, made->owned));
    OG_ASSIGN_OR_RETURN(made->values, take_array(made->field, parts, false));
    dictionaries_[id] = std::move(made);
    return {};
  }

  template <typename T>
  static T at(std::string_view data, std::uint64_t i) {
    T value;
    std::memcpy(&value, data.data() + i * sizeof value, sizeof value);
    return value;
  }

  // The number at `row` of an integer array `width` bits wide.
  static std::int64_t integer(std::string_view data, std::uint64_t row, int width, bool is_signed) {
    switch (width) {
      case 8:
        return is_signed ? std::int64_t{at<std::int8_t>(data, row)} : at<std::uint8_t>(data, row);
      case 16:
        return is_signed ? std::int64_t{at<std::int16_t>(data, row)} : at<std::uint16_t>(data, row);
      case 32:
        return is_signed ? std::int64_t{at<std::int32_t>(data, row)} : at<std::uint32_t>(data, row);
      default:
        return at<std::int64_t>(data, row);
    }
  }

  Status append(const Array& array, std::uint64_t row, ColumnBuilder& out) {
    if (!array.present(row)) {
      out.append_null();
      return {};
    }
    const Field& field = *array.field;
    if (field.dictionary >= 0 && array.offsets.empty() && !is_dictionary_value(array)) {
      const auto known = dictionaries_.find(field.dictionary);
      const std::int64_t code = integer(array.data, row, field.index_width, field.index_signed);
      if (known == dictionaries_.end() || code < 0 ||
          static_cast<std::uint64_t>(code) >= known->second->values->rows) {
        return damaged();
      }
      return append_plain(*known->second->values, static_cast<std::uint64_t>(code), out);
    }
    return append_plain(array, row, out);
  }

  bool is_dictionary_value(const Array& array) const {
    const auto known = dictionaries_.find(array.field->dictionary);
    return known != dictionaries_.end() && known->second->values.get() == &array;
  }

  Result<std::pair<std::uint64_t, std::uint64_t>> span(const Array& array, std::uint64_t row,
                                                       std::uint64_t limit) const {
    const int kind = array.field->kind;
    const bool large = kind == kLargeUtf8 || kind == kLargeBinary || kind == kLargeList;
    const std::int64_t begin =
        large ? at<std::int64_t>(array.offsets, row) : at<std::int32_t>(array.offsets, row);
    const std::int64_t end =
        large ? at<std::int64_t>(array.offsets, row + 1) : at<std::int32_t>(array.offsets, row + 1);
    if (begin < 0 || end < begin || static_cast<std::uint64_t>(end) > limit) return damaged();
    return std::pair(static_cast<std::uint64_t>(begin), static_cast<std::uint64_t>(end));
  }

  Status append_plain(const Array& array, std::uint64_t row, ColumnBuilder& out) {
    if (!array.present(row)) {
      out.append_null();
      return {};
    }
    const Field& field = *array.field;
    switch (field.kind) {
      case kUtf8:
      case kLargeUtf8:
      case kBinary:
      case kLargeBinary: {
        OG_ASSIGN_OR_RETURN(const auto where, span(array, row, array.data.size()));
        out.append_text(array.data.substr(where.first, where.second - where.first));
        return {};
      }
      case kFixedSizeBinary: {
        const auto width = static_cast<std::uint64_t>(field.width);
        out.append_text(array.data.substr(row * width, width));
        return {};
      }
      case kBool:
        out.append_bool((static_cast<unsigned char>(array.data[row / 8]) >> (row % 8) & 1) != 0);
        return {};
      case kInt: {
        const std::int64_t value = integer(array.data, row, field.width, field.is_signed);
        if (field.width == 64) {
          field.is_signed ? out.append_i64(value)
                          : out.append_u64(static_cast<std::uint64_t>(value));
        } else {
          field.is_signed ? out.append_i32(static_cast<std::int32_t>(value))
                          : out.append_u32(static_cast<std::uint32_t>(value));
        }
        return {};
      }
      case kFloatingPoint:
        field.width == 32 ? out.append_f32(at<float>(array.data, row))
                          : out.append_f64(at<double>(array.data, row));
        return {};
      case kDate:
        field.days ? out.append_i32(at<std::int32_t>(array.data, row))
                   : out.append_i64(at<std::int64_t>(array.data, row));
        return {};
      case kTimestamp: {
        const auto units = at<std::int64_t>(array.data, row);
        std::int64_t millis = units / field.divisor;
        if (units % field.divisor < 0) --millis;
        if (field.factor != 1 &&
            (millis > std::numeric_limits<std::int64_t>::max() / field.factor ||
             millis < std::numeric_limits<std::int64_t>::min() / field.factor)) {
          return damaged();
        }
        out.append_i64(millis * field.factor);
        return {};
      }
      case kList:
      case kLargeList:
      case kFixedSizeList: {
        std::pair<std::uint64_t, std::uint64_t> where;
        if (field.kind == kFixedSizeList) {
          const auto width = static_cast<std::uint64_t>(field.width);
          where = {row * width, (row + 1) * width};
          if (where.second > array.child->rows) return damaged();
        } else {
          OG_ASSIGN_OR_RETURN(where, span(array, row, array.child->rows));
        }
        out.begin_list();
        for (std::uint64_t i = where.first; i < where.second; ++i) {
          OG_RETURN_IF_ERROR(append(*array.child, i, out));
        }
        out.end_list();
        return {};
      }
      default:
        return damaged();
    }
  }

  std::shared_ptr<const TableFile> file_;
  std::uint64_t at_ = 0;
  bool bad_ = false;
  std::string metadata_, body_;
  Flat message_;
  std::vector<Field> fields_;
  std::vector<std::string> names_;
  std::vector<bool> wanted_;
  std::string batch_body_;
  std::vector<std::unique_ptr<std::string>> owned_;
  std::vector<std::shared_ptr<Array>> arrays_;  // of the batch at hand
  std::uint64_t row_ = 0, rows_ = 0;
  std::map<std::int64_t, std::unique_ptr<Dictionary>> dictionaries_;
};

}  // namespace
}  // namespace arrow

Result<std::unique_ptr<ColumnTable>> open_arrow(std::shared_ptr<const TableFile> file) {
  auto table = std::make_unique<arrow::ArrowTable>(std::move(file));
  OG_RETURN_IF_ERROR(table->open());
  return std::unique_ptr<ColumnTable>(std::move(table));
}

}  // namespace omnigraph
