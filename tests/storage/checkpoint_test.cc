// Checkpoints, packed history, folds: what they keep, and that they may be missing, stale or
// damaged.
#include "storage/checkpoint.h"

#include "storage/fold.h"
#include "storage/history_run.h"
#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

class CheckpointTest : public ::testing::TestWithParam<LogForm> {
 protected:
  CheckpointTest() {
    if (GetParam() == LogForm::kFile) {
      objects_ = *open_local_store(folder_ / "g.omni", true);
    } else {
      objects_ = make_memory_store();
    }
  }
  static StoreOptions small_lines() {
    StoreOptions options;
    options.checkpoint_records = 10;
    options.fold_inline_rows = 16;
    options.fold_segments = 4;
    return options;
  }
  void fill(Store& store, int from, int to) {
    for (int i = from; i < to; ++i) {
      auto id = add_person(store, "p" + std::to_string(i), i);
      ASSERT_TRUE(id.ok()) << id.error().message();
      ids_.push_back(*id);
      const Status kept = store.maintain();
      ASSERT_TRUE(kept.ok()) << kept.error().message();
    }
  }
  TemporaryFolder folder_;
  ObjectStorePtr objects_;
  std::vector<CommitId> ids_;
};

INSTANTIATE_TEST_SUITE_P(Forms, CheckpointTest,
                         ::testing::Values(LogForm::kObjects, LogForm::kFile),
                         [](const auto& info) {
                           return info.param == LogForm::kFile ? "file" : "objects";
                         });

TEST_P(CheckpointTest, StateHistoryAndPastSurvive) {
  {
    const auto store = init_store(objects_, small_lines());
    fill(*store, 0, 150);
  }
  EXPECT_GE(objects_->list("checkpoint/")->size(), 10U);
  const auto store = open_store(objects_, small_lines());
  const auto rows = people(*store);
  ASSERT_EQ(rows.size(), 150U);
  for (int i = 0; i < 150; ++i) EXPECT_EQ(rows.at("p" + std::to_string(i)), i);
  EXPECT_EQ(next_row(*store->state(), person(*store->state()->catalog)), 150U);
  auto commits = store->commits("main");
  ASSERT_TRUE(commits.ok()) << commits.error().message();
  ASSERT_EQ(commits->size(), 151U);
  for (std::size_t i = 0; i < 150; ++i) EXPECT_EQ((*commits)[i].id, ids_[149 - i]);
  for (std::size_t i = 0; i < 150; i += 13) {
    auto past = store->snapshot_at(ids_[i]);
    ASSERT_TRUE(past.ok()) << past.error().message();
    EXPECT_EQ(people(**past).size(), i + 1);
    EXPECT_EQ((*past)->commit(), ids_[i]);
    auto entry = store->commit_entry(ids_[i]);
    ASSERT_TRUE(entry.ok()) << entry.error().message();
    ASSERT_EQ(entry->tables.size(), 1U);
    EXPECT_EQ(entry->tables[0].inline_rows[0].ids.str(0), "p" + std::to_string(i));
  }
  EXPECT_FALSE(store->snapshot_at(CommitId{1, 1}).ok());
  // Folding keeps the number of parts small.
  EXPECT_LT(store->state()
                ->branch("main")
                ->snapshot->table(person(*store->state()->catalog))
                ->parts()
                .size(),
            20U);
  // And writing goes on.
  fill(*store, 150, 175);
  EXPECT_EQ(people(*open_store(objects_)).size(), 175U);
}

TEST_P(CheckpointTest, DeletionsAndUpdatesOutliveFolds) {
  const auto store = init_store(objects_, small_lines());
  fill(*store, 0, 60);
  const TypeId table = person(*store->state()->catalog);
  for (RowId rid = 0; rid < 60; rid += 3) {
    // rid 0, 6, 12, … die; 3, 9, … get a new version.
    TableChange change;
    change.table = table;
    change.deleted = {rid};
    if (rid % 2 == 1) {
      change.inline_rows.push_back(
          person_rows(*store->state()->catalog, {{rid, "p" + std::to_string(rid), 1000}}));
    }
    auto outcome = store->append(commit_record(*store, "main", {change}));
    ASSERT_TRUE(outcome.ok()) << outcome.error().message();
    ASSERT_TRUE(store->maintain().ok());
  }
  const auto expected = people(*store);
  EXPECT_EQ(expected.size(), 50U);
  EXPECT_EQ(expected.at("p3"), 1000);
  EXPECT_FALSE(expected.contains("p6"));
  const Status folded = store->maintain_now();
  ASSERT_TRUE(folded.ok()) << folded.error().message();
  EXPECT_EQ(people(*store), expected);
  EXPECT_EQ(store->state()->branch("main")->snapshot->table(table)->parts().size(), 1U);
  EXPECT_EQ(people(*open_store(objects_)), expected);
  // The past still shows what was.
  EXPECT_EQ(people(**store->snapshot_at(ids_[59])).size(), 60U);
}

