#include "execution/enumeration.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace omnigraph {
namespace {

constexpr double kFilterPasses = 0.3;
constexpr double kAbsentPasses = 0.7;
constexpr double kJoinPasses = 0.1;
constexpr double kFewEnds = 2;
// Components with more variables do not try every start.
constexpr std::size_t kMaxStarts = 16;

// Steps in the making: what is bound, what still waits.
struct Walk {
  VarSet bound;
  std::vector<const TypedTraversal*> traversals;
  std::vector<PlanCondition> conditions;
  std::vector<const PendingBlock*> blocks;
  std::vector<Step> steps;
  double rows = 1;
  double cost = 0;
};

class Enumerator {
 public:
  explicit Enumerator(EnumerationInput& input) : in_(input) {}

  // Everything that can be asked of the bound variables.
  void settle(Walk& walk) {
    for (auto at = walk.traversals.begin(); at != walk.traversals.end();) {
      const TypedTraversal& t = **at;
      if (!walk.bound.contains(t.left) || !walk.bound.contains(t.right)) {
        ++at;
        continue;
      }
      close(walk, t);
      at = walk.traversals.erase(at);
    }
    for (auto at = walk.conditions.begin(); at != walk.conditions.end();) {
      if (!includes(walk.bound, variables_of(*at))) {
        ++at;
        continue;
      }
      Step step;
      step.kind = Step::Kind::kFilter;
      step.conditions.push_back(std::move(*at));
      walk.rows *= kFilterPasses;
      add(walk, std::move(step));
      at = walk.conditions.erase(at);
    }
    for (auto at = walk.blocks.begin(); at != walk.blocks.end();) {
      if (!includes(walk.bound, (*at)->reads)) {
        ++at;
        continue;
      }
      Step step;
      step.kind = Step::Kind::kAbsent;
      step.inner.push_back((*at)->plan);
      walk.cost += walk.rows * (1 + step.inner[0].estimated_rows);
      walk.rows *= kAbsentPasses;
      add(walk, std::move(step));
      at = walk.blocks.erase(at);
    }
  }

  // Walks along traversals until none leaves what is bound.
  void extend(Walk& walk) {
    settle(walk);
    for (;;) {
      std::vector<std::size_t> open;
      for (std::size_t i = 0; i < walk.traversals.size(); ++i) {
        const TypedTraversal& t = *walk.traversals[i];
        if (walk.bound.contains(t.left) || walk.bound.contains(t.right)) open.push_back(i);
      }
      if (open.empty()) return;
      std::size_t best = open[0];
      if (in_.choose != nullptr) {
        best = open[(*in_.choose)(open.size())];
      } else if (open.size() > 1) {
        double least = -1;
        for (const std::size_t i : open) {
          const double fan = fan_out(walk, *walk.traversals[i]);
          if (least < 0 || fan < least) {
            least = fan;
            best = i;
          }
        }
      }
      const TypedTraversal& t = *walk.traversals[best];
      walk.traversals.erase(walk.traversals.begin() + static_cast<std::ptrdiff_t>(best));
      expand(walk, t);
      settle(walk);
    }
  }

  // The cheapest walk over one component.
  std::pair<VarId, Walk> best_walk(const Walk& empty, const VarSet& component) {
    const std::vector<VarId> starts(component.begin(), component.end());
    const auto from = [&](VarId start) {
      Walk walk = empty;
      const NodeTest& test = in_.folder.test(start);
      walk.bound.insert(start);
      walk.rows = test.estimated_rows;
      walk.cost = test.cost + test.estimated_rows;
      extend(walk);
      return walk;
    };
    if (in_.choose != nullptr) {
      const VarId start = starts[(*in_.choose)(starts.size())];
      return {start, from(start)};
    }
    VarId best = starts[0];
    Walk best_so_far = from(best);
    for (std::size_t i = 1; i < std::min(starts.size(), kMaxStarts); ++i) {
      Walk walk = from(starts[i]);
      if (walk.cost < best_so_far.cost) {
        best = starts[i];
        best_so_far = std::move(walk);
      }
    }
    return {best, std::move(best_so_far)};
  }

