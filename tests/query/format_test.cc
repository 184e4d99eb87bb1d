#include "query/format.h"

#include <gtest/gtest.h>

#include "common/format_property.h"
#include "query/parse.h"

namespace omnigraph {
namespace {

bool tokens_of(std::string_view text, std::vector<SourceRange>& tokens) {
  return parse_queries(text, &tokens).ok();
}

std::string formatted(std::string_view source) {
  const auto result = format_queries(source);
  if (!result.ok()) return result.error().message();
  test::expect_faithful(source, *result, &tokens_of);
  const auto again = format_queries(*result);
  EXPECT_EQ(again.ok() ? *again : again.error().message(), *result);
  return *result;
}

TEST(QueryFormat, LaysReadsOutOnLines) {
  EXPECT_EQ(
      formatted(
          "query q( $n:String? ,$v : Vector( 3 ) ,$l:[I32]){match{$p:Person{name:$n,age : 3 ,}\n"
          "$p $k:knows{ 1 , 4 }$f $f <likes> $_ $p $e:<knows>{1,}$g not{$f worksAt $c}\n"
          "$p . age>=3 $f.tags contains [\"a\" ,\"b\"] search( $p.bio,\"x\" )}\n"
          "return{$p.name as n,count($f)as c $f.age}order{$p.name asc,n desc}limit 10}"),
      R"(query q($n: String?, $v: Vector(3), $l: [I32]) {
  match {
    $p: Person { name: $n, age: 3, }
    $p $k:knows{1,4} $f
    $f <likes> $_
    $p $e:<knows>{1,} $g
    not { $f worksAt $c }
    $p.age >= 3
    $f.tags contains ["a", "b"]
    search($p.bio, "x")
  }
  return { $p.name as n, count($f) as c $f.age }
  order { $p.name asc, n desc }
  limit 10
}
)");
}

TEST(QueryFormat, KeepsWhatWasOneLineAndWhatWasNot) {
  EXPECT_EQ(
      formatted(
          "query a() { match { $p: P } return { $p } }\n\n\nquery b() {\nmatch {\n$p: P }\nreturn "
          "{ $p.x,\n$p.y } order {\n$p.x } }"),
      R"(query a() {
  match { $p: P }
  return { $p }
}

query b() {
  match {
    $p: P
  }
  return {
    $p.x,
    $p.y
  }
  order {
    $p.x
  }
}
)");
  EXPECT_EQ(
      formatted(
          "query a()\n@description(\"d\")@instruction(\"i\"){match{$p: P not{$p k $q\nnot{$q k $r "
          "$r k $s}}}return{$p}}"),
      R"(query a()
  @description("d") @instruction("i")
{
  match {
    $p: P
    not {
      $p k $q
      not {
        $q k $r
        $r k $s
      }
    }
  }
  return { $p }
}
)");
  const std::string name(90, 'n');
  EXPECT_EQ(formatted("query a() { match { $p: P } return { $p." + name + ", $p.b } }"),
            "query a() {\n  match { $p: P }\n  return {\n    $p." + name + ",\n    $p.b\n  }\n}\n");
}

TEST(QueryFormat, LaysMutationsOutOnLines) {
  EXPECT_EQ(formatted("query m($a:I32){insert Person{name:\"x\",age:$a born:date(\"2020-01-01\")} "
                      "update Person "
                      "set{age:3\nat:now()} where limit=2 delete Person where name!=\"x\"}"),
            R"(query m($a: I32) {
  insert Person { name: "x", age: $a born: date("2020-01-01") }
  update Person set {
    age: 3
    at: now()
  } where limit = 2
  delete Person where name != "x"
}
)");
}

TEST(QueryFormat, KeepsComments) {
  EXPECT_EQ(formatted("// top\nquery a() { // open\n match { // m\n // own\n $p: P // behind\n\n\n "
                      "$p.x > /* in */ 3\n"
                      "// last\n } return { $p // p\n , $p.x } // done\n} // end\n// eof"),
            R"(// top
query a() {  // open
  match {  // m
    // own
    $p: P  // behind

    $p.x > /* in */ 3
    // last
  }
  return {
    $p  // p
        ,
    $p.x
  }  // done
}  // end
// eof
)");
}

TEST(QueryFormat, EmptyAndWrongSources) {
  EXPECT_EQ(formatted(""), "");
  EXPECT_EQ(formatted("// c"), "// c\n");
  EXPECT_FALSE(format_queries("query a() {").ok());
  EXPECT_EQ(
      formatted("querya(){match{$p:P not{$p k$q}}return{$p.match}}"),
      "query a() {\n  match {\n    $p: P\n    not { $p k $q }\n  }\n  return { $p.match }\n}\n");
  EXPECT_EQ(formatted("query match() { match { $match: Match $match.return = 1 } return { "
                      "$match.order as limit } "
                      "order { limit } limit 1 }"),
            R"(query match() {
  match {
    $match: Match
    $match.return = 1
  }
  return { $match.order as limit }
  order { limit }
  limit 1
}
)");
}

TEST(QueryFormat, IsFaithfulWhereverCommentsStand) {
  constexpr std::string_view kRead =
      "query q($a: String?, $b: [I32]) @description(\"d\") { match { $p: P { n: $a, m: 3.5 } $p "
      "$k:knows{1,4} $f "
      "$p <e> $_ not { $f w $c $c.x < 3 } search($p.t, \"x\") } return { count($p) as c, $p.x } "
      "order { "
      "nearest($p.v, $b), c desc } limit 3 }";
  test::for_each_scattering(kRead, &tokens_of, [](const std::string& text) { formatted(text); });
  constexpr std::string_view kWrite =
      "query m() { insert P { a: 1, b: [\"x\"] } update P set { a: 2 } where b = now() delete P "
      "where a >= "
      "date(\"2020-01-01\") }";
  test::for_each_scattering(kWrite, &tokens_of, [](const std::string& text) { formatted(text); });
}

}  // namespace
}  // namespace omnigraph
