// Rows of one table on their way in: what a mutation inserts, what a commit carries inline, what a
// load turns into a segment. A plain value; columns are shared.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "omnigraph/error.h"
#include "storage/column.h"
#include "storage/ids.h"

namespace omnigraph {

// The `id` texts of a run of rows: a text column, or consecutive ULIDs, or consecutive ULIDs with a
// text for the rows that brought their own id. A bulk segment so stores a base, not 26 bytes a row.
class IdColumn {
 public:
  IdColumn() = default;
  static IdColumn of_text(ColumnPtr text);                   // no nulls
  static IdColumn of_run(Ulid base, std::uint32_t rows);     // row i is base + i
  static IdColumn mixed(Ulid base, ColumnPtr text_or_null);  // null rows take base + i

  std::uint32_t rows() const { return rows_; }
  bool is_run() const { return text_ == nullptr; }
  const Ulid& base() const { return base_; }
  const ColumnPtr& text() const { return text_; }
  // The id of a row. The view points into the column, or into `scratch` (26 characters used).
  std::string_view get(std::size_t row, char (&scratch)[26]) const;
  std::string str(std::size_t row) const;

 private:
  std::uint32_t rows_ = 0;
  Ulid base_;
  ColumnPtr text_;
};

struct RowBatch {
  TypeId table = 0;
  bool is_edge = false;
  std::uint32_t rows = 0;
  IdColumn ids;
  std::vector<RowId> rids;                                // one a row
  std::vector<Gsn> gsns;                                  // empty while uncommitted, or one a row
  Gsn gsn = 0;                                            // of all rows, when gsns is empty
  std::vector<RowId> src, dst;                            // edges only
  std::vector<std::pair<PropertyId, ColumnPtr>> columns;  // properties not listed are null

  const Column* column(PropertyId property) const;
  std::size_t memory() const;
};

// Row order of segments: nodes by id bytes, edges by (_src, _dst, id). Returns the permutation.
std::vector<std::uint32_t> sort_order(const RowBatch& batch);
RowBatch reorder(const RowBatch& batch, std::span<const std::uint32_t> order);

// A batch whose rows, unless they bring their own, all have number `gsn`.
struct NumberedBatch {
  const RowBatch* rows;
  Gsn gsn;
};
// The rows of several batches of one table, one batch behind the other; nullopt when they hold a
// property as different types.
std::optional<RowBatch> join_batches(std::span<const NumberedBatch> batches);

// Binary form of a batch, the payload of a log record ("inline rows"). Layout in row_batch.cc and
// docs/storage-format.md: Arrow-layout buffers behind a varint header; about 60 bytes + data a row.
// Does not hold gsns when the batch has one `gsn` for all (the entry gives it).
// At most kMaxInlineRows rows (asserted): larger changes become segments.
inline constexpr std::uint32_t kMaxInlineRows = 1u << 24;
void encode_row_batch(const RowBatch& batch, std::string& out);
// Error kCorrupt on any malformed input; never reads outside `bytes`. The result owns copies.
Result<RowBatch> decode_row_batch(std::string_view bytes);

}  // namespace omnigraph
