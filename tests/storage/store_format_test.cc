// Graphs of format 1 that were written by an earlier build: every later one opens them and answers
// the same. To write new ones (for a new format, never for an old one): run this test with
// --gtest_also_run_disabled_tests --gtest_filter='*WriteSamples' and OMNIGRAPH_SAMPLES=<folder>.
#include <cstdlib>

#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

std::filesystem::path samples() {
  return std::filesystem::path(__FILE__).parent_path() / "data" / "format-1";
}

StoreOptions lines() {
  StoreOptions options;
  options.checkpoint_records = 12;
  options.fold_inline_rows = 10;
  return options;
}

// Thirty people, two deleted, one changed, an edge, a branch with one more.
void write_sample(const std::string& folder, LogForm form) {
  StoreOptions options = lines();
  options.log_form = form;
  const auto store = init_store(*open_local_store(folder, true), options);
  const Catalog& catalog = *store->state()->catalog;
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(add_person(*store, "p" + std::to_string(i), i).ok());
    ASSERT_TRUE(store->maintain().ok());
  }
  TableChange change;
  change.table = person(catalog);
  change.deleted = {3, 4, 5};
  change.inline_rows.push_back(person_rows(catalog, {{5, "p5", 500}}));
  TableChange edge;
  edge.table = knows(catalog);
  edge.inline_rows.push_back(knows_rows(catalog, {{0, "e", 0, 1}}));
  ASSERT_TRUE(store->append(commit_record(*store, "main", {change, edge})).ok());
  Record record = empty_record(*store->state());
  BranchCreateEntry create{"side",       store->ulids().next(),
                           "main",       store->state()->branch("main")->snapshot->commit(),
                           std::nullopt, 7};
  record.entries.emplace_back(create);
  ASSERT_TRUE(store->append(std::move(record)).ok());
  ASSERT_TRUE(add_person(*store, "side", 1, "side").ok());
}

TEST(StoreFormat, DISABLED_WriteSamples) {
  const char* folder = std::getenv("OMNIGRAPH_SAMPLES");
  ASSERT_NE(folder, nullptr);
  write_sample(std::string(folder) + "/file", LogForm::kFile);
  write_sample(std::string(folder) + "/objects", LogForm::kObjects);
}

TEST(StoreFormat, SamplesOpenAndAnswer) {
  for (const char* form : {"file", "objects"}) {
    // In place, read-only; then a copy, which is written on.
    StoreOptions read_only = lines();
    read_only.read_only = true;
    const auto check = [&](Store& store) {
      const auto main = people(store);
      EXPECT_EQ(main.size(), 28U);
      EXPECT_EQ(main.at("p5"), 500);
      EXPECT_EQ(main.at("p29"), 29);
      EXPECT_FALSE(main.contains("p3"));
      EXPECT_EQ(people(store, "side").size(), 29U);
      const Snapshot& snapshot = *store.state()->branch("main")->snapshot;
      EXPECT_EQ(snapshot.table(knows(snapshot.catalog()))->live_rows(), 1U);
      auto commits = store.commits("main");
      ASSERT_TRUE(commits.ok()) << commits.error().message();
      ASSERT_EQ(commits->size(), 32U);
      auto past = store.snapshot_at((*commits)[11].id);
      ASSERT_TRUE(past.ok()) << past.error().message();
      EXPECT_EQ(people(**past).size(), 20U);
    };
    check(*open_store(*open_local_store((samples() / form).string(), false), read_only));
    const TemporaryFolder folder;
    std::filesystem::copy(samples() / form, folder / "g", std::filesystem::copy_options::recursive);
    const auto store = open_store(*open_local_store(folder / "g", false), lines());
    check(*store);
    ASSERT_TRUE(add_person(*store, "new", 1).ok());
    ASSERT_TRUE(store->maintain_now().ok());
    EXPECT_EQ(people(*store).size(), 29U);
  }
}

}  // namespace
}  // namespace omnigraph
