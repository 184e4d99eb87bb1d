// A syntax tree as text in one fixed layout. Comments and the layout of the source are not kept.
#pragma once

#include <string>

#include "schema/ast.h"

namespace omnigraph {

// parse_schema() of the result gives a tree equal to `ast`, provided that `ast` is one that
// parse_schema() can return.
std::string print_schema(const SchemaAst& ast);

}  // namespace omnigraph
