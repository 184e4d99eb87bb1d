// The door of execution: a checked read and a snapshot in, columns of rows out.
//
// A Plan is made once for a query, a schema and the sizes of the tables; parameters are bound when
// it runs, so one plan serves every call. Plans are immutable and may be shared by threads;
// run_plan may be called from any thread. Large queries spread over Runtime::executor; answers
// never depend on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/runtime.h"
#include "execution/explain.h"
#include "omnigraph/error.h"
#include "query/typed_query.h"
#include "storage/column.h"
#include "storage/snapshot.h"

namespace omnigraph {

// How finely work is cut. Answers never depend on it; tests make it tiny.
struct QueryGrain {
  std::uint32_t morsel_rows = 1U << 13;     // that one thread takes at a time
  std::uint64_t parallel_rows = 50'000;     // rows or edges below which one thread does all
  std::uint64_t pruned_groups = 1024;       // groups beyond twice a limit before they are pruned
  std::uint64_t listed_finds = 1ULL << 20;  // of a group of searches, listed in one go
};

struct QueryLimits {
  std::uint64_t memory_bytes = 0;  // working memory of this query; 0: half of the runtime's budget
  std::optional<std::int64_t> deadline_steady_nanos = std::nullopt;  // by Clock::steady_nanos
  const std::atomic<bool>* cancelled = nullptr;                      // the caller keeps it alive
  // Nodes of an edge type whose edges are read by page before whole adjacencies are opened.
  std::uint32_t paged_nodes = 64;
  QueryGrain grain = {};
};

struct ResultColumn {
  std::string name;
  PropertyType type;
  ColumnPtr values;
};

struct QueryResult {
  std::vector<ResultColumn> columns;  // in projection order; names may repeat
  std::uint64_t rows = 0;
};

// What the planner is told not to choose itself; tests force every choice and compare the answers.
struct PlanOptions {
  bool weights = true;                       // false: enumerate every match
  std::optional<std::uint64_t> choice_seed;  // start bindings, directions and orders by this seed
};

class Plan;
using PlanPtr = std::shared_ptr<const Plan>;

// Makes a plan for a read of this snapshot's schema. Errors kBadRequest: what passes the checker
// but cannot be executed (spec/queries.md §8, §10).
Result<PlanPtr> make_plan(const TypedRead& query, const Snapshot& snapshot,
                          const PlanOptions& options = {});

// Errors: kBadRequest (a parameter without a value, a malformed date), kResourceExhausted naming
// the limit, kDeadlineExceeded, kCancelled, and what reading the store reports.
Result<QueryResult> run_plan(const Plan& plan, const Snapshot& snapshot,
                             const ParameterValues& parameters, DateTime now,
                             const Runtime& runtime, const QueryLimits& limits,
                             PlanNode* explain = nullptr);

// make_plan and run_plan in one.
Result<QueryResult> run_read(const TypedRead& query, const Snapshot& snapshot,
                             const ParameterValues& parameters, DateTime now,
                             const Runtime& runtime, const QueryLimits& limits,
                             PlanNode* explain = nullptr);

}  // namespace omnigraph
