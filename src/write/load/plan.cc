#include "write/load/plan.h"

#include <algorithm>
#include <array>

namespace omnigraph {

LoadPlan::LoadPlan(const Catalog& catalog) : catalog_(catalog) {
  const auto add = [this](const EntityType& type, const NodeType* node, const EdgeType* edge) {
    LoadType load;
    load.type = &type;
    load.node = node;
    load.edge = edge;
    load.type_key = (node != nullptr ? "node:" : "edge:") + type.name;
    for (std::size_t i = 0; i < type.properties.size(); ++i) {
      load.positions.emplace(type.properties[i].name, i);
    }
    by_id_[type.id] = types_.size();
    (node != nullptr ? nodes_ : edges_)[type.name] = types_.size();
    types_.push_back(std::move(load));
  };
  const auto ends_of = [this](TypeId table) {
    const auto found = std::find(end_tables_.begin(), end_tables_.end(), table);
    const auto at = static_cast<std::size_t>(found - end_tables_.begin());
    if (found == end_tables_.end()) end_tables_.push_back(table);
    return at;
  };
  for (const NodeType& node : catalog.nodes()) {
    add(node, &node, nullptr);
    for (const std::string& member : node.key) {
      types_.back().key.push_back(types_.back().positions.at(member));
    }
  }
  for (const EdgeType& edge : catalog.edges()) {
    add(edge, nullptr, &edge);
    types_.back().from_ends = ends_of(edge.from_id);
    types_.back().to_ends = ends_of(edge.to_id);
  }
}

std::size_t LoadPlan::node(std::string_view name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? LoadType::kUnknown : found->second;
}

std::size_t LoadPlan::edge(std::string_view name) const {
  if (const auto found = edges_.find(name); found != edges_.end()) return found->second;
  const EdgeType* edge = catalog_.edge_by_word(name);
  return edge == nullptr ? LoadType::kUnknown : by_id_.at(edge->id);
}

std::size_t LoadPlan::of(TypeId table) const { return by_id_.at(table); }

bool is_reserved_field(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kReserved = {"_tombstone",
                                                                "_rowid",
                                                                "_rowaddr",
                                                                "_rowoffset",
                                                                "_row_created_at_version",
                                                                "_row_last_updated_at_version"};
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

}  // namespace omnigraph
