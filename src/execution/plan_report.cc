#include "execution/plan_report.h"

#include <string>
#include <utility>

namespace omnigraph {
namespace {

class Reporter {
 public:
  Reporter(const Plan& plan, const Catalog& catalog) : plan_(plan), catalog_(catalog) {}

  PlanNode scope(const BoundScope& bound) const {
    const ScopePlan& plan = *bound.plan;
    PlanNode node;
    if (plan.never || bound.never) {
      node.name = "nothing";
      node.detail = plan.never ? "no match is possible" : "the start or a constant excludes all";
      if (!plan.source.empty()) node.children = weights_of(plan.source.front());
      return node;
    }
    if (plan.seeded) {
      node.name = "outer rows";
    } else {
      const NodeTest& test = plan.source.front();
      node.name = "scan";
      node.detail = variable(test.variable) + ": " + type_name(test.type) + test_text(test);
      node.estimated_rows = test.estimated_rows;
      node.actual_rows = bound.counters.rows.load();
      node.nanos = bound.counters.nanos.load();
      node.children = weights_of(test);
      for (const NodeTest& total : plan.totals) {
        PlanNode factor;
        factor.name = "factor";
        factor.detail = variable(total.variable) + ": " + type_name(total.type) + test_text(total);
        factor.estimated_rows = total.estimated_rows;
        factor.children = weights_of(total);
        node.children.push_back(std::move(factor));
      }
    }
    for (const auto& step : bound.steps) {
      PlanNode next = this->step(*step);
      next.children.insert(next.children.begin(), std::move(node));
      node = std::move(next);
    }
    return node;
  }

 private:
  std::string variable(VarId v) const { return "$" + plan_.variables[v].name; }
  std::string type_name(TypeId id) const {
    const EntityType* type = catalog_.entity(id);
    return type == nullptr ? "?" : type->name;
  }
  std::string conditions_text(std::size_t n) const {
    if (n == 0) return "";
    return n == 1 ? ", 1 condition" : ", " + std::to_string(n) + " conditions";
  }
  std::string test_text(const NodeTest& test) const {
    std::string text = conditions_text(test.conditions.size());
    if (!test.absent.empty()) text += ", not {…}";
    return text;
  }
  static const char* arrow(Direction direction) {
    switch (direction) {
      case Direction::kOut:
        return " -> ";
      case Direction::kIn:
        return " <- ";
      case Direction::kBoth:
        break;
    }
    return " - ";
  }

  // Branches and blocks that became weights.
  std::vector<PlanNode> weights_of(const NodeTest& test) const {
    std::vector<PlanNode> nodes;
    for (const Branch& branch : test.branches) {
      const NodeTest& child = branch.child.front();
      PlanNode node;
      node.name = "weights";
      node.detail = variable(test.variable) + arrow(branch.direction) + type_name(branch.edge) +
                    arrow(branch.direction) + variable(child.variable) + test_text(child);
      node.estimated_rows = child.estimated_rows;
      node.children = weights_of(child);
      nodes.push_back(std::move(node));
    }
    for (const NodeTest& absent : test.absent) {
      PlanNode node;
      node.name = "absent weights";
      node.detail = variable(absent.variable) + test_text(absent);
      node.estimated_rows = absent.estimated_rows;
      node.children = weights_of(absent);
      nodes.push_back(std::move(node));
    }
    return nodes;
  }

  PlanNode step(const BoundStep& bound) const {
    const Step& plan = *bound.plan;
    PlanNode node;
    node.estimated_rows = plan.estimated_rows;
    node.actual_rows = bound.counters.rows.load();
    node.nanos = bound.counters.nanos.load();
    const std::string walk = variable(plan.from) + arrow(plan.direction) + type_name(plan.edge) +
                             arrow(plan.direction) + variable(plan.to);
    switch (plan.kind) {
      case Step::Kind::kExpand:
        node.name = "expand";
        node.detail = walk + conditions_text(plan.conditions.size());
        for (const Closing& closing : plan.closings) {
          node.detail += " & " + variable(closing.from) + arrow(closing.direction) +
                         type_name(closing.edge) + arrow(closing.direction) + variable(plan.to);
        }
        break;
      case Step::Kind::kHops:
        node.name = "hops";
        node.detail = walk + " {" + std::to_string(plan.min_hops) + "," +
                      std::to_string(plan.max_hops) + "}" +
                      (plan.reversed_search ? ", searched from the end" : "");
        break;
      case Step::Kind::kClose:
        node.name = "close";
        node.detail = walk + conditions_text(plan.conditions.size());
        break;
      case Step::Kind::kTest:
        node.name = "test";
        node.detail = variable(plan.test.front().variable) + test_text(plan.test.front());
        break;
      case Step::Kind::kFilter:
        node.name = "filter";
        node.detail = std::to_string(plan.conditions.size()) + " condition over several variables";
        break;
      case Step::Kind::kAbsent:
        node.name = "absent";
        node.children.push_back(scope(*bound.inner));
        break;
      case Step::Kind::kProduct:
        node.name = plan.join ? "join" : "product";
        node.children.push_back(scope(*bound.inner));
        break;
    }
    if (!plan.test.empty()) {
      for (PlanNode& child : weights_of(plan.test.front()))
        node.children.push_back(std::move(child));
      if (plan.kind == Step::Kind::kExpand) node.detail += test_text(plan.test.front());
    }
    return node;
  }

  const Plan& plan_;
  const Catalog& catalog_;
};

}  // namespace

PlanNode report_plan(const Plan& plan, const BoundScope& root, const Catalog& catalog,
                     std::uint64_t result_rows) {
  PlanNode node;
  node.name = plan.aggregate ? "aggregate" : "rows";
  for (const OutputColumn& column : plan.columns) {
    if (!node.detail.empty()) node.detail += ", ";
    node.detail += column.name;
  }
  if (!plan.order.empty()) node.detail += "; ordered";
  if (plan.limit) node.detail += "; limit " + std::to_string(*plan.limit);
  node.estimated_rows = plan.root.estimated_rows;
  node.actual_rows = result_rows;
  node.children.push_back(Reporter(plan, catalog).scope(root));
  return node;
}

}  // namespace omnigraph
