// Schema changes through the engine: what stays, what goes, what earlier commits still say, what it
// costs, and how it meets writes that are under way.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "common/test_runtime.h"
#include "graph/answers.h"
#include "graph/engine.h"
#include "storage/counting_store.h"

namespace omnigraph {
namespace {

constexpr std::string_view kFirst = R"(
node Person { name: String @key  age: I32?  mood: enum(calm, glad)? }
edge Knows: Person -> Person { since: I32? }
)";

class SchemaEvolutionTest : public testing::Test {
 protected:
  std::unique_ptr<Graph::Engine> create(std::string_view schema = kFirst) {
    auto made = Graph::Engine::create(
        [this]() -> Result<ObjectStorePtr> { return ObjectStorePtr(objects_); }, "", schema, {},
        test_runtime());
    EXPECT_TRUE(made.ok()) << made.error().message();
    return std::move(made).value();
  }
  std::unique_ptr<Graph::Engine> open() {
    auto opened = Graph::Engine::open(objects_, {}, runtime());
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return std::move(opened).value();
  }

  // Of one more process on a machine whose clock goes on.
  Runtime runtime() {
    Runtime runtime = test_runtime(++seed_);
    clock_->advance_micros(1'000);
    runtime.clock = clock_;
    return runtime;
  }

  static std::string apply(Graph::Engine& graph, std::string_view schema, bool data_loss = false) {
    const auto report = graph.apply_schema({.desired = schema, .allow_data_loss = data_loss});
    if (!report.ok()) return report.error().message();
    std::string text = report->commit ? "" : "nothing";
    for (const SchemaStep& step : report->plan.steps)
      text += (text.empty() ? "" : "; ") + step.text;
    return text;
  }
  static std::string load(Graph::Engine& graph, std::string_view lines) {
    const auto report = graph.load(*text_load_source(lines), {.mode = LoadMode::kMerge});
    return report.ok() ? report->commit.id : report.error().message();
  }
  static std::string mutate(Graph::Engine& graph, std::string_view source) {
    const auto report = graph.mutate({.source = source});
    return report.ok() ? "" : report.error().message();
  }
  // The rows as CSV lines without their head, or the error.
  static std::string rows(Graph::Engine& graph, std::string_view source,
                          std::optional<std::string_view> snapshot = std::nullopt) {
    return test::csv_rows(graph.query({.source = source, .snapshot = snapshot}));
  }
  static std::string head(Graph::Engine& graph) {
    return graph.store().state()->branch("main")->snapshot->commit().text();
  }

  std::shared_ptr<CountingStore> objects_ = counted(make_memory_store());
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::uint64_t seed_ = 1;
};

constexpr std::string_view kPeople =
    R"({"type":"Person","data":{"name":"Ada","age":36,"mood":"calm"}}
{"type":"Person","data":{"name":"Bo"}}
{"edge":"Knows","from":"Ada","to":"Bo","data":{"id":"k1","since":2020}}
)";
constexpr std::string_view kRenamed = R"(
node Human @rename_from("Person") {
  full_name: String @key @rename_from("name")
  age: I32?
  feels: enum(calm, glad, sad)? @rename_from("mood")
  nick: String? @index
}
edge Meets: Human -> Human @rename_from("Knows") { since: I32? }
)";
constexpr std::string_view kHumans =
    "query q() { match { $h: Human } return { $h.full_name, $h.age, $h.feels, $h.nick } "
    "order { $h.full_name asc } }";
constexpr std::string_view kMeetings =
    "query q() { match { $a: Human $a $m:meets $b } return { $a.full_name, $m.since, $b.full_name "
    "} }";

