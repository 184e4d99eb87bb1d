// The clauses of one conjunction sorted by what they speak of, before anything is decided. Reads
// the typed query only. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "execution/plan.h"
#include "query/typed_query.h"

namespace omnigraph {

using VarSet = std::set<VarId>;

// The variables that an expression or condition reads.
void add_variables(const TypedExpr& expression, VarSet& out);
VarSet variables_of(const PlanCondition& condition);

struct Pattern {
  std::uint32_t scope = 0;
  std::vector<VarId> nodes;  // introduced here, ascending
  std::vector<const TypedTraversal*> traversals;
  std::map<VarId, std::vector<PlanCondition>> single;  // by the one variable, outer ones too
  std::vector<PlanCondition> crossing;                 // two or more variables
  std::vector<PlanCondition> constants;                // none
  std::vector<std::uint32_t> negations;                // scopes of the nested blocks
  bool impossible = false;                             // a hop range that no node can satisfy
};

// Variables whose group of traversals holds no node binding: they are never bound.
std::vector<bool> find_unanchored(const TypedRead& query);
Pattern make_pattern(const TypedRead& query, std::uint32_t scope,
                     const std::vector<bool>& unanchored);
// For each scope the variables of enclosing scopes that it or a block inside it reads.
std::vector<VarSet> find_free_variables(const TypedRead& query,
                                        const std::vector<bool>& unanchored);

// The variables in parts that traversals connect, in order of their first ones; ends of traversals
// that are not among `variables` belong to the part too.
std::vector<VarSet> connected_parts(const VarSet& variables,
                                    const std::vector<const TypedTraversal*>& traversals);

inline bool is_search(const TypedTraversal& t) { return t.max_hops > 1 && t.chains; }
// Direction of the edges as seen from one end.
inline Direction direction_from_left(const TypedTraversal& t) {
  if (t.undirected) return Direction::kBoth;
  return t.forward ? Direction::kOut : Direction::kIn;
}
inline Direction direction_from_right(const TypedTraversal& t) {
  return reversed(direction_from_left(t));
}

}  // namespace omnigraph
