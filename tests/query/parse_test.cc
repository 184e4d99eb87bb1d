#include "query/parse.h"

#include <gtest/gtest.h>

#include <string>

#include "query/limits.h"
#include "query/print.h"
#include "query/tree_dump.h"

namespace omnigraph {
namespace {

using test::dump;

std::string tree(std::string_view source) {
  auto file = parse_queries(source);
  return file.ok() ? dump(*file) : file.error().message();
}

// The clauses, projections … of one query, or the error.
std::string clauses(const std::string& text) {
  return tree("query q() { match { " + text + " } return { $t } }");
}
std::string projections(const std::string& text) {
  return tree("query q() { match { $t: T } return { " + text + " } }");
}
std::string tail(const std::string& text) {
  return tree("query q() { match { $t: T } return { $t } " + text + " }");
}
std::string mutation(const std::string& text) { return tree("query q() { " + text + " }"); }

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

#define EXPECT_HAS(text, part) \
  EXPECT_TRUE(contains(text, part)) << "in: " << (text) << "\nmissing: " << (part)
#define EXPECT_PARSE_ERROR(text)                         \
  do {                                                   \
    const std::string got = (text);                      \
    EXPECT_EQ(got.rfind("parse error: ", 0), 0u) << got; \
  } while (false)

TEST(Parse, EmptySourceHoldsNoQueries) {
  EXPECT_EQ(tree(""), "");
  EXPECT_EQ(tree(" \t\r\n // nothing\n /* here */ "), "");
}

TEST(Parse, WholeReadQuery) {
  EXPECT_EQ(tree("query near($n: String, $k: [I32]?, $v: Vector(3)) @description(\"d\")\n"
                 "{ match { $t: Town { name: $n, pop: 5, }  $r flowsThrough $t }\n"
                 "  return { $r.name, $t.pop as people } order { people desc, $r.name } limit 3 }"),
            "query near(n:String,k:[I32]?,v:Vector(3),) description<1:d> "
            "match{bind(t,Town,name=var n,pop=int 5) walk(r,flowsThrough,t) } "
            "return{prop(r,name); prop(t,pop) as people; } "
            "order{alias people desc; prop(r,name); } limit 3\n");
}

TEST(Parse, CommentsStandBetweenAnyTokens) {
  EXPECT_EQ(tree("query q(/* no */) { // x\n match { $t /* y */ : T } return { $t . // z\n name } "
                 "limit /* n */ 2 } // end"),
            tree("query q() { match { $t: T } return { $t.name } limit 2 }"));
  EXPECT_PARSE_ERROR(tree("query q() { match { $t: T } return { $t } } /* open"));
  EXPECT_PARSE_ERROR(tree("query q() { match { $t: T } return { $t } } /* a /* b */ c */"));
}

TEST(Parse, KeywordsAreNotReserved) {
  EXPECT_EQ(
      tree("query match($limit: I32) { match { $order: Entry  $order.limit = $limit } "
           "return { $order.match as return } }"),
      "query match(limit:I32,) match{bind(order,Entry) "
      "filter0(prop(order,limit),var limit) } return{prop(order,match) as return; } order{}\n");
}

TEST(Parse, KeywordsHaveNoWordBoundary) {
  EXPECT_EQ(tree("queryfoo(){match{$t:T}return{$t.name asx}}"),
            tree("query foo() { match { $t: T } return { $t.name as x } }"));
  EXPECT_EQ(projections("true1"), projections("true, 1"));
  EXPECT_PARSE_ERROR(tail("order { falsehood }"));
  EXPECT_PARSE_ERROR(tail("order { trueish }"));
  EXPECT_EQ(projections("1 as trueish"),
            "query q() match{bind(t,T) } return{int 1 as trueish; } order{}\n");
  EXPECT_EQ(tail("limit3"), tail("limit 3"));
}

TEST(Parse, AnOptionalAliasGivesWay) {
  // `as` with no name behind it is an alias reference of its own.
  EXPECT_EQ(projections("$t.a as"),
            "query q() match{bind(t,T) } return{prop(t,a); alias as; } order{}\n");
}

TEST(Parse, FirstLetterTellsTypesFromEdges) {
  EXPECT_PARSE_ERROR(clauses("$t: town"));
  EXPECT_PARSE_ERROR(clauses("$t Road $u"));
}

TEST(Parse, EdgeWordsAndNegation) {
  EXPECT_EQ(clauses("$a notable $b"), clauses("$a  notable\n$b"));
  EXPECT_HAS(clauses("$a not1 $b"), "walk(a,not1,b)");
  EXPECT_HAS(clauses("$a noted $b"), "walk(a,noted,b)");
  EXPECT_PARSE_ERROR(clauses("$a not $b"));
  EXPECT_PARSE_ERROR(clauses("$a not_x $b"));
  EXPECT_HAS(clauses("$t: T not { $t road $_ }"), "not{walk(t,road,_) }");
}

TEST(Parse, TraversalForms) {
  EXPECT_HAS(clauses("$a <knows> $b"), "walk(a,<knows,b)");
  EXPECT_HAS(clauses("$a < knows > $b"), "walk(a,<knows,b)");
  EXPECT_HAS(clauses("$a $w:knows $b"), "walk(a,knows,b,as w)");
  EXPECT_HAS(clauses("$a $_:knows $b"), "walk(a,knows,b,as _)");
  EXPECT_HAS(clauses("$a $w : <knows> { 1 , 3 } $b"), "walk(a,<knows,b,as w,1..3)");
  EXPECT_HAS(clauses("$a knows{2,} $b"), "walk(a,knows,b,2..)");
  EXPECT_PARSE_ERROR(clauses("$a knows{2} $b"));
  EXPECT_PARSE_ERROR(clauses("$a knows{,2} $b"));
  EXPECT_PARSE_ERROR(clauses("$a knows $b.x"));
}

TEST(Parse, TwoBareVariablesAreATraversal) {
  EXPECT_HAS(clauses("$a contains $b"), "walk(a,contains,b)");
  EXPECT_HAS(clauses("$a starts_with $b"), "walk(a,starts_with,b)");
  EXPECT_PARSE_ERROR(clauses("$tags contains $p.name"));
  EXPECT_HAS(clauses("$tags contains \"x\""), "filter6(var tags,str<1:x>)");
  EXPECT_HAS(clauses("$p.tags contains $x"), "filter6(prop(p,tags),var x)");
  EXPECT_HAS(clauses("$p.name starts_with $x"), "filter7(prop(p,name),var x)");
  EXPECT_HAS(clauses("$a = $b"), "filter0(var a,var b)");
  EXPECT_HAS(clauses("$a < $b"), "filter2(var a,var b)");
}

TEST(Parse, ComparisonOperators) {
  EXPECT_HAS(clauses("$a.x >= 1"), "filter5(");
  EXPECT_HAS(clauses("$a.x <= 1"), "filter3(");
  EXPECT_HAS(clauses("$a.x != 1"), "filter1(");
  EXPECT_HAS(clauses("$a.x > 1"), "filter4(");
  EXPECT_PARSE_ERROR(clauses("$a.x == 1"));
  EXPECT_PARSE_ERROR(clauses("$a.x = 1 and $a.y = 2"));
}

TEST(Parse, BlocksNeedContent) {
  EXPECT_PARSE_ERROR(clauses(""));
  EXPECT_PARSE_ERROR(clauses("$t: T { }"));
  EXPECT_PARSE_ERROR(clauses("not { }"));
  EXPECT_PARSE_ERROR(projections(""));
  EXPECT_PARSE_ERROR(tail("order { }"));
  EXPECT_PARSE_ERROR(tree("query q() { }"));
}

TEST(Parse, InlineBlocksTakeLiteralsParametersAndNow) {
  EXPECT_HAS(clauses("$t: T { a: [1, 2], b: $x, c: now(), d: date(\"d\") }"),
             "bind(t,T,a=list(int 1;int 2;),b=var x,c=now,d=date<1:d>)");
  EXPECT_PARSE_ERROR(clauses("$t: T { a: $u.b }"));
  EXPECT_PARSE_ERROR(clauses("$t: T { a: 1 b: 2 }"));
}

TEST(Parse, ClauseOrderIsFixed) {
  EXPECT_PARSE_ERROR(tree("query q() { match { $t: T } }"));
  EXPECT_PARSE_ERROR(tree("query q() { return { 1 } }"));
  EXPECT_PARSE_ERROR(tail("limit 1 order { $t.a }"));
  EXPECT_PARSE_ERROR(tail("limit $n"));
  EXPECT_PARSE_ERROR(tail("order { $t.a $t.b }"));
  EXPECT_PARSE_ERROR(tail("order { $t.a, }"));
}

TEST(Parse, ReturnCommasAreOptional) {
  EXPECT_EQ(projections("$t.a $t.b as x $t.c,"), projections("$t.a, $t.b as x, $t.c"));
  EXPECT_PARSE_ERROR(projections("$t.a,, $t.b"));
  EXPECT_PARSE_ERROR(projections(", $t.a"));
}

TEST(Parse, ParameterListsHaveNoTrailingComma) {
  EXPECT_PARSE_ERROR(tree("query q($a: I32,) { match { $t: T } return { $t } }"));
  EXPECT_PARSE_ERROR(tree("query q($a) { match { $t: T } return { $t } }"));
  EXPECT_PARSE_ERROR(tree("query q($a: Strings) { match { $t: T } return { $t } }"));
  EXPECT_PARSE_ERROR(tree("query q($a: [Vector(2)]) { match { $t: T } return { $t } }"));
  EXPECT_HAS(tree("query q($a: [DateTime]?, $b: Date, $c: Vector ( 2 ) ?) "
                  "{ match { $t: T } return { $t } }"),
             "a:[DateTime]?,b:Date,c:Vector(2)?,");
}

TEST(Parse, Annotations) {
  EXPECT_HAS(
      tree("query q() @instruction(\"i\") @description(\"d\") { match { $t: T } return { $t } }"),
      "description<1:d> instruction<1:i>");
  EXPECT_HAS(
      tree("query q() @description(\"a\") @description(\"b\") { match { $t: T } return { $t } }"),
      "duplicate @description annotations");
  EXPECT_HAS(
      tree("query q() @instruction(\"a\") @instruction(\"b\") { match { $t: T } return { $t } }"),
      "duplicate @instruction annotations");
  EXPECT_PARSE_ERROR(tree("query q() @summary(\"a\") { match { $t: T } return { $t } }"));
  EXPECT_PARSE_ERROR(tree("query q() @ description(\"a\") { match { $t: T } return { $t } }"));
}

TEST(Parse, Literals) {
  EXPECT_HAS(projections("42"), "int 42;");
  EXPECT_HAS(projections("2.5"), "float 0x1.4p+1;");
  EXPECT_HAS(projections("false"), "bool false;");
  EXPECT_HAS(projections("date ( \"x\" )"), "date<1:x>;");
  EXPECT_HAS(projections("datetime(\"x\")"), "datetime<1:x>;");
  EXPECT_HAS(projections("[]"), "list();");
  EXPECT_HAS(projections("[1, [2, \"a\"]]"), "list(int 1;list(int 2;str<1:a>;););");
  EXPECT_HAS(projections("null"), "alias null;");
  EXPECT_PARSE_ERROR(projections("[1,]"));
  EXPECT_PARSE_ERROR(projections(".5"));
  EXPECT_PARSE_ERROR(projections("5."));
  EXPECT_PARSE_ERROR(projections("-5"));
  EXPECT_PARSE_ERROR(clauses("$t.x > 1e2"));
}

TEST(Parse, IntegersFitI64) {
  EXPECT_HAS(projections("9223372036854775807"), "int 9223372036854775807;");
  EXPECT_HAS(projections("9223372036854775808"),
             "parse error: parse error: invalid integer: 9223372036854775808");
  EXPECT_HAS(tail("limit 18446744073709551615"), "limit 18446744073709551615");
  EXPECT_HAS(tail("limit 18446744073709551616"), "parse error: parse error: invalid limit");
  EXPECT_HAS(clauses("$a e{1,4294967295} $b"), "1..4294967295");
  EXPECT_PARSE_ERROR(clauses("$a e{1,4294967296} $b"));
}

TEST(Parse, FloatsRoundToTheNearestDouble) {
  EXPECT_HAS(projections("0.1"), "float 0x1.999999999999ap-4;");
  EXPECT_HAS(projections("0." + std::string(400, '0') + "1"), "float 0x0p+0;");
  EXPECT_HAS(projections(std::string(400, '9') + ".0"), "invalid float");
}

TEST(Parse, StringEscapes) {
  EXPECT_HAS(projections(R"("a\"b\\c\nd\te\r")"), "str<10:a\"b\\c\nd\te\r>;");
  EXPECT_HAS(projections("\"one\ntwo\""), "str<7:one\ntwo>;");
  EXPECT_HAS(projections(R"("x\q")"), "parse error: parse error: unsupported escape sequence: \\q");
  EXPECT_HAS(projections("\"x\\é\""), "unsupported escape sequence: \\é");
  EXPECT_PARSE_ERROR(projections("\"open"));
  EXPECT_PARSE_ERROR(projections("\"open\\"));
}

TEST(Parse, SyntaxErrorsComeBeforeBuildErrors) {
  const std::string got = tree("query a() { match { $t: T } return { \"\\q\" } } query b( {");
  EXPECT_HAS(got, " --> 1:");
  EXPECT_FALSE(contains(got, "unsupported escape"));
}

TEST(Parse, TheFirstBuildErrorIsReported) {
  EXPECT_HAS(projections("\"\\q\", 9223372036854775808"), "unsupported escape");
  EXPECT_HAS(projections("9223372036854775808, \"\\q\""), "invalid integer");
}

TEST(Parse, Functions) {
  EXPECT_HAS(clauses("$t: T search($t.a, $q) fuzzy($t.a, \"x\", 2) = true match_text($t.a, $q)"),
             "text(search1(prop(t,a);var q;)) "
             "filter0(search2(prop(t,a);str<1:x>;int 2;),bool true) "
             "text(search3(prop(t,a);var q;))");
  EXPECT_PARSE_ERROR(clauses("$t: T bm25($t.a, $q)"));
  EXPECT_PARSE_ERROR(clauses("$t: T nearest($t.a, $q)"));
  EXPECT_HAS(tail("order { nearest($t.v, [1, 0.5]) } limit 2"),
             "order{search0(prop(t,v);list(int 1;float 0x1p-1;););");
  EXPECT_PARSE_ERROR(tail("order { nearest($t.v, $q) desc } limit 2"));
  EXPECT_PARSE_ERROR(tail("order { nearest($t.v, $q) asc } limit 2"));
  EXPECT_PARSE_ERROR(tail("order { nearest($t, $q) } limit 2"));
  EXPECT_HAS(tail("order { bm25($t.a, $q) desc, rrf(nearest($t.v, $q), bm25($t.a, $q), 10) asc }"),
             "search4(prop(t,a);var q;) desc; "
             "search5(search0(prop(t,v);var q;);search4(prop(t,a);var q;);int 10;); ");
  EXPECT_PARSE_ERROR(tail("order { rrf(bm25($t.a, $q), search($t.a, $q)) }"));
  EXPECT_PARSE_ERROR(tail("order { rrf(bm25($t.a, $q)) }"));
  EXPECT_PARSE_ERROR(tail("order { search($t.a) }"));
  EXPECT_HAS(projections("count ( $t ), sum(count(1)), counter, now ( ), now"),
             "agg0(var t); agg1(agg0(int 1)); alias counter; now; alias now; ");
  EXPECT_HAS(tail("order { nearest desc }"), "alias nearest desc;");
}

TEST(Parse, Mutations) {
  EXPECT_EQ(mutation("insert T { a: 1 b: $x, c: now(), } "
                     "update T set { a: [1] } where b >= date(\"d\") delete E where from = \"x\""),
            "query q() insert T{a=int 1 b=var x c=now } "
            "update T{a=list(int 1;) } where b5date<1:d> delete E where from0str<1:x>\n");
  EXPECT_PARSE_ERROR(mutation("insert T { }"));
  EXPECT_PARSE_ERROR(mutation("insert t { a: 1 }"));
  EXPECT_PARSE_ERROR(mutation("insert T { a: null }"));
  EXPECT_PARSE_ERROR(mutation("insert T { a: -1 }"));
  EXPECT_PARSE_ERROR(mutation("delete T"));
  EXPECT_PARSE_ERROR(mutation("update T set { a: 1 }"));
  EXPECT_PARSE_ERROR(mutation("delete T where a = 1 and b = 2"));
  EXPECT_PARSE_ERROR(mutation("delete T where a contains \"x\""));
  EXPECT_PARSE_ERROR(mutation("match { $s: S } return { $s.a } insert T { a: 1 }"));
  EXPECT_PARSE_ERROR(mutation("insert T { a: 1 } match { $s: S } return { $s.a }"));
}

TEST(Parse, ReadsAndMutationsShareASource) {
  auto file = parse_queries(
      "query a() { delete T where x = 1 } query a() { match { $t: T } return { 1 } }");
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file->queries.size(), 2u);
  EXPECT_TRUE(file->queries[0].is_mutation());
  EXPECT_FALSE(file->queries[1].is_mutation());
}

TEST(Parse, ErrorsShowThePlaceAndWhatWasExpected) {
  auto file = parse_queries("query q() {\n  match { $t: Town }\n  give { $t.name }\n}");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().message(),
            "parse error:  --> 3:3\n"
            "  |\n"
            "3 |   give { $t.name }\n"
            "  |   ^---\n"
            "  |\n"
            "  = expected `return`");
  ASSERT_TRUE(file.error().span().has_value());
  EXPECT_EQ(file.error().span()->line, 3u);
  EXPECT_EQ(file.error().span()->column, 3u);
  EXPECT_EQ(file.error().code(), ErrorCode::kBadRequest);
  EXPECT_HAS(clauses("$t: T $t.x ="), "= expected an expression");
  EXPECT_HAS(clauses("$t: T { a: }"), "= expected a literal, a parameter or `now()`");
  EXPECT_HAS(clauses("%"), "= expected a clause");
  EXPECT_HAS(tree("query q(\"x\")"), "= expected a variable or `)`");
  EXPECT_HAS(tree("quark"), "= expected `query` or the end of the source");
  EXPECT_HAS(projections("\"open"), "the string's closing `\"`");
}

