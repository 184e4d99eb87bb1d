// One rule, one implementation, every entry: each constraint is broken, and kept, by an insert, an
// update, and loads in the three modes, and says the same words everywhere.
#include "memory_graph.h"

namespace omnigraph::test {
namespace {

constexpr const char* kSchema = R"(
node Part {
    code: String @key
    size: I32?  color: enum(blue, red)?  name: String?  a: I32?  b: I32?  slug: String?
    must: I32
    @range(size, 1..10)  @check(name, "^[a-z]+$")  @unique(slug)  @unique(a, b)
}
edge Uses: Part -> Part @card(0..2)
)";

// Two parts that hold what others may not take.
constexpr const char* kBase =
    R"({"type":"Part","data":{"code":"p1","must":1,"slug":"s1","a":1,"b":2}}
{"type":"Part","data":{"code":"p2","must":1,"slug":"s2"}}
{"edge":"Uses","from":"p1","to":"p2"}
{"edge":"Uses","from":"p1","to":"p1"}
)";

enum class Entry { kInsert, kUpdate, kAppend, kMerge, kOverwrite };
constexpr Entry kEntries[] = {Entry::kInsert, Entry::kUpdate, Entry::kAppend, Entry::kMerge,
                              Entry::kOverwrite};
const char* name_of(Entry entry) {
  constexpr const char* kNames[] = {"insert", "update", "append", "merge", "overwrite"};
  return kNames[static_cast<int>(entry)];
}

struct Rule {
  const char* what;
  const char* bad;  // values of part `x`, as JSON members
  const char* good;
  const char* message;  // of the violation
};

constexpr Rule kRules[] = {
    {"range", R"("size":11)", R"("size":10)",
     "@range violation on Part.size: value 11 > max 10 (node 'x')"},
    {"check", R"("name":"A1")", R"("name":"ab")",
     "@check violation on Part.name: value 'A1' does not match pattern '^[a-z]+$' (node 'x')"},
    {"enum", R"("color":"green")", R"("color":"red")",
     "invalid enum value 'green' for Part.color (expected: blue, red) (node 'x')"},
    {"unique", R"("slug":"s1")", R"("slug":"s9")",
     "@unique violation on Part.slug: value 's1' held by 'p1' and 'x'"},
    {"composite unique", R"("a":1,"b":2)", R"("a":1,"b":3)",
     "@unique violation on Part.(a, b): value '(1, 2)' held by 'p1' and 'x'"},
};

std::string load(MemoryGraph& graph, const std::string& text, LoadMode mode) {
  LoadSettings settings;
  settings.mode = mode;
  const auto source = text_load_source(text);
  const auto result = graph.writer.load(*source, settings);
  return result.ok() ? "" : result.error().message();
}

// `"size":11` as `size: 11`, strings as they are: what a mutation assigns.
std::string assignments(std::string members) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    // A name is a quoted text in front of a colon.
    if (members[i] == '"' && !quoted) {
      const std::size_t end = members.find('"', i + 1);
      if (end + 1 < members.size() && members[end + 1] == ':') {
        out += members.substr(i + 1, end - i - 1);
        i = end;
        continue;
      }
    }
    if (members[i] == '"') quoted = !quoted;
    out += members[i];
  }
  return out;
}

// Writes part `x` with these values by way of `entry`; the error's message.
std::string write(MemoryGraph& graph, Entry entry, const std::string& members) {
  const std::string record = R"({"type":"Part","data":{"code":"x","must":1,)" + members + "}}\n";
  switch (entry) {
    case Entry::kInsert:
      return graph
          .mutate("query q() { insert Part { code: \"x\", must: 1, " + assignments(members) +
                  " } }")
          .error;
    case Entry::kUpdate:
      EXPECT_EQ(graph.mutate("query q() { insert Part { code: \"x\", must: 1 } }").error, "");
      return graph
          .mutate("query q() { update Part set { " + assignments(members) +
                  " } where code = \"x\" }")
          .error;
    case Entry::kAppend:
      return load(graph, record, LoadMode::kAppend);
    case Entry::kMerge:
      return load(graph, record, LoadMode::kMerge);
    case Entry::kOverwrite:
      return load(graph, kBase + record, LoadMode::kOverwrite);
  }
  return "";
}

TEST(ValidatorEntries, ValueAndUniqueRules) {
  for (const Rule& rule : kRules) {
    for (const Entry entry : kEntries) {
      SCOPED_TRACE(std::string(rule.what) + " by " + name_of(entry));
      MemoryGraph graph(kSchema);
      ASSERT_EQ(load(graph, kBase, LoadMode::kAppend), "");
      const auto before = graph.rows("Part");
      std::string error = write(graph, entry, rule.bad);
      // A literal outside an enumeration is found before anything runs.
      if (error.find("type error: T3") != std::string::npos) {
        EXPECT_NE(error.find("expects one of [blue, red], got 'green'"), std::string::npos);
      } else if (entry == Entry::kOverwrite && std::string_view(rule.what).ends_with("unique")) {
        // Both are records of one load; which is named first is open.
        EXPECT_EQ(error.substr(0, error.find(" held by")),
                  std::string(rule.message).substr(0, error.find(" held by")));
      } else {
        EXPECT_EQ(error, rule.message);
      }
      EXPECT_TRUE(entry == Entry::kUpdate || graph.rows("Part") == before);
      MemoryGraph other(kSchema);
      ASSERT_EQ(load(other, kBase, LoadMode::kAppend), "");
      EXPECT_EQ(write(other, entry, rule.good), "");
    }
  }
}

