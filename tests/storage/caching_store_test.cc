// The disk cache of immutable objects: saves calls, is bounded, distrusts what it reads, and may be
// deleted at any time.
#include "storage/caching_store.h"

#include <filesystem>
#include <fstream>

#include "storage/counting_store.h"
#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT
namespace fs = std::filesystem;

class CachingStoreTest : public ::testing::Test {
 protected:
  // As if by another process.
  std::shared_ptr<CachingStore> process(std::uint64_t max_bytes = kDefaultCacheBytes) {
    return std::make_shared<CachingStore>(counting_, CacheSettings{cache_ / "c", max_bytes});
  }
  std::uint64_t trips() {
    const std::uint64_t now = counting_->counts().round_trips;
    counting_->reset();
    return now;
  }
  std::uint64_t cached_bytes() const {
    std::uint64_t total = 0;
    for (const auto& entry : fs::recursive_directory_iterator(cache_ / "c")) {
      if (entry.is_regular_file()) total += entry.file_size();
    }
    return total;
  }
  template <typename F>
  void each_file(const F& change) {
    for (const auto& entry : fs::recursive_directory_iterator(cache_ / "c")) {
      if (entry.is_regular_file()) change(entry.path());
    }
  }

  TemporaryFolder cache_;
  std::shared_ptr<CountingStore> counting_ = counted(make_memory_store());
};

TEST_F(CachingStoreTest, ServesOtherProcesses) {
  ASSERT_TRUE(counting_->put("graph.json", "graph one").ok());
  ASSERT_TRUE(counting_->put("state/a", "content").ok());
  trips();
  auto one = process();
  ASSERT_TRUE(one->get("graph.json").ok());
  EXPECT_EQ(one->get("state/a")->data, "content");
  EXPECT_EQ(trips(), 2U);
  auto two = process();
  EXPECT_EQ(two->get("graph.json")->data, "graph one");
  const std::string names[] = {"state/a"};
  EXPECT_EQ((*two->get_many(names))[0]->data, "content");
  EXPECT_EQ(two->get("state/a", {3, 2})->data, "te");
  EXPECT_EQ(trips(), 1U);
}

