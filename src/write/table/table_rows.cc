#include "write/table/table_rows.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "common/json_writer.h"
#include "write/blob_value.h"
#include "write/load/compressed_source.h"
#include "write/load/json_record.h"
#include "write/table/csv.h"

namespace omnigraph {
namespace {

using Kind = ColumnTarget::Kind;

constexpr std::size_t kLinesAtOnce = std::size_t{256} << 10;  // bytes of lines made ahead
constexpr double kExactIntegers = 9007199254740992.0;         // 2^53

bool wants_integer(const ColumnTarget& target) {
  if (target.kind != Kind::kProperty) return false;
  const ScalarType type = target.property->type.scalar;
  return type == ScalarType::kI32 || type == ScalarType::kI64 || type == ScalarType::kU32 ||
         type == ScalarType::kU64;
}

bool wants_text(const ColumnTarget& target) {
  return target.kind != Kind::kProperty || target.property->type.scalar == ScalarType::kString;
}

// Whether a text is a JSON number.
bool is_number(std::string_view text) {
  if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) return false;
  JsonReader reader;
  return reader.read_whole(text, true) && reader.tokens().size() == 1;
}

template <typename T>
void append_digits(std::string& out, T value, bool quoted) {
  char digits[24];
  const char* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  if (quoted) out += '"';
  out.append(digits, static_cast<std::size_t>(end - digits));
  if (quoted) out += '"';
}

void append_real(std::string& out, const ColumnTarget& target, double value) {
  const bool whole =
      std::isfinite(value) && value == std::trunc(value) && std::fabs(value) <= kExactIntegers;
  // Whole numbers often come as floats, because those have room for missing ones.
  if (whole && (wants_integer(target) || wants_text(target))) {
    return append_digits(out, static_cast<std::int64_t>(value), wants_text(target));
  }
  JsonWriter::append_double(out, value);
}

// Lines of a ColumnTable.
class ColumnLines {
 public:
  ColumnLines(std::unique_ptr<ColumnTable> table, TableMapping mapping)
      : table_(std::move(table)), mapping_(std::move(mapping)) {}

  // Appends lines; false at the end.
  Result<bool> append(std::string& out) {
    OG_ASSIGN_OR_RETURN(const TableBatch batch, table_->next());
    for (std::uint32_t row = 0; row < batch.rows; ++row) {
      append_line(
          out, mapping_,
          [&](std::size_t column) {
            const Column* cells = batch.columns[column].get();
            return cells != nullptr && !cells->is_null(row);
          },
          [&](std::size_t column) {
            append_cell_value(out, mapping_.targets[column], *batch.columns[column], row);
          });
    }
    return batch.rows > 0;
  }

  // One record; `present(column)` says whether there is a value, `value(column)` appends it.
  template <typename Present, typename Append>
  static void append_line(std::string& out, const TableMapping& mapping, const Present& present,
                          const Append& value) {
    out += mapping.is_edge ? "{\"edge\":" : "{\"type\":";
    JsonWriter::append_string(out, mapping.type->name);
    for (const Kind end : {Kind::kFrom, Kind::kTo}) {
      for (std::size_t i = 0; i < mapping.targets.size(); ++i) {
        if (mapping.targets[i].kind != end || !present(i)) continue;
        out += end == Kind::kFrom ? ",\"from\":" : ",\"to\":";
        value(i);
      }
    }
    out += ",\"data\":{";
    bool first = true;
    for (std::size_t i = 0; i < mapping.targets.size(); ++i) {
      const ColumnTarget& target = mapping.targets[i];
      if ((target.kind != Kind::kId && target.kind != Kind::kProperty) || !present(i)) continue;
      if (!first) out += ',';
      first = false;
      JsonWriter::append_string(out, target.kind == Kind::kId ? "id" : target.property->name);
      out += ':';
      value(i);
    }
    out += "}}\n";
  }

 private:
  std::unique_ptr<ColumnTable> table_;
  TableMapping mapping_;
};

// Lines of a CSV text.
class CsvLines {
 public:
  CsvLines(std::unique_ptr<CsvReader> reader, TableMapping mapping)
      : reader_(std::move(reader)), mapping_(std::move(mapping)) {}

