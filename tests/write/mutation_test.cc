#include "memory_graph.h"

namespace omnigraph::test {
namespace {

using Rows = std::vector<std::string>;

constexpr const char* kCrew = R"(
node Sailor { handle: String @key  rank: I32?  note: String? }
node Ship { name: String @key }
edge Mentors: Sailor -> Sailor { since: Date? }
edge ServesOn: Sailor -> Ship
)";

class Crew : public ::testing::Test {
 protected:
  Crew() : graph(kCrew) {
    const Outcome made = graph.mutate(R"(query q() {
      insert Sailor { handle: "ada", rank: 1, note: "old" }
      insert Sailor { handle: "bo", rank: 2 }
      insert Sailor { handle: "cy" }
      insert Ship { name: "Orca" }
      insert Mentors { from: "ada", to: "bo" }
      insert Mentors { from: "bo", to: "cy" }
      insert ServesOn { from: "ada", to: "Orca" } })");
    EXPECT_EQ(made.error, "");
    EXPECT_EQ(made.nodes, 4u);
    EXPECT_EQ(made.edges, 3u);
  }
  MemoryGraph graph;
};

TEST_F(Crew, KeyedInsertReplacesTheWholeRowAndKeepsItsNumber) {
  const RowId before = graph.head()
                           ->table(graph.type("Sailor"))
                           ->rid(*graph.head()->table(graph.type("Sailor"))->find_id("ada").value())
                           .value();
  const Outcome out = graph.mutate(R"(query q() { insert Sailor { handle: "ada", rank: 9 } })");
  EXPECT_EQ(out.nodes, 1u);
  EXPECT_EQ(graph.rows("Sailor"),
            (Rows{"ada handle=ada rank=9", "bo handle=bo rank=2", "cy handle=cy"}));
  const TableVersionPtr& table = graph.head()->table(graph.type("Sailor"));
  EXPECT_EQ(table->rid(*table->find_id("ada").value()).value(), before);
  EXPECT_EQ(graph.rows("Mentors"), (Rows{"ada>bo", "bo>cy"}));
}

TEST_F(Crew, LastOfTwoInsertsOfAKeyWins) {
  EXPECT_EQ(graph
                .mutate(R"(query q() { insert Sailor { handle: "dee", rank: 1, note: "first" }
                                        insert Sailor { handle: "dee", rank: 2 } })")
                .nodes,
            2u);
  EXPECT_EQ(graph.rows("Sailor").back(), "dee handle=dee rank=2");
}

TEST_F(Crew, EdgeMayStandBeforeItsNodes) {
  const Outcome out = graph.mutate(R"(query q() { insert ServesOn { from: "dee", to: "Lark" }
      insert Ship { name: "Lark" } insert Sailor { handle: "dee" } })");
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(graph.rows("ServesOn").size(), 2u);
  EXPECT_EQ(graph.rows("ServesOn")[1], "dee>Lark");
}

TEST_F(Crew, EndsThatDoNotExistAreRefusedWithoutEffect) {
  EXPECT_EQ(graph.mutate(R"(query q() { insert Mentors { from: "ada", to: "ghost" } })").error,
            "dst 'ghost' not found in Sailor");
  EXPECT_EQ(
      graph
          .mutate(
              R"(query q() { insert Sailor { handle: "dee" } insert Mentors { from: "ghost", to: "dee" } })")
          .error,
      "src 'ghost' not found in Sailor");
  EXPECT_EQ(graph.mutate(R"(query q() { insert ServesOn { from: "ada", to: "bo" } })").error,
            "dst 'bo' not found in Ship");
  EXPECT_EQ(graph.rows("Sailor").size(), 3u);
  EXPECT_EQ(graph.store.records.size(), 1u);
}

TEST_F(Crew, LaterStatementsSeeStagedValues) {
  const Outcome out = graph.mutate(R"(query q() {
      update Sailor set { rank: 10 } where handle = "ada"
      update Sailor set { note: "top" } where rank = 10
      update Sailor set { note: "stale" } where rank = 1 })");
  EXPECT_EQ(out.nodes, 2u);
  EXPECT_EQ(graph.rows("Sailor")[0], "ada handle=ada rank=10 note=top");
  const Outcome seen = graph.mutate(R"(query q() { insert Sailor { handle: "dee", rank: 5 }
      update Sailor set { note: "seen" } where rank = 5 })");
  EXPECT_EQ(seen.nodes, 2u);
  EXPECT_EQ(graph.rows("Sailor")[3], "dee handle=dee rank=5 note=seen");
}