TEST_F(SchemaEvolutionTest, RenamesAndAdditionsKeepEveryValue) {
  const auto graph = create();
  const std::string then = load(*graph, kPeople);
  EXPECT_EQ(
      apply(*graph, kRenamed),
      "rename node type 'Person' -> 'Human'; rename property 'Human.mood' -> 'Human.feels' on "
      "node 'Human'; extend enum 'Human.feels' (+sad) on node 'Human'; rename property "
      "'Human.name' -> 'Human.full_name' on node 'Human'; add property 'Human.nick' (String?) "
      "on node 'Human'; add constraint @index(nick) on node 'Human'; rename edge type 'Knows' "
      "-> 'Meets'");
  EXPECT_EQ(mutate(*graph,
                   "query m() { insert Human { full_name: \"Cy\", feels: \"sad\", nick: "
                   "\"c\" } }"),
            "");
  const std::string now = "Ada,36,calm,null\nBo,null,null,null\nCy,null,sad,c\n";
  EXPECT_EQ(rows(*graph, kHumans), now);
  EXPECT_EQ(rows(*graph, kMeetings), "Ada,2020,Bo\n");
  // The past is read through the accepted schema: renamed values are there, added ones are null.
  EXPECT_EQ(rows(*graph, kHumans, then), "Ada,36,calm,null\nBo,null,null,null\n");
  EXPECT_EQ(rows(*graph, kMeetings, then), "Ada,2020,Bo\n");
  // Folded into segments under the new schema, and found by another process, all is the same.
  ASSERT_TRUE(graph->store().maintain_now().ok());
  const auto other = open();
  EXPECT_EQ(rows(*other, kHumans), now);
  EXPECT_EQ(rows(*other, kMeetings), "Ada,2020,Bo\n");
  EXPECT_EQ(rows(*other, kHumans, then), "Ada,36,calm,null\nBo,null,null,null\n");
  EXPECT_EQ(apply(*other, kRenamed), "nothing");
}

TEST_F(SchemaEvolutionTest, SegmentsWrittenBeforeServeTheSchemaAfter) {
  const auto graph = create();
  std::string lines;
  for (int i = 0; i < 5'000; ++i) {
    lines += R"({"type":"Person","data":{"name":"p)" + std::to_string(i) + R"(","age":)" +
             std::to_string(i) + R"(,"mood":"glad"}})" + "\n";
  }
  const std::string then = load(*graph, lines);
  ASSERT_TRUE(graph->store().maintain_now().ok());
  ASSERT_EQ(apply(*graph, kRenamed).find("rename node type"), 0U);
  EXPECT_EQ(mutate(*graph,
                   "query m() { update Human set { feels: \"sad\", nick: \"n\" } where "
                   "full_name = \"p7\" }"),
            "");
  constexpr std::string_view kOne =
      "query q() { match { $h: Human { full_name: \"p7\" } } return { $h.age, $h.feels, $h.nick } "
      "}";
  EXPECT_EQ(rows(*graph, kOne), "7,sad,n\n");
  EXPECT_EQ(rows(*graph, kOne, then), "7,glad,null\n");
  constexpr std::string_view kCounts =
      "query q() { match { $h: Human } return { $h.feels, count($h) as n } order { $h.feels asc } "
      "}";
  EXPECT_EQ(rows(*graph, kCounts), "glad,4999\nsad,1\n");
  ASSERT_TRUE(graph->store().maintain_now().ok());
  EXPECT_EQ(rows(*graph, kCounts), "glad,4999\nsad,1\n");
  EXPECT_EQ(rows(*open(), kOne), "7,sad,n\n");
  // The index that came later serves equality and order as one from the start would.
  EXPECT_EQ(
      rows(*graph, "query q() { match { $h: Human { nick: \"n\" } } return { $h.full_name } }"),
      "p7\n");
}

TEST_F(SchemaEvolutionTest, DroppedThingsAreGoneAndComeBackEmpty) {
  const auto graph = create();
  const std::string then = load(*graph, kPeople);
  constexpr std::string_view kLess = "node Person { name: String @key }";
  EXPECT_EQ(
      apply(*graph, kLess),
      "drop property 'Person.age' of node 'Person' (soft mode); drop property 'Person.mood' of "
      "node 'Person' (soft mode); drop edge type 'Knows' (soft mode)");
  constexpr std::string_view kAges =
      "query q() { match { $p: Person } return { $p.name, $p.age } order { $p.name asc } }";
  EXPECT_NE(rows(*graph, kAges).find("no property `age`"), std::string::npos);
  EXPECT_NE(apply(*graph, kFirst), "nothing");
  EXPECT_EQ(rows(*graph, kAges), "Ada,null\nBo,null\n");
  EXPECT_EQ(rows(*graph, kAges, then), "Ada,null\nBo,null\n");  // the new property has no past
  constexpr std::string_view kKnows =
      "query q() { match { $a: Person $a knows $b } return { $b.name } }";
  EXPECT_EQ(rows(*graph, kKnows), "");
  EXPECT_EQ(rows(*graph, kKnows, then), "edge type 'Knows' does not exist at this snapshot");
  ASSERT_TRUE(graph->store().maintain_now().ok());
  EXPECT_EQ(rows(*open(), kAges), "Ada,null\nBo,null\n");
}

