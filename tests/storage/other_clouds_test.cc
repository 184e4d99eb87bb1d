// gs:// and az:// roots against stores that speak Google's and Azure's protocols, in memory.
#include <gtest/gtest.h>

#include <atomic>
#include <ostream>
#include <thread>

#include "storage/cloud_store.h"
#include "storage/fake_clouds.h"
#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

struct Cloud {
  const char* name;
  const char* root;
  std::unique_ptr<FakeCloud> (*start)();
  StoreVariables (*variables)(const std::string& url);
};

void PrintTo(const Cloud& cloud, std::ostream* out) { *out << cloud.name; }

constexpr char kKey[] = "c2VjcmV0";

const Cloud kGoogle = {"google", "gs://bucket/root",
                       [] { return std::unique_ptr<FakeCloud>(new FakeGoogle("bucket")); },
                       [](const std::string& url) -> StoreVariables {
                         return {{"STORAGE_EMULATOR_HOST", url}};
                       }};
const Cloud kAzure = {
    "azure", "az://bucket/root", [] { return std::unique_ptr<FakeCloud>(new FakeAzure("bucket")); },
    [](const std::string& url) -> StoreVariables {
      return {{"AZURE_STORAGE_CONNECTION_STRING",
               "AccountName=me;AccountKey=" + std::string(kKey) + ";BlobEndpoint=" + url + "/me"},
              {"AZURE_ALLOW_HTTP", "true"}};
    }};

class OtherCloudTest : public ::testing::TestWithParam<Cloud> {
 protected:
  std::shared_ptr<CloudStore> open(const char* root = nullptr) {
    auto store = open_cloud_store(root != nullptr ? root : GetParam().root,
                                  GetParam().variables(cloud_->url()));
    EXPECT_TRUE(store.ok()) << store.error().message();
    return store.ok() ? *store : nullptr;
  }
  std::unique_ptr<FakeCloud> cloud_ = GetParam().start();
};

INSTANTIATE_TEST_SUITE_P(Clouds, OtherCloudTest, ::testing::Values(kGoogle, kAzure),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(OtherCloudTest, KeepsThePromisesOfAStore) {
  const auto store = open();
  for (const Result<Bytes>& none : {store->get("a/b"), store->get("a/b", {2, 3})}) {
    ASSERT_FALSE(none.ok());
    EXPECT_EQ(none.error().code(), ErrorCode::kNotFound) << none.error().message();
  }
  const auto head = store->head("a/b");
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.error().code(), ErrorCode::kNotFound) << head.error().message();
  const auto created = store->put_if_absent("a/b", "first");
  ASSERT_TRUE(created.ok()) << created.error().message();
  EXPECT_EQ(*created, PutOutcome::kCreated);
  EXPECT_EQ(*store->put_if_absent("a/b", "second"), PutOutcome::kExists);
  EXPECT_EQ(store->get("a/b")->data, "first");
  ASSERT_TRUE(store->put("a/b", "0123456789").ok());
  EXPECT_EQ(store->head("a/b")->size, 10U);
  EXPECT_EQ(store->get("a/b", {2, 3})->data, "234");
  EXPECT_EQ(store->get("a/b", {8, 30})->data, "89");
  EXPECT_EQ(store->get("a/b", {30, 5})->data, "");
  const ByteRange ranges[] = {{7, 2}, {0, 3}, {9, 1}};
  const auto parts = store->get_ranges("a/b", ranges);
  ASSERT_TRUE(parts.ok()) << parts.error().message();
  EXPECT_EQ((*parts)[0].data, "78");
  EXPECT_EQ((*parts)[2].data, "9");
  for (int i = 0; i < 2; ++i) {
    const Status gone = store->remove("a/b");
    ASSERT_TRUE(gone.ok()) << gone.error().message();
  }
  EXPECT_EQ(store->get("a/b").error().code(), ErrorCode::kNotFound);
}

TEST_P(OtherCloudTest, ListsInOrderOverPages) {
  const auto store = open();
  std::string expected;
  for (int i = 10; i < 10 + 2 * static_cast<int>(FakeCloud::kPageNames) + 3; ++i) {
    const std::string name = "log/" + std::to_string(i);
    ASSERT_TRUE(store->put(name, name).ok());
    if (i > 12) expected += name + ' ';
  }
  ASSERT_TRUE(store->put("logs", "x").ok());
  const auto listed = store->list("log/", "log/12", SIZE_MAX);
  ASSERT_TRUE(listed.ok()) << listed.error().message();
  std::string names;
  for (const ObjectInfo& info : *listed) names += info.name + ' ';
  EXPECT_EQ(names, expected);
  EXPECT_EQ(store->list("log/", "", 2)->size(), 2U);
}