 private:
  static bool includes(const VarSet& all, const VarSet& some) {
    return std::includes(all.begin(), all.end(), some.begin(), some.end());
  }

  void add(Walk& walk, Step step) {
    step.estimated_rows = walk.rows;
    walk.steps.push_back(std::move(step));
  }

  std::vector<PlanCondition> edge_conditions(const TypedTraversal& t) const {
    if (!t.edge_variable) return {};
    const auto found = in_.pattern.single.find(*t.edge_variable);
    return found == in_.pattern.single.end() ? std::vector<PlanCondition>{} : found->second;
  }

  double degree(const TypedTraversal& t, bool from_left) const {
    const double one =
        in_.statistics.degree(t.edge, from_left ? direction_from_left(t) : direction_from_right(t));
    if (!is_search(t)) return one;
    const double all = in_.statistics.rows(in_.query.variables[t.left].type);
    return std::min(all, std::pow(std::max(one, 1.0), std::min(t.max_hops, 32U)));
  }

  // Rows out for one row in.
  double fan_out(const Walk& walk, const TypedTraversal& t) const {
    const bool from_left = walk.bound.contains(t.left);
    const VarId to = from_left ? t.right : t.left;
    const NodeTest& test = in_.folder.test(to);
    const double all = std::max(1.0, in_.statistics.rows(in_.query.variables[to].type));
    return degree(t, from_left) * std::min(1.0, test.estimated_rows / all);
  }

  // The few nodes at the far end of a search join as they are: a search between two known nodes
  // walks from both.
  void join_end(Walk& walk, const TypedTraversal& t, VarId to) {
    const NodeTest& test = in_.folder.test(to);
    ScopePlan inner;
    inner.scope = in_.pattern.scope;
    inner.source.push_back(test);
    inner.live.push_back(to);
    inner.estimated_rows = test.estimated_rows;
    Step step;
    step.kind = Step::Kind::kProduct;
    step.inner.push_back(std::move(inner));
    walk.rows *= std::max(1.0, test.estimated_rows);
    walk.cost += test.cost + walk.rows;
    walk.bound.insert(to);
    add(walk, std::move(step));
    close(walk, t);
  }

  void expand(Walk& walk, const TypedTraversal& t) {
    const bool from_left = walk.bound.contains(t.left);
    const VarId end = from_left ? t.right : t.left;
    if (is_search(t) && in_.folder.test(end).estimated_rows <= kFewEnds) {
      return join_end(walk, t, end);
    }
    Step step;
    step.kind = is_search(t) ? Step::Kind::kHops : Step::Kind::kExpand;
    step.from = from_left ? t.left : t.right;
    step.to = from_left ? t.right : t.left;
    step.edge = t.edge;
    step.direction = from_left ? direction_from_left(t) : direction_from_right(t);
    step.min_hops = t.min_hops;
    step.max_hops = t.max_hops;
    step.reversed_search = !from_left;
    step.edge_slot = t.edge_variable;
    step.conditions = edge_conditions(t);
    if (step.kind == Step::Kind::kExpand && !t.edge_variable) take_closings(walk, step);
    NodeTest& test = in_.folder.test(step.to);
    if (!test.bare()) step.test.push_back(test);
    walk.cost += walk.rows * (1 + degree(t, from_left));
    if (!test.bare()) walk.cost += std::min(test.cost, walk.rows * degree(t, from_left) * 4);
    walk.rows *= fan_out(walk, t);
    for (const Closing& closing : step.closings) {
      const double all = std::max(1.0, in_.statistics.rows(test.type));
      walk.rows *= std::min(1.0, in_.statistics.degree(closing.edge, closing.direction) / all);
    }
    walk.cost += walk.rows;
    walk.bound.insert(step.to);
    if (t.edge_variable) walk.bound.insert(*t.edge_variable);
    add(walk, std::move(step));
  }

