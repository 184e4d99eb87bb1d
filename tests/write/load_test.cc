#include "common/thread_pool.h"
#include "memory_graph.h"
#include "write/limits.h"
#include "write/load/input.h"

namespace omnigraph::test {
namespace {

using Rows = std::vector<std::string>;

struct Loaded {
  std::string error;
  ErrorCode code = ErrorCode::kInternal;
  std::optional<ErrorDetails> details;
  LoadOutcome outcome;
};

Loaded load(MemoryGraph& graph, std::string_view text, LoadMode mode, bool permissive = false) {
  LoadSettings settings;
  settings.mode = mode;
  settings.permissive = permissive;
  const auto source = text_load_source(text);
  auto result = graph.writer.load(*source, settings);
  Loaded out;
  if (result.ok()) {
    out.outcome = std::move(result).value();
  } else {
    out.error = result.error().message();
    out.code = result.error().code();
    out.details = result.error().details();
  }
  return out;
}

constexpr const char* kCrew = R"(
node Sailor { handle: String @key  rank: I32?  note: String? }
node Ship { name: String @key }
edge Mentors: Sailor -> Sailor { since: Date? }
edge ServesOn: Sailor -> Ship
)";
constexpr const char* kCrewData = R"({"type":"Sailor","data":{"handle":"ada","rank":1,"note":"old"}}
{"type":"Sailor","data":{"handle":"bo","rank":2}}
{"type":"Sailor","data":{"handle":"cy"}}
{"type":"Ship","data":{"name":"Orca"}}
{"edge":"Mentors","from":"ada","to":"bo"}
{"edge":"Mentors","from":"bo","to":"cy"}
{"edge":"ServesOn","from":"ada","to":"Orca"}
)";

class CrewLoad : public ::testing::Test {
 protected:
  CrewLoad() : graph(kCrew) { EXPECT_EQ(run(kCrewData, LoadMode::kOverwrite).error, ""); }
  Loaded run(std::string_view text, LoadMode mode) { return load(graph, text, mode); }
  MemoryGraph graph;
};

TEST_F(CrewLoad, ReportsTouchedTypes) {
  const Loaded loaded = run(kCrewData, LoadMode::kMerge);
  ASSERT_EQ(loaded.outcome.nodes.size(), 2u);
  EXPECT_EQ(loaded.outcome.nodes[0].name, "Sailor");
  EXPECT_EQ(loaded.outcome.nodes[0].entities_loaded, 3u);
  ASSERT_EQ(loaded.outcome.edges.size(), 2u);
  EXPECT_EQ(loaded.outcome.edges[0].entities_loaded, 2u);
  EXPECT_EQ(loaded.outcome.total_entities, 7u);
  EXPECT_EQ(graph.rows("Sailor"),
            (Rows{"ada handle=ada rank=1 note=old", "bo handle=bo rank=2", "cy handle=cy"}));
  EXPECT_EQ(graph.rows("Mentors"), (Rows{"ada>bo", "bo>cy", "ada>bo", "bo>cy"}));
}

TEST_F(CrewLoad, AppendRefusesLiveIdsAsAWhole) {
  const Loaded clash = run(R"({"type":"Sailor","data":{"handle":"eli"}}
{"type":"Sailor","data":{"handle":"ada","rank":9}})",
                           LoadMode::kAppend);
  EXPECT_EQ(clash.error, "node type 'Sailor' already has this id");
  EXPECT_EQ(clash.code, ErrorCode::kConflict);
  ASSERT_TRUE(clash.details);
  EXPECT_EQ(clash.details->kind, "key_conflict");
  EXPECT_EQ(clash.details->fields[2].second, "ada");
  EXPECT_EQ(graph.rows("Sailor").size(), 3u);
  EXPECT_EQ(run(R"({"type":"Sailor","data":{"handle":"eli"}})", LoadMode::kAppend).error, "");
}

TEST_F(CrewLoad, MergeReplacesEntirelyAndKeepsTheRow) {
  EXPECT_EQ(run(R"({"type":"Sailor","data":{"handle":"ada","rank":9}}
{"type":"Sailor","data":{"handle":"dee"}})",
                LoadMode::kMerge)
                .error,
            "");
  EXPECT_EQ(graph.rows("Sailor"), (Rows{"ada handle=ada rank=9", "bo handle=bo rank=2",
                                        "cy handle=cy", "dee handle=dee"}));
  EXPECT_EQ(graph.rows("Mentors"), (Rows{"ada>bo", "bo>cy"}));
}

