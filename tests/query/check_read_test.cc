// One case that keeps each rule of the read checker and one that breaks it, by code.
#include <gtest/gtest.h>

#include <string>

#include "query/check.h"
#include "query/parse.h"
#include "schema/compile.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
interface Labeled { label: String? }
node Town implements Labeled {
  name: String @key
  pop: I32?
  big: U64?
  ratio: F32?
  area: F64?
  open: Bool?
  founded: Date?
  seen: DateTime?
  tags: [String]?
  days: [Date]?
  marks: [I32]?
  kind: enum(city, village)?
  kinds: [String]?
  photo: Blob?
  v: Vector(2)?
}
node River { name: String @key length: F64? }
edge Road: Town -> Town { km: I32? note: String? }
edge FlowsThrough: River -> Town { since: Date? }
)";

const Catalog& catalog() {
  static const CatalogPtr compiled = [] {
    auto result = compile_schema(kSchema);
    EXPECT_TRUE(result.ok()) << result.error().message();
    return result.ok() ? *result : CatalogPtr();
  }();
  return *compiled;
}

// "" when it checks, else the message.
std::string check_source(const std::string& source) {
  auto file = parse_queries(source);
  if (!file.ok()) return file.error().message();
  auto typed = check_query(file->queries.at(0), catalog());
  if (typed.ok()) return "";
  EXPECT_EQ(typed.error().code(), ErrorCode::kBadRequest);
  EXPECT_TRUE(typed.error().span().has_value()) << typed.error().message();
  return typed.error().message();
}

// A query with many parameters around the clauses, and a return clause that always fits.
constexpr const char* kParameters =
    "($s: String, $s0: String?, $i: I32, $u: U64, $f: F64, $b: Bool, $d: Date, $t0: DateTime, "
    "$ls: [String], $li: [I32], $blob: Blob, $v2: Vector(2), $v3: Vector(3))";
std::string match(const std::string& clauses) {
  return check_source(std::string("query q") + kParameters + " { match { " + clauses +
                      " } return { 1 } }");
}
std::string returning(const std::string& rest) {
  return check_source(std::string("query q") + kParameters +
                      " { match { $t: Town  $t $w:road $u  $r flowsThrough $t } return { " + rest +
                      " }");
}

testing::AssertionResult has(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts) {
    if (message.find(part) == std::string::npos) {
      return testing::AssertionFailure() << "missing: " << part << "\nin: " << message;
    }
  }
  return testing::AssertionSuccess();
}

#define EXPECT_CHECKS(message) EXPECT_EQ((message), "")
#define EXPECT_REFUSED(message, ...) EXPECT_TRUE(has((message), __VA_ARGS__))

TEST(CheckRead, ParameterDeclarations) {
  EXPECT_CHECKS(
      check_source("query q($v: Vector(2147483647)) { match { $t: Town } return { 1 } }"));
  EXPECT_REFUSED(check_source("query q($v: Vector(0)) { match { $t: Town } return { 1 } }"),
                 {"type error: unknown parameter type `Vector(0)` for `$v`"});
  EXPECT_REFUSED(check_source("query q($v: Vector(2147483648)) { match { $t: X } return { 1 } }"),
                 {"unknown parameter type `Vector(2147483648)` for `$v`"});
  EXPECT_REFUSED(
      check_source("query q($__nanograph_now: DateTime) { match { $t: X } return { 1 } }"),
      {"type error: ", "`$__nanograph_now`", "is reserved"});
  EXPECT_REFUSED(check_source("query q($a: I32, $a: I64) { match { $t: Town } return { 1 } }"),
                 {"`$a`", "declared twice"});
}

TEST(CheckRead, T1UnknownNodeType) {
  EXPECT_CHECKS(match("$t: Town"));
  EXPECT_REFUSED(match("$t: Village"), {"type error: T1: unknown node type `Village`"});
  EXPECT_REFUSED(match("$t: Road"), {"T1: unknown node type `Road`"});
  EXPECT_REFUSED(match("$t: Labeled"), {"T1: unknown node type `Labeled`"});
  EXPECT_REFUSED(match("$t: Twon"), {"T1: unknown node type `Twon`; did you mean `Town`?"});
}