  // Traversals from other bound variables into the one that the step binds: the sets of neighbours
  // are intersected (Veldhuizen, Leapfrog Triejoin, 2014) rather than rows made and dropped.
  void take_closings(Walk& walk, Step& step) {
    if (in_.choose != nullptr && (*in_.choose)(2) == 0) return;
    std::erase_if(walk.traversals, [&](const TypedTraversal* t) {
      if (t->edge_variable || is_search(*t) || t->left == t->right) return false;
      const bool right = t->right == step.to && walk.bound.contains(t->left);
      const bool left = t->left == step.to && walk.bound.contains(t->right);
      if (!right && !left) return false;
      step.closings.push_back(
          {.from = right ? t->left : t->right,
           .edge = t->edge,
           .direction = right ? direction_from_left(*t) : direction_from_right(*t)});
      return true;
    });
  }

  void close(Walk& walk, const TypedTraversal& t) {
    Step step;
    step.kind = Step::Kind::kClose;
    step.from = t.left;
    step.to = t.right;
    step.edge = t.edge;
    step.direction = direction_from_left(t);
    if (is_search(t)) {
      step.min_hops = t.min_hops;
      step.max_hops = t.max_hops;
    }
    step.edge_slot = t.edge_variable;
    step.conditions = edge_conditions(t);
    walk.cost += walk.rows * (is_search(t) ? degree(t, true) : 4);
    const double all = std::max(1.0, in_.statistics.rows(in_.query.variables[t.right].type));
    walk.rows *= std::min(1.0, degree(t, true) / all);
    if (t.edge_variable) walk.bound.insert(*t.edge_variable);
    add(walk, std::move(step));
  }

  EnumerationInput& in_;
};

// An equality between a property of what is bound and one of the part that is to be joined. Stored
// F32 values round what they meet, so equality there is no key.
std::optional<PlanCondition> take_join(std::vector<PlanCondition>& conditions, const VarSet& bound,
                                       const VarSet& part) {
  const auto side = [](const TypedExpr& e, const VarSet& of) {
    const auto* property = std::get_if<TProperty>(&e.node);
    return property != nullptr && of.contains(property->variable) &&
           e.type.scalar != ScalarType::kF32 && !e.type.list;
  };
  for (auto at = conditions.begin(); at != conditions.end(); ++at) {
    if (at->op != Compare::kEq) continue;
    PlanCondition join = *at;
    if (side(*join.right, bound) && side(*join.left, part)) std::swap(join.left, join.right);
    if (!side(*join.left, bound) || !side(*join.right, part)) continue;
    conditions.erase(at);
    return join;
  }
  return std::nullopt;
}

void add_reads(const Step& step, std::size_t variables, VarSet& live) {
  switch (step.kind) {
    case Step::Kind::kExpand:
    case Step::Kind::kHops:
      live.erase(step.to);
      if (step.edge_slot) live.erase(*step.edge_slot);
      live.insert(step.from);
      for (const Closing& closing : step.closings) live.insert(closing.from);
      break;
    case Step::Kind::kClose:
      if (step.edge_slot) live.erase(*step.edge_slot);
      live.insert(step.from);
      live.insert(step.to);
      break;
    case Step::Kind::kTest:
      live.insert(step.test[0].variable);
      break;
    case Step::Kind::kFilter:
      for (const PlanCondition& condition : step.conditions) live.merge(variables_of(condition));
      break;
    case Step::Kind::kAbsent:
      for (const VarId v : step.inner[0].outer) {
        if (v < variables) live.insert(v);
      }
      break;
    case Step::Kind::kProduct:
      for (const VarId v : step.inner[0].live) live.erase(v);
      if (!step.inner[0].steps.empty()) {
        for (const VarId v : step.inner[0].steps.back().live) live.erase(v);
      }
      if (step.join) add_variables(*step.join->left, live);
      break;
  }
}

// Backwards over the steps: which slots are still read after each.
void find_live(ScopePlan& plan, const VarSet& needed, std::size_t variables) {
  VarSet live = needed;
  const auto slots = [&](const VarSet& set) {
    std::vector<VarId> list(set.begin(), set.end());
    if (plan.seeded) list.push_back(static_cast<VarId>(variables) + plan.scope);
    return list;
  };
  for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
    step->live = slots(live);
    add_reads(*step, variables, live);
  }
  plan.live = slots(live);
}

}  // namespace

