#include <utility>

#include "query/rules/read_checker.h"

namespace omnigraph::gq {

Status ReadChecker::check_clause(const Filter& filter, SourceSpan span) {
  OG_ASSIGN_OR_RETURN(Operand left, check_expr(*filter.left));
  OG_ASSIGN_OR_RETURN(Operand right, check_expr(*filter.right));
  bool membership = false;
  switch (filter.op) {
    case Compare::kContains:
      OG_RETURN_IF_ERROR(check_contains(left, right, span));
      membership = left.expr->type.list;
      break;
    case Compare::kStartsWith:
      OG_RETURN_IF_ERROR(check_starts_with(left, right, span));
      break;
    default:
      OG_RETURN_IF_ERROR(check_comparison(left, right, span));
  }
  read_.scopes[scope_].filters.push_back(
      {filter.op, std::move(left.expr), std::move(right.expr), membership});
  return {};
}

Status ReadChecker::check_comparison(const Operand& left, const Operand& right, SourceSpan span) {
  for (const Operand* operand : {&left, &right}) {
    if (operand->kind != Operand::Kind::kValue) {
      return type_error("T7", "comparisons need scalar operands, got " + type_text(*operand),
                        operand->expr->span);
    }
  }
  const PropertyType& a = left.expr->type;
  const PropertyType& b = right.expr->type;
  const auto either = [&](ScalarType type) { return a.scalar == type || b.scalar == type; };
  if (either(ScalarType::kVector)) {
    return type_error("T7", "vector comparisons in filters are not supported", span);
  }
  if (either(ScalarType::kBlob)) {
    return type_error("T7", "blob comparisons in filters are not supported", span);
  }
  if (a.list || b.list) {
    return type_error("T7",
                      "cannot compare " + to_string(a) + " with " + to_string(b) +
                          ": lists have no comparison; use `contains` for list membership",
                      span);
  }
  if (!compatible(a, b)) {
    return type_error("T7", "cannot compare " + to_string(a) + " with " + to_string(b), span);
  }
  return {};
}

Status ReadChecker::check_contains(const Operand& left, const Operand& right, SourceSpan span) {
  const PropertyType& a = left.expr->type;
  const PropertyType& b = right.expr->type;
  const bool scalar_right = right.kind == Operand::Kind::kValue && !b.list;
  if (left.kind == Operand::Kind::kValue && a.list) {
    if (!scalar_right) {
      return type_error("T7", "contains requires a scalar right operand, got " + type_text(right),
                        right.expr->span);
    }
    if (a.scalar == ScalarType::kBlob || b.scalar == ScalarType::kBlob) {
      return type_error("T7", "blob comparisons in filters are not supported", span);
    }
    if (!compatible(element_type(a), b)) {
      return type_error("T7", "cannot test membership of " + to_string(b) + " in " + to_string(a),
                        span);
    }
    return {};
  }
  if (left.kind == Operand::Kind::kValue && a.scalar == ScalarType::kString) {
    if (!scalar_right || b.scalar != ScalarType::kString) {
      return type_error("T7",
                        "string contains requires a String right operand, got " + type_text(right),
                        right.expr->span);
    }
    return {};
  }
  return type_error(
      "T7", "contains requires a list property or a String on the left, got " + type_text(left),
      left.expr->span);
}

Status ReadChecker::check_starts_with(const Operand& left, const Operand& right, SourceSpan) {
  const auto is_string = [](const Operand& operand) {
    return operand.kind == Operand::Kind::kValue && !operand.expr->type.list &&
           operand.expr->type.scalar == ScalarType::kString;
  };
  if (!is_string(left)) {
    return type_error("T7",
                      "starts_with requires a String property on the left, got " + type_text(left),
                      left.expr->span);
  }
  if (!is_string(right)) {
    return type_error("T7", "starts_with requires a String right operand, got " + type_text(right),
                      right.expr->span);
  }
  return {};
}

}  // namespace omnigraph::gq