TEST_F(Crew, UpdateByPredicateAndNull) {
  EXPECT_EQ(
      graph.mutate(R"(query q() { update Sailor set { note: "hit" } where rank != 1 })").nodes, 1u);
  EXPECT_EQ(graph.rows("Sailor")[1], "bo handle=bo rank=2 note=hit");
  const Outcome none = graph.mutate(
      R"(query q($r: I32?) { update Sailor set { note: "x" } where rank = $r })", {std::nullopt});
  EXPECT_EQ(none.nodes, 0u);
  EXPECT_FALSE(none.committed);
  EXPECT_EQ(graph.store.records.size(), 2u);
  EXPECT_EQ(
      graph
          .mutate(R"(query q($n: String?) { update Sailor set { note: $n } where handle = "ada" })",
                  {Value()})
          .nodes,
      1u);
  EXPECT_EQ(graph.rows("Sailor")[0], "ada handle=ada rank=1");
}

TEST_F(Crew, KeyCannotBeUpdated) {
  EXPECT_EQ(
      graph.mutate(R"(query q() { update Sailor set { handle: "eve" } where handle = "ada" })")
          .error,
      "cannot update @key property 'handle' — delete and re-insert instead");
}

TEST_F(Crew, MixingIsRefused) {
  const std::string error =
      graph
          .mutate(
              R"(query q() { insert Sailor { handle: "dee" } delete Sailor where handle = "ada" })")
          .error;
  EXPECT_NE(error.find("mixes inserts/updates and deletes"), std::string::npos);
  EXPECT_NE(error.find("split into separate mutations: (1) inserts and updates, then (2) deletes"),
            std::string::npos);
}

TEST_F(Crew, DeleteCascadesBothWaysAndCountsOnce) {
  const Outcome out = graph.mutate(R"(query q() { delete Sailor where handle = "ada"
      delete Sailor where rank >= 1 delete Mentors where from = "ada" })");
  EXPECT_EQ(out.nodes, 2u);
  EXPECT_EQ(out.edges, 3u);
  EXPECT_EQ(graph.rows("Sailor"), (Rows{"cy handle=cy"}));
  EXPECT_TRUE(graph.rows("Mentors").empty());
  EXPECT_TRUE(graph.rows("ServesOn").empty());
}

TEST_F(Crew, SelfLoopCountsOnce) {
  EXPECT_EQ(graph.mutate(R"(query q() { insert Mentors { from: "cy", to: "cy" } })").edges, 1u);
  EXPECT_EQ(graph.mutate(R"(query q() { delete Sailor where handle = "cy" })").edges, 2u);
}

TEST_F(Crew, EdgesAreDeletedByEndsAndProperties) {
  graph.mutate(
      R"(query q() { insert Mentors { from: "cy", to: "ada", since: date("2020-01-02") } })");
  EXPECT_EQ(graph.mutate(R"(query q() { delete Mentors where since = date("2020-01-02") })").edges,
            1u);
  EXPECT_EQ(graph.mutate(R"(query q() { delete Mentors where to = "cy" })").edges, 1u);
  EXPECT_EQ(graph.mutate(R"(query q() { delete Mentors where from != "bo" })").edges, 1u);
  EXPECT_FALSE(graph.mutate(R"(query q() { delete Mentors where from = "ada" })").committed);
  EXPECT_FALSE(graph.mutate(R"(query q() { delete Mentors where from = "nobody" })").committed);
}

TEST_F(Crew, MissingParameterAndNullForRequired) {
  EXPECT_EQ(
      graph.mutate("query q($h: String) { insert Sailor { handle: $h } }", {std::nullopt}).error,
      "parameter 'h' not provided");
  EXPECT_EQ(graph.mutate("query q($h: String?) { insert Sailor { handle: $h } }", {Value()}).error,
            "insert @key property 'handle' cannot contain null");
}