TEST(CheckRead, T2UnknownInlineProperty) {
  EXPECT_CHECKS(match("$t: Town { label: \"x\" }"));
  EXPECT_REFUSED(match("$t: Town { mayor: \"x\" }"),
                 {"type error: T2: type `Town` has no property `mayor`"});
}

TEST(CheckRead, T3InlineLiterals) {
  EXPECT_CHECKS(match("$t: Town { name: \"x\", pop: 80.0, area: 3, founded: date(\"nonsense\") }"));
  EXPECT_REFUSED(match("$t: Town { name: 5 }"),
                 {"T3: property `name` has type String but got I64"});
  EXPECT_REFUSED(match("$t: Town { pop: \"many\" }"),
                 {"T3: property `pop` has type I32? but got String"});
  EXPECT_REFUSED(match("$t: Town { founded: \"2024-01-01\" }"), {"T3", "`founded`", "Date"});
  EXPECT_REFUSED(match("$t: Town { seen: date(\"2024-01-01\") }"), {"T3", "`seen`"});
  EXPECT_REFUSED(match("$t: Town { name: [\"x\"] }"), {"T3", "[String]"});
  EXPECT_CHECKS(match("$t: Town { kind: \"city\" }"));
  EXPECT_REFUSED(match("$t: Town { kind: \"hamlet\" }"),
                 {"T3: property `kind` expects one of [city, village], got 'hamlet'"});
  EXPECT_REFUSED(match("$t: Town { photo: \"x\" }"),
                 {"T3: blob property `photo` cannot be used in match patterns"});
  EXPECT_REFUSED(match("$t: Town { photo: $blob }"), {"T3", "cannot be used in match patterns"});
}

TEST(CheckRead, T3ListsMeanMembership) {
  EXPECT_CHECKS(match("$t: Town { tags: \"x\", days: date(\"d\"), marks: 2.5 }"));
  EXPECT_REFUSED(match("$t: Town { tags: [\"x\"] }"),
                 {"T3", "list equality is not supported", "membership"});
  EXPECT_REFUSED(match("$t: Town { tags: 5 }"), {"T3", "`tags`", "membership"});
  EXPECT_CHECKS(match("$t: Town { tags: $s, marks: $f }"));
  EXPECT_REFUSED(match("$t: Town { tags: $ls }"), {"T7: cannot assign/compare", "`tags`"});
  EXPECT_REFUSED(match("$t: Town { tags: $i }"), {"T7: cannot assign/compare", "`tags`"});
}

TEST(CheckRead, T3VectorLiterals) {
  EXPECT_CHECKS(match("$t: Town { v: [1, 0.5] }"));
  EXPECT_REFUSED(match("$t: Town { v: [1] }"),
                 {"T3: property `v` has type Vector(2)? but got vector literal with 1 elements"});
  EXPECT_REFUSED(match("$t: Town { v: [] }"), {"T3", "vector literal with 0 elements"});
  EXPECT_REFUSED(match("$t: Town { v: [\"a\", \"b\"] }"), {"T3", "[String]"});
  EXPECT_CHECKS(match("$t: Town { v: $v2 }"));
  EXPECT_REFUSED(match("$t: Town { v: $v3 }"), {"T7: cannot assign/compare", "Vector(3)"});
}

TEST(CheckRead, T7InlineParametersAndNow) {
  EXPECT_CHECKS(match("$t: Town { name: $s, pop: $f, area: $u, kind: $s0, seen: now() }"));
  EXPECT_REFUSED(match("$t: Town { pop: $s }"),
                 {"T7: cannot assign/compare String with I32? for property `pop`"});
  EXPECT_REFUSED(match("$t: Town { founded: now() }"), {"T7", "DateTime", "`founded`"});
}

