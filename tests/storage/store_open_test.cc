// Making and opening a graph in both forms of the log.
#include <fstream>

#include "storage/graph_file.h"
#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT: the harness of this folder

// A store of each kind, and each form of the log on a folder.
struct Place {
  const char* name;
  bool local;
  LogForm form;
};

class StoreOpenTest : public ::testing::TestWithParam<Place> {
 protected:
  ObjectStorePtr make() {
    if (!GetParam().local) return make_memory_store();
    auto store = open_local_store(folder_ / "g.omni", true);
    EXPECT_TRUE(store.ok());
    return *store;
  }
  StoreOptions options() const {
    StoreOptions options;
    options.log_form = GetParam().form;
    return options;
  }
  TemporaryFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(Forms, StoreOpenTest,
                         ::testing::Values(Place{"memory", false, LogForm::kObjects},
                                           Place{"folder_objects", true, LogForm::kObjects},
                                           Place{"folder_file", true, LogForm::kFile}),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreOpenTest, FreshGraphHasOneCommit) {
  const ObjectStorePtr objects = make();
  const auto store = init_store(objects, options());
  const GraphStatePtr state = store->state();
  EXPECT_EQ(state->sequence, 0U);
  EXPECT_EQ(state->gsn, 1U);
  auto commits = store->commits("main");
  ASSERT_TRUE(commits.ok());
  ASSERT_EQ(commits->size(), 1U);
  EXPECT_EQ((*commits)[0].version, 1U);
  EXPECT_FALSE((*commits)[0].parent.has_value());
  EXPECT_EQ((*commits)[0].branch, "main");
  // The claim is the only object.
  auto names = objects->list("");
  ASSERT_TRUE(names.ok());
  ASSERT_EQ(names->size(), 1U);
  EXPECT_EQ((*names)[0].name, "graph.json");
}

TEST_P(StoreOpenTest, CommitsSurviveReopening) {
  const ObjectStorePtr objects = make();
  std::vector<CommitId> ids;
  {
    const auto store = init_store(objects, options());
    for (int i = 0; i < 40; ++i) {
      auto id = add_person(*store, "p" + std::to_string(i), i);
      ASSERT_TRUE(id.ok()) << id.error().message();
      ids.push_back(*id);
    }
    EXPECT_EQ(people(*store).size(), 40U);
  }
  const auto store = open_store(objects);
  EXPECT_EQ(store->log_form(), GetParam().form);
  EXPECT_EQ(store->state()->sequence, 40U);
  EXPECT_EQ(store->state()->gsn, 41U);
  const auto rows = people(*store);
  EXPECT_EQ(rows.size(), 40U);
  EXPECT_EQ(rows.at("p7"), 7);
  auto commits = store->commits("main");
  ASSERT_TRUE(commits.ok());
  ASSERT_EQ(commits->size(), 41U);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ((*commits)[i].id, ids[39 - i]);
  for (std::size_t i = 0; i < 40; i += 7) {
    auto past = store->snapshot_at(ids[i]);
    ASSERT_TRUE(past.ok()) << past.error().message();
    EXPECT_EQ(people(**past).size(), i + 1);
  }
}

TEST_P(StoreOpenTest, TwoHandlesSeeEachOther) {
  const ObjectStorePtr objects = make();
  const auto a = init_store(objects, options());
  const auto b = open_store(objects);
  ASSERT_TRUE(add_person(*a, "ann", 1).ok());
  ASSERT_TRUE(b->refresh().ok());
  EXPECT_EQ(people(*b).size(), 1U);
  // b writes what a has not seen; a's next append moves instead of losing it.
  ASSERT_TRUE(add_person(*b, "ben", 2).ok());
  Record stale = commit_record(*a, "main", {});
  auto outcome = a->append(std::move(stale));
  ASSERT_TRUE(outcome.ok()) << outcome.error().message();
  EXPECT_EQ(*outcome, AppendOutcome::kMoved);
  EXPECT_EQ(people(*a).size(), 2U);
  ASSERT_TRUE(add_person(*a, "cy", 3).ok());
  ASSERT_TRUE(b->refresh().ok());
  EXPECT_EQ(people(*b).size(), 3U);
}

TEST_P(StoreOpenTest, InitTwiceIsRefused) {
  const ObjectStorePtr objects = make();
  init_store(objects, options());
  auto again = Store::init(objects, *test_catalog(), false, test_runtime(), options());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), ErrorCode::kConflict);
  EXPECT_NE(again.error().message().find("already initialized"), std::string::npos);
  auto forced = Store::init(objects, *test_catalog(), true, test_runtime(), options());
  ASSERT_FALSE(forced.ok());
  EXPECT_NE(forced.error().message().find("force init refuses graph root"), std::string::npos);
}