TEST(Parse, ColumnsCountCharacters) {
  auto file = parse_queries("query q() { match { $t: T { a: \"héé\", b: é } } return { 1 } }");
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().span()->column, 42u);
}

TEST(Parse, SpansNameTheText) {
  const std::string source =
      "query q() {\n  match { $t: Tówn  $t road $u }\n  return { $u.name } }";
  auto file = parse_queries(source);
  ASSERT_FALSE(file.ok());  // type names are ASCII
  const std::string fixed =
      "query q() { /* é */\n  match { $t: Town  $t road $u }\n  return { $u.name } }";
  file = parse_queries(fixed);
  ASSERT_TRUE(file.ok());
  const auto& body = std::get<ReadBody>(file->queries[0].body);
  const SourceSpan clause = body.match[1].span;
  EXPECT_EQ(fixed.substr(clause.begin, clause.end - clause.begin), "$t road $u");
  EXPECT_EQ(clause.line, 2u);
  EXPECT_EQ(clause.column, 21u);
  const auto& walk = std::get<Traversal>(body.match[1].node);
  EXPECT_EQ(fixed.substr(walk.edge_span.begin, walk.edge_span.end - walk.edge_span.begin), "road");
  const auto& bind = std::get<NodeBinding>(body.match[0].node);
  EXPECT_EQ(fixed.substr(bind.type_span.begin, bind.type_span.end - bind.type_span.begin), "Town");
}

