// Results through the Arrow C data interface. Fixed-width values, validity bitmaps, text bytes and
// offsets are handed out where they lie; booleans are packed to bits, dictionary-coded text is
// spelled out, and columns without any value get buffers of zeros, so that the schema of a query
// never depends on its data.
#include <cstring>
#include <limits>
#include <memory>

#include "graph/result_data.h"

namespace omnigraph {
namespace {

// ---- schema ----

struct SchemaHolder {
  std::string format, name;
  std::vector<std::unique_ptr<ArrowSchema>> children;
  std::vector<ArrowSchema*> pointers;
};

void release_schema(ArrowSchema* schema) {
  for (std::int64_t i = 0; i < schema->n_children; ++i) {
    ArrowSchema* child = schema->children[i];
    if (child->release != nullptr) child->release(child);
  }
  delete static_cast<SchemaHolder*>(schema->private_data);
  schema->release = nullptr;
}

void fill_schema(ArrowSchema* out, std::string format, std::string name, bool nullable,
                 std::vector<std::unique_ptr<ArrowSchema>> children) {
  auto holder = std::make_unique<SchemaHolder>();
  holder->format = std::move(format);
  holder->name = std::move(name);
  holder->children = std::move(children);
  for (const auto& child : holder->children) holder->pointers.push_back(child.get());
  *out = {};
  out->format = holder->format.c_str();
  out->name = holder->name.c_str();
  out->flags = nullable ? ARROW_FLAG_NULLABLE : 0;
  out->n_children = static_cast<std::int64_t>(holder->pointers.size());
  out->children = holder->pointers.empty() ? nullptr : holder->pointers.data();
  out->release = release_schema;
  out->private_data = holder.release();
}

const char* scalar_format(ScalarType type) {
  switch (type) {
    case ScalarType::kString:
    case ScalarType::kBlob:
      return "u";
    case ScalarType::kBool:
      return "b";
    case ScalarType::kI32:
      return "i";
    case ScalarType::kI64:
      return "l";
    case ScalarType::kU32:
      return "I";
    case ScalarType::kU64:
      return "L";
    case ScalarType::kF32:
      return "f";
    case ScalarType::kF64:
      return "g";
    case ScalarType::kDate:
      return "tdD";
    case ScalarType::kDateTime:
      return "tsm:UTC";
    case ScalarType::kVector:
      return "f";
  }
  return "n";
}

std::unique_ptr<ArrowSchema> column_schema(const std::string& name, const PropertyType& type) {
  auto schema = std::make_unique<ArrowSchema>();
  std::vector<std::unique_ptr<ArrowSchema>> children;
  std::string format = scalar_format(type.scalar);
  if (type.list || type.scalar == ScalarType::kVector) {
    children.push_back(std::make_unique<ArrowSchema>());
    fill_schema(children.back().get(), format, "item", false, {});
    format = type.list ? "+l" : "+w:" + std::to_string(type.dimension);
  }
  // Any column may hold nulls at an older snapshot, whatever the schema says today.
  fill_schema(schema.get(), std::move(format), name, true, std::move(children));
  return schema;
}

// ---- arrays ----

// Buffers of one column, shared by all batches cut from it.
struct ColumnBuffers {
  ColumnPtr column;                               // keeps borrowed buffers alive
  std::vector<std::vector<std::uint64_t>> owned;  // converted ones, 8-byte aligned
  std::vector<const void*> buffers;               // in the order of Arrow's layout
  std::int64_t null_count = 0;
  std::shared_ptr<const ColumnBuffers> child;
  std::uint32_t child_rows_per_row = 0;  // fixed-size lists

