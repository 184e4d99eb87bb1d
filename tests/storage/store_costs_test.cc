// What operations cost in store calls, at any depth of history. Never timed.
#include "storage/counting_store.h"
#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

class StoreCostsTest : public ::testing::TestWithParam<LogForm> {
 protected:
  StoreCostsTest() {
    counting_ = counted(GetParam() == LogForm::kFile ? *open_local_store(folder_ / "g", true)
                                                     : make_memory_store());
  }
  // Checkpoints every 64 records, but not while costs are counted.
  static StoreOptions lines() {
    StoreOptions options;
    options.checkpoint_records = 64;
    return options;
  }
  TemporaryFolder folder_;
  std::shared_ptr<CountingStore> counting_;
};

INSTANTIATE_TEST_SUITE_P(Forms, StoreCostsTest,
                         ::testing::Values(LogForm::kObjects, LogForm::kFile),
                         [](const auto& info) {
                           return info.param == LogForm::kFile ? "file" : "objects";
                         });

TEST_P(StoreCostsTest, AreTheSameAtEveryDepth) {
  const auto store = init_store(counting_, lines());
  int depth = 0;
  std::uint64_t bytes_at_ten = 0;
  for (const int target : {10, 100, 1000}) {
    for (; depth < target; ++depth) {
      ASSERT_TRUE(add_person(*store, "p" + std::to_string(depth), depth).ok());
      const Status kept = store->maintain();
      ASSERT_TRUE(kept.ok()) << kept.error().message();
    }
    // A small commit: one put, nothing else.
    counting_->reset();
    ASSERT_TRUE(add_person(*store, "p" + std::to_string(depth++), 0).ok());
    StoreCounts counts = counting_->counts();
    EXPECT_EQ(counts.all_puts(), 1U) << target;
    EXPECT_EQ(counts.round_trips, 1U) << target;
    EXPECT_LE(counts.bytes_written, 2048U) << target;
    if (target == 10) bytes_at_ten = counts.bytes_written;
    EXPECT_LE(counts.bytes_written, bytes_at_ten + 512) << target;

    // A read on the head: one probe.
    counting_->reset();
    ASSERT_TRUE(store->refresh().ok());
    counts = counting_->counts();
    EXPECT_EQ(counts.round_trips, 1U) << target;
    EXPECT_EQ(counts.gets + counts.log_probes, 1U) << target;

    // Creating and deleting a branch: one put each.
    Record record = empty_record(*store->state());
    BranchCreateEntry create{"b",          store->ulids().next(),
                             "main",       store->state()->branch("main")->snapshot->commit(),
                             std::nullopt, 0};
    record.entries.emplace_back(create);
    counting_->reset();
    ASSERT_EQ(*store->append(std::move(record)), AppendOutcome::kAppended);
    EXPECT_EQ(counting_->counts().round_trips, 1U) << target;
    Record gone = empty_record(*store->state());
    gone.entries.emplace_back(BranchDeleteEntry{"b", create.incarnation});
    counting_->reset();
    ASSERT_EQ(*store->append(std::move(gone)), AppendOutcome::kAppended);
    EXPECT_EQ(counting_->counts().round_trips, 1U) << target;

    // A cold open and a point read.
    counting_->reset();
    const auto cold = open_store(counting_, lines());
    const TypeId table = person(*cold->state()->catalog);
    const TableVersionPtr version = cold->state()->branch("main")->snapshot->table(table);
    ASSERT_EQ(version->live_rows(), static_cast<std::uint64_t>(depth));
    auto found = version->find_id("p3");
    ASSERT_TRUE(found.ok()) << found.error().message();
    ASSERT_TRUE(found->has_value());
    const Property& age = *cold->state()->catalog->node("Person")->find("age");
    const auto value =
        version->parts()[(*found)->part].segment->value(age.id, age.type, (*found)->row);
    ASSERT_TRUE(value.ok()) << value.error().message();
    EXPECT_EQ(*value->get_if<std::int64_t>(), 3);
    counts = counting_->counts();
    if (GetParam() == LogForm::kFile) {
      // The tail is read in one piece, which says by itself where it ends.
      EXPECT_LE(counts.log_reads + counts.log_probes, 3U) << target;
    }
    if (GetParam() == LogForm::kObjects) {
      // graph.json and hint; root and names; tail and states; heads of segments; their pages.
      EXPECT_LE(counts.round_trips, 5U) << target;
    }
    EXPECT_LE(counts.lists, 3U) << target;
    // Bounded by the lines, not by the depth.
    EXPECT_LE(counts.round_trips, 12U) << target;

    // The same read again: the probe alone.
    counting_->reset();
    ASSERT_TRUE(cold->refresh().ok());
    found = version->find_id("p3");
    ASSERT_TRUE(found.ok() && found->has_value());
    EXPECT_LE(counting_->counts().round_trips, 1U) << target;
  }
}

TEST_P(StoreCostsTest, OnlyWriterNeverProbes) {
  StoreOptions options = lines();
  options.only_writer = true;
  const auto store = init_store(counting_, options);
  ASSERT_TRUE(add_person(*store, "ann", 1).ok());
  counting_->reset();
  ASSERT_TRUE(store->refresh().ok());
  EXPECT_EQ(counting_->counts().round_trips, 0U);
}

}  // namespace
}  // namespace omnigraph