  Result<bool> append(std::string& out) {
    const std::size_t wanted = out.size() + kLinesAtOnce;
    while (out.size() < wanted) {
      OG_ASSIGN_OR_RETURN(const bool more, reader_->next(fields_));
      if (!more) return false;
      ++row_;
      if (fields_.size() != mapping_.targets.size()) {
        return bad_request("cannot read '" + reader_->name() + "': row " + std::to_string(row_) +
                           " has " + std::to_string(fields_.size()) + " fields, the header has " +
                           std::to_string(mapping_.targets.size()));
      }
      ColumnLines::append_line(
          out, mapping_,
          [&](std::size_t i) { return fields_[i].quoted || !fields_[i].text.empty(); },
          [&](std::size_t i) { append_text_value(out, mapping_.targets[i], fields_[i].text); });
    }
    return true;
  }

 private:
  std::unique_ptr<CsvReader> reader_;
  TableMapping mapping_;
  std::vector<CsvField> fields_;
  std::uint64_t row_ = 0;
};

// Lines as bytes.
template <typename Lines>
class LineSource final : public LoadSource {
 public:
  LineSource(Lines lines, CatalogPtr catalog)
      : catalog_(std::move(catalog)), lines_(std::move(lines)) {}

  Result<std::size_t> read(char* out, std::size_t size) override {
    while (given_ == text_.size()) {
      if (ended_) return std::size_t{0};
      text_.clear();
      given_ = 0;
      OG_ASSIGN_OR_RETURN(const bool more, lines_.append(text_));
      ended_ = !more;
    }
    const std::size_t n = std::min(size, text_.size() - given_);
    std::memcpy(out, text_.data() + given_, n);
    given_ += n;
    return n;
  }

