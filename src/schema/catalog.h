// The compiled schema: interfaces, node types and edge types with their properties, constraints and
// stable identities. An immutable value after compile(); share it as shared_ptr<const Catalog>.
//
// Identities (spec/schema.md §10) come from one counter per graph that starts at 1 and never reuses
// a number: new types (interfaces, nodes, edges, each by name), then their properties (by owner's
// number, name), then type lifetimes (by type number).
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/value.h"

namespace omnigraph {

using TypeId = std::uint32_t;      // identity of an interface, node type or edge type; 0 = none
using PropertyId = std::uint32_t;  // identity of a property; 0 = none

enum class TypeKind : std::uint8_t { kInterface, kNode, kEdge };
// "interface", "node", "edge".
std::string_view type_kind_name(TypeKind kind);

struct Annotation {
  std::string name;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> kwargs;
  auto operator<=>(const Annotation&) const = default;
};

// What @embed says of a vector property.
struct EmbedSource {
  std::string property;  // the vector
  std::string source;    // the String it is made from
  std::optional<std::string> model;
  bool operator==(const EmbedSource&) const = default;
};

struct Property {
  PropertyId id = 0;
  std::string name;
  PropertyType type;
  std::vector<Annotation> annotations;  // all but @key/@unique/@index/@embed, as written
  // Which constraints were spelled at the property itself (they differ in meaning from body ones).
  bool key = false;
  bool unique = false;
  bool index = false;
  bool injected = false;  // came from an interface, not declared on the node
  std::optional<EmbedSource> embed;
};

// Members of @key/@unique/@index: names, sorted, unique. "src"/"dst" may appear on edges.
using PropertyGroup = std::vector<std::string>;

struct RangeBound {
  // Exactly as the spec compares: double; `integer` keeps the spelled form for schema plans.
  double value = 0;
  std::optional<std::int64_t> integer;
  bool operator==(const RangeBound&) const = default;
};
struct RangeConstraint {
  std::string property;
  std::optional<RangeBound> min, max;
  bool operator==(const RangeConstraint&) const = default;
};
struct CheckConstraint {
  std::string property;
  std::string pattern;
  bool operator==(const CheckConstraint&) const = default;
};

struct InterfaceType {
  TypeId id = 0;
  std::string name;
  std::vector<Property> properties;  // declaration order

  const Property* find(std::string_view name) const;  // as EntityType's

  std::vector<std::uint32_t> by_name;  // as EntityType's
};

// What node and edge types share.
struct EntityType {
  TypeId id = 0;
  TypeId lifetime = 0;  // changes when a name is dropped and declared again
  std::string name;
  std::vector<Annotation> annotations;
  std::vector<Property> properties;    // as declared, then those a node received
  std::vector<PropertyGroup> uniques;  // of properties and body alike; key not included
  std::vector<PropertyGroup> indexes;  // declared @index groups (key not included)

  // O(log properties). Null when there is none.
  const Property* find(std::string_view name) const;
  const Property* find(PropertyId id) const;

  // Positions in `properties`, ordered by name and by id. Filled when the catalog is finished; a
  // type that was put together by hand may leave them empty and is searched from end to end.
  std::vector<std::uint32_t> by_name, by_id;
};

struct NodeType : EntityType {
  std::vector<std::string> implements;
  std::vector<std::string> key;  // members in key order (ascending property id); empty: keyless
  std::vector<RangeConstraint> ranges;
  std::vector<CheckConstraint> checks;
  std::vector<EmbedSource> embeds;
};

struct EdgeType : EntityType {
  std::string from, to;  // node type names
  TypeId from_id = 0, to_id = 0;
  std::uint32_t card_min = 0;
  std::optional<std::uint32_t> card_max;
};

class Catalog {
 public:
  const std::vector<InterfaceType>& interfaces() const { return interfaces_; }  // sorted by name
  const std::vector<NodeType>& nodes() const { return nodes_; }                 // sorted by name
  const std::vector<EdgeType>& edges() const { return edges_; }                 // sorted by name
  const std::string& source() const { return source_; }                         // verbatim text
  std::uint32_t next_identity() const { return next_identity_; }  // the counter's next number
  // Raised by one at each accepted schema change; 1 for the first. Names the schema in log records.
  std::uint32_t version() const { return version_; }

  // Look-ups: O(log types), null when there is none. Names are case-sensitive.
  const NodeType* node(std::string_view name) const;
  const NodeType* node(TypeId id) const;
  const EdgeType* edge(std::string_view exact_name) const;
  const EdgeType* edge(TypeId id) const;
  // Exact name, then the whole word lower-cased against lower-cased edge names.
  const EdgeType* edge_by_word(std::string_view word) const;
  const InterfaceType* interface(std::string_view name) const;
  // Node or edge type, or null.
  const EntityType* entity(TypeId id) const;
  bool is_edge(TypeId id) const { return edge(id) != nullptr; }

 private:
  friend class CatalogBuilder;
  struct TypeSlot {
    TypeId id;
    TypeKind kind;
    std::uint32_t position;
  };
  const TypeSlot* slot(TypeId id, TypeKind kind) const;

  std::vector<InterfaceType> interfaces_;
  std::vector<NodeType> nodes_;
  std::vector<EdgeType> edges_;
  std::string source_;
  std::uint32_t next_identity_ = 1;
  std::uint32_t version_ = 1;
  std::vector<TypeSlot> slots_;                                      // of all types, by id
  std::vector<std::pair<std::string, std::uint32_t>> folded_edges_;  // lower-cased name, position
};

// An edge name as look-ups without regard to case compare it: lower-cased (names are ASCII).
std::string fold_edge_name(std::string_view name);

using CatalogPtr = std::shared_ptr<const Catalog>;

}  // namespace omnigraph
