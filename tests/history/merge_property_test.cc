// Random histories of commits, schema changes, branches, merges and maintenance, replayed on plain
// maps (graph_model.h) from a seed. Every branch, commit, difference, change feed and merge, and
// every refusal of one, must equal the model's, in memory and after the graph was opened again.
// OMNIGRAPH_HISTORIES says how many histories (default 30), from OMNIGRAPH_SEED on.
#include <cstdlib>
#include <iostream>

#include "history/random_history.h"

namespace omnigraph::testing {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(MergeProperty, EveryBranchAndMergeEqualsTheModel) {
  constexpr std::uint64_t kTold = 1'000;  // histories between two words of progress
  std::map<std::string, int> seen;
  const std::uint64_t first = setting("OMNIGRAPH_SEED", 1);
  const std::uint64_t histories = setting("OMNIGRAPH_HISTORIES", 30);
  for (std::uint64_t seed = first; seed < first + histories; ++seed) {
    SCOPED_TRACE("OMNIGRAPH_SEED=" + std::to_string(seed));
    RandomHistory history(seed);
    history.run();
    if (::testing::Test::HasFailure()) return;
    for (const auto& [what, times] : history.seen()) seen[what] += times;
    const std::uint64_t done = seed - first + 1;
    if (done % kTold == 0) std::cout << done << " histories\n" << std::flush;
  }
  // The test means something.
  for (const auto& [what, times] : seen) std::cout << what << ": " << times << "\n";
  if (histories < 30) return;
  for (const char* what : {"already_up_to_date", "fast_forward", "merged", "conflict", "violation",
                           "schema apply", "hard drop", "schema boundary", "branch from the past",
                           "optimize", "cleanup", "reclaimed read", "gap", "cursor polled"}) {
    EXPECT_GT(seen[what], 0) << what;
  }
}

}  // namespace
}  // namespace omnigraph::testing