TEST_F(SchemaEvolutionTest, TypesThatCameLaterHaveNoPast) {
  const auto graph = create("node Person { name: String @key }");
  const std::string first = head(*graph);
  const std::string then = load(*graph, R"({"type":"Person","data":{"name":"Ada"}})");
  ASSERT_EQ(apply(*graph, "node Human @rename_from(\"Person\") { name: String @key }"),
            "rename node type 'Person' -> 'Human'");
  const std::string renamed = head(*graph);
  ASSERT_EQ(apply(*graph, "node Human { name: String @key } node Person { name: String @key }"),
            "add node type 'Person'");
  constexpr std::string_view kNew = "query q() { match { $p: Person } return { $p.name } }";
  constexpr std::string_view kOld = "query q() { match { $p: Human } return { $p.name } }";
  for (const std::string& at : {first, then, renamed}) {
    EXPECT_EQ(rows(*graph, kNew, at), "node type 'Person' does not exist at this snapshot") << at;
    EXPECT_EQ(rows(*graph, kOld, at), at == first ? "" : "Ada\n") << at;
  }
  EXPECT_EQ(rows(*graph, kNew, head(*graph)), "");
  const std::string added = head(*graph);
  EXPECT_NE(load(*graph, R"({"type":"Person","data":{"name":"Bo"}})"), "");
  EXPECT_EQ(rows(*graph, kNew, added), "");
  EXPECT_EQ(rows(*open(), kNew, then), "node type 'Person' does not exist at this snapshot");
}

TEST_F(SchemaEvolutionTest, HardDropsForgetTheEarlierCommitsOfTheirTypesOnly) {
  const auto graph = create("node A { k: String @key x: I32? y: I32? } node B { k: String @key }");
  const std::string then = load(
      *graph,
      "{\"type\":\"A\",\"data\":{\"k\":\"a\",\"x\":1}}\n{\"type\":\"B\",\"data\":{\"k\":\"b\"}}");
  constexpr std::string_view kA = "query q() { match { $a: A } return { $a.k } }";
  constexpr std::string_view kB = "query q() { match { $b: B } return { $b.k } }";
  ASSERT_EQ(apply(*graph, "node A { k: String @key x: I32? } node B { k: String @key }"),
            "drop property 'A.y' of node 'A' (soft mode)");
  EXPECT_EQ(rows(*graph, kA, then), "a\n");
  ASSERT_EQ(apply(*graph, "node A { k: String @key } node B { k: String @key }", true),
            "drop property 'A.x' of node 'A' (hard mode)");
  const std::string dropped = head(*graph);
  for (const auto& reader : {open(), open()}) {
    EXPECT_EQ(rows(*reader, kA, then), "historical published dataset version 2 was reclaimed");
    EXPECT_EQ(rows(*reader, kB, then), "b\n");
    EXPECT_EQ(rows(*reader, kA, dropped), "a\n");
    EXPECT_EQ(rows(*reader, kA), "a\n");
    ASSERT_TRUE(reader->store().maintain_now().ok());  // the next one opens from a checkpoint
  }
  EXPECT_EQ(mutate(*graph, "query m() { insert A { k: \"c\" } }"), "");
  EXPECT_EQ(rows(*graph, kA, dropped), "a\n");
  // One record: the commit and what it forgets.
  ASSERT_EQ(apply(*graph, "node B { k: String @key }", true), "drop node type 'A' (hard mode)");
  EXPECT_EQ(graph->store().state()->floors.size(), 1U);
}