TEST_F(CrewLoad, OverwriteIsPerType) {
  EXPECT_EQ(run(R"({"edge":"Mentors","from":"cy","to":"ada"})", LoadMode::kOverwrite).error, "");
  EXPECT_EQ(graph.rows("Mentors"), (Rows{"cy>ada"}));
  EXPECT_EQ(graph.rows("ServesOn"), (Rows{"ada>Orca"}));
  EXPECT_EQ(graph.rows("Sailor").size(), 3u);
  // Nodes that stay keep their rows, so that edges keep their ends.
  EXPECT_EQ(run(R"({"type":"Sailor","data":{"handle":"cy"}}
{"type":"Sailor","data":{"handle":"ada","rank":5}})",
                LoadMode::kOverwrite)
                .error,
            "");
  EXPECT_EQ(graph.rows("Mentors"), (Rows{"cy>ada"}));
  EXPECT_EQ(graph.rows("Sailor"), (Rows{"ada handle=ada rank=5", "cy handle=cy"}));
}

TEST_F(CrewLoad, OverwriteMayNotLeaveOrphans) {
  EXPECT_EQ(run(R"({"type":"Ship","data":{"name":"Lark"}})", LoadMode::kOverwrite).error,
            "dst 'Orca' not found in Ship");
  EXPECT_EQ(run(R"({"type":"Ship","data":{"name":"Lark"}}
{"edge":"ServesOn","from":"bo","to":"Lark"})",
                LoadMode::kOverwrite)
                .error,
            "");
  EXPECT_EQ(graph.rows("ServesOn"), (Rows{"bo>Lark"}));
  EXPECT_EQ(graph.rows("Ship"), (Rows{"Lark name=Lark"}));
}

TEST_F(CrewLoad, DuplicateKeysAreRefusedInEveryMode) {
  for (const LoadMode mode : {LoadMode::kAppend, LoadMode::kMerge, LoadMode::kOverwrite}) {
    EXPECT_EQ(run(R"({"type":"Sailor","data":{"handle":"dee","rank":1}}
{"type":"Sailor","data":{"handle":"dee","rank":2}})",
                  mode)
                  .error,
              "@unique violation on Sailor.handle: value 'dee' held by 'dee' and 'dee'");
  }
}

TEST_F(CrewLoad, EmptyInputPublishesACommit) {
  const CommitId head = graph.head()->commit();
  const Loaded loaded = run("", LoadMode::kOverwrite);
  EXPECT_EQ(loaded.error, "");
  EXPECT_EQ(loaded.outcome.total_entities, 0u);
  EXPECT_EQ(loaded.outcome.commit.parent, head);
  EXPECT_EQ(graph.rows("Sailor").size(), 3u);
}

TEST_F(CrewLoad, EdgeNamesIgnoreCase) {
  const Loaded loaded = run(R"({"edge":"mentors","from":"cy","to":"ada"}
{"edge":"MENTORS","from":"cy","to":"bo"})",
                            LoadMode::kAppend);
  EXPECT_EQ(loaded.outcome.edges.at(0).name, "Mentors");
  EXPECT_EQ(loaded.outcome.edges.at(0).entities_loaded, 2u);
}

TEST_F(CrewLoad, EndsMustExist) {
  EXPECT_EQ(run(R"({"edge":"Mentors","from":"cy","to":"zz"})", LoadMode::kAppend).error,
            "dst 'zz' not found in Sailor");
  EXPECT_EQ(run(R"({"edge":"Mentors","from":"zz","to":"cy"})", LoadMode::kOverwrite).error,
            "src 'zz' not found in Sailor");
}

TEST(Load, Framing) {
  MemoryGraph graph(kCrew);
  EXPECT_EQ(load(graph,
                 "{\"edge\":\"ServesOn\",\"from\":\"ada\",\"to\":\"Orca\"}\r\n\n   \n"
                 "{\"type\":\"Ship\",\"data\":{\"name\":\"Orca\"}}\r\n"
                 "{\"type\":\"Sailor\",\"data\":{\"handle\":\"ada\"}}",
                 LoadMode::kAppend)
                .error,
            "");
  EXPECT_EQ(graph.rows("ServesOn"), (Rows{"ada>Orca"}));
}

