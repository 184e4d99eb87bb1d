#include "execution/statistics.h"

#include <algorithm>

namespace omnigraph {
namespace {

// Where nothing is known: what textbooks assume.
constexpr double kEquality = 0.1;
constexpr double kRange = 0.33;
constexpr double kText = 0.2;

const TProperty* property_of(const PlanCondition& condition) {
  if (const auto* left = std::get_if<TProperty>(&condition.left->node)) return left;
  return std::get_if<TProperty>(&condition.right->node);
}

}  // namespace

double Statistics::degree(TypeId edge, Direction direction) const {
  const EdgeType& type = *snapshot_.catalog().edge(edge);
  const double edges = rows(edge);
  const double from = std::max(1.0, rows(type.from_id)), to = std::max(1.0, rows(type.to_id));
  switch (direction) {
    case Direction::kOut:
      return edges / from;
    case Direction::kIn:
      return edges / to;
    case Direction::kBoth:
      break;
  }
  return 2 * edges / from;
}

double Statistics::equality(TypeId type, PropertyId property) const {
  const NodeType* node = snapshot_.catalog().node(type);
  if (node != nullptr && node->key.size() == 1 && node->find(node->key[0])->id == property) {
    return 1.0 / std::max(1.0, rows(type));
  }
  const SegmentPtr* largest = nullptr;
  for (const TablePart& part : snapshot_.table(type)->parts()) {
    if (largest == nullptr || part.segment->rows() > (*largest)->rows()) largest = &part.segment;
  }
  if (largest == nullptr) return kEquality;
  const auto statistics = (*largest)->statistics(property);
  if (!statistics.ok() || !*statistics || (*statistics)->distinct == 0) return kEquality;
  return 1.0 / static_cast<double>((*statistics)->distinct);
}

double Statistics::selectivity(TypeId type, const PlanCondition& condition) const {
  switch (condition.op) {
    case Compare::kEq: {
      const TProperty* property = property_of(condition);
      return property == nullptr ? 1.0 : equality(type, property->property);
    }
    case Compare::kNe:
      return 1.0 - kEquality;
    case Compare::kContains:
    case Compare::kStartsWith:
      return kText;
    default:
      return kRange;
  }
}

}  // namespace omnigraph