TEST_F(Crew, PreconditionComparesTheHead) {
  const CommitId head = graph.head()->commit();
  EXPECT_TRUE(
      graph.mutate(R"(query q() { insert Ship { name: "Lark" } })", {}, "main", head).committed);
  const Outcome stale =
      graph.mutate(R"(query q() { insert Ship { name: "Tern" } })", {}, "main", head);
  EXPECT_EQ(stale.code, ErrorCode::kPreconditionFailed);
  EXPECT_EQ(stale.error, "precondition failed on branch 'main': expected head '" + head.text() +
                             "' but current is " + graph.head()->commit().text());
  // Also for a mutation that would change nothing.
  EXPECT_EQ(graph.mutate(R"(query q() { delete Ship where name = "none" })", {}, "main", head).code,
            ErrorCode::kPreconditionFailed);
  EXPECT_EQ(graph
                .mutate(R"(query q() { delete Ship where name = "none" })", {}, "main",
                        graph.head()->commit())
                .error,
            "");
}

TEST(Mutation, MissingBranch) {
  MemoryGraph graph(kCrew);
  const Outcome out = graph.mutate(R"(query q() { insert Ship { name: "x" } })", {}, "nowhere");
  EXPECT_EQ(out.code, ErrorCode::kNotFound);
  EXPECT_EQ(out.error, "branch 'nowhere' not found");
}

TEST(Mutation, CompositeKey) {
  MemoryGraph graph(R"(node Berth { zone: String  bay: I32  label: String?  @key(zone, bay) }
                       edge Beside: Berth -> Berth)");
  EXPECT_EQ(
      graph
          .mutate(
              R"(query q() { insert Berth { zone: "rio", bay: 7 } insert Berth { zone: "a\"b", bay: 8 } })")
          .nodes,
      2u);
  EXPECT_EQ(
      graph.mutate(R"(query q() { insert Berth { zone: "rio", bay: 7, label: "again" } })").nodes,
      1u);
  EXPECT_EQ(graph.rows("Berth"),
            (Rows{R"(["7","rio"] zone=rio bay=7 label=again)", R"(["8","a\"b"] zone=a"b bay=8)"}));
  EXPECT_EQ(graph
                .mutate(R"(query q($a: String) { insert Beside { from: $a, to: $a } })",
                        {Value(R"(["7","rio"])")})
                .edges,
            1u);
  EXPECT_EQ(graph
                .mutate(R"(query q($a: String) { insert Beside { from: $a, to: $a } })",
                        {Value(R"(["rio","7"])")})
                .error,
            R"(src '["rio","7"]' not found in Berth)");
  EXPECT_EQ(graph.mutate(R"(query q($z: String?) { insert Berth { zone: $z, bay: 7 } })", {Value()})
                .error,
            "insert @key properties (bay, zone) cannot contain null");
}

TEST(Mutation, KeylessNodesGetUlids) {
  MemoryGraph graph("node Entry { text: String }");
  graph.mutate(R"(query q() { insert Entry { text: "same" } insert Entry { text: "same" } })");
  const Rows rows = graph.rows("Entry");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(Ulid::parse(rows[0].substr(0, 26)).has_value());
  EXPECT_EQ(rows[0].substr(26), " text=same");
}

constexpr const char* kProbe =
    R"(node Probe { code: String @key  ok: Bool?  i: I32?  j: I64?  u: U32?
  v: U64?  f: F32?  g: F64?  d: Date?  t: DateTime?  tags: [String]?  nums: [I32]?  fl: [F64]?
  vec: Vector(3)?  b: Blob? })";

TEST(Mutation, EveryKindOfLiteral) {
  MemoryGraph graph(kProbe);
  const Outcome out =
      graph.mutate(R"(query q() { insert Probe { code: "p", ok: true, i: 1, j: 2, u: 3,
      v: 4, f: 1.5, g: 2.25, d: date("2024-01-01"), t: datetime("2024-01-01T10:20:30Z"),
      tags: ["a", "b"], nums: [1, 2], vec: [1, 2.5, 3] } })");
  EXPECT_EQ(out.error, "");
  EXPECT_EQ(graph.rows("Probe"),
            (Rows{"p code=p ok=true i=1 j=2 u=3 v=4 f=1.5 g=2.25 d=19723d t=1704104430000ms "
                  "tags=[a,b] nums=[1,2] vec=[1.,2.5,3.]"}));
}

