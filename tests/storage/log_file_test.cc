// The file form: sectors, torn tails, damage, growth, rotation, several writers.
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "common/fault_point.h"
#include "storage/counting_store.h"
#include "storage/log_sectors.h"
#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

std::string payload(std::size_t length, char first = 'a') {
  std::string out(length, '\0');
  for (std::size_t i = 0; i < length; ++i) out[i] = static_cast<char>(first + i % 23);
  return out;
}

class FileLogTest : public ::testing::Test {
 protected:
  FileLogTest() : objects_(*open_local_store(folder_.path(), true)) {}

  std::unique_ptr<Log> open(bool read_only = false) {
    auto log = open_file_log(objects_, read_only);
    EXPECT_TRUE(log.ok());
    return std::move(log).value();
  }
  static void append(Log& log, Sequence sequence, const std::string& bytes) {
    auto outcome = log.append(sequence, bytes, nullptr);
    ASSERT_TRUE(outcome.ok()) << outcome.error().message();
    ASSERT_EQ(*outcome, AppendOutcome::kAppended);
  }
  std::string file(Sequence first = 1) const { return folder_ / log_object_name(first); }
  // Changes the bytes of the first log file.
  void edit(std::uint64_t offset, const std::string& bytes) {
    std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  TemporaryFolder folder_;
  ObjectStorePtr objects_;
};

TEST(LogSectorsTest, RecordsOfEveryLengthComeBack) {
  std::string sectors, record;
  for (std::size_t length = 0; length < 2100; length += length < 20 ? 1 : 13) {
    const std::string bytes = payload(length);
    frame_record(9, bytes, sectors);
    ASSERT_EQ(sectors.size(), sectors_of(length) * kSector);
    const Frame frame = read_frame(sectors, 9, record);
    ASSERT_EQ(frame.state, FrameState::kRecord) << length;
    ASSERT_EQ(record, bytes);
    // Fewer sectors than the record has: the reader asks for them.
    if (sectors_of(length) > 1) {
      const Frame part = read_frame(std::string_view(sectors).substr(0, kSector), 9, record);
      ASSERT_EQ(part.state, FrameState::kShort);
      ASSERT_EQ(part.sectors, sectors_of(length));
    }
  }
}

TEST(LogSectorsTest, EveryFlippedByteIsDamage) {
  std::string sectors, record;
  frame_record(3, payload(1200), sectors);
  for (std::size_t i = 0; i < sectors.size(); ++i) {
    std::string flipped = sectors;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    const Frame frame = read_frame(flipped, 3, record);
    ASSERT_EQ(frame.state, FrameState::kDamaged) << "byte " << i;
  }
}

TEST(LogSectorsTest, MissingSectorsAreTorn) {
  std::string sectors, older, record;
  frame_record(3, payload(1200), sectors);
  frame_record(3, payload(1200, 'b'), older);
  for (std::size_t i = 0; i < sectors.size() / kSector; ++i) {
    std::string torn = sectors;
    torn.replace(i * kSector, kSector, std::string(kSector, '\0'));
    EXPECT_EQ(read_frame(torn, 3, record).state, i == 0 ? FrameState::kEmpty : FrameState::kTorn);
    // A sector of an earlier attempt in its place.
    torn.replace(i * kSector, kSector, older.substr(i * kSector, kSector));
    EXPECT_EQ(read_frame(torn, 3, record).state, FrameState::kTorn);
  }
}

TEST_F(FileLogTest, AppendsAreReadByOthers) {
  const auto writer = open();
  const auto reader = open(true);
  ASSERT_TRUE(reader->since(1)->empty());
  for (Sequence n = 1; n <= 50; ++n) append(*writer, n, payload(100 * n));
  auto records = reader->since(1);
  ASSERT_TRUE(records.ok()) << records.error().message();
  ASSERT_EQ(records->size(), 50U);
  for (Sequence n = 1; n <= 50; ++n) {
    EXPECT_EQ((*records)[n - 1].where.sequence, n);
    EXPECT_EQ((*records)[n - 1].bytes.data, payload(100 * n));
    auto again = reader->read((*records)[n - 1].where);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->data, payload(100 * n));
  }
  EXPECT_TRUE(reader->since(51)->empty());
  EXPECT_EQ(reader->end().sequence, 51U);
  EXPECT_EQ(reader->end().offset, writer->end().offset);
  // From the middle, without knowing where it lies.
  EXPECT_EQ(reader->since(20)->size(), 31U);
}

TEST_F(FileLogTest, SecondWriterMoves) {
  const auto a = open();
  const auto b = open();
  append(*a, 1, "one");
  auto outcome = b->append(1, "other", nullptr);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(*outcome, AppendOutcome::kMoved);
  ASSERT_EQ(b->since(1)->size(), 1U);
  append(*b, 2, "two");
  // The same bytes at the same place are our own.
  RecordPosition where;
  auto same = a->append(1, "one", &where);
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(*same, AppendOutcome::kAppended);
  EXPECT_EQ(a->since(2)->size(), 1U);
}

TEST_F(FileLogTest, TornTailIsIgnoredAndOverwritten) {
  {
    const auto log = open();
    append(*log, 1, payload(700));
    append(*log, 2, payload(1400));
  }
  edit(2 * kSector + kSector, std::string(kSector, '\0'));  // the second sector of record 2
  const auto log = open();
  auto records = log->since(1);
  ASSERT_TRUE(records.ok()) << records.error().message();
  EXPECT_EQ(records->size(), 1U);
  append(*log, 2, payload(300, 'c'));
  append(*log, 3, payload(900, 'd'));
  auto all = open(true)->since(1);
  ASSERT_TRUE(all.ok()) << all.error().message();
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[1].bytes.data, payload(300, 'c'));
}

