// The syntax tree of `.gq` back to text, in one layout. For every tree that parse_queries() makes,
// parsing the printed text gives the same tree (spans aside), and printing that gives the same
// text. Comments are not part of the tree. Thread-safe: no state outside the call.
#pragma once

#include <string>

#include "query/ast.h"

namespace omnigraph {

std::string print_queries(const QueryFile& file);
std::string print_query(const QueryDecl& query);  // ends in a line break
std::string print_expression(const Expr& expression);
std::string print_literal(const Literal& literal);

// "=", "contains", …
std::string_view compare_text(Compare op);
// "count", "sum", …
std::string_view aggregate_name(Aggregate function);
// "nearest", "match_text", …
std::string_view search_name(SearchFunction function);

}  // namespace omnigraph