// Every row of spec/writes.md §6.3, in order.
TEST(Load, Rejections) {
  MemoryGraph graph(kCrew);
  const std::string ship = R"({"type":"Ship","data":{"name":"x"}})";
  const auto error = [&](const std::string& text) {
    return load(graph, "\n" + text + "\n", LoadMode::kAppend).error;
  };
  EXPECT_EQ(error(R"({"type":"Ship","data":{"name":)"
                  "\"" +
                  std::string(kMaxLineBytes, 'a') + "\"}}")
                .substr(0, 60),
            "resource limit exceeded for graph_batch_line_bytes: actual 3");
  EXPECT_EQ(
      error("[" + std::string(kMaxStructuralSlots, '[')),
      "resource limit exceeded for graph_batch_json_structural_slots: actual 131074, limit 131072");
  EXPECT_EQ(error(std::string(kMaxStructuralSlots - 1, '[')).substr(0, 32),
            "invalid strict JSON at line 2: n");
  EXPECT_EQ(error(ship + " {}"), "invalid strict JSON at line 2: trailing characters at column 37");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"name":"x","name":"y"}})").substr(0, 60),
            "invalid strict JSON at line 2: duplicate JSON member 'name' ");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"name":"x"},"d":{"a":1,"\u0061":2}})").substr(0, 58),
            "invalid strict JSON at line 2: duplicate JSON member 'a' a");
  EXPECT_EQ(error("{'type':'Ship'}").substr(0, 31), "invalid strict JSON at line 2: ");
  EXPECT_EQ(error("{\"type\":\"Ship\",\"data\":{\"name\":\"\xff\"}}"),
            "invalid strict JSON at line 2: invalid UTF-8");
  EXPECT_EQ(error("[1]"), "line 2: graph batch record must be one JSON object");
  EXPECT_EQ(error(R"({"data":{}})"),
            "line 2: graph batch record must contain exactly one of 'type' or 'edge'");
  EXPECT_EQ(error(R"({"type":"Ship","edge":"Mentors"})"),
            "line 2: graph batch record must contain exactly one of 'type' or 'edge'");
  EXPECT_EQ(error(R"({"type":"Ship","x":1,"_tombstone":true,"data":{"name":"x"}})"),
            "line 2: top-level field '_tombstone' is reserved physical state");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"name":"x"},"label":"y"})"),
            "line 2: unknown top-level graph batch field 'label'");
  EXPECT_EQ(error(R"({"type":"Ship","from":"a","data":{"name":"x"}})"),
            "line 2: unknown top-level graph batch field 'from'");
  EXPECT_EQ(error(R"({"edge":"Mentors","from":"a"})"),
            "line 2: graph batch record requires field 'to'");
  EXPECT_EQ(error(R"({"edge":"Mentors","to":"a"})"),
            "line 2: graph batch record requires field 'from'");
  EXPECT_EQ(error(R"({"type":7})"), "line 2: graph batch field 'type' must be a string, got 7");
  EXPECT_EQ(error(R"({"edge":"Mentors","from":"a","to":3})"),
            "line 2: graph batch field 'to' must be a string, got 3");
  EXPECT_EQ(error(R"({"type":"Ship","data":["x"]})"),
            "line 2: graph batch field 'data' must be an object, got [\"x\"]");
  EXPECT_EQ(error(R"({"type":"Ship","data":null})"),
            "line 2: graph batch field 'data' must be an object, got null");
  EXPECT_EQ(error(R"({"edge":"Mentors","from":"a","to":"b","data":{"src":"c"}})"),
            "line 2: edge data field 'src' is reserved structural state");
  EXPECT_EQ(error(R"({"type":"sailor","data":{"handle":"x"}})"),
            "line 2: unknown node type 'sailor'");
  EXPECT_EQ(error(R"({"edge":"Rows","from":"a","to":"b"})"), "line 2: unknown edge type 'Rows'");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"name":"x","mast":2,"_rowid":1}})"),
            "input field '_rowid' is reserved physical state (line 2)");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"name":"x","mast":2}})"),
            "unknown input field 'mast' for 'node:Ship' (line 2)");
  EXPECT_EQ(error(R"({"edge":"Mentors","from":"a","to":"b","data":{"mast":2}})"),
            "unknown input field 'mast' for 'edge:Mentors' (line 2)");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"id":5,"name":"x"}})"),
            "input entity of type 'Ship' field 'id' must be a string, got 5 (line 2)");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"id":null,"name":"x"}})"),
            "input entity of type 'Ship' field 'id' must be a string, got null (line 2)");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"id":"y","name":"x"}})"),
            "node Ship explicit id 'y' does not match its canonical @key id 'x' (line 2)");
  EXPECT_EQ(error(R"({"type":"Ship","data":{}})"),
            "non-nullable property 'name' has null or invalid values (line 2)");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"name":null}})"),
            "non-nullable property 'name' has null or invalid values (line 2)");
  // A malformed line anywhere goes before a wrong record.
  EXPECT_EQ(error(R"({"type":"Ship","data":{"mast":2}})"
                  "\n{"),
            "invalid strict JSON at line 3: unexpected end at column 2");
  EXPECT_TRUE(graph.rows("Ship").empty());
  EXPECT_TRUE(graph.store.records.empty());
}

