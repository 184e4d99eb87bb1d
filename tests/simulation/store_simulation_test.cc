// Random histories of the store. A failure prints its seed; OMNIGRAPH_SIMULATION_SEED=n plays that
// one alone, OMNIGRAPH_SIMULATION_HISTORIES=n plays that many, from OMNIGRAPH_SIMULATION_FIRST on.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "simulation/store_history.h"

namespace omnigraph::simulation {
namespace {

struct Seeds {
  std::uint64_t first = 1, count = 0;
};

Seeds seeds(std::uint64_t count) {
  if (const char* one = std::getenv("OMNIGRAPH_SIMULATION_SEED")) {
    return {std::strtoull(one, nullptr, 10), 1};
  }
  Seeds range{1, count};
  if (const char* first = std::getenv("OMNIGRAPH_SIMULATION_FIRST")) {
    range.first = std::strtoull(first, nullptr, 10);
  }
  if (const char* many = std::getenv("OMNIGRAPH_SIMULATION_HISTORIES")) {
    range.count = std::strtoull(many, nullptr, 10);
  }
  return range;
}

TEST(StoreSimulation, ObjectsFormWithoutFaults) {
  const Seeds range = seeds(100);
  for (std::uint64_t seed = range.first; seed < range.first + range.count; ++seed) {
    HistoryOptions options;
    options.seed = seed;
    options.handles = static_cast<int>(1 + seed % 3);
    ASSERT_EQ(StoreHistory(make_memory_store(), LogForm::kObjects, options).run(), "")
        << "seed " << seed;
  }
}

TEST(StoreSimulation, ObjectsFormWithFaults) {
  const Seeds range = seeds(200);
  for (std::uint64_t seed = range.first; seed < range.first + range.count; ++seed) {
    HistoryOptions options;
    options.seed = seed;
    options.handles = static_cast<int>(1 + seed % 3);
    options.fault_percent = static_cast<int>(seed % 4) * 4;
    options.fault_point_percent = 20;
    ASSERT_EQ(StoreHistory(make_memory_store(), LogForm::kObjects, options).run(), "")
        << "seed " << seed;
  }
}

TEST(StoreSimulation, FileForm) {
  const Seeds range = seeds(12);
  std::uint64_t lost = 0;
  for (std::uint64_t seed = range.first; seed < range.first + range.count; ++seed) {
    std::string folder = (std::filesystem::temp_directory_path() / "og-simulation-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    HistoryOptions options;
    options.seed = seed;
    options.handles = static_cast<int>(1 + seed % 3);
    options.fault_percent = static_cast<int>(seed % 3) * 3;
    options.fault_point_percent = 25;
    options.power_cut_percent = static_cast<int>(seed % 4) * 5;
    StoreHistory history(*open_local_store(folder + "/g", true), LogForm::kFile, options);
    const std::string failure = history.run();
    std::filesystem::remove_all(folder);
    ASSERT_EQ(failure, "") << "seed " << seed;
    lost += history.sectors_lost();
  }
  if (range.count >= 12) {
    EXPECT_GT(lost, 0U) << "no power cut tore anything";
  }
}

}  // namespace
}  // namespace omnigraph::simulation
