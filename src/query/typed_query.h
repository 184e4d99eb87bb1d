// A checked query: every name resolved to catalog identities and small variable numbers, every
// expression typed. This is all that execution sees; it never looks at the text. Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "query/ast.h"
#include "schema/catalog.h"

namespace omnigraph {

using VarId = std::uint32_t;  // index into TypedRead::variables

// A node or edge variable of a read. Wildcards `_` get a fresh anonymous variable per occurrence.
struct TypedVariable {
  std::string name;  // without `$`; "_" for wildcards
  bool is_edge = false;
  TypeId type = 0;          // node or edge type
  bool anonymous = false;   // wildcard: not part of tie-breaking, never projected
  std::uint32_t scope = 0;  // 0 = outermost; n = index into TypedRead::scopes of the `not` block
  // Whether a node binding anchors it: its own, or one of a variable that traversals of the scope
  // connect it with (`_` connects nothing; in `not`, an anchored outer variable anchors too). A
  // traversal between unanchored variables is not evaluated; using them fails at execution.
  bool anchored = false;
};

struct TypedExpr;
using TypedExprPtr = std::shared_ptr<const TypedExpr>;

struct TProperty {
  VarId variable;
  PropertyId property;
};  // of a node or edge variable
struct TNode {
  VarId variable;
};  // the node's id text
struct TParameter {
  std::uint32_t index;
};  // into TypedRead::parameters
struct TLiteral {
  Literal value;
};
struct TNow {};
struct TAggregate {
  Aggregate function;
  TypedExprPtr argument;
};
struct TAlias {
  std::string name;
};  // resolved (or not) at execution
struct TSearch {
  SearchFunction function;
  std::vector<TypedExprPtr> arguments;
};

struct TypedExpr {
  std::variant<TProperty, TNode, TParameter, TLiteral, TNow, TAggregate, TAlias, TSearch> node;
  // Type of the value; for TNode String; for count I64; sum/avg F64?; min/max that of the argument,
  // nullable; search functions Bool or F64; an alias that of its projection, unresolved I64?.
  PropertyType type;
  SourceSpan span;
};

// Equality of a property with a literal, parameter or now(); membership when the property is a
// list.
struct TypedPropertyMatch {
  PropertyId property;
  TypedExprPtr value;
  bool membership = false;
};

struct TypedBinding {
  VarId variable;
  std::vector<TypedPropertyMatch> matches;
};

struct TypedTraversal {
  VarId left, right;  // as written
  TypeId edge;
  std::optional<VarId> edge_variable;
  bool forward = true;  // the edge runs left→right (From at left); false: right→left
  bool undirected = false;
  std::uint32_t min_hops = 1, max_hops = 1;
  bool chains = false;  // endpoint types equal: hops beyond 1 make sense
};

struct TypedFilter {
  Compare op;
  TypedExprPtr left, right;
  bool membership = false;  // kContains with a list on the left
};

// search/fuzzy/match_text standing alone: true must hold.
struct TypedTextSearch {
  TypedExprPtr call;
};

// A conjunction of clauses: the outer match or the inside of one `not`. Clause order is irrelevant.
struct TypedScope {
  std::uint32_t parent = 0;  // index of the enclosing scope (0's parent is itself)
  std::vector<TypedBinding> bindings;
  std::vector<TypedTraversal> traversals;
  std::vector<TypedFilter> filters;
  std::vector<TypedTextSearch> text_searches;
  std::vector<std::uint32_t> negations;  // indices of nested scopes
};

struct TypedProjection {
  TypedExprPtr expression;
  std::string column;
};
struct TypedOrdering {
  TypedExprPtr expression;
  bool descending = false;
};

struct TypedRead {
  std::string name;
  std::vector<Parameter> parameters;
  std::vector<TypedVariable> variables;
  std::vector<TypedScope> scopes;  // [0] is the outer match
  std::vector<TypedProjection> projections;
  std::vector<TypedOrdering> order;
  std::optional<std::uint64_t> limit;
  bool aggregate = false;  // some projection is an aggregate
};

// ---- mutations ----
// Values are typed as literal, parameter index or now().
struct TypedAssignment {
  PropertyId property;
  TypedExprPtr value;
};
struct TypedPredicate {
  // property == 0 with endpoint set: `from` / `to` of an edge.
  PropertyId property = 0;
  enum class Endpoint : std::uint8_t { kNone, kFrom, kTo } endpoint = Endpoint::kNone;
  Compare op;
  TypedExprPtr value;
};
struct TypedInsert {
  TypeId type;
  std::vector<TypedAssignment> assignments;
  TypedExprPtr from, to;  // edges only
};
struct TypedUpdate {
  TypeId type;
  std::vector<TypedAssignment> assignments;
  TypedPredicate where;
};
struct TypedDelete {
  TypeId type;
  TypedPredicate where;
};
using TypedStatement = std::variant<TypedInsert, TypedUpdate, TypedDelete>;

struct TypedMutation {
  std::string name;
  std::vector<Parameter> parameters;
  std::vector<TypedStatement> statements;
};

using TypedQuery = std::variant<TypedRead, TypedMutation>;

// Values of the declared parameters, by index; nullopt: not provided (an error only when used). A
// Date or DateTime parameter holds the text it was given, which is checked when it is used; a
// vector is a list of doubles.
using ParameterValues = std::vector<std::optional<Value>>;

}  // namespace omnigraph
