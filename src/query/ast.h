// The syntax tree of `.gq`: what the parser makes of a source, before names and types are known.
// Plain values. Grammar: spec/queries.md §2 and spec/writes.md §2.1.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/value.h"

namespace omnigraph {

// A literal keeps what it was written as: dates are checked when evaluated, not when parsed.
struct Literal;
struct DateText {
  std::string text;
};  // date("…")
struct DateTimeText {
  std::string text;
};  // datetime("…")
struct Literal {
  std::variant<std::string, std::int64_t, double, bool, DateText, DateTimeText,
               std::vector<Literal>>
      value;
  SourceSpan span;
};

struct Parameter {
  std::string name;
  PropertyType type;
  SourceSpan span;
  // `Vector(0)` and dimensions beyond 2147483647 parse (with dimension 0) and are refused by the
  // checker; this is the type as it was written. Empty for every other parameter.
  std::string unknown_type = {};
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

enum class Aggregate : std::uint8_t { kCount, kSum, kAvg, kMin, kMax };
enum class Compare : std::uint8_t { kEq, kNe, kLt, kLe, kGt, kGe, kContains, kStartsWith };

struct NowCall {};
struct PropertyAccess {
  std::string variable, property;
};
struct VariableRef {
  std::string name;
};
struct AliasRef {
  std::string name;
};
struct AggregateCall {
  Aggregate function;
  ExprPtr argument;
};
enum class SearchFunction : std::uint8_t { kNearest, kSearch, kFuzzy, kMatchText, kBm25, kRrf };
// Arguments in written order; nearest's first is a PropertyAccess, rrf's first two are calls.
struct SearchCall {
  SearchFunction function;
  std::vector<ExprPtr> arguments;
};

struct Expr {
  std::variant<NowCall, PropertyAccess, VariableRef, AliasRef, Literal, AggregateCall, SearchCall>
      node;
  SourceSpan span;
};

// ---- match ----
struct PropertyMatch {
  std::string property;
  std::variant<Literal, VariableRef, NowCall> value;
  SourceSpan span;
};
struct NodeBinding {
  std::string variable, type;
  std::vector<PropertyMatch> properties;
  SourceSpan type_span = {};
};
struct HopBounds {
  std::uint32_t min = 1;
  std::optional<std::uint32_t> max;
};
struct Traversal {
  std::string left, right;                   // "_" is the wildcard
  std::optional<std::string> edge_variable;  // "_" binds nothing
  std::string edge;                          // as written
  bool undirected = false;
  std::optional<HopBounds> bounds;  // only when written
  SourceSpan edge_span = {};
};
struct Filter {
  Compare op;
  ExprPtr left, right;
};
struct TextSearchClause {
  ExprPtr call;
};
struct Clause;
struct Negation {
  std::vector<Clause> clauses;
};
struct Clause {
  std::variant<Negation, NodeBinding, Traversal, Filter, TextSearchClause> node;
  SourceSpan span;
};

// ---- return, order ----
struct Projection {
  ExprPtr expression;
  std::optional<std::string> alias;
};
struct Ordering {
  ExprPtr expression;
  bool descending = false;
};

struct ReadBody {
  std::vector<Clause> match;
  std::vector<Projection> projections;
  std::vector<Ordering> order;
  std::optional<std::uint64_t> limit;
};

// ---- mutations ----
using MutationValue = std::variant<Literal, VariableRef, NowCall>;
struct Assignment {
  std::string property;
  MutationValue value;
  SourceSpan span;
};
struct MutationPredicate {
  std::string property;
  Compare op;
  MutationValue value;
  SourceSpan span;
};
struct InsertStatement {
  std::string type;
  std::vector<Assignment> assignments;
  SourceSpan span;
};
struct UpdateStatement {
  std::string type;
  std::vector<Assignment> assignments;
  MutationPredicate where;
  SourceSpan span;
};
struct DeleteStatement {
  std::string type;
  MutationPredicate where;
  SourceSpan span;
};
using MutationStatement = std::variant<InsertStatement, UpdateStatement, DeleteStatement>;
struct MutationBody {
  std::vector<MutationStatement> statements;
};

struct QueryDecl {
  std::string name;
  std::vector<Parameter> parameters;
  std::optional<std::string> description, instruction;
  std::variant<ReadBody, MutationBody> body;
  SourceSpan span;
  bool is_mutation() const { return std::holds_alternative<MutationBody>(body); }
};

struct QueryFile {
  std::vector<QueryDecl> queries;
};

}  // namespace omnigraph
