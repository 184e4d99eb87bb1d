#include <limits>
#include <utility>

#include "query/grammar/grammar.h"
#include "query/grammar/literal_text.h"
#include "query/limits.h"

namespace omnigraph::gq {

bool Grammar::match_clause(std::vector<Clause>& out) {
  const Mark start = mark();
  if (!scanner_.keyword("match") || !scanner_.keyword("{")) return back(start);
  if (!clauses(out) || !scanner_.keyword("}")) return back(start);
  return true;
}

bool Grammar::clauses(std::vector<Clause>& out) {
  for (Clause next; clause(next); next = Clause{}) out.push_back(std::move(next));
  return !out.empty();
}

bool Grammar::clause(Clause& out) {
  const Mark start = mark();
  const Scanner::Label label(scanner_, "a clause");
  if (!count_node()) return back(start);
  const auto take = [&](auto node) {
    out.node = std::move(node);
    out.span = since(start);
    return true;
  };
  if (Negation node; negation(node)) return take(std::move(node));
  if (NodeBinding node; binding(node)) return take(std::move(node));
  if (Traversal node; traversal(node)) return take(std::move(node));
  if (Filter node; filter(node)) return take(std::move(node));
  if (TextSearchClause node; text_search(node.call)) return take(std::move(node));
  return back(start);
}

bool Grammar::negation(Negation& out) {
  const Mark start = mark();
  if (!scanner_.keyword("not") || !scanner_.keyword("{")) return back(start);
  const Depth depth(*this);
  if (!depth.ok() || !clauses(out.clauses) || !scanner_.keyword("}")) return back(start);
  return true;
}

bool Grammar::binding(NodeBinding& out) {
  const Mark start = mark();
  const auto variable = scanner_.variable();
  if (!variable || !scanner_.keyword(":")) return back(start);
  const Mark before_type = mark();
  const auto type = scanner_.type_name();
  if (!type) return back(start);
  out.variable = *variable;
  out.type = *type;
  out.type_span = since(before_type);

  const Mark before_block = mark();
  if (!scanner_.keyword("{")) return true;
  PropertyMatch first;
  bool ok = prop_match(first);
  if (ok) {
    out.properties.push_back(std::move(first));
    while (true) {
      const Mark before_comma = mark();
      PropertyMatch next;
      if (!scanner_.keyword(",") || !prop_match(next)) {
        back(before_comma);
        break;
      }
      out.properties.push_back(std::move(next));
    }
    scanner_.keyword(",");
    ok = scanner_.keyword("}");
  }
  if (!ok) {
    out.properties.clear();
    back(before_block);
  }
  return true;
}

bool Grammar::prop_match(PropertyMatch& out) {
  const Mark start = mark();
  const auto property = scanner_.ident();
  if (!property || !count_node() || !scanner_.keyword(":") || !value(out.value)) return back(start);
  out.property = *property;
  out.span = since(start);
  return true;
}

bool Grammar::traversal(Traversal& out) {
  const Mark start = mark();
  const auto left = scanner_.variable();
  if (!left) return back(start);
  out.left = *left;

  const Mark before_edge_variable = mark();
  if (const auto variable = scanner_.variable()) {
    if (scanner_.keyword(":")) {
      out.edge_variable = *variable;
    } else {
      back(before_edge_variable);
    }
  }

  const Mark before_edge = mark();
  std::optional<std::string_view> edge;
  if (scanner_.keyword("<")) {
    edge = scanner_.edge_ident();
    if (edge) out.edge_span = map_.span(scanner_.position() - edge->size(), scanner_.position());
    if (!edge || !scanner_.keyword(">")) {
      edge.reset();
      back(before_edge);
    } else {
      out.undirected = true;
    }
  }
  if (!edge) {
    edge = scanner_.edge_ident();
    if (!edge) return back(start);
    out.edge_span = since(before_edge);
  }
  out.edge = *edge;

  if (HopBounds bounds; hop_bounds(bounds)) out.bounds = bounds;
  const auto right = scanner_.variable();
  if (!right) return back(start);
  out.right = *right;
  return true;
}

bool Grammar::hop_bounds(HopBounds& out) {
  const Mark start = mark();
  const auto number = [&](std::string_view digits, const Mark& at) {
    const auto hops = decode_integer(digits, std::numeric_limits<std::uint32_t>::max());
    if (!hops) {
      note_build_error(at,
                       "invalid hop bound: " + std::string(digits.substr(0, kMaxEchoedNameBytes)));
    }
    return static_cast<std::uint32_t>(hops.value_or(1));
  };
  if (!scanner_.keyword("{")) return back(start);
  const Mark before_min = mark();
  const auto min = scanner_.integer();
  if (!min) return back(start);
  out.min = number(*min, before_min);
  if (!scanner_.keyword(",")) return back(start);
  const Mark before_max = mark();
  if (const auto max = scanner_.integer()) out.max = number(*max, before_max);
  if (!scanner_.keyword("}")) return back(start);
  return true;
}

bool Grammar::filter(Filter& out) {
  const Mark start = mark();
  if (!expr(out.left) || !filter_op(out.op) || !expr(out.right)) return back(start);
  return true;
}

bool Grammar::filter_op(Compare& out) {
  const Scanner::Label label(scanner_, "a comparison operator");
  if (scanner_.keyword("starts_with")) {
    out = Compare::kStartsWith;
    return true;
  }
  if (scanner_.keyword("contains")) {
    out = Compare::kContains;
    return true;
  }
  return comp_op(out);
}

bool Grammar::comp_op(Compare& out) {
  // Longer operators first, as in the grammar: `>` would cut `>=` in two.
  static constexpr std::pair<std::string_view, Compare> kOperators[] = {
      {">=", Compare::kGe}, {"<=", Compare::kLe}, {"!=", Compare::kNe},
      {">", Compare::kGt},  {"<", Compare::kLt},  {"=", Compare::kEq},
  };
  const Scanner::Label label(scanner_, "a comparison operator");
  for (const auto& [text, op] : kOperators) {
    if (scanner_.keyword(text)) {
      out = op;
      return true;
    }
  }
  return false;
}

bool Grammar::text_search(ExprPtr& out) {
  const Mark start = mark();
  Expr call;
  const bool ok = text_call(SearchFunction::kSearch, call) ||
                  text_call(SearchFunction::kFuzzy, call) ||
                  text_call(SearchFunction::kMatchText, call);
  if (!ok || !count_node()) return back(start);
  call.span = since(start);
  out = std::make_shared<const Expr>(std::move(call));
  return true;
}

}  // namespace omnigraph::gq