TEST(Parse, TheSourceIsUtf8) {
  EXPECT_PARSE_ERROR(tree("query q() { match { $t: T } return { \"\xff\" } }"));
}

std::string repeat(const std::string& text, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += text;
  return out;
}

TEST(ParseLimits, Nesting) {
  const auto nots = [](std::size_t n) {
    return clauses("$t: T " + repeat("not { ", n) + "$t road $_" + repeat(" }", n));
  };
  EXPECT_FALSE(contains(nots(kMaxQueryNesting), "parse error"));
  EXPECT_HAS(nots(kMaxQueryNesting + 1), "max_query_nesting");
  const auto lists = [](std::size_t n) { return projections(repeat("[", n) + repeat("]", n)); };
  EXPECT_FALSE(contains(lists(kMaxQueryNesting), "parse error"));
  EXPECT_HAS(lists(kMaxQueryNesting + 1), "max_query_nesting");
  const auto calls = [](std::size_t n) {
    return projections(repeat("count(", n) + "$t" + repeat(")", n));
  };
  EXPECT_FALSE(contains(calls(kMaxQueryNesting), "parse error"));
  EXPECT_HAS(calls(kMaxQueryNesting + 1), "max_query_nesting");
  EXPECT_HAS(clauses(repeat("not { ", 1'000'000)), "max_query_nesting");
  EXPECT_HAS(projections(repeat("[", 1'000'000)), "max_query_nesting");
  EXPECT_HAS(projections(repeat("nearest($t.v, ", 1'000'000)), "max_query_nesting");
  EXPECT_HAS(clauses(repeat("search(fuzzy(", 1'000'000)), "max_query_nesting");
}

