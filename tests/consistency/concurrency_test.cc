// Several processes of eight threads each on one folder: what they did and saw, judged as a whole.
// List appends read a list and replace it under a precondition; register writes are blind, several
// a transaction. OMNIGRAPH_CONSISTENCY_OPS sets the transactions of each thread.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include "consistency/history.h"
#include "omnigraph/graph.h"

namespace omnigraph::consistency {
namespace {

constexpr int kProcesses = 4, kThreads = 8, kKeys = 5;
constexpr std::string_view kSchema = R"(
node Cell { key: I32 @key  items: [I64]?  value: I64? }
)";
constexpr std::string_view kReads =
    "query read() { match { $c: Cell } return { $c.key, $c.items, $c.value } }";

std::int64_t now() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

int operations() {
  const char* given = std::getenv("OMNIGRAPH_CONSISTENCY_OPS");
  return given != nullptr ? std::atoi(given) : 12;
}

// One client: a thread with a handle that the threads of its process share.
class Client {
 public:
  Client(const Graph& graph, int process, unsigned seed)
      : graph_(graph), process_(process), random_(seed) {}

  Transaction read() {
    Transaction t = begin();
    see(t);
    t.ended = now();
    return t;
  }

  // Reads everything, appends to one list and, at times, to a second; again until nobody came
  // between.
  std::vector<Transaction> append() {
    std::vector<Transaction> out;
    for (int attempt = 0; attempt < 200; ++attempt) {
      Transaction t = begin();
      const std::string head = see(t);
      if (t.outcome != Transaction::Outcome::kDone) {
        t.ended = now();
        out.push_back(t);
        return out;
      }
      std::vector<int> keys{below(kKeys)};
      if (attempt % 2 == 0) keys.push_back((keys[0] + 1) % kKeys);
      std::string declared, updates, params;
      for (const int key : keys) {
        const std::string name = "k" + std::to_string(key);
        const std::int64_t value = unique();
        t.appends.emplace_back(key, value);
        declared += (declared.empty() ? "$" : ", $") + name + ": [I64]";
        updates += " update Cell set { items: $" + name + " } where key = " + std::to_string(key);
        params += (params.empty() ? "{\"" : ",\"") + name + "\":[";
        for (const std::int64_t item : t.lists[key]) params += std::to_string(item) + ",";
        params += std::to_string(value) + "]";
      }
      params += "}";
      const std::string source = "query put(" + declared + ") {" + updates + " }";
      const auto report = graph_.mutate({.source = source, .params = params, .if_commit = head});
      t.ended = now();
      note(t, report);
      out.push_back(t);
      if (report.ok() || report.error().code() != ErrorCode::kPreconditionFailed) return out;
    }
    return out;
  }

  Transaction write() {
    Transaction t = begin();
    std::string source = "query put($a: I64, $b: I64) {";
    const int first = below(kKeys), second = (first + 1 + below(kKeys - 1)) % kKeys;
    t.writes = {{first, unique()}, {second, unique()}};
    source += " update Cell set { value: $a } where key = " + std::to_string(first);
    source += " update Cell set { value: $b } where key = " + std::to_string(second) + " }";
    const std::string params = "{\"a\":" + std::to_string(t.writes[0].second) +
                               ",\"b\":" + std::to_string(t.writes[1].second) + "}";
    const auto report = graph_.mutate({.source = source, .params = params});
    t.ended = now();
    note(t, report);
    return t;
  }

 private:
  Transaction begin() const {
    Transaction t;
    t.process = process_;
    t.began = now();
    return t;
  }
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::int64_t unique() { return std::int64_t{process_} * 1'000'000 + ++count_; }

