#include "schema/catalog.h"

#include <algorithm>

namespace omnigraph {
namespace {

template <typename Type>
const Type* find_type(const std::vector<Type>& types, std::string_view name) {
  const auto it = std::lower_bound(types.begin(), types.end(), name,
                                   [](const Type& t, std::string_view n) { return t.name < n; });
  return it != types.end() && it->name == name ? &*it : nullptr;
}

const Property* find_property(const std::vector<Property>& properties,
                              const std::vector<std::uint32_t>& by_name, std::string_view name) {
  if (by_name.size() != properties.size()) {
    const auto it = std::find_if(properties.begin(), properties.end(),
                                 [&](const Property& p) { return p.name == name; });
    return it != properties.end() ? &*it : nullptr;
  }
  const auto it = std::lower_bound(
      by_name.begin(), by_name.end(), name,
      [&](std::uint32_t at, std::string_view n) { return properties[at].name < n; });
  return it != by_name.end() && properties[*it].name == name ? &properties[*it] : nullptr;
}

}  // namespace

std::string_view type_kind_name(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInterface:
      return "interface";
    case TypeKind::kNode:
      return "node";
    case TypeKind::kEdge:
      return "edge";
  }
  return "";
}

const Property* InterfaceType::find(std::string_view property) const {
  return find_property(properties, by_name, property);
}

const Property* EntityType::find(std::string_view property) const {
  return find_property(properties, by_name, property);
}

const Property* EntityType::find(PropertyId property) const {
  if (by_id.size() != properties.size()) {
    const auto it = std::find_if(properties.begin(), properties.end(),
                                 [&](const Property& p) { return p.id == property; });
    return it != properties.end() ? &*it : nullptr;
  }
  const auto it =
      std::lower_bound(by_id.begin(), by_id.end(), property,
                       [&](std::uint32_t at, PropertyId n) { return properties[at].id < n; });
  return it != by_id.end() && properties[*it].id == property ? &properties[*it] : nullptr;
}

std::string fold_edge_name(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

const Catalog::TypeSlot* Catalog::slot(TypeId id, TypeKind kind) const {
  const auto it = std::lower_bound(slots_.begin(), slots_.end(), id,
                                   [](const TypeSlot& s, TypeId n) { return s.id < n; });
  return it != slots_.end() && it->id == id && it->kind == kind ? &*it : nullptr;
}

const NodeType* Catalog::node(std::string_view name) const { return find_type(nodes_, name); }
const EdgeType* Catalog::edge(std::string_view name) const { return find_type(edges_, name); }
const InterfaceType* Catalog::interface(std::string_view name) const {
  return find_type(interfaces_, name);
}

const NodeType* Catalog::node(TypeId id) const {
  const TypeSlot* found = slot(id, TypeKind::kNode);
  return found != nullptr ? &nodes_[found->position] : nullptr;
}

const EdgeType* Catalog::edge(TypeId id) const {
  const TypeSlot* found = slot(id, TypeKind::kEdge);
  return found != nullptr ? &edges_[found->position] : nullptr;
}

const EntityType* Catalog::entity(TypeId id) const {
  if (const NodeType* type = node(id)) return type;
  return edge(id);
}

const EdgeType* Catalog::edge_by_word(std::string_view word) const {
  if (const EdgeType* exact = edge(word)) return exact;
  const std::string folded = fold_edge_name(word);
  const auto it = std::lower_bound(
      folded_edges_.begin(), folded_edges_.end(), folded,
      [](const auto& entry, const std::string& name) { return entry.first < name; });
  return it != folded_edges_.end() && it->first == folded ? &edges_[it->second] : nullptr;
}

}  // namespace omnigraph