TEST(CheckRead, T14InlineVariables) {
  EXPECT_REFUSED(match("$t: Town { name: $nope }"),
                 {"T14: match variable `$nope` must be a declared query parameter"});
  EXPECT_REFUSED(match("$r: River  $t: Town { name: $r }"), {"T14", "`$r`"});
}

TEST(CheckRead, OrderWithinABinding) {
  EXPECT_REFUSED(match("$x: River  $x: Town { mayor: 1, name: 5 }"), {"T2"});
  EXPECT_REFUSED(match("$x: River  $x: Town { name: 5, mayor: 1 }"), {"T3"});
  EXPECT_REFUSED(match("$x: River  $x: Town { pop: 5 }"), {"already bound to type"});
}

TEST(CheckRead, Rebinding) {
  EXPECT_CHECKS(match("$x: Town { pop: 1 }  $x: Town { name: \"a\" }"));
  EXPECT_CHECKS(match("$t: Town  $t road $u  $u: Town"));
  EXPECT_REFUSED(match("$x: Town  $x: River"),
                 {"type error: variable `$x` is already bound to type `Town`, cannot rebind to "
                  "`River`"});
  EXPECT_REFUSED(match("$t: Town  $t road $u  $u: River"), {"already bound to type `Town`"});
  EXPECT_REFUSED(match("$t: Town  $t $w:road $u  $w: Town"),
                 {"T23: edge binding `$w` cannot be rebound as node type `Town`"});
  EXPECT_REFUSED(match("$_: Town"), {"type error: ", "`$_`"});
}

TEST(CheckRead, T4UnknownEdge) {
  EXPECT_CHECKS(match("$r: River  $r flowsThrough $t"));
  EXPECT_CHECKS(match("$r: River  $r flowsthrough $t"));
  EXPECT_CHECKS(match("$r: River  $r flowsTHROUGH $t"));
  EXPECT_REFUSED(match("$t: Town  $t bridge $u"), {"T4: unknown edge type `bridge`"});
  EXPECT_REFUSED(match("$t: Town  $s contains $t"), {"T4", "`contains`"});
  EXPECT_REFUSED(match("$t: Town  $t raod $u"), {"T4", "did you mean `road`?"});
}

TEST(CheckRead, T5Endpoints) {
  EXPECT_CHECKS(match("$t: Town  $t flowsThrough $r"));
  EXPECT_CHECKS(match("$r: River  $t flowsThrough $r"));
  EXPECT_REFUSED(match("$r: River  $r road $u"),
                 {"T5", "`$r`", "is not an endpoint of edge `Road`", "expects"});
  EXPECT_REFUSED(match("$r: River  $u road $r"), {"T5", "is not an endpoint of edge"});
  EXPECT_REFUSED(match("$t: Town  $r: River  $t road $r"), {"T5", "`$r`"});
  EXPECT_REFUSED(match("$t: Town  $u: Town  $t flowsThrough $u"), {"T5", "`$u`"});
  EXPECT_REFUSED(match("$x flowsThrough $x"), {"T5", "`$x`"});
  EXPECT_CHECKS(match("$x road $x  $x: Town"));
  EXPECT_REFUSED(match("$_ road $_"), {"not anchored"});
}

TEST(CheckRead, T15HopBounds) {
  EXPECT_CHECKS(match("$t: Town  $t road{1,4294967295} $u"));
  EXPECT_REFUSED(match("$t: Town  $t road{0,2} $u"), {"T15", "min hop bound must be >= 1"});
  EXPECT_REFUSED(match("$t: Town  $t road{3,2} $u"), {"T15", "max must be >= min"});
  EXPECT_REFUSED(match("$t: Town  $t road{1,} $u"), {"T15", "unbounded traversal is disabled"});
  EXPECT_CHECKS(match("$r: River  $r flowsThrough{2,3} $t"));
}

TEST(CheckRead, T22Undirected) {
  EXPECT_CHECKS(match("$t: Town  $t <road>{1,2} $u"));
  EXPECT_REFUSED(match("$r: River  $r <flowsThrough> $t"),
                 {"T22", "undirected traversal", "`FlowsThrough`", "asymmetric"});
}

