// optimize, repair and cleanup through the engine: what they keep, what they give up, and that
// they may end anywhere.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "common/fault_point.h"
#include "common/test_runtime.h"
#include "graph/answers.h"
#include "graph/engine.h"
#include "storage/counting_store.h"
#include "storage/fault_store.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
node Person { name: String @key  age: I32? @index }
node Tag { slug: String @key }
edge Knows: Person -> Person { since: I32? }
)";
constexpr std::string_view kPeople =
    "query q() { match { $p: Person } return { $p.name, $p.age } order { $p.name asc } }";
constexpr std::string_view kTags =
    "query q() { match { $t: Tag } return { $t.slug } order { $t.slug asc } }";
constexpr std::int64_t kHour = std::int64_t{3'600} * 1'000'000;

class MaintenanceTest : public testing::Test {
 protected:
  MaintenanceTest() : runtime_(test_runtime()) {}

  std::unique_ptr<Graph::Engine> create(ObjectStorePtr objects) {
    objects_ = counted(std::move(objects));
    auto made = Graph::Engine::create(
        [this]() -> Result<ObjectStorePtr> { return ObjectStorePtr(objects_); }, "", kSchema, {},
        runtime_);
    EXPECT_TRUE(made.ok()) << made.error().message();
    return std::move(made).value();
  }
  std::unique_ptr<Graph::Engine> create() { return create(make_memory_store()); }
  std::unique_ptr<Graph::Engine> open() {
    Runtime runtime = test_runtime(++seed_);
    runtime.clock = runtime_.clock;
    auto opened = Graph::Engine::open(objects_, {}, runtime);
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return std::move(opened).value();
  }
  FakeClock& clock() { return static_cast<FakeClock&>(*runtime_.clock); }

  // The commit's id, or the error.
  static std::string load(Graph::Engine& graph, std::string_view lines,
                          LoadMode mode = LoadMode::kMerge, std::string_view branch = "main") {
    const auto report = graph.load(*text_load_source(lines), {.mode = mode, .branch = branch});
    return report.ok() ? report->commit.id : report.error().message();
  }
  static std::string people(int from, int to, int age) {
    std::string lines;
    for (int i = from; i < to; ++i) {
      lines += "{\"type\":\"Person\",\"data\":{\"name\":\"p" + std::to_string(1000 + i) +
               "\",\"age\":" + std::to_string(age + i) + "}}\n";
    }
    return lines;
  }
  static std::string mutate(Graph::Engine& graph, std::string_view body,
                            std::string_view branch = "main") {
    const std::string source = "query m() { " + std::string(body) + " }";
    const auto report = graph.mutate({.source = source, .branch = branch});
    if (!report.ok()) return report.error().message();
    return report->commit ? report->commit->id : "nothing";
  }
  static std::string rows(Graph::Engine& graph, std::string_view source,
                          std::optional<std::string_view> snapshot = std::nullopt,
                          std::optional<std::string_view> branch = std::nullopt) {
    return test::csv_rows(graph.query({.source = source, .branch = branch, .snapshot = snapshot}));
  }
  static CleanedDataset cleaned(const CleanupReport& report, std::string_view type) {
    for (const CleanedDataset& dataset : report.datasets) {
      if (dataset.type_name == type) return dataset;
    }
    ADD_FAILURE() << "no entry for " << type;
    return {};
  }
  std::size_t segments() const { return objects_->list("data/", {}, SIZE_MAX)->size(); }

  Runtime runtime_;
  std::shared_ptr<CountingStore> objects_;
  std::uint64_t seed_ = 1;
};

TEST_F(MaintenanceTest, OptimizeChangesNoAnswerAndFindsNothingTwice) {
  const auto graph = create();
  const std::string first = load(*graph, people(0, 100, 0));
  for (int i = 0; i < 20; ++i) {
    mutate(*graph,
           "update Person set { age: 7 } where name = \"p" + std::to_string(1000 + i) + "\"");
  }
  const std::string before = rows(*graph, kPeople);
  const std::string past = rows(*graph, kPeople, first);
  const auto report = graph->optimize();
  ASSERT_TRUE(report.ok()) << report.error().message();
  ASSERT_EQ(report->datasets.size(), 3U);
  EXPECT_EQ(report->datasets[0].type_name, "Knows");
  EXPECT_TRUE(report->datasets[0].is_edge);
  EXPECT_FALSE(report->datasets[0].committed);
  EXPECT_TRUE(report->datasets[1].committed);
  EXPECT_GT(report->datasets[1].fragments_removed, 0U);
  ASSERT_TRUE(report->commit.has_value());
  EXPECT_FALSE(report->commit->actor.has_value());
  EXPECT_EQ(graph->store()
                .state()
                ->branch("main")
                ->snapshot->table(graph->store().state()->catalog->node("Person")->id)
                ->parts()
                .size(),
            1U);
  EXPECT_EQ(rows(*graph, kPeople), before);
  EXPECT_EQ(rows(*graph, kPeople, first), past);
  const auto again = graph->optimize();
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->commit.has_value());
  for (const OptimizedDataset& dataset : again->datasets) EXPECT_FALSE(dataset.committed);
  EXPECT_EQ(rows(*open(), kPeople), before);
}