TEST_P(OtherCloudTest, LargeObjectsGoInParts) {
  const auto store = open();
  std::string content;
  for (std::uint32_t i = 0; content.size() < (std::size_t{20} << 20); ++i) {
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
  EXPECT_TRUE(store->get("data/large")->data == content);
  EXPECT_TRUE(store->get("data/large", {5, content.size() - 7})->data ==
              std::string_view(content).substr(5, content.size() - 7));
  { ASSERT_TRUE((*store->writer("data/none"))->append(content).ok()); }
  EXPECT_EQ(store->head("data/none").error().code(), ErrorCode::kNotFound);
}

TEST_P(OtherCloudTest, HoldsAGraphOfSeveralWriters) {
  StoreOptions options;
  options.checkpoint_records = 20;
  options.fold_inline_rows = 8;
  ASSERT_NE(init_store(open(), options), nullptr);
  constexpr int kWriters = 3, kEach = 15;
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      const auto store = open_store(open(), options, static_cast<std::uint64_t>(10 + w));
      for (int i = 0; i < kEach;) {
        const std::string name = "w" + std::to_string(w) + "-" + std::to_string(i);
        if (add_person(*store, name, i).ok()) ++i;  // else somebody was first
        const Status kept = store->maintain();
        EXPECT_TRUE(kept.ok()) << kept.error().message();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto store = open_store(open(), options, 99);
  EXPECT_EQ(people(*store).size(), static_cast<std::size_t>(kWriters * kEach));
  EXPECT_EQ(store->commits("main")->size(), static_cast<std::size_t>(kWriters * kEach) + 1);
  EXPECT_EQ(cloud_->unsigned_requests(), 0);
}

TEST_P(OtherCloudTest, MissingBucketsAreNamed) {
  const std::string root = std::string(GetParam().root).substr(0, 5) + "nowhere/root";
  const auto got = open(root.c_str())->get("graph.json");
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code(), ErrorCode::kIo);
  EXPECT_NE(got.error().message().find(root + "/graph.json"), std::string::npos);
  EXPECT_NE(got.error().message().find("the bucket does not exist"), std::string::npos)
      << got.error().message();
}

// A service account's file may name an endpoint, as emulators have users write it.
TEST(GoogleRoots, TakeTheEndpointOfAServiceAccount) {
  FakeGoogle google("bucket");
  const std::string account =
      R"({"gcs_base_url": ")" + google.url() +
      R"(", "disable_oauth": true, "client_email": "", "private_key": "", "private_key_id": ""})";
  StoreVariables variables = {{"GOOGLE_SERVICE_ACCOUNT_KEY", account}};
  auto closed = open_cloud_store("gs://bucket/root", variables);
  ASSERT_TRUE(closed.ok()) << closed.error().message();
  const auto refused = (*closed)->get("a");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message().find("GOOGLE_ALLOW_HTTP"), std::string::npos)
      << refused.error().message();
  variables.emplace_back("GOOGLE_ALLOW_HTTP", "true");
  auto store = open_cloud_store("gs://bucket/root", variables);
  ASSERT_TRUE(store.ok()) << store.error().message();
  EXPECT_EQ(*(*store)->put_if_absent("a", "x"), PutOutcome::kCreated);
  EXPECT_EQ(*(*store)->put_if_absent("a", "y"), PutOutcome::kExists);
}

TEST(AzureRoots, RefuseWrongCredentials) {
  FakeAzure azure("bucket");
  auto store =
      open_cloud_store("az://bucket/root", {{"AZURE_STORAGE_ENDPOINT", azure.url() + "/me"},
                                            {"AZURE_ALLOW_HTTP", "true"},
                                            {"AZURE_STORAGE_ACCOUNT_NAME", "me"},
                                            {"AZURE_STORAGE_TOKEN", "expired"}});
  ASSERT_TRUE(store.ok()) << store.error().message();
  const auto got = (*store)->get("graph.json");
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code(), ErrorCode::kForbidden) << got.error().message();
  EXPECT_NE(got.error().message().find("AZURE_"), std::string::npos);
}

}  // namespace
}  // namespace omnigraph
