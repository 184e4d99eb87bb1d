#include "query/lint.h"

#include <gtest/gtest.h>

#include <string>

#include "schema/compile.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
node Town { name: String @key  pop: I32?  region: String? }
node River { name: String @key  length: F64? }
node Note {
  slug: String @key  text: String?  vec: Vector(2)? @embed(text)  tags: [Date]?  at: DateTime
  big: U64?  ok: Bool?  photo: Blob?  kind: enum(a, b)  kinds: [String]
}
edge Road: Town -> Town { km: I32? }
edge FlowsThrough: River -> Town
)";

LintReport lint(std::string_view source) {
  auto catalog = compile_schema(kSchema, CompileMode::kLint);
  EXPECT_TRUE(catalog.ok()) << catalog.error().message();
  return lint_queries(source, **catalog);
}

std::string facts(const std::vector<TypeFact>& list) {
  std::string out;
  for (const TypeFact& fact : list) out += (fact.is_edge ? "-" : "") + fact.type_name + " ";
  return out;
}

std::string fields(const std::vector<ResultField>& list) {
  std::string out;
  for (const ResultField& field : list) {
    out += field.name + ":" + std::string(field.kind);
    if (field.item_kind) out += "(" + std::string(*field.item_kind) + ")";
    if (field.vector_dimension) out += "(" + std::to_string(*field.vector_dimension) + ")";
    out += field.nullable ? "? " : " ";
  }
  return out;
}

std::string result_of(const std::string& match, const std::string& projections) {
  const LintReport report = lint("query q($p: I32?, $b: Bool) { match { " + match + " } return { " +
                                 projections + " } }");
  if (report.queries.size() != 1) return "does not parse";
  if (report.queries[0].error) return *report.queries[0].error;
  return fields(report.queries[0].operation->result);
}

TEST(Lint, ResultFields) {
  EXPECT_EQ(result_of("$n: Note",
                      "$n.slug, $n.text, $n.vec, $n.tags, $n.at, $n.big, $n.ok, $n.kind, "
                      "$n.kinds, $n as whole, $n, $p, $b, 5, 2.5, [1], now()"),
            "slug:string text:string? vec:vector(2)? tags:list(date)? at:datetime big:bigint? "
            "ok:bool? kind:string kinds:list(string) whole:object n:object p:int? b:bool "
            "literal:bigint literal:float literal:list(bigint) now:datetime ");
  EXPECT_EQ(result_of("$n: Note",
                      "$p, count($n), sum($n.big), avg($n.big) as mean, min($n.big), "
                      "max($n.slug), max($n)"),
            "p:int? count:bigint? sum:float? mean:float? min:bigint? max:string? max:object? ");
  EXPECT_EQ(result_of("$n: Note", "$n.slug as s, s, $n as m, m as again, nope"),
            "s:string s:string m:object again:object nope:bigint? ");
  EXPECT_EQ(result_of("$n: Note",
                      "bm25($n.text, \"x\") as score, nearest($n.vec, [1, 2]), "
                      "search($n.text, \"x\")"),
            "score:float nearest:float search:bool ");
}

TEST(Lint, ReadsAndWrites) {
  const LintReport report = lint(
      "query plain() { match { $r: River } return { 1 } }"
      "query dry() { match { $t: Town  not { $_ flowsThrough $t } } return { $t.name } }"
      "query pave($a: String, $b: String) { insert Road { from: $a, to: $b } }"
      "query link($a: String, $b: String) { insert FlowsThrough { from: $a, to: $b } }"
      "query raze($n: String) { delete Town where name = $n }"
      "query unlink($n: String) { delete Road where from = $n }"
      "query set($n: String) { update Town set { pop: 1, region: \"x\" } where name = $n }");
  ASSERT_EQ(report.queries.size(), 7u);
  const auto reads = [&](std::size_t i) { return facts(report.queries[i].operation->reads); };
  const auto writes = [&](std::size_t i) { return facts(report.queries[i].operation->writes); };
  EXPECT_EQ(reads(0), "River ");
  EXPECT_EQ(reads(1), "River Town -FlowsThrough ");
  EXPECT_EQ(writes(1), "");
  EXPECT_EQ(reads(2), "Town -Road ");
  EXPECT_EQ(writes(2), "-Road ");
  EXPECT_EQ(reads(3), "River Town -FlowsThrough ");
  EXPECT_EQ(reads(4), "Town -FlowsThrough -Road ");
  EXPECT_EQ(writes(4), "Town -FlowsThrough -Road ");
  EXPECT_EQ(reads(5), "-Road ");
  EXPECT_EQ(writes(5), "-Road ");
  EXPECT_EQ(reads(6), "Town ");
  EXPECT_EQ(writes(6), "Town ");
  EXPECT_TRUE(report.queries[6].operation->result.empty());
  EXPECT_TRUE(report.ok());
}

