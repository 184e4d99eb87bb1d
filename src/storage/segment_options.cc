#include <algorithm>

#include "storage/store.h"

namespace omnigraph {
namespace {

// Scalars that a declared index keeps sorted (spec/schema.md §9): all but free text.
bool sortable(const PropertyType& type) {
  if (type.list || type.scalar == ScalarType::kVector || type.scalar == ScalarType::kBlob) {
    return false;
  }
  return type.scalar != ScalarType::kString || type.is_enum();
}

}  // namespace

SegmentOptions segment_options(const Catalog& catalog, TypeId table) {
  SegmentOptions options;
  options.schema_version = catalog.version();
  const EntityType* type = catalog.entity(table);
  if (type == nullptr) return options;
  for (const Property& property : type->properties) {
    options.properties.emplace_back(property.id, property.type);
  }
  for (const PropertyGroup& group : type->uniques) {
    std::vector<PropertyId> members;
    for (const std::string& name : group) {
      const Property* property = type->find(name);
      if (property != nullptr) {
        members.push_back(property->id);
      } else if (catalog.is_edge(table) && (name == "src" || name == "dst")) {
        members.push_back(name == "src" ? kSrcColumn : kDstColumn);
      }
    }
    if (members.size() == group.size()) options.unique_groups.push_back(std::move(members));
  }
  const NodeType* node = catalog.node(table);
  if (node == nullptr) return options;
  for (const PropertyGroup& group : node->indexes) {
    if (group.size() != 1) continue;
    const Property* property = node->find(group[0]);
    if (property == nullptr || !sortable(property->type)) continue;
    if (std::find(options.sorted_properties.begin(), options.sorted_properties.end(),
                  property->id) == options.sorted_properties.end()) {
      options.sorted_properties.push_back(property->id);
    }
  }
  if (node->key.size() == 1) {
    const Property* key = node->find(node->key[0]);
    if (key != nullptr && key->type.scalar == ScalarType::kString && !key->type.list) {
      options.id_property = key->id;
    }
  }
  return options;
}

}  // namespace omnigraph
