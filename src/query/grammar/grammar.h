// The recursive-descent reader behind parse_queries(): one member per rule of the grammar, in the
// order and with the choices of spec/queries.md §2. A rule returns true and fills its result, or
// returns false with the place and the bookkeeping where they were. One source, one object.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "query/ast.h"
#include "query/grammar/scanner.h"
#include "query/grammar/source_map.h"

namespace omnigraph::gq {

class Grammar {
 public:
  // `source` is UTF-8 of at most kMaxQuerySourceBytes and outlives the object.
  explicit Grammar(std::string_view source, std::vector<SourceRange>* tokens = nullptr)
      : scanner_(source, tokens), map_(source) {}
  Grammar(const Grammar&) = delete;
  Grammar& operator=(const Grammar&) = delete;

  Result<QueryFile> file();

 private:
  // Declarations (declarations.cc)
  bool query_decl(QueryDecl& out);
  bool annotation(QueryDecl& out);
  bool param(Parameter& out);
  bool type_ref(Parameter& out);
  bool base_type(ScalarType& out);
  bool body(QueryDecl& out);
  bool read_body(ReadBody& out);
  bool projection(Projection& out);
  bool ordering(Ordering& out);

  // The match clause (match.cc)
  bool match_clause(std::vector<Clause>& out);
  bool clauses(std::vector<Clause>& out);
  bool clause(Clause& out);
  bool negation(Negation& out);
  bool binding(NodeBinding& out);
  bool prop_match(PropertyMatch& out);
  bool traversal(Traversal& out);
  bool hop_bounds(HopBounds& out);
  bool filter(Filter& out);
  bool filter_op(Compare& out);
  bool comp_op(Compare& out);
  bool text_search(ExprPtr& out);

  // Mutations (mutation.cc)
  bool mutation_stmt(MutationStatement& out);
  bool assignments(std::vector<Assignment>& out);
  bool predicate(MutationPredicate& out);

  // Expressions and literals (expression.cc)
  bool expr(ExprPtr& out);
  bool expr_node(Expr& out);
  bool now_call();
  bool nearest_call(Expr& out);
  bool text_call(SearchFunction function, Expr& out);
  bool rrf_call(Expr& out);
  bool rank_expr(ExprPtr& out);
  bool agg_call(Expr& out);
  bool prop_access(Expr& out);
  bool value(MutationValue& out);  // literal | variable | now_call, of matches and mutations
  bool literal(Literal& out);
  bool list_literal(Literal& out);
  bool quoted_call(std::string_view word, std::string& text);

  // Takes a string token and decodes it; a bad escape is noted as a build error.
  bool string(std::string& out);

  // Where a rule began: to return to when it fails, and to measure its span from.
  struct Mark {
    std::size_t position;
    std::size_t token;
    std::uint32_t nodes;
  };
  Mark mark() { return {scanner_.position(), scanner_.token_start(), nodes_}; }
  bool back(const Mark& mark);  // always false
  SourceSpan since(const Mark& mark) const { return map_.span(mark.token, scanner_.position()); }
  bool count_node();

  // What is syntactically right but cannot be built. The leftmost one that is not inside an
  // abandoned alternative is reported once the whole source has been read.
  void note_build_error(const Mark& mark, std::string text);

  class Depth;

  Scanner scanner_;
  SourceMap map_;
  std::uint32_t nodes_ = 0;
  std::uint32_t depth_ = 0;
  struct BuildError {
    std::size_t position;
    SourceSpan span;
    std::string text;
  };
  std::optional<BuildError> build_error_;
};

// One level of nesting; while it lives, ok() says whether the limit still allows it.
class Grammar::Depth {
 public:
  explicit Depth(Grammar& grammar);
  ~Depth() { --grammar_.depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;
  bool ok() const { return ok_; }

 private:
  Grammar& grammar_;
  bool ok_;
};

}  // namespace omnigraph::gq