TEST(ValidatorEntries, RequiredAndKey) {
  constexpr const char* kMissing = R"({"type":"Part","data":{"code":"x"}})";
  for (const LoadMode mode : {LoadMode::kAppend, LoadMode::kMerge, LoadMode::kOverwrite}) {
    MemoryGraph graph(kSchema);
    ASSERT_EQ(load(graph, kBase, LoadMode::kAppend), "");
    EXPECT_EQ(load(graph, kMissing, mode),
              "non-nullable property 'must' has null or invalid values (line 1)");
    EXPECT_EQ(load(graph, R"({"type":"Part","data":{"must":1}})", mode),
              "non-nullable property 'code' has null or invalid values (line 1)");
    const std::string twice = R"({"type":"Part","data":{"code":"x","must":1}})";
    EXPECT_EQ(load(graph, twice + "\n" + twice, mode),
              "@unique violation on Part.code: value 'x' held by 'x' and 'x'");
  }
  MemoryGraph graph(kSchema);
  ASSERT_EQ(load(graph, kBase, LoadMode::kAppend), "");
  const auto none =
      graph.mutate("query q($n: I32?) { insert Part { code: \"x\", must: $n } }", {Value()});
  EXPECT_EQ(none.error, "non-nullable property 'must' has null or invalid values");
  const auto cleared = graph.mutate(
      "query q($n: I32?) { update Part set { must: $n } where code = \"p1\" }", {Value()});
  EXPECT_EQ(cleared.error, "non-nullable property 'must' has null or invalid values");
  EXPECT_EQ(load(graph, R"({"type":"Part","data":{"code":"p1","must":1}})", LoadMode::kAppend),
            "node type 'Part' already has this id");
}

TEST(ValidatorEntries, EndsAndCardinality) {
  constexpr const char* kGhost = R"({"edge":"Uses","from":"p2","to":"ghost"})";
  constexpr const char* kThird = R"({"edge":"Uses","from":"p1","to":"p2"})";
  constexpr const char* kMissing = "dst 'ghost' not found in Part";
  constexpr const char* kTooMany = "@card violation on edge Uses: source 'p1' has 3 edges (max 2)";
  for (const LoadMode mode : {LoadMode::kAppend, LoadMode::kMerge}) {
    MemoryGraph graph(kSchema);
    ASSERT_EQ(load(graph, kBase, LoadMode::kAppend), "");
    EXPECT_EQ(load(graph, kGhost, mode), kMissing);
    EXPECT_EQ(load(graph, kThird, mode), kTooMany);
    EXPECT_EQ(load(graph, R"({"edge":"Uses","from":"p2","to":"p1"})", mode), "");
  }
  MemoryGraph graph(kSchema);
  ASSERT_EQ(load(graph, kBase, LoadMode::kAppend), "");
  EXPECT_EQ(graph.mutate("query q() { insert Uses { from: \"p2\", to: \"ghost\" } }").error,
            kMissing);
  EXPECT_EQ(graph.mutate("query q() { insert Uses { from: \"p1\", to: \"p2\" } }").error, kTooMany);
  EXPECT_EQ(load(graph, kGhost, LoadMode::kOverwrite), kMissing);
  EXPECT_EQ(load(graph, std::string(kThird) + "\n" + kThird + "\n" + kThird, LoadMode::kOverwrite),
            kTooMany);
  // A node that goes while edges stay.
  EXPECT_EQ(load(graph, R"({"type":"Part","data":{"code":"p1","must":1}})", LoadMode::kOverwrite),
            "dst 'p2' not found in Part");
}

