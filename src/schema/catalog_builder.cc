#include "schema/catalog_builder.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>
#include <type_traits>
#include <utility>

namespace omnigraph {
namespace {

template <typename Type>
void sort_by_name(std::vector<Type>& types) {
  std::sort(types.begin(), types.end(),
            [](const Type& a, const Type& b) { return a.name < b.name; });
}

// A type whose properties wait for numbers.
struct Owner {
  TypeId id;
  std::vector<Property>* properties;
};

template <typename Type>
void index_properties(Type& type) {
  const auto& all = type.properties;
  std::vector<std::uint32_t> positions(all.size());
  std::iota(positions.begin(), positions.end(), 0u);
  type.by_name = positions;
  std::sort(type.by_name.begin(), type.by_name.end(),
            [&](std::uint32_t a, std::uint32_t b) { return all[a].name < all[b].name; });
  if constexpr (std::is_base_of_v<EntityType, Type>) {
    type.by_id = std::move(positions);
    std::sort(type.by_id.begin(), type.by_id.end(),
              [&](std::uint32_t a, std::uint32_t b) { return all[a].id < all[b].id; });
  }
}

}  // namespace

CatalogBuilder::CatalogBuilder(std::string source, std::vector<InterfaceType> interfaces,
                               std::vector<NodeType> nodes, std::vector<EdgeType> edges)
    : catalog_(std::make_shared<Catalog>()) {
  catalog_->source_ = std::move(source);
  catalog_->interfaces_ = std::move(interfaces);
  catalog_->nodes_ = std::move(nodes);
  catalog_->edges_ = std::move(edges);
  sort_by_name(catalog_->interfaces_);
  sort_by_name(catalog_->nodes_);
  sort_by_name(catalog_->edges_);
}

Status CatalogBuilder::number_new() {
  std::uint32_t& next = catalog_->next_identity_;
  bool exhausted = false;
  const auto number = [&](std::uint32_t& id) {
    if (id != 0) return;
    if (next == std::numeric_limits<std::uint32_t>::max())
      exhausted = true;
    else
      id = next++;
  };
  for (InterfaceType& type : interfaces()) number(type.id);
  for (NodeType& type : nodes()) number(type.id);
  for (EdgeType& type : edges()) number(type.id);

  std::vector<Owner> owners;
  for (InterfaceType& type : interfaces()) owners.push_back({type.id, &type.properties});
  for (NodeType& type : nodes()) owners.push_back({type.id, &type.properties});
  for (EdgeType& type : edges()) owners.push_back({type.id, &type.properties});
  std::sort(owners.begin(), owners.end(),
            [](const Owner& a, const Owner& b) { return a.id < b.id; });
  for (const Owner& owner : owners) {
    std::vector<Property*> fresh;
    for (Property& property : *owner.properties) {
      if (property.id == 0) fresh.push_back(&property);
    }
    std::sort(fresh.begin(), fresh.end(),
              [](const Property* a, const Property* b) { return a->name < b->name; });
    for (Property* property : fresh) number(property->id);
  }

  std::vector<EntityType*> lives;
  for (NodeType& type : nodes()) lives.push_back(&type);
  for (EdgeType& type : edges()) lives.push_back(&type);
  std::sort(lives.begin(), lives.end(),
            [](const EntityType* a, const EntityType* b) { return a->id < b->id; });
  for (EntityType* type : lives) number(type->lifetime);
  if (exhausted) {
    return Error(ErrorCode::kResourceExhausted, "this graph has used up its schema identities");
  }
  return {};
}

CatalogPtr CatalogBuilder::finish() && {
  for (InterfaceType& type : interfaces()) index_properties(type);
  for (NodeType& type : nodes()) {
    index_properties(type);
    std::sort(type.key.begin(), type.key.end(), [&](const std::string& a, const std::string& b) {
      return type.find(a)->id < type.find(b)->id;
    });
  }
  auto& folded = catalog_->folded_edges_;
  for (EdgeType& type : edges()) {
    index_properties(type);
    const NodeType* const from = std::as_const(*catalog_).node(type.from);
    const NodeType* const to = std::as_const(*catalog_).node(type.to);
    assert(from != nullptr && to != nullptr);
    type.from_id = from->id;
    type.to_id = to->id;
    folded.emplace_back(fold_edge_name(type.name), static_cast<std::uint32_t>(folded.size()));
  }
  std::sort(folded.begin(), folded.end());

  const auto add = [&](const auto& types, TypeKind kind) {
    for (std::uint32_t i = 0; i < types.size(); ++i) {
      assert(types[i].id != 0);
      catalog_->slots_.push_back({types[i].id, kind, i});
    }
  };
  add(interfaces(), TypeKind::kInterface);
  add(nodes(), TypeKind::kNode);
  add(edges(), TypeKind::kEdge);
  std::sort(catalog_->slots_.begin(), catalog_->slots_.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return std::move(catalog_);
}

}  // namespace omnigraph