TEST(CheckRead, T23EdgeBindings) {
  EXPECT_CHECKS(match("$t: Town  $t $w:road{1,1} $u  $w.km > 3"));
  EXPECT_CHECKS(match("$t: Town  $t $_:road $u  $t $_:road $v"));
  EXPECT_REFUSED(match("$t: Town  $t $w:road{1,2} $u"),
                 {"T23", "cannot be combined with traversal bounds"});
  EXPECT_REFUSED(match("$t: Town  $t $_:road{1,2} $u"), {"T23"});
  EXPECT_REFUSED(match("$t: Town  $t $t:road $u"),
                 {"T23", "cannot reuse a traversal endpoint name"});
  EXPECT_REFUSED(match("$t: Town  $t $u:road $u"),
                 {"T23", "cannot reuse a traversal endpoint name"});
  EXPECT_REFUSED(match("$t: Town  $r: River  $t $r:road $u"), {"T23", "is already bound"});
  EXPECT_REFUSED(match("$t: Town  $t $w:road $u  $w road $x"),
                 {"T23", "cannot be used as a traversal endpoint"});
  EXPECT_REFUSED(match("$t: Town  $t $w:road $u  $w = 5"), {"T23", "cannot be used bare"});
  EXPECT_REFUSED(returning("$w }"), {"T23", "`$w`", "cannot be used bare"});
  EXPECT_REFUSED(returning("count($w) }"), {"T23"});
  EXPECT_REFUSED(
      match("$t: Town  $t $w:road $u  search($w.note, \"x\")"),
      {"T23: search cannot target edge property `$w.note`; text/rank search runs on node "
       "properties"});
  EXPECT_REFUSED(returning("$t.name } order { bm25($w.note, \"x\") }"), {"T23: bm25"});
  EXPECT_REFUSED(returning("$t.name } order { nearest($w.note, \"x\") } limit 3"),
                 {"T23: nearest cannot target edge binding `$w`; vector search runs on node "
                  "properties"});
}

TEST(CheckRead, OrderWithinATraversal) {
  EXPECT_REFUSED(match("$t: Town  $t $t:bridge{0,0} $u"), {"T4"});
  EXPECT_REFUSED(match("$r: River  $r $r:<flowsThrough>{0,1} $t"), {"T15"});
  EXPECT_REFUSED(match("$r: River  $r $r:<flowsThrough> $t"), {"T22"});
  EXPECT_REFUSED(match("$r: River  $r $r:road $t"), {"T23"});
}

TEST(CheckRead, T6PropertyAccess) {
  EXPECT_CHECKS(match("$t: Town  $t $w:road $u  $w.km > $u.pop"));
  EXPECT_REFUSED(match("$t: Town  $x.pop > 1"), {"T6: variable `$x` is not bound"});
  EXPECT_REFUSED(match("$t.pop > 1  $t: Town"), {"T6"});
  EXPECT_REFUSED(match("$t: Town  $t.mayor = 1"), {"T6: type `Town` has no property `mayor`"});
  EXPECT_REFUSED(match("$t: Town  $t $w:road $u  $w.fee = 1"), {"T6", "has no property `fee`"});
  EXPECT_REFUSED(returning("$t.id }"), {"T6", "`id`"});
  EXPECT_REFUSED(returning("$_.name }"), {"T6", "is not bound"});
  EXPECT_REFUSED(returning("$t.name } order { $x.name }"), {"T6"});
  EXPECT_REFUSED(returning("$x }"), {"type error: variable `$x` is not bound"});
  EXPECT_REFUSED(returning("$t.nmae }"), {"did you mean `name`?"});
}

TEST(CheckRead, AVariableAndAParameterMayShareAName) {
  EXPECT_CHECKS(
      check_source("query q($t: String) { match { $t: Town { name: $t }  $t.name = $t } return { "
                   "$t, $t.pop } }"));
}

