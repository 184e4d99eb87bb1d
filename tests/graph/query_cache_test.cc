#include "graph/query_cache.h"

#include <gtest/gtest.h>

#include "common/test_runtime.h"
#include "graph/engine.h"

namespace omnigraph {
namespace {

constexpr std::string_view kRead = "query q() { match { $p: Person } return { $p.name } }";
constexpr std::string_view kWrite = "query q() { insert Person { name: \"a\" } }";

class QueryCacheTest : public testing::Test {
 protected:
  QueryCacheTest() {
    auto engine =
        Graph::Engine::create([]() -> Result<ObjectStorePtr> { return make_memory_store(); }, "",
                              "node Person { name: String @key }", {}, Runtime::system());
    EXPECT_TRUE(engine.ok()) << engine.error().message();
    engine_ = std::move(engine).value();
  }
  SnapshotPtr snapshot() { return engine_->store().state()->branch("main")->snapshot; }
  CompiledQueryPtr get(std::string_view source, std::string_view name = "") {
    const auto compiled = cache_.get(QueryKind::kRead, source, name, *snapshot());
    EXPECT_TRUE(compiled.ok()) << compiled.error().message();
    return *compiled;
  }

  std::unique_ptr<Graph::Engine> engine_;
  QueryCache cache_;
};

TEST_F(QueryCacheTest, CompilesOnce) {
  const CompiledQueryPtr first = get(kRead);
  EXPECT_EQ(get(kRead), first);
  EXPECT_NE(get(kRead, "q"), first);  // asked for in another way
  EXPECT_NE(first->plan, nullptr);
  const std::string copy(kRead);  // the key is the text, not where it lies
  EXPECT_EQ(get(copy), first);
}

TEST_F(QueryCacheTest, KindsAreSeparate) {
  const auto as_read = cache_.get(QueryKind::kRead, kWrite, "", *snapshot());
  ASSERT_FALSE(as_read.ok());
  const auto as_write = cache_.get(QueryKind::kMutation, kWrite, "", *snapshot());
  ASSERT_TRUE(as_write.ok()) << as_write.error().message();
  EXPECT_EQ((*as_write)->plan, nullptr);
  EXPECT_FALSE(cache_.get(QueryKind::kMutation, kRead, "", *snapshot()).ok());
  EXPECT_FALSE(cache_.get(QueryKind::kRead, kWrite, "", *snapshot()).ok());  // errors are not kept
}

TEST_F(QueryCacheTest, PlansAgainWhenTheGraphHasGrown) {
  const CompiledQueryPtr before = get(kRead);
  std::string people;
  for (int i = 0; i < 2'500; ++i) {
    people += "{\"type\":\"Person\",\"data\":{\"name\":\"p" + std::to_string(i) + "\"}}\n";
  }
  const auto source = text_load_source(people);
  ASSERT_TRUE(engine_->load(*source, {.mode = LoadMode::kAppend}).ok());
  const CompiledQueryPtr after = get(kRead);
  EXPECT_NE(after, before);
  EXPECT_EQ(after->planned_rows, 2'500U);
  EXPECT_EQ(get(kRead), after);
}

TEST_F(QueryCacheTest, ForgetsWhatWasUsedLongestAgo) {
  const CompiledQueryPtr first = get(kRead);
  for (std::size_t i = 0; i < QueryCache::kMaxEntries - 1; ++i) {
    get(std::string(kRead) + " // " + std::to_string(i));
  }
  EXPECT_EQ(get(kRead), first);  // still there, and now the newest
  get(std::string(kRead) + " // one more");
  EXPECT_EQ(get(kRead), first);
  for (std::size_t i = 0; i < QueryCache::kMaxEntries; ++i) {
    get(std::string(kRead) + " // again " + std::to_string(i));
  }
  EXPECT_NE(get(kRead), first);
}

}  // namespace
}  // namespace omnigraph
