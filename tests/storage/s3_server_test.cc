// The cloud store, and graphs on it, against a real S3 server.
#include "storage/s3_server.h"

#include <atomic>
#include <thread>

#include "storage/caching_store.h"
#include "storage/counting_store.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

class S3ServerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = S3Server::start().release(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  void SetUp() override {
    if (server_ != nullptr) return;
    GTEST_SKIP() << "versitygw is not here: install Go and run ./test, or set OMNIGRAPH_VERSITYGW";
  }
  static S3Server* server_;
};
S3Server* S3ServerTest::server_ = nullptr;

TEST_F(S3ServerTest, KeepsThePromisesOfAStore) {
  const auto store = server_->open("promises");
  EXPECT_EQ(store->get("a/b").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(store->head("a/b").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(*store->put_if_absent("a/b", "first"), PutOutcome::kCreated);
  EXPECT_EQ(*store->put_if_absent("a/b", "second"), PutOutcome::kExists);
  EXPECT_EQ(store->get("a/b")->data, "first");
  ASSERT_TRUE(store->put("a/b", "0123456789").ok());
  EXPECT_EQ(store->head("a/b")->size, 10U);
  EXPECT_EQ(store->get("a/b", {2, 3})->data, "234");
  EXPECT_EQ(store->get("a/b", {8, 30})->data, "89");
  EXPECT_EQ(store->get("a/b", {8})->data, "89");
  EXPECT_EQ(store->get("a/b", {30, 5})->data, "");
  EXPECT_EQ(store->get("a/b", {3, 0})->data, "");
  const ByteRange ranges[] = {{7, 2}, {0, 3}, {9, 1}};
  const auto parts = store->get_ranges("a/b", ranges);
  ASSERT_TRUE(parts.ok()) << parts.error().message();
  EXPECT_EQ((*parts)[0].data, "78");
  EXPECT_EQ((*parts)[1].data, "012");
  EXPECT_EQ((*parts)[2].data, "9");
  const std::string names[] = {"none", "a/b"};
  const auto many = store->get_many(names);
  ASSERT_TRUE(many.ok()) << many.error().message();
  EXPECT_FALSE((*many)[0].has_value());
  EXPECT_EQ((*many)[1]->data, "0123456789");
  ASSERT_TRUE(store->put("empty", "").ok());
  EXPECT_EQ(store->get("empty")->data, "");
  ASSERT_TRUE(store->remove("a/b").ok());
  ASSERT_TRUE(store->remove("a/b").ok());
  EXPECT_EQ(store->get("a/b").error().code(), ErrorCode::kNotFound);
}

TEST_F(S3ServerTest, ListsInOrder) {
  const auto store = server_->open("lists");
  for (const char* name : {"log/3", "log/1", "log/2", "logs", "pack/1"}) {
    ASSERT_TRUE(store->put(name, name).ok());
  }
  const auto names = [&](std::string_view prefix, std::string_view after, std::size_t limit) {
    std::string out;
    auto listed = store->list(prefix, after, limit);
    EXPECT_TRUE(listed.ok());
    if (!listed.ok()) return out;
    for (const ObjectInfo& info : *listed) {
      out += info.name + " ";
      EXPECT_EQ(info.size, info.name.size());
    }
    return out;
  };
  EXPECT_EQ(names("log/", "", SIZE_MAX), "log/1 log/2 log/3 ");
  EXPECT_EQ(names("log/", "log/1", SIZE_MAX), "log/2 log/3 ");
  EXPECT_EQ(names("log/", "", 2), "log/1 log/2 ");
  EXPECT_EQ(names("lo", "", SIZE_MAX), "log/1 log/2 log/3 logs ");
  EXPECT_EQ(names("", "log/3", SIZE_MAX), "logs pack/1 ");
  EXPECT_EQ(names("nothing/", "", SIZE_MAX), "");
}

TEST_F(S3ServerTest, OneOfManyRacingPutsWins) {
  constexpr int kWriters = 20;
  for (int round = 0; round < 5; ++round) {
    const std::string name = "race/" + std::to_string(round);
    const auto store = server_->open("races");
    std::atomic<int> winners{0}, winner{-1};
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, i] {
        auto outcome = store->put_if_absent(name, std::to_string(i));
        EXPECT_TRUE(outcome.ok());
        if (outcome.ok() && *outcome == PutOutcome::kCreated) {
          ++winners;
          winner = i;
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(store->get(name)->data, std::to_string(winner));
  }
}

TEST_F(S3ServerTest, LargeObjectsGoInParts) {
  const auto store = server_->open("large");
  std::string content;
  for (std::uint32_t i = 0; content.size() < (std::size_t{40} << 20); ++i) {
    content.append(reinterpret_cast<const char*>(&i), 4);
  }
  auto writer = store->writer("data/large");
  ASSERT_TRUE(writer.ok());
  for (std::size_t at = 0; at < content.size(); at += 3'000'000) {
    ASSERT_TRUE((*writer)->append(std::string_view(content).substr(at, 3'000'000)).ok());
  }
  EXPECT_EQ(store->head("data/large").error().code(), ErrorCode::kNotFound);
  const Status done = (*writer)->finish();
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_EQ((*writer)->size(), content.size());
  EXPECT_TRUE(store->get("data/large")->data == content);
  EXPECT_TRUE(store->get("data/large", {5, content.size() - 7})->data ==
              std::string_view(content).substr(5, content.size() - 7));
  // One that is given up leaves nothing.
  { ASSERT_TRUE((*store->writer("data/none"))->append(content).ok()); }
  EXPECT_EQ(store->head("data/none").error().code(), ErrorCode::kNotFound);
}

TEST_F(S3ServerTest, HoldsAGraphOfSeveralWriters) {
  StoreOptions options;
  options.checkpoint_records = 40;
  options.fold_inline_rows = 16;
  const auto objects = server_->open("graph");
  init_store(objects, options);
  constexpr int kWriters = 3, kEach = 40;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      const auto store = open_store(server_->open("graph"), options, 10 + w);
      for (int i = 0; i < kEach;) {
        const std::string name = "w" + std::to_string(w) + "-" + std::to_string(i);
        if (add_person(*store, name, i).ok()) ++i;  // else somebody was first
        const Status kept = store->maintain();
        EXPECT_TRUE(kept.ok()) << kept.error().message();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto store = open_store(objects, options, 99);
  const auto there = people(*store);
  EXPECT_EQ(there.size(), static_cast<std::size_t>(kWriters * kEach));
  EXPECT_EQ(store->commits("main")->size(), static_cast<std::size_t>(kWriters * kEach) + 1);
}

TEST_F(S3ServerTest, RefusesWrongCredentialsAndMissingBuckets) {
  StoreVariables wrong = server_->variables();
  for (auto& [name, value] : wrong) {
    if (name == "AWS_SECRET_ACCESS_KEY") value = "guessed";
  }
  auto denied = (*open_cloud_store("s3://bucket/x", wrong))->get("graph.json");
  ASSERT_FALSE(denied.ok());
  EXPECT_EQ(denied.error().code(), ErrorCode::kForbidden) << denied.error().message();
  auto store = open_cloud_store("s3://nowhere/x", server_->variables());
  auto missing = (*store)->get("graph.json");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kIo);
  EXPECT_NE(missing.error().message().find("the bucket does not exist"), std::string::npos)
      << missing.error().message();
  EXPECT_EQ((*store)->put_if_absent("graph.json", "x").error().code(), ErrorCode::kIo);
}

}  // namespace
}  // namespace omnigraph
