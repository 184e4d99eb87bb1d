// Random histories of several processes on one object store. A failure prints its seed;
// OMNIGRAPH_SIMULATION_SEED=n plays that one alone, OMNIGRAPH_SIMULATION_HISTORIES=n plays that
// many, from OMNIGRAPH_SIMULATION_FIRST on (1 unless set).
#include <gtest/gtest.h>

#include <cstdlib>

#include "simulation/interleaved_history.h"

namespace omnigraph::simulation {
namespace {

std::uint64_t number(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(InterleavedSimulation, ProcessesOnOneObjectStore) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer does not follow stacks that are switched";
#endif
  std::uint64_t first = number("OMNIGRAPH_SIMULATION_FIRST", 1);
  std::uint64_t count = number("OMNIGRAPH_SIMULATION_HISTORIES", 150);
  if (std::getenv("OMNIGRAPH_SIMULATION_SEED") != nullptr) {
    first = number("OMNIGRAPH_SIMULATION_SEED", 1);
    count = 1;
  }
  std::uint64_t commits = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    InterleavedHistory history(seed);
    ASSERT_EQ(history.run(), "") << "seed " << seed;
    commits += history.commits();
  }
  RecordProperty("commits", std::to_string(commits));
  EXPECT_GT(commits, count) << "the histories do not come to anything";
}

TEST(InterleavedSimulation, ASeedPlaysTheSameAgain) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer does not follow stacks that are switched";
#endif
  InterleavedHistory one(7), again(7);
  EXPECT_EQ(one.run(), again.run());
  EXPECT_EQ(one.commits(), again.commits());
}

}  // namespace
}  // namespace omnigraph::simulation