TEST(CheckRead, T7Comparisons) {
  EXPECT_CHECKS(match("$t: Town  $t.pop > 2.5  $t.big = $i  3 < $t.ratio  $t.name = $s  1 = 2.0"));
  EXPECT_CHECKS(
      match("$t: Town  $t.kind = \"anything\"  $t.founded < date(\"x\")  $t.seen < now()"));
  EXPECT_CHECKS(match("$t: Town  search($t.name, $s) = true  true != fuzzy($t.name, $s)"));
  EXPECT_REFUSED(match("$t: Town  $t.pop > \"many\""), {"T7: cannot compare I32? with String"});
  EXPECT_REFUSED(match("$t: Town  $t.name = true"), {"T7: cannot compare String with Bool"});
  EXPECT_REFUSED(match("$t: Town  $t.founded = $t.seen"),
                 {"T7: cannot compare Date? with DateTime?"});
  EXPECT_REFUSED(match("$t: Town  $t.open = 1"), {"T7"});
  EXPECT_REFUSED(match("$t: Town  $u: Town  $t = $u"), {"T7", "scalar operands", "node `Town`"});
  EXPECT_REFUSED(match("$t: Town  count($t) > 1"), {"T7", "scalar operands", "aggregate"});
  EXPECT_REFUSED(match("$t: Town  $t.pop = null"), {"T7", "scalar operands", "aggregate"});
  EXPECT_REFUSED(match("$t: Town  $t.tags = [\"x\"]"),
                 {"T7", "use `contains` for list membership"});
  EXPECT_REFUSED(match("$t: Town  $t.v = [1, 0]"),
                 {"T7", "vector comparisons in filters are not supported"});
  EXPECT_REFUSED(match("$t: Town  $blob = $blob"),
                 {"T7", "blob comparisons in filters are not supported"});
}

TEST(CheckRead, T7Contains) {
  EXPECT_CHECKS(match("$t: Town  $t.name contains \"x\"  $t.kind contains $s"));
  EXPECT_CHECKS(match("$t: Town  $t.tags contains \"x\"  $t.days contains date(\"d\")"));
  EXPECT_CHECKS(match("$t: Town  [\"a\", \"b\"] contains $t.name  $t.marks contains 2.5"));
  EXPECT_CHECKS(match("$t: Town  \"long text\" contains $t.name"));
  EXPECT_REFUSED(match("$t: Town  $t.name contains 5"),
                 {"T7", "string contains requires a String right operand"});
  EXPECT_REFUSED(match("$t: Town  $t.name contains $ls"),
                 {"T7", "string contains requires a String right operand"});
  EXPECT_REFUSED(match("$t: Town  $t.tags contains [\"x\"]"),
                 {"T7", "contains requires a scalar right operand"});
  EXPECT_REFUSED(match("$t: Town  $t.tags contains $t"),
                 {"T7", "contains requires a scalar right operand"});
  EXPECT_REFUSED(match("$t: Town  $t.tags contains 5"),
                 {"T7: cannot test membership of I64 in [String]?"});
  EXPECT_REFUSED(match("$t: Town  5 contains $t.name"),
                 {"T7", "contains requires a list property"});
  EXPECT_REFUSED(match("$t: Town  $t.pop contains 5"), {"T7", "contains requires a list property"});
  EXPECT_REFUSED(match("$t: Town  $t contains \"x\""), {"T7", "contains requires a list property"});
}

TEST(CheckRead, ContainsGoesByDeclaredTypeWhereverTheVariableComesFrom) {
  EXPECT_CHECKS(
      match("$r: River  $t flowsThrough $r  $t.name contains \"x\"  $t.tags contains \"x\""));
  EXPECT_CHECKS(match("$r: River  not { $t flowsThrough $r  not { $t.name contains \"x\" } }"));
}

TEST(CheckRead, T7StartsWith) {
  EXPECT_CHECKS(match("$t: Town  $t.name starts_with $s"));
  EXPECT_REFUSED(match("$t: Town  $t.tags starts_with \"x\""),
                 {"T7", "starts_with requires a String property on the left"});
  EXPECT_REFUSED(match("$t: Town  5 starts_with \"x\""),
                 {"T7", "starts_with requires a String property on the left"});
  EXPECT_REFUSED(match("$t: Town  $t.name starts_with 5"),
                 {"T7", "starts_with requires a String right operand"});
}