constexpr const char* kProbe =
    R"(node Probe { code: String @key  ok: Bool?  i: I32?  j: I64?  u: U32?
  v: U64?  f: F32?  g: F64?  d: Date?  t: DateTime?  tags: [String]?  nums: [I32]?  days: [Date]?
  vec: Vector(3)?  kind: enum(red, blue)?  b: Blob? })";

TEST(Load, Values) {
  MemoryGraph graph(kProbe);
  EXPECT_EQ(
      load(
          graph,
          R"({"type":"Probe","data":{"code":"p","ok":false,"i":-1,"j":-9223372036854775808,"u":3,"v":18446744073709551615,"f":1.5,"g":1e3,"d":"2024-01-01","t":"2024-01-01T10:20:30.4567Z","tags":[],"nums":[1,-2],"days":["2024-01-01",3],"vec":[0,0.5,-1],"kind":"blue","b":"base64:aGk="}}
{"type":"Probe","data":{"code":"q\"\u00e9\n","d":19723,"t":1704067200000}})",
          LoadMode::kAppend)
          .error,
      "");
  EXPECT_EQ(
      graph.rows("Probe"),
      (Rows{
          "p code=p ok=false i=-1 j=-9223372036854775808 u=3 v=18446744073709551615 f=1.5 g=1000. "
          "d=19723d t=1704104430456ms tags=[] nums=[1,-2] days=[19723d,3d] vec=[0.,0.5,-1.] "
          "kind=blue b=mhi",
          "q\"é\n code=q\"é\n d=19723d t=1704067200000ms"}));
}