// One case for each way in which input is broken: a typed error that names the place, nothing
// stored, and a bounded excerpt.
TEST(BadInput, IsRefusedWithItsPlace) {
  const std::string good = R"({"type":"Part","data":{"code":"g","must":1}})"
                           "\n";
  const std::string deep(200, '[');
  const struct {
    std::string line, message;
  } kCases[] = {
      {"{", "invalid strict JSON at line 2: unexpected end at column 2"},
      {R"({"type":"Part","type":"Part"})", "duplicate JSON member 'type'"},
      {R"({"type":"Part","data":{"code":"x","must":1,"must":2}})", "duplicate JSON member 'must'"},
      {"{\"type\":\"Part\",\"data\":{\"code\":\"\xC3\x28\"}}", "line 2: invalid UTF-8"},
      {R"({"type":"Part","data":{"code":"\ud800"}})", "lone surrogate in escape"},
      {R"({"type":"Part","data":{"code":)" + deep, "nesting deeper than 128"},
      {R"({"type":"Part","data":{"code":"x","must":NaN}})", "invalid strict JSON at line 2"},
      {R"({"type":"Part","data":{"code":"x","must":1e999}})", "number out of range"},
      {R"({"type":"Part","data":{"code":"x","must":2147483648}})",
       "property 'must' value 2147483648 exceeds Int32 range (line 2)"},
      {R"({"type":"Part","data":{"code":"x","must":-2147483649}})", "exceeds Int32 range"},
      {R"({"type":"Part","data":{"code":"x","must":1.0}})",
       "strict property 'must' expects Int32, got 1.0 (line 2)"},
      {R"({"type":"Part","data":{"code":"x","must":")" + std::string(5000, 'y') + "\"}}",
       "strict property 'must' expects Int32, got \"yyy"},
      {R"({"type":"Part","data":{"code":"x","nope":1}})",
       "unknown input field 'nope' for 'node:Part' (line 2)"},
      {R"({"type":"Nope"})", "line 2: unknown node type 'Nope'"},
      {R"({"edge":"Uses","from":"p1"})", "line 2: graph batch record requires field 'to'"},
      {R"({"type":"Part","data":null})", "line 2: graph batch field 'data' must be an object"},
      {"[1]", "line 2: graph batch record must be one JSON object"},
      {std::string("{\"type\":\"Part\",\"data\":{\"code\":\"x\0\"}}", 36),
       "control character in string"},
  };
  MemoryGraph graph(kSchema);
  for (const auto& [line, message] : kCases) {
    const std::string error = load(graph, good + line + "\n", LoadMode::kAppend);
    EXPECT_NE(error.find(message), std::string::npos) << error;
    EXPECT_LT(error.size(), 400u) << "the excerpt is not bounded";
    EXPECT_TRUE(graph.rows("Part").empty());
  }
  // An escaped NUL is a character like any other.
  EXPECT_EQ(
      load(graph, R"({"type":"Part","data":{"code":"a\u0000b","must":1}})", LoadMode::kAppend), "");
  EXPECT_EQ(graph.rows("Part").size(), 1u);
}

// However long the value that breaks a rule is, the message stays short, and names its row.
TEST(BadInput, ExcerptsAreBounded) {
  MemoryGraph graph(kSchema);
  const std::string long_text(std::size_t{1} << 20, 'A');
  const auto expect_short = [&](const std::string& line, const char* words) {
    const std::string error = load(graph, line, LoadMode::kAppend);
    EXPECT_NE(error.find(words), std::string::npos) << error.substr(0, 1000);
    EXPECT_LT(error.size(), 1000u) << error.substr(0, 100);
    EXPECT_TRUE(graph.rows("Part").empty());
  };
  const std::string part = R"({"type":"Part","data":{"code":"x","must":1,)";
  expect_short(part + R"("name":")" + long_text + "\"}}",
               "does not match pattern '^[a-z]+$' (node 'x')");
  expect_short(part + R"("color":")" + long_text + "\"}}", "(expected: blue, red) (node 'x')");
  expect_short(part + "\"" + long_text + "\":1}}", "for 'node:Part' (line 1)");
  expect_short(R"({"type":")" + long_text + "\"}", "line 1: unknown node type 'AAA");
  expect_short(part + R"("id":")" + long_text + "\"}}", "canonical @key id 'x' (line 1)");
  expect_short(part + R"("slug":")" + long_text + "\"}}\n" +
                   R"({"type":"Part","data":{"code":"y","must":1,"slug":")" + long_text + "\"}}",
               "' held by '");
  expect_short(
      part + R"("a":1}})" + "\n" + R"({"edge":"Uses","from":"x","to":")" + long_text + "\"}",
      "' not found in Part");
  expect_short(part + "\"" + long_text + "\":1,\"" + long_text + "\":1}}", "duplicate JSON member");
}

TEST(BadInput, EndlessLinesAndHugeStrings) {
  MemoryGraph graph(kSchema);
  const std::string huge(std::size_t{64} << 20, 'z');
  const std::string limit = "resource limit exceeded for graph_batch_line_bytes";
  EXPECT_EQ(load(graph, huge, LoadMode::kAppend).substr(0, limit.size()), limit);
  EXPECT_EQ(load(graph, R"({"type":"Part","data":{"code":")" + huge + R"(","must":1}})",
                 LoadMode::kAppend)
                .substr(0, limit.size()),
            limit);
  EXPECT_TRUE(graph.rows("Part").empty());
  // Half of that is a value like any other.
  EXPECT_EQ(load(graph,
                 R"({"type":"Part","data":{"code":"k","must":1,"slug":")" +
                     huge.substr(0, huge.size() / 2 - 100) + "\"}}",
                 LoadMode::kAppend),
            "");
}

}  // namespace
}  // namespace omnigraph::test
