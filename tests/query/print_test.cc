// parse∘print is the identity on trees, print∘parse is idempotent on texts.
#include "query/print.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "query/parse.h"
#include "query/tree_dump.h"

namespace omnigraph {
namespace {

using rc::gen::element;

// Trees as the parser makes them: nothing that the grammar would read differently, such as
// `contains` between two bare variables (a traversal) or an alias reference that begins with
// `true`.
class TreeGenerator {
 public:
  QueryFile file() {
    QueryFile out;
    const int n = below(4);
    for (int i = 0; i < n; ++i) out.queries.push_back(query());
    return out;
  }

 private:
  static int below(int n) { return *rc::gen::inRange(0, n); }
  static bool coin() { return below(2) == 0; }

  static std::string ident() {
    return *element<std::string>("a", "b", "_x", "match", "return", "order", "limit", "as", "asc",
                                 "desc", "now", "count", "nearest", "search", "name", "set",
                                 "where", "insert", "query", "date", "x1", "of_A", "note", "not");
  }
  static std::string any_ident() {
    return coin() ? ident() : *element<std::string>("true", "falsey");
  }
  static std::string edge() {
    return *element<std::string>("road", "flowsThrough", "contains", "notable", "in_x", "as");
  }
  static std::string type() { return *element<std::string>("Town", "T", "Road_2", "String"); }
  static std::string variable() { return coin() ? ident() : *element<std::string>("t", "u", "_"); }

  static std::string text() {
    std::string out;
    const int n = below(5);
    for (int i = 0; i < n; ++i) {
      out += *element<std::string>("a", "\"", "\\", "\n", "\r", "\t", "é", "漢", "/*", "//", "$",
                                   " ", "\\n", std::string(1, '\0'), "}");
    }
    return out;
  }

  Literal literal(int depth) {
    Literal out;
    switch (below(depth > 0 ? 7 : 6)) {
      case 0:
        out.value = text();
        break;
      case 1:
        out.value = *rc::gen::nonNegative<std::int64_t>();
        break;
      case 2: {
        const double v = std::fabs(*rc::gen::arbitrary<double>());
        out.value = std::isfinite(v) ? v : 1e300;
        break;
      }
      case 3:
        out.value = coin();
        break;
      case 4:
        out.value = DateText{text()};
        break;
      case 5:
        out.value = DateTimeText{text()};
        break;
      default: {
        std::vector<Literal> items;
        for (int i = below(4); i > 0; --i) items.push_back(literal(depth - 1));
        out.value = std::move(items);
      }
    }
    return out;
  }

  static ExprPtr make(decltype(Expr::node) node) {
    Expr expr;
    expr.node = std::move(node);
    return std::make_shared<const Expr>(std::move(expr));
  }

  ExprPtr search(SearchFunction function, int depth) {
    SearchCall call{function, {}};
    if (function == SearchFunction::kNearest) {
      call.arguments = {make(PropertyAccess{variable(), any_ident()}), expr(depth - 1)};
    } else if (function == SearchFunction::kRrf) {
      const auto arm = [&] {
        return search(coin() ? SearchFunction::kNearest : SearchFunction::kBm25, depth - 1);
      };
      call.arguments.push_back(arm());
      call.arguments.push_back(arm());
    } else {
      call.arguments = {expr(depth - 1), expr(depth - 1)};
    }
    const bool third = function == SearchFunction::kFuzzy || function == SearchFunction::kRrf;
    if (third && coin()) call.arguments.push_back(expr(depth - 1));
    return make(std::move(call));
  }

  ExprPtr expr(int depth) {
    switch (below(depth > 0 ? 7 : 5)) {
      case 0:
        return make(NowCall{});
      case 1:
        return make(PropertyAccess{variable(), any_ident()});
      case 2:
        return make(VariableRef{variable()});
      case 3:
        return make(AliasRef{ident()});
      case 4:
        return make(literal(2));
      case 5:
        return make(AggregateCall{*element(Aggregate::kCount, Aggregate::kSum, Aggregate::kAvg,
                                           Aggregate::kMin, Aggregate::kMax),
                                  expr(depth - 1)});
      default:
        return search(
            *element(SearchFunction::kNearest, SearchFunction::kSearch, SearchFunction::kFuzzy,
                     SearchFunction::kMatchText, SearchFunction::kBm25, SearchFunction::kRrf),
            depth);
    }
  }

  MutationValue value() {
    switch (below(3)) {
      case 0:
        return literal(2);
      case 1:
        return VariableRef{variable()};
      default:
        return NowCall{};
    }
  }

  Filter filter() {
    Filter out;
    out.op = *element(Compare::kEq, Compare::kNe, Compare::kLt, Compare::kLe, Compare::kGt,
                      Compare::kGe, Compare::kContains, Compare::kStartsWith);
    out.left = expr(2);
    out.right = expr(2);
    const bool word = out.op == Compare::kContains || out.op == Compare::kStartsWith;
    const bool right_variable = std::holds_alternative<VariableRef>(out.right->node) ||
                                std::holds_alternative<PropertyAccess>(out.right->node);
    if (word && right_variable && std::holds_alternative<VariableRef>(out.left->node)) {
      out.op = Compare::kEq;
    }
    return out;
  }