  template <typename T>
  T* own(std::size_t count) {
    owned.emplace_back((count * sizeof(T) + 7) / 8);
    // An empty vector may have no address, and consumers want one.
    if (owned.back().empty()) owned.back().emplace_back();
    return reinterpret_cast<T*>(owned.back().data());
  }
};
using ColumnBuffersPtr = std::shared_ptr<const ColumnBuffers>;

Error text_too_long() {
  return Error(ErrorCode::kResourceExhausted,
               "a column's text or lists pass 2147483647 bytes or elements, the limit of one Arrow "
               "batch; ask for fewer entities");
}

Result<ColumnBuffersPtr> convert(const ColumnPtr& column, const PropertyType& type,
                                 std::uint32_t rows);

// Spells a dictionary-coded column out.
Status convert_dictionary(const Column& column, ColumnBuffers& out) {
  std::uint64_t bytes = 0;
  for (std::size_t row = 0; row < column.rows; ++row) {
    if (!column.is_null(row)) bytes += column.text(row).size();
  }
  if (bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max())) {
    return text_too_long();
  }
  auto* offsets = out.own<std::int32_t>(column.rows + std::size_t{1});
  auto* text = out.own<char>(static_cast<std::size_t>(bytes));
  std::size_t at = 0;
  for (std::size_t row = 0; row < column.rows; ++row) {
    offsets[row] = static_cast<std::int32_t>(at);
    if (column.is_null(row)) continue;
    const std::string_view value = column.text(row);
    if (!value.empty()) std::memcpy(text + at, value.data(), value.size());
    at += value.size();
  }
  offsets[column.rows] = static_cast<std::int32_t>(at);
  out.buffers.push_back(offsets);
  out.buffers.push_back(text);
  return {};
}

// Buffers of zeros under a validity bitmap without a bit.
Status convert_all_null(const PropertyType& type, std::uint32_t rows, ColumnBuffers& out) {
  out.null_count = rows;
  out.buffers.push_back(out.own<std::uint64_t>((rows + 63) / 64));
  if (type.list) {
    out.buffers.push_back(out.own<std::int32_t>(rows + std::size_t{1}));
    PropertyType element = type;
    element.list = false;
    OG_ASSIGN_OR_RETURN(out.child, convert(all_null_column(element, 0), element, 0));
  } else if (type.scalar == ScalarType::kVector) {
    auto child = std::make_shared<ColumnBuffers>();
    child->buffers = {nullptr, child->own<float>(std::size_t{rows} * type.dimension)};
    out.child = std::move(child);
    out.child_rows_per_row = type.dimension;
  } else if (type.scalar == ScalarType::kString || type.scalar == ScalarType::kBlob) {
    out.buffers.push_back(out.own<std::int32_t>(rows + std::size_t{1}));
    out.buffers.push_back(out.own<char>(0));
  } else {
    const std::size_t width = type.scalar == ScalarType::kBool ? 1 : fixed_width(type.scalar);
    out.buffers.push_back(out.own<char>(width * rows));
  }
  return {};
}

Result<ColumnBuffersPtr> convert(const ColumnPtr& column, const PropertyType& type,
                                 std::uint32_t rows) {
  auto out = std::make_shared<ColumnBuffers>();
  out->column = column;
  if (column->layout == Column::Layout::kAllNull) {
    OG_RETURN_IF_ERROR(convert_all_null(type, rows, *out));
    return ColumnBuffersPtr(std::move(out));
  }
  out->null_count = column->null_count;
  out->buffers.push_back(column->validity);  // same bit order; Arrow allows null for "all present"
  constexpr auto kMaxOffset = static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max());
  switch (column->layout) {
    case Column::Layout::kFixed:
      if (column->type == ScalarType::kBool) {
        auto* bits = out->own<std::uint64_t>((std::size_t{rows} + 63) / 64);
        const auto values = column->fixed<std::uint8_t>();
        for (std::size_t row = 0; row < rows; ++row) {
          if (values[row] != 0) bits[row >> 6] |= std::uint64_t{1} << (row & 63);
        }
        out->buffers.push_back(bits);
      } else {
        out->buffers.push_back(column->values);
      }
      break;
    case Column::Layout::kString:
      if (column->offsets[rows] > kMaxOffset) return text_too_long();
      out->buffers.push_back(column->offsets);
      out->buffers.push_back(column->bytes != nullptr ? column->bytes : out->own<char>(0));
      break;
    case Column::Layout::kDictionary:
      OG_RETURN_IF_ERROR(convert_dictionary(*column, *out));
      break;
    case Column::Layout::kList: {
      if (column->offsets[rows] > kMaxOffset) return text_too_long();
      out->buffers.push_back(column->offsets);
      PropertyType element = type;
      element.list = false;
      OG_ASSIGN_OR_RETURN(out->child, convert(column->child, element, column->child->rows));
      break;
    }
    case Column::Layout::kVector: {
      auto child = std::make_shared<ColumnBuffers>();
      child->column = column;
      child->buffers = {nullptr, column->values};
      out->child = std::move(child);
      out->child_rows_per_row = column->dimension;
      break;
    }
    case Column::Layout::kAllNull:
      break;  // above
  }
  return ColumnBuffersPtr(std::move(out));
}

struct ArrayHolder {
  ColumnBuffersPtr column;  // null for the struct itself
  std::vector<const void*> buffers;
  std::vector<std::unique_ptr<ArrowArray>> children;
  std::vector<ArrowArray*> pointers;
};

void release_array(ArrowArray* array) {
  for (std::int64_t i = 0; i < array->n_children; ++i) {
    ArrowArray* child = array->children[i];
    if (child->release != nullptr) child->release(child);
  }
  delete static_cast<ArrayHolder*>(array->private_data);
  array->release = nullptr;
}

void fill_array(ArrowArray* out, std::unique_ptr<ArrayHolder> holder, std::int64_t length,
                std::int64_t offset, std::int64_t null_count) {
  for (const auto& child : holder->children) holder->pointers.push_back(child.get());
  *out = {};
  out->length = length;
  out->offset = offset;
  out->null_count = null_count;
  out->n_buffers = static_cast<std::int64_t>(holder->buffers.size());
  out->buffers = holder->buffers.data();
  out->n_children = static_cast<std::int64_t>(holder->pointers.size());
  out->children = holder->pointers.empty() ? nullptr : holder->pointers.data();
  out->release = release_array;
  out->private_data = holder.release();
}

