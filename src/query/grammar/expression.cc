#include <limits>
#include <utility>

#include "query/grammar/grammar.h"
#include "query/grammar/literal_text.h"
#include "query/limits.h"

namespace omnigraph::gq {

bool Grammar::expr(ExprPtr& out) {
  const Mark start = mark();
  const Scanner::Label label(scanner_, "an expression");
  Expr node;
  if (!count_node() || !expr_node(node)) return back(start);
  node.span = since(start);
  out = std::make_shared<const Expr>(std::move(node));
  return true;
}

bool Grammar::expr_node(Expr& out) {
  // No two groups of the grammar's alternatives share a first character, so the groups that cannot
  // match are passed over; within a group the grammar's order holds.
  const char first = scanner_.peek();
  if (first == '$') {
    if (prop_access(out)) return true;
    const auto variable = scanner_.variable();
    if (!variable) return false;
    out.node = VariableRef{std::string(*variable)};
    return true;
  }
  const bool word = (first >= 'a' && first <= 'z') || first == '_';
  if (word) {
    if (now_call()) {
      out.node = NowCall{};
      return true;
    }
    if (nearest_call(out) || text_call(SearchFunction::kSearch, out) ||
        text_call(SearchFunction::kFuzzy, out) || text_call(SearchFunction::kMatchText, out) ||
        text_call(SearchFunction::kBm25, out) || rrf_call(out) || agg_call(out)) {
      return true;
    }
  }
  if (Literal value; literal(value)) {
    out.node = std::move(value);
    return true;
  }
  if (!word) return false;
  const auto alias = scanner_.ident();
  if (!alias) return false;
  out.node = AliasRef{std::string(*alias)};
  return true;
}

bool Grammar::now_call() {
  const Mark start = mark();
  if (!scanner_.keyword("now") || !scanner_.keyword("(") || !scanner_.keyword(")")) {
    return back(start);
  }
  return true;
}

bool Grammar::nearest_call(Expr& out) {
  const Mark start = mark();
  if (!scanner_.keyword("nearest") || !scanner_.keyword("(")) return back(start);
  const Depth depth(*this);
  SearchCall call{SearchFunction::kNearest, {}};
  const Mark before_property = mark();
  Expr property;
  if (!depth.ok() || !count_node() || !prop_access(property)) return back(start);
  property.span = since(before_property);
  call.arguments.push_back(std::make_shared<const Expr>(std::move(property)));
  ExprPtr query;
  if (!scanner_.keyword(",") || !expr(query) || !scanner_.keyword(")")) return back(start);
  call.arguments.push_back(std::move(query));
  out.node = std::move(call);
  return true;
}

bool Grammar::text_call(SearchFunction function, Expr& out) {
  const Mark start = mark();
  const std::string_view word = function == SearchFunction::kSearch      ? "search"
                                : function == SearchFunction::kFuzzy     ? "fuzzy"
                                : function == SearchFunction::kMatchText ? "match_text"
                                                                         : "bm25";
  if (!scanner_.keyword(word) || !scanner_.keyword("(")) return back(start);
  const Depth depth(*this);
  SearchCall call{function, {}};
  ExprPtr field, query;
  if (!depth.ok() || !expr(field) || !scanner_.keyword(",") || !expr(query)) return back(start);
  call.arguments = {std::move(field), std::move(query)};
  if (function == SearchFunction::kFuzzy) {
    const Mark before_edits = mark();
    ExprPtr edits;
    if (scanner_.keyword(",") && expr(edits)) {
      call.arguments.push_back(std::move(edits));
    } else {
      back(before_edits);
    }
  }
  if (!scanner_.keyword(")")) return back(start);
  out.node = std::move(call);
  return true;
}

bool Grammar::rrf_call(Expr& out) {
  const Mark start = mark();
  if (!scanner_.keyword("rrf") || !scanner_.keyword("(")) return back(start);
  const Depth depth(*this);
  SearchCall call{SearchFunction::kRrf, {}};
  ExprPtr first, second;
  if (!depth.ok() || !rank_expr(first) || !scanner_.keyword(",") || !rank_expr(second)) {
    return back(start);
  }
  call.arguments = {std::move(first), std::move(second)};
  const Mark before_k = mark();
  ExprPtr k;
  if (scanner_.keyword(",") && expr(k)) {
    call.arguments.push_back(std::move(k));
  } else {
    back(before_k);
  }
  if (!scanner_.keyword(")")) return back(start);
  out.node = std::move(call);
  return true;
}

bool Grammar::rank_expr(ExprPtr& out) {
  const Mark start = mark();
  const Scanner::Label label(scanner_, "`nearest(…)` or `bm25(…)`");
  Expr call;
  if (!count_node()) return back(start);
  if (!nearest_call(call) && !text_call(SearchFunction::kBm25, call)) return back(start);
  call.span = since(start);
  out = std::make_shared<const Expr>(std::move(call));
  return true;
}

bool Grammar::agg_call(Expr& out) {
  static constexpr std::pair<std::string_view, Aggregate> kAggregates[] = {
      {"count", Aggregate::kCount}, {"sum", Aggregate::kSum}, {"avg", Aggregate::kAvg},
      {"min", Aggregate::kMin},     {"max", Aggregate::kMax},
  };
  const Mark start = mark();
  for (const auto& [word, function] : kAggregates) {
    if (!scanner_.keyword(word)) continue;
    ExprPtr argument;
    if (!scanner_.keyword("(")) return back(start);
    const Depth depth(*this);
    if (!depth.ok() || !expr(argument) || !scanner_.keyword(")")) return back(start);
    out.node = AggregateCall{function, std::move(argument)};
    return true;
  }
  return back(start);
}

bool Grammar::prop_access(Expr& out) {
  const Mark start = mark();
  const auto variable = scanner_.variable();
  if (!variable || !scanner_.keyword(".")) return back(start);
  const auto property = scanner_.ident();
  if (!property) return back(start);
  out.node = PropertyAccess{std::string(*variable), std::string(*property)};
  return true;
}

bool Grammar::value(MutationValue& out) {
  const Scanner::Label label(scanner_, "a literal, a parameter or `now()`");
  if (Literal node; literal(node)) {
    out = std::move(node);
    return true;
  }
  if (const auto variable = scanner_.variable()) {
    out = VariableRef{std::string(*variable)};
    return true;
  }
  if (now_call()) {
    out = NowCall{};
    return true;
  }
  return false;
}

bool Grammar::literal(Literal& out) {
  const Mark start = mark();
  if (!count_node()) return back(start);
  const auto done = [&] {
    out.span = since(start);
    return true;
  };
  if (list_literal(out)) return done();
  std::string text;
  if (quoted_call("datetime", text)) {
    out.value = DateTimeText{std::move(text)};
    return done();
  }
  if (quoted_call("date", text)) {
    out.value = DateText{std::move(text)};
    return done();
  }
  if (string(text)) {
    out.value = std::move(text);
    return done();
  }
  if (const auto digits = scanner_.number()) {
    const std::string echo(digits->substr(0, kMaxEchoedNameBytes));
    if (digits->find('.') != std::string_view::npos) {
      const auto number = decode_float(*digits);
      if (!number) note_build_error(start, "invalid float: " + echo);
      out.value = number.value_or(0);
    } else {
      const auto number = decode_integer(*digits, std::numeric_limits<std::int64_t>::max());
      if (!number) note_build_error(start, "invalid integer: " + echo);
      out.value = static_cast<std::int64_t>(number.value_or(0));
    }
    return done();
  }
  if (scanner_.keyword("true")) {
    out.value = true;
    return done();
  }
  if (scanner_.keyword("false")) {
    out.value = false;
    return done();
  }
  return back(start);
}

bool Grammar::list_literal(Literal& out) {
  const Mark start = mark();
  if (!scanner_.keyword("[")) return back(start);
  const Depth depth(*this);
  if (!depth.ok()) return back(start);
  std::vector<Literal> items;
  if (Literal first; literal(first)) {
    items.push_back(std::move(first));
    while (true) {
      const Mark before_comma = mark();
      Literal next;
      if (!scanner_.keyword(",") || !literal(next)) {
        back(before_comma);
        break;
      }
      items.push_back(std::move(next));
    }
  }
  if (!scanner_.keyword("]")) return back(start);
  out.value = std::move(items);
  return true;
}

bool Grammar::quoted_call(std::string_view word, std::string& text) {
  const Mark start = mark();
  if (!scanner_.keyword(word) || !scanner_.keyword("(") || !string(text) ||
      !scanner_.keyword(")")) {
    return back(start);
  }
  return true;
}

bool Grammar::string(std::string& out) {
  const Mark start = mark();
  const auto token = scanner_.string();
  if (!token) return back(start);
  auto text = decode_string(*token);
  if (text.ok()) {
    out = std::move(text).value();
  } else {
    note_build_error(start, text.error().message());
    out.clear();
  }
  return true;
}

}  // namespace omnigraph::gq