TEST_P(CheckpointTest, BranchesShareAndPart) {
  const auto store = init_store(objects_, small_lines());
  fill(*store, 0, 20);
  Record record = empty_record(*store->state());
  BranchCreateEntry create;
  create.name = "review";
  create.incarnation = store->ulids().next();
  create.from = "main";
  create.at = store->state()->branch("main")->snapshot->commit();
  record.entries.emplace_back(create);
  ASSERT_EQ(*store->append(std::move(record)), AppendOutcome::kAppended);
  ASSERT_TRUE(store->maintain_now().ok());
  ASSERT_TRUE(add_person(*store, "only-review", 5, "review").ok());
  fill(*store, 20, 50);
  const auto check = [&](Store& at) {
    EXPECT_EQ(people(at).size(), 50U);
    const auto review = people(at, "review");
    EXPECT_EQ(review.size(), 21U);
    EXPECT_TRUE(review.contains("only-review"));
    const BranchState& branch = *at.state()->branch("review");
    EXPECT_EQ(branch.parent_branch, "main");
    EXPECT_EQ(branch.incarnation, create.incarnation);
    EXPECT_EQ(branch.table_writer(person(*at.state()->catalog)), "review");
    EXPECT_EQ(at.state()->branch("main")->table_writer(person(*at.state()->catalog)), "main");
  };
  check(*store);
  check(*open_store(objects_));
  // Commits of the branch: its own, and what it inherited.
  EXPECT_EQ(store->commits("review")->size(), 22U);
  Record gone = empty_record(*store->state());
  gone.entries.emplace_back(BranchDeleteEntry{"review", create.incarnation});
  ASSERT_EQ(*store->append(std::move(gone)), AppendOutcome::kAppended);
  EXPECT_EQ(open_store(objects_)->state()->branch("review"), nullptr);
}

TEST_P(CheckpointTest, HintIsOnlyAHint) {
  {
    const auto store = init_store(objects_, small_lines());
    fill(*store, 0, 55);
  }
  const auto expect_whole = [&] { EXPECT_EQ(people(*open_store(objects_)).size(), 55U); };
  for (const char* hint : {"", "junk", "00000000000000ff", "000000000000000a"}) {
    ASSERT_TRUE(objects_->put(kCheckpointHint, hint).ok());
    expect_whole();
  }
  ASSERT_TRUE(objects_->remove(kCheckpointHint).ok());
  expect_whole();
  // Without any checkpoint the log alone says everything.
  const auto roots = *objects_->list("checkpoint/");
  for (const ObjectInfo& info : roots) {
    ASSERT_TRUE(objects_->remove(info.name).ok());
  }
  expect_whole();
  EXPECT_EQ(open_store(objects_)->commits("main")->size(), 56U);
}

TEST_P(CheckpointTest, MissingStateFallsBackDamageIsNamed) {
  {
    const auto store = init_store(objects_, small_lines());
    fill(*store, 0, 35);
  }
  const std::string root = (*objects_->list("checkpoint/")).rbegin()[1].name;  // before "latest"
  const std::string good(objects_->get(root)->data);
  for (std::size_t i = 0; i < good.size(); i += 7) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    ASSERT_TRUE(objects_->put(root, bad).ok());
    auto store = Store::open(objects_, test_runtime(), {});
    ASSERT_FALSE(store.ok()) << i;
    EXPECT_EQ(store.error().code(), ErrorCode::kCorrupt);
    EXPECT_NE(store.error().message().find(root), std::string::npos);
  }
  ASSERT_TRUE(objects_->put(root, good).ok());
  const auto states = *objects_->list("state/");
  for (const ObjectInfo& info : states) {
    const std::string state(objects_->get(info.name)->data);
    ASSERT_TRUE(objects_->put(info.name, state.substr(0, state.size() / 2)).ok());
    auto store = Store::open(objects_, test_runtime(), {});
    if (!store.ok()) {
      EXPECT_EQ(store.error().code(), ErrorCode::kCorrupt);
      EXPECT_NE(store.error().message().find(info.name), std::string::npos);
    }
    ASSERT_TRUE(objects_->remove(info.name).ok());
    EXPECT_EQ(people(*open_store(objects_)).size(), 35U);
    ASSERT_TRUE(objects_->put(info.name, state).ok());
  }
}