// A process stalls between writing its fold and naming it; meanwhile another takes the new segment
// for a leftover, gives it up and, its grace over, removes it.
TEST_F(MaintenanceTest, AStalledFoldMeetsTheCleanupThatGaveUpItsOutput) {
  const auto cleaner = create();
  load(*cleaner, people(0, 1500, 0));
  load(*cleaner, people(1500, 3000, 0));
  const std::string before = rows(*cleaner, kPeople);
  const std::size_t segments_before = segments();

  const auto network = std::make_shared<FaultStore>(objects_);
  Runtime slow = test_runtime(++seed_);  // a clock of its own, which stands still
  auto stalled = Graph::Engine::open(network, {}, slow);
  ASSERT_TRUE(stalled.ok()) << stalled.error().message();
  bool met = false;
  network->set_faults([&](StoreCall call, std::string_view name) {
    if (call != StoreCall::kPutIfAbsent || !name.starts_with("log/") || met) {
      return StoreFault::kNone;
    }
    met = true;
    EXPECT_GT(segments(), segments_before);
    clock().advance_micros(100 * 24 * kHour);
    const auto cleaned = cleaner->cleanup({.keep = 100});
    EXPECT_TRUE(cleaned.ok());
    EXPECT_GT(cleaner->store().state()->uploads_before, FakeClock::kDefaultMicros);
    return StoreFault::kNone;
  });
  const auto optimized = (*stalled)->optimize();
  ASSERT_TRUE(met);
  // The fold was given up, with or without a word of other writers; what it wrote may go.
  if (!optimized.ok()) {
    EXPECT_EQ(optimized.error().code(), ErrorCode::kConflict);
  }
  network->set_faults(nullptr);
  clock().advance_micros(3 * kHour);
  ASSERT_TRUE(cleaner->store().sweep(false).ok());
  EXPECT_EQ(segments(), segments_before);
  EXPECT_EQ(rows(**stalled, kPeople), before);
  EXPECT_EQ(rows(*open(), kPeople), before);
  const auto health = open()->repair();
  ASSERT_TRUE(health.ok()) << health.error().message();
  for (const RepairedDataset& dataset : health->datasets) EXPECT_EQ(dataset.damage, std::nullopt);
}

TEST_F(MaintenanceTest, OptimizeDropsDeadRows) {
  const auto graph = create();
  load(*graph, people(0, 2000, 0), LoadMode::kOverwrite);
  mutate(*graph, "delete Person where age < 1000");
  const auto report = graph->optimize();
  ASSERT_TRUE(report.ok()) << report.error().message();
  const GraphStatePtr state = graph->store().state();
  const TableVersionPtr table =
      state->branch("main")->snapshot->table(state->catalog->node("Person")->id);
  ASSERT_EQ(table->parts().size(), 1U);
  EXPECT_EQ(table->parts()[0].segment->rows(), 1000U);
}