 private:
  CatalogPtr catalog_;  // the mapping points into it
  Lines lines_;
  std::string text_;
  std::size_t given_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<TableMapping> map_columns(const TableInput& input, const Catalog& catalog,
                                 const std::vector<std::string>& columns) {
  TableMapping mapping;
  const NodeType* node = catalog.node(input.type);
  const EdgeType* edge = node == nullptr ? catalog.edge(input.type) : nullptr;
  if (node == nullptr && edge == nullptr) {
    return bad_request("unknown node or edge type '" + input.type + "'");
  }
  mapping.is_edge = edge != nullptr;
  mapping.type = mapping.is_edge ? static_cast<const EntityType*>(edge) : node;
  mapping.targets.resize(columns.size());
  if (columns.size() > kMaxTableColumns) {
    return bad_request("the table has " + std::to_string(columns.size()) + " columns; at most " +
                       std::to_string(kMaxTableColumns) + " are read");
  }
  // The declared ones first: they take their column away from the name it has.
  const auto target_of = [&](const std::string& name) -> std::optional<ColumnTarget> {
    if (const Property* property = mapping.type->find(name)) {
      return ColumnTarget{Kind::kProperty, property};
    }
    if (name == "id") return ColumnTarget{Kind::kId, nullptr};
    if (mapping.is_edge && name == "from") return ColumnTarget{Kind::kFrom, nullptr};
    if (mapping.is_edge && name == "to") return ColumnTarget{Kind::kTo, nullptr};
    return std::nullopt;
  };
  std::vector<std::string> taken;
  std::vector<bool> mapped(columns.size());
  for (const auto& [name, column] : input.columns) {
    const auto at = std::find(columns.begin(), columns.end(), column);
    if (at == columns.end()) {
      return bad_request("the table has no column '" + column + "', which is to be '" + name + "'");
    }
    const auto target = target_of(name);
    if (!target) {
      return bad_request("column '" + column + "' is to be '" + name + "', which type '" +
                         mapping.type->name + "' does not have");
    }
    if (std::find(taken.begin(), taken.end(), name) != taken.end()) {
      return bad_request("two columns are to be '" + name + "'");
    }
    const auto index = static_cast<std::size_t>(at - columns.begin());
    if (mapped[index]) return bad_request("column '" + column + "' is mapped twice");
    taken.push_back(name);
    mapped[index] = true;
    mapping.targets[index] = *target;
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (mapped[i]) continue;
    const bool free = std::find(taken.begin(), taken.end(), columns[i]) == taken.end();
    const auto target = free ? target_of(columns[i]) : std::nullopt;
    if (target) {
      taken.push_back(columns[i]);
      mapping.targets[i] = *target;
    } else if (!input.ignore_unknown) {
      return bad_request("column '" + columns[i] + "' is no property of '" + mapping.type->name +
                         "': give it a place with --map PROPERTY=" + columns[i] +
                         ", or leave such columns out with --ignore-unknown");
    }
  }
  for (const char* end : {"from", "to"}) {
    if (!mapping.is_edge || std::find(taken.begin(), taken.end(), end) != taken.end()) continue;
    return bad_request("the table has no column '" + std::string(end) + "' for the ends of '" +
                       mapping.type->name + "': name one with --map " + end + "=COLUMN");
  }
  return mapping;
}

void append_text_value(std::string& out, const ColumnTarget& target, std::string_view text) {
  if (wants_text(target) && !(target.property != nullptr && target.property->type.list)) {
    return JsonWriter::append_string(out, text);
  }
  const PropertyType& type = target.property->type;
  if (type.list || type.scalar == ScalarType::kVector) {
    // A JSON array; anything else is refused as what it is.
    JsonReader reader;
    const bool array = text.starts_with('[') &&
                       text.find_first_of("\n\r") == std::string_view::npos &&
                       reader.read_whole(text, false);
    if (array) {
      out += text;
      return;
    }
    return JsonWriter::append_string(out, text);
  }
  switch (type.scalar) {
    case ScalarType::kBool: {
      std::string lower(text);
      for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      if (lower == "true" || lower == "false") {
        out += lower;
        return;
      }
      break;
    }
    case ScalarType::kI32:
    case ScalarType::kI64:
    case ScalarType::kU32:
    case ScalarType::kU64:
    case ScalarType::kF32:
    case ScalarType::kF64:
      if (is_number(text)) {
        out += text;
        return;
      }
      break;
    default:
      break;
  }
  JsonWriter::append_string(out, text);
}

void append_cell_value(std::string& out, const ColumnTarget& target, const Column& column,
                       std::size_t row) {
  const bool text = wants_text(target);
  switch (column.layout) {
    case Column::Layout::kAllNull:
      out += "null";
      return;
    case Column::Layout::kList:
      out += '[';
      for (std::uint32_t i = column.offsets[row]; i < column.offsets[row + 1]; ++i) {
        if (i > column.offsets[row]) out += ',';
        if (column.child->is_null(i)) {
          out += "null";
        } else {
          append_cell_value(out, target, *column.child, i);
        }
      }
      out += ']';
      return;
    case Column::Layout::kVector:
    case Column::Layout::kString:
    case Column::Layout::kDictionary:
      if (column.type == ScalarType::kBlob && target.kind == Kind::kProperty &&
          target.property->type.scalar == ScalarType::kBlob) {
        out += "\"base64:";
        append_base64(out, column.text(row));
        out += '"';
      } else {
        JsonWriter::append_string(out, column.text(row));
      }
      return;
    case Column::Layout::kFixed:
      break;
  }
  switch (column.type) {
    case ScalarType::kBool:
      out += column.fixed<std::uint8_t>()[row] != 0 ? "true" : "false";
      return;
    case ScalarType::kI32:
      return append_digits(out, column.fixed<std::int32_t>()[row], text);
    case ScalarType::kI64:
      return append_digits(out, column.fixed<std::int64_t>()[row], text);
    case ScalarType::kU32:
      return append_digits(out, column.fixed<std::uint32_t>()[row], text);
    case ScalarType::kU64:
      return append_digits(out, column.fixed<std::uint64_t>()[row], text);
    case ScalarType::kF32:
      return append_real(out, target, static_cast<double>(column.fixed<float>()[row]));
    case ScalarType::kF64:
      return append_real(out, target, column.fixed<double>()[row]);
    case ScalarType::kDate:
      // As text it is a day for a Date and midnight for a DateTime.
      return JsonWriter::append_date(out, column.fixed<std::int32_t>()[row]);
    case ScalarType::kDateTime:
      return JsonWriter::append_datetime(out, column.fixed<std::int64_t>()[row]);
    default:
      out += "null";
  }
}

Result<std::shared_ptr<const TableFile>> TableFile::open(const std::string& path) {
  auto file = std::make_shared<TableFile>();
  file->name_ = path == "-" ? "standard input" : path;
  FileDescriptor fd(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return system_error(errno, "cannot read", file->name_);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return system_error(errno, "cannot read", file->name_);
  if (!S_ISREG(info.st_mode)) {
    std::FILE* const copy = std::tmpfile();
    if (copy == nullptr) return system_error(errno, "cannot copy", file->name_);
    FileDescriptor out(::dup(::fileno(copy)));
    std::fclose(copy);
    std::vector<char> buffer(std::size_t{1} << 20);
    std::uint64_t at = 0;
    for (;;) {
      const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error(errno, "cannot read", file->name_);
      if (got == 0) break;
      OG_RETURN_IF_ERROR(
          write_all_at(out.get(), {buffer.data(), static_cast<std::size_t>(got)}, at, file->name_));
      at += static_cast<std::uint64_t>(got);
    }
    fd = std::move(out);
    file->size_ = at;
  } else {
    file->size_ = static_cast<std::uint64_t>(info.st_size);
  }
  file->fd_ = std::move(fd);
  return std::shared_ptr<const TableFile>(std::move(file));
}

Result<std::string> TableFile::read(std::uint64_t offset, std::uint64_t size) const {
  if (offset > size_ || size > size_ - offset) return refuse("it ends early");
  std::string bytes(size, '\0');
  OG_ASSIGN_OR_RETURN(const std::size_t got,
                      read_at(fd_.get(), bytes.data(), bytes.size(), offset, name_));
  if (got != size) return refuse("it ends early");
  return bytes;
}

namespace {

// A TableFile from its begin.
class FileText final : public LoadSource {
 public:
  explicit FileText(std::shared_ptr<const TableFile> file) : file_(std::move(file)) {}
  Result<std::size_t> read(char* out, std::size_t size) override {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(size, file_->size() - at_));
    OG_ASSIGN_OR_RETURN(const std::string bytes, file_->read(at_, n));
    std::memcpy(out, bytes.data(), n);
    at_ += n;
    return n;
  }

 private:
  std::shared_ptr<const TableFile> file_;
  std::uint64_t at_ = 0;
};

}  // namespace

Result<std::unique_ptr<LoadSource>> open_table_source(const std::string& path,
                                                      const TableInput& input, CatalogPtr catalog) {
  OG_ASSIGN_OR_RETURN(const auto file, TableFile::open(path));
  OG_ASSIGN_OR_RETURN(const std::string head,
                      file->read(0, std::min<std::uint64_t>(file->size(), 8)));
  std::unique_ptr<ColumnTable> table;
  if (head.starts_with("PAR1") || head.starts_with("PARE")) {
    OG_ASSIGN_OR_RETURN(table, open_parquet(file));
  } else if (head.starts_with("ARROW1") || head.starts_with("\xFF\xFF\xFF\xFF")) {
    OG_ASSIGN_OR_RETURN(table, open_arrow(file));
  }
  if (table) {
    OG_ASSIGN_OR_RETURN(TableMapping mapping, map_columns(input, *catalog, table->columns()));
    std::vector<bool> wanted;
    for (const ColumnTarget& target : mapping.targets) {
      wanted.push_back(target.kind != Kind::kNowhere);
    }
    OG_RETURN_IF_ERROR(table->choose(wanted));
    return std::unique_ptr<LoadSource>(std::make_unique<LineSource<ColumnLines>>(
        ColumnLines(std::move(table), std::move(mapping)), std::move(catalog)));
  }
  OG_ASSIGN_OR_RETURN(auto text, decompressed(std::make_unique<FileText>(file), file->name()));
  auto reader = std::make_unique<CsvReader>(std::move(text), file->name());
  std::vector<CsvField> header;
  OG_ASSIGN_OR_RETURN(const bool there, reader->next(header));
  if (!there) return file->refuse("it is empty; the first row names the columns");
  std::vector<std::string> names;
  for (const CsvField& field : header) names.push_back(field.text);
  OG_ASSIGN_OR_RETURN(TableMapping mapping, map_columns(input, *catalog, names));
  return std::unique_ptr<LoadSource>(std::make_unique<LineSource<CsvLines>>(
      CsvLines(std::move(reader), std::move(mapping)), std::move(catalog)));
}

}  // namespace omnigraph