TEST(CheckRead, ListLiterals) {
  EXPECT_CHECKS(returning("[], [1, 2.5], [true], [date(\"a\"), date(\"b\")] }"));
  EXPECT_REFUSED(returning("[[1], [2]] }"), {"type error: nested list literals are not supported"});
  EXPECT_REFUSED(returning("[1, \"a\"] }"),
                 {"type error: list literal elements must share a compatible scalar type"});
  EXPECT_REFUSED(match("$t: Town { tags: [[1]] }"), {"nested list literals are not supported"});
}

TEST(CheckRead, T8Aggregates) {
  EXPECT_CHECKS(returning("sum($t.pop), avg($t.ratio), min($t.name), max($t.kind), min($w.km) }"));
  EXPECT_CHECKS(returning("count($t.tags), count($t.v), count($t), min($t), sum($t), sum(1) }"));
  EXPECT_CHECKS(returning("count(count($t)), sum(nope) }"));
  EXPECT_REFUSED(returning("sum($t.name) }"), {"T8: sum requires numeric type, got String"});
  EXPECT_REFUSED(returning("avg($t.open) }"), {"T8: avg requires numeric type, got Bool?"});
  EXPECT_REFUSED(returning("min($t.founded) }"),
                 {"T8: min requires numeric or string type, got Date?"});
  EXPECT_REFUSED(returning("max($t.tags) }"),
                 {"T8: max requires numeric or string type, got [String]?"});
  EXPECT_REFUSED(returning("sum($t.marks) }"), {"T8"});
  EXPECT_REFUSED(returning("sum($t.v) }"), {"T8"});
}

TEST(CheckRead, T9Not) {
  EXPECT_CHECKS(match("$t: Town  not { $t road $_ }"));
  EXPECT_CHECKS(match("$t: Town  not { $t.pop > 100 }"));
  EXPECT_CHECKS(match("$t: Town  not { $t: Town { pop: 5 } }"));
  EXPECT_CHECKS(match("$t: Town  not { search($t.name, $s) }"));
  EXPECT_CHECKS(match("$t: Town  $t $w:road $u  not { $w.km > 3 }"));
  EXPECT_CHECKS(match("$t: Town  not { $t road $u  not { $u road $_ } }"));
  EXPECT_REFUSED(match("$t: Town  not { $r: River }"),
                 {"T9", "must reference at least one outer-bound variable"});
  EXPECT_REFUSED(match("not { $t road $_ }  $t: Town"), {"T9"});
  EXPECT_REFUSED(match("$t: Town  not { $r: River  not { $t road $_ } }"), {"T9"});
  EXPECT_REFUSED(match("$t: Town  not { $s = \"x\" }"), {"T9"});
  EXPECT_REFUSED(check_source("query q($t: String) { match { $t: Town  not { $t = \"x\" } } "
                              "return { 1 } }"),
                 {"T9"});
}

TEST(CheckRead, NotHidesItsVariables) {
  EXPECT_REFUSED(match("$t: Town  not { $t road $u }  $u.pop > 1"), {"T6"});
  EXPECT_CHECKS(match("$t: Town  not { $t road $u }  $u: River"));
  EXPECT_CHECKS(match("$t: Town  not { $t $w:road $u }  not { $t $w:road $u }"));
  EXPECT_REFUSED(match("$t: Town  not { $t: River }"), {"already bound to type"});
}

TEST(CheckRead, T9Grouping) {
  EXPECT_CHECKS(returning("$t.name, $u, $s, $w.km, count($r) }"));
  EXPECT_REFUSED(returning("5 as five, count($t) }"), {"T9", "property accesses or variables"});
  EXPECT_REFUSED(returning("now(), count($t) }"), {"T9"});
  EXPECT_REFUSED(returning("count($t) as n, n }"), {"T9"});
  EXPECT_REFUSED(returning("count($t), bm25($t.name, $s) }"), {"T9"});
}