// Rows [offset, offset + length) of a converted column.
std::unique_ptr<ArrowArray> column_array(const ColumnBuffersPtr& column, std::int64_t offset,
                                         std::int64_t length, bool whole) {
  auto holder = std::make_unique<ArrayHolder>();
  holder->column = column;
  holder->buffers = column->buffers;
  if (column->child) {
    // A list's child is whole and found by offsets; a fixed-size list's child is addressed by the
    // parent's offset times its width.
    const std::int64_t child_rows =
        column->child_rows_per_row > 0
            ? (offset + length) * static_cast<std::int64_t>(column->child_rows_per_row)
            : static_cast<std::int64_t>(column->child->column->rows);
    holder->children.push_back(column_array(column->child, 0, child_rows, true));
  }
  auto array = std::make_unique<ArrowArray>();
  const bool no_nulls = column->null_count == 0;
  fill_array(array.get(), std::move(holder), length, offset,
             whole || no_nulls ? column->null_count : -1);
  return array;
}

Result<std::vector<ColumnBuffersPtr>> convert_all(const ResultSet::Data& data) {
  std::vector<ColumnBuffersPtr> columns;
  columns.reserve(data.columns.size());
  for (const ResultColumn& column : data.columns) {
    OG_ASSIGN_OR_RETURN(ColumnBuffersPtr converted,
                        convert(column.values, column.type, static_cast<std::uint32_t>(data.rows)));
    columns.push_back(std::move(converted));
  }
  return columns;
}

void struct_array(ArrowArray* out, const std::vector<ColumnBuffersPtr>& columns, std::size_t offset,
                  std::size_t rows, bool whole) {
  auto holder = std::make_unique<ArrayHolder>();
  holder->buffers = {nullptr};
  for (const ColumnBuffersPtr& column : columns) {
    holder->children.push_back(column_array(column, static_cast<std::int64_t>(offset),
                                            static_cast<std::int64_t>(rows), whole));
  }
  fill_array(out, std::move(holder), static_cast<std::int64_t>(rows), 0, 0);
}

// ---- stream ----

struct StreamHolder {
  ResultSet result;
  std::vector<ColumnBuffersPtr> columns;
  std::size_t batch_rows;
  std::size_t next = 0;
  std::string last_error;
};

int stream_schema(ArrowArrayStream* stream, ArrowSchema* out) {
  auto* holder = static_cast<StreamHolder*>(stream->private_data);
  const Status exported = holder->result.export_schema(out);
  if (exported.ok()) return 0;
  holder->last_error = exported.error().message();
  return EINVAL;
}

int stream_next(ArrowArrayStream* stream, ArrowArray* out) {
  auto* holder = static_cast<StreamHolder*>(stream->private_data);
  const std::size_t rows = holder->result.rows();
  if (holder->next >= rows) {
    *out = {};  // a released array marks the end
    return 0;
  }
  const std::size_t count = std::min(holder->batch_rows, rows - holder->next);
  struct_array(out, holder->columns, holder->next, count, count == rows);
  holder->next += count;
  return 0;
}

const char* stream_error(ArrowArrayStream* stream) {
  const auto* holder = static_cast<StreamHolder*>(stream->private_data);
  return holder->last_error.empty() ? nullptr : holder->last_error.c_str();
}

void release_stream(ArrowArrayStream* stream) {
  delete static_cast<StreamHolder*>(stream->private_data);
  stream->release = nullptr;
}

}  // namespace

Status ResultSet::export_schema(ArrowSchema* out) const {
  std::vector<std::unique_ptr<ArrowSchema>> children;
  for (const ResultColumn& column : data_->columns) {
    children.push_back(column_schema(column.name, column.type));
  }
  fill_schema(out, "+s", "", false, std::move(children));
  return {};
}

Status ResultSet::export_array(ArrowArray* out) const {
  OG_ASSIGN_OR_RETURN(const std::vector<ColumnBuffersPtr> columns, convert_all(*data_));
  struct_array(out, columns, 0, data_->rows, true);
  return {};
}

Status ResultSet::export_stream(ArrowArrayStream* out, std::size_t batch_rows) const {
  if (batch_rows == 0) return bad_request("batch_rows must be positive");
  OG_ASSIGN_OR_RETURN(std::vector<ColumnBuffersPtr> columns, convert_all(*data_));
  *out = {};
  out->get_schema = stream_schema;
  out->get_next = stream_next;
  out->get_last_error = stream_error;
  out->release = release_stream;
  out->private_data = new StreamHolder{
      .result = *this, .columns = std::move(columns), .batch_rows = batch_rows, .last_error = {}};
  return {};
}

}  // namespace omnigraph
