// Mutations, loads and Blob writes on a folder that fails: killed, an I/O error, a short write or a
// full disk, at every named fault point and at random calls of the store, from a seed. After each
// failure the graph holds every acknowledged write whole, every other one whole or not at all, and
// takes the next. OMNIGRAPH_FAULT_ROUNDS and OMNIGRAPH_FAULT_SEED play more.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <regex>
#include <set>

#include "common/fault_point.h"
#include "common/test_runtime.h"
#include "graph/engine.h"
#include "storage/fault_store.h"

namespace omnigraph::simulation {
namespace {

constexpr std::string_view kSchema = R"(
node P { key: String @key  batch: I32  body: Blob? }
edge F: P -> P { batch: I32 }
)";

constexpr const char* kPoints[] = {
    "commit.built",         "commit.before_append", "log.before_write",     "log.after_write",
    "log.after_sync",       "log.before_new_file",  "log.after_new_file",   "log.before_grow",
    "segment.before_write", "segment.after_write",  "load.before_segments", "load.after_segments",
    "spill.before_create",  "spill.before_write",   "blob.before_put",      "blob.after_put",
    "local.after_link",
};

// Points of other work, with tests of their own beside it: making a graph, housekeeping (which
// begins after some hundred records), merges, cleanup.
constexpr std::string_view kElsewhere[] = {"init.",           "checkpoint.",      "fold.",
                                           "merge.",          "sweep.",           "cleanup.",
                                           "log.before_pack", "log.before_rotate"};

// What can be written: each is one commit of `size` nodes and edges that carry its number.
enum class Kind { kMutation, kSmallLoad, kLargeLoad, kSpilledLoad, kUpdate };
constexpr Kind kKinds[] = {Kind::kMutation, Kind::kSmallLoad, Kind::kLargeLoad, Kind::kSpilledLoad,
                           Kind::kUpdate};

int size_of(Kind kind) {
  switch (kind) {
    case Kind::kSmallLoad:
      return 20;
    case Kind::kLargeLoad:
      return 1500;
    case Kind::kSpilledLoad:
      return 6000;
    default:
      return 2;
  }
}

struct Write {
  int number = 0;
  Kind kind = Kind::kMutation;
};

class Folder {
 public:
  Folder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "omnigraph-faults-XXXXXX").string();
    path_ = ::mkdtemp(name.data()) != nullptr ? name : std::string();
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string graph() const { return path_ + "/g"; }

 private:
  std::string path_;
};

using Engine = Graph::Engine;

Runtime runtime() {
  Runtime out = test_runtime();
  out.budget = std::make_shared<MemoryBudget>(std::uint64_t{6} << 20);
  return out;
}

Result<std::unique_ptr<Engine>> open_engine(const std::string& root,
                                            std::shared_ptr<FaultStore>* faults = nullptr) {
  OG_ASSIGN_OR_RETURN(ObjectStorePtr objects, open_local_store(root, false));
  if (faults != nullptr) {
    *faults = std::make_shared<FaultStore>(std::move(objects));
    objects = *faults;
  }
  return Engine::open(std::move(objects), {}, runtime());
}

Status perform(Engine& engine, const Write& write) {
  const std::string batch = std::to_string(write.number);
  if (write.kind == Kind::kMutation) {
    // A Blob that is an object of its own, and an edge.
    const std::string body(2000 + static_cast<std::size_t>(write.number) * 4, 'A');
    const std::string source = "query q($b: Blob) { insert P { key: \"" + batch +
                               "-0\", batch: " + batch + ", body: $b } insert P { key: \"" + batch +
                               "-1\", batch: " + batch + " } insert F { from: \"" + batch +
                               "-0\", to: \"" + batch + "-1\", batch: " + batch +
                               " } insert F { from: \"" + batch + "-1\", to: \"" + batch +
                               "-0\", batch: " + batch + " } }";
    const std::string params = "{\"b\":\"base64:" + body + "\"}";
    OG_RETURN_IF_ERROR(engine.mutate({.source = source, .params = params}));
    return {};
  }
  if (write.kind == Kind::kUpdate) {
    const std::string source = "query q() { update P set { batch: " + batch +
                               " } where key = \"first-0\"  update P set { batch: " + batch +
                               " } where key = \"first-1\" }";
    OG_RETURN_IF_ERROR(engine.mutate({.source = source}));
    return {};
  }
  std::string text;
  for (int i = 0; i < size_of(write.kind); ++i) {
    const std::string key = batch + "-" + std::to_string(i);
    text += "{\"type\":\"P\",\"data\":{\"key\":\"" + key + "\",\"batch\":" + batch + "}}\n";
    text += "{\"edge\":\"F\",\"from\":\"" + key + "\",\"to\":\"" + batch +
            "-0\",\"data\":{\"batch\":" + batch + ",\"id\":\"" + key + "-" + std::string(100, 'x') +
            "\"}}\n";
  }
  const auto source = text_load_source(text);
  OG_RETURN_IF_ERROR(engine.load(*source, {.mode = LoadMode::kAppend}));
  return {};
}

