#include <atomic>
#include <latch>
#include <set>
#include <thread>

#include "common/thread_pool.h"
#include "memory_graph.h"

namespace omnigraph::test {
namespace {

constexpr const char* kSchema = R"(
node P { k: String @key  n: I32?  badge: String? @unique }
edge F: P -> P @card(0..2)
)";

Runtime threaded() {
  Runtime runtime = test_runtime();
  runtime.executor = std::make_shared<ThreadPool>(2);
  return runtime;
}

// Runs `body(thread)` on `n` threads that start together.
template <typename Body>
void together(int n, Body body) {
  std::latch start(n);
  std::vector<std::jthread> threads;
  for (int t = 0; t < n; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      body(t);
    });
  }
}

ParameterValues text(const std::string& value) { return {Value(value)}; }

TEST(Committer, DistinctKeysFromManyThreads) {
  MemoryGraph graph(kSchema, threaded());
  constexpr int kThreads = 8, kEach = 40;
  together(kThreads, [&](int t) {
    for (int i = 0; i < kEach; ++i) {
      const std::string key = std::to_string(t) + "-" + std::to_string(i);
      const Outcome out = graph.mutate(
          R"(query q($k: String) { insert P { k: $k } insert P { k: "hub" } insert F { from: $k, to: "hub" } })",
          text(key));
      EXPECT_EQ(out.error, "");
    }
  });
  EXPECT_EQ(graph.rows("P").size(), 1u + kThreads * kEach);
  const auto edges = graph.rows("F");
  EXPECT_EQ(edges.size(), std::size_t{kThreads * kEach});
  for (const std::string& edge : edges) EXPECT_TRUE(edge.ends_with(">hub")) << edge;
  // Every commit stands on the one before it, and no number was given twice.
  std::set<RowId> numbers;
  std::uint64_t commits = 0;
  CommitId head{1, 1};
  for (const Record& record : graph.store.records) {
    for (const Entry& entry : record.entries) {
      const auto& commit = std::get<CommitEntry>(entry);
      EXPECT_EQ(commit.header.parent, head);
      EXPECT_GT(commit.header.id, head);
      head = commit.header.id;
      ++commits;
    }
  }
  EXPECT_EQ(commits, std::uint64_t{kThreads * kEach});
}

TEST(Committer, OneKeyAppendedByMany) {
  MemoryGraph graph(kSchema, threaded());
  std::atomic<int> won = 0, refused = 0;
  together(8, [&](int t) {
    const std::string line = R"({"type":"P","data":{"k":"x","n":)" + std::to_string(t) + "}}";
    LoadSettings settings;
    settings.mode = LoadMode::kAppend;
    const auto source = text_load_source(line);
    const auto result = graph.writer.load(*source, settings);
    if (result.ok()) {
      ++won;
    } else {
      EXPECT_EQ(result.error().code(), ErrorCode::kConflict);
      ++refused;
    }
  });
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(graph.rows("P").size(), 1u);
}

TEST(Committer, OneKeyInsertedByManyLastWins) {
  MemoryGraph graph(kSchema, threaded());
  together(8, [&](int t) {
    EXPECT_EQ(graph.mutate("query q($n: I32) { insert P { k: \"x\", n: $n } }", {Value(t)}).error,
              "");
  });
  EXPECT_EQ(graph.rows("P").size(), 1u);
  EXPECT_EQ(graph.head()->table(graph.type("P"))->live_rows(), 1u);
}

TEST(Committer, UpdatesAreNotLost) {
  MemoryGraph graph(kSchema, threaded());
  graph.mutate(R"(query q() { insert P { k: "x", n: 0 } })");
  constexpr int kThreads = 6, kEach = 30;
  // Compare-and-set by predicate: exactly one thread moves the counter from each value.
  std::atomic<int> moved = 0;
  together(kThreads, [&](int) {
    for (int value = 0; value < kEach; ++value) {
      const Outcome out =
          graph.mutate("query q($a: I32, $b: I32) { update P set { n: $b } where n = $a }",
                       {Value(value), Value(value + 1)});
      EXPECT_EQ(out.error, "");
      moved += static_cast<int>(out.nodes);
    }
  });
  EXPECT_EQ(graph.rows("P"), (std::vector<std::string>{"x k=x n=" + std::to_string(moved)}));
}