  // All cells at one moment; the commit of it.
  std::string see(Transaction& t) const {
    const auto rows = graph_.query({.source = kReads});
    if (!rows.ok()) {
      ADD_FAILURE() << rows.error().message();
      t.outcome = Transaction::Outcome::kRefused;
      return "";
    }
    for (std::size_t row = 0; row < rows->rows(); ++row) {
      const int key = static_cast<int>(*rows->value(row, 0).get_if<std::int64_t>());
      std::vector<std::int64_t>& list = t.lists[key];
      const Value items = rows->value(row, 1);
      if (const ValueList* all = items.list()) {
        for (const Value& item : *all) list.push_back(*item.get_if<std::int64_t>());
      }
      const Value value = rows->value(row, 2);
      const auto* number = value.get_if<std::int64_t>();
      t.registers[key] = number != nullptr ? std::optional(*number) : std::nullopt;
    }
    return rows->commit_id();
  }

  static void note(Transaction& t, const Result<MutationReport>& report) {
    if (report.ok()) {
      t.version = report->commit ? report->commit->version : 0;
      EXPECT_NE(t.version, 0u);
      return;
    }
    const ErrorCode code = report.error().code();
    const bool plain = code == ErrorCode::kPreconditionFailed || code == ErrorCode::kConflict;
    EXPECT_TRUE(plain) << report.error().message();
    t.outcome = plain ? Transaction::Outcome::kRefused : Transaction::Outcome::kUnknown;
  }

  const Graph& graph_;
  const int process_;
  std::mt19937 random_;
  std::int64_t count_ = 0;
};

// The transactions of one process, into a file.
void run_process(const std::string& root, int number, const std::string& file) {
  const auto graph = Graph::open(root);
  ASSERT_TRUE(graph.ok()) << graph.error().message();
  std::mutex mutex;
  std::ofstream out(file);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      const int process = number * kThreads + thread + 1;
      Client client(*graph, process, static_cast<unsigned>(process) * 7919U);
      for (int i = 0; i < operations(); ++i) {
        std::vector<Transaction> done;
        if (i % 3 == 0) {
          done = client.append();
        } else {
          done.push_back(i % 3 == 1 ? client.write() : client.read());
        }
        const std::lock_guard lock(mutex);
        for (const Transaction& t : done) out << to_line(t) << '\n';
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Consistency, ProcessesOfThreadsOnOneFolder) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "og_consistency";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string root = (folder / "g").string();
  {
    const Graph graph = Graph::create(root, kSchema).value();
    std::string cells;
    for (int key = 0; key < kKeys; ++key) {
      cells += "{\"type\":\"Cell\",\"data\":{\"key\":" + std::to_string(key) + "}}\n";
    }
    ASSERT_TRUE(graph.load_text(cells, {.mode = LoadMode::kAppend}).ok());
  }
  std::vector<pid_t> children;
  for (int number = 0; number < kProcesses; ++number) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      run_process(root, number, (folder / std::to_string(number)).string());
      ::_exit(testing::Test::HasFailure() ? 1 : 0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  History history;
  for (int number = 0; number < kProcesses; ++number) {
    std::ifstream in(folder / std::to_string(number));
    for (std::string line; std::getline(in, line);) {
      const auto transaction = from_line(line);
      ASSERT_TRUE(transaction) << line;
      history.push_back(*transaction);
    }
  }
  const Graph graph = Graph::open(root).value();
  history.push_back(Client(graph, 0, 1).read());
  std::size_t appended = 0, written = 0;
  for (const Transaction& t : history) {
    if (t.outcome != Transaction::Outcome::kDone) continue;
    appended += t.appends.empty() ? 0 : 1;
    written += t.writes.empty() ? 0 : 1;
  }
  EXPECT_GT(appended, 0u);
  EXPECT_EQ(written, static_cast<std::size_t>(kProcesses * kThreads * ((operations() + 1) / 3)));
  const auto found = judge(history);
  for (std::size_t i = 0; i < found.size() && i < 5; ++i) ADD_FAILURE() << found[i];
  // Every append that was acknowledged is in its list.
  std::map<int, std::vector<std::int64_t>>& last = history.back().lists;
  for (const Transaction& t : history) {
    if (t.outcome != Transaction::Outcome::kDone) continue;
    for (const auto& [key, value] : t.appends) {
      EXPECT_EQ(std::count(last[key].begin(), last[key].end(), value), 1);
    }
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace omnigraph::consistency
