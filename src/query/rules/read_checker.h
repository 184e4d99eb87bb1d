// The checker of one read query: an environment of bound variables that grows from clause to
// clause, and the rules over it. One query, one object; not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "omnigraph/error.h"
#include "query/ast.h"
#include "query/rules/type_rules.h"
#include "query/typed_query.h"
#include "schema/catalog.h"

namespace omnigraph::gq {

class ReadChecker {
 public:
  // All three outlive the object.
  ReadChecker(const QueryDecl& query, const Catalog& catalog, const ParameterTable& parameters)
      : query_(query), catalog_(catalog), parameters_(parameters) {}
  ReadChecker(const ReadChecker&) = delete;
  ReadChecker& operator=(const ReadChecker&) = delete;

  // Once. `body` is the query's.
  Result<TypedRead> check(const ReadBody& body);

 private:
  // A typed expression and what the rules ask about it.
  struct Operand {
    TypedExprPtr expr;
    // Values have expr->type; nodes and aggregates (also unresolved aliases) are no scalars.
    enum class Kind : std::uint8_t { kValue, kNode, kAggregate } kind = Kind::kValue;
    TypeId node = 0;  // of kNode
    // Whether ordering by it means ordering by nearest / rrf, directly, inside an aggregate or
    // through an alias. A nearest inside rrf does not count.
    bool nearest = false;
    bool rrf = false;
  };
  std::string type_text(const Operand& operand) const;

  // ---- variables (environment.cc) ----
  std::optional<VarId> lookup(std::string_view name) const;
  VarId add_variable(std::string_view name, TypeId type, bool is_edge);
  const TypedVariable& variable(VarId id) const { return read_.variables[id]; }
  const EntityType& type_of(VarId id) const { return *catalog_.entity(variable(id).type); }
  // Notes that the clause at hand mentions `id`, for the `not` block it may stand in.
  void mention(VarId id) { mentions_outer_ |= id < outer_end_; }
  void find_anchored();

  // ---- match (match.cc) ----
  Status check_clauses(const std::vector<Clause>& clauses, std::uint32_t scope);
  Status check_clause(const Negation& negation, SourceSpan span);
  Status check_clause(const NodeBinding& binding, SourceSpan span);
  Status check_clause(const Traversal& traversal, SourceSpan span);
  Status check_clause(const Filter& filter, SourceSpan span);
  Status check_clause(const TextSearchClause& search, SourceSpan span);
  Result<VarId> bind_node(const NodeBinding& binding, const NodeType& type, SourceSpan span);
  Status check_hop_bounds(const Traversal& traversal, SourceSpan span);
  Status check_edge_variable(const Traversal& traversal, SourceSpan span);
  Status check_endpoints(const Traversal& traversal, const EdgeType& edge, SourceSpan span,
                         TypedTraversal& out);
  Result<VarId> endpoint(std::string_view name, TypeId type);

  // ---- filters (filter.cc) ----
  Status check_comparison(const Operand& left, const Operand& right, SourceSpan span);
  Status check_contains(const Operand& left, const Operand& right, SourceSpan span);
  Status check_starts_with(const Operand& left, const Operand& right, SourceSpan span);

  // ---- expressions (expression.cc, search.cc) ----
  Result<Operand> check_expr(const Expr& expr);
  Result<Operand> check_node(const PropertyAccess& access, SourceSpan span);
  Result<Operand> check_node(const VariableRef& ref, SourceSpan span);
  Result<Operand> check_node(const AliasRef& ref, SourceSpan span);
  Result<Operand> check_node(const Literal& literal, SourceSpan span);
  Result<Operand> check_node(const NowCall&, SourceSpan span);
  Result<Operand> check_node(const AggregateCall& call, SourceSpan span);
  Result<Operand> check_node(const SearchCall& call, SourceSpan span);
  Result<Operand> check_nearest(const SearchCall& call, SourceSpan span);
  Result<Operand> check_text(const SearchCall& call, SourceSpan span);
  Result<Operand> check_rrf(const SearchCall& call, SourceSpan span);
  Status refuse_edge_field(const Expr& field, SearchFunction function);
  Status check_text_operand(const Operand& operand, std::string_view what, std::string_view code);
  // T24 for blob values where a value is handed out.
  Status refuse_blob(const Operand& operand);

  // ---- return and order (projection.cc) ----
  Status check_projections(const std::vector<Projection>& projections);
  Status check_order(const std::vector<Ordering>& order);
  Status check_grouping(const std::vector<Projection>& projections);

  const QueryDecl& query_;
  const Catalog& catalog_;
  const ParameterTable& parameters_;
  TypedRead read_;

  std::unordered_map<std::string_view, VarId> visible_;
  // Names added in the `not` blocks that are open, to be hidden again when their block ends.
  std::vector<std::string_view> added_;
  std::uint32_t scope_ = 0;
  // Variables below outer_end_ were bound before the innermost open `not` block.
  VarId outer_end_ = 0;
  bool mentions_outer_ = false;
  std::unordered_map<std::string_view, Operand> aliases_;
};

}  // namespace omnigraph::gq
