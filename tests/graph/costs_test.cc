// What operations on a graph cost in calls to its store, warm and when nobody else writes, whatever
// the depth of history: counted at the store and, over a real S3 server, in that server's own log.
#include <gtest/gtest.h>

#include "common/test_runtime.h"
#include "graph/engine.h"
#include "storage/counting_store.h"
#include "storage/s3_server.h"

namespace omnigraph {
namespace {

using testing::S3Server;

constexpr std::string_view kSchema =
    "node Person { name: String @key  age: I32? }\nnode Tag { slug: String @key }\n"
    "edge Knows: Person -> Person\n";
constexpr std::string_view kPoint =
    "query one() { match { $p: Person { name: \"p3\" } } return { $p.age } }";

class CostsTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam()) {
      objects_ = counted(make_memory_store());
      return;
    }
    server_ = S3Server::start();
    if (!server_) GTEST_SKIP() << "there is no S3 server here; tools/s3-server installs one";
    objects_ = counted(server_->open("g"));
  }
  std::unique_ptr<Graph::Engine> create() {
    auto made = Graph::Engine::create(
        [this]() -> Result<ObjectStorePtr> { return ObjectStorePtr(objects_); }, "", kSchema, {},
        test_runtime(1));
    EXPECT_TRUE(made.ok()) << made.error().message();
    return std::move(made).value();
  }
  std::unique_ptr<Graph::Engine> open(bool only_writer = false) {
    auto opened =
        Graph::Engine::open(objects_, {.only_writer = only_writer, .first_read_as_opened = true},
                            test_runtime(++seed_));
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return std::move(opened).value();
  }
  static void add(Graph::Engine& graph, const std::string& name, std::string_view branch = "main") {
    const std::string source = "query m() { insert Person { name: \"" + name + "\", age: 3 } }";
    const auto report = graph.mutate({.source = source, .branch = branch});
    EXPECT_TRUE(report.ok()) << report.error().message();
  }
  static void read(Graph::Engine& graph) {
    const auto rows = graph.query({.source = kPoint});
    ASSERT_TRUE(rows.ok()) << rows.error().message();
    EXPECT_EQ(rows->rows(), 1U);
  }

  struct Cost {
    std::uint64_t puts = 0, gets = 0, lists = 0, others = 0, round_trips = 0;
  };
  // What one operation costs: by the store, which the server must confirm.
  Cost cost(const std::function<void()>& operation) {
    const std::size_t before = server_ ? server_->requests().size() : 0;
    objects_->reset();
    operation();
    const StoreCounts counts = objects_->counts();
    const Cost out{counts.all_puts(), counts.gets, counts.lists, counts.heads + counts.removes,
                   counts.round_trips};
    if (!server_) return out;
    const std::vector<std::string> requests = server_->requests();
    Cost seen;
    for (std::size_t i = before; i < requests.size(); ++i) {
      if (requests[i] == "PutObject") {
        ++seen.puts;
      } else if (requests[i] == "ListObjectsV2") {
        ++seen.lists;
      } else if (requests[i] == "GetObject") {
        ++seen.gets;
      } else {
        ++seen.others;
      }
    }
    EXPECT_EQ(seen.puts, out.puts);
    EXPECT_EQ(seen.lists, out.lists);
    EXPECT_EQ(seen.others, out.others);
    // Neighbouring ranges of one object may share a request.
    EXPECT_LE(seen.gets, out.gets);
    EXPECT_EQ(seen.gets > 0, out.gets > 0);
    return out;
  }
  static void expect_one_put(const Cost& cost, const std::string& what) {
    EXPECT_EQ(cost.puts, 1U) << what;
    EXPECT_EQ(cost.round_trips, 1U) << what;
  }

  std::unique_ptr<S3Server> server_;
  std::shared_ptr<CountingStore> objects_;
  std::uint64_t seed_ = 1;
};

INSTANTIATE_TEST_SUITE_P(Stores, CostsTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "S3" : "memory"; });

TEST_P(CostsTest, AreThoseOfTheTableAtEveryDepth) {
  int depth = 0;
  { const auto made = create(); }
  for (const int target :
       GetParam() ? std::vector<int>{10, 300} : std::vector<int>{10, 300, 3000}) {
    SCOPED_TRACE(target);
    {
      const auto writer = open();
      for (; depth < target; ++depth) add(*writer, "p" + std::to_string(depth));
    }
    const std::string name = std::to_string(target);
    const auto graph = open();
    read(*graph);
    // Small writes keep no house while they are counted: that comes every sixteen records.
    expect_one_put(cost([&] { add(*graph, "one" + name); }), "a mutation");
    const auto read_cost = cost([&] { read(*graph); });
    EXPECT_EQ(read_cost.round_trips, 1U);
    EXPECT_EQ(read_cost.gets, 1U);
    EXPECT_EQ(cost([&] { read(*graph); }).round_trips, 1U);

    const std::string branch = "b" + name;
    expect_one_put(cost([&] { ASSERT_TRUE(graph->create_branch({.name = branch}).ok()); }),
                   "a branch");
    add(*graph, "there" + name, branch);
    add(*graph, "here" + name);
    // The merge looks for news first: its verdict rests on the newest state.
    const auto merge_cost = cost([&] {
      const auto merged = graph->merge({.source = branch, .target = "main"}, /*preview=*/false);
      ASSERT_TRUE(merged.ok()) << merged.error().message();
      EXPECT_EQ(merged->outcome, MergeOutcome::kMerged);
    });
    EXPECT_EQ(merge_cost.puts, 1U);
    EXPECT_EQ(merge_cost.lists + merge_cost.others, 0U);
    EXPECT_LE(merge_cost.round_trips, 2U);
    expect_one_put(cost([&] { ASSERT_TRUE(graph->delete_branch(branch).ok()); }),
                   "the deletion of a branch");

    std::unique_ptr<Graph::Engine> cold;
    const auto cold_cost = cost([&] {
      cold = open();
      read(*cold);
    });
    EXPECT_LE(cold_cost.round_trips, 5U);
    EXPECT_EQ(cold_cost.puts + cold_cost.others, 0U);
    EXPECT_EQ(cost([&] { read(*cold); }).round_trips, 1U);
    const auto alone = open(/*only_writer=*/true);
    read(*alone);
    EXPECT_EQ(cost([&] { read(*alone); }).round_trips, 0U);
  }
}

}  // namespace
}  // namespace omnigraph
