#include "execution/outputs.h"

#include <algorithm>
#include <string>
#include <utility>

#include "execution/constant.h"

namespace omnigraph {
namespace {

Error unsupported_projection(const std::string& what) {
  return bad_request("unsupported projection expression: " + what);
}

Status require_bound(const TypedRead& query, const Catalog& catalog,
                     const std::vector<bool>& unanchored, const TypedExpr& expression) {
  if (const auto* property = std::get_if<TProperty>(&expression.node)) {
    if (unanchored[property->variable]) {
      return bad_request("column '" + column_name(query, catalog, *property) +
                         "' not found: no node binding anchors its traversal");
    }
  } else if (const auto* node = std::get_if<TNode>(&expression.node)) {
    if (unanchored[node->variable]) {
      return bad_request("column '" + query.variables[node->variable].name +
                         ".id' not found: no node binding anchors its traversal");
    }
  }
  return {};
}

class OutputPlanner {
 public:
  OutputPlanner(const TypedRead& query, const Catalog& catalog, const std::vector<bool>& unanchored)
      : query_(query), catalog_(catalog), unanchored_(unanchored) {}

  Result<OutputValue> value(const TypedExpr& expression, const TypedExprPtr& pointer) const {
    OG_RETURN_IF_ERROR(require_bound(query_, catalog_, unanchored_, expression));
    OutputValue out;
    out.type = expression.type;
    if (const auto* property = std::get_if<TProperty>(&expression.node)) {
      out.kind = OutputValue::Kind::kProperty;
      out.variable = property->variable;
      out.property = property->property;
      // The type as the schema has it now: what the column is stored as.
      const EntityType* entity = catalog_.entity(query_.variables[property->variable].type);
      if (const Property* declared = entity->find(property->property)) out.type = declared->type;
      return out;
    }
    if (const auto* node = std::get_if<TNode>(&expression.node)) {
      out.kind = OutputValue::Kind::kNodeId;
      out.variable = node->variable;
      out.type = PropertyType{};
      return out;
    }
    if (is_constant(expression)) {
      out.constant = pointer;
      // A parameter of F32 is kept as the double it came as.
      if (out.type.scalar == ScalarType::kF32) out.type.scalar = ScalarType::kF64;
      return out;
    }
    if (std::holds_alternative<TAlias>(expression.node)) return unsupported_projection("an alias");
    if (std::holds_alternative<TSearch>(expression.node)) {
      return unsupported_projection("a search function");
    }
    return unsupported_projection("an aggregate inside an aggregate");
  }

  Result<OutputColumn> column(const TypedProjection& projection) const {
    OutputColumn out;
    out.name = projection.column;
    const TypedExpr& expression = *projection.expression;
    const auto* aggregate = std::get_if<TAggregate>(&expression.node);
    if (aggregate == nullptr) {
      OG_ASSIGN_OR_RETURN(out.value, value(expression, projection.expression));
      out.type = out.value.type;
      return out;
    }
    out.aggregate = aggregate->function;
    OG_ASSIGN_OR_RETURN(out.value, value(*aggregate->argument, aggregate->argument));
    const bool node = out.value.kind == OutputValue::Kind::kNodeId;
    switch (aggregate->function) {
      case Aggregate::kCount:
        out.type = {.scalar = ScalarType::kI64, .list = false, .nullable = true};
        break;
      case Aggregate::kSum:
      case Aggregate::kAvg:
        if (node) return unsupported_projection("the sum of a node");
        out.type = {.scalar = ScalarType::kF64, .list = false, .nullable = true};
        break;
      case Aggregate::kMin:
      case Aggregate::kMax:
        out.type = out.value.type;
        out.type.nullable = true;
        break;
    }
    return out;
  }