TEST(Committer, RulesHoldWhateverTheOrder) {
  MemoryGraph graph(kSchema, threaded());
  graph.mutate(R"(query q() { insert P { k: "a" } insert P { k: "b" } })");
  std::atomic<int> badges = 0, edges = 0, deleted = 0;
  together(8, [&](int t) {
    const std::string key = "t" + std::to_string(t);
    badges += graph.mutate(R"(query q($k: String) { insert P { k: $k, badge: "one" } })", text(key))
                  .error.empty();
    edges += graph.mutate(R"(query q() { insert F { from: "a", to: "b" } })").error.empty();
    if (t == 4)
      deleted += static_cast<int>(graph.mutate(R"(query q() { delete P where k = "b" })").edges);
  });
  EXPECT_EQ(badges, 1);
  // Inserted edges are at most two at a time; those there when "b" went, went too; later ones
  // failed.
  EXPECT_TRUE(graph.rows("F").empty());
  EXPECT_EQ(edges, deleted);
  EXPECT_LE(edges, 2);
}

TEST(Committer, AnIntentThatMeetsNothingIsNotPreparedAgain) {
  MemoryGraph graph(kSchema);
  graph.mutate(R"(query q() { insert P { k: "a" } })");
  const auto intent_on = [&](const std::string& read) {
    Intent intent;
    intent.branch = "main";
    intent.base = graph.head();
    intent.reads.ids[graph.type("P")].insert(read);
    intent.publish_empty = true;
    return intent;
  };
  int again = 0;
  const auto count = [&](const SnapshotPtr&,
                         const GraphState&) -> Result<std::pair<Change, ReadSet>> {
    ++again;
    return std::pair<Change, ReadSet>();
  };
  Intent apart = intent_on("z"), meeting = intent_on("b");
  apart.prepare_again = count;
  meeting.prepare_again = count;
  graph.mutate(R"(query q() { insert P { k: "b" } })");
  EXPECT_TRUE(graph.writer.committer().submit(std::move(apart)).ok());
  EXPECT_EQ(again, 0);
  EXPECT_TRUE(graph.writer.committer().submit(std::move(meeting)).ok());
  EXPECT_EQ(again, 1);
}

