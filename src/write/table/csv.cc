#include "write/table/csv.h"

#include "write/limits.h"
#include "write/table/table_rows.h"

namespace omnigraph {
namespace {
constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
}  // namespace

CsvReader::CsvReader(std::unique_ptr<LoadSource> source, std::string name)
    : source_(std::move(source)), name_(std::move(name)), buffer_(kBufferBytes) {}

Result<int> CsvReader::get() {
  if (at_ == filled_) {
    OG_ASSIGN_OR_RETURN(filled_, source_->read(buffer_.data(), buffer_.size()));
    at_ = 0;
    if (filled_ == 0) return -1;
  }
  return static_cast<int>(static_cast<unsigned char>(buffer_[at_++]));
}

Error CsvReader::refuse(const std::string& what) const {
  return bad_request("cannot read '" + name_ + "': row " + std::to_string(row_) + " " + what);
}

Result<bool> CsvReader::next(std::vector<CsvField>& fields) {
  fields.clear();
  std::uint64_t bytes = 0;
  CsvField field;
  const auto finish_field = [&] {
    if (!begun_ && fields.empty() && field.text.starts_with(kByteOrderMark)) {
      field.text.erase(0, kByteOrderMark.size());
    }
    fields.push_back(std::move(field));
    field = {};
  };
  for (;;) {
    OG_ASSIGN_OR_RETURN(int c, get());
    if (++bytes > kMaxLineBytes) {
      return resource_limit("graph_batch_line_bytes", kMaxLineBytes, bytes);
    }
    if (c == '"' && field.text.empty() && !field.quoted) {
      field.quoted = true;
      for (;;) {
        OG_ASSIGN_OR_RETURN(c, get());
        if (++bytes > kMaxLineBytes) {
          return resource_limit("graph_batch_line_bytes", kMaxLineBytes, bytes);
        }
        if (c < 0) return refuse("has a quote that does not end");
        if (c != '"') {
          field.text += static_cast<char>(c);
          continue;
        }
        OG_ASSIGN_OR_RETURN(c, get());
        if (c != '"') break;
        field.text += '"';
      }
      if (c == '\r') {
        OG_ASSIGN_OR_RETURN(c, get());
      }
      if (c >= 0 && c != ',' && c != '\n') return refuse("has text behind a closing quote");
    }
    if (c == ',') {
      finish_field();
      if (fields.size() > kMaxTableColumns) return refuse("has too many fields");
      continue;
    }
    if (c < 0 || c == '\n') {
      if (!field.quoted && field.text.ends_with('\r')) field.text.pop_back();
      if (fields.empty() && !field.quoted && field.text.empty()) {  // an empty line, or the end
        if (c < 0) return false;
        continue;
      }
      finish_field();
      if (begun_) ++row_;
      begun_ = true;
      return true;
    }
    field.text += static_cast<char>(c);
  }
}

}  // namespace omnigraph
