// Loads that pass their share of the memory budget go to disk on the way. Whatever the budget, they
// must end in the same graph and in the same refusals: every case here is played on a graph that
// has memory enough and on one that has not.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "graph/answers.h"
#include "omnigraph/graph.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
node Person { name: String @key  age: I32?  mail: String?  tags: [String]?
              @unique(mail)  @range(age, 0..200) }
node Note { text: String?  code: I32? @unique(code) }
edge Knows: Person -> Person { since: I32?  note: String? }
edge Wrote: Person -> Note @card(0..3)
edge Pair: Person -> Person { @unique(src, dst) }
)";

// Small enough that a few megabytes of text are several rounds.
constexpr std::uint64_t kTight = std::uint64_t{8} << 20;

class SpilledLoadTest : public testing::Test {
 protected:
  SpilledLoadTest() {
    const testing::TestInfo& info = *testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / ("og_spill_" + std::string(info.name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    wide_.emplace(Graph::create((folder_ / "wide").string(), kSchema).value());
    tight_.emplace(
        Graph::create((folder_ / "tight").string(), kSchema, {.memory_limit = kTight}).value());
  }
  ~SpilledLoadTest() override { std::filesystem::remove_all(folder_); }

  // Everything but generated ids of edges, sorted where those are.
  static std::string content(const Graph& graph) {
    const std::string out = test::exported(graph);
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < out.size();) {
      const std::size_t end = out.find('\n', at);
      std::string line = out.substr(at, end - at);
      const std::size_t id = line.find("\"id\":\"01");
      if (id != std::string::npos) line.erase(id, 34);
      lines.push_back(std::move(line));
      at = end + 1;
    }
    std::sort(lines.begin(), lines.end());
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }

  static std::string outcome(const Graph& graph, std::string_view text, LoadMode mode,
                             bool permissive) {
    const auto report = graph.load_text(text, {.mode = mode, .permissive = permissive});
    if (!report.ok()) {
      // Which of two rows is named first, and what ids were generated, is open.
      const std::string& message = report.error().message();
      return message.substr(0, message.find(" held by"));
    }
    std::string line = "loaded";
    for (const LoadedType& type : report->nodes) {
      line += " " + type.name + " " + std::to_string(type.entities_loaded);
    }
    for (const LoadedType& type : report->edges) {
      line += " " + type.name + " " + std::to_string(type.entities_loaded);
    }
    return line + " of " + std::to_string(report->total_entities);
  }

  // Loads into both graphs; what it came to.
  std::string load(const std::string& text, LoadMode mode, bool permissive = false) {
    const std::string wide = outcome(*wide_, text, mode, permissive);
    EXPECT_EQ(outcome(*tight_, text, mode, permissive), wide);
    const std::string expected = content(*wide_), got = content(*tight_);
    EXPECT_TRUE(expected == got) << expected.size() << " bytes and " << got.size();
    return wide;
  }
  std::size_t segments() const {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "tight")) {
      files += entry.path().extension() == ".parquet";
    }
    return files;
  }

  static std::string person(std::size_t i, const std::string& more = "") {
    const std::string n = std::to_string(i * 7919 % 400'003);
    return R"({"type":"Person","data":{"name":"p)" + n + R"(","age":)" + std::to_string(i % 150) +
           R"(,"tags":["a","t)" + n + "\"]" + more + "}}\n";
  }
  static std::string name(std::size_t i) { return "p" + std::to_string(i * 7919 % 400'003); }
  static std::string knows(std::size_t from, std::size_t to, const std::string& data = "") {
    return R"({"edge":"Knows","from":")" + name(from) + R"(","to":")" + name(to) + "\"" +
           (data.empty() ? "" : ",\"data\":{" + data + "}") + "}\n";
  }
  static std::string people(std::size_t first, std::size_t count) {
    std::string out;
    for (std::size_t i = first; i < first + count; ++i) out += person(i);
    return out;
  }

  std::filesystem::path folder_;
  std::optional<Graph> wide_, tight_;
};