TEST_F(SchemaEvolutionTest, RefusalsChangeNothing) {
  const auto graph = create();
  load(*graph, kPeople);
  const std::string before = head(*graph);
  const auto refused =
      graph->apply_schema({.desired = "node Person { name: String @key age: I64? }"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kBadRequest);
  EXPECT_EQ(refused.error().message().find("[OG-MF-106] changing property type"), 0U);
  EXPECT_EQ(apply(*graph, "node {").find("parse error"), 0U);
  EXPECT_EQ(apply(*graph, "node X @rename_from(\"Nobody\") {}")
                .find("schema identity resolution failed:"),
            0U);
  EXPECT_EQ(apply(*graph, "// the same\n" + std::string(kFirst)), "nothing");
  EXPECT_EQ(head(*graph), before);
  EXPECT_EQ(*graph->schema_source(), kFirst);
  ASSERT_TRUE(graph->create_branch({.name = "side"}).ok());
  ASSERT_TRUE(graph->create_branch({.name = "review"}).ok());
  const auto branched = graph->apply_schema({.desired = kFirst});
  ASSERT_FALSE(branched.ok());
  EXPECT_EQ(branched.error().code(), ErrorCode::kConflict);
  EXPECT_NE(branched.error().message().find("schema apply requires a graph with only main"),
            std::string::npos);
  EXPECT_NE(branched.error().message().find("found non-main branches: review, side"),
            std::string::npos);
  EXPECT_EQ(head(*graph), before);
  const auto read_only = Graph::Engine::open(objects_, {.read_only = true}, test_runtime(9));
  const auto written = (*read_only)->apply_schema({.desired = kRenamed});
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code(), ErrorCode::kReadOnly);
}

