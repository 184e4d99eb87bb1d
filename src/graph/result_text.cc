#include "graph/result_text.h"

#include <algorithm>

#include "graph/cell_text.h"

namespace omnigraph {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
// A table column may always take this many characters.
constexpr std::size_t kMinColumnCap = 8;

Status drain(std::string& buffer, const TextSink& sink, std::size_t at_least) {
  if (buffer.size() < at_least || buffer.empty()) return {};
  OG_RETURN_IF_ERROR(sink(buffer));
  buffer.clear();
  return {};
}

std::string header_line(const ResultSet::Data& data) {
  std::string line = std::to_string(data.rows) + " rows from ";
  line += data.target.snapshot ? "snapshot " + *data.target.snapshot
                               : "branch " + data.target.branch.value_or("main");
  return line + " via " + data.query_name + "\n";
}

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

// Unicode scalar values of well-formed UTF-8.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

// Bytes of the first `count` characters.
std::size_t prefix_bytes(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (!starts_character(text[at])) continue;
    if (count == 0) break;
    --count;
  }
  return at;
}

void append_csv_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

// A table cell's text: line breaks become the two characters \n.
void table_cell(std::string& cell, const Column& column, std::size_t row) {
  cell.clear();
  append_cell_text(cell, column, row);
  if (cell.find_first_of("\r\n") == std::string::npos) return;
  std::string shown;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    if (cell[i] == '\r' && i + 1 < cell.size() && cell[i + 1] == '\n') continue;
    if (cell[i] == '\n') {
      shown += "\\n";
    } else if (cell[i] == '\r') {
      shown += "\\r";
    } else {
      shown += cell[i];
    }
  }
  cell = std::move(shown);
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  const std::size_t length = characters(text);
  if (length < width) out.append(width - length, ' ');
}

}  // namespace

Status write_csv(const ResultSet::Data& data, const TextSink& sink) {
  std::string buffer;
  std::string cell;
  for (std::size_t i = 0; i < data.columns.size(); ++i) {
    if (i > 0) buffer += ',';
    append_csv_field(buffer, data.columns[i].name);
  }
  buffer += '\n';
  for (std::size_t row = 0; row < data.rows; ++row) {
    for (std::size_t i = 0; i < data.columns.size(); ++i) {
      if (i > 0) buffer += ',';
      cell.clear();
      append_cell_text(cell, *data.columns[i].values, row);
      append_csv_field(buffer, cell);
    }
    buffer += '\n';
    OG_RETURN_IF_ERROR(drain(buffer, sink, kPieceBytes));
  }
  return drain(buffer, sink, 0);
}

Status write_key_value(const ResultSet::Data& data, const TextSink& sink) {
  std::string buffer = header_line(data);
  if (data.rows == 0) buffer += "(no rows)\n";
  for (std::size_t row = 0; row < data.rows; ++row) {
    if (row > 0) buffer += '\n';
    buffer += "row " + std::to_string(row + 1) + "\n";
    for (const ResultColumn& column : data.columns) {
      buffer += column.name + ": ";
      append_cell_text(buffer, *column.values, row);
      buffer += '\n';
    }
    OG_RETURN_IF_ERROR(drain(buffer, sink, kPieceBytes));
  }
  return drain(buffer, sink, 0);
}

Status write_table(const ResultSet::Data& data, const TableStyle& style, const TextSink& sink) {
  std::string buffer = header_line(data);
  if (data.columns.empty()) {
    buffer += "(no rows)\n";
    return drain(buffer, sink, 0);
  }
  // First pass: widths. The second makes each cell's text again instead of keeping all of them.
  const std::size_t cell_cap = style.max_column_width;
  const std::size_t cap = std::max(cell_cap, kMinColumnCap);
  std::vector<std::size_t> widths;
  std::string cell;
  for (const ResultColumn& column : data.columns) {
    std::size_t width = characters(column.name);
    for (std::size_t row = 0; row < data.rows && width < cap; ++row) {
      table_cell(cell, *column.values, row);
      width = std::max(width, std::min(characters(cell), cell_cap));
    }
    widths.push_back(std::clamp<std::size_t>(width, 1, cap));
  }

  for (std::size_t i = 0; i < data.columns.size(); ++i) {
    if (i > 0) buffer += " | ";
    append_padded(buffer, data.columns[i].name, widths[i]);
  }
  buffer += '\n';
  for (std::size_t i = 0; i < data.columns.size(); ++i) {
    if (i > 0) buffer += "-+-";
    buffer.append(widths[i], '-');
  }
  buffer += '\n';

  std::vector<std::string> cells(data.columns.size());
  std::vector<std::string_view> rest(data.columns.size());  // of each cell, still to be printed
  for (std::size_t row = 0; row < data.rows; ++row) {
    for (std::size_t i = 0; i < rest.size(); ++i) {
      table_cell(cells[i], *data.columns[i].values, row);
      rest[i] = cells[i];
    }
    bool more = true;
    while (more) {
      more = false;
      for (std::size_t i = 0; i < rest.size(); ++i) {
        if (i > 0) buffer += " | ";
        if (characters(rest[i]) <= widths[i]) {
          append_padded(buffer, rest[i], widths[i]);
          rest[i] = {};
        } else if (style.wrap) {
          const std::size_t piece = prefix_bytes(rest[i], widths[i]);
          append_padded(buffer, rest[i].substr(0, piece), widths[i]);
          rest[i].remove_prefix(piece);
        } else {
          const std::size_t piece = prefix_bytes(rest[i], widths[i] - 1);
          buffer.append(rest[i].substr(0, piece)).append("…");
          rest[i] = {};
        }
        more = more || !rest[i].empty();
      }
      buffer += '\n';
    }
    OG_RETURN_IF_ERROR(drain(buffer, sink, kPieceBytes));
  }
  return drain(buffer, sink, 0);
}

}  // namespace omnigraph