// Every row of spec/writes.md §6.5 that refuses.
TEST(Load, RefusedValues) {
  MemoryGraph graph(kProbe);
  const auto error = [&](const std::string& member) {
    return load(graph, R"({"type":"Probe","data":{"code":"p",)" + member + "}}", LoadMode::kAppend)
        .error;
  };
  EXPECT_EQ(error(R"("i":"1")"), R"(strict property 'i' expects Int32, got "1" (line 1))");
  EXPECT_EQ(error(R"("i":1.0)"), "strict property 'i' expects Int32, got 1.0 (line 1)");
  EXPECT_EQ(error(R"("j":1e3)"), "strict property 'j' expects Int64, got 1e3 (line 1)");
  EXPECT_EQ(error(R"("u":true)"), "strict property 'u' expects UInt32, got true (line 1)");
  EXPECT_EQ(error(R"("v":"1")"), R"(strict property 'v' expects UInt64, got "1" (line 1))");
  EXPECT_EQ(error(R"("f":"1.5")"), R"(strict property 'f' expects Float32, got "1.5" (line 1))");
  EXPECT_EQ(error(R"("g":[])"), "strict property 'g' expects Float64, got [] (line 1)");
  EXPECT_EQ(error(R"("ok":1)"), "strict property 'ok' expects Boolean, got 1 (line 1)");
  EXPECT_EQ(error(R"("kind":1)"), "strict property 'kind' expects Utf8, got 1 (line 1)");
  EXPECT_EQ(error(R"("d":1.5)"), "strict property 'd' expects Date32, got 1.5 (line 1)");
  EXPECT_EQ(error(R"("t":false)"), "strict property 't' expects Date64, got false (line 1)");
  EXPECT_EQ(error(R"("i":2147483648)"),
            "property 'i' value 2147483648 exceeds Int32 range (line 1)");
  EXPECT_EQ(error(R"("j":9223372036854775808)"),
            "property 'j' value 9223372036854775808 exceeds Int64 range (line 1)");
  EXPECT_EQ(error(R"("u":-1)"), "property 'u' value -1 exceeds UInt32 range (line 1)");
  EXPECT_EQ(error(R"("v":18446744073709551616)"),
            "property 'v' value 18446744073709551616 exceeds UInt64 range (line 1)");
  EXPECT_EQ(error(R"("f":1e39)"), "property 'f' value 1e39 exceeds Float32 range (line 1)");
  EXPECT_EQ(error(R"("g":1e400)").substr(0, 49),
            "invalid strict JSON at line 1: number out of rang");
  EXPECT_EQ(error(R"("d":"2024-02-30")"), "invalid Date literal '2024-02-30' (line 1)");
  EXPECT_EQ(error(R"("d":2147483648)"), "Date value out of range: 2147483648 (line 1)");
  EXPECT_EQ(error(R"("t":"25:00")"), "invalid DateTime literal '25:00' (line 1)");
  EXPECT_EQ(error(R"("t":9223372036854775807)"),
            "DateTime value out of range: 9223372036854775807 (line 1)");
  EXPECT_EQ(error(R"("tags":"x")"),
            R"(list property 'tags' expects a JSON array, got "x" (line 1))");
  EXPECT_EQ(error(R"("tags":["x",null])"),
            "strict list property 'tags' contains a null or invalid item (line 1)");
  EXPECT_EQ(error(R"("nums":[1,2.5])"),
            "strict list property 'nums' contains a null or invalid item (line 1)");
  EXPECT_EQ(error(R"("nums":[2147483648])"), "list value 2147483648 exceeds Int32 range (line 1)");
  EXPECT_EQ(error(R"("vec":[1,2])"), "vector property 'vec' expects 3 dimensions, got 2 (line 1)");
  EXPECT_EQ(error(R"("vec":[1,2,"3"])"),
            R"(vector property 'vec' elements must be numeric, got "3" (line 1))");
  EXPECT_EQ(error(R"("vec":[1,2,1e39])"),
            "vector element value 1e39 exceeds Float32 range (line 1)");
  EXPECT_EQ(error(R"("vec":3)"), "vector property 'vec' expects a JSON array, got 3 (line 1)");
  EXPECT_EQ(error(R"("b":7)"),
            "blob property 'b' must be a URI string or base64: prefixed data (line 1)");
  EXPECT_EQ(error(R"("kind":"green")"),
            "invalid enum value 'green' for Probe.kind (expected: blue, red) (node 'p')");
  EXPECT_TRUE(graph.rows("Probe").empty());
}

TEST(Load, KeysAreSpelledFromTheStoredValue) {
  MemoryGraph graph(R"(node Gauge { f: F32 @key  n: I32? }  node Day { d: Date @key }
                       edge On: Gauge -> Day)");
  EXPECT_EQ(load(graph, R"({"type":"Gauge","data":{"f":16777217,"n":1}}
{"type":"Gauge","data":{"f":-0.0}}
{"type":"Gauge","data":{"f":0.1}}
{"type":"Day","data":{"d":"2024-01-01"}}
{"edge":"On","from":"16777216","to":"19723"})",
                 LoadMode::kAppend)
                .error,
            "");
  EXPECT_EQ(load(graph, R"({"type":"Gauge","data":{"f":16777216,"n":2}})", LoadMode::kMerge).error,
            "");
  EXPECT_EQ(graph.rows("On"), (Rows{"16777216>19723"}));
  EXPECT_EQ(graph.rows("Gauge").size(), 3u);
  EXPECT_EQ(load(graph, R"({"edge":"On","from":"0","to":"2024-01-01"})", LoadMode::kAppend).error,
            "dst '2024-01-01' not found in Day");
}