TEST_F(CachingStoreTest, KeepsNothingThatMayChange) {
  ASSERT_TRUE(counting_->put("graph.json", "graph one").ok());
  ASSERT_TRUE(counting_->put("checkpoint/latest", "1").ok());
  auto store = process();
  ASSERT_TRUE(store->get("graph.json").ok());
  EXPECT_EQ(store->get("checkpoint/latest")->data, "1");
  EXPECT_EQ(store->get("log/2").error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(counting_->put("checkpoint/latest", "2").ok());
  ASSERT_TRUE(counting_->put("log/2", "record").ok());
  EXPECT_EQ(store->get("checkpoint/latest")->data, "2");
  EXPECT_EQ(store->get("log/2")->data, "record");
}

TEST_F(CachingStoreTest, AGraphMadeAnewFindsNothingOfTheOldOne) {
  ASSERT_TRUE(counting_->put("graph.json", "graph one").ok());
  ASSERT_TRUE(counting_->put("log/1", "old").ok());
  auto store = process();
  ASSERT_TRUE(store->get("graph.json").ok());
  EXPECT_EQ(store->get("log/1")->data, "old");
  ASSERT_TRUE(counting_->put("graph.json", "graph two").ok());
  ASSERT_TRUE(counting_->put("log/1", "new").ok());
  auto later = process();
  ASSERT_TRUE(later->get("graph.json").ok());
  EXPECT_EQ(later->get("log/1")->data, "new");
}

TEST_F(CachingStoreTest, KeepsRangesInBlocks) {
  std::string content;
  for (int i = 0; i < 300'000; ++i) content += static_cast<char>('a' + i % 23);
  ASSERT_TRUE(counting_->put("graph.json", "g").ok());
  ASSERT_TRUE(counting_->put("data/1", content).ok());
  auto store = process();
  ASSERT_TRUE(store->get("graph.json").ok());
  trips();
  const auto expect = [&](std::uint64_t offset, std::uint64_t length) {
    auto got = store->get("data/1", {offset, length});
    ASSERT_TRUE(got.ok());
    EXPECT_EQ(got->data, std::string_view(content).substr(offset, length)) << offset;
  };
  expect(10, 20);
  EXPECT_EQ(trips(), 1U);
  expect(0, 1000);
  expect(kCacheBlockBytes - 5, 5);
  EXPECT_EQ(trips(), 0U);
  expect(kCacheBlockBytes - 5, 10);
  EXPECT_EQ(trips(), 1U);
  expect(299'990, 100);
  const ByteRange ranges[] = {{299'000, 10}, {1, 0}, {5, 290'000}};
  const auto several = store->get_ranges("data/1", ranges);
  ASSERT_TRUE(several.ok());
  EXPECT_EQ((*several)[0].data, content.substr(299'000, 10));
  EXPECT_EQ((*several)[1].data, "");
  EXPECT_EQ((*several)[2].data, content.substr(5, 290'000));
  EXPECT_EQ(trips(), 0U);
}

TEST_F(CachingStoreTest, DamagedAndMissingFilesAreReadAnew) {
  ASSERT_TRUE(counting_->put("graph.json", "g").ok());
  ASSERT_TRUE(counting_->put("state/a", "content").ok());
  auto store = process();
  ASSERT_TRUE(store->get("graph.json").ok());
  ASSERT_TRUE(store->get("state/a").ok());
  each_file([](const fs::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-1, std::ios::end);
    file.put('X');
  });
  EXPECT_EQ(store->get("state/a")->data, "content");
  each_file([](const fs::path& path) { fs::resize_file(path, 3); });
  EXPECT_EQ(store->get("state/a")->data, "content");
  fs::remove_all(cache_ / "c");
  EXPECT_EQ(store->get("state/a")->data, "content");
  trips();
  EXPECT_EQ(store->get("state/a")->data, "content");
  EXPECT_EQ(trips(), 0U);
  // A folder that cannot be made is as good as none.
  CachingStore nowhere(counting_, {"/dev/null/cache", 1000});
  ASSERT_TRUE(nowhere.get("graph.json").ok());
  EXPECT_EQ(nowhere.get("state/a")->data, "content");
}

TEST_F(CachingStoreTest, StaysWithinItsLimit) {
  constexpr std::uint64_t kLimit = 100'000;
  ASSERT_TRUE(counting_->put("graph.json", "g").ok());
  auto store = process(kLimit);
  ASSERT_TRUE(store->get("graph.json").ok());
  for (int i = 0; i < 50; ++i) {
    const std::string name = "state/" + std::to_string(i);
    ASSERT_TRUE(counting_->put(name, std::string(9'000, 'x')).ok());
    ASSERT_EQ(store->get(name)->data.size(), 9'000U);
    EXPECT_LE(cached_bytes(), kLimit);
  }
  EXPECT_GT(cached_bytes(), kLimit / 2);
  // Less is allowed now, even less than one entry.
  for (const std::uint64_t less : {kLimit / 4, std::uint64_t{1'000}}) {
    store = process(less);
    ASSERT_TRUE(store->get("graph.json").ok());
    const std::string name = "state/less" + std::to_string(less);
    ASSERT_TRUE(counting_->put(name, std::string(9'000, 'x')).ok());
    ASSERT_TRUE(store->get(name).ok());
    EXPECT_LE(cached_bytes(), less);
  }
}

TEST_F(CachingStoreTest, OpensAGraphAgainWithoutReadingItAgain) {
  StoreOptions options;
  options.checkpoint_records = 20;
  options.fold_inline_rows = 8;
  {
    const auto store = init_store(counting_, options);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(add_person(*store, "p" + std::to_string(i), i).ok());
      ASSERT_TRUE(store->maintain().ok());
    }
  }
  const auto bytes = [&] {
    counting_->reset();
    const auto store = open_store(process(), options);
    EXPECT_EQ(people(*store).size(), 100U);
    return counting_->counts().bytes_read;
  };
  const std::uint64_t cold = bytes();
  const std::uint64_t warm = bytes();
  EXPECT_LT(warm, 2'000U);
  EXPECT_GT(cold, 2 * warm);
}

TEST(CacheSettings, ComeFromVariables) {
  EXPECT_FALSE(cache_settings(nullptr, nullptr)->has_value());
  EXPECT_FALSE(cache_settings("/tmp/x", "0")->has_value());
  EXPECT_EQ((*cache_settings("/tmp/x", "123"))->max_bytes, 123U);
  EXPECT_EQ((*cache_settings("/tmp/x", nullptr))->max_bytes, kDefaultCacheBytes);
  EXPECT_EQ(cache_settings("/tmp/x", "many").error().code(), ErrorCode::kBadRequest);
}

}  // namespace
}  // namespace omnigraph