  std::vector<Clause> clauses(int depth) {
    std::vector<Clause> out;
    for (int i = 1 + below(3); i > 0; --i) {
      Clause clause;
      switch (below(depth > 0 ? 5 : 4)) {
        case 0: {
          NodeBinding binding;
          binding.variable = variable();
          binding.type = type();
          for (int k = below(3); k > 0; --k) {
            PropertyMatch match;
            match.property = any_ident();
            match.value = value();
            binding.properties.push_back(std::move(match));
          }
          clause.node = std::move(binding);
          break;
        }
        case 1: {
          Traversal walk;
          walk.left = variable();
          walk.right = variable();
          walk.edge = edge();
          walk.undirected = coin();
          if (coin()) walk.edge_variable = variable();
          if (coin()) {
            HopBounds bounds;
            bounds.min = *rc::gen::arbitrary<std::uint32_t>();
            if (coin()) bounds.max = *rc::gen::arbitrary<std::uint32_t>();
            walk.bounds = bounds;
          }
          clause.node = std::move(walk);
          break;
        }
        case 2:
          clause.node = filter();
          break;
        case 3: {
          const auto function =
              *element(SearchFunction::kSearch, SearchFunction::kFuzzy, SearchFunction::kMatchText);
          clause.node = TextSearchClause{search(function, 2)};
          break;
        }
        default:
          clause.node = Negation{clauses(depth - 1)};
      }
      out.push_back(std::move(clause));
    }
    return out;
  }

  ReadBody read() {
    ReadBody body;
    body.match = clauses(2);
    for (int i = 1 + below(3); i > 0; --i) {
      Projection projection{expr(2), std::nullopt};
      if (coin()) projection.alias = any_ident();
      body.projections.push_back(std::move(projection));
    }
    for (int i = below(3); i > 0; --i) {
      Ordering ordering{expr(2), coin()};
      const auto* call = std::get_if<SearchCall>(&ordering.expression->node);
      if (call != nullptr && call->function == SearchFunction::kNearest)
        ordering.descending = false;
      body.order.push_back(std::move(ordering));
    }
    if (coin()) body.limit = *rc::gen::arbitrary<std::uint64_t>();
    return body;
  }

  std::vector<Assignment> assignments() {
    std::vector<Assignment> out;
    for (int i = 1 + below(3); i > 0; --i) {
      Assignment assignment;
      assignment.property = any_ident();
      assignment.value = value();
      out.push_back(std::move(assignment));
    }
    return out;
  }

  MutationPredicate where() {
    MutationPredicate out;
    out.property = any_ident();
    out.op = *element(Compare::kEq, Compare::kNe, Compare::kLt, Compare::kLe, Compare::kGt,
                      Compare::kGe);
    out.value = value();
    return out;
  }

  MutationStatement statement() {
    switch (below(3)) {
      case 0:
        return InsertStatement{type(), assignments(), {}};
      case 1:
        return UpdateStatement{type(), assignments(), where(), {}};
      default:
        return DeleteStatement{type(), where(), {}};
    }
  }

  static Parameter parameter() {
    Parameter out;
    out.name = any_ident();
    out.type.nullable = coin();
    if (below(4) == 0) {
      out.type.scalar = ScalarType::kVector;
      out.type.dimension = static_cast<std::uint32_t>(below(3));
      if (out.type.dimension == 0) out.unknown_type = "Vector(0)";
      return out;
    }
    out.type.list = coin();
    out.type.scalar =
        *element(ScalarType::kString, ScalarType::kBool, ScalarType::kI32, ScalarType::kU64,
                 ScalarType::kF32, ScalarType::kDate, ScalarType::kDateTime, ScalarType::kBlob);
    return out;
  }

  QueryDecl query() {
    QueryDecl out;
    out.name = any_ident();
    for (int i = below(3); i > 0; --i) out.parameters.push_back(parameter());
    if (coin()) out.description = text();
    if (coin()) out.instruction = text();
    if (coin()) {
      out.body = read();
    } else {
      MutationBody body;
      for (int i = 1 + below(3); i > 0; --i) body.statements.push_back(statement());
      out.body = std::move(body);
    }
    return out;
  }
};

RC_GTEST_PROP(Print, ParsingWhatWasPrintedGivesTheTree, ()) {
  const QueryFile tree = TreeGenerator().file();
  const std::string text = print_queries(tree);
  const auto parsed = parse_queries(text);
  if (!parsed.ok()) RC_FAIL(text + "\n" + parsed.error().message());
  RC_ASSERT(test::dump(*parsed) == test::dump(tree));
  RC_ASSERT(print_queries(*parsed) == text);
}

TEST(Print, Layout) {
  const auto file = parse_queries(
      "query q($n:String?,$v:Vector(2)) @description(\"say \\\"hi\\\"\") { match{$t:Town{name:$n,"
      "pop:5} not{$t <road>{1,2} $_ not{$t.pop>=2.0}} search($t.name,\"x\")} return{$t.name as n "
      "count($t)} order{n desc,$t.pop} limit 3}"
      "query m() { insert Town{name:\"a\" tags:[]} update Town set{pop:1} where name=$n "
      "delete Road where from!=\"x\" }");
  ASSERT_TRUE(file.ok()) << file.error().message();
  EXPECT_EQ(print_queries(*file), R"(query q($n: String?, $v: Vector(2))
  @description("say \"hi\"")
{
  match {
    $t: Town { name: $n, pop: 5 }
    not {
      $t <road>{1,2} $_
      not {
        $t.pop >= 2.0
      }
    }
    search($t.name, "x")
  }
  return {
    $t.name as n,
    count($t)
  }
  order { n desc, $t.pop }
  limit 3
}

query m() {
  insert Town {
    name: "a",
    tags: []
  }
  update Town set {
    pop: 1
  } where name = $n
  delete Road where from != "x"
}
)");
}

}  // namespace
}  // namespace omnigraph