TEST(Lint, UpdateCoverage) {
  const LintReport report = lint(
      "query b($n: String, $p: I32) { update Town set { pop: $p } where name = $n }"
      "query a($n: String) { update Town set { pop: 0 } where name = $n }"
      "query bad($n: String) { update Town set { region: 5 } where name = $n }"
      "query note($s: String) { update Note set { text: $s, tags: [] } where slug = $s }"
      "query note2($s: String) { update Note set { text: $s } where slug = $s "
      "                          update River set { length: 1.0 } where name = $s }");
  std::string found;
  for (const LintFinding& finding : report.findings) {
    EXPECT_EQ(finding.severity, LintSeverity::kWarning);
    EXPECT_EQ(finding.code, "L201");
    found += finding.message + " <-";
    for (const std::string& name : finding.query_names) found += " " + name;
    found += "\n";
  }
  // `tags: []` is no list of dates, so `note` fails; keys, embedded vectors and edges never count.
  EXPECT_EQ(found,
            "Note.big exists in schema but no update query sets it <- note2\n"
            "Note.ok exists in schema but no update query sets it <- note2\n"
            "Note.photo exists in schema but no update query sets it <- note2\n"
            "Note.tags exists in schema but no update query sets it <- note2\n"
            "Town.region exists in schema but no update query sets it <- a b\n");
  EXPECT_EQ(report.errors, 2u);
  EXPECT_EQ(report.warnings, 5u);
}

TEST(Lint, UntouchedTypesGiveNoFindings) {
  EXPECT_TRUE(lint("query q($n: String) { insert Town { name: $n } }").findings.empty());
}

TEST(Lint, HardcodedMutations) {
  const LintReport report = lint(
      "query add() { insert Town { name: \"x\" } }"
      "query with($n: String) { insert Town { name: $n } }"
      "query read() { match { $t: Town } return { 1 } }");
  ASSERT_EQ(report.queries[0].warnings.size(), 1u);
  EXPECT_EQ(report.queries[0].warnings[0],
            "mutation declares no params; hardcoded mutations are easy to miss");
  EXPECT_TRUE(report.queries[1].warnings.empty());
  EXPECT_TRUE(report.queries[2].warnings.empty());
  EXPECT_EQ(report.warnings, 1u);
  EXPECT_TRUE(report.ok());
}

TEST(Lint, ParseErrors) {
  const LintReport report = lint("query broken(");
  EXPECT_TRUE(report.queries.empty());
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].code, "Q000");
  EXPECT_EQ(report.findings[0].message.rfind("parse error: ", 0), 0u);
  EXPECT_EQ(report.errors, 1u);
  EXPECT_FALSE(report.ok());
}

TEST(Lint, Json) {
  const LintReport report = lint(
      "query near($v: Vector(2)) { match { $n: Note } return { $n.tags, $n.vec as v } }"
      "query bad() { delete Nope where a = 1 }"
      "query up($n: String) { update River set { name: $n } where name = $n }");
  LintInput input;
  input.schema_kind = LintInput::SchemaKind::kGraph;
  input.schema_location = "g.omni";
  input.query_path = "q.gq";
  EXPECT_EQ(lint_json(report, input), R"({
  "status": "error",
  "schema_source": {
    "kind": "graph",
    "uri": "g.omni"
  },
  "query_path": "q.gq",
  "queries_processed": 3,
  "errors": 1,
  "warnings": 2,
  "infos": 0,
  "results": [
    {
      "name": "near",
      "kind": "read",
      "status": "ok",
      "operation": {
        "result": [
          {
            "name": "tags",
            "kind": "list",
            "item_kind": "date",
            "nullable": true
          },
          {
            "name": "v",
            "kind": "vector",
            "vector_dim": 2,
            "nullable": true
          }
        ],
        "reads": [
          {
            "kind": "node",
            "type_name": "Note"
          }
        ],
        "writes": []
      }
    },
    {
      "name": "bad",
      "kind": "mutation",
      "status": "error",
      "warnings": [
        "mutation declares no params; hardcoded mutations are easy to miss"
      ],
      "error": "type error: T10: unknown node/edge type `Nope`; did you mean `Note`?"
    },
    {
      "name": "up",
      "kind": "mutation",
      "status": "ok",
      "operation": {
        "result": [],
        "reads": [
          {
            "kind": "node",
            "type_name": "River"
          }
        ],
        "writes": [
          {
            "kind": "node",
            "type_name": "River"
          }
        ]
      }
    }
  ],
  "findings": [
    {
      "severity": "warning",
      "code": "L201",
      "message": "River.length exists in schema but no update query sets it",
      "type_name": "River",
      "property": "length",
      "query_names": [
        "up"
      ]
    }
  ]
})");
}

TEST(Lint, JsonOfAFileThatDoesNotParse) {
  LintInput input;
  input.schema_location = "s.pg";
  input.query_path = "q.gq";
  const std::string json = lint_json(lint("quarry"), input);
  EXPECT_EQ(json.find("\"path\": \"s.pg\"") != std::string::npos, true) << json;
  EXPECT_EQ(json.find("\"results\": []") != std::string::npos, true) << json;
  EXPECT_EQ(json.find("query_names"), std::string::npos);
}

TEST(Lint, Text) {
  EXPECT_EQ(
      lint_text(lint("query all() { match { $t: Town } return { $t.name } }")),
      "OK    query `all` (read)\n"
      "INFO  Lint complete: 1 queries processed (0 error(s), 0 warning(s), 0 info item(s))\n");
  EXPECT_EQ(
      lint_text(lint("query a() { match { $t: Nope } return { 1 } }"
                     "query b() { update River set { name: \"x\" } where name = \"y\" }")),
      "ERROR query `a`: type error: T1: unknown node type `Nope`; did you mean `Note`?\n"
      "OK    query `b` (mutation)\n"
      "WARN  query `b`: mutation declares no params; hardcoded mutations are easy to miss\n"
      "WARN  River.length exists in schema but no update query sets it\n"
      "INFO  Lint complete: 2 queries processed (1 error(s), 2 warning(s), 0 info item(s))\n");
}

}  // namespace
}  // namespace omnigraph