TEST(Committer, DiskFullAnswersAndLeavesTheStateAlone) {
  MemoryGraph graph(kSchema);
  graph.store.fail_appends = 1;
  const Outcome out = graph.mutate(R"(query q() { insert P { k: "a" } })");
  EXPECT_EQ(out.code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(graph.rows("P").empty());
  EXPECT_EQ(graph.mutate(R"(query q() { insert P { k: "a" } })").error, "");
  EXPECT_EQ(graph.rows("P").size(), 1u);
}

TEST(Committer, UnknownOutcomeIsSettledFirst) {
  MemoryGraph graph(kSchema);
  graph.store.unknown_appends = 3;
  EXPECT_EQ(graph.mutate(R"(query q() { insert P { k: "a" } })").error, "");
  EXPECT_EQ(graph.store.appends, 4);
  graph.store.unknown_appends = Committer::kMaxSettling;
  EXPECT_EQ(graph.mutate(R"(query q() { insert P { k: "b" } })").code, ErrorCode::kOutcomeUnknown);
  // The next write puts the same bytes first, and stands behind them.
  EXPECT_EQ(graph.mutate(R"(query q() { insert P { k: "c" } })").error, "");
  EXPECT_EQ(graph.rows("P").size(), 3u);
}

// A commit of another process, as this one would make it.
Record foreign_insert(MemoryGraph& graph, const std::string& key) {
  const GraphStatePtr state = graph.store.state();
  const TypeId table = graph.type("P");
  const auto next = state->next_row.find(table);
  CommitEntry entry;
  entry.header.id = graph.store.ulids().next();
  entry.header.gsn = state->gsn + 1;
  entry.header.branch = "main";
  entry.header.parent = graph.head()->commit();
  entry.header.version = graph.head()->head().version + 1;
  TableChange& change = entry.tables.emplace_back();
  change.table = table;
  RowBatch& rows = change.inline_rows.emplace_back();
  rows.table = table;
  rows.rows = 1;
  ColumnBuilder id(PropertyType{});
  id.append_text(key);
  const ColumnPtr text_column = id.finish();
  rows.ids = IdColumn::of_text(text_column);
  rows.columns.emplace_back(graph.catalog().node("P")->find("k")->id, text_column);
  rows.rids = {next == state->next_row.end() ? 0 : next->second};
  Record record;
  record.sequence = state->sequence + 1;
  record.first_gsn = state->gsn + 1;
  record.entries.push_back(std::move(entry));
  return record;
}

TEST(Committer, AnotherProcessWasFirst) {
  MemoryGraph graph(kSchema);
  graph.mutate(R"(query q() { insert P { k: "a", n: 1 } })");
  graph.store.append_elsewhere(foreign_insert(graph, "b"));
  EXPECT_EQ(
      graph.mutate(R"(query q() { insert P { k: "c" } insert F { from: "c", to: "a" } })").error,
      "");
  EXPECT_EQ(graph.rows("P"), (std::vector<std::string>{"a k=a n=1", "b k=b", "c k=c"}));
  EXPECT_EQ(graph.rows("F"), (std::vector<std::string>{"c>a"}));
}

TEST(Committer, VerdictsRestOnTheNewestState) {
  MemoryGraph graph(kSchema);
  graph.mutate(R"(query q() { insert P { k: "a" } })");
  graph.store.append_elsewhere(foreign_insert(graph, "b"));
  // Refused by what is known here, allowed by what is there.
  EXPECT_EQ(graph.mutate(R"(query q() { insert F { from: "a", to: "b" } })").error, "");
  graph.store.append_elsewhere(foreign_insert(graph, "c"));
  EXPECT_EQ(graph.mutate(R"(query q() { update P set { n: 4 } where k = "c" })").nodes, 1u);
}

TEST(Committer, BranchesAndBlocksTakeTheSameWay) {
  MemoryGraph graph(kSchema);
  graph.mutate(R"(query q() { insert P { k: "a" } })");
  ASSERT_TRUE(graph.writer.committer().create_branch("dev", "main").ok());
  const auto again = graph.writer.committer().create_branch("dev", "main");
  EXPECT_EQ(again.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(again.error().message(), "branch 'dev' already exists");
  EXPECT_EQ(graph.writer.committer().create_branch("x", "none").error().message(),
            "branch 'none' not found");
  EXPECT_EQ(graph.mutate(R"(query q() { insert P { k: "b" } })", {}, "dev").error, "");
  EXPECT_EQ(graph.rows("P").size(), 1u);
  EXPECT_EQ(graph.rows("P", "dev").size(), 2u);
  const RowId first = graph.writer.committer().reserve(graph.type("P"), 10).value();
  EXPECT_EQ(first, 2u);
  EXPECT_EQ(graph.writer.committer().reserve(graph.type("P"), 1).value(), 12u);
  graph.mutate(R"(query q() { insert P { k: "c" } })");
  EXPECT_EQ(graph.store.state()->next_row.at(graph.type("P")), 14u);
}

TEST(Committer, KeepsHouseAfterAnswering) {
  MemoryGraph graph(kSchema);
  for (std::uint64_t i = 0; i < Committer::kHousekeepingRecords; ++i) {
    EXPECT_EQ(graph.store.maintained, 0);
    graph.mutate("query q($k: String) { insert P { k: $k } }", text(std::to_string(i)));
  }
  EXPECT_EQ(graph.store.maintained, 1);
}

TEST(Committer, ASmallMutationIsOneAppendAndNoLookAtTheLog) {
  MemoryGraph graph(kSchema);
  for (int i = 0; i < 3; ++i) {
    const int appends = graph.store.appends, refreshes = graph.store.refreshes;
    graph.mutate("query q($k: String) { insert P { k: $k } }", text(std::to_string(i)));
    EXPECT_EQ(graph.store.appends, appends + 1);
    EXPECT_EQ(graph.store.refreshes, refreshes);
  }
}

}  // namespace
}  // namespace omnigraph::test
