#include <utility>

#include "query/print.h"
#include "query/rules/read_checker.h"

namespace omnigraph::gq {
namespace {

TypedExprPtr typed(decltype(TypedExpr::node) node, PropertyType type, SourceSpan span) {
  return std::make_shared<const TypedExpr>(TypedExpr{std::move(node), std::move(type), span});
}

}  // namespace

std::string ReadChecker::type_text(const Operand& operand) const {
  switch (operand.kind) {
    case Operand::Kind::kNode:
      return "node " + quoted(catalog_.entity(operand.node)->name);
    case Operand::Kind::kAggregate:
      return "aggregate";
    case Operand::Kind::kValue:
      break;
  }
  return to_string(operand.expr->type);
}

Result<ReadChecker::Operand> ReadChecker::check_expr(const Expr& expr) {
  return std::visit([&](const auto& node) { return check_node(node, expr.span); }, expr.node);
}

Result<ReadChecker::Operand> ReadChecker::check_node(const PropertyAccess& access,
                                                     SourceSpan span) {
  const auto id = lookup(access.variable);
  if (!id) {
    return type_error("T6", "variable " + quoted_variable(access.variable) + " is not bound", span);
  }
  mention(*id);
  const EntityType& type = type_of(*id);
  const Property* property = type.find(access.property);
  if (property == nullptr) {
    return type_error("T6",
                      std::string(variable(*id).is_edge ? "edge type " : "type ") +
                          quoted(type.name) + " has no property " + quoted(access.property) +
                          suggest_property(access.property, type),
                      span);
  }
  if (property->type.scalar == ScalarType::kBlob) {
    return type_error("T24",
                      "blob property " + quoted("$" + access.variable + "." + access.property) +
                          " is not available as a .gq read value",
                      span);
  }
  return Operand{.expr = typed(TProperty{*id, property->id}, property->type, span)};
}

Result<ReadChecker::Operand> ReadChecker::check_node(const VariableRef& ref, SourceSpan span) {
  if (const auto index = parameters_.find(ref.name)) {
    return Operand{.expr = typed_parameter(parameters_, *index, span)};
  }
  const auto id = lookup(ref.name);
  if (!id) {
    return type_error("", "variable " + quoted_variable(ref.name) + " is not bound", span);
  }
  mention(*id);
  if (variable(*id).is_edge) {
    return type_error("T23",
                      "edge binding " + quoted_variable(ref.name) +
                          " cannot be used bare; name one of its properties",
                      span);
  }
  return Operand{.expr = typed(TNode{*id}, scalar_type(ScalarType::kString), span),
                 .kind = Operand::Kind::kNode,
                 .node = variable(*id).type};
}

Result<ReadChecker::Operand> ReadChecker::check_node(const AliasRef& ref, SourceSpan span) {
  const auto known = aliases_.find(ref.name);
  if (known == aliases_.end()) {
    PropertyType type = scalar_type(ScalarType::kI64);
    type.nullable = true;
    return Operand{.expr = typed(TAlias{ref.name}, std::move(type), span),
                   .kind = Operand::Kind::kAggregate};
  }
  Operand operand = known->second;
  operand.expr = typed(TAlias{ref.name}, operand.expr->type, span);
  return operand;
}

Result<ReadChecker::Operand> ReadChecker::check_node(const Literal& literal, SourceSpan) {
  OG_ASSIGN_OR_RETURN(PropertyType type, literal_type(literal));
  return Operand{.expr = typed_literal(literal, std::move(type))};
}

Result<ReadChecker::Operand> ReadChecker::check_node(const NowCall&, SourceSpan span) {
  return Operand{.expr = typed_now(span)};
}

Result<ReadChecker::Operand> ReadChecker::check_node(const AggregateCall& call, SourceSpan span) {
  OG_ASSIGN_OR_RETURN(Operand argument, check_expr(*call.argument));
  OG_RETURN_IF_ERROR(refuse_blob(argument));
  const PropertyType& got = argument.expr->type;
  const bool scalar = argument.kind == Operand::Kind::kValue;
  const bool numeric = !got.list && is_numeric(got.scalar);
  const bool text = !got.list && got.scalar == ScalarType::kString;
  const std::string name(aggregate_name(call.function));

  PropertyType type = scalar_type(ScalarType::kI64);
  switch (call.function) {
    case Aggregate::kCount:
      break;
    case Aggregate::kSum:
    case Aggregate::kAvg:
      // Nodes and aggregates pass here and fail at execution.
      if (scalar && !numeric) {
        return type_error("T8", name + " requires numeric type, got " + to_string(got), span);
      }
      type = scalar_type(ScalarType::kF64);
      type.nullable = true;
      break;
    case Aggregate::kMin:
    case Aggregate::kMax:
      if (scalar && !numeric && !text) {
        return type_error("T8", name + " requires numeric or string type, got " + to_string(got),
                          span);
      }
      type = got;
      type.nullable = true;
      break;
  }
  Operand result{
      .expr = typed(TAggregate{call.function, std::move(argument.expr)}, std::move(type), span),
      .kind = Operand::Kind::kAggregate};
  result.nearest = argument.nearest;
  result.rrf = argument.rrf;
  return result;
}

Status ReadChecker::refuse_blob(const Operand& operand) {
  if (operand.kind != Operand::Kind::kValue || operand.expr->type.scalar != ScalarType::kBlob) {
    return {};
  }
  std::string subject = "blob value";
  if (const auto* parameter = std::get_if<TParameter>(&operand.expr->node)) {
    subject = "blob parameter " + quoted_variable(parameters_.at(parameter->index).name);
  }
  return type_error("T24", subject + " is not available as a .gq read value", operand.expr->span);
}

}  // namespace omnigraph::gq
