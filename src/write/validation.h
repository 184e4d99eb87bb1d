// What the stages of the validator share. Internal to validator.cc and its stages; one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "write/validator.h"

namespace omnigraph::validation {

struct Run {
  const Snapshot& base;
  const Delta& delta;
  const Rules& rules;
  Report report;
  ReadSet* reads;
  std::vector<Violation> found = {};
  // Row ids that the write gives a node table, ascending; filled on first use.
  std::map<TypeId, std::vector<RowId>> written = {};

  bool done() const { return report == Report::kFirst && !found.empty(); }
  void add(Violation::Kind kind, TypeId table, std::string entity_id, std::string message) {
    found.push_back({kind, table, std::move(entity_id), std::move(message)});
  }
  // Whether a node exists once the write has landed.
  bool lives_after(TypeId table, RowId rid);
  const std::vector<RowId>& written_rows(TypeId table);
  // The id of a node in the final image, or committed when it is gone.
  Result<std::string> node_id(TypeId table, RowId rid) const;
};

// Stage 1: enum, @range, @check of one table.
Status check_values(Run& run, const TableDelta& table);
// One @unique group of one table.
Status check_unique(Run& run, const TableDelta& table, const UniqueRule& rule);
// Stages 2 and 3: @key and @unique of one table.
Status check_uniques(Run& run, const TableDelta& table);
// Stage 3: ends of the edges written, and of edges that stay while their node goes.
Status check_ends(Run& run, TypeId edge_table);
// Stage 3: @card.
Status check_cardinality(Run& run, const TableDelta& table);

}  // namespace omnigraph::validation
