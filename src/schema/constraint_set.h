// The constraints of a type as comparable texts (spec/schema.md §6, canonical form): what migration
// planning takes the difference of.
#pragma once

#include <string>
#include <vector>

#include "schema/ast.h"
#include "schema/catalog.h"

namespace omnigraph {

struct CanonicalConstraint {
  ConstraintKind kind;
  std::string identity;   // names members by identity: equal across renames
  std::string text;       // names them as they are called: "index:a,b"
  PropertyGroup members;  // sorted
};

// Sorted by text. The index that a key implies is not listed.
std::vector<CanonicalConstraint> constraints_of(const NodeType& type);
std::vector<CanonicalConstraint> constraints_of(const EdgeType& type);

}  // namespace omnigraph
