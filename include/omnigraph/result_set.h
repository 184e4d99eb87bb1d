// The answer of a query: named, typed columns of rows, read from one commit. Immutable; copies
// share the rows, and distinct copies may be used from distinct threads.
//
// Rows are held column by column as the engine produced them. Turning them into text happens only
// when asked for; handing them to Arrow copies neither numbers nor strings where layouts agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "omnigraph/arrow.h"
#include "omnigraph/error.h"
#include "omnigraph/value.h"

namespace omnigraph {

// What a query read, as it was asked for: exactly one of the two is set.
struct ReadTarget {
  std::optional<std::string> branch;
  std::optional<std::string> snapshot;  // commit id
};

enum class ResultFormat : std::uint8_t { kTable, kKeyValue, kCsv, kJsonLines, kJson };

// How tables are drawn; the other formats ignore it.
struct TableStyle {
  std::uint32_t max_column_width = 80;  // in characters; a column may always take 8
  bool wrap = false;                    // fold long cells into further lines instead of cutting
};

// Takes pieces of text in order. An error stops the writer, which returns it.
using TextSink = std::function<Status(std::string_view)>;

class ResultSet {
 public:
  struct Data;  // internal
  explicit ResultSet(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

  const std::string& query_name() const;
  const ReadTarget& target() const;
  // Text of the commit that was read; usable as a snapshot and as a write precondition.
  std::string commit_id() const;

  std::size_t rows() const;
  std::size_t columns() const;
  const std::string& column_name(std::size_t column) const;
  const PropertyType& column_type(std::size_t column) const;
  // One cell. Precondition: row < rows(), column < columns().
  Value value(std::size_t row, std::size_t column) const;

  // The plan with estimated and actual rows and times, a line a step; empty unless asked for.
  const std::string& plan() const;
  // The same as a JSON tree: name, detail, estimated_rows, actual_rows, nanos, bytes, children.
  const std::string& plan_json() const;

  // The whole result as text, ending in one newline, in pieces of about 64 KiB.
  Status write(ResultFormat format, const TableStyle& style, const TextSink& sink) const;
  std::string to_text(ResultFormat format, const TableStyle& style = {}) const;
  // The JSON envelope on one line, as the HTTP surface sends it.
  std::string to_json() const;

  // Arrow: a struct array with one child per column ("+s"). Types: String utf8, Bool bool, I32 I64
  // U32 U64 F32 F64 the same, Date date32, DateTime timestamp(ms, UTC), [T] list<T>, Vector(N)
  // fixed_size_list<float32>[N]. The structs own what they point to; release them in any thread.
  // Error kResourceExhausted when the text of one column passes 2 GiB.
  Status export_schema(ArrowSchema* out) const;
  Status export_array(ArrowArray* out) const;
  // The rows in batches of at most `batch_rows`.
  Status export_stream(ArrowArrayStream* out, std::size_t batch_rows = 65'536) const;

 private:
  std::shared_ptr<const Data> data_;
};

}  // namespace omnigraph