  Result<OrderItem> order(const TypedOrdering& ordering, const Plan& plan) const {
    OrderItem item;
    item.descending = ordering.descending;
    const auto by_name = [&](const std::string& name) -> std::optional<std::uint32_t> {
      for (std::uint32_t i = 0; i < plan.columns.size(); ++i) {
        if (plan.columns[i].name == name) return i;
      }
      return std::nullopt;
    };
    const TypedExpr& expression = *ordering.expression;
    if (const auto* alias = std::get_if<TAlias>(&expression.node)) {
      item.column = by_name(alias->name);
      if (!item.column) return bad_request("alias '" + alias->name + "' not found for ordering");
      return item;
    }
    if (const auto* property = std::get_if<TProperty>(&expression.node)) {
      const std::string name = column_name(query_, catalog_, *property);
      if (query_.aggregate) {
        item.column = by_name(name);
        if (!item.column) return bad_request("column '" + name + "' not found for ordering");
        return item;
      }
      if (unanchored_[property->variable]) {
        return bad_request("column '" + name + "' not found for ordering");
      }
      OG_ASSIGN_OR_RETURN(item.value, value(expression, ordering.expression));
      return item;
    }
    return bad_request("unsupported ordering expression: order by a property or an alias");
  }

 private:
  const TypedRead& query_;
  const Catalog& catalog_;
  const std::vector<bool>& unanchored_;
};

void collect_constants(const TypedExpr& expression, const TypedExprPtr& pointer, Plan& plan) {
  if (is_constant(expression)) plan.constants.push_back(pointer);
  if (const auto* aggregate = std::get_if<TAggregate>(&expression.node)) {
    collect_constants(*aggregate->argument, aggregate->argument, plan);
  }
}

}  // namespace

std::string column_name(const TypedRead& query, const Catalog& catalog, const TProperty& property) {
  const TypedVariable& variable = query.variables[property.variable];
  const EntityType* entity = catalog.entity(variable.type);
  const Property* declared = entity == nullptr ? nullptr : entity->find(property.property);
  return variable.name + "." + (declared == nullptr ? std::string("?") : declared->name);
}

Status plan_outputs(const TypedRead& query, const Catalog& catalog,
                    const std::vector<bool>& unanchored, Plan& plan) {
  const OutputPlanner planner(query, catalog, unanchored);
  plan.aggregate = query.aggregate;
  plan.limit = query.limit;
  for (const TypedProjection& projection : query.projections) {
    OG_ASSIGN_OR_RETURN(OutputColumn column, planner.column(projection));
    plan.columns.push_back(std::move(column));
    collect_constants(*projection.expression, projection.expression, plan);
  }
  for (const TypedOrdering& ordering : query.order) {
    OG_ASSIGN_OR_RETURN(OrderItem item, planner.order(ordering, plan));
    plan.order.push_back(std::move(item));
  }
  for (const TypedScope& scope : query.scopes) {
    for (const TypedFilter& filter : scope.filters) {
      OG_RETURN_IF_ERROR(require_bound(query, catalog, unanchored, *filter.left));
      OG_RETURN_IF_ERROR(require_bound(query, catalog, unanchored, *filter.right));
      collect_constants(*filter.left, filter.left, plan);
      collect_constants(*filter.right, filter.right, plan);
    }
    for (const TypedBinding& binding : scope.bindings) {
      for (const TypedPropertyMatch& match : binding.matches) {
        collect_constants(*match.value, match.value, plan);
      }
    }
  }
  if (!query.order.empty() && !query.aggregate) {
    for (VarId v = 0; v < query.variables.size(); ++v) {
      const TypedVariable& variable = query.variables[v];
      if (variable.scope == 0 && !variable.anonymous && !unanchored[v]) plan.tie_break.push_back(v);
    }
    std::sort(plan.tie_break.begin(), plan.tie_break.end(),
              [&](VarId a, VarId b) { return query.variables[a].name < query.variables[b].name; });
  }
  return {};
}

VarSet output_variables(const Plan& plan) {
  VarSet variables;
  const auto add = [&](const OutputValue& value) {
    if (value.kind != OutputValue::Kind::kConstant) variables.insert(value.variable);
  };
  for (const OutputColumn& column : plan.columns) {
    // Counting nodes counts rows: the node itself is not read.
    const bool rows =
        column.aggregate == Aggregate::kCount && column.value.kind == OutputValue::Kind::kNodeId;
    if (!rows) add(column.value);
  }
  for (const OrderItem& item : plan.order) {
    if (!item.column) add(item.value);
  }
  variables.insert(plan.tie_break.begin(), plan.tie_break.end());
  return variables;
}

}  // namespace omnigraph
