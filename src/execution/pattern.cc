#include "execution/pattern.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace omnigraph {
namespace {

std::vector<PlanCondition> conditions_of(const TypedRead& query, const TypedBinding& binding) {
  (void)query;
  std::vector<PlanCondition> conditions;
  for (const TypedPropertyMatch& match : binding.matches) {
    auto property = std::make_shared<TypedExpr>();
    property->node = TProperty{binding.variable, match.property};
    property->span = match.value->span;
    conditions.push_back(
        {match.membership ? Compare::kContains : Compare::kEq, std::move(property), match.value});
  }
  return conditions;
}

}  // namespace

void add_variables(const TypedExpr& expression, VarSet& out) {
  if (const auto* property = std::get_if<TProperty>(&expression.node)) {
    out.insert(property->variable);
  } else if (const auto* node = std::get_if<TNode>(&expression.node)) {
    out.insert(node->variable);
  } else if (const auto* aggregate = std::get_if<TAggregate>(&expression.node)) {
    add_variables(*aggregate->argument, out);
  } else if (const auto* search = std::get_if<TSearch>(&expression.node)) {
    for (const TypedExprPtr& argument : search->arguments) add_variables(*argument, out);
  }
}

VarSet variables_of(const PlanCondition& condition) {
  VarSet variables;
  add_variables(*condition.left, variables);
  add_variables(*condition.right, variables);
  return variables;
}

std::vector<bool> find_unanchored(const TypedRead& query) {
  std::vector<bool> unanchored(query.variables.size(), false);
  // Groups of variables that the traversals of one scope connect. What a scope changed is put back
  // after it, so that many scopes over many variables cost only what they name.
  std::vector<VarId> group(query.variables.size());
  std::iota(group.begin(), group.end(), VarId{0});
  std::vector<bool> anchored(query.variables.size(), false);
  const auto find = [&group](VarId v) {
    while (group[v] != v) v = group[v] = group[group[v]];
    return v;
  };
  for (std::uint32_t s = 0; s < query.scopes.size(); ++s) {
    const TypedScope& scope = query.scopes[s];
    for (const TypedTraversal& t : scope.traversals) group[find(t.left)] = find(t.right);
    for (const TypedBinding& b : scope.bindings) anchored[find(b.variable)] = true;
    for (const TypedTraversal& t : scope.traversals) {
      for (const VarId end : {t.left, t.right}) {
        if (query.variables[end].scope != s && !unanchored[end]) anchored[find(end)] = true;
      }
    }
    for (const TypedTraversal& t : scope.traversals) {
      if (anchored[find(t.left)]) continue;
      for (const VarId end : {t.left, t.right}) {
        if (query.variables[end].scope == s) unanchored[end] = true;
      }
      if (t.edge_variable) unanchored[*t.edge_variable] = true;
    }
    for (const TypedBinding& b : scope.bindings) anchored[find(b.variable)] = false;
    for (const TypedTraversal& t : scope.traversals) anchored[find(t.left)] = false;
    for (const TypedTraversal& t : scope.traversals) {
      group[t.left] = t.left;
      group[t.right] = t.right;
    }
  }
  return unanchored;
}

Pattern make_pattern(const TypedRead& query, std::uint32_t scope,
                     const std::vector<bool>& unanchored) {
  Pattern pattern;
  pattern.scope = scope;
  const TypedScope& typed = query.scopes[scope];
  for (VarId v = 0; v < query.variables.size(); ++v) {
    const TypedVariable& variable = query.variables[v];
    if (variable.scope == scope && !variable.is_edge && !unanchored[v]) pattern.nodes.push_back(v);
  }
  for (const TypedTraversal& t : typed.traversals) {
    if (unanchored[t.left] || unanchored[t.right]) continue;
    // Edges between different types do not chain: the search ends after one hop.
    if (!t.chains && t.min_hops > 1) pattern.impossible = true;
    pattern.traversals.push_back(&t);
  }
  const auto place = [&](PlanCondition condition) {
    const VarSet variables = variables_of(condition);
    if (variables.empty()) {
      pattern.constants.push_back(std::move(condition));
    } else if (variables.size() == 1) {
      pattern.single[*variables.begin()].push_back(std::move(condition));
    } else {
      pattern.crossing.push_back(std::move(condition));
    }
  };
  for (const TypedBinding& binding : typed.bindings) {
    for (PlanCondition& condition : conditions_of(query, binding)) place(std::move(condition));
  }
  for (const TypedFilter& filter : typed.filters) place({filter.op, filter.left, filter.right});
  pattern.negations = typed.negations;
  return pattern;
}

std::vector<VarSet> find_free_variables(const TypedRead& query,
                                        const std::vector<bool>& unanchored) {
  std::vector<VarSet> free(query.scopes.size());
  // A block stands behind the one that encloses it.
  for (std::size_t s = query.scopes.size(); s-- > 0;) {
    const TypedScope& scope = query.scopes[s];
    VarSet mentioned;
    for (const TypedBinding& binding : scope.bindings) mentioned.insert(binding.variable);
    for (const TypedTraversal& t : scope.traversals) {
      if (unanchored[t.left] || unanchored[t.right]) continue;
      mentioned.insert({t.left, t.right});
    }
    for (const TypedFilter& filter : scope.filters) {
      add_variables(*filter.left, mentioned);
      add_variables(*filter.right, mentioned);
    }
    for (const std::uint32_t inner : scope.negations) {
      mentioned.insert(free[inner].begin(), free[inner].end());
    }
    for (const VarId v : mentioned) {
      if (query.variables[v].scope != s) free[s].insert(v);
    }
  }
  return free;
}

std::vector<VarSet> connected_parts(const VarSet& variables,
                                    const std::vector<const TypedTraversal*>& traversals) {
  std::map<VarId, VarId> group;
  for (const VarId v : variables) group[v] = v;
  for (const TypedTraversal* t : traversals) {
    group.try_emplace(t->left, t->left);
    group.try_emplace(t->right, t->right);
  }
  const auto find = [&group](VarId v) {
    while (group[v] != v) v = group[v] = group[group[v]];
    return v;
  };
  for (const TypedTraversal* t : traversals) {
    const VarId left = find(t->left), right = find(t->right);
    group[std::max(left, right)] = std::min(left, right);  // the first stands for the part
  }
  std::map<VarId, VarSet> parts;
  for (const auto& [v, of] : group) parts[find(of)].insert(v);
  std::vector<VarSet> out;
  for (auto& [first, part] : parts) out.push_back(std::move(part));
  return out;
}

}  // namespace omnigraph