TEST(Mutation, ConversionsAreStrict) {
  MemoryGraph graph(kProbe);
  const auto error = [&](const std::string& statement, const ParameterValues& values = {}) {
    return graph.mutate(statement, values).error;
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  contains(error(R"(query q() { insert Probe { code: "p", i: 2147483648 } })"),
           "integer value 2147483648 exceeds Int32 range");
  contains(error(R"(query q() { insert Probe { code: "p", u: 4294967296 } })"),
           "exceeds UInt32 range");
  contains(error(R"(query q($v: I64) { insert Probe { code: "p", v: $v } })", {Value(-1)}),
           "exceeds UInt64 range");
  contains(error(R"(query q($f: F32) { insert Probe { code: "p", f: $f } })", {Value(1e39)}),
           "exceeds Float32 range");
  const std::string widened = error(R"(query q() { insert Probe { code: "p", g: 3 } })");
  EXPECT_EQ(widened.substr(0, 14), "cannot convert");
  const std::string narrowed =
      error(R"(query q($f: F64) { insert Probe { code: "p", i: $f } })", {Value(3.0)});
  EXPECT_EQ(narrowed.substr(0, 14), "cannot convert");
  contains(error(R"(query q() { insert Probe { code: "p", d: date("2024-02-30") } })"),
           "invalid Date literal '2024-02-30'");
  contains(
      error(R"(query q($d: Date) { insert Probe { code: "p", d: $d } })", {Value("2024-13-01")}),
      "invalid Date literal '2024-13-01'");
  contains(
      error(R"(query q($b: Blob) { insert Probe { code: "p", b: $b } })", {Value("base64:@@@")}),
      "invalid base64 blob data: ");
  EXPECT_EQ(
      error(R"(query q($b: Blob) { insert Probe { code: "p", b: $b } })",
            {Value("s3://u:p@bucket/k")}),
      "external blob URI 's3://bucket/k' is not allowed: new external Blob URI ingress is denied "
      "for this graph");
  EXPECT_TRUE(graph.rows("Probe").empty());
}

TEST(Mutation, IntegersWidenInsideListsOnly) {
  MemoryGraph graph(kProbe);
  EXPECT_EQ(graph
                .mutate(R"(query q($l: [F64]) { insert Probe { code: "p", fl: $l } })",
                        {Value(ValueList{Value(1), Value(2.5)})})
                .error,
            "");
  EXPECT_EQ(graph.rows("Probe"), (Rows{"p code=p fl=[1.,2.5]"}));
}

TEST(Mutation, BlobIsKeptByUpdatesAndIgnoresNull) {
  MemoryGraph graph("node Doc { slug: String @key  title: String?  body: Blob? }");
  graph.mutate(R"(query q($b: Blob) { insert Doc { slug: "x", body: $b } })",
               {Value("base64:aGk=")});
  EXPECT_EQ(graph.rows("Doc"), (Rows{"x slug=x body=mhi"}));
  graph.mutate(R"(query q($b: Blob?) { update Doc set { title: "t", body: $b } where slug = "x" })",
               {Value()});
  EXPECT_EQ(graph.rows("Doc"), (Rows{"x slug=x title=t body=mhi"}));
  graph.mutate(R"(query q() { insert Doc { slug: "x" } })");
  EXPECT_EQ(graph.rows("Doc"), (Rows{"x slug=x"}));
}

TEST(Mutation, NowIsOneInstant) {
  MemoryGraph graph("node Log { code: String @key  at: DateTime? }");
  graph.mutate(
      R"(query q() { insert Log { code: "a", at: now() } insert Log { code: "b", at: now() } })");
  EXPECT_EQ(graph.rows("Log"),
            (Rows{"a code=a at=1704067200000ms", "b code=b at=1704067200000ms"}));
  EXPECT_EQ(graph.mutate(R"(query q() { delete Log where at < now() })").nodes, 0u);
  EXPECT_EQ(graph.mutate(R"(query q() { delete Log where at <= now() })").nodes, 2u);
}

}  // namespace
}  // namespace omnigraph::test