TEST_P(CheckpointTest, TwoProcessesMayBothMaintain) {
  const auto a = init_store(objects_, small_lines());
  const auto b = open_store(objects_, small_lines());
  for (int i = 0; i < 60; ++i) {
    Store& writer = i % 3 == 0 ? *b : *a;
    ASSERT_TRUE(writer.refresh().ok());
    ASSERT_TRUE(add_person(writer, "p" + std::to_string(i), i).ok());
    ASSERT_TRUE(a->maintain().ok());
    ASSERT_TRUE(b->refresh().ok());
    const Status kept = b->maintain();
    ASSERT_TRUE(kept.ok()) << kept.error().message();
  }
  ASSERT_TRUE(a->refresh().ok());
  EXPECT_EQ(people(*a).size(), 60U);
  EXPECT_EQ(people(*b).size(), 60U);
  EXPECT_EQ(people(*open_store(objects_)).size(), 60U);
}

TEST_P(CheckpointTest, ReadOnlyNeverMaintains) {
  {
    StoreOptions options = small_lines();
    options.maintenance = false;
    const auto store = init_store(objects_, options);
    fill(*store, 0, 30);
  }
  EXPECT_TRUE(objects_->list("checkpoint/")->empty());
  StoreOptions options = small_lines();
  options.read_only = true;
  const auto store = open_store(objects_, options);
  EXPECT_TRUE(store->maintain().ok());
  EXPECT_FALSE(store->maintain_now().ok());
  EXPECT_TRUE(objects_->list("checkpoint/")->empty());
}

TEST(HistoryRunTest, EntriesComeBackAndDamageIsNoticed) {
  std::vector<HistoryEntry> entries;
  for (std::uint64_t i = 1; i <= 700; ++i) {
    HistoryEntry entry;
    entry.header.id = {i * 3, 701 - i};
    entry.header.gsn = i + 1;
    entry.header.branch = i % 2 ? "main" : "b";
    if (i > 1) entry.header.parent = CommitId{i, i};
    if (i % 5 == 0) entry.header.merged_parent = CommitId{i, 0};
    if (i % 7 == 0) entry.header.actor = "a" + std::to_string(i);
    entry.header.created_at = -static_cast<std::int64_t>(i);
    entry.header.version = i;
    entry.where = {i, log_object_name(i), i * 512, 512};
    entry.base = i / 10;
    entries.push_back(entry);
  }
  const EncodedRun encoded = encode_history_run(entries, 2, 1, 700);
  const std::string_view bytes = encoded.bytes;
  auto blocks = decode_history_index(
      bytes.substr(encoded.run.index_offset, encoded.run.index_length), encoded.run);
  ASSERT_TRUE(blocks.ok()) << blocks.error().message();
  ASSERT_EQ(blocks->size(), 3U);
  std::size_t at = 0;
  for (const HistoryBlock& block : *blocks) {
    auto part = decode_history_block(bytes.substr(block.offset, block.length), "x");
    ASSERT_TRUE(part.ok());
    for (const HistoryEntry& entry : *part) {
      const HistoryEntry& wanted = entries[at++];
      EXPECT_EQ(entry.header.id, wanted.header.id);
      EXPECT_EQ(entry.header.parent, wanted.header.parent);
      EXPECT_EQ(entry.header.merged_parent, wanted.header.merged_parent);
      EXPECT_EQ(entry.header.actor, wanted.header.actor);
      EXPECT_EQ(entry.header.created_at, wanted.header.created_at);
      EXPECT_EQ(entry.where.object, wanted.where.object);
      EXPECT_EQ(entry.where.offset, wanted.where.offset);
      EXPECT_EQ(entry.base, wanted.base);
    }
  }
  EXPECT_EQ(at, 700U);
  std::string block(bytes.substr((*blocks)[0].offset, (*blocks)[0].length));
  for (std::size_t i = 0; i < block.size(); i += 11) {
    block[i] = static_cast<char>(block[i] ^ 2);
    EXPECT_FALSE(decode_history_block(block, "x").ok());
    block[i] = static_cast<char>(block[i] ^ 2);
  }
}

}  // namespace
}  // namespace omnigraph
