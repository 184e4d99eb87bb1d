#include "execution/bound_plan.h"

#include <algorithm>
#include <utility>

#include "execution/constant.h"
#include "execution/operator.h"

namespace omnigraph {
namespace {

// Reading an edge by page costs about a sixteenth of visiting a node.
constexpr double kPagedEdges = 16;

// A step's test is evaluated for its whole table when at least this part of the table's rows will
// ask.
constexpr double kWholeTableFraction = 0.1;

class MaterializeSink final : public Operator {
 public:
  MaterializeSink(MaterializedRows& rows, Execution& execution)
      : rows_(rows), memory_(*rows.memory), context_(execution.context) {}

  Status push(Batch& batch) override {
    OG_RETURN_IF_ERROR(context_.check());
    const bool weighted = !batch.weights.empty() || !rows_.weights.empty();
    if (weighted) rows_.weights.resize(rows_.rows, 1);
    std::uint64_t bytes = 0;
    for (std::size_t slot = 0; slot < batch.columns.size(); ++slot) {
      const auto& column = batch.columns[slot];
      rows_.columns[slot].insert(rows_.columns[slot].end(), column.begin(), column.end());
      bytes += rows_.columns[slot].capacity() * sizeof(RowKey);
    }
    if (weighted) {
      for (std::uint32_t i = 0; i < batch.rows; ++i) rows_.weights.push_back(batch.weight(i));
      bytes += rows_.weights.capacity() * sizeof(std::uint64_t);
    }
    rows_.rows += batch.rows;
    return memory_.grow_to(bytes);
  }