TEST(ParseLimits, NodesAndBytes) {
  EXPECT_HAS(projections(repeat("1 ", kMaxQueryNodes)), "max_query_nodes");
  EXPECT_HAS(tree(std::string(kMaxQuerySourceBytes + 1, ' ')), "max_query_source_bytes");
  EXPECT_EQ(tree(std::string(kMaxQuerySourceBytes, ' ')), "");
}

TEST(ParseLimits, HostileSourcesStayLinear) {
  // Each would take minutes if an alternative were retried at every level or for every character.
  constexpr std::size_t kMany = 200'000;
  EXPECT_PARSE_ERROR(clauses(repeat("/* ", kMany)));
  EXPECT_PARSE_ERROR(clauses(repeat("$a ", kMany)));
  EXPECT_PARSE_ERROR(clauses("$t.x = " + std::string(kMany, '(')));
  EXPECT_PARSE_ERROR(clauses(repeat("nearest($a.b,", 60)));
  EXPECT_PARSE_ERROR(clauses(repeat("rrf(nearest($a.b, fuzzy(1,", 20)));
  EXPECT_PARSE_ERROR(projections("\"" + std::string(kMany, 'x')));
  EXPECT_HAS(projections(repeat("\"é\"\\", kMany)), " --> 1:");
  const std::string one_line = projections(repeat("\"éééé\" ", kMany));
  EXPECT_FALSE(contains(one_line, "parse error"));
}

}  // namespace
}  // namespace omnigraph
