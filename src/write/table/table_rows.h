// Tables of other programs as rows that a load takes: CSV, Parquet, Arrow IPC. A table holds
// entities of one type; its columns become properties by name, or as a mapping says. Rows are
// handed to the load as lines of its strict grammar, so that every rule and message of loads holds
// for them; "line N" in a message is the N-th row.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/graph.h"
#include "schema/catalog.h"
#include "storage/column.h"
#include "storage/posix_file.h"
#include "write/load/load.h"

namespace omnigraph {

// More columns than this are refused.
inline constexpr std::size_t kMaxTableColumns = 4096;

// Where a column of a table goes.
struct ColumnTarget {
  enum class Kind : std::uint8_t { kNowhere, kId, kFrom, kTo, kProperty };
  Kind kind = Kind::kNowhere;
  const Property* property = nullptr;  // kProperty
};

// A table's type and, by column, where it goes. Points into the catalog.
struct TableMapping {
  const EntityType* type = nullptr;
  bool is_edge = false;
  std::vector<ColumnTarget> targets;
};

// Decides where `columns` go. Errors kBadRequest: an unknown type, a mapped column or property that
// is not there, a column that goes nowhere (unless ignored), two for one property, an edge without
// its ends.
Result<TableMapping> map_columns(const TableInput& input, const Catalog& catalog,
                                 const std::vector<std::string>& columns);

// Rows of a table, decoded. `columns` may leave out those that go nowhere (null).
struct TableBatch {
  std::uint32_t rows = 0;
  std::vector<ColumnPtr> columns;
};

// A file that holds columns.
class ColumnTable {
 public:
  virtual ~ColumnTable() = default;
  virtual const std::vector<std::string>& columns() const = 0;
  // Says which columns will be read. Error kBadRequest naming one that cannot be.
  virtual Status choose(const std::vector<bool>& wanted) = 0;
  // The next rows, some thousands; none at the end. Errors: kBadRequest (not readable, by name),
  // kIo, kResourceExhausted.
  virtual Result<TableBatch> next() = 0;
};

// A file that is read at any place; pipes are copied into one without a name first.
class TableFile {
 public:
  static Result<std::shared_ptr<const TableFile>> open(const std::string& path);
  // Exactly `size` bytes. Errors: kBadRequest when the file ends before, kIo.
  Result<std::string> read(std::uint64_t offset, std::uint64_t size) const;
  std::uint64_t size() const { return size_; }
  const std::string& name() const { return name_; }
  Error refuse(const std::string& what) const {
    return bad_request("cannot read '" + name_ + "': " + what);
  }

 private:
  FileDescriptor fd_;
  std::uint64_t size_ = 0;
  std::string name_;
};

Result<std::unique_ptr<ColumnTable>> open_parquet(std::shared_ptr<const TableFile> file);
Result<std::unique_ptr<ColumnTable>> open_arrow(std::shared_ptr<const TableFile> file);

// The lines of a table, as an input of a load: `path` is a file, or "-" for standard input. Its
// form is told by its first bytes; what is neither Parquet nor Arrow is CSV, plain or compressed.
Result<std::unique_ptr<LoadSource>> open_table_source(const std::string& path,
                                                      const TableInput& input, CatalogPtr catalog);

// ---- shared by the forms ----

// Appends a text as JSON, as a value of `target`; a CSV cell that is empty and not quoted is no
// value and must not come here.
void append_text_value(std::string& out, const ColumnTarget& target, std::string_view text);
// Appends a present cell of a column as JSON, as a value of `target`.
void append_cell_value(std::string& out, const ColumnTarget& target, const Column& column,
                       std::size_t row);

}  // namespace omnigraph
