// Segments of several processes under one clock that stands still.
#include <gtest/gtest.h>

#include "common/test_runtime.h"
#include "graph/engine.h"

namespace omnigraph {
namespace {

// The first process leaves folds, which are no commits, behind the last commit; the second one
// knows only that. Neither may take a name that the other has used.
TEST(SegmentNames, AreNeverUsedTwice) {
  const ObjectStorePtr objects = make_memory_store();
  const auto insert = [](Graph::Engine& graph, const std::string& type) {
    const std::string source = "query m() { insert " + type + " { k: \"" + type + "\" } }";
    const auto report = graph.mutate({.source = source});
    ASSERT_TRUE(report.ok()) << report.error().message();
  };
  auto first = Graph::Engine::create([&]() -> Result<ObjectStorePtr> { return objects; }, "",
                                     "node A { k: String @key } node B { k: String @key } node C { "
                                     "k: String @key }",
                                     {}, test_runtime(1));
  ASSERT_TRUE(first.ok()) << first.error().message();
  for (const std::string type : {"A", "B", "C"}) insert(**first, type);
  ASSERT_TRUE((*first)->store().maintain_now().ok());
  for (const std::uint64_t seed : {2, 3}) {
    auto other = Graph::Engine::open(objects, {}, test_runtime(seed));
    ASSERT_TRUE(other.ok()) << other.error().message();
    insert(**other, "A");
    ASSERT_TRUE((*other)->store().maintain_now().ok());
  }
  auto reader = Graph::Engine::open(objects, {}, test_runtime(4));
  ASSERT_TRUE(reader.ok()) << reader.error().message();
  for (const std::string type : {"A", "B", "C"}) {
    const std::string source = "query q() { match { $n: " + type + " } return { $n.k } }";
    const auto rows = (*reader)->query({.source = source});
    ASSERT_TRUE(rows.ok()) << rows.error().message();
    ASSERT_EQ(rows->rows(), 1U);
    EXPECT_EQ(*rows->value(0, 0).get_if<std::string>(), type);
  }
}

}  // namespace
}  // namespace omnigraph