TEST_F(FileLogTest, DamageIsNamedAndNeverOverwritten) {
  {
    const auto log = open();
    append(*log, 1, payload(700));
    append(*log, 2, payload(1400));
  }
  edit(2 * kSector + 700, "X");
  const auto log = open();
  auto records = log->since(1);
  ASSERT_FALSE(records.ok());
  EXPECT_EQ(records.error().code(), ErrorCode::kCorrupt);
  EXPECT_NE(records.error().message().find("log/0000000000000001"), std::string::npos);
  EXPECT_NE(records.error().message().find("offset 1024"), std::string::npos);
  ASSERT_EQ(log->since(1, 1)->size(), 1U);
  auto refused = log->append(2, "new", nullptr);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kCorrupt);
}

TEST_F(FileLogTest, TruncationIsDamage) {
  {
    const auto log = open();
    for (Sequence n = 1; n <= 5; ++n) append(*log, n, payload(400));
  }
  ASSERT_EQ(truncate(file().c_str(), 3 * kSector), 0);
  auto cut = open()->since(1);
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().code(), ErrorCode::kCorrupt);
  ASSERT_EQ(truncate(file().c_str(), 0), 0);
  cut = open()->since(1);
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().code(), ErrorCode::kCorrupt);
}

TEST_F(FileLogTest, GrowsAndRotates) {
  const auto log = open();
  const auto reader = open(true);
  Sequence n = 0;
  while (log->end().offset < (4U << 20)) append(*log, ++n, payload(50'000));
  ASSERT_TRUE(log->pack(1, n).ok());
  append(*log, n + 1, payload(10));
  append(*log, n + 2, payload(20));
  EXPECT_TRUE(std::filesystem::exists(file(n + 1)));
  EXPECT_EQ(log->end().object, log_object_name(n + 1));
  auto records = reader->since(1);
  ASSERT_TRUE(records.ok()) << records.error().message();
  ASSERT_EQ(records->size(), n + 2);
  EXPECT_EQ(records->back().bytes.data, payload(20));
  // A position before the mark leads over it; so does a search from a number alone.
  const auto late = open(true);
  ASSERT_TRUE(late->resume((*records)[n - 1].where).ok());
  EXPECT_EQ(late->since(n)->size(), 3U);
  EXPECT_EQ(open(true)->since(n + 2)->size(), 1U);
  auto part = late->replay((*records)[2].where, 5);
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(part->size(), 3U);
  EXPECT_FALSE(late->replay((*records)[2].where, n + 9).ok());
}

TEST_F(FileLogTest, CrashBetweenMarkAndNextFile) {
  const auto log = open();
  Sequence n = 0;
  while (log->end().offset < (4U << 20)) append(*log, ++n, payload(100'000));
  ASSERT_TRUE(log->pack(1, n).ok());
  // Others find the mark and no file behind it: the log ends here, and the next append makes it.
  const auto other = open();
  EXPECT_EQ(other->since(1)->size(), n);
  EXPECT_TRUE(other->since(n + 1)->empty());
  append(*other, n + 1, "next");
  EXPECT_EQ(log->since(n + 1)->size(), 1U);
}

TEST_F(FileLogTest, ThreadsAndHandlesNeverLoseARecord) {
  constexpr int kThreads = 4;
  constexpr int kEach = 40;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto log = open();
      Sequence next = 1;
      for (int i = 0; i < kEach;) {
        const std::string bytes = std::to_string(t) + ":" + std::to_string(i);
        auto outcome = log->append(next, bytes, nullptr);
        ASSERT_TRUE(outcome.ok()) << outcome.error().message();
        if (*outcome == AppendOutcome::kAppended) {
          ++next;
          ++i;
          continue;
        }
        auto moved = log->since(next);
        ASSERT_TRUE(moved.ok()) << moved.error().message();
        next += moved->size();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  auto records = open(true)->since(1);
  ASSERT_TRUE(records.ok()) << records.error().message();
  ASSERT_EQ(records->size(), static_cast<std::size_t>(kThreads * kEach));
  std::vector<int> seen(kThreads, 0);
  for (const auto& record : *records) {
    const int t = record.bytes.data[0] - '0';
    EXPECT_EQ(record.bytes.data.substr(2), std::to_string(seen[static_cast<std::size_t>(t)]++));
  }
}

TEST_F(FileLogTest, CostsOneAppendOrOneProbe) {
  const auto counting = counted(objects_);
  auto log = open_file_log(counting, false);
  ASSERT_TRUE(log.ok());
  append(**log, 1, payload(900));
  counting->reset();
  append(**log, 2, payload(900));
  EXPECT_EQ(counting->counts().log_appends, 1U);
  EXPECT_EQ(counting->counts().round_trips, 1U);
  EXPECT_EQ(counting->counts().log_bytes, 2 * kSector);
  counting->reset();
  EXPECT_TRUE((*log)->since(3)->empty());
  EXPECT_EQ(counting->counts().log_probes, 1U);
  EXPECT_EQ(counting->counts().round_trips, 1U);
}

TEST_F(FileLogTest, ReadOnlyLogMakesNothing) {
  const auto log = open(true);
  EXPECT_TRUE(log->since(1)->empty());
  auto refused = log->append(1, "x", nullptr);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kReadOnly);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "log"));
}

}  // namespace
}  // namespace omnigraph
