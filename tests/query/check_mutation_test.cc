// The static rules of insert, update and delete: one case that keeps each and one that breaks it.
#include <gtest/gtest.h>

#include <string>

#include "query/check.h"
#include "query/parse.h"
#include "schema/compile.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
node Probe {
  code: String @key
  i: I32?
  g: F64?
  ok: Bool?
  d: Date?
  t: DateTime?
  ts: [DateTime]?
  tags: [String]?
  nums: [I32]?
  vec: Vector(3)?
  kind: enum(red, blue)?
  file: Blob?
}
node Part { code: String @key  size: I32  note: String? }
node Note { slug: String @key  text: String  vec: Vector(2) @embed(text) }
edge Joins: Probe -> Part { width: I32?  strict: Bool }
)";

Result<TypedMutation> typed(const std::string& body) {
  static const CatalogPtr catalog = [] {
    auto result = compile_schema(kSchema);
    EXPECT_TRUE(result.ok()) << result.error().message();
    return result.ok() ? *result : CatalogPtr();
  }();
  OG_ASSIGN_OR_RETURN(const QueryFile file,
                      parse_queries("query q($s: String?, $i: I64, $f: F64, $ls: [String], "
                                    "$li: [I32], $lf: [F64], $v3: Vector(3), $v2: Vector(2), "
                                    "$b: Blob, $d: Date) { " +
                                    body + " }"));
  return check_mutation(file.queries.at(0), *catalog);
}

std::string check(const std::string& body) {
  auto mutation = typed(body);
  if (mutation.ok()) return "";
  EXPECT_EQ(mutation.error().code(), ErrorCode::kBadRequest);
  return mutation.error().message();
}
std::string insert(const std::string& assignments) {
  return check("insert Probe { code: \"p\", " + assignments + " }");
}
std::string where(const std::string& predicate) { return check("delete Probe where " + predicate); }

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

TEST(CheckMutation, T3Literals) {
  EXPECT_CHECKS(
      insert("i: 1, g: 2.5, ok: true, d: date(\"x\"), t: datetime(\"y\"), "
             "tags: [\"a\"], nums: [1, 2], vec: [1, 2.5, 3], kind: \"red\""));
  EXPECT_CHECKS(insert("i: 1.5, g: 2"));  // conversion is judged at execution
  EXPECT_REFUSED(check("insert Probe { code: 7 }"),
                 {"type error: T3: property `code` has type String but got I64"});
  EXPECT_REFUSED(insert("i: \"high\""), {"T3: property `i` has type I32? but got String"});
  EXPECT_REFUSED(insert("nums: []"), {"T3: property `nums` has type [I32]? but got [String]"});
  EXPECT_CHECKS(insert("tags: []"));
  EXPECT_REFUSED(insert("nums: 4"), {"T3", "`nums`"});
  EXPECT_REFUSED(insert("i: [4]"), {"T3", "`i`", "[I64]"});
  EXPECT_REFUSED(insert("vec: [1.0, 2.0]"),
                 {"T3: property `vec` has type Vector(3)? but got vector literal with 2 elements"});
  EXPECT_REFUSED(insert("vec: [\"a\", \"b\", \"c\"]"), {"T3", "`vec`", "[String]"});
  EXPECT_REFUSED(insert("kind: \"green\""),
                 {"T3: property `kind` expects one of [blue, red], got 'green'"});
  EXPECT_REFUSED(insert("file: \"base64:aGk=\""), {"T3", "`file`", "Blob"});
  EXPECT_REFUSED(insert("nums: [[1]]"), {"nested list literals are not supported"});
  EXPECT_REFUSED(where("i = \"high\""), {"T3", "`i`"});
}

TEST(CheckMutation, T7Values) {
  EXPECT_CHECKS(insert("i: $i, g: $i, tags: $ls, nums: $lf, vec: $v3, kind: $s, t: now()"));
  EXPECT_CHECKS(insert("file: $b"));
  EXPECT_CHECKS(insert("file: $s"));
  EXPECT_REFUSED(insert("i: $s"), {"T7: cannot assign/compare String? with I32? for property `i`"});
  EXPECT_REFUSED(insert("vec: $v2"), {"T7", "Vector(2)", "`vec`"});
  EXPECT_REFUSED(insert("vec: $lf"), {"T7", "[F64]"});
  EXPECT_REFUSED(insert("tags: $s"), {"T7", "`tags`"});
  EXPECT_REFUSED(insert("t: $d"), {"T7", "`t`"});
  EXPECT_REFUSED(insert("d: now()"), {"T7", "DateTime", "`d`"});
  EXPECT_REFUSED(insert("ts: now()"), {"T7", "`ts`"});
  EXPECT_REFUSED(insert("file: $i"), {"T7", "`file`"});
  EXPECT_REFUSED(check("insert Probe { code: $b }"), {"T7", "`code`"});
}

TEST(CheckMutation, T7ListAndVectorPredicates) {
  EXPECT_REFUSED(where("tags = [\"x\"]"),
                 {"T7: property `tags`: list comparisons are not supported"});
  EXPECT_REFUSED(where("tags != $ls"), {"T7", "`tags`", "list comparisons are not supported"});
  EXPECT_REFUSED(where("vec = [1, 0, 0]"), {"T7", "`vec`", "vector comparisons are not supported"});
  EXPECT_REFUSED(where("tags = \"x\""), {"T3", "`tags`"});
  EXPECT_REFUSED(where("vec = [1]"), {"T3", "vector literal with 1 elements"});
  EXPECT_CHECKS(where("d > $d"));
  EXPECT_CHECKS(where("t < now()"));
  EXPECT_CHECKS(where("i <= 2.5"));
}

