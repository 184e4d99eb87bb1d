// Branches: names that live side by side, deletion, forks of the past, and what they cost.
#include "history/history_graph.h"
#include "history/lineage.h"

namespace omnigraph {
namespace {

using testing::HistoryGraph;
using testing::Rows;

constexpr char kSchema[] = "node Person { name: String @key }";

std::string insert(const std::string& name) { return "insert Person { name: \"" + name + "\" }"; }

TEST(Branches, LiveNamesArePrefixDisjoint) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.fork("team"), "");
  ASSERT_EQ(graph.fork("review/july"), "");
  EXPECT_EQ(graph.fork("team"), "branch 'team' already exists");
  EXPECT_EQ(graph.fork("teammate"), "");
  EXPECT_EQ(graph.fork("review/june"), "");
  EXPECT_EQ(graph.fork("main/x"), "");
  for (const char* related : {"review", "team/a", "review/july/x"}) {
    const std::string refused = graph.fork(related);
    EXPECT_NE(refused.find("ancestors or descendants"), std::string::npos) << related;
    EXPECT_NE(refused.find(related), std::string::npos);
  }
  ASSERT_EQ(graph.remove("team"), "");
  EXPECT_EQ(graph.fork("team/a"), "");
  EXPECT_EQ(graph.fork("missing/from", "nowhere"), "branch 'nowhere' not found");
}

TEST(Branches, AreDeletedLeafFirst) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.fork("one"), "");
  ASSERT_EQ(graph.fork("two", "one"), "");
  EXPECT_EQ(graph.remove("one"),
            "cannot delete branch 'one' because descendant branch 'two' still depends on it");
  EXPECT_EQ(graph.remove("two"), "");
  EXPECT_EQ(graph.remove("one"), "");
  EXPECT_EQ(graph.remove("one"), "branch 'one' not found");
}

// A name that comes back is another branch: what the first one wrote stays gone.
TEST(Branches, ComeBackAfresh) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.fork("b"), "");
  ASSERT_EQ(graph.mutate(insert("old"), "b"), "");
  const CommitId gone = graph.head("b")->commit();
  ASSERT_EQ(graph.remove("b"), "");
  EXPECT_EQ(graph.store().snapshot_at(gone).error().code(), ErrorCode::kNotFound);
  ASSERT_EQ(graph.fork("b"), "");
  EXPECT_EQ(graph.rows("Person", "b"), Rows{});
  EXPECT_FALSE(graph.store().snapshot_at(gone).ok());
  ASSERT_EQ(graph.mutate(insert("new"), "b"), "");
  for (const bool reopened : {false, true}) {
    if (reopened) {
      ASSERT_TRUE(graph.store().maintain_now().ok());
      graph.reopen();
    }
    const GraphStatePtr state = graph.store().state();
    const Lineage lineage(*state, *state->branch("b"));
    EXPECT_FALSE(lineage.carries(*graph.store().find_commit(gone).value()));
    EXPECT_TRUE(lineage.carries(graph.head("b")->head()));
    EXPECT_FALSE(state->carries(*graph.store().find_commit(gone).value()));
    EXPECT_FALSE(graph.store().snapshot_at(gone).ok());
  }
}

TEST(Branches, BeginInThePast) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.mutate(insert("a")), "");
  const CommitId then = graph.head()->commit();
  ASSERT_EQ(graph.mutate(insert("b")), "");
  const auto state = graph.store().state();
  const auto past = graph.store().write_past_state(then);
  ASSERT_TRUE(past.ok()) << past.error().message();
  const auto made = graph.writer().committer().create_branch(
      "old", "main", {state->branch("main")->incarnation, then, *past, state->catalog->version()});
  ASSERT_TRUE(made.ok()) << made.error().message();
  ASSERT_EQ(graph.mutate(insert("c"), "old"), "");
  const Rows expected = {{"a", "name=a"}, {"c", "name=c"}};
  EXPECT_EQ(graph.rows("Person", "old"), expected);
  graph.reopen();
  EXPECT_EQ(graph.rows("Person", "old"), expected);
  const GraphStatePtr now = graph.store().state();
  const Lineage lineage(*now, *now->branch("old"));
  EXPECT_TRUE(lineage.carries(*graph.store().find_commit(then).value()));
  EXPECT_FALSE(lineage.carries(graph.head()->head()));
  EXPECT_EQ(graph.merge("old"), "merged");
  EXPECT_EQ(graph.rows("Person").size(), 3U);
}