TEST_F(MaintenanceTest, RepairFindsDamageAndNothingElse) {
  const auto graph = create();
  load(*graph, people(0, 2000, 0), LoadMode::kOverwrite);
  load(*graph, "{\"edge\":\"Knows\",\"from\":\"p1000\",\"to\":\"p1001\",\"data\":{}}\n");
  const auto whole = graph->repair();
  ASSERT_TRUE(whole.ok());
  for (const RepairedDataset& dataset : whole->datasets) {
    EXPECT_FALSE(dataset.damage.has_value()) << *dataset.damage;
  }
  const std::string name = objects_->list("data/", {}, SIZE_MAX)->front().name;
  std::string bytes(objects_->get(name)->data);
  bytes[bytes.size() / 3] = static_cast<char>(bytes[bytes.size() / 3] ^ 0x40);
  ASSERT_TRUE(objects_->put(name, bytes).ok());
  const auto damaged = open()->repair();
  ASSERT_TRUE(damaged.ok());
  std::size_t found = 0;
  for (const RepairedDataset& dataset : damaged->datasets) {
    if (!dataset.damage) continue;
    ++found;
    EXPECT_EQ(dataset.type_name, "Person");
    EXPECT_NE(dataset.damage->find(name), std::string::npos) << *dataset.damage;
  }
  EXPECT_EQ(found, 1U);
}

TEST_F(MaintenanceTest, CleanupNeedsAPolicyAndAWriter) {
  const auto graph = create();
  EXPECT_EQ(graph->cleanup({}).error().code(), ErrorCode::kBadRequest);
  auto reader = Graph::Engine::open(objects_, {.read_only = true}, test_runtime(9));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->cleanup({.keep = 1}).error().code(), ErrorCode::kReadOnly);
}

TEST_F(MaintenanceTest, CleanupKeepsTheNewestVersionsAndWhatTheyNeed) {
  const auto graph = create();
  std::vector<std::string> commits, answers;
  for (int i = 0; i < 5; ++i) {
    commits.push_back(load(*graph, people(0, 1500, i), LoadMode::kOverwrite));
    answers.push_back(rows(*graph, kPeople));
  }
  const std::string tag = mutate(*graph, "insert Tag { slug: \"t\" }");
  ASSERT_EQ(segments(), 5U);
  const auto report = graph->cleanup({.keep = 2});
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(cleaned(*report, "Person").old_versions_removed, 4U);  // the declaration is one
  EXPECT_GT(cleaned(*report, "Person").bytes_removed, 0U);
  EXPECT_EQ(cleaned(*report, "Tag").old_versions_removed, 0U);
  for (const auto& engine : {graph.get(), open().release()}) {
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(rows(*engine, kPeople, commits[i]),
                "historical published dataset version " + std::to_string(i + 2) + " was reclaimed");
      // A type that has not changed since answers at the same commit.
      EXPECT_EQ(rows(*engine, kTags, commits[i]), "");
    }
    EXPECT_EQ(rows(*engine, kPeople, commits[3]), answers[3]);
    EXPECT_EQ(rows(*engine, kPeople, commits[4]), answers[4]);
    EXPECT_EQ(rows(*engine, kPeople, tag), answers[4]);
    EXPECT_EQ(rows(*engine, kPeople), answers[4]);
    EXPECT_EQ(engine->commits("main")->size(), 7U);  // records stay
    if (engine != graph.get()) delete engine;
  }
  // A second one finds nothing.
  const auto again = graph->cleanup({.keep = 2});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(cleaned(*again, "Person").old_versions_removed, 0U);
  EXPECT_EQ(cleaned(*again, "Person").bytes_removed, 0U);
}

TEST_F(MaintenanceTest, SpaceIsFreedAfterTheGracePeriodAndNotBefore) {
  const auto graph = create();
  for (int i = 0; i < 4; ++i) load(*graph, people(0, 1500, i), LoadMode::kOverwrite);
  const std::string answer = rows(*graph, kPeople);
  ASSERT_EQ(segments(), 4U);
  ASSERT_TRUE(graph->cleanup({.keep = 1}).ok());
  EXPECT_EQ(segments(), 4U);
  clock().advance_micros(kHour - 1);
  ASSERT_TRUE(graph->cleanup({.keep = 1}).ok());
  EXPECT_EQ(segments(), 4U);
  clock().advance_micros(1);
  ASSERT_TRUE(graph->cleanup({.keep = 1}).ok());
  EXPECT_EQ(segments(), 1U);
  EXPECT_EQ(rows(*graph, kPeople), answer);
  EXPECT_EQ(rows(*open(), kPeople), answer);
  EXPECT_TRUE(graph->store().state()->sweeps.empty());
}

