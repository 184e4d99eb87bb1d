// The rows of one table version, read by the column where many rows of a part are asked for and by
// the cell where few are. Used by diffs, merges and change images.
//
// For one thread. Keeps the version alive; the entity type must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "schema/catalog.h"
#include "storage/table_version.h"

namespace omnigraph {

class RowReader {
 public:
  // `type`: how the rows are read; properties are named by their position in it.
  RowReader(TableVersionPtr version, const EntityType& type);

  const TableVersion& version() const { return *version_; }
  const EntityType& type() const { return *type_; }

  // So many rows of a part are going to be read. Decides how; without it a part that is not in
  // memory is read by the cell until many were.
  void expect(std::uint32_t part, std::size_t rows);

  // The view lives in a column or in `scratch`.
  Result<std::string_view> id(Location at, std::string& scratch);
  Result<Value> value(std::size_t property, Location at);
  // Edges only: row ids of the ends.
  Result<RowId> src(Location at);
  Result<RowId> dst(Location at);
  // The column of a part that is read by the column; null when it is read by the cell.
  Result<ColumnPtr> column(std::size_t property, std::uint32_t part);

 private:
  struct Part {
    bool known = false;     // prepared
    bool whole = false;     // read by the column
    std::size_t asked = 0;  // cells, while it is not
    std::shared_ptr<const IdColumn> ids;
    std::vector<ColumnPtr> columns;  // by position of the property; null until used
    std::shared_ptr<const std::vector<RowId>> sources, targets;
  };

  Part& part_of(std::uint32_t part);

  TableVersionPtr version_;
  const EntityType* type_;
  std::vector<Part> parts_;
};

// Whether two rows hold equal values in every property (spec/history.md §6.4): null is not empty,
// lists and vectors compare one by one. Ends of edges are not looked at. Both readers must read the
// same type.
Result<bool> same_values(RowReader& a, Location x, RowReader& b, Location y);

// Whether two cells of columns of one type are equal. A NaN equals itself.
bool same_cell(const Column& a, std::size_t x, const Column& b, std::size_t y);
bool same_value(const Value& a, const Value& b);

}  // namespace omnigraph