TEST(Load, ExplicitIdsOfKeylessEntities) {
  MemoryGraph graph(R"(node Entry { text: String }  edge After: Entry -> Entry { gap: I32? })");
  EXPECT_EQ(load(graph, R"({"type":"Entry","data":{"id":"e2","text":"y"}}
{"type":"Entry","data":{"id":"e 1/é","text":"x"}}
{"type":"Entry","data":{"text":"z"}}
{"edge":"After","from":"e2","to":"e 1/é","data":{"id":"zz","gap":3}}
{"edge":"After","from":"e2","to":"e 1/é"}
{"edge":"After","from":"e2","to":"e 1/é","data":{"id":"00"}})",
                 LoadMode::kAppend)
                .error,
            "");
  EXPECT_EQ(graph.rows("Entry").size(), 3u);
  EXPECT_EQ(graph.rows("After"), (Rows{"e2>e 1/é", "e2>e 1/é", "e2>e 1/é gap=3"}));
  // A merge may move an edge.
  EXPECT_EQ(load(graph, R"({"edge":"After","from":"e 1/é","to":"e2","data":{"id":"zz"}})",
                 LoadMode::kAppend)
                .error,
            "edge type 'After' already has this id");
  EXPECT_EQ(load(graph, R"({"edge":"After","from":"e 1/é","to":"e2","data":{"id":"zz"}})",
                 LoadMode::kMerge)
                .error,
            "");
  EXPECT_EQ(graph.rows("After")[2], "e 1/é>e2");
}

TEST(Load, OneIdTwice) {
  MemoryGraph graph(
      R"(node Entry { text: String  tag: String? @unique }  edge After: Entry -> Entry { gap: I32? })");
  const std::string twice = R"({"type":"Entry","data":{"id":"e1","text":"first"}}
{"type":"Entry","data":{"id":"e1","text":"second"}})";
  EXPECT_EQ(load(graph, twice, LoadMode::kAppend).error, "node type 'Entry' already has this id");
  EXPECT_EQ(load(graph, twice, LoadMode::kOverwrite).error,
            "node type 'Entry' already has this id");
  const Loaded merged = load(graph, twice, LoadMode::kMerge);
  EXPECT_EQ(merged.error, "");
  EXPECT_EQ(merged.outcome.total_entities, 2u);
  EXPECT_EQ(graph.rows("Entry"), (Rows{"e1 text=second"}));
  EXPECT_EQ(load(graph, R"({"edge":"After","from":"e1","to":"e1","data":{"id":"a","gap":1}}
{"edge":"After","from":"e1","to":"e1","data":{"id":"a","gap":2}})",
                 LoadMode::kMerge)
                .error,
            "");
  EXPECT_EQ(graph.rows("After"), (Rows{"e1>e1 gap=2"}));
  // Records of one load that share a value violate, even with one id.
  EXPECT_EQ(load(graph, R"({"type":"Entry","data":{"id":"e2","text":"a","tag":"t"}}
{"type":"Entry","data":{"id":"e2","text":"b","tag":"t"}})",
                 LoadMode::kMerge)
                .error,
            "@unique violation on Entry.tag: value 't' held by 'e2' and 'e2'");
}

TEST(Load, RulesHoldInEveryMode) {
  MemoryGraph graph(R"(node Part { code: String @key  size: I32?  badge: String? @unique
      @range(size, 1..10)  @check(code, "^[a-z]+$") }
    edge Holds: Part -> Part @card(0..1))");
  const auto error = [&](const std::string& text, LoadMode mode) {
    return load(graph, text, mode).error;
  };
  EXPECT_EQ(error(R"({"type":"Part","data":{"code":"a","badge":"b1"}}
{"type":"Part","data":{"code":"b","size":10}}
{"edge":"Holds","from":"a","to":"b"})",
                  LoadMode::kAppend),
            "");
  EXPECT_EQ(error(R"({"type":"Part","data":{"code":"c","size":11}})", LoadMode::kAppend),
            "@range violation on Part.size: value 11 > max 10 (node 'c')");
  EXPECT_EQ(
      error(R"({"type":"Part","data":{"code":"C"}})", LoadMode::kMerge),
      "@check violation on Part.code: value 'C' does not match pattern '^[a-z]+$' (node 'C')");
  for (const LoadMode mode : {LoadMode::kAppend, LoadMode::kMerge}) {
    EXPECT_EQ(error(R"({"type":"Part","data":{"code":"c","badge":"b1"}})", mode),
              "@unique violation on Part.badge: value 'b1' held by 'a' and 'c'");
  }
  EXPECT_EQ(error(R"({"edge":"Holds","from":"a","to":"a"})", LoadMode::kAppend),
            "@card violation on edge Holds: source 'a' has 2 edges (max 1)");
  EXPECT_EQ(error(R"({"type":"Part","data":{"code":"c","badge":"b2"}}
{"type":"Part","data":{"code":"d","badge":"b2"}})",
                  LoadMode::kOverwrite),
            "@unique violation on Part.badge: value 'b2' held by 'c' and 'd'");
  EXPECT_EQ(error(R"({"edge":"Holds","from":"a","to":"a"})", LoadMode::kOverwrite), "");
}