 private:
  MaterializedRows& rows_;
  Reservation& memory_;
  QueryContext& context_;
};

Result<bool> constants_hold(const ScopePlan& plan, Execution& execution) {
  for (const PlanCondition& condition : plan.constants) {
    OG_ASSIGN_OR_RETURN(const Condition bound,
                        bind_condition(condition, execution.context, execution.plan.variables));
    if (!matches(bound.op, cell_of(bound.left.value), cell_of(bound.right.value))) return false;
  }
  return true;
}

Status bind_crossing(BoundStep& step, std::span<const PlanCondition> conditions,
                     Execution& execution) {
  for (const PlanCondition& condition : conditions) {
    BoundCrossing crossing;
    OG_ASSIGN_OR_RETURN(crossing.condition,
                        bind_condition(condition, execution.context, execution.plan.variables));
    const auto open = [&](const TypedExpr& expression, const Condition::Operand& operand,
                          VarId& variable, TableView*& table,
                          std::shared_ptr<const PropertyColumn>& column) -> Status {
      const auto* property = std::get_if<TProperty>(&expression.node);
      if (property == nullptr) return {};
      variable = property->variable;
      table = &execution.table_of(variable);
      OG_ASSIGN_OR_RETURN(column, table->column(operand.property, operand.type));
      return {};
    };
    OG_RETURN_IF_ERROR(open(*condition.left, crossing.condition.left, crossing.left,
                            crossing.left_table, crossing.left_column));
    OG_RETURN_IF_ERROR(open(*condition.right, crossing.condition.right, crossing.right,
                            crossing.right_table, crossing.right_column));
    step.crossing.push_back(std::move(crossing));
  }
  return {};
}

Status bind_step(const Step& plan, double rows_in, Execution& execution, BoundStep& step) {
  step.plan = &plan;
  const bool walks = plan.kind == Step::Kind::kExpand || plan.kind == Step::Kind::kHops ||
                     plan.kind == Step::Kind::kClose;
  if (walks) {
    step.edge_table = &execution.tables.of(plan.edge);
    OG_ASSIGN_OR_RETURN(step.edges, step.edge_table->edges());
    // Few nodes may have many edges.
    if (plan.kind == Step::Kind::kExpand && plan.estimated_rows > kPagedEdges) {
      OG_RETURN_IF_ERROR(
          step.edges->expect(static_cast<std::size_t>(plan.estimated_rows / kPagedEdges)));
    }
    OG_ASSIGN_OR_RETURN(step.edge_filter, bind_filter(plan.conditions, plan.edge, *step.edge_table,
                                                      execution.context, execution.plan.variables));
    step.to_table = &execution.table_of(plan.to);
    for (const Closing& closing : plan.closings) {
      OG_ASSIGN_OR_RETURN(auto edges, execution.tables.of(closing.edge).edges());
      step.closings.push_back(std::move(edges));
    }
  }
  if (plan.kind == Step::Kind::kFilter) return bind_crossing(step, plan.conditions, execution);
  if (!plan.test.empty()) {
    const NodeTest& test = plan.test.front();
    OG_ASSIGN_OR_RETURN(BoundTest bound, bind_test(test, execution.tables, execution.context,
                                                   execution.plan.variables));
    step.test = std::make_unique<BoundTest>(std::move(bound));
    step.to_table = step.test->table;
    const auto rows = static_cast<double>(step.test->table->version().live_rows());
    const bool keyed = step.test->filter && step.test->filter->key();
    if (keyed || rows_in > kWholeTableFraction * rows) {
      OG_ASSIGN_OR_RETURN(step.weights, evaluate(*step.test, execution.context));
    }
  }
  if (plan.kind == Step::Kind::kAbsent) {
    OG_ASSIGN_OR_RETURN(step.inner, bind_scope(plan.inner.front(), execution, rows_in));
  }
  if (plan.kind == Step::Kind::kProduct) {
    OG_ASSIGN_OR_RETURN(step.inner, bind_scope(plan.inner.front(), execution, 0));
    step.product = std::make_unique<MaterializedRows>();
    step.product->columns.resize(execution.slots());
    step.product->memory = std::make_unique<Reservation>(execution.context);
    MaterializeSink sink(*step.product, execution);
    OG_RETURN_IF_ERROR(run_scope(
        *step.inner, execution, nullptr, 1, [&](std::size_t) -> Operator& { return sink; },
        [](std::size_t) { return Status(); }));
    if (plan.join) {
      OG_RETURN_IF_ERROR(bind_crossing(step, {&*plan.join, 1}, execution));
      OG_RETURN_IF_ERROR(build_join(step));
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<BoundScope>> bind_scope(const ScopePlan& plan, Execution& execution,
                                               double rows_hint) {
  auto scope = std::make_unique<BoundScope>();
  scope->plan = &plan;
  OG_ASSIGN_OR_RETURN(const bool hold, constants_hold(plan, execution));
  scope->never = plan.never || !hold;
  if (scope->never) return scope;
  for (const NodeTest& test : plan.totals) {
    OG_ASSIGN_OR_RETURN(const BoundTest bound, bind_test(test, execution.tables, execution.context,
                                                         execution.plan.variables));
    OG_ASSIGN_OR_RETURN(const Weights weights, evaluate(bound, execution.context));
    OG_ASSIGN_OR_RETURN(const std::uint64_t sum, total(weights, *bound.table));
    scope->factor = saturating_multiply(scope->factor, sum);
  }
  if (scope->factor == 0) {
    scope->never = true;
    return scope;
  }
  double rows = rows_hint;
  if (!plan.source.empty()) {
    const std::int64_t begin =
        execution.measure ? execution.context.runtime().clock->steady_nanos() : 0;
    OG_ASSIGN_OR_RETURN(BoundTest bound, bind_test(plan.source.front(), execution.tables,
                                                   execution.context, execution.plan.variables));
    scope->source_table = bound.table;
    scope->source_test = std::make_unique<BoundTest>(std::move(bound));
    OG_ASSIGN_OR_RETURN(scope->source, evaluate_source(*scope->source_test, execution.context));
    if (execution.measure) {
      scope->counters.nanos +=
          static_cast<std::uint64_t>(execution.context.runtime().clock->steady_nanos() - begin);
    }
    rows = plan.source.front().estimated_rows;
    if (scope->source->form == Weights::Form::kSparse) {
      rows = static_cast<double>(scope->source->keys.size());
      // Nothing to start from: later steps need not be opened.
      if (scope->source->keys.empty()) scope->never = true;
    }
    if (scope->never) return scope;
  }
  const double scale = plan.source.empty() ? std::max(1.0, rows) : 1.0;
  for (const Step& step : plan.steps) {
    scope->steps.push_back(std::make_unique<BoundStep>());
    // Rows that reach the test: what the step lets in before the test thins them out.
    const double reach =
        step.test.empty()
            ? rows
            : std::max(rows,
                       step.estimated_rows * scale *
                           static_cast<double>(std::max<std::uint64_t>(
                               1, execution.tables.of(step.test[0].type).version().live_rows())) /
                           std::max(1.0, step.test[0].estimated_rows));
    OG_RETURN_IF_ERROR(bind_step(step, reach, execution, *scope->steps.back()));
    rows = step.estimated_rows * scale;
  }
  return scope;
}

}  // namespace omnigraph