// The batch number of every P and F, and how often.
std::map<std::int64_t, int> count(Engine& engine, const char* source, std::string& problem) {
  std::map<std::int64_t, int> out;
  const auto rows = engine.query({.source = source});
  if (!rows.ok()) {
    problem = rows.error().message();
    return out;
  }
  for (std::size_t row = 0; row < rows->rows(); ++row) {
    ++out[*rows->value(row, 0).get_if<std::int64_t>()];
  }
  return out;
}

class Model {
 public:
  explicit Model(std::string root) : root_(std::move(root)) {}

  void acknowledged(const Write& write) {
    if (write.kind == Kind::kUpdate) {
      updated_ = write.number;
      maybe_updated_.clear();
    } else {
      done_.insert({write.number, size_of(write.kind)});
    }
  }
  void unanswered(const Write& write) { open_.push_back(write); }

  // Looks at the graph anew and settles what was open. What is wrong, or nothing.
  std::string check() {
    auto engine = open_engine(root_);
    if (!engine.ok()) return "the graph does not open: " + engine.error().message();
    std::string problem;
    auto nodes = count(**engine, "query q() { match { $p: P } return { $p.batch } }", problem);
    if (!problem.empty()) return "a query fails: " + problem;
    // Every write but the two first nodes has as many edges as nodes.
    const auto info = (*engine)->snapshot("main");
    if (!info.ok()) return info.error().message();
    if (info->datasets[0].entities + 2 != info->datasets[1].entities) return "edges are missing";
    for (const Write& write : open_) {
      if (write.kind == Kind::kUpdate) {
        maybe_updated_.insert(write.number);
      } else if (nodes.count(write.number) != 0) {
        done_.insert({write.number, size_of(write.kind)});
      }
    }
    open_.clear();
    // The two nodes of the first batch bear the number of the last update.
    int first = 0;
    for (const std::int64_t number : updates()) {
      const auto at = nodes.find(number);
      if (at == nodes.end()) continue;
      if (at->second != 2) return "update " + std::to_string(number) + " is torn";
      ++first;
      updated_ = number;
      nodes.erase(at);
    }
    if (first != 1) return "the last acknowledged update is lost";
    maybe_updated_.clear();
    for (const auto& [number, size] : done_) {
      if (nodes[number] != size) {
        return "write " + std::to_string(number) + " has " + std::to_string(nodes[number]) +
               " of its " + std::to_string(size) + " nodes";
      }
      nodes.erase(number);
    }
    for (const auto& [number, n] : nodes) return "write " + std::to_string(number) + " is there";
    return "";
  }

 private:
  std::set<std::int64_t> updates() const {
    std::set<std::int64_t> all = maybe_updated_;
    all.insert(updated_);
    return all;
  }
  std::string root_;
  std::map<std::int64_t, int> done_;
  std::vector<Write> open_;
  std::int64_t updated_ = 0;
  std::set<std::int64_t> maybe_updated_;
};

class WriteFaults : public testing::Test {
 protected:
  WriteFaults() : model_(folder_.graph()) {
    const char* seed = std::getenv("OMNIGRAPH_FAULT_SEED");
    random_.seed(seed != nullptr ? static_cast<unsigned>(std::atoi(seed)) : 20'261'121U);
    const char* rounds = std::getenv("OMNIGRAPH_FAULT_ROUNDS");
    if (rounds != nullptr) rounds_ = std::atoi(rounds);
    auto engine = Engine::create([this] { return open_local_store(folder_.graph(), true); }, "",
                                 kSchema, {}, runtime());
    EXPECT_TRUE(engine.ok()) << engine.error().message();
    EXPECT_TRUE((*engine)
                    ->load(*text_load_source(R"({"type":"P","data":{"key":"first-0","batch":0}}
{"type":"P","data":{"key":"first-1","batch":0}}
)"),
                           {.mode = LoadMode::kAppend})
                    .ok());
  }
  ~WriteFaults() override { disarm_fault(); }

  std::size_t below(std::size_t n) { return random_() % n; }
  Write next(Kind kind) { return {++number_, kind}; }

  // The graph holds what it must, and takes the next write.
  void expect_whole(const std::string& after) {
    const std::string problem = model_.check();
    ASSERT_EQ(problem, "") << "after " << after;
    auto engine = open_engine(folder_.graph());
    ASSERT_TRUE(engine.ok());
    const Write write = next(Kind::kMutation);
    const Status status = perform(**engine, write);
    ASSERT_TRUE(status.ok()) << "after " << after << ": " << status.error().message();
    model_.acknowledged(write);
  }

