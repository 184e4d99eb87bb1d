// What a load knows of the schema: every type with its properties by position, found by the names
// that records use. Immutable; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/catalog.h"
#include "write/rules.h"

namespace omnigraph {

struct LoadType {
  const EntityType* type = nullptr;
  const NodeType* node = nullptr;  // exactly one of these two
  const EdgeType* edge = nullptr;
  std::string type_key;                    // "node:Person"
  std::vector<std::size_t> key;            // positions of the key members, in key order
  std::size_t from_ends = 0, to_ends = 0;  // edges: which of LoadPlan::end_tables their ends are in
  std::unordered_map<std::string_view, std::size_t> positions;

  static constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);
  // The position of a property. `guess` is tried first: records repeat the order of their members.
  std::size_t position(std::string_view name, std::size_t guess) const {
    if (guess < type->properties.size() && type->properties[guess].name == name) return guess;
    const auto found = positions.find(name);
    return found == positions.end() ? kUnknown : found->second;
  }
};

class LoadPlan {
 public:
  explicit LoadPlan(const Catalog& catalog);

  // Node types by name, then edge types by name.
  const std::vector<LoadType>& types() const { return types_; }
  const std::vector<TypeId>& end_tables() const { return end_tables_; }
  // Positions in types(), or LoadType::kUnknown. Edges by exact name, else ignoring case.
  std::size_t node(std::string_view name) const;
  std::size_t edge(std::string_view name) const;
  std::size_t of(TypeId table) const;

 private:
  const Catalog& catalog_;
  std::vector<LoadType> types_;
  std::vector<TypeId> end_tables_;
  std::map<std::string, std::size_t, std::less<>> nodes_, edges_;
  std::map<TypeId, std::size_t> by_id_;
};

// `_rowid` and the like: never a member of a record.
bool is_reserved_field(std::string_view name);

}  // namespace omnigraph
