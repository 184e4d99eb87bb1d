// Reads the columns of one segment's Parquet file by their page directories: whole, in parallel
// over row groups, or a page at a time. Const and thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/runtime.h"
#include "index/page_directory.h"
#include "storage/column.h"
#include "storage/column_cache.h"
#include "storage/ids.h"
#include "storage/object_store.h"

namespace omnigraph {

class ColumnReader {
 public:
  // Reads [offset, offset + length) of the data object, all of it or an error.
  using Read = std::function<Result<Bytes>(std::uint64_t offset, std::uint64_t length)>;

  // `name` of the data object goes into messages.
  ColumnReader(std::string name, std::uint32_t rows, Read read, std::shared_ptr<Executor> executor,
               std::shared_ptr<ColumnCache> cache)
      : name_(std::move(name)),
        rows_(rows),
        read_(std::move(read)),
        executor_(std::move(executor)),
        cache_(std::move(cache)) {}

  // A whole column, counted in the budget as long as somebody holds it. Text columns come out
  // dictionary-coded when every row group is and the merged dictionary pays. Errors: kCorrupt, kIo,
  // kResourceExhausted.
  Result<ColumnPtr> whole(const ColumnDirectory& column) const;
  // A whole column of row ids or commit numbers into `out` (one a row).
  Status row_ids(const ColumnDirectory& column, RowId* out) const;
  Status numbers(const ColumnDirectory& column, std::uint64_t* out) const;
  // Page `page` as a column of its rows; not counted.
  Result<ColumnPtr> page(const ColumnDirectory& column, std::uint32_t page) const;

 private:
  struct Plan;
  Result<ColumnPtr> decode(const ColumnDirectory& column, std::uint32_t first_page,
                           std::uint32_t pages, bool counted) const;
  Status run(const ColumnDirectory& column, const Plan& plan) const;
  Error named(Error error) const;

  std::string name_;
  std::uint32_t rows_;
  Read read_;
  std::shared_ptr<Executor> executor_;
  std::shared_ptr<ColumnCache> cache_;
};

}  // namespace omnigraph
