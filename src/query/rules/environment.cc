#include <numeric>
#include <utility>

#include "query/rules/read_checker.h"

namespace omnigraph::gq {

std::optional<VarId> ReadChecker::lookup(std::string_view name) const {
  const auto at = visible_.find(name);
  if (at == visible_.end()) return std::nullopt;
  return at->second;
}

VarId ReadChecker::add_variable(std::string_view name, TypeId type, bool is_edge) {
  const auto id = static_cast<VarId>(read_.variables.size());
  TypedVariable added;
  added.name = name;
  added.is_edge = is_edge;
  added.type = type;
  added.anonymous = name == "_";
  added.scope = scope_;
  if (!added.anonymous) {
    visible_.emplace(name, id);  // a name that is visible is never added again
    added_.push_back(name);
  }
  read_.variables.push_back(std::move(added));
  return id;
}

// Groups of variables that the traversals of a scope connect, by union-find; a scope's parent comes
// before it, so an outer variable's flag is final when it is met.
void ReadChecker::find_anchored() {
  std::vector<VarId> leader(read_.variables.size());
  std::iota(leader.begin(), leader.end(), VarId{0});
  const auto find = [&](VarId id) {
    while (leader[id] != id) {
      leader[id] = leader[leader[id]];
      id = leader[id];
    }
    return id;
  };
  std::vector<bool> group_anchored(read_.variables.size());
  for (std::uint32_t index = 0; index < read_.scopes.size(); ++index) {
    const TypedScope& scope = read_.scopes[index];
    const auto connects = [&](VarId id) { return !variable(id).anonymous; };
    const auto ends = [](const TypedTraversal& t) { return std::pair(t.left, t.right); };
    for (const TypedTraversal& traversal : scope.traversals) {
      for (const VarId id : {traversal.left, traversal.right}) {
        leader[id] = id;
        group_anchored[id] = false;
      }
    }
    for (const TypedTraversal& traversal : scope.traversals) {
      const auto [left, right] = ends(traversal);
      if (connects(left) && connects(right)) leader[find(left)] = find(right);
    }
    for (const TypedBinding& binding : scope.bindings) {
      // A second binding of an outer variable is a condition; it anchors nothing.
      TypedVariable& bound = read_.variables[binding.variable];
      if (bound.scope == index) bound.anchored = true;
    }
    for (const TypedTraversal& traversal : scope.traversals) {
      for (const VarId id : {traversal.left, traversal.right}) {
        if (variable(id).anchored) group_anchored[find(id)] = true;
      }
    }
    for (const TypedTraversal& traversal : scope.traversals) {
      const auto [left, right] = ends(traversal);
      for (const auto& [id, other] : {std::pair(left, right), std::pair(right, left)}) {
        TypedVariable& end = read_.variables[id];
        // Outer variables keep what their own scope gave them.
        if (end.scope != index) continue;
        end.anchored = group_anchored[find(end.anonymous ? other : id)];
      }
      if (traversal.edge_variable) {
        const VarId named = connects(left) ? left : right;
        read_.variables[*traversal.edge_variable].anchored = group_anchored[find(named)];
      }
    }
  }
}

}  // namespace omnigraph::gq