TEST_F(SpilledLoadTest, EveryModeEndsInTheSameGraph) {
  std::string text;
  for (std::size_t i = 0; i < 24000; ++i) {
    // Edges stand before their nodes and between them.
    text += knows(i, i * 31 % 16000, i % 3 == 0 ? "\"since\":" + std::to_string(i) : "");
    if (i % 3 == 0) text += knows(i % 16000, i / 2, "\"id\":\"k" + std::to_string(i) + "\"");
    if (i % 5 == 0)
      text += "{\"type\":\"Note\",\"data\":{\"text\":\"n" + std::to_string(i) + "\"}}\n";
    text += person(23'999 - i, ",\"mail\":\"m" + std::to_string(i) + "@x\"");
  }
  EXPECT_EQ(load(text, LoadMode::kAppend), "loaded Note 4800 Person 24000 Knows 32000 of 60800");
  EXPECT_GT(segments(), 3u);  // of three types
  EXPECT_EQ(load(text, LoadMode::kAppend), "node type 'Person' already has this id");

  // Half of the people change, the others come new; edges with ids move.
  std::string changes;
  for (std::size_t i = 12000; i < 36000; ++i)
    changes += person(i, ",\"mail\":\"n" + std::to_string(i) + "\"");
  for (std::size_t i = 0; i < 12000; i += 3) {
    changes += knows(i + 1, i + 2, "\"note\":\"moved\",\"id\":\"k" + std::to_string(i) + "\"");
    changes += knows(i, i + 1);
  }
  EXPECT_EQ(load(changes, LoadMode::kMerge), "loaded Person 24000 Knows 8000 of 32000");

  EXPECT_EQ(load(people(0, 36000) + knows(1, 2), LoadMode::kOverwrite),
            "loaded Person 36000 Knows 1 of 36001");
  const Graph again = Graph::open((folder_ / "tight").string()).value();
  EXPECT_TRUE(content(again) == content(*wide_));
}

TEST_F(SpilledLoadTest, IdsThatComeTwice) {
  EXPECT_EQ(load(people(0, 20000) + person(7), LoadMode::kMerge),
            "@unique violation on Person.name: value '" + name(7) + "'");
  const std::string note = R"({"type":"Note","data":{"id":"n1","text":")";
  const std::string notes = note + "first\"}}\n" + people(0, 20000) + note + "last\"}}\n";
  EXPECT_EQ(load(notes, LoadMode::kAppend), "node type 'Note' already has this id");
  EXPECT_EQ(load(notes, LoadMode::kOverwrite), "node type 'Note' already has this id");
  EXPECT_EQ(load(notes, LoadMode::kMerge), "loaded Note 2 Person 20000 of 20002");
  const std::string edges = knows(0, 1, "\"id\":\"e\",\"note\":\"first\"") + people(20000, 20000) +
                            knows(2, 3, "\"id\":\"e\",\"note\":\"last\"");
  EXPECT_EQ(load(edges, LoadMode::kAppend), "edge type 'Knows' already has this id");
  EXPECT_EQ(load(edges, LoadMode::kMerge), "loaded Person 20000 Knows 2 of 20002");
  EXPECT_NE(content(*tight_).find("\"note\":\"last\""), std::string::npos);
  EXPECT_EQ(content(*tight_).find("\"note\":\"first\""), std::string::npos);
}