TEST(CheckMutation, T10Types) {
  EXPECT_REFUSED(check("insert Pirate { a: 1 }"), {"T10: unknown node/edge type `Pirate`"});
  EXPECT_REFUSED(check("update Pirate set { a: 1 } where b = 1"), {"T10", "`Pirate`"});
  EXPECT_REFUSED(check("delete Prode where a = 1"), {"T10", "did you mean `Probe`?"});
}

TEST(CheckMutation, T11Properties) {
  EXPECT_REFUSED(insert("shoe: 3"), {"T11: type `Probe` has no property `shoe`"});
  EXPECT_REFUSED(check("update Probe set { shoe: 3 } where code = \"a\""), {"T11", "`shoe`"});
  EXPECT_REFUSED(where("shoe = 3"), {"T11", "`shoe`"});
  EXPECT_REFUSED(insert("id: \"x\""), {"T11", "`id`"});
  EXPECT_REFUSED(where("id = \"x\""), {"T11", "`id`"});
  EXPECT_REFUSED(where("from = \"x\""), {"T11", "`from`"});
  EXPECT_REFUSED(where("file = $b"),
                 {"T11: blob property `file` cannot be used in WHERE predicates"});
}

TEST(CheckMutation, T12Required) {
  EXPECT_CHECKS(check("insert Part { code: \"a\", size: 3 }"));
  EXPECT_REFUSED(check("insert Part { code: \"a\" }"),
                 {"T12: insert for `Part` must provide non-nullable property `size`"});
  EXPECT_REFUSED(check("insert Part { size: 3 }"), {"T12", "`code`"});
  EXPECT_CHECKS(check("insert Joins { from: \"a\", to: $s, strict: true }"));
  EXPECT_REFUSED(check("insert Joins { from: \"a\", strict: true }"),
                 {"T12: insert for `Joins` must provide required endpoint `to`"});
  EXPECT_REFUSED(check("insert Joins { to: \"a\", strict: true }"),
                 {"T12", "required endpoint `from`"});
  EXPECT_REFUSED(check("insert Joins { from: \"a\", to: \"b\" }"), {"T12", "`strict`"});
  EXPECT_CHECKS(check("insert Note { slug: \"a\", text: \"x\" }"));
  EXPECT_REFUSED(check("insert Note { slug: \"a\" }"), {"T12", "`text`"});
  EXPECT_CHECKS(check("update Part set { note: $s } where code = \"a\""));
}

TEST(CheckMutation, T13Duplicates) {
  EXPECT_REFUSED(insert("i: 1, i: 2"), {"T13: duplicate assignment for property `i`"});
  EXPECT_REFUSED(check("insert Joins { from: \"a\", from: \"b\" }"), {"T13", "`from`"});
  EXPECT_REFUSED(check("update Probe set { i: 1, i: 2 } where code = \"a\""), {"T13"});
  EXPECT_CHECKS(check("insert Part { code: \"a\", size: 1 } insert Part { code: \"a\", size: 2 }"));
}

TEST(CheckMutation, T14Variables) {
  EXPECT_REFUSED(insert("i: $other"),
                 {"T14: mutation variable `$other` must be a declared query parameter"});
  EXPECT_REFUSED(where("i = $other"), {"T14", "`$other`"});
}

TEST(CheckMutation, T16EdgeUpdates) {
  EXPECT_REFUSED(check("update Joins set { width: 1 } where from = \"a\""),
                 {"T16: update mutation for edge type `Joins` is not supported"});
}

TEST(CheckMutation, Endpoints) {
  EXPECT_CHECKS(check("delete Joins where from = \"a\""));
  EXPECT_CHECKS(check("delete Joins where to != $s"));
  EXPECT_REFUSED(check("delete Joins where to = 5"),
                 {"T3: property `to` has type String but got I64"});
  EXPECT_REFUSED(check("insert Joins { from: $i, to: \"b\", strict: true }"), {"T7", "`from`"});
}

TEST(CheckMutation, ReservedParameter) {
  auto file = parse_queries("query q($__nanograph_now: DateTime) { delete Part where size = 1 }");
  ASSERT_TRUE(file.ok());
  auto catalog = compile_schema(kSchema);
  ASSERT_TRUE(catalog.ok());
  auto mutation = check_mutation(file->queries[0], **catalog);
  ASSERT_FALSE(mutation.ok());
  EXPECT_REFUSED(mutation.error().message(), {"type error: ", "is reserved"});
}

TEST(CheckMutation, ReadsAreRefused) {
  EXPECT_EQ(check("match { $p: Part } return { $p.code }"),
            "mutation execution called on a read query; use query instead");
}

TEST(CheckMutation, StatementsInOrderWithIdentities) {
  auto mutation = typed(
      "insert Joins { from: \"a\", width: 3, to: $s, strict: true } delete Joins where to = \"b\" "
      "update Part set { note: $s } where size >= 3");
  ASSERT_TRUE(mutation.ok()) << mutation.error().message();
  ASSERT_EQ(mutation->statements.size(), 3u);
  const auto& joins = std::get<TypedInsert>(mutation->statements[0]);
  EXPECT_TRUE(joins.from && joins.to);
  EXPECT_EQ(joins.assignments.size(), 2u);
  const auto& deletion = std::get<TypedDelete>(mutation->statements[1]);
  EXPECT_EQ(deletion.where.endpoint, TypedPredicate::Endpoint::kTo);
  EXPECT_EQ(deletion.where.property, 0u);
  const auto& update = std::get<TypedUpdate>(mutation->statements[2]);
  EXPECT_EQ(update.where.op, Compare::kGe);
  EXPECT_NE(update.where.property, 0u);
  EXPECT_TRUE(std::holds_alternative<TParameter>(update.assignments[0].value->node));
}

}  // namespace
}  // namespace omnigraph
