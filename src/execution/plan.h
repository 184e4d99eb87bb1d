// What the optimizer decided: a pipeline of steps over batches of row ids for what must be
// enumerated, and tests, trees of weights, for everything else (Yannakakis 1981; Abo Khamis, Ngo,
// Rudra, FAQ, 2016). Immutable and free of parameters' values.
//
// A node variable's NodeTest says what a node must satisfy by itself and how often it counts: its
// own conditions, times, for each branch, the sum of the child's weights over the neighbours,
// zeroed where a `not` block that hangs on this variable alone has a solution. A variable that only
// appears in a branch is never enumerated.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "execution/edge_view.h"
#include "query/typed_query.h"

namespace omnigraph {

// A clause over rows; binding matches are written as equality or membership.
struct PlanCondition {
  Compare op = Compare::kEq;
  TypedExprPtr left, right;
};

struct NodeTest;

struct Branch {
  TypeId edge = 0;
  Direction direction = Direction::kOut;  // from the variable to the child
  bool per_edge = false;                  // an edge variable: parallel edges count one by one
  std::vector<PlanCondition> edge_conditions;
  std::vector<NodeTest> child;  // exactly one
};

struct NodeTest {
  VarId variable = 0;
  TypeId type = 0;
  std::vector<PlanCondition> conditions;
  std::vector<Branch> branches;
  std::vector<NodeTest> absent;  // of the same variable: rows with weight there are dropped
  double estimated_rows = 0;     // that pass
  double cost = 0;               // of evaluating it for the whole table, in edges visited
  bool bare() const { return conditions.empty() && branches.empty() && absent.empty(); }
};

struct ScopePlan;

// Another traversal between a bound variable and the one that an expand binds.
struct Closing {
  VarId from = 0;
  TypeId edge = 0;
  Direction direction = Direction::kOut;  // from `from`
};

struct Step {
  enum class Kind : std::uint8_t {
    kExpand,   // binds `to` (and `edge_slot`) over one hop
    kHops,     // binds `to` over a bounded search
    kClose,    // both ends bound: a condition, or a factor when the edge is bound
    kTest,     // weights of `test`
    kFilter,   // conditions over several variables
    kAbsent,   // drops rows for which `inner` has a solution
    kProduct,  // every row with every row of `inner`, or with those that `join` lets through
  };
  Kind kind = Kind::kFilter;
  VarId from = 0, to = 0;
  TypeId edge = 0;
  Direction direction = Direction::kOut;  // from `from`
  std::optional<VarId> edge_slot;         // set: one row an edge
  std::uint32_t min_hops = 1, max_hops = 1;
  bool reversed_search = false;           // kHops: the search starts at `to`
  std::vector<Closing> closings;          // kExpand: all must hold too (sets are intersected)
  std::optional<PlanCondition> join;      // kProduct: equality of properties, `inner`'s right
  std::vector<PlanCondition> conditions;  // kFilter; kExpand and kClose: on the edge
  std::vector<NodeTest> test;             // kTest; kExpand: of `to`; at most one
  std::vector<ScopePlan> inner;           // kAbsent, kProduct: exactly one
  std::vector<VarId> live;                // slots that later steps read
  double estimated_rows = 0;              // after the step
};

// One conjunction. The outer match, a component of it, or the inside of a `not`.
struct ScopePlan {
  std::uint32_t scope = 0;
  bool never = false;                    // no solution, whatever the data
  bool seeded = false;                   // rows come from outside (a `not`)
  std::vector<NodeTest> source;          // exactly one unless seeded or never
  std::vector<NodeTest> totals;          // disconnected parts: the sum of weights is a factor
  std::vector<PlanCondition> constants;  // over no variable
  std::vector<Step> steps;
  std::vector<VarId> outer;  // seeded: slots that come from outside
  std::vector<VarId> live;   // slots alive after the source
  double estimated_rows = 0;
};

struct OutputValue {
  enum class Kind : std::uint8_t { kProperty, kNodeId, kConstant };
  Kind kind = Kind::kConstant;
  VarId variable = 0;
  PropertyId property = 0;
  TypedExprPtr constant;
  PropertyType type;
};

struct OutputColumn {
  std::string name;
  PropertyType type;
  std::optional<Aggregate> aggregate;
  OutputValue value;  // the argument of an aggregate
};

struct OrderItem {
  std::optional<std::uint32_t> column;  // of the output
  OutputValue value;                    // when no column
  bool descending = false;
};

class Plan {
 public:
  ScopePlan root;
  std::vector<TypedVariable> variables;
  std::vector<std::uint32_t> scope_parents;
  std::vector<Parameter> parameters;
  std::vector<OutputColumn> columns;
  std::vector<OrderItem> order;
  std::vector<VarId> tie_break;  // variables whose ids order equal rows, in this order
  std::optional<std::uint64_t> limit;
  bool aggregate = false;
  std::vector<TypedExprPtr> constants;  // every constant that the query uses: all are evaluated
};

}  // namespace omnigraph
