#include "execution/optimizer.h"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "execution/enumeration.h"
#include "execution/node_tests.h"
#include "execution/outputs.h"
#include "execution/unavailable.h"
#include "query/limits.h"

namespace omnigraph {

namespace {

Status refuse_large_pattern(const TypedRead& query) {
  std::size_t parts = 0;
  for (const TypedScope& scope : query.scopes) {
    parts += scope.traversals.size() + scope.negations.size();
    for (const TypedFilter& filter : scope.filters) {
      parts += variables_of({filter.op, filter.left, filter.right}).size() > 1 ? 1 : 0;
    }
  }
  if (parts <= kMaxPatternParts) return {};
  return Error(ErrorCode::kBadRequest,
               "query has " + std::to_string(parts) +
                   " traversals, `not` blocks and conditions between variables; at most " +
                   std::to_string(kMaxPatternParts) + " are planned together, split the query");
}

}  // namespace

Optimizer::Optimizer(const TypedRead& query, const Snapshot& snapshot, const PlanOptions& options)
    : query_(query),
      snapshot_(snapshot),
      options_(options),
      statistics_(snapshot),
      random_(options.choice_seed.value_or(0)) {}

std::size_t Optimizer::choose(std::size_t n) {
  // SplitMix64 (Steele, Lea, Flood 2014).
  std::uint64_t z = random_ += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return static_cast<std::size_t>((z ^ (z >> 31)) % n);
}

std::optional<NodeTest> Optimizer::absent_test(std::uint32_t scope) {
  if (free_[scope].size() != 1) return std::nullopt;
  const VarId outer = *free_[scope].begin();
  if (query_.variables[outer].is_edge) return std::nullopt;
  const Pattern pattern = make_pattern(query_, scope, unanchored_);
  if (pattern.impossible || !pattern.constants.empty() || !pattern.crossing.empty()) {
    return std::nullopt;
  }
  std::map<VarId, std::vector<NodeTest>> absent;
  for (const std::uint32_t inner : pattern.negations) {
    auto test = absent_test(inner);
    if (!test) return std::nullopt;
    const VarId variable = test->variable;
    absent[variable].push_back(*std::move(test));
  }
  TestFolder folder(query_, statistics_, pattern, {}, std::move(absent));
  folder.fold(nullptr);
  if (!folder.variables().empty() || !folder.traversals().empty()) return std::nullopt;
  NodeTest test = std::move(folder.test(outer));
  test.variable = outer;
  test.type = query_.variables[outer].type;
  estimate(test, statistics_);
  return test;
}

ScopePlan Optimizer::plan_scope(std::uint32_t scope, const VarSet& needed) {
  ScopePlan plan;
  plan.scope = scope;
  plan.seeded = scope != 0;
  Pattern pattern = make_pattern(query_, scope, unanchored_);
  plan.constants = pattern.constants;
  plan.never = pattern.impossible || (scope == 0 && query_.scopes[0].bindings.empty());
  if (plan.never) return plan;

  VarSet kept = needed;
  std::map<VarId, std::vector<NodeTest>> absent;
  std::vector<PendingBlock> blocks;
  for (const std::uint32_t inner : pattern.negations) {
    if (options_.weights) {
      if (auto test = absent_test(inner)) {
        const VarId variable = test->variable;
        absent[variable].push_back(*std::move(test));
        continue;
      }
    }
    blocks.push_back({free_[inner], plan_scope(inner, {})});
    kept.insert(free_[inner].begin(), free_[inner].end());
  }
  // Conditions on an edge that an enclosing scope bound are tested on its slot.
  for (const auto& [variable, conditions] : pattern.single) {
    const TypedVariable& v = query_.variables[variable];
    if (!v.is_edge || v.scope == scope) continue;
    for (const PlanCondition& condition : conditions) pattern.crossing.push_back(condition);
  }
  for (const PlanCondition& condition : pattern.crossing) kept.merge(variables_of(condition));
  if (!options_.weights) {
    kept.insert(pattern.nodes.begin(), pattern.nodes.end());
    for (const TypedTraversal* t : pattern.traversals) {
      if (t->edge_variable) kept.insert(*t->edge_variable);
    }
  }
  TestFolder folder(query_, statistics_, pattern, kept, std::move(absent));
  const std::function<std::size_t(std::size_t)> random = [this](std::size_t n) {
    return choose(n);
  };
  folder.fold(options_.choice_seed ? &random : nullptr);

  EnumerationInput input{.query = query_,
                         .statistics = statistics_,
                         .folder = folder,
                         .pattern = pattern,
                         .blocks = std::move(blocks),
                         .needed = needed,
                         .kept = kept,
                         .outer = free_[scope],
                         .choose = options_.choice_seed ? &random : nullptr};
  plan_enumeration(std::move(input), plan);
  return plan;
}

Result<PlanPtr> Optimizer::plan() {
  OG_RETURN_IF_ERROR(refuse_search(query_));
  OG_RETURN_IF_ERROR(refuse_large_pattern(query_));
  auto plan = std::make_shared<Plan>();
  unanchored_ = find_unanchored(query_);
  plan->variables = query_.variables;
  plan->parameters = query_.parameters;
  for (const TypedScope& scope : query_.scopes) plan->scope_parents.push_back(scope.parent);
  OG_RETURN_IF_ERROR(plan_outputs(query_, snapshot_.catalog(), unanchored_, *plan));
  free_ = find_free_variables(query_, unanchored_);
  plan->root = plan_scope(0, output_variables(*plan));
  return PlanPtr(std::move(plan));
}

Result<PlanPtr> make_plan(const TypedRead& query, const Snapshot& snapshot,
                          const PlanOptions& options) {
  return Optimizer(query, snapshot, options).plan();
}

}  // namespace omnigraph