TEST_F(MaintenanceTest, AGraphOpensWithoutItsCheckpointsAfterACleanup) {
  const auto graph = create();
  std::vector<std::string> commits;
  for (int i = 0; i < 4; ++i) {
    commits.push_back(load(*graph, people(0, 1500, i), LoadMode::kOverwrite));
    mutate(*graph, "delete Person where name = \"p1005\"");
  }
  ASSERT_TRUE(graph->optimize().ok());
  const std::string after = mutate(*graph, "insert Person { name: \"zoe\" }");
  const std::string answer = rows(*graph, kPeople);
  ASSERT_TRUE(graph->cleanup({.keep = 2}).ok());
  clock().advance_micros(2 * kHour);
  ASSERT_TRUE(graph->cleanup({.keep = 2}).ok());
  const std::size_t left = segments();
  EXPECT_LT(left, 5U);
  const auto roots = objects_->list("checkpoint/", {}, SIZE_MAX);
  for (const ObjectInfo& info : *roots) {
    ASSERT_TRUE(objects_->remove(info.name).ok());
  }
  const auto opened = open();
  EXPECT_EQ(rows(*opened, kPeople), answer);
  EXPECT_EQ(rows(*opened, kPeople, after), answer);
  EXPECT_NE(rows(*opened, kPeople, commits[0]).find("was reclaimed"), std::string::npos);
  // And goes on.
  mutate(*opened, "delete Person where name = \"zoe\"");
  EXPECT_EQ(rows(*opened, kPeople, after), answer);
}

TEST_F(MaintenanceTest, ALiveBranchKeepsWhatItInherited) {
  const auto graph = create();
  load(*graph, people(0, 1500, 0), LoadMode::kOverwrite);
  const std::string inherited = rows(*graph, kPeople);
  ASSERT_TRUE(graph->create_branch({.name = "review"}).ok());
  std::vector<std::string> commits, answers;
  for (int i = 1; i < 4; ++i) {
    commits.push_back(load(*graph, people(0, 1500, i), LoadMode::kOverwrite));
    answers.push_back(rows(*graph, kPeople));
  }
  const auto report = graph->cleanup({.keep = 1, .older_than_seconds = 0});
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(cleaned(*report, "Person").old_versions_removed, 1U);  // the declaration
  clock().advance_micros(2 * kHour);
  ASSERT_TRUE(graph->cleanup({.keep = 1}).ok());
  EXPECT_EQ(rows(*graph, kPeople, std::nullopt, "review"), inherited);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(rows(*graph, kPeople, commits[i]), answers[i]);
}

// A branch may begin at a commit that its source inherited, before its source's own fork.
TEST_F(MaintenanceTest, ABranchFromBeforeItsSourcesForkKeepsWhatItInherited) {
  const auto graph = create();
  const std::string first = load(*graph, people(0, 3, 0));
  load(*graph, people(0, 3, 10));
  ASSERT_TRUE(graph->create_branch({.name = "middle"}).ok());
  ASSERT_TRUE(graph->create_branch({.name = "leaf", .from = "middle", .at_commit = first}).ok());
  load(*graph, people(0, 3, 20));
  const std::string before = rows(*graph, kPeople, first);
  const auto report = graph->cleanup({.keep = 1});
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(rows(*graph, kPeople, first), before);
  EXPECT_EQ(rows(*graph, kPeople, std::nullopt, "leaf"), before);
}

