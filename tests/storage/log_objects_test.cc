// The objects form: put-if-absent decides, packs, lost answers.
#include "storage/counting_store.h"
#include "storage/fault_store.h"
#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

std::string bytes_of(Sequence n) { return "record " + std::to_string(n); }

class ObjectLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<Log> open(ObjectStorePtr store) {
    auto log = open_object_log(std::move(store), test_runtime(1).clock);
    EXPECT_TRUE(log.ok());
    return std::move(log).value();
  }
  void fill(Log& log, Sequence through) {
    for (Sequence n = log.end().sequence; n <= through; ++n) {
      auto outcome = log.append(n, bytes_of(n), nullptr);
      ASSERT_TRUE(outcome.ok());
      ASSERT_EQ(*outcome, AppendOutcome::kAppended);
    }
  }
  ObjectStorePtr objects_ = make_memory_store();
};

TEST_F(ObjectLogTest, FirstPutWins) {
  const auto a = open(objects_);
  const auto b = open(objects_);
  EXPECT_EQ(*a->append(1, "mine", nullptr), AppendOutcome::kAppended);
  EXPECT_EQ(*b->append(1, "yours", nullptr), AppendOutcome::kMoved);
  EXPECT_EQ(*a->append(1, "mine", nullptr), AppendOutcome::kAppended);  // our own, seen again
  EXPECT_EQ(b->since(1)->size(), 1U);
}

TEST_F(ObjectLogTest, LostAnswersAreSettled) {
  const auto faults = std::make_shared<FaultStore>(objects_);
  const auto log = open(faults);
  faults->fail_at(1, StoreFault::kLostAnswer);  // landed; the repeat says `exists`
  EXPECT_EQ(*log->append(1, "one", nullptr), AppendOutcome::kAppended);
  faults->fail_at(1, StoreFault::kNotWritten);  // not landed; the repeat lands
  EXPECT_EQ(*log->append(2, "two", nullptr), AppendOutcome::kAppended);
  faults->fail_at(1, StoreFault::kNotWritten, true);  // never answered
  EXPECT_EQ(*log->append(3, "three", nullptr), AppendOutcome::kUnknown);
  faults->set_faults(nullptr);
  EXPECT_EQ(*log->append(3, "three", nullptr), AppendOutcome::kAppended);
  EXPECT_EQ(open(objects_)->since(1)->size(), 3U);
}

TEST_F(ObjectLogTest, OpensThroughPacks) {
  {
    const auto log = open(objects_);
    fill(*log, 100);
    for (Sequence n = 1; n + 15 <= 100; n += 16) ASSERT_TRUE(log->pack(n, n + 15).ok());
  }
  const auto counting = counted(objects_);
  const auto log = open(counting);
  auto records = log->since(1);
  ASSERT_TRUE(records.ok()) << records.error().message();
  ASSERT_EQ(records->size(), 100U);
  for (Sequence n = 1; n <= 100; ++n) {
    EXPECT_EQ((*records)[n - 1].where.sequence, n);
    EXPECT_EQ((*records)[n - 1].bytes.data, bytes_of(n));
  }
  // Two lists and one batch of gets: six packs and four records.
  EXPECT_EQ(counting->counts().lists, 2U);
  EXPECT_EQ(counting->counts().gets, 10U);
  EXPECT_EQ(counting->counts().round_trips, 3U);
  counting->reset();
  EXPECT_TRUE(log->since(101)->empty());
  EXPECT_EQ(counting->counts().gets, 1U);
  EXPECT_EQ(counting->counts().round_trips, 1U);
}

TEST_F(ObjectLogTest, MissingRecordIsCorrupt) {
  const auto log = open(objects_);
  fill(*log, 10);
  ASSERT_TRUE(objects_->remove(log_object_name(5)).ok());
  auto replayed = open(objects_)->replay({1, log_object_name(1), 0, 0}, 10);
  ASSERT_FALSE(replayed.ok());
  EXPECT_EQ(replayed.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(replayed.error().message().find(log_object_name(5)), std::string::npos);
}

// The log does not end where somebody took a record away: whoever appended there would cut off what
// is behind it.
TEST_F(ObjectLogTest, AGapIsNoEnd) {
  const auto log = open(objects_);
  fill(*log, 10);
  ASSERT_TRUE(objects_->remove(log_object_name(5)).ok());
  auto read = open(objects_)->since(1);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(read.error().message().find(log_object_name(5)), std::string::npos);
  EXPECT_EQ(open(objects_)->since(1, 4)->size(), 4U);
  EXPECT_EQ(open(objects_)->since(6)->size(), 5U);
}

// A list whose first page is older than its last one.
class LaggingStore final : public ObjectStore {
 public:
  explicit LaggingStore(ObjectStorePtr inner) : inner_(std::move(inner)) {}
  std::string unlisted;

  Result<Bytes> get(std::string_view name, ByteRange range) override {
    return inner_->get(name, range);
  }
  Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) override {
    return inner_->put_if_absent(name, bytes);
  }
  Status put(std::string_view name, std::string_view bytes) override {
    return inner_->put(name, bytes);
  }
  Result<std::vector<ObjectInfo>> list(std::string_view prefix, std::string_view start_after,
                                       std::size_t limit) override {
    auto listed = inner_->list(prefix, start_after, limit);
    if (listed.ok()) {
      std::erase_if(*listed, [this](const ObjectInfo& info) { return info.name == unlisted; });
    }
    return listed;
  }
  Status remove(std::string_view name) override { return inner_->remove(name); }
  Result<ObjectInfo> head(std::string_view name) override { return inner_->head(name); }

 private:
  ObjectStorePtr inner_;
};

TEST_F(ObjectLogTest, ARecordThatAListMissedIsLookedFor) {
  const auto lagging = std::make_shared<LaggingStore>(objects_);
  fill(*open(lagging), 10);
  lagging->unlisted = log_object_name(5);
  const auto read = open(lagging)->since(1);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->size(), 10U);
}

TEST_F(ObjectLogTest, DamagedPackIsCorrupt) {
  const auto log = open(objects_);
  fill(*log, 32);
  ASSERT_TRUE(log->pack(1, 16).ok());
  const std::string name = (*objects_->list("pack/"))[0].name;
  const std::string good(objects_->get(name)->data);
  for (std::size_t i = 0; i < good.size(); i += 3) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    ASSERT_TRUE(objects_->put(name, bad).ok());
    auto records = open(objects_)->since(1);
    ASSERT_FALSE(records.ok()) << i;
    EXPECT_NE(records.error().message().find(name), std::string::npos);
  }
}

TEST(LogNameTest, NamesAreSequences) {
  EXPECT_EQ(log_object_name(255), "log/00000000000000ff");
  EXPECT_EQ(log_object_sequence("log/00000000000000ff"), 255U);
  EXPECT_FALSE(log_object_sequence("log/lock"));
  EXPECT_FALSE(log_object_sequence("log/00000000000000FF"));
  EXPECT_FALSE(log_object_sequence("pack/00000000000000ff"));
}

}  // namespace
}  // namespace omnigraph