// Pieces of a large input on two threads, through segments, against a plain model.
TEST(Load, LargeInputMatchesAModel) {
  Runtime runtime = test_runtime();
  runtime.executor = std::make_shared<ThreadPool>(2);
  MemoryGraph graph(R"(node P { k: String @key  n: I64? }  edge F: P -> P { w: I32? })", runtime);
  std::string text;
  Rows nodes, edges;
  SeededRandom random(7);
  constexpr int kNodes = 20'000;
  for (int i = 0; i < 4 * kNodes; ++i) {  // edges before and between their nodes
    const auto a = std::to_string(random.next() % kNodes),
               b = std::to_string(random.next() % kNodes);
    const bool weight = random.next() % 3 == 0;
    text += R"({"edge":"F","from":"p)" + a + R"(","to":"p)" + b + R"("})";
    if (weight) {
      text.pop_back();
      text += R"(,"data":{"w":)" + std::to_string(i) + "}}";
    }
    text += '\n';
    edges.push_back("p" + a + ">p" + b + (weight ? " w=" + std::to_string(i) : ""));
    if (i % 4 == 0) {
      const std::string key = "p" + std::to_string(i / 4);
      text += R"({"type":"P","data":{"k":")" + key + R"(","n":)" + std::to_string(i) + "}}\n";
      nodes.push_back(key + " k=" + key + " n=" + std::to_string(i));
    }
  }
  ASSERT_GT(text.size(), PieceCutter::kPieceBytes * 2);
  const Loaded loaded = load(graph, text, LoadMode::kAppend);
  ASSERT_EQ(loaded.error, "");
  EXPECT_EQ(loaded.outcome.total_entities, nodes.size() + edges.size());
  Rows got_nodes = graph.rows("P"), got_edges = graph.rows("F");
  std::sort(nodes.begin(), nodes.end());
  std::sort(edges.begin(), edges.end());
  std::sort(got_nodes.begin(), got_nodes.end());
  std::sort(got_edges.begin(), got_edges.end());
  EXPECT_EQ(got_nodes, nodes);
  EXPECT_EQ(got_edges, edges);
  // The number of a bad line counts the lines of all pieces before it.
  EXPECT_EQ(
      load(graph, text + "[]", LoadMode::kAppend).error,
      "line " + std::to_string(5 * kNodes + 1) + ": graph batch record must be one JSON object");
}

// Commits that land while a large load writes its segments.
class MeetsLoad : public ::testing::TestWithParam<std::pair<const char*, int>> {};