TEST(CheckRead, T24Blobs) {
  EXPECT_CHECKS(returning("$t }"));
  EXPECT_REFUSED(returning("$t.photo }"),
                 {"T24", "`$t.photo`", "is not available as a .gq read value"});
  EXPECT_REFUSED(returning("$blob }"), {"T24", "`$blob`", "is not available as a .gq read value"});
  EXPECT_REFUSED(returning("count($t.photo) }"), {"T24"});
  EXPECT_REFUSED(returning("count($blob) }"), {"T24"});
  EXPECT_REFUSED(returning("$t.name } order { $t.photo }"), {"T24"});
  EXPECT_REFUSED(returning("$t.name } order { $blob }"), {"T24"});
  EXPECT_REFUSED(match("$t: Town  $t.photo = $blob"), {"T24"});
}

TEST(CheckRead, OrderItems) {
  EXPECT_CHECKS(
      returning("$t.name as n } order { n desc, $u.pop, $w.km, nope, count($t), $t, 5 }"));
  EXPECT_REFUSED(returning("$t.name } order { $x }"), {"`$x` is not bound"});
}

TEST(CheckRead, T15Nearest) {
  const auto order = [](const std::string& item) {
    return returning("$t.name } order { " + item + " } limit 3");
  };
  EXPECT_CHECKS(order("nearest($t.v, [1, 0.5])"));
  EXPECT_CHECKS(order("nearest($t.v, $v2)"));
  EXPECT_CHECKS(order("nearest($t.v, $s0)"));
  EXPECT_CHECKS(order("nearest($t.v, $u.v)"));
  EXPECT_REFUSED(order("nearest($x.v, $v2)"), {"T15: variable `$x` is not bound"});
  EXPECT_REFUSED(order("nearest($t.w, $v2)"), {"T15: type `Town` has no property `w`"});
  EXPECT_REFUSED(order("nearest($t.name, $v2)"),
                 {"T15: nearest requires a Vector property, got Town.name: String"});
  EXPECT_REFUSED(
      order("nearest($t.v, [1, 2, 3])"),
      {"T15: nearest vector dimension mismatch: property is Vector(2), query literal has "
       "3 elements"});
  EXPECT_REFUSED(order("nearest($t.v, $v3)"),
                 {"T15: nearest vector dimension mismatch: property is Vector(2), query is "
                  "Vector(3)"});
  EXPECT_REFUSED(order("nearest($t.v, $i)"),
                 {"T15: nearest query must be Vector(2) or String, got I32"});
  EXPECT_REFUSED(order("nearest($t.v, $li)"), {"T15", "got [I32]"});
  EXPECT_REFUSED(order("nearest($t.v, $t)"), {"T15: nearest query must be a scalar expression"});
}

TEST(CheckRead, T17AndT18) {
  const std::string nearest = "nearest($t.v, $v2)";
  EXPECT_CHECKS(returning("$t.name } order { " + nearest + " } limit 0"));
  EXPECT_REFUSED(returning("$t.name } order { " + nearest + " }"),
                 {"T17: nearest ordering requires a limit clause"});
  EXPECT_REFUSED(returning("$t.name } order { $t.name, " + nearest + " }"), {"T17"});
  EXPECT_REFUSED(returning("$t.name, " + nearest + " as d } order { d }"), {"T17"});
  EXPECT_CHECKS(returning("$t.name, " + nearest + " as d } order { $t.name }"));
  EXPECT_CHECKS(returning("$t.name, " + nearest + " as d } order { d } limit 3"));
  EXPECT_REFUSED(returning("$t.name } order { max(" + nearest + ") }"), {"T17"});
  EXPECT_REFUSED(returning("$t.name as n } order { " + nearest + ", n } limit 2"),
                 {"T18: alias-based ordering is not supported together with nearest in phase 1"});
  EXPECT_CHECKS(returning("$t.name as n } order { " + nearest + ", $t.name } limit 2"));
}