TEST_P(StoreOpenTest, LeftoversAreRefusedUnlessForced) {
  for (const char* leftover : {"_schema.pg", "log/0000000000000001", "data/3/x.parquet"}) {
    const ObjectStorePtr objects = make_memory_store();
    ASSERT_TRUE(objects->put(leftover, "junk").ok());
    auto refused = Store::init(objects, *test_catalog(), false, test_runtime(), options());
    if (GetParam().form == LogForm::kFile) {
      // A file log needs a folder.
      ASSERT_FALSE(refused.ok());
      continue;
    }
    ASSERT_FALSE(refused.ok()) << leftover;
    EXPECT_NE(refused.error().message().find("already initialized"), std::string::npos);
    EXPECT_TRUE(objects->head(leftover).ok());
    auto forced = Store::init(objects, *test_catalog(), true, test_runtime(), options());
    ASSERT_TRUE(forced.ok()) << forced.error().message();
    EXPECT_FALSE(objects->head(leftover).ok());
  }
}

TEST_P(StoreOpenTest, OpenWithoutGraphIsNotFound) {
  auto store = Store::open(make(), test_runtime(), {});
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code(), ErrorCode::kNotFound);
}

TEST_P(StoreOpenTest, ReadOnlyRefusesAppends) {
  const ObjectStorePtr objects = make();
  {
    const auto store = init_store(objects, options());
    ASSERT_TRUE(add_person(*store, "ann", 1).ok());
  }
  StoreOptions read_only;
  read_only.read_only = true;
  const auto store = open_store(objects, read_only);
  EXPECT_EQ(people(*store).size(), 1U);
  auto refused = add_person(*store, "ben", 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kReadOnly);
}

TEST_P(StoreOpenTest, RecordsThatDoNotFollowAreRefusedBeforeTheyAreWritten) {
  const ObjectStorePtr objects = make();
  const auto store = init_store(objects, options());
  ASSERT_TRUE(add_person(*store, "ann", 1).ok());
  Record wrong = commit_record(*store, "main", {});
  std::get<CommitEntry>(wrong.entries[0]).header.parent = CommitId{1, 2};
  auto refused = store->append(std::move(wrong));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(open_store(objects)->state()->sequence, 1U);
  EXPECT_TRUE(add_person(*store, "ben", 2).ok());
}

TEST(StoreFolder, FailedInitLeavesNothing) {
  const TemporaryFolder folder;
  ASSERT_EQ(std::filesystem::status(folder.path()).permissions() == std::filesystem::perms::none,
            false);
  // A file stands where the root should be.
  std::ofstream(folder / "file") << "x";
  auto store = open_local_store(folder / "file/g.omni", true);
  if (store.ok()) {
    auto graph = Store::init(*store, *test_catalog(), false, test_runtime(), {});
    EXPECT_FALSE(graph.ok());
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(StoreFolder, RootIsMadeWithItsParents) {
  const TemporaryFolder folder;
  auto objects = open_local_store(folder / "deep/er/g.omni", true);
  ASSERT_TRUE(objects.ok());
  EXPECT_FALSE(std::filesystem::exists(folder / "deep"));
  init_store(*objects);
  EXPECT_TRUE(std::filesystem::exists(folder / "deep/er/g.omni/graph.json"));
}

TEST(GraphFileTest, VersionsAreRefusedByName) {
  GraphFile file;
  file.format = 7;
  file.min_reader = 5;
  file.graph_id = "G";
  file.catalog_json = "{}";
  auto newer = decode_graph_file(encode_graph_file(file));
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().code(), ErrorCode::kUnsupportedFormat);
  EXPECT_NE(newer.error().message().find("format 7"), std::string::npos);
  EXPECT_NE(newer.error().message().find("formats 1 to 1"), std::string::npos);
  EXPECT_NE(newer.error().message().find("newer omnigraph"), std::string::npos);
  file.format = 0;
  file.min_reader = 0;
  auto older = decode_graph_file(encode_graph_file(file));
  ASSERT_FALSE(older.ok());
  EXPECT_EQ(older.error().code(), ErrorCode::kUnsupportedFormat);
  // A newer format that says that format 1 reads it is read.
  file.format = 2;
  file.min_reader = 1;
  EXPECT_TRUE(decode_graph_file(encode_graph_file(file)).ok());
}

TEST(GraphFileTest, EveryFlippedByteIsNoticed) {
  GraphFile file;
  file.format = kStoreFormat;
  file.min_reader = kMinReader;
  file.graph_id = "01J";
  file.catalog_json = "{\"source\":\"node A { }\"}";
  const std::string bytes = encode_graph_file(file);
  ASSERT_TRUE(decode_graph_file(bytes).ok());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(decode_graph_file(damaged).ok()) << "byte " << i;
    EXPECT_FALSE(decode_graph_file(std::string_view(bytes).substr(0, i)).ok()) << "length " << i;
  }
}

}  // namespace
}  // namespace omnigraph