// What is left of a type that was dropped is kept like that of any other.
TEST_F(MaintenanceTest, CommitsStayReadableAroundDroppedTypes) {
  for (const bool hard : {false, true}) {
    const auto graph = create();
    const std::string first = load(*graph, "{\"type\":\"Tag\",\"data\":{\"slug\":\"a\"}}\n");
    const std::string second = load(*graph, "{\"type\":\"Tag\",\"data\":{\"slug\":\"b\"}}\n");
    const std::string people_then = load(*graph, people(0, 2000, 0));
    const auto dropped =
        graph->apply_schema({.desired = "node Person { name: String @key  age: I32? @index }\n"
                                        "edge Knows: Person -> Person { since: I32? }",
                             .allow_data_loss = hard});
    ASSERT_TRUE(dropped.ok()) << dropped.error().message();
    const auto report = graph->cleanup({.keep = 2});
    ASSERT_TRUE(report.ok()) << report.error().message();
    clock().advance_micros(3 * kHour);
    ASSERT_TRUE(graph->store().maintain_now().ok());
    ASSERT_TRUE(graph->cleanup({.keep = 2}).ok());
    const auto reopened = open();
    EXPECT_EQ(rows(*reopened, kPeople, people_then), rows(*reopened, kPeople));
    // The commit that dropped it is a boundary while its rows are known, else a gap; never nothing.
    const auto changes =
        reopened->commit_changes({.commit = dropped->commit ? dropped->commit->id : ""});
    ASSERT_FALSE(changes.ok());
    EXPECT_EQ(changes.error().details()->kind, hard ? "change_feed_gap" : "change_diff_refusal");
    EXPECT_EQ(reopened->commit_changes({.commit = second}).ok(), false);
    EXPECT_EQ(reopened->commit_changes({.commit = first}).ok(), false);
  }
}

TEST_F(MaintenanceTest, AgeAndCountMustAgree) {
  const auto graph = create();
  const std::string old = load(*graph, people(0, 10, 0));
  clock().advance_micros(10 * kHour);
  load(*graph, people(0, 10, 1));
  load(*graph, people(0, 10, 2));
  // Young enough by age, though not among the newest.
  auto report = graph->cleanup({.keep = 1, .older_than_seconds = 20 * 3600});
  EXPECT_EQ(cleaned(*report, "Person").old_versions_removed, 0U);
  // Old enough, but among the newest.
  report = graph->cleanup({.keep = 4, .older_than_seconds = 3600});
  EXPECT_EQ(cleaned(*report, "Person").old_versions_removed, 0U);
  report = graph->cleanup({.older_than_seconds = 3600});
  EXPECT_EQ(cleaned(*report, "Person").old_versions_removed, 2U);
  EXPECT_NE(rows(*graph, kPeople, old).find("was reclaimed"), std::string::npos);
  report = graph->cleanup({.keep = 0});  // counts as 1
  EXPECT_EQ(cleaned(*report, "Person").old_versions_removed, 1U);
}

TEST_F(MaintenanceTest, LeftoversOfAFailedLoadGoWhenTheyAreOld) {
  const auto graph = create();
  load(*graph, people(0, 1500, 0), LoadMode::kOverwrite);
  const std::string data = objects_->list("data/", {}, SIZE_MAX)->front().name;
  const std::string folder = data.substr(0, data.rfind('/') + 1);
  const std::string leftover = folder + graph->store().ulids().next().text() + ".parquet";
  ASSERT_TRUE(objects_->put(leftover, "half").ok());
  ASSERT_TRUE(graph->cleanup({.keep = 100}).ok());
  clock().advance_micros(2 * kHour);
  EXPECT_TRUE(objects_->head(leftover).ok());  // a load may still be writing it
  ASSERT_TRUE(graph->cleanup({.keep = 100}).ok());
  EXPECT_TRUE(objects_->head(leftover).ok());  // named
  clock().advance_micros(2 * kHour);
  ASSERT_TRUE(graph->cleanup({.keep = 100}).ok());
  EXPECT_FALSE(objects_->head(leftover).ok());
  EXPECT_TRUE(objects_->head(data).ok());
}

TEST_F(MaintenanceTest, AnotherReaderKeepsItsSnapshotDuringTheGracePeriod) {
  const auto graph = create();
  load(*graph, people(0, 1500, 0), LoadMode::kOverwrite);
  const auto reader = open();
  const SnapshotPtr held = reader->store().state()->branch("main")->snapshot;
  load(*graph, people(0, 1500, 1), LoadMode::kOverwrite);
  ASSERT_TRUE(graph->cleanup({.keep = 1}).ok());
  const auto rows_held = read_rows(
      *held->table(reader->store().state()->catalog->node("Person")->id)->parts()[0].segment, {});
  EXPECT_TRUE(rows_held.ok());
  // And goes on after it, from the log.
  clock().advance_micros(2 * kHour);
  ASSERT_TRUE(graph->cleanup({.keep = 1}).ok());
  EXPECT_EQ(rows(*reader, kPeople), rows(*graph, kPeople));
}

