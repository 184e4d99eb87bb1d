// Full disks, lost answers, failing stores, crashes at every named point, damaged bytes: the graph
// stays readable at its last commit, and nothing acknowledged is lost.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "common/fault_point.h"
#include "storage/fault_store.h"
#include "storage/store_harness.h"

namespace omnigraph {
namespace {

using namespace testing;  // NOLINT

StoreOptions small_lines() {
  StoreOptions options;
  options.checkpoint_records = 6;
  options.fold_inline_rows = 8;
  options.fold_segments = 2;
  return options;
}

constexpr const char* kPoints[] = {
    "commit.before_append",    "log.before_write",         "log.after_write",
    "log.after_sync",          "log.before_new_file",      "log.after_new_file",
    "fold.before_merge",       "segment.before_write",     "segment.after_write",
    "fold.before_replace",     "fold.after_replace",       "checkpoint.begin",
    "checkpoint.after_states", "checkpoint.after_history", "checkpoint.before_root",
    "checkpoint.after_root",   "checkpoint.after_hint",    "log.before_pack",
    "local.after_link",
};

// Commits p0, p1, … until something fails or `n` are done; returns how many were acknowledged.
int commit_until_failure(Store& store, int n) {
  for (int i = 0; i < n; ++i) {
    if (!add_person(store, "p" + std::to_string(i), i).ok()) return i;
    if (!store.maintain().ok()) return i + 1;
  }
  return n;
}

class FaultPointTest : public ::testing::TestWithParam<LogForm> {};
INSTANTIATE_TEST_SUITE_P(Forms, FaultPointTest,
                         ::testing::Values(LogForm::kObjects, LogForm::kFile),
                         [](const auto& info) {
                           return info.param == LogForm::kFile ? "file" : "objects";
                         });

TEST_P(FaultPointTest, KilledAnywhereTheGraphOpensAtItsLastCommit) {
  if (!fault_points_enabled()) GTEST_SKIP() << "built without fault points";
  for (const char* point : kPoints) {
    for (const std::uint64_t count : {1U, 3U}) {
      const TemporaryFolder folder;
      const ObjectStorePtr objects = *open_local_store(folder / "g", true);
      StoreOptions options = small_lines();
      options.log_form = GetParam();
      init_store(objects, options);
      int pipe_ends[2];
      ASSERT_EQ(pipe(pipe_ends), 0);
      const pid_t child = fork();
      if (child == 0) {
        auto store = Store::open(objects, test_runtime(9), options);
        if (!store.ok()) _exit(1);
        arm_fault(point, count, FaultAction::kExit);
        for (int i = 0; i < 40; ++i) {
          if (!add_person(**store, "p" + std::to_string(i), i).ok()) _exit(2);
          const char done = 1;
          if (write(pipe_ends[1], &done, 1) != 1) _exit(3);
          if (!(*store)->maintain().ok()) _exit(4);
        }
        _exit(0);
      }
      close(pipe_ends[1]);
      int acknowledged = 0;
      char byte;
      while (read(pipe_ends[0], &byte, 1) == 1) ++acknowledged;
      close(pipe_ends[0]);
      int status = 0;
      ASSERT_EQ(waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFEXITED(status));
      ASSERT_TRUE(WEXITSTATUS(status) == kFaultExitStatus || WEXITSTATUS(status) == 0)
          << point << ": " << WEXITSTATUS(status);
      auto store = Store::open(objects, test_runtime(10), options);
      ASSERT_TRUE(store.ok()) << point << ": " << store.error().message();
      const auto rows = people(**store);
      // One more may have landed whose answer never came.
      EXPECT_GE(rows.size(), static_cast<std::size_t>(acknowledged)) << point;
      EXPECT_LE(rows.size(), static_cast<std::size_t>(acknowledged) + 1) << point;
      EXPECT_TRUE(add_person(**store, "after", 1).ok()) << point;
      const Status kept = (*store)->maintain_now();
      EXPECT_TRUE(kept.ok()) << point << ": " << kept.error().message();
      EXPECT_EQ(people(*open_store(objects)).size(), rows.size() + 1) << point;
    }
  }
}

TEST_P(FaultPointTest, ErrorsAnywhereLeaveTheProcessAndTheGraphAlive) {
  if (!fault_points_enabled()) GTEST_SKIP() << "built without fault points";
  for (const char* point : kPoints) {
    const TemporaryFolder folder;
    const ObjectStorePtr objects = *open_local_store(folder / "g", true);
    StoreOptions options = small_lines();
    options.log_form = GetParam();
    const auto store = init_store(objects, options);
    arm_fault(point, 2, FaultAction::kError);
    const int done = commit_until_failure(*store, 30);
    disarm_fault();
    ASSERT_TRUE(store->refresh().ok()) << point;
    const std::size_t rows = people(*store).size();
    EXPECT_GE(rows, static_cast<std::size_t>(done)) << point;
    EXPECT_LE(rows, static_cast<std::size_t>(done) + 1) << point;
    auto after = add_person(*store, "after", 1);
    if (!after.ok()) after = add_person(*store, "after", 1);  // the first saw that it had moved
    EXPECT_TRUE(after.ok()) << point;
    EXPECT_EQ(people(*open_store(objects)), people(*store)) << point;
  }
}

TEST(StoreFaultTest, EveryFailingCallLeavesAReadableGraph) {
  for (const StoreFault fault : {StoreFault::kFail, StoreFault::kFull, StoreFault::kShortWrite,
                                 StoreFault::kLostAnswer, StoreFault::kNotWritten}) {
    for (std::uint64_t n = 1; n < 60; n += 2) {
      const auto faults = std::make_shared<FaultStore>(make_memory_store());
      const auto store = init_store(faults, small_lines());
      faults->fail_at(n, fault);
      const int done = commit_until_failure(*store, 20);
      faults->set_faults(nullptr);
      const auto reopened = open_store(faults, small_lines());
      const std::size_t rows = people(*reopened).size();
      ASSERT_GE(rows, static_cast<std::size_t>(done)) << n;
      ASSERT_LE(rows, static_cast<std::size_t>(done) + 1) << n;
      ASSERT_TRUE(store->refresh().ok());
      ASSERT_EQ(people(*store), people(*reopened)) << n;
    }
  }
}

TEST(StoreFaultTest, UnknownOutcomeIsSettledBeforeAnythingElse) {
  const auto faults = std::make_shared<FaultStore>(make_memory_store());
  const auto store = init_store(faults);
  ASSERT_TRUE(add_person(*store, "ann", 1).ok());
  // Not one put is answered, and none lands.
  faults->fail_at(1, StoreFault::kNotWritten, true);
  auto unknown = store->append(commit_record(*store, "main", {}));
  ASSERT_TRUE(unknown.ok());
  EXPECT_EQ(*unknown, AppendOutcome::kUnknown);
  EXPECT_EQ(store->state()->sequence, 1U);
  faults->set_faults(nullptr);
  // The next append puts the lost record first, and is told that the state moved.
  auto moved = store->append(commit_record(*store, "main", {}));
  ASSERT_TRUE(moved.ok());
  EXPECT_EQ(*moved, AppendOutcome::kMoved);
  EXPECT_EQ(store->state()->sequence, 2U);
  EXPECT_TRUE(add_person(*store, "ben", 2).ok());
  EXPECT_EQ(people(*open_store(faults)).size(), 2U);
}

TEST(StoreFaultTest, ReadOnlyFolderIsReadable) {
  if (geteuid() == 0) GTEST_SKIP() << "the superuser may write anywhere";
  const TemporaryFolder folder;
  {
    const auto store = init_store(*open_local_store(folder / "g", true));
    ASSERT_TRUE(add_person(*store, "ann", 1).ok());
  }
  namespace fs = std::filesystem;
  for (const char* name : {"g/log", "g"}) {
    fs::permissions(folder / name, fs::perms::owner_read | fs::perms::owner_exec);
  }
  fs::permissions(folder / "g/log/0000000000000001", fs::perms::owner_read);
  const auto store = open_store(*open_local_store(folder / "g", false));
  EXPECT_EQ(people(*store).size(), 1U);
  auto refused = add_person(*store, "ben", 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kReadOnly);
  EXPECT_EQ(people(*store).size(), 1U);
  for (const char* name : {"g", "g/log"}) fs::permissions(folder / name, fs::perms::owner_all);
}

// Every byte region of a small store, flipped: a typed error that names the object, or the right
// answer; never a crash or a wrong one.
TEST(StoreFaultTest, FlippedBytesAreNeverWrongAnswers) {
  for (const LogForm form : {LogForm::kObjects, LogForm::kFile}) {
    const TemporaryFolder folder;
    const ObjectStorePtr objects =
        form == LogForm::kFile ? *open_local_store(folder / "g", true) : make_memory_store();
    StoreOptions options = small_lines();
    options.log_form = form;
    // Flips one byte and, called again, flips it back.
    const auto flip = [&](const std::string& name, const std::string& good, std::size_t at,
                          bool back) {
      const char byte = static_cast<char>(good[at] ^ (back ? 0 : 0x20));
      if (form == LogForm::kObjects) {
        std::string bytes = good;
        bytes[at] = byte;
        ASSERT_TRUE(objects->put(name, bytes).ok());
        return;
      }
      // In place: the store would sync each time.
      std::fstream file(folder / ("g/" + name), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(at));
      file.put(byte);
    };
    {
      const auto store = init_store(objects, options);
      ASSERT_EQ(commit_until_failure(*store, 25), 25);
    }
    const auto expected = people(*open_store(objects));
    const auto all = *objects->list("");
    for (const ObjectInfo& info : all) {
      const std::string good(objects->get(info.name)->data);
      // The zeros ahead of a file log's end are all alike.
      const std::size_t used = std::min<std::size_t>(good.find_last_not_of('\0') + 1, good.size());
      const std::size_t step = std::max<std::size_t>(1, used / 60);
      for (std::size_t at = 0; at < used; at += step) {
        flip(info.name, good, at, false);
        auto store = Store::open(objects, test_runtime(), options);
        if (!store.ok()) {
          const ErrorCode code = store.error().code();
          EXPECT_TRUE(code == ErrorCode::kCorrupt || code == ErrorCode::kUnsupportedFormat)
              << info.name << " " << at << ": " << store.error().message();
          flip(info.name, good, at, true);
          continue;
        }
        const Snapshot& main = *(*store)->state()->branch("main")->snapshot;
        const Property& age = *main.catalog().node("Person")->find("age");
        std::map<std::string, std::optional<std::int32_t>> rows;
        bool refused = false;
        for (const TablePart& part : main.table(person(main.catalog()))->parts()) {
          for (std::uint32_t row = 0; row < part.segment->rows() && !refused; ++row) {
            if (!part.live(row)) continue;
            auto id = part.segment->id_text(row);
            auto value = part.segment->value(age.id, age.type, row);
            if (!id.ok() || !value.ok()) {
              const Error& error = id.ok() ? value.error() : id.error();
              EXPECT_EQ(error.code(), ErrorCode::kCorrupt)
                  << info.name << " " << at << ": " << error.message();
              refused = true;
              continue;
            }
            rows[*id] = static_cast<std::int32_t>(*value->get_if<std::int64_t>());
          }
        }
        if (!refused) {
          EXPECT_EQ(rows, expected) << info.name << " " << at;
        }
        flip(info.name, good, at, true);
      }
    }
  }
}

}  // namespace
}  // namespace omnigraph
