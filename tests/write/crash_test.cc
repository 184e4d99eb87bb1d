// kill -9 at every named point of a mutation and of a load: the next open finds the last
// acknowledged commit, and the write that died is there as a whole or not at all.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "common/fault_point.h"
#include "common/test_runtime.h"
#include "schema/compile.h"
#include "storage/store.h"
#include "write/writer.h"

namespace omnigraph::test {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "omnigraph-crash-XXXXXX").string();
    path_ = ::mkdtemp(name.data()) != nullptr ? name : std::string();
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::unique_ptr<Store> open_store(const std::string& path) {
  auto objects = open_local_store(path, false);
  EXPECT_TRUE(objects.ok());
  auto store = Store::open(*objects, test_runtime(), {});
  EXPECT_TRUE(store.ok()) << (store.ok() ? "" : store.error().message());
  return std::move(store).value();
}

Status load(Store& store, const std::string& text) {
  Writer writer(store);
  LoadSettings settings;
  settings.mode = LoadMode::kAppend;
  const auto source = text_load_source(text);
  OG_ASSIGN_OR_RETURN([[maybe_unused]] const LoadOutcome outcome, writer.load(*source, settings));
  return {};
}

std::string people(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) {
    const std::string key = "p" + std::to_string(i);
    text += R"({"type":"P","data":{"k":")" + key + "\"}}\n";
    text += R"({"edge":"F","from":")" + key + R"(","to":")" + key + "\"}\n";
  }
  return text;
}

std::pair<std::uint64_t, std::uint64_t> counts(const Store& store) {
  const SnapshotPtr head = store.state()->branches.at("main")->snapshot;
  return {head->table(head->catalog().node("P")->id)->live_rows(),
          head->table(head->catalog().edge("F")->id)->live_rows()};
}

class Crash : public ::testing::TestWithParam<std::tuple<const char*, int>> {};

TEST_P(Crash, LeavesTheLastCommitAndAWholeOrNothing) {
  if (!fault_points_enabled()) GTEST_SKIP() << "built without fault points";
  const auto [point, size] = GetParam();
  const Folder folder;
  constexpr int kFirst = 3;
  {
    auto objects = open_local_store(folder.path() + "/g", true);
    ASSERT_TRUE(objects.ok());
    const CatalogPtr catalog = compile_schema("node P { k: String @key }\nedge F: P -> P").value();
    auto store = Store::init(*objects, *catalog, false, test_runtime(), {});
    ASSERT_TRUE(store.ok()) << store.error().message();
    ASSERT_TRUE(load(**store, people(0, kFirst)).ok());
  }
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = open_store(folder.path() + "/g");
    arm_fault(point, 1, FaultAction::kExit);
    const Status status = load(*store, people(kFirst, kFirst + size));
    ::_exit(status.ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  const int exit = WEXITSTATUS(status);
  // A point that this write does not pass leaves it to succeed.
  ASSERT_TRUE(exit == kFaultExitStatus || exit == 0) << exit;
  auto store = open_store(folder.path() + "/g");
  const auto before = std::pair<std::uint64_t, std::uint64_t>(kFirst, kFirst);
  const auto after = std::pair<std::uint64_t, std::uint64_t>(kFirst + size, kFirst + size);
  EXPECT_TRUE(counts(*store) == after || (exit != 0 && counts(*store) == before));
  // And it takes the next write.
  EXPECT_TRUE(load(*store, people(100'000, 100'001)).ok());
}

INSTANTIATE_TEST_SUITE_P(
    Points, Crash,
    ::testing::Combine(::testing::Values("commit.built", "commit.before_append", "log.before_write",
                                         "log.after_write", "log.after_sync",
                                         "load.before_segments", "segment.before_write",
                                         "segment.after_write", "load.after_segments"),
                       ::testing::Values(2, 3000)),
    [](const auto& info) {
      std::string name = std::get<0>(info.param);
      for (char& c : name) c = c == '.' ? '_' : c;
      return name + "_" + std::to_string(std::get<1>(info.param));
    });

class SchemaCrash : public ::testing::TestWithParam<const char*> {};

TEST_P(SchemaCrash, LeavesTheOldSchemaOrTheNewOne) {
  if (!fault_points_enabled()) GTEST_SKIP() << "built without fault points";
  const Folder folder;
  {
    auto objects = open_local_store(folder.path() + "/g", true);
    ASSERT_TRUE(objects.ok());
    const CatalogPtr catalog = compile_schema("node P { k: String @key }\nedge F: P -> P").value();
    auto store = Store::init(*objects, *catalog, false, test_runtime(), {});
    ASSERT_TRUE(store.ok()) << store.error().message();
    ASSERT_TRUE(load(**store, people(0, 3)).ok());
  }
  constexpr std::string_view kDesired = "node P { k: String @key x: I32? }";
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = open_store(folder.path() + "/g");
    Writer writer(*store);
    arm_fault(GetParam(), 1, FaultAction::kExit);
    const auto outcome = writer.apply_schema({.desired = kDesired, .allow_data_loss = true});
    ::_exit(outcome.ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), kFaultExitStatus);
  auto store = open_store(folder.path() + "/g");
  const GraphStatePtr state = store->state();
  const bool changed = state->catalog->edge("F") == nullptr;
  EXPECT_EQ(state->catalog->node("P")->find("x") != nullptr, changed);
  EXPECT_EQ(state->floors.size(), changed ? 1U : 0U);
  EXPECT_EQ(state->catalog->version(), changed ? 2U : 1U);
  const SnapshotPtr head = state->branches.at("main")->snapshot;
  EXPECT_EQ(head->table(state->catalog->node("P")->id)->live_rows(), 3U);
  EXPECT_EQ(head->tables().size(), changed ? 1U : 2U);
  // No lock is left behind: the same apply goes through, or has nothing to do.
  Writer writer(*store);
  const auto again = writer.apply_schema({.desired = kDesired, .allow_data_loss = true});
  ASSERT_TRUE(again.ok()) << again.error().message();
  EXPECT_EQ(again->commit.has_value(), !changed);
}

INSTANTIATE_TEST_SUITE_P(Points, SchemaCrash,
                         ::testing::Values("commit.built", "commit.before_append",
                                           "log.before_write", "log.after_write", "log.after_sync"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == '.' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace omnigraph::test