TEST_P(MeetsLoad, IsPreparedAgainOnlyWhenItsIdsWereTouched) {
  MemoryGraph graph("node P { k: String @key }  edge F: P -> P");
  EXPECT_EQ(load(graph, R"({"type":"P","data":{"k":"base"}})", LoadMode::kAppend).error, "");
  std::string text;
  for (int i = 0; i < 6'000; ++i) {
    const std::string key = "p" + std::to_string(i);
    text += R"({"type":"P","data":{"k":")" + key + "\"}}\n";
    text += R"({"edge":"F","from":")" + key +
            R"(","to":"base"})"
            "\n";
  }
  const auto [statement, segments] = GetParam();
  graph.store.before_segment = [&, statement = statement] {
    EXPECT_EQ(graph.mutate(statement).error, "");
  };
  const std::string error = load(graph, text, LoadMode::kMerge).error;
  EXPECT_EQ(graph.store.segments_written, segments);
  const bool base_gone = segments == 2 && !error.empty();
  if (base_gone) {
    EXPECT_EQ(error, "dst 'base' not found in P");
    EXPECT_TRUE(graph.rows("P").empty());
  } else {
    EXPECT_EQ(error, "");
    EXPECT_GE(graph.rows("P").size(), 6'001u);  // no id twice: rows() checks
    EXPECT_EQ(graph.rows("F").size(), 6'000u);
  }
}

INSTANTIATE_TEST_SUITE_P(Load, MeetsLoad,
                         ::testing::Values(std::pair(R"(query q() { insert P { k: "other" } })", 2),
                                           std::pair(R"(query q() { insert P { k: "p77" } })", 4),
                                           std::pair(R"(query q() { delete P where k = "base" })",
                                                     2)));

TEST(Ingest, IsForgiving) {
  MemoryGraph graph(kCrew);
  EXPECT_EQ(load(graph, R"({"type":"Sailor",
      "data":{"handle":"ada","rank":"high","shoe":4,"note":"a","note":"b"}} {"type":"Ship","edge":"x",
      "data":{"name":"Orca"},"more":1}{"edge":"serveson","from":"ada","to":"Orca","data":{"id":7}})",
                 LoadMode::kMerge, true)
                .error,
            "");
  EXPECT_EQ(graph.rows("Sailor"), (Rows{"ada handle=ada note=b"}));
  EXPECT_EQ(graph.rows("ServesOn"), (Rows{"ada>Orca"}));
  const auto error = [&](const std::string& text) {
    return load(graph, text, LoadMode::kMerge, true).error;
  };
  EXPECT_EQ(error(R"({"type":"Sailor","data":{"handle":7}})"),
            "non-nullable property 'handle' has null or invalid values (record 1)");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"name":"x"}} {"type":"Boat"})"),
            "record 2: unknown node type 'Boat'");
  EXPECT_EQ(error(R"({"edge":"Boat","from":"a","to":"b"})"), "record 1: unknown edge type 'Boat'");
  EXPECT_EQ(error(R"({"edge":"Mentors","from":"a"})"), "record 1: edge missing 'to'");
  EXPECT_EQ(error(R"({"edge":"Mentors","to":"a"})"), "record 1: edge missing 'from'");
  EXPECT_EQ(error("{}"), "record 1: expected 'type' or 'edge' field");
  EXPECT_EQ(error("{").substr(0, 28), "invalid JSON at record 1: un");
  EXPECT_EQ(error(R"({"type":"Ship","data":{"id":3,"name":"x"}})"),
            "node Ship explicit id must be a string, got 3 (record 1)");
}

TEST(Ingest, AcceptsOtherSpellingsOfAKey) {
  MemoryGraph graph(
      R"(node Day { d: Date @key }  edge Next: Day -> Day  node Num { n: I32 @key })");
  EXPECT_EQ(load(graph, R"({"type":"Day","data":{"id":"2024-01-01","d":"2024-01-01"}}
{"type":"Day","data":{"id":"2024-01-02","d":19724}} {"type":"Num","data":{"id":"00042","n":42}}
{"edge":"Next","from":"2024-01-01","to":"2024-01-02"})",
                 LoadMode::kMerge, true)
                .error,
            "");
  EXPECT_EQ(graph.rows("Next"), (Rows{"19723>19724"}));
  EXPECT_EQ(graph.rows("Num"), (Rows{"42 n=42"}));
  EXPECT_EQ(load(graph, R"({"type":"Day","data":{"id":"first","d":"2024-01-03"}})",
                 LoadMode::kMerge, true)
                .error,
            "node Day has explicit id 'first' that does not match @key property 'd' canonical "
            "value '19725' (record 1)");
}

TEST(Ingest, OneSpellingMayNotMeanTwoKeys) {
  MemoryGraph graph("node Berth { zone: String  bay: I32  @key(zone, bay) }");
  const std::string error = load(graph, R"({"type":"Berth","data":{"id":"rio","zone":"rio","bay":1}}
{"type":"Berth","data":{"id":"rio","zone":"rio","bay":2}})",
                                 LoadMode::kMerge, true)
                                .error;
  EXPECT_NE(error.find("refusing ambiguous edge endpoint remap"), std::string::npos) << error;
}

}  // namespace
}  // namespace omnigraph::test
