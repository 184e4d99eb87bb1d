// Access to a result and its JSON forms. Text forms for people are in result_text.cc, Arrow in
// result_arrow.cc.
#include "omnigraph/result_set.h"

#include "common/json_writer.h"
#include "graph/cell_text.h"
#include "graph/result_data.h"
#include "graph/result_text.h"

namespace omnigraph {
namespace {

// A sink gets its text in pieces of about this size.
constexpr std::size_t kPieceBytes = 64 * 1024;

Status drain(std::string& buffer, const TextSink& sink, std::size_t at_least) {
  if (buffer.size() < at_least || buffer.empty()) return {};
  OG_RETURN_IF_ERROR(sink(buffer));
  buffer.clear();
  return {};
}

// Members of a row object: a name that repeats keeps its first place and its last value.
std::vector<std::size_t> row_members(const ResultSet::Data& data) {
  std::vector<std::size_t> members;
  for (std::size_t column = 0; column < data.columns.size(); ++column) {
    bool repeated = false;
    for (std::size_t& member : members) {
      if (data.columns[member].name != data.columns[column].name) continue;
      member = column;
      repeated = true;
    }
    if (!repeated) members.push_back(column);
  }
  return members;
}

void write_row(JsonWriter& json, std::string& cell, const ResultSet::Data& data,
               const std::vector<std::size_t>& members, std::size_t row) {
  json.begin_object();
  for (const std::size_t member : members) {
    const ResultColumn& column = data.columns[member];
    json.key(column.name);
    if (column.values->list || column.values->layout == Column::Layout::kVector) {
      json.value(column.values->value(row));  // laid out over lines where the style says so
      continue;
    }
    cell.clear();
    append_cell_json(cell, *column.values, row);
    json.raw(cell);
  }
  json.end_object();
}

void write_target(JsonWriter& json, const ReadTarget& target) {
  json.key("target").begin_object();
  json.key("branch");
  target.branch ? json.value(*target.branch) : json.null();
  json.key("snapshot");
  target.snapshot ? json.value(*target.snapshot) : json.null();
  json.end_object();
}

Status write_json(const ResultSet::Data& data, JsonWriter::Style style, const TextSink& sink) {
  std::string buffer;
  std::string cell;
  JsonWriter json(buffer, style);
  json.begin_object().key("query_name").value(data.query_name);
  write_target(json, data.target);
  json.key("row_count").value(data.rows);
  if (!data.columns.empty()) {
    json.key("columns").begin_array();
    for (const ResultColumn& column : data.columns) json.value(column.name);
    json.end_array();
  }
  json.key("rows").begin_array();
  const std::vector<std::size_t> members = row_members(data);
  for (std::size_t row = 0; row < data.rows; ++row) {
    write_row(json, cell, data, members, row);
    OG_RETURN_IF_ERROR(drain(buffer, sink, kPieceBytes));
  }
  json.end_array();
  if (!data.commit.is_nil()) json.key("graph_commit_id").value(data.commit.text());
  json.end_object();
  if (style == JsonWriter::Style::kPretty) buffer += '\n';
  return drain(buffer, sink, 0);
}

Status write_json_lines(const ResultSet::Data& data, const TextSink& sink) {
  std::string buffer;
  std::string cell;
  {
    JsonWriter json(buffer);
    json.begin_object().key("kind").value("metadata").key("query_name").value(data.query_name);
    write_target(json, data.target);
    json.key("row_count").value(data.rows).end_object();
  }
  buffer += '\n';
  const std::vector<std::size_t> members = row_members(data);
  for (std::size_t row = 0; row < data.rows; ++row) {
    JsonWriter json(buffer);
    write_row(json, cell, data, members, row);
    buffer += '\n';
    OG_RETURN_IF_ERROR(drain(buffer, sink, kPieceBytes));
  }
  return drain(buffer, sink, 0);
}

}  // namespace

const std::string& ResultSet::query_name() const { return data_->query_name; }
const ReadTarget& ResultSet::target() const { return data_->target; }
std::string ResultSet::commit_id() const { return data_->commit.text(); }
std::size_t ResultSet::rows() const { return data_->rows; }
std::size_t ResultSet::columns() const { return data_->columns.size(); }
const std::string& ResultSet::column_name(std::size_t column) const {
  return data_->columns[column].name;
}
const PropertyType& ResultSet::column_type(std::size_t column) const {
  return data_->columns[column].type;
}
Value ResultSet::value(std::size_t row, std::size_t column) const {
  return data_->columns[column].values->value(row);
}
const std::string& ResultSet::plan() const { return data_->plan; }
const std::string& ResultSet::plan_json() const { return data_->plan_json; }

Status ResultSet::write(ResultFormat format, const TableStyle& style, const TextSink& sink) const {
  switch (format) {
    case ResultFormat::kJson:
      return write_json(*data_, JsonWriter::Style::kPretty, sink);
    case ResultFormat::kJsonLines:
      return write_json_lines(*data_, sink);
    case ResultFormat::kCsv:
      return write_csv(*data_, sink);
    case ResultFormat::kKeyValue:
      return write_key_value(*data_, sink);
    case ResultFormat::kTable:
      return write_table(*data_, style, sink);
  }
  return bad_request("unknown result format");
}

std::string ResultSet::to_text(ResultFormat format, const TableStyle& style) const {
  std::string text;
  const Status written = write(format, style, [&](std::string_view piece) -> Status {
    text += piece;
    return {};
  });
  assert(written.ok());
  return text;
}

std::string ResultSet::to_json() const {
  std::string text;
  const Status written =
      write_json(*data_, JsonWriter::Style::kCompact, [&](std::string_view piece) -> Status {
        text += piece;
        return {};
      });
  assert(written.ok());
  return text;
}

}  // namespace omnigraph
