#include "execution/node_tests.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

namespace omnigraph {
namespace {

// Relative costs, in edges visited: a row tested by a vectorized condition, a degree read, an edge
// whose far end is sent back to its parent.
constexpr double kRowTest = 0.3;
constexpr double kDegree = 0.5;
constexpr double kScatter = 2.0;
// What is assumed to pass a `not` block.
constexpr double kAbsentPasses = 0.7;
// Components with more variables do not try every root.
constexpr std::size_t kMaxRoots = 16;

}  // namespace

void estimate(NodeTest& test, const Statistics& statistics) {
  const double rows = statistics.rows(test.type);
  double pass = rows, cost = 0;
  for (const PlanCondition& condition : test.conditions) {
    const double fraction = statistics.selectivity(test.type, condition);
    cost += fraction * rows <= 1 ? 1 : kRowTest * rows;
    pass *= fraction;
  }
  for (const Branch& branch : test.branches) {
    const NodeTest& child = branch.child.front();
    double degree = statistics.degree(branch.edge, branch.direction);
    double back = statistics.degree(branch.edge, reversed(branch.direction));
    for (const PlanCondition& condition : branch.edge_conditions) {
      const double fraction = statistics.selectivity(branch.edge, condition);
      cost += kRowTest * statistics.rows(branch.edge);
      degree *= fraction;
      back *= fraction;
    }
    const double scatter = child.cost + kScatter * child.estimated_rows * back;
    double gather = child.cost + pass * degree;
    if (child.bare() && branch.edge_conditions.empty()) gather = kDegree * pass;
    cost += std::min(scatter, gather);
    const double of_child = child.estimated_rows / std::max(1.0, statistics.rows(child.type));
    pass *= std::min(1.0, degree * of_child);
  }
  for (const NodeTest& absent : test.absent) {
    cost += absent.cost;
    pass *= kAbsentPasses;
  }
  test.estimated_rows = pass;
  test.cost = cost;
}

TestFolder::TestFolder(const TypedRead& query, const Statistics& statistics, const Pattern& pattern,
                       VarSet kept, std::map<VarId, std::vector<NodeTest>> absent)
    : query_(query),
      statistics_(statistics),
      scope_(pattern.scope),
      kept_(std::move(kept)),
      left_(pattern.nodes.begin(), pattern.nodes.end()),
      traversals_(pattern.traversals) {
  VarSet all = left_;
  for (const auto& [variable, tests] : absent) all.insert(variable);
  for (const auto& [variable, conditions] : pattern.single) {
    if (query.variables[variable].is_edge) {
      edge_conditions_[variable] = conditions;
    } else {
      all.insert(variable);
    }
  }
  for (const VarId v : all) {
    NodeTest& test = tests_[v];
    test.variable = v;
    test.type = query.variables[v].type;
    if (const auto found = pattern.single.find(v); found != pattern.single.end()) {
      test.conditions = found->second;
    }
    if (const auto found = absent.find(v); found != absent.end()) {
      test.absent = std::move(found->second);
    }
    estimate(test, statistics_);
  }
}

bool TestFolder::foldable(const TypedTraversal& t, VarId leaf) const {
  if (t.left == t.right || is_search(t)) return false;
  if (query_.variables[leaf].scope != scope_ || kept_.contains(leaf)) return false;
  return !t.edge_variable || !kept_.contains(*t.edge_variable);
}

void TestFolder::attach(const TypedTraversal& t, VarId leaf, VarId to) {
  Branch branch;
  branch.edge = t.edge;
  branch.direction = to == t.left ? direction_from_left(t) : direction_from_right(t);
  branch.per_edge = t.edge_variable.has_value();
  if (t.edge_variable) {
    if (const auto found = edge_conditions_.find(*t.edge_variable);
        found != edge_conditions_.end()) {
      branch.edge_conditions = found->second;
    }
  }
  branch.child.push_back(std::move(tests_[leaf]));
  tests_.erase(leaf);
  NodeTest& parent = tests_[to];
  parent.variable = to;
  parent.type = query_.variables[to].type;
  parent.branches.push_back(std::move(branch));
  estimate(parent, statistics_);
  left_.erase(leaf);
}

void TestFolder::fold_leaves(const VarSet& roots) {
  std::map<VarId, std::set<const TypedTraversal*>> incident;
  for (const TypedTraversal* t : traversals_) {
    incident[t->left].insert(t);
    incident[t->right].insert(t);
  }
  const auto is_leaf = [&](VarId v) {
    const auto found = incident.find(v);
    return left_.contains(v) && !roots.contains(v) && found != incident.end() &&
           found->second.size() == 1 && foldable(**found->second.begin(), v);
  };
  VarSet leaves;
  for (const VarId v : left_) {
    if (is_leaf(v)) leaves.insert(v);
  }
  std::set<const TypedTraversal*> folded;
  while (!leaves.empty()) {
    const VarId leaf = *leaves.begin();
    leaves.erase(leaves.begin());
    if (!is_leaf(leaf)) continue;  // its only neighbour was folded into it
    const TypedTraversal* only = *incident[leaf].begin();
    const VarId to = only->left == leaf ? only->right : only->left;
    attach(*only, leaf, to);
    folded.insert(only);
    incident.erase(leaf);
    incident[to].erase(only);
    if (is_leaf(to)) leaves.insert(to);
  }
  std::erase_if(traversals_, [&](const TypedTraversal* t) { return folded.contains(t); });
}

std::vector<VarSet> TestFolder::components() const { return connected_parts(left_, traversals_); }

void TestFolder::choose_root(const VarSet& component,
                             const std::function<std::size_t(std::size_t)>* choose,
                             VarSet& roots) const {
  const std::vector<VarId> candidates(component.begin(), component.end());
  if (candidates.size() == 1) {
    roots.insert(candidates[0]);
    return;
  }
  if (choose != nullptr) {
    roots.insert(candidates[(*choose)(candidates.size())]);
    return;
  }
  VarId best = candidates[0];
  double best_cost = -1;
  for (std::size_t i = 0; i < std::min(candidates.size(), kMaxRoots); ++i) {
    TestFolder trial(*this);
    VarSet others = left_;  // only this component is folded
    for (const VarId v : component) others.erase(v);
    others.insert(candidates[i]);
    trial.fold_leaves(others);
    const NodeTest& test = trial.test(candidates[i]);
    // What is not folded away will be enumerated: dearer than any test.
    double cost = test.cost + test.estimated_rows;
    for (const VarId v : component) {
      if (v != candidates[i] && trial.left_.contains(v)) cost += 1e6 + trial.test(v).cost;
    }
    if (best_cost < 0 || cost < best_cost) {
      best = candidates[i];
      best_cost = cost;
    }
  }
  roots.insert(best);
}

void TestFolder::fold(const std::function<std::size_t(std::size_t)>* choose) {
  VarSet roots;
  for (const VarSet& component : components()) {
    const bool held = std::any_of(component.begin(), component.end(), [&](VarId v) {
      return kept_.contains(v) || query_.variables[v].scope != scope_;
    });
    bool searched = false;
    for (const TypedTraversal* t : traversals_) {
      const bool here = component.contains(t->left);
      searched |= here && !(foldable(*t, t->left) || foldable(*t, t->right));
    }
    if (!held && !searched) choose_root(component, choose, roots);
  }
  fold_leaves(roots);
}

}  // namespace omnigraph
