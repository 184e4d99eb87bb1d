// The one validator: mutation, load, merge and schema apply all bring their delta here. It looks at
// the rows that a write changes and at indexed look-ups into the state it was prepared on, never at
// a whole table. Rules and words: spec/writes.md §4 and spec/schema.md §14.
//
// Order of stages: value rules of all touched types; uniqueness of node types; then per edge type
// uniqueness, endpoints, cardinality. Node types and edge types go by name. Thread-safe: no state
// outside the calls.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "omnigraph/error.h"
#include "storage/snapshot.h"
#include "write/change.h"
#include "write/rules.h"

namespace omnigraph {

struct Violation {
  enum class Kind : std::uint8_t { kValue, kUnique, kOrphanEdge, kCardinality };
  Kind kind = Kind::kValue;
  TypeId table = 0;
  std::string entity_id;  // of the offending row; empty when it is not one row
  std::string message;
};

// What a write does to one table, in its final image. The vectors belong to the caller.
struct TableDelta {
  TypeId table = 0;
  bool clear = false;                 // every committed row goes first
  std::vector<RowId> deleted;         // committed rows removed or superseded, ascending
  std::vector<const RowBatch*> rows;  // inserted and replaced rows; each row id once
  // Versions that a later part of the same write replaced: value rules hold for them too.
  std::vector<const RowBatch*> superseded;
  bool superseded_are_records = false;  // of a load: they share no @unique value with other rows
  // Edges: ends (id texts) that name no node of the final image. Such rows carry kNoRow there.
  struct MissingEnd {
    bool source = true;
    std::string id;
    std::string edge_id;
  };
  std::vector<MissingEnd> missing;
  std::vector<Violation> found_before;  // of uniqueness, found while the rows were gathered
};

struct Delta {
  std::vector<TableDelta> tables;
  const TableDelta* find(TypeId table) const;
};

enum class Report : std::uint8_t { kFirst, kAll };

// The violations of `delta` on `base`; with kFirst at most one. Look-ups that the verdict rests on
// are added to `reads` when it is not null. Errors: kBadRequest for a pattern that is no regular
// expression, those of reading segments.
Result<std::vector<Violation>> validate(const Snapshot& base, const Delta& delta,
                                        const Rules& rules, Report report, ReadSet* reads);

// A violation as the kBadRequest of a write. A value that breaks its rule names its node by the
// key: ids that were generated tell the writer nothing.
Error refusal(const Rules& rules, Violation violation);

// The same as one verdict: the first violation as a kBadRequest.
Status check(const Snapshot& base, const Delta& delta, const Rules& rules, ReadSet* reads);

}  // namespace omnigraph
