// A plan made ready to run: parameters bound, tables opened, weights that serve the whole query
// evaluated, inner components materialized. Const while operators run, except the counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "execution/context.h"
#include "execution/group_search.h"
#include "execution/plan.h"
#include "execution/weights.h"

namespace omnigraph {

// Everything that the parts of one running query share.
struct Execution {
  Execution(const Plan& p, QueryContext& c, bool m)
      : plan(p), context(c), tables(c.snapshot(), c.paged_nodes()), measure(m) {}
  const Plan& plan;
  QueryContext& context;
  TableSet tables;
  const bool measure;  // count rows and time for explain
  std::size_t slots() const { return plan.variables.size() + plan.scope_parents.size(); }
  TableView& table_of(VarId variable) { return tables.of(plan.variables[variable].type); }
};

struct Counters {
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> nanos{0};
};

struct BoundScope;

// Rows of a component that is joined by product: columns by slot.
struct MaterializedRows {
  std::uint64_t rows = 0;
  std::vector<std::vector<RowKey>> columns;
  std::vector<std::uint64_t> weights;  // empty: once each
  std::unique_ptr<Reservation> memory;
};

// The rows of a component by the hash of one property: chains of row numbers.
struct JoinIndex {
  std::vector<std::uint32_t> heads;   // a power of two; row + 1, 0 none
  std::vector<std::uint32_t> next;    // one a row: row + 1, 0 none
  std::vector<std::uint64_t> hashes;  // one a row
};

// A condition over several variables.
struct BoundCrossing {
  Condition condition;
  VarId left = 0, right = 0;
  TableView* left_table = nullptr;  // null: the operand is a value
  TableView* right_table = nullptr;
  std::shared_ptr<const PropertyColumn> left_column, right_column;
};

struct BoundStep {
  const Step* plan = nullptr;
  std::shared_ptr<const EdgeView> edges;
  std::vector<std::shared_ptr<const EdgeView>> closings;  // one a closing of the plan
  TableView* edge_table = nullptr;
  std::unique_ptr<RowFilter> edge_filter;  // null: every edge
  TableView* to_table = nullptr;           // of `to`, for kExpand, kHops, kTest
  std::unique_ptr<BoundTest> test;         // null: none
  std::optional<Weights> weights;          // of the test, evaluated for the whole table
  std::vector<BoundCrossing> crossing;
  std::unique_ptr<BoundScope> inner;
  std::unique_ptr<MaterializedRows> product;
  std::unique_ptr<JoinIndex> join;  // of the product's rows; crossing[0] is its condition
  mutable SearchPool searches;      // kHops
  mutable Counters counters;
};

struct BoundScope {
  const ScopePlan* plan = nullptr;
  bool never = false;
  std::unique_ptr<BoundTest> source_test;  // what pending factors of `source` refer to
  std::optional<Weights> source;           // of the start; unset when seeded
  TableView* source_table = nullptr;
  std::uint64_t factor = 1;  // of the disconnected parts
  std::vector<std::unique_ptr<BoundStep>> steps;
  mutable Counters counters;  // of the source
};

// `rows_hint`: rows that will enter a seeded scope.
Result<std::unique_ptr<BoundScope>> bind_scope(const ScopePlan& plan, Execution& execution,
                                               double rows_hint);

}  // namespace omnigraph