TEST_F(MaintenanceTest, SpaceIsFreedAtOnceWhereNobodyElseHasTheGraphOpen) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "omnigraph_cleanup_alone";
  std::filesystem::remove_all(folder);
  {
    const auto graph = create(*open_local_store(folder.string(), true));
    for (int i = 0; i < 3; ++i) load(*graph, people(0, 1500, i), LoadMode::kOverwrite);
    {
      const auto other = open();
      ASSERT_TRUE(graph->cleanup({.keep = 1, .immediate = true}).ok());
      EXPECT_EQ(segments(), 3U);
    }
    ASSERT_TRUE(graph->cleanup({.keep = 1, .immediate = true}).ok());
    EXPECT_EQ(segments(), 1U);
    const auto other = open();  // may come in again
    EXPECT_EQ(rows(*other, kPeople), rows(*graph, kPeople));
  }
  std::filesystem::remove_all(folder);
}

// With every type given up below some commit, checkpoints that only led to older ones go as well.
TEST_F(MaintenanceTest, CheckpointsOfTheUnreadablePastGo) {
  const auto graph = create();
  const auto write_all = [&](int i) {
    load(*graph,
         people(0, 3, i) + "{\"type\":\"Tag\",\"data\":{\"slug\":\"t\"}}\n" +
             "{\"edge\":\"Knows\",\"from\":\"p1000\",\"to\":\"p1001\",\"data\":{\"since\":" +
             std::to_string(i) + "}}\n",
         LoadMode::kOverwrite);
  };
  for (int i = 0; i < 6; ++i) {
    write_all(i);
    ASSERT_TRUE(graph->store().maintain_now().ok());
  }
  const auto roots = [&] { return objects_->list("checkpoint/", {}, SIZE_MAX)->size(); };
  const std::size_t before = roots();
  const std::string answer = rows(*graph, kPeople);
  const std::string newest = graph->store().state()->branch("main")->snapshot->commit().text();
  ASSERT_TRUE(graph->cleanup({.keep = 1}).ok());
  clock().advance_micros(2 * kHour);
  ASSERT_TRUE(graph->cleanup({.keep = 1}).ok());
  EXPECT_LT(roots(), before);
  const auto opened = open();
  EXPECT_EQ(rows(*opened, kPeople), answer);
  EXPECT_EQ(rows(*opened, kPeople, newest), answer);
  EXPECT_EQ(opened->commits("main")->size(), 7U);
}