  Folder folder_;
  Model model_;
  std::mt19937 random_;
  int number_ = 0;
  int rounds_ = 6;
};

// The loop below leaves out no point that a mutation or a load can pass.
TEST(WriteFaultPoints, AllAreNamed) {
  const auto source =
      std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() / "src";
  const std::regex named("OG_FAULT_POINT\\(\"([a-z_.]+)\"\\)");
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source)) {
    if (entry.path().extension() != ".cc") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::sregex_iterator at(text.begin(), text.end(), named), end; at != end; ++at) {
      found.insert((*at)[1]);
    }
  }
  ASSERT_GT(found.size(), std::size(kPoints));
  for (const std::string& point : found) {
    const bool here = std::find(std::begin(kPoints), std::end(kPoints), point) != std::end(kPoints);
    const bool elsewhere =
        std::any_of(std::begin(kElsewhere), std::end(kElsewhere),
                    [&point](std::string_view prefix) { return point.starts_with(prefix); });
    EXPECT_TRUE(here || elsewhere) << point;
  }
  for (const char* point : kPoints) EXPECT_TRUE(found.count(point) == 1) << point;
}

TEST_F(WriteFaults, KilledOrFailingAtEveryNamedPoint) {
  if (!fault_points_enabled()) GTEST_SKIP() << "built without fault points";
  for (const char* point : kPoints) {
    for (const Kind kind : kKinds) {
      const Write write = next(kind);
      const std::uint64_t count = 1 + below(2);
      const bool kill = below(2) == 0;
      const std::string after = std::string(point) + (kill ? " killed" : " failed");
      if (kill) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
          auto engine = open_engine(folder_.graph());
          arm_fault(point, count, FaultAction::kExit);
          ::_exit(engine.ok() && perform(**engine, write).ok() ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFEXITED(status)) << after;
        if (WEXITSTATUS(status) == 0) {
          model_.acknowledged(write);
        } else {
          ASSERT_EQ(WEXITSTATUS(status), kFaultExitStatus) << after;
          model_.unanswered(write);
        }
      } else {
        auto engine = open_engine(folder_.graph());
        ASSERT_TRUE(engine.ok());
        arm_fault(point, count, FaultAction::kError);
        const Status status = perform(**engine, write);
        disarm_fault();
        if (status.ok()) {
          model_.acknowledged(write);
        } else {
          model_.unanswered(write);
        }
      }
      expect_whole(after);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(WriteFaults, AStoreThatFailsFillsOrCutsShort) {
  constexpr StoreFault kFaults[] = {StoreFault::kFail, StoreFault::kFull, StoreFault::kShortWrite,
                                    StoreFault::kLostAnswer, StoreFault::kNotWritten};
  for (int round = 0; round < rounds_; ++round) {
    for (const StoreFault fault : kFaults) {
      const Write write = next(kKinds[below(std::size(kKinds))]);
      std::shared_ptr<FaultStore> store;
      auto engine = open_engine(folder_.graph(), &store);
      ASSERT_TRUE(engine.ok());
      store->fail_at(1 + below(6), fault, below(2) == 0);
      const Status status = perform(**engine, write);
      store->set_faults(nullptr);
      if (status.ok()) {
        model_.acknowledged(write);
      } else {
        model_.unanswered(write);
      }
      engine->reset();
      expect_whole("store fault " + std::to_string(static_cast<int>(fault)));
      if (HasFatalFailure()) return;
    }
  }
}

// A process that writes as fast as it can, killed from outside after some of its answers.
TEST_F(WriteFaults, KilledFromOutside) {
  for (int round = 0; round < rounds_; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const int base = number_;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto engine = open_engine(folder_.graph());
      for (int i = 1; engine.ok() && i <= 200; ++i) {
        const Write write{base + i, i % 5 == 0 ? Kind::kSmallLoad : Kind::kMutation};
        if (!perform(**engine, write).ok()) ::_exit(1);
        if (::write(ends[1], &write, sizeof write) != sizeof write) ::_exit(1);
      }
      ::pause();
    }
    ::close(ends[1]);
    const std::size_t wanted = 1 + below(12);
    int last = base;
    Write write;
    for (std::size_t i = 0; i < wanted; ++i) {
      ASSERT_EQ(::read(ends[0], &write, sizeof write), static_cast<ssize_t>(sizeof write));
      model_.acknowledged(write);
      last = write.number;
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    while (::read(ends[0], &write, sizeof write) == static_cast<ssize_t>(sizeof write)) {
      model_.acknowledged(write);
      last = write.number;
    }
    ::close(ends[0]);
    const int open = last + 1;
    model_.unanswered({open, (open - base) % 5 == 0 ? Kind::kSmallLoad : Kind::kMutation});
    number_ = open;
    expect_whole("kill -9");
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace omnigraph::simulation
