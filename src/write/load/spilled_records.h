// Records of a load that do not fit its share of the memory budget, on disk. The input is read in
// rounds; each round's records become one run of every type that occurs in it: nodes sorted by id,
// edges in input order with the texts of their ends beside them. What comes after needs no more
// than a few blocks or one round of edges in memory at a time (spilled_placement.h), however large
// the input is.
//
// Built by one thread; const and thread-safe afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/ulid.h"
#include "omnigraph/error.h"
#include "storage/row_batch.h"
#include "write/load/piece.h"
#include "write/load/plan.h"
#include "write/load/spill_file.h"
#include "write/rules.h"

namespace omnigraph {

// What rows lie sorted by: their ids, or their two ends (end_key).
enum class SortKey : std::uint8_t { kId, kEnds };

struct SortedBlock {
  SpillFile::Block at;
  std::uint32_t rows = 0;
  std::string first;  // the least key
};
using SortedRun = std::vector<SortedBlock>;

// Some rows of one type. Ids are null in rows that get one later; columns by position, null: all
// null.
struct RowSlice {
  std::uint32_t rows = 0;
  std::vector<ColumnPtr> columns;
  ColumnPtr ids;
  std::vector<RowId> src, dst;  // edges: row ids, or numbers of texts
};

// The order of (src, dst) as the order of texts.
std::string end_key(RowId src, RowId dst);

// Least keys of ranges that hold about `target` bytes each; the first range begins at "".
std::vector<std::string> cut_ranges(const std::vector<SortedRun>& runs, std::uint64_t target);

class SpilledRecords {
 public:
  struct EdgeBlock {
    SpillFile::Block at;
    std::uint32_t rows = 0;
    std::size_t worker = 0;
  };
  struct Type {
    const LoadType* type = nullptr;
    std::uint64_t records = 0;
    std::vector<SortedRun> runs;                 // nodes: one a round
    std::vector<std::vector<EdgeBlock>> rounds;  // edges: by round, in input order
    // Edges with ids of their own, by id; `src` is the position among all edges of the type.
    std::vector<SortedRun> id_runs;
  };

  static Result<std::shared_ptr<SpilledRecords>> create(const LoadPlan& plan, const Rules& rules,
                                                        const ObjectStore& objects);

  // One round: pieces in input order, and what the workers interned for them. Checks values.
  Status add(std::vector<Piece> pieces, const std::vector<std::vector<Interner>>& ends,
             UlidSource& ulids);

  // In the order of the plan; types without a record have none.
  const std::vector<Type>& types() const { return types_; }
  // The first value that breaks a rule, in the order in which such are reported.
  std::optional<Error> violation() const;
  SpillFile& file() const { return *file_; }

  // Rows of `type` with low <= key < high (nullopt: to the end), run by run.
  Result<std::vector<RowSlice>> read_range(const LoadType& type, SortKey key,
                                           const std::vector<SortedRun>& runs,
                                           const std::string& low,
                                           const std::optional<std::string>& high) const;
  Result<RowSlice> read(const LoadType& type, const SpillFile::Block& block) const;
  // Appends sorted rows as blocks.
  Status write_sorted(const LoadType& type, SortKey key, const RowSlice& rows,
                      SortedRun& run) const;
  // The texts that `worker` interned in a round for the ends in table LoadPlan::end_tables()[ends].
  Result<std::vector<ColumnPtr>> texts(std::size_t round, std::size_t worker,
                                       std::size_t ends) const;

 private:
  SpilledRecords(const LoadPlan& plan, const Rules& rules, std::unique_ptr<SpillFile> file);

  Status add_nodes(Type& type, const std::vector<PieceRows*>& pieces, UlidSource& ulids);
  Status add_edges(Type& type, const std::vector<PieceRows*>& pieces,
                   const std::vector<std::size_t>& workers);
  Status add_texts(std::size_t worker, std::size_t ends, const Interner& texts);
  Status check_values(const LoadType& type, const RowSlice& rows);
  Result<SpillFile::Block> write(const LoadType& type, const RowSlice& rows) const;

  const LoadPlan& plan_;
  const Rules& rules_;
  std::unique_ptr<SpillFile> file_;
  std::vector<Type> types_;
  std::vector<std::optional<Error>> violations_;  // by type
  std::size_t rounds_ = 0;
  std::map<std::vector<std::size_t>, std::vector<SpillFile::Block>> texts_;  // round, worker, ends
};

}  // namespace omnigraph