// Random histories on several branches with folds, checkpoints and cleanups of random policies in
// between: whatever commit is asked for answers what it answered when it was made, or says that it
// was reclaimed; those at or above the floors always answer. Before and after reopening, with and
// without checkpoints.
TEST_F(MaintenanceTest, RandomHistoriesKeepWhatTheyPromise) {
  constexpr std::string_view kEdges =
      "query q() { match { $p: Person $p knows $q } return { $p.name, $q.name } "
      "order { $p.name asc, $q.name asc } }";
  std::size_t answered = 0, reclaimed = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    runtime_ = test_runtime(seed);
    auto graph = create();
    SeededRandom random(seed * 104'729);
    const auto pick = [&](int n) {
      return static_cast<int>(random.next() % static_cast<unsigned>(n));
    };
    std::vector<std::string> branches = {"main"};
    struct Past {
      std::string commit, branch, people, edges;
    };
    std::vector<Past> past;
    const auto check = [&](Graph::Engine& engine) {
      for (const std::string& branch : branches) {
        ASSERT_EQ(rows(engine, kPeople, std::nullopt, branch).find("reclaimed"), std::string::npos);
      }
      const auto look = [&](const Past& then, std::string_view source,
                            const std::string& expected) {
        const std::string got = rows(engine, source, then.commit);
        if (got.find("was reclaimed") != std::string::npos) {
          ++reclaimed;
        } else {
          ++answered;
          ASSERT_EQ(got, expected) << "seed " << seed << ", commit " << then.commit;
        }
      };
      for (const Past& then : past) {
        look(then, kPeople, then.people);
        look(then, kEdges, then.edges);
      }
    };
    for (int step = 0; step < 50; ++step) {
      const std::string branch =
          branches[static_cast<std::size_t>(pick(static_cast<int>(branches.size())))];
      const std::string name = "p" + std::to_string(1000 + pick(20));
      clock().advance_micros(pick(40) * kHour / 60);
      std::string id;
      switch (pick(14)) {
        case 0:
          // Large enough for segments.
          id = load(*graph, people(0, 1100 + pick(10), pick(5)), LoadMode::kOverwrite, branch);
          break;
        case 1:
        case 2:
          id = load(*graph, people(pick(20), 20 + pick(20), pick(5)), LoadMode::kMerge, branch);
          break;
        case 3:
          id = mutate(*graph, "delete Person where name = \"" + name + "\"", branch);
          break;
        case 4:
        case 5:
          id = mutate(*graph,
                      "insert Knows { from: \"" + name + "\", to: \"p" +
                          std::to_string(1000 + pick(20)) + "\" }",
                      branch);
          break;
        case 6: {
          // Names are used again; some branches begin in the past.
          std::string made = "b1";
          if (std::count(branches.begin(), branches.end(), made) > 0) made = "b2";
          if (std::count(branches.begin(), branches.end(), made) > 0) continue;
          BranchRequest request{.name = made, .from = branch};
          std::string at;
          if (pick(2) == 0 && !past.empty()) {
            at = past[static_cast<std::size_t>(pick(static_cast<int>(past.size())))].commit;
            request.at_commit = at;
          }
          if (graph->create_branch(request).ok()) branches.push_back(made);
          continue;
        }
        case 12:
          // What it authored goes with it.
          if (branch != "main" && graph->delete_branch(branch).ok()) {
            std::erase(branches, branch);
            std::erase_if(past, [&](const Past& then) { return then.branch == branch; });
          }
          continue;
        case 13: {
          const std::string other =
              branches[static_cast<std::size_t>(pick(static_cast<int>(branches.size())))];
          if (other == branch) continue;
          const auto merged = graph->merge({.source = other, .target = branch}, false);
          if (!merged.ok() || !merged->commit) continue;
          id = merged->commit->id;
          break;
        }
        case 7: {
          const auto report = graph->optimize();
          ASSERT_TRUE(report.ok()) << report.error().message();
          continue;
        }
        case 8:
          ASSERT_TRUE(graph->store().maintain_now().ok());
          continue;
        case 9:
        case 10: {
          CleanupRequest request;
          if (pick(2) == 0) request.keep = static_cast<std::uint32_t>(1 + pick(6));
          if (!request.keep || pick(3) == 0) {
            request.older_than_seconds = static_cast<std::uint64_t>(pick(5)) * 3600;
          }
          const auto report = graph->cleanup(request);
          ASSERT_TRUE(report.ok()) << report.error().message();
          for (const CleanedDataset& dataset : report->datasets) {
            ASSERT_FALSE(dataset.error) << *dataset.error;
          }
          if (pick(3) == 0) check(*graph);
          continue;
        }
        default:
          if (pick(2) == 0) graph = open();
          continue;
      }
      if (!Ulid::parse(id)) continue;
      past.push_back({id, branch, rows(*graph, kPeople, id), rows(*graph, kEdges, id)});
    }
    check(*graph);
    check(*open());
    const auto roots = objects_->list("checkpoint/", {}, SIZE_MAX);
    for (const ObjectInfo& info : *roots) ASSERT_TRUE(objects_->remove(info.name).ok());
    check(*open());
    const auto report = open()->repair();
    ASSERT_TRUE(report.ok());
    for (const RepairedDataset& dataset : report->datasets) {
      ASSERT_FALSE(dataset.damage) << *dataset.damage;
    }
  }
  // The test means something.
  EXPECT_GT(answered, 500U);
  EXPECT_GT(reclaimed, 500U);
}

// Whatever fails, the graph opens whole, answers the same, and the next run finishes.
class MaintenanceFaultTest : public MaintenanceTest,
                             public testing::WithParamInterface<const char*> {};

