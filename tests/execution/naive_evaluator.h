// What a read means, written for clarity straight from spec/queries.md: nested loops over every row
// of every variable, then each clause asked of the assignment. Shares no code with src/execution.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "execution/graph_builder.h"
#include "query/typed_query.h"

namespace omnigraph::testing {

struct NaiveAnswer {
  std::vector<std::string> rows;  // as texts(); in order where the query orders them
  bool ordered = false;           // the order of `rows` is promised
  std::uint64_t before_limit = 0;
};

class NaiveEvaluator {
 public:
  NaiveEvaluator(const GraphBuilder& graph, const TypedRead& query, ParameterValues parameters)
      : graph_(graph), query_(query), parameters_(std::move(parameters)) {}

  NaiveAnswer run();

 private:
  using Assignment = std::vector<const PlainRow*>;  // by variable; null: not bound
  struct Operand {
    Value value;
    bool narrow = false;  // a stored F32
  };

  // Calls visit for every solution of the scope that extends `bound`.
  template <typename Visit>
  void solutions(std::uint32_t scope, Assignment& bound, const Visit& visit);
  template <typename Visit>
  void bind_nodes(std::uint32_t scope, const std::vector<VarId>& nodes, std::size_t next,
                  Assignment& bound, const Visit& visit);
  template <typename Visit>
  void bind_edges(const TypedScope& scope, std::size_t next, Assignment& bound, const Visit& visit);
  bool has_solution(std::uint32_t scope, Assignment& bound);
  bool bindings_hold(const TypedScope& scope, const Assignment& bound) const;
  bool edges_known_hold(const TypedScope& scope, const Assignment& bound) const;

  std::vector<const PlainRow*> edges_between(const TypedTraversal& t, RowId left,
                                             RowId right) const;
  bool related(const TypedTraversal& t, RowId left, RowId right) const;
  Operand operand(const TypedExpr& expression, const Assignment& bound) const;
  static bool holds(Compare op, const Operand& left, const Operand& right);
  static std::optional<int> compare(const Operand& left, const Operand& right);

  NaiveAnswer rows(const std::vector<Assignment>& all) const;
  NaiveAnswer groups(const std::vector<Assignment>& all) const;
  Value aggregate(const TAggregate& call, const std::vector<const Assignment*>& rows) const;

  const GraphBuilder& graph_;
  const TypedRead& query_;
  const ParameterValues parameters_;
};

}  // namespace omnigraph::testing
