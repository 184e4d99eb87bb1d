#include <algorithm>
#include <limits>
#include <utility>

#include "query/grammar/grammar.h"
#include "query/grammar/literal_text.h"
#include "query/limits.h"
#include "query/parse.h"
#include "schema/source_text.h"

namespace omnigraph {

Result<QueryFile> parse_queries(std::string_view source, std::vector<SourceRange>* tokens) {
  if (source.size() > kMaxQuerySourceBytes) {
    return bad_request("parse error: the source has " + std::to_string(source.size()) +
                       " bytes, more than the limit max_query_source_bytes (" +
                       std::to_string(kMaxQuerySourceBytes) + ")");
  }
  if (const auto bad = first_invalid_utf8(source)) {
    return syntax_error(source, static_cast<std::uint32_t>(*bad), {"UTF-8 text"});
  }
  return gq::Grammar(source, tokens).file();
}

namespace gq {

Grammar::Depth::Depth(Grammar& grammar)
    : grammar_(grammar), ok_(++grammar.depth_ <= kMaxQueryNesting) {
  if (!ok_) {
    grammar.scanner_.refuse("at most " + std::to_string(kMaxQueryNesting) +
                            " levels of nesting (limit max_query_nesting)");
  }
}

bool Grammar::back(const Mark& mark) {
  scanner_.move_to(mark.position);
  nodes_ = mark.nodes;
  if (build_error_ && build_error_->position >= mark.position) build_error_.reset();
  return false;
}

bool Grammar::count_node() {
  if (++nodes_ <= kMaxQueryNodes) return true;
  scanner_.refuse("at most " + std::to_string(kMaxQueryNodes) +
                  " clauses, expressions and literals (limit max_query_nodes)");
  return false;
}

void Grammar::note_build_error(const Mark& mark, std::string text) {
  if (!build_error_) build_error_ = BuildError{mark.token, since(mark), std::move(text)};
}

Result<QueryFile> Grammar::file() {
  QueryFile file;
  for (QueryDecl decl; query_decl(decl); decl = QueryDecl{})
    file.queries.push_back(std::move(decl));
  if (!scanner_.end_of_text()) return scanner_.error();
  if (build_error_) {
    return bad_request("parse error: parse error: " + build_error_->text).at(build_error_->span);
  }
  return file;
}

bool Grammar::query_decl(QueryDecl& out) {
  const Mark start = mark();
  if (!count_node() || !scanner_.keyword("query")) return back(start);
  const auto name = scanner_.ident();
  if (!name || !scanner_.keyword("(")) return back(start);
  out.name = *name;
  if (Parameter first; param(first)) {
    out.parameters.push_back(std::move(first));
    for (Mark at = mark(); scanner_.keyword(","); at = mark()) {
      Parameter next;
      if (!param(next)) {
        back(at);
        break;
      }
      out.parameters.push_back(std::move(next));
    }
  }
  if (!scanner_.keyword(")")) return back(start);
  while (annotation(out)) {
  }
  if (!scanner_.keyword("{") || !body(out) || !scanner_.keyword("}")) return back(start);
  out.span = since(start);
  return true;
}

bool Grammar::annotation(QueryDecl& out) {
  const Mark start = mark();
  for (const bool is_description : {true, false}) {
    const std::string_view word = is_description ? "@description" : "@instruction";
    std::string text;
    if (!quoted_call(word, text)) continue;
    std::optional<std::string>& slot = is_description ? out.description : out.instruction;
    if (slot) {
      note_build_error(start, "query `" + out.name.substr(0, kMaxEchoedNameBytes) +
                                  "` has duplicate " + std::string(word) + " annotations");
    }
    slot = std::move(text);
    return true;
  }
  return back(start);
}

bool Grammar::param(Parameter& out) {
  const Mark start = mark();
  const auto name = scanner_.variable();
  if (!name || !count_node() || !scanner_.keyword(":")) return back(start);
  out.name = *name;
  if (!type_ref(out)) return back(start);
  out.type.nullable = scanner_.keyword("?");
  out.span = since(start);
  return true;
}

bool Grammar::type_ref(Parameter& out) {
  const Mark start = mark();
  const Scanner::Label label(scanner_, "a parameter type");
  if (scanner_.keyword("[") && base_type(out.type.scalar) && scanner_.keyword("]")) {
    out.type.list = true;
    return true;
  }
  back(start);
  if (base_type(out.type.scalar)) return true;
  if (!scanner_.keyword("Vector") || !scanner_.keyword("(")) return back(start);
  const auto digits = scanner_.integer();
  if (!digits || !scanner_.keyword(")")) return back(start);
  out.type.scalar = ScalarType::kVector;
  const auto dimension = decode_integer(*digits, kMaxParameterDimension);
  out.type.dimension = static_cast<std::uint32_t>(dimension.value_or(0));
  if (out.type.dimension == 0) {
    out.unknown_type = "Vector(" + std::string(digits->substr(0, kMaxEchoedNameBytes)) + ")";
  }
  return true;
}

bool Grammar::base_type(ScalarType& out) {
  // In the grammar's order: no word boundary follows, so `DateTime` stands before `Date`.
  static constexpr std::pair<std::string_view, ScalarType> kTypes[] = {
      {"String", ScalarType::kString},     {"Blob", ScalarType::kBlob}, {"Bool", ScalarType::kBool},
      {"I32", ScalarType::kI32},           {"I64", ScalarType::kI64},   {"U32", ScalarType::kU32},
      {"U64", ScalarType::kU64},           {"F32", ScalarType::kF32},   {"F64", ScalarType::kF64},
      {"DateTime", ScalarType::kDateTime}, {"Date", ScalarType::kDate},
  };
  for (const auto& [word, type] : kTypes) {
    if (scanner_.keyword(word)) {
      out = type;
      return true;
    }
  }
  return false;
}

bool Grammar::body(QueryDecl& out) {
  if (ReadBody read; read_body(read)) {
    out.body = std::move(read);
    return true;
  }
  MutationBody mutation;
  for (MutationStatement statement; mutation_stmt(statement);) {
    mutation.statements.push_back(std::move(statement));
  }
  if (mutation.statements.empty()) return false;
  out.body = std::move(mutation);
  return true;
}

bool Grammar::read_body(ReadBody& out) {
  const Mark start = mark();
  if (!match_clause(out.match)) return back(start);
  if (!scanner_.keyword("return") || !scanner_.keyword("{")) return back(start);
  for (Projection next; projection(next); next = Projection{}) {
    out.projections.push_back(std::move(next));
  }
  if (out.projections.empty() || !scanner_.keyword("}")) return back(start);

  const Mark before_order = mark();
  if (scanner_.keyword("order")) {
    Ordering item;
    bool ok = scanner_.keyword("{") && ordering(item);
    while (ok) {
      out.order.push_back(std::move(item));
      item = Ordering{};
      if (!scanner_.keyword(",")) break;
      ok = ordering(item);
    }
    if (!ok || !scanner_.keyword("}")) {
      out.order.clear();
      back(before_order);
    }
  }

  const Mark before_limit = mark();
  if (scanner_.keyword("limit")) {
    const Mark number = mark();
    if (const auto digits = scanner_.integer()) {
      out.limit = decode_integer(*digits, std::numeric_limits<std::uint64_t>::max());
      if (!out.limit) {
        note_build_error(number,
                         "invalid limit: " + std::string(digits->substr(0, kMaxEchoedNameBytes)));
        out.limit = 0;
      }
    } else {
      back(before_limit);
    }
  }
  return true;
}

bool Grammar::projection(Projection& out) {
  if (!expr(out.expression)) return false;
  const Mark before_as = mark();
  if (scanner_.keyword("as")) {
    if (const auto alias = scanner_.ident()) {
      out.alias = *alias;
    } else {
      back(before_as);
    }
  }
  scanner_.keyword(",");
  return true;
}

bool Grammar::ordering(Ordering& out) {
  const Mark start = mark();
  const Scanner::Label label(scanner_, "an expression to order by");
  Expr nearest;
  if (nearest_call(nearest)) {
    nearest.span = since(start);
    out.expression = std::make_shared<const Expr>(std::move(nearest));
    return true;
  }
  if (!expr(out.expression)) return back(start);
  out.descending = !scanner_.keyword("asc") && scanner_.keyword("desc");
  return true;
}

}  // namespace gq
}  // namespace omnigraph
