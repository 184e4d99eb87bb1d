// A syntax tree as one line of text without spans, so that tests can compare trees by their shape
// independently of the printer.
#pragma once

#include <string>

#include "query/ast.h"

namespace omnigraph::test {

std::string dump(const QueryFile& file);
std::string dump(const QueryDecl& query);

}  // namespace omnigraph::test