// One put of one record, whatever is stored; nothing is read but the look for news.
TEST_F(SchemaEvolutionTest, CostsAreThoseOfTheSchema) {
  StoreCounts few;
  for (const int people : {10, 20'000}) {
    objects_ = counted(make_memory_store());
    const auto graph = create();
    std::string lines;
    for (int i = 0; i < people; ++i) {
      lines +=
          R"({"type":"Person","data":{"name":"p)" + std::to_string(i) + R"(","age":1}})" + "\n";
    }
    load(*graph, lines);
    objects_->reset();
    ASSERT_EQ(apply(*graph, kRenamed).find("rename"), 0U);
    const StoreCounts counts = objects_->counts();
    EXPECT_EQ(counts.all_puts(), 1U);
    EXPECT_LE(counts.round_trips, 3U);
    if (people == 10) few = counts;
    EXPECT_EQ(counts.round_trips, few.round_trips);
    EXPECT_LE(counts.bytes_written, few.bytes_written + 64);
    EXPECT_LE(counts.bytes_written, 8'192U);
    // A drop, and the first read under the new schema.
    objects_->reset();
    ASSERT_EQ(apply(*graph, "node Human { full_name: String @key nick: String? @index }", true)
                  .find("drop"),
              0U);
    EXPECT_EQ(objects_->counts().all_puts(), 1U);
    EXPECT_EQ(objects_->counts().round_trips, few.round_trips);
  }
}

TEST_F(SchemaEvolutionTest, WritesOfAnotherProcessAreCheckedAgainUnderTheNewSchema) {
  const auto graph = create();
  load(*graph, kPeople);
  const auto other = open();  // knows the schema of now
  ASSERT_EQ(apply(*graph, kRenamed).find("rename"), 0U);
  EXPECT_NE(mutate(*other, "query m() { insert Person { name: \"X\" } }").find("Person"),
            std::string::npos);
  const auto third = open();
  ASSERT_EQ(apply(*graph,
                  "node Human { full_name: String @key age: I32? nick: String? @index "
                  "feels: enum(calm, glad, sad, wild)? tall: Bool? } "
                  "edge Meets: Human -> Human { since: I32? }")
                .find("extend enum"),
            0U);
  // Prepared under the schema before, right under both.
  EXPECT_EQ(mutate(*third, "query m() { insert Human { full_name: \"Y\" } }"), "");
  EXPECT_EQ(mutate(*third, "query m() { insert Human { full_name: \"Z\", feels: \"wild\" } }"), "");
  EXPECT_NE(load(*third, R"({"type":"Human","data":{"full_name":"W","tall":true}})"), "");
  EXPECT_EQ(rows(*graph,
                 "query q() { match { $h: Human } return { $h.full_name, $h.tall } order { "
                 "$h.full_name asc } }"),
            "Ada,null\nBo,null\nW,true\nY,null\nZ,null\n");
  const std::string before = head(*graph);
  ASSERT_EQ(apply(*graph,
                  "node Human { full_name: String @key age: I32? nick: String? @index "
                  "feels: enum(calm, glad, sad, wild)? tall: Bool? }"),
            "drop edge type 'Meets' (soft mode)");
  const auto lost = third->mutate(
      {.source = "query m() { insert Human { full_name: \"V\" } }", .if_commit = before});
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code(), ErrorCode::kPreconditionFailed);
}

// Changes the schema between two reads of its text.
class InterruptedSource final : public LoadSource {
 public:
  InterruptedSource(std::string_view text, bool rewinds, std::function<void()> between)
      : text_(text), rewinds_(rewinds), between_(std::move(between)) {}
  Result<std::size_t> read(char* out, std::size_t size) override {
    if (at_ >= text_.size()) {
      if (between_) std::exchange(between_, nullptr)();
      return std::size_t{0};
    }
    const std::size_t n = std::min(size, text_.size() - at_);
    text_.copy(out, n, at_);
    at_ += n;
    return n;
  }
  Result<bool> rewind() override {
    at_ = 0;
    return rewinds_;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool rewinds_;
  std::function<void()> between_;
};

TEST_F(SchemaEvolutionTest, ALoadThatTheSchemaOvertakesIsReadOnceMore) {
  const auto graph = create("node A { k: String @key } node B { k: String @key }");
  constexpr std::string_view kLines = "{\"type\":\"A\",\"data\":{\"k\":\"a\"}}\n";
  const auto interrupted = [&](bool rewinds, std::string_view schema) {
    InterruptedSource source(kLines, rewinds, [&] { EXPECT_NE(apply(*graph, schema), "nothing"); });
    const auto report = graph->load(source, {.mode = LoadMode::kMerge});
    return report.ok() ? std::string() : report.error().message();
  };
  EXPECT_EQ(interrupted(true, "node A { k: String @key x: I32? } node B { k: String @key }"), "");
  EXPECT_EQ(rows(*graph, "query q() { match { $a: A } return { $a.k } }"), "a\n");
  EXPECT_NE(interrupted(false, "node A { k: String @key } node B { k: String @key }")
                .find("the schema changed"),
            std::string::npos);
  EXPECT_NE(interrupted(true, "node B { k: String @key }").find("A"), std::string::npos);
}

// Writers and one who changes the schema, side by side: each insert that was acknowledged is there.
TEST_F(SchemaEvolutionTest, StandsBetweenConcurrentWrites) {
  constexpr int kWriters = 3, kInserts = 40, kChanges = 12;
  const auto graph = create("node N { k: String @key }");
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < kInserts; ++i) {
        const std::string key = std::to_string(w) + "-" + std::to_string(i);
        if (!mutate(*graph, "query m() { insert N { k: \"" + key + "\" } }").empty()) ++refused;
      }
    });
  }
  std::string schema = "node N { k: String @key }";
  for (int change = 0; change < kChanges; ++change) {
    schema.insert(schema.size() - 1, "p" + std::to_string(change) + ": I32? ");
    const auto report = graph->apply_schema({.desired = schema});
    ASSERT_TRUE(report.ok()) << report.error().message();
    ASSERT_TRUE(report->commit.has_value());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(rows(*graph, "query q() { match { $n: N } return { count($n) as n } }"), "120\n");
  EXPECT_EQ(graph->commits("main")->size(), std::size_t{1 + kWriters * kInserts + kChanges});
  EXPECT_EQ(rows(*open(), "query q() { match { $n: N } return { count($n) as n } }"), "120\n");
}

// Whoever comes first: a branch is never there when the schema changes.
TEST_F(SchemaEvolutionTest, NeverChangesUnderABranch) {
  for (int round = 0; round < 20; ++round) {
    objects_ = counted(make_memory_store());
    const auto graph = create("node N { k: String @key }");
    const auto other = open();
    Status created;
    std::thread thread([&] { created = other->create_branch({.name = "side"}); });
    const auto report = graph->apply_schema({.desired = "node N { k: String @key x: I32? }"});
    thread.join();
    ASSERT_TRUE(created.ok());
    ASSERT_TRUE(graph->store().refresh().ok());
    const BranchState* side = graph->store().state()->branch("side");
    ASSERT_NE(side, nullptr);
    if (report.ok()) {
      EXPECT_EQ(side->forked_at.text(), report->commit->id);
    } else {
      EXPECT_EQ(report.error().code(), ErrorCode::kConflict);
    }
  }
}

