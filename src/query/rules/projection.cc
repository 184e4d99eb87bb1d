#include <algorithm>
#include <utility>

#include "query/print.h"
#include "query/rules/read_checker.h"

namespace omnigraph::gq {
namespace {

// The name of a projection without alias; an aggregate has that of its argument.
std::string column_name(const Expr& expr) {
  struct Visitor {
    std::string operator()(const NowCall&) const { return "now"; }
    std::string operator()(const PropertyAccess& access) const {
      return access.variable + "." + access.property;
    }
    std::string operator()(const VariableRef& ref) const { return ref.name; }
    std::string operator()(const AliasRef& ref) const { return ref.name; }
    std::string operator()(const Literal&) const { return "literal"; }
    std::string operator()(const AggregateCall& call) const { return column_name(*call.argument); }
    std::string operator()(const SearchCall& call) const {
      return std::string(search_name(call.function));
    }
  };
  return std::visit(Visitor{}, expr.node);
}

}  // namespace

Result<TypedRead> ReadChecker::check(const ReadBody& body) {
  read_.name = query_.name;
  read_.parameters = query_.parameters;
  read_.scopes.emplace_back();
  OG_RETURN_IF_ERROR(check_clauses(body.match, 0));
  OG_RETURN_IF_ERROR(check_projections(body.projections));
  read_.limit = body.limit;
  OG_RETURN_IF_ERROR(check_order(body.order));
  OG_RETURN_IF_ERROR(check_grouping(body.projections));
  find_anchored();
  return std::move(read_);
}

Status ReadChecker::check_projections(const std::vector<Projection>& projections) {
  for (const Projection& projection : projections) {
    OG_ASSIGN_OR_RETURN(Operand operand, check_expr(*projection.expression));
    OG_RETURN_IF_ERROR(refuse_blob(operand));
    read_.aggregate |= std::holds_alternative<TAggregate>(operand.expr->node);
    read_.projections.push_back(
        {operand.expr, projection.alias.value_or(column_name(*projection.expression))});
    if (projection.alias) aliases_.insert_or_assign(*projection.alias, std::move(operand));
  }
  return {};
}

Status ReadChecker::check_order(const std::vector<Ordering>& order) {
  SourceSpan nearest_at, rrf_at, alias_at;
  bool nearest = false, direct_nearest = false, rrf = false, alias = false;
  const auto first = [](bool& seen, SourceSpan& at, SourceSpan span) {
    if (!std::exchange(seen, true)) at = span;
  };
  for (const Ordering& ordering : order) {
    OG_ASSIGN_OR_RETURN(Operand operand, check_expr(*ordering.expression));
    OG_RETURN_IF_ERROR(refuse_blob(operand));
    const SourceSpan span = ordering.expression->span;
    const bool is_alias = std::holds_alternative<AliasRef>(ordering.expression->node);
    if (is_alias) first(alias, alias_at, span);
    if (operand.nearest) first(nearest, nearest_at, span);
    if (operand.rrf) first(rrf, rrf_at, span);
    direct_nearest |= operand.nearest && !is_alias;
    read_.order.push_back({std::move(operand.expr), ordering.descending});
  }
  if (rrf && !read_.limit) {
    return type_error("T21", "rrf ordering requires a limit clause", rrf_at);
  }
  if (nearest && !read_.limit) {
    return type_error("T17", "nearest ordering requires a limit clause", nearest_at);
  }
  if (direct_nearest && alias) {
    return type_error(
        "T18", "alias-based ordering is not supported together with nearest in phase 1", alias_at);
  }
  return {};
}

Status ReadChecker::check_grouping(const std::vector<Projection>& projections) {
  if (!read_.aggregate) return {};
  for (const Projection& projection : projections) {
    const auto& node = projection.expression->node;
    if (std::holds_alternative<AggregateCall>(node) ||
        std::holds_alternative<PropertyAccess>(node) || std::holds_alternative<VariableRef>(node)) {
      continue;
    }
    return type_error("T9",
                      "beside an aggregate, projections must be property accesses or variables",
                      projection.expression->span);
  }
  return {};
}

}  // namespace omnigraph::gq
