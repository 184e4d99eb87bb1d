// Folds what need not be enumerated into tests: variables that nobody asks for, at the ends of
// acyclic patterns, become branches of their neighbours, until only the variables to enumerate (or
// one root) are left.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "execution/pattern.h"
#include "execution/statistics.h"

namespace omnigraph {

// Sets estimated_rows and cost; children must have theirs.
void estimate(NodeTest& test, const Statistics& statistics);

class TestFolder {
 public:
  // `kept`: variables (edge variables too) that must stay. Variables of outer scopes always stay.
  TestFolder(const TypedRead& query, const Statistics& statistics, const Pattern& pattern,
             VarSet kept, std::map<VarId, std::vector<NodeTest>> absent);

  // Folds leaf by leaf until nothing changes. In a component where nothing is kept one variable
  // stays as its root: the cheapest, or the one that `choose(candidates)` returns.
  void fold(const std::function<std::size_t(std::size_t)>* choose);

  // After fold: what is left to enumerate.
  const VarSet& variables() const { return left_; }  // introduced here, not folded
  const std::vector<const TypedTraversal*>& traversals() const { return traversals_; }
  NodeTest& test(VarId v) { return tests_[v]; }

 private:
  bool foldable(const TypedTraversal& t, VarId leaf) const;
  void fold_leaves(const VarSet& roots);
  void attach(const TypedTraversal& t, VarId leaf, VarId to);
  std::vector<VarSet> components() const;
  void choose_root(const VarSet& component, const std::function<std::size_t(std::size_t)>* choose,
                   VarSet& roots) const;

  const TypedRead& query_;
  const Statistics& statistics_;
  std::uint32_t scope_;
  VarSet kept_;
  VarSet left_;
  std::vector<const TypedTraversal*> traversals_;
  std::map<VarId, NodeTest> tests_;
  std::map<VarId, std::vector<PlanCondition>> edge_conditions_;
};

}  // namespace omnigraph
