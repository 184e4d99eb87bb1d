#include <utility>

#include "query/rules/read_checker.h"

namespace omnigraph::gq {
namespace {

std::vector<std::string_view> node_names(const Catalog& catalog) {
  std::vector<std::string_view> names;
  for (const NodeType& node : catalog.nodes()) names.push_back(node.name);
  return names;
}

// `word`, spelled with the lower-case first letter that an edge has in a query.
std::string suggest_edge(std::string_view word, const Catalog& catalog) {
  std::vector<std::string> words;
  for (const EdgeType& edge : catalog.edges()) {
    words.push_back(edge.name);
    char& first = words.back().front();
    if (first >= 'A' && first <= 'Z') first = static_cast<char>(first - 'A' + 'a');
  }
  return suggestion(word, {words.begin(), words.end()});
}

}  // namespace

Status ReadChecker::check_clauses(const std::vector<Clause>& clauses, std::uint32_t scope) {
  for (const Clause& clause : clauses) {
    scope_ = scope;
    OG_RETURN_IF_ERROR(
        std::visit([&](const auto& node) { return check_clause(node, clause.span); }, clause.node));
  }
  return {};
}

Status ReadChecker::check_clause(const Negation& negation, SourceSpan span) {
  const std::uint32_t outer_scope = scope_;
  const auto scope = static_cast<std::uint32_t>(read_.scopes.size());
  read_.scopes.emplace_back().parent = outer_scope;
  read_.scopes[outer_scope].negations.push_back(scope);

  const VarId enclosing_end = std::exchange(outer_end_, static_cast<VarId>(read_.variables.size()));
  const bool enclosing_mentions = std::exchange(mentions_outer_, false);
  const std::size_t added_before = added_.size();

  OG_RETURN_IF_ERROR(check_clauses(negation.clauses, scope));
  if (!mentions_outer_) {
    return type_error("T9", "a `not` block must reference at least one outer-bound variable", span);
  }

  while (added_.size() > added_before) {
    visible_.erase(added_.back());
    added_.pop_back();
  }
  outer_end_ = enclosing_end;
  mentions_outer_ = enclosing_mentions;
  scope_ = outer_scope;
  return {};
}

Status ReadChecker::check_clause(const NodeBinding& binding, SourceSpan span) {
  const NodeType* type = catalog_.node(binding.type);
  if (type == nullptr) {
    return type_error("T1",
                      "unknown node type " + quoted(binding.type) +
                          suggestion(binding.type, node_names(catalog_)),
                      binding.type_span);
  }
  TypedBinding typed{0, {}};
  for (const PropertyMatch& match : binding.properties) {
    const Property* property = type->find(match.property);
    if (property == nullptr) {
      return type_error("T2",
                        "type " + quoted(type->name) + " has no property " +
                            quoted(match.property) + suggest_property(match.property, *type),
                        match.span);
    }
    if (property->type.scalar == ScalarType::kBlob) {
      return type_error(
          "T3", "blob property " + quoted(match.property) + " cannot be used in match patterns",
          match.span);
    }
    const ValueTarget target{match.property, property->type, "match variable",
                             ValueTarget::Use::kMatch};
    OG_ASSIGN_OR_RETURN(TypedExprPtr value,
                        check_value(target, match.value, match.span, parameters_));
    typed.matches.push_back({property->id, std::move(value), property->type.list});
  }
  OG_ASSIGN_OR_RETURN(typed.variable, bind_node(binding, *type, span));
  read_.scopes[scope_].bindings.push_back(std::move(typed));
  return {};
}

Result<VarId> ReadChecker::bind_node(const NodeBinding& binding, const NodeType& type,
                                     SourceSpan span) {
  if (binding.variable == "_") {
    return type_error(
        "",
        "the wildcard `$_` cannot be bound to type " + quoted(type.name) + "; use a named variable",
        span);
  }
  const auto bound = lookup(binding.variable);
  if (!bound) return add_variable(binding.variable, type.id, false);
  if (variable(*bound).is_edge) {
    return type_error("T23",
                      "edge binding " + quoted_variable(binding.variable) +
                          " cannot be rebound as node type " + quoted(type.name),
                      span);
  }
  if (variable(*bound).type != type.id) {
    return type_error("",
                      "variable " + quoted_variable(binding.variable) +
                          " is already bound to type " + quoted(type_of(*bound).name) +
                          ", cannot rebind to " + quoted(type.name),
                      span);
  }
  mention(*bound);
  return *bound;
}

Status ReadChecker::check_clause(const Traversal& traversal, SourceSpan span) {
  const EdgeType* edge = catalog_.edge_by_word(traversal.edge);
  if (edge == nullptr) {
    return type_error(
        "T4",
        "unknown edge type " + quoted(traversal.edge) + suggest_edge(traversal.edge, catalog_),
        traversal.edge_span);
  }
  OG_RETURN_IF_ERROR(check_hop_bounds(traversal, span));
  if (traversal.undirected && edge->from_id != edge->to_id) {
    return type_error("T22",
                      "undirected traversal needs equal endpoint types, but edge " +
                          quoted(edge->name) + " is asymmetric: " + edge->from + " -> " + edge->to,
                      span);
  }
  OG_RETURN_IF_ERROR(check_edge_variable(traversal, span));

  TypedTraversal typed{};
  typed.edge = edge->id;
  typed.undirected = traversal.undirected;
  typed.chains = edge->from_id == edge->to_id;
  if (traversal.bounds) {
    typed.min_hops = traversal.bounds->min;
    typed.max_hops = *traversal.bounds->max;
  }
  OG_RETURN_IF_ERROR(check_endpoints(traversal, *edge, span, typed));
  if (traversal.edge_variable && *traversal.edge_variable != "_") {
    typed.edge_variable = add_variable(*traversal.edge_variable, edge->id, true);
  }
  read_.scopes[scope_].traversals.push_back(typed);
  return {};
}

Status ReadChecker::check_hop_bounds(const Traversal& traversal, SourceSpan span) {
  if (!traversal.bounds) return {};
  const HopBounds& bounds = *traversal.bounds;
  const std::string edge = "traversal over " + quoted(traversal.edge) + ": ";
  if (bounds.min < 1) return type_error("T15", edge + "min hop bound must be >= 1", span);
  if (!bounds.max) {
    return type_error("T15", edge + "unbounded traversal is disabled; write both bounds", span);
  }
  if (*bounds.max < bounds.min) return type_error("T15", edge + "max must be >= min", span);
  return {};
}

Status ReadChecker::check_edge_variable(const Traversal& traversal, SourceSpan span) {
  if (!traversal.edge_variable) return {};
  const std::string& name = *traversal.edge_variable;
  const std::string subject = "edge binding " + quoted_variable(name) + " ";
  if (traversal.bounds && (traversal.bounds->min != 1 || traversal.bounds->max != 1)) {
    return type_error("T23", subject + "cannot be combined with traversal bounds", span);
  }
  if (name == "_") return {};
  if (name == traversal.left || name == traversal.right) {
    return type_error("T23", subject + "cannot reuse a traversal endpoint name", span);
  }
  if (lookup(name)) return type_error("T23", subject + "is already bound", span);
  return {};
}

Status ReadChecker::check_endpoints(const Traversal& traversal, const EdgeType& edge,
                                    SourceSpan span, TypedTraversal& out) {
  const bool left_wild = traversal.left == "_";
  const bool right_wild = traversal.right == "_";
  if (left_wild && right_wild) {
    return type_error("",
                      "traversal `$_ " + traversal.edge +
                          " $_` is not anchored: one end must be a named variable",
                      span);
  }
  // The type that each end already has; 0: none.
  const auto known = [&](std::string_view name) -> Result<TypeId> {
    const auto id = lookup(name);  // never finds the wildcard
    if (!id) return TypeId{0};
    mention(*id);
    if (variable(*id).is_edge) {
      return type_error(
          "T23",
          "edge binding " + quoted_variable(name) + " cannot be used as a traversal endpoint",
          span);
    }
    return variable(*id).type;
  };
  OG_ASSIGN_OR_RETURN(const TypeId left, known(traversal.left));
  OG_ASSIGN_OR_RETURN(const TypeId right, known(traversal.right));

  const auto misfit = [&](std::string_view name, TypeId type, const std::string& expected) {
    return type_error("T5",
                      "variable " + quoted_variable(name) + " has type " +
                          quoted(catalog_.entity(type)->name) +
                          ", which is not an endpoint of edge " + quoted(edge.name) +
                          " here; the edge expects " + expected,
                      span);
  };
  const std::string either = quoted(edge.from) + " -> " + quoted(edge.to);
  if (left != 0) {
    if (left != edge.from_id && left != edge.to_id) return misfit(traversal.left, left, either);
    out.forward = left == edge.from_id;
  } else if (right != 0) {
    if (right != edge.from_id && right != edge.to_id) return misfit(traversal.right, right, either);
    out.forward = right == edge.to_id;
  }
  const TypeId left_type = out.forward ? edge.from_id : edge.to_id;
  const TypeId right_type = out.forward ? edge.to_id : edge.from_id;
  if (right != 0 && right != right_type) {
    return misfit(traversal.right, right, quoted(out.forward ? edge.to : edge.from));
  }
  // One unbound variable at both ends would need both types.
  if (left == 0 && traversal.left == traversal.right && left_type != right_type) {
    return misfit(traversal.right, left_type, quoted(out.forward ? edge.to : edge.from));
  }
  OG_ASSIGN_OR_RETURN(out.left, endpoint(traversal.left, left_type));
  OG_ASSIGN_OR_RETURN(out.right, endpoint(traversal.right, right_type));
  return {};
}

Result<VarId> ReadChecker::endpoint(std::string_view name, TypeId type) {
  if (const auto id = lookup(name)) return *id;
  return add_variable(name, type, false);
}

Status ReadChecker::check_clause(const TextSearchClause& search, SourceSpan) {
  OG_ASSIGN_OR_RETURN(Operand call, check_expr(*search.call));
  read_.scopes[scope_].text_searches.push_back({std::move(call.expr)});
  return {};
}

}  // namespace omnigraph::gq