void plan_enumeration(EnumerationInput input, ScopePlan& plan) {
  const std::size_t variables = input.query.variables.size();
  Enumerator enumerator(input);
  Walk main;
  main.conditions = input.pattern.crossing;
  for (const PendingBlock& block : input.blocks) main.blocks.push_back(&block);

  VarSet unbound = input.folder.variables();
  std::vector<const TypedTraversal*> traversals = input.folder.traversals();
  if (plan.seeded) {
    plan.outer.assign(input.outer.begin(), input.outer.end());
    main.bound = input.outer;
    main.traversals = traversals;
    for (const VarId v : input.outer) {
      if (input.query.variables[v].is_edge) continue;
      NodeTest& test = input.folder.test(v);
      if (test.bare()) continue;
      test.variable = v;
      test.type = input.query.variables[v].type;
      Step step;
      step.kind = Step::Kind::kTest;
      step.test.push_back(test);
      step.estimated_rows = main.rows;
      main.steps.push_back(std::move(step));
    }
    enumerator.extend(main);
    traversals = main.traversals;  // those that nothing outer reaches
    for (const VarId v : main.bound) unbound.erase(v);
    main.traversals.clear();
  }

  struct Component {
    VarSet variables;
    VarId start;
    Walk walk;
  };
  std::vector<Component> parts;
  for (const VarSet& component : connected_parts(unbound, traversals)) {
    const VarId only = *component.begin();
    const bool walked = std::any_of(traversals.begin(), traversals.end(),
                                    [&](const auto* t) { return component.contains(t->left); });
    if (component.size() == 1 && !walked && !input.kept.contains(only)) {
      plan.totals.push_back(std::move(input.folder.test(only)));
      continue;
    }
    Walk empty;
    for (const TypedTraversal* t : traversals) {
      if (component.contains(t->left)) empty.traversals.push_back(t);
    }
    empty.conditions = main.conditions;
    empty.blocks = main.blocks;
    auto [start, walk] = enumerator.best_walk(empty, component);
    // What only this component needed is done with.
    main.conditions = walk.conditions;
    main.blocks = walk.blocks;
    parts.push_back({component, start, std::move(walk)});
  }
  // The largest part streams, the others are held in memory.
  std::stable_sort(parts.begin(), parts.end(), [](const Component& a, const Component& b) {
    return a.walk.rows > b.walk.rows;
  });
  std::size_t next = 0;
  if (!plan.seeded) {
    if (parts.empty()) {
      plan.source.push_back(std::move(plan.totals.back()));
      plan.totals.pop_back();
      main.bound.insert(plan.source[0].variable);
      main.rows = plan.source[0].estimated_rows;
    } else {
      Component& first = parts[next++];
      plan.source.push_back(input.folder.test(first.start));
      main.bound.insert(first.walk.bound.begin(), first.walk.bound.end());
      main.steps = std::move(first.walk.steps);
      main.rows = first.walk.rows;
    }
  }
  for (; next < parts.size(); ++next) {
    Component& part = parts[next];
    ScopePlan inner;
    inner.scope = plan.scope;
    inner.source.push_back(input.folder.test(part.start));
    inner.steps = std::move(part.walk.steps);
    inner.estimated_rows = part.walk.rows;
    VarSet wanted;
    for (const VarId v : part.walk.bound) {
      if (input.kept.contains(v) || input.needed.contains(v)) wanted.insert(v);
    }
    find_live(inner, wanted, variables);
    Step step;
    step.kind = Step::Kind::kProduct;
    step.inner.push_back(std::move(inner));
    main.rows *= part.walk.rows;
    // Random plans keep the plain product now and then.
    if (input.choose == nullptr || (*input.choose)(2) == 0) {
      step.join = take_join(main.conditions, main.bound, part.walk.bound);
    }
    if (step.join) main.rows *= kJoinPasses;
    main.bound.insert(part.walk.bound.begin(), part.walk.bound.end());
    step.estimated_rows = main.rows;
    main.steps.push_back(std::move(step));
    enumerator.settle(main);
  }
  plan.steps = std::move(main.steps);
  plan.estimated_rows = main.rows;
  find_live(plan, input.needed, variables);
}

}  // namespace omnigraph
