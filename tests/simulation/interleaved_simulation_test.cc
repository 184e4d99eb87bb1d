// Random histories of several processes on one object store. A failure prints its seed;
// OMNIGRAPH_SIMULATION_SEED=n plays that one alone, OMNIGRAPH_SIMULATION_HISTORIES=n plays that
// many, from OMNIGRAPH_SIMULATION_FIRST on (1 unless set).
#include <gtest/gtest.h>

#include <cstdlib>

#include "simulation/graph_history.h"
#include "simulation/interleaved_history.h"

namespace omnigraph::simulation {
namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Seeds {
  explicit Seeds(std::uint64_t otherwise)
      : first(number("OMNIGRAPH_SIMULATION_FIRST", 1)),
        count(number("OMNIGRAPH_SIMULATION_HISTORIES", otherwise)) {
    if (std::getenv("OMNIGRAPH_SIMULATION_SEED") == nullptr) return;
    first = number("OMNIGRAPH_SIMULATION_SEED", 1);
    count = 1;
  }
  std::uint64_t first, count;
};

TEST(InterleavedSimulation, ProcessesOnOneObjectStore) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer does not follow stacks that are switched";
#endif
  const auto [first, count] = Seeds(150);
  std::uint64_t commits = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    InterleavedHistory history(seed);
    ASSERT_EQ(history.run(), "") << "seed " << seed;
    commits += history.commits();
  }
  RecordProperty("commits", std::to_string(commits));
  EXPECT_GT(commits, count) << "the histories do not come to anything";
}

TEST(InterleavedSimulation, WholeGraphsInOneObjectStore) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer does not follow stacks that are switched";
#endif
  const Seeds seeds(40);
  GraphHistory::Counts all;
  for (std::uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    GraphHistory history(seed);
    ASSERT_EQ(history.run(), "") << "seed " << seed;
    all += history.counts();
  }
  EXPECT_GT(all.writes, 10 * seeds.count) << "the histories do not come to anything";
  if (seeds.count < 10) return;
  EXPECT_GT(all.merges, seeds.count);
  EXPECT_GT(all.schemas, seeds.count / 2);
  EXPECT_GT(all.blobs, seeds.count);
  EXPECT_GT(all.branches, seeds.count);
}

TEST(InterleavedSimulation, ASeedPlaysTheSameAgain) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer does not follow stacks that are switched";
#endif
  InterleavedHistory one(7), again(7);
  EXPECT_EQ(one.run(), again.run());
  EXPECT_EQ(one.commits(), again.commits());
  GraphHistory graph(7), graph_again(7);
  EXPECT_EQ(graph.run(), graph_again.run());
  EXPECT_EQ(graph.counts(), graph_again.counts());
}

}  // namespace
}  // namespace omnigraph::simulation
