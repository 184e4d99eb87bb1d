#include <utility>

#include "query/grammar/grammar.h"

namespace omnigraph::gq {

bool Grammar::mutation_stmt(MutationStatement& out) {
  const Mark start = mark();
  if (!count_node()) return back(start);
  if (scanner_.keyword("insert")) {
    InsertStatement insert;
    const auto type = scanner_.type_name();
    if (!type || !assignments(insert.assignments)) return back(start);
    insert.type = *type;
    insert.span = since(start);
    out = std::move(insert);
    return true;
  }
  if (scanner_.keyword("update")) {
    UpdateStatement update;
    const auto type = scanner_.type_name();
    if (!type || !scanner_.keyword("set") || !assignments(update.assignments) ||
        !scanner_.keyword("where") || !predicate(update.where)) {
      return back(start);
    }
    update.type = *type;
    update.span = since(start);
    out = std::move(update);
    return true;
  }
  if (scanner_.keyword("delete")) {
    DeleteStatement deletion;
    const auto type = scanner_.type_name();
    if (!type || !scanner_.keyword("where") || !predicate(deletion.where)) return back(start);
    deletion.type = *type;
    deletion.span = since(start);
    out = std::move(deletion);
    return true;
  }
  return back(start);
}

bool Grammar::assignments(std::vector<Assignment>& out) {
  const Mark start = mark();
  if (!scanner_.keyword("{")) return back(start);
  while (true) {
    const Mark at = mark();
    Assignment next;
    const auto property = scanner_.ident();
    if (!property || !count_node() || !scanner_.keyword(":") || !value(next.value)) {
      back(at);
      break;
    }
    next.property = *property;
    next.span = since(at);
    out.push_back(std::move(next));
    scanner_.keyword(",");
  }
  if (out.empty() || !scanner_.keyword("}")) return back(start);
  return true;
}

bool Grammar::predicate(MutationPredicate& out) {
  const Mark start = mark();
  const auto property = scanner_.ident();
  if (!property || !comp_op(out.op) || !value(out.value)) return back(start);
  out.property = *property;
  out.span = since(start);
  return true;
}

}  // namespace omnigraph::gq