// Random changes between random writes, against a plain map. A commit noted on the way must read
// through the schema of the end as the map read then, by property identity.
TEST_F(SchemaEvolutionTest, RandomChangesKeepWhatAMapKeeps) {
  using Row = std::map<int, int>;           // property identity to value
  using Rows = std::map<std::string, Row>;  // by id
  constexpr int kRounds = 12, kSteps = 40;
  for (int round = 0; round < kRounds; ++round) {
    SeededRandom random(static_cast<std::uint64_t>(round) + 100);
    const auto below = [&](int n) {
      return static_cast<int>(random.next() % static_cast<unsigned>(n));
    };
    objects_ = counted(make_memory_store());
    std::map<int, std::string> properties;  // identity to name
    std::string type = "T0";
    int fresh = 0;
    const auto schema = [&](const std::string& name, const std::map<int, std::string>& named,
                            const std::string& type_hint, const std::map<int, std::string>& hints) {
      std::string text = "node " + name + type_hint + " { k: String @key";
      for (const auto& [identity, property] : named) {
        text += " " + property + ": I32?";
        if (hints.contains(identity)) text += " @rename_from(\"" + hints.at(identity) + "\")";
      }
      return text + " }";
    };
    auto graph = create(schema(type, properties, "", {}));
    Rows rows_now;
    std::map<std::string, Rows> past;  // by commit
    const auto expected = [&](const Rows& rows) {
      std::string text;
      for (const auto& [id, row] : rows) {
        text += id;
        for (const auto& [identity, property] : properties) {
          const auto value = row.find(identity);
          text += "," + (value == row.end() ? "null" : std::to_string(value->second));
        }
        text += "\n";
      }
      return text;
    };
    const auto read = [&](std::optional<std::string_view> at) {
      std::string projections = "$n.k";
      for (const auto& [identity, property] : properties) projections += ", $n." + property;
      return rows(*graph,
                  "query q() { match { $n: " + type + " } return { " + projections +
                      " } order { $n.k asc } }",
                  at);
    };
    for (int step = 0; step < kSteps; ++step) {
      const int what = below(10);
      if (what < 5) {
        const std::string id = "i" + std::to_string(below(12));
        Row row;
        std::string values = "k: \"" + id + "\"";
        for (const auto& [identity, property] : properties) {
          if (below(2) == 0) continue;
          row[identity] = below(1000);
          values += ", " + property + ": " + std::to_string(row[identity]);
        }
        ASSERT_EQ(mutate(*graph, "query m() { insert " + type + " { " + values + " } }"), "");
        rows_now[id] = row;
      } else if (what == 5) {
        ASSERT_TRUE(graph->store().maintain_now().ok());
      } else if (what == 6) {
        graph = open();
      } else if (what == 7 || properties.empty()) {
        auto more = properties;
        ++fresh;
        more[fresh] = "p" + std::to_string(fresh);
        ASSERT_EQ(apply(*graph, schema(type, more, "", {})).find("add property"), 0U);
        properties = more;
      } else if (what == 8) {
        auto renamed = properties;
        const auto at = std::next(renamed.begin(), below(static_cast<int>(renamed.size())));
        const std::string before = at->second;
        at->second = "r" + std::to_string(++fresh);
        const std::string name = "T" + std::to_string(fresh);
        ASSERT_EQ(apply(*graph, schema(name, renamed, " @rename_from(\"" + type + "\")",
                                       {{at->first, before}}))
                      .find("rename node type"),
                  0U);
        properties = renamed;
        type = name;
      } else {
        auto fewer = properties;
        fewer.erase(std::next(fewer.begin(), below(static_cast<int>(fewer.size()))));
        ASSERT_EQ(apply(*graph, schema(type, fewer, "", {})).find("drop property"), 0U);
        properties = fewer;
      }
      ASSERT_EQ(read(std::nullopt), expected(rows_now)) << round << " " << step;
      if (below(6) == 0) past[head(*graph)] = rows_now;
    }
    for (const auto& [commit, then] : past) {
      ASSERT_EQ(read(commit), expected(then)) << round << " at " << commit;
    }
  }
}

}  // namespace
}  // namespace omnigraph