TEST_P(MaintenanceFaultTest, LeavesAGraphThatOpensWhole) {
  if (!fault_points_enabled()) GTEST_SKIP() << "built without fault points";
  for (std::uint64_t count = 1; count <= 3; ++count) {
    const auto graph = create();
    std::vector<std::string> commits, answers;
    for (int i = 0; i < 4; ++i) {
      commits.push_back(load(*graph, people(0, 1500, i), LoadMode::kOverwrite));
      commits.push_back(mutate(*graph, "delete Person where name = \"p1005\""));
    }
    load(*graph, "{\"edge\":\"Knows\",\"from\":\"p1000\",\"to\":\"p1001\",\"data\":{}}\n");
    const std::string answer = rows(*graph, kPeople);
    const auto run = [&](Graph::Engine& engine) {
      const bool optimized = engine.optimize().ok();
      const bool cleaned_first = engine.cleanup({.keep = 2}).ok();
      clock().advance_micros(2 * kHour);
      return engine.cleanup({.keep = 2}).ok() && optimized && cleaned_first;
    };
    arm_fault(GetParam(), count, FaultAction::kError);
    run(*graph);
    disarm_fault();
    EXPECT_EQ(rows(*graph, kPeople), answer);
    const auto opened = open();
    EXPECT_EQ(rows(*opened, kPeople), answer);
    EXPECT_TRUE(run(*opened));
    EXPECT_EQ(rows(*opened, kPeople), answer);
    EXPECT_EQ(rows(*opened, kPeople, commits.back()), answer);
    EXPECT_NE(rows(*opened, kPeople, commits[0]).find("was reclaimed"), std::string::npos);
    const auto report = opened->repair();
    ASSERT_TRUE(report.ok());
    for (const RepairedDataset& dataset : report->datasets) {
      EXPECT_FALSE(dataset.damage) << *dataset.damage;
    }
    EXPECT_EQ(rows(*open(), kPeople), answer);
  }
}

// The same when the process is gone from one moment to the next, on a folder.
TEST_P(MaintenanceFaultTest, OpensWholeWhenTheProcessWasKilled) {
  if (!fault_points_enabled()) GTEST_SKIP() << "built without fault points";
  std::string name = GetParam();
  for (char& c : name) c = c == '.' ? '_' : c;
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("omnigraph_killed_" + name);
  std::filesystem::remove_all(folder);
  std::string answer;
  {
    const auto graph = create(*open_local_store(folder.string(), true));
    for (int i = 0; i < 3; ++i) {
      load(*graph, people(0, 1500, i), LoadMode::kOverwrite);
      mutate(*graph, "delete Person where name = \"p1005\"");
    }
    answer = rows(*graph, kPeople);
  }
  const auto run = [](Graph::Engine& graph) {
    const bool optimized = graph.optimize().ok();
    return graph.cleanup({.keep = 1, .immediate = true}).ok() && optimized;
  };
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto graph = open();
    arm_fault(GetParam(), 1, FaultAction::kExit);
    ::_exit(run(*graph) ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  // A point that is not passed here leaves it to succeed.
  ASSERT_TRUE(WEXITSTATUS(status) == kFaultExitStatus || WEXITSTATUS(status) == 0);
  EXPECT_EQ(rows(*open(), kPeople), answer);
  {
    const auto graph = open();
    EXPECT_TRUE(run(*graph));
    EXPECT_EQ(rows(*graph, kPeople), answer);
    EXPECT_EQ(segments(), 1U);
  }
  EXPECT_EQ(rows(*open(), kPeople), answer);
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(
    Points, MaintenanceFaultTest,
    testing::Values("fold.before_merge", "fold.before_replace", "fold.after_replace",
                    "segment.after_write", "cleanup.keep", "cleanup.planned", "cleanup.published",
                    "sweep.after_checkpoint", "sweep.remove", "sweep.before_record", "sweep.prune",
                    "checkpoint.after_states", "checkpoint.before_root", "checkpoint.after_root"),
    [](const auto& info) {
      std::string name = info.param;
      for (char& c : name) c = c == '.' ? '_' : c;
      return name;
    });

}  // namespace
}  // namespace omnigraph
