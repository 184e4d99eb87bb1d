// What a load has read, put in order: rows of each type, ids sorted, duplicates decided.
// Independent of the graph's state, so that a load prepared again starts from here. Immutable once
// made.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/runtime.h"
#include "common/ulid.h"
#include "omnigraph/error.h"
#include "storage/row_batch.h"
#include "write/load/load.h"
#include "write/load/memory_reservation.h"
#include "write/load/piece.h"
#include "write/load/plan.h"
#include "write/validator.h"

namespace omnigraph {

// Rows of a sorted text column by their text.
class TextIndex {
 public:
  TextIndex() = default;
  explicit TextIndex(ColumnPtr texts);
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  std::uint32_t find(std::string_view text) const;

 private:
  ColumnPtr texts_;
  std::vector<std::uint32_t> slots_;
};

struct NodeRecords {
  const LoadType* type = nullptr;
  std::uint64_t records = 0;  // read, before duplicates were decided
  std::uint32_t rows = 0;
  std::vector<ColumnPtr> columns;  // by position, in id order; null: all null
  IdColumn ids;                    // ascending
  TextIndex index;                 // of ids that records could name
  RowBatch superseded;             // merge: records that a later one of the same id replaced
  std::vector<Violation> twice;    // keyed nodes with one key
};

// The edges of one piece: ends are numbers of the interners of `worker`.
struct EdgePiece {
  std::size_t worker = 0;
  std::vector<std::uint32_t> from, to;
};
struct EdgeRecords {
  const LoadType* type = nullptr;
  std::uint64_t records = 0;
  std::vector<ColumnPtr> columns;         // by position, in input order; null: all null
  ColumnPtr ids;                          // in input order, null rows get a ULID; null: all do
  std::vector<EdgePiece> pieces;          // in input order
  std::vector<std::uint32_t> superseded;  // merge: rows that a later one of the same id replaced
};

class SpilledRecords;

struct LoadRecords {
  // Set when the input passed its share of memory: then it holds every record, and `nodes`, `edges`
  // and `ends` are empty.
  std::shared_ptr<const SpilledRecords> spilled;
  std::vector<NodeRecords> nodes;
  std::vector<EdgeRecords> edges;
  // Per worker, per LoadPlan::end_tables(): the texts of ends, canonical spellings put in.
  std::vector<std::vector<Interner>> ends;
  std::map<TypeId, IdRemap> remaps;
  std::shared_ptr<MemoryReservation> memory;  // what all of it takes of the budget
};

// kConflict "node type 'T' already has this id", with details key_conflict.
Error key_conflict(bool edge, const std::string& type, const std::string& id);

// `pieces` in input order. Errors: kConflict for an id that occurs twice where that is refused.
Result<LoadRecords> gather_records(const LoadPlan& plan, const Rules& rules, LoadMode mode,
                                   std::vector<Piece> pieces,
                                   std::vector<std::unique_ptr<RecordParser>> parsers,
                                   UlidSource& ulids);

// The rows of several pieces of one type, one after the other; takes them out of the pieces.
struct JoinedRows {
  std::vector<ColumnPtr> columns;  // by position; null: all null
  ColumnPtr ids;                   // null: none was given
};
JoinedRows join_pieces(const std::vector<PieceRows*>& pieces, const EntityType& type);
// Ids with a ULID in every null row; null when there is no null row.
ColumnPtr with_generated(const Column& ids, UlidSource& ulids);
// The nodes of one type in id order. Errors: kConflict for an id that occurs twice where that is
// refused; two keyed nodes of one key are `twice`.
Result<NodeRecords> gather_nodes(const LoadType& type, const TableRules& rules, LoadMode mode,
                                 const std::vector<PieceRows*>& pieces, UlidSource& ulids);

// Order of the rows of a text column by bytes, equal ones by row; empty when they are in order.
std::vector<std::uint32_t> text_order(const Column& texts);

}  // namespace omnigraph