TEST(CheckRead, T19T20TextFunctions) {
  EXPECT_CHECKS(
      match("$t: Town  search($t.name, $s0)  fuzzy($t.kind, \"x\", $i)  "
            "match_text($t.label, $s)"));
  EXPECT_REFUSED(match("$t: Town  search($t.pop, $s)"),
                 {"T19: search field must be String, got I32?"});
  EXPECT_REFUSED(match("$t: Town  search($t.tags, $s)"), {"T19", "got [String]?"});
  EXPECT_REFUSED(match("$t: Town  search($t.name, $i)"),
                 {"T19: search query must be String, got I32"});
  EXPECT_REFUSED(match("$t: Town  search($t, $s)"),
                 {"T19: search field must be a scalar String expression"});
  EXPECT_REFUSED(match("$t: Town  fuzzy($t.name, $t)"),
                 {"T19: fuzzy query must be a scalar String expression"});
  EXPECT_REFUSED(match("$t: Town  fuzzy($t.name, $s, $f)"),
                 {"T19: fuzzy max_edits must be an integer scalar, got F64"});
  EXPECT_REFUSED(match("$t: Town  fuzzy($t.pop, $s)"), {"T19: fuzzy field must be String"});
  EXPECT_REFUSED(match("$t: Town  match_text($t.pop, $s)"),
                 {"T20: match_text field must be String, got I32?"});
  EXPECT_CHECKS(returning("$t.name } order { bm25($t.name, $s) desc }"));
  EXPECT_REFUSED(returning("$t.name } order { bm25($t.name, $i) }"),
                 {"T20: bm25 query must be String, got I32"});
  EXPECT_CHECKS(returning("search($t.name, $s), bm25($t.name, $s), nearest($t.v, $v2) }"));
}

TEST(CheckRead, T21Rrf) {
  const auto order = [](const std::string& k, const std::string& tail) {
    return returning("$t.name as n } order { rrf(nearest($t.v, $v2), bm25($t.name, $s)" + k + ") " +
                     tail);
  };
  EXPECT_CHECKS(order("", ", n } limit 3"));
  EXPECT_CHECKS(order(", $i", "} limit 3"));
  EXPECT_REFUSED(order("", "}"), {"T21: rrf ordering requires a limit clause"});
  EXPECT_REFUSED(returning("rrf(bm25($t.name, $s), bm25($t.name, $s)) as s } order { s }"),
                 {"T21"});
  EXPECT_REFUSED(order(", 0", "} limit 3"), {"T21: rrf k must be greater than 0"});
  EXPECT_REFUSED(order(", $f", "} limit 3"), {"T21: rrf k must be an integer scalar, got F64"});
  EXPECT_REFUSED(returning("$t.name } order { nearest($t.v, $v2), "
                           "rrf(bm25($t.name, $s), bm25($t.name, $s)) }"),
                 {"T21"});
}

TEST(CheckRead, TheFirstViolationIsReported) {
  EXPECT_REFUSED(check_source("query q($v: Vector(0)) { match { $t: Nope } return { $x } }"),
                 {"Vector(0)"});
  EXPECT_REFUSED(returning("$x.a } order { nearest($t.v, $v2) }"), {"T6"});
  EXPECT_REFUSED(returning("1, count($t) } order { nearest($t.v, $v2) }"), {"T17"});
}

TEST(CheckRead, MutationsAreRefused) {
  auto file = parse_queries("query q() { insert Nope { a: 1 } }");
  ASSERT_TRUE(file.ok());
  auto read = check_read(file->queries[0], catalog());
  ASSERT_FALSE(read.ok());
  EXPECT_REFUSED(read.error().message(), {"type error: mutation query cannot be typechecked"});
  EXPECT_EQ(mutation_in_read_request(file->queries[0]).message(),
            "query 'q' contains mutations (insert/update/delete); use POST /mutate for write "
            "queries");
}

}  // namespace
}  // namespace omnigraph