TEST_F(SpilledLoadTest, RulesAcrossTheWholeInput) {
  const std::string many = people(0, 20000);
  const std::string mail = ",\"mail\":\"same\"";
  EXPECT_EQ(load(person(24000, mail) + many + person(60'001, mail), LoadMode::kAppend),
            "@unique violation on Person.mail: value 'same'");
  EXPECT_EQ(load(many + person(24000, mail), LoadMode::kAppend), "loaded Person 20001 of 20001");
  // A value that is freed far from where it is taken.
  EXPECT_EQ(load(person(60'001, mail) + people(60'002, 20000), LoadMode::kAppend),
            "@unique violation on Person.mail: value 'same'");
  EXPECT_EQ(load(person(60'001, mail) + people(60'002, 20000) + person(24000), LoadMode::kMerge),
            "loaded Person 20002 of 20002");

  std::string notes, wrote;
  for (int i = 0; i < 4; ++i) {
    notes += R"({"type":"Note","data":{"id":"n)" + std::to_string(i) + "\"}}\n";
    wrote += R"({"edge":"Wrote","from":")" + name(5) + R"(","to":"n)" + std::to_string(i) +
             "\"}\n" + people(85000 + static_cast<std::size_t>(i) * 8000, 8000);
  }
  EXPECT_EQ(load(notes + wrote, LoadMode::kAppend),
            "@card violation on edge Wrote: source '" + name(5) + "' has 4 edges (max 3)");
  const std::string pair =
      R"({"edge":"Pair","from":")" + name(1) + R"(","to":")" + name(2) + "\"}\n";
  EXPECT_EQ(load(pair + people(120000, 20000) + pair, LoadMode::kAppend),
            "@unique violation on Pair.(dst, src): value '(" + name(2) + ", " + name(1) + ")'");
  EXPECT_EQ(load(people(160000, 20000) + knows(160000, 999'999), LoadMode::kAppend),
            "dst '" + name(999'999) + "' not found in Person");
  EXPECT_EQ(load(people(160000, 20000) + knows(999'999, 1), LoadMode::kAppend),
            "src '" + name(999'999) + "' not found in Person");
  EXPECT_EQ(load(R"({"type":"Person","data":{"name":"old","age":201}})"
                 "\n" +
                     many,
                 LoadMode::kMerge),
            "@range violation on Person.age: value 201 > max 200 (node 'old')");
}

TEST_F(SpilledLoadTest, OverwriteKeepsOrRefusesEdges) {
  EXPECT_EQ(load(people(0, 24000) + knows(1, 23600), LoadMode::kAppend),
            "loaded Person 24000 Knows 1 of 24001");
  EXPECT_EQ(load(people(0, 20000), LoadMode::kOverwrite),
            "dst '" + name(23600) + "' not found in Person");
  EXPECT_EQ(load(people(1, 23600), LoadMode::kOverwrite), "loaded Person 23600 of 23600");
}

TEST_F(SpilledLoadTest, RefusalsNameTheirLines) {
  const std::string many = people(0, 20000);
  EXPECT_EQ(load(many + "\n\nnonsense\n", LoadMode::kAppend),
            "invalid strict JSON at line 20003: expected a value at column 1");
  EXPECT_EQ(load(R"({"type":"Person","data":{"name":1}})"
                 "\n" +
                     many + "nonsense\n",
                 LoadMode::kAppend),
            "invalid strict JSON at line 20002: expected a value at column 1");
  EXPECT_EQ(load(R"({"type":"Person","data":{"name":1}})"
                 "\n" +
                     many,
                 LoadMode::kAppend),
            "strict property 'name' expects Utf8, got 1 (line 1)");
  EXPECT_EQ(segments(), 0u);  // of a refused load nothing stays
}

TEST_F(SpilledLoadTest, ThePermissiveFormIsReadInPiecesToo) {
  std::string text;
  for (std::size_t i = 0; i < 20000; ++i) {
    text += "{\"type\":\"Person\",\n \"data\":{\"name\":\"" + name(i) +
            "\",\"odd\":\"}{][\\\"\", \"age\":\"no number\"}} ";
    if (i % 2 == 0) text += knows(i, i / 2);
  }
  EXPECT_EQ(load(text, LoadMode::kAppend, true), "loaded Person 20000 Knows 10000 of 30000");
  EXPECT_EQ(load(text + "{\"type\":\"Nope\"}", LoadMode::kMerge, true),
            "record 30001: unknown node type 'Nope'");
  EXPECT_EQ(
      load(text + "{\"type\":\"Person\",\"data\":{\"name\":\"\xFF\"}}", LoadMode::kMerge, true),
      "invalid JSON at record 30001: invalid UTF-8");
  EXPECT_EQ(load(text + "{\"type\":", LoadMode::kMerge, true).substr(0, 29),
            "invalid JSON at record 30001:");
}

}  // namespace
}  // namespace omnigraph
