#include "execution/run.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "execution/aggregate_sink.h"
#include "execution/bound_plan.h"
#include "execution/constant.h"
#include "execution/context.h"
#include "execution/plan_report.h"
#include "execution/row_sink.h"

namespace omnigraph {
namespace {

// Sinks of one query.
constexpr std::size_t kMostSinks = 64;

Result<QueryResult> run_rows(const BoundScope& root, Execution& execution) {
  OG_ASSIGN_OR_RETURN(const RowOrder order, RowOrder::open(execution));
  StopFlag stop{false};
  std::deque<RowSink> sinks;  // one a morsel; no copies, no moves
  // A limit without an order is reached soonest on one thread.
  const bool parallel = !(execution.plan.limit && execution.plan.order.empty());
  const Status status = run_scope(
      root, execution, parallel ? nullptr : &stop, parallel ? kMostSinks : 1,
      [&](std::size_t morsel) -> Operator& { return sinks[morsel]; },
      [&](std::size_t morsels) {
        for (std::size_t i = 0; i < std::max<std::size_t>(1, morsels); ++i) {
          sinks.emplace_back(order, execution, parallel ? nullptr : &stop);
        }
        return Status();
      });
  if (!status.ok()) return status.error();
  for (std::size_t i = 1; i < sinks.size(); ++i) OG_RETURN_IF_ERROR(sinks[0].merge(sinks[i]));
  return sinks[0].result();
}

Result<QueryResult> run_aggregates(const BoundScope& root, Execution& execution) {
  OG_ASSIGN_OR_RETURN(const auto shared, AggregateSink::share(execution));
  std::vector<std::unique_ptr<AggregateSink>> sinks;
  const Status status = run_scope(
      root, execution, nullptr, shared->most_sinks,
      [&](std::size_t morsel) -> Operator& { return *sinks[morsel]; },
      [&](std::size_t morsels) -> Status {
        while (sinks.size() < std::max<std::size_t>(1, morsels)) {
          OG_ASSIGN_OR_RETURN(auto sink, AggregateSink::make(execution, *shared));
          sinks.push_back(std::move(sink));
        }
        return {};
      });
  if (!status.ok()) return status.error();
  for (std::size_t i = 1; i < sinks.size(); ++i) {
    OG_RETURN_IF_ERROR(sinks[0]->merge(*sinks[i]));
    sinks[i].reset();
  }
  return sinks[0]->result();
}

}  // namespace

Result<QueryResult> run_plan(const Plan& plan, const Snapshot& snapshot,
                             const ParameterValues& parameters, DateTime now,
                             const Runtime& runtime, const QueryLimits& limits, PlanNode* explain) {
  const std::int64_t begin = explain != nullptr ? runtime.clock->steady_nanos() : 0;
  QueryContext context(snapshot, plan.parameters, parameters, now, runtime, limits);
  Execution execution(plan, context, explain != nullptr);
  OG_RETURN_IF_ERROR(context.check());
  for (const TypedExprPtr& constant : plan.constants) {
    auto value = constant_value(*constant, context);
    if (!value.ok()) return std::move(value).error();
  }
  OG_ASSIGN_OR_RETURN(const auto root, bind_scope(plan.root, execution, 1));
  Result<QueryResult> result =
      plan.aggregate ? run_aggregates(*root, execution) : run_rows(*root, execution);
  if (explain != nullptr && result.ok()) {
    *explain = report_plan(plan, *root, snapshot.catalog(), result->rows);
    explain->nanos = static_cast<std::uint64_t>(runtime.clock->steady_nanos() - begin);
    explain->bytes = context.peak();
  }
  return result;
}

Result<QueryResult> run_read(const TypedRead& query, const Snapshot& snapshot,
                             const ParameterValues& parameters, DateTime now,
                             const Runtime& runtime, const QueryLimits& limits, PlanNode* explain) {
  OG_ASSIGN_OR_RETURN(const PlanPtr plan, make_plan(query, snapshot));
  return run_plan(*plan, snapshot, parameters, now, runtime, limits, explain);
}

}  // namespace omnigraph
