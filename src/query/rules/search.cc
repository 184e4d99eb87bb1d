#include <utility>

#include "query/print.h"
#include "query/rules/read_checker.h"

namespace omnigraph::gq {
namespace {

bool is_string(const PropertyType& type) {
  return type.scalar == ScalarType::kString && !type.list;
}

TypedExprPtr typed_call(SearchFunction function, std::vector<TypedExprPtr> arguments,
                        ScalarType type, SourceSpan span) {
  return std::make_shared<const TypedExpr>(
      TypedExpr{TSearch{function, std::move(arguments)}, scalar_type(type), span});
}

}  // namespace

Result<ReadChecker::Operand> ReadChecker::check_node(const SearchCall& call, SourceSpan span) {
  switch (call.function) {
    case SearchFunction::kNearest:
      return check_nearest(call, span);
    case SearchFunction::kRrf:
      return check_rrf(call, span);
    default:
      return check_text(call, span);
  }
}

Result<ReadChecker::Operand> ReadChecker::check_nearest(const SearchCall& call, SourceSpan span) {
  const Expr& target = *call.arguments[0];
  const auto& access = std::get<PropertyAccess>(target.node);
  const auto refuse = [](std::string_view text, SourceSpan at) {
    return type_error("T15", text, at);
  };
  const auto id = lookup(access.variable);
  if (!id) {
    return refuse("variable " + quoted_variable(access.variable) + " is not bound", target.span);
  }
  mention(*id);
  if (variable(*id).is_edge) {
    return type_error("T23",
                      "nearest cannot target edge binding " + quoted_variable(access.variable) +
                          "; vector search runs on node properties",
                      target.span);
  }
  const EntityType& type = type_of(*id);
  const Property* property = type.find(access.property);
  if (property == nullptr) {
    return refuse("type " + quoted(type.name) + " has no property " + quoted(access.property) +
                      suggest_property(access.property, type),
                  target.span);
  }
  PropertyType vector = property->type;
  vector.nullable = false;
  if (vector.scalar != ScalarType::kVector) {
    return refuse("nearest requires a Vector property, got " + type.name + "." + property->name +
                      ": " + to_string(property->type),
                  target.span);
  }
  if (vector.list) return refuse("nearest does not support list-wrapped vectors", target.span);

  const Expr& query_expr = *call.arguments[1];
  TypedExprPtr query;
  const auto* literal = std::get_if<Literal>(&query_expr.node);
  const auto size = literal == nullptr ? std::nullopt : numeric_list_size(*literal);
  const auto mismatch = [&](const std::string& got) {
    return refuse(
        "nearest vector dimension mismatch: property is " + to_string(vector) + ", query " + got,
        query_expr.span);
  };
  if (size) {
    if (*size != vector.dimension) {
      return mismatch("literal has " + std::to_string(*size) + " elements");
    }
    query = typed_literal(*literal, vector);
  } else {
    OG_ASSIGN_OR_RETURN(Operand operand, check_expr(query_expr));
    if (operand.kind != Operand::Kind::kValue) {
      return refuse("nearest query must be a scalar expression", query_expr.span);
    }
    const PropertyType& got = operand.expr->type;
    const bool is_vector = got.scalar == ScalarType::kVector && !got.list;
    if (is_vector && got.dimension != vector.dimension) {
      PropertyType shown = got;
      shown.nullable = false;
      return mismatch("is " + to_string(shown));
    }
    if (!is_vector && !is_string(got)) {
      return refuse(
          "nearest query must be " + to_string(vector) + " or String, got " + to_string(got),
          query_expr.span);
    }
    query = std::move(operand.expr);
  }
  auto field = std::make_shared<const TypedExpr>(
      TypedExpr{TProperty{*id, property->id}, property->type, target.span});
  Operand result{.expr = typed_call(SearchFunction::kNearest, {std::move(field), std::move(query)},
                                    ScalarType::kF64, span)};
  result.nearest = true;
  return result;
}

Result<ReadChecker::Operand> ReadChecker::check_text(const SearchCall& call, SourceSpan span) {
  const std::string name(search_name(call.function));
  const bool is_rank = call.function == SearchFunction::kBm25;
  const std::string_view code =
      is_rank || call.function == SearchFunction::kMatchText ? "T20" : "T19";
  OG_RETURN_IF_ERROR(refuse_edge_field(*call.arguments[0], call.function));
  OG_ASSIGN_OR_RETURN(Operand field, check_expr(*call.arguments[0]));
  OG_RETURN_IF_ERROR(check_text_operand(field, name + " field", code));
  OG_ASSIGN_OR_RETURN(Operand query, check_expr(*call.arguments[1]));
  OG_RETURN_IF_ERROR(check_text_operand(query, name + " query", code));
  std::vector<TypedExprPtr> arguments{std::move(field.expr), std::move(query.expr)};
  if (call.arguments.size() > 2) {
    OG_ASSIGN_OR_RETURN(Operand edits, check_expr(*call.arguments[2]));
    const PropertyType& got = edits.expr->type;
    if (edits.kind != Operand::Kind::kValue || got.list || !is_integer(got.scalar)) {
      return type_error(code,
                        name + " max_edits must be an integer scalar, got " + type_text(edits),
                        edits.expr->span);
    }
    arguments.push_back(std::move(edits.expr));
  }
  return Operand{.expr = typed_call(call.function, std::move(arguments),
                                    is_rank ? ScalarType::kF64 : ScalarType::kBool, span)};
}

Status ReadChecker::refuse_edge_field(const Expr& field, SearchFunction function) {
  const auto* access = std::get_if<PropertyAccess>(&field.node);
  if (access == nullptr) return {};
  const auto id = lookup(access->variable);
  if (!id || !variable(*id).is_edge) return {};
  return type_error("T23",
                    std::string(search_name(function)) + " cannot target edge property " +
                        quoted("$" + access->variable + "." + access->property) +
                        "; text/rank search runs on node properties",
                    field.span);
}

Status ReadChecker::check_text_operand(const Operand& operand, std::string_view what,
                                       std::string_view code) {
  const SourceSpan span = operand.expr->span;
  if (operand.kind != Operand::Kind::kValue) {
    return type_error(code, std::string(what) + " must be a scalar String expression", span);
  }
  if (!is_string(operand.expr->type)) {
    return type_error(
        code, std::string(what) + " must be String, got " + to_string(operand.expr->type), span);
  }
  return {};
}

Result<ReadChecker::Operand> ReadChecker::check_rrf(const SearchCall& call, SourceSpan span) {
  std::vector<TypedExprPtr> arguments;
  for (std::size_t i = 0; i < 2; ++i) {
    OG_ASSIGN_OR_RETURN(Operand arm, check_expr(*call.arguments[i]));
    arguments.push_back(std::move(arm.expr));
  }
  if (call.arguments.size() > 2) {
    OG_ASSIGN_OR_RETURN(Operand k, check_expr(*call.arguments[2]));
    const PropertyType& got = k.expr->type;
    if (k.kind != Operand::Kind::kValue || got.list || !is_integer(got.scalar)) {
      return type_error("T21", "rrf k must be an integer scalar, got " + type_text(k),
                        k.expr->span);
    }
    const auto* literal = std::get_if<TLiteral>(&k.expr->node);
    if (literal != nullptr && std::get<std::int64_t>(literal->value.value) <= 0) {
      return type_error("T21", "rrf k must be greater than 0", k.expr->span);
    }
    arguments.push_back(std::move(k.expr));
  }
  Operand result{
      .expr = typed_call(SearchFunction::kRrf, std::move(arguments), ScalarType::kF64, span)};
  result.rrf = true;
  return result;
}

}  // namespace omnigraph::gq