// Another process changes the schema between the state of the past being written down and the
// branch being made.
TEST(Branches, DoNotBeginUnderAnotherSchema) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.mutate(insert("a")), "");
  const CommitId then = graph.head()->commit();
  ASSERT_EQ(graph.mutate(insert("b")), "");
  const auto state = graph.store().state();
  const auto past = graph.store().write_past_state(then);
  ASSERT_TRUE(past.ok()) << past.error().message();
  const PastFork fork{state->branch("main")->incarnation, then, *past, state->catalog->version()};
  ASSERT_TRUE(graph.writer()
                  .apply_schema({.desired = "node Person { name: String @key\n age: I32? }"})
                  .ok());
  const auto made = graph.writer().committer().create_branch("old", "main", fork);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code(), ErrorCode::kBadRequest);
  EXPECT_NE(made.error().message().find("the schema changed since commit"), std::string::npos);
  EXPECT_EQ(graph.store().state()->branch("old"), nullptr);
}

// The cost of a commit, a fork and a deletion does not grow with the number of branches.
TEST(Branches, TenThousandOfThemCostNothingMore) {
  using Branches = decltype(GraphState::branches);
  const auto counting = counted(make_memory_store());
  StoreOptions options;
  options.maintenance = false;
  HistoryGraph graph(kSchema, options, counting);
  std::uint64_t made_at_ten = 0;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(graph.fork("b" + std::to_string(i)), "");
    if (i != 10 && i != 9'998) continue;
    counting->reset();
    const std::uint64_t before = Branches::nodes_made();
    ASSERT_EQ(graph.mutate(insert("p" + std::to_string(i)), "b" + std::to_string(i)), "");
    ASSERT_EQ(graph.fork("x"), "");
    ASSERT_EQ(graph.remove("x"), "");
    const std::uint64_t made = Branches::nodes_made() - before;
    EXPECT_EQ(counting->counts().all_puts(), 3U);
    EXPECT_EQ(counting->counts().round_trips, 3U);
    if (i == 10) made_at_ten = made;
    EXPECT_LE(made, made_at_ten + 3 * 3 * 14);  // a path of the tree for each
  }
  ASSERT_TRUE(graph.store().maintain_now().ok());
  graph.reopen();
  EXPECT_EQ(graph.store().state()->branches.size(), 10'001U);
  EXPECT_EQ(graph.rows("Person", "b9998").size(), 1U);
  EXPECT_EQ(graph.rows("Person", "b9997").size(), 0U);
}

// A read in the past costs what it costs at any other depth.
TEST(TimeTravel, CostsTheSameAtEveryDepth) {
  const auto counting = counted(make_memory_store());
  StoreOptions options;
  options.checkpoint_records = 64;
  HistoryGraph graph(kSchema, options, counting);
  std::vector<CommitId> commits;
  for (int i = 0; i < 1'500; ++i) {
    ASSERT_EQ(graph.mutate(insert("p" + std::to_string(i))), "");
    commits.push_back(graph.head()->commit());
    ASSERT_TRUE(graph.store().maintain().ok());
  }
  std::uint64_t most = 0;
  for (const std::size_t back : {10, 100, 1'000, 1'400}) {
    graph.reopen();
    counting->reset();
    const std::size_t at = commits.size() - back;
    const auto snapshot = graph.store().snapshot_at(commits[at]);
    ASSERT_TRUE(snapshot.ok());
    const TableVersion& people = *(*snapshot)->table(graph.type("Person").id);
    EXPECT_EQ(people.live_rows(), at + 1);
    EXPECT_TRUE(people.find_id("p" + std::to_string(at)).value().has_value());
    most = std::max(most, counting->counts().round_trips);
    EXPECT_LE(counting->counts().round_trips, 12U) << back;
    // A second look costs nothing.
    counting->reset();
    ASSERT_TRUE(graph.store().snapshot_at(commits[at]).ok());
    EXPECT_EQ(counting->counts().round_trips, 0U) << back;
  }
}

}  // namespace
}  // namespace omnigraph
