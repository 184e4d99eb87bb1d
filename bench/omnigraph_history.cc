// Measures branches, merges and the past through the public API. Each command works in a folder
// that it makes anew and prints one JSON object; bench/history.py puts them beside doltlite.
//
//   omnigraph_history branches STORE ROWS TYPES     create and delete
//   omnigraph_history small_merge STORE ROWS        10 changed rows, three-way
//   omnigraph_history large_merge STORE             10,000 changed rows
//   omnigraph_history prepare_large STORE           the same, left for `merge` to do
//   omnigraph_history merge STORE                   merges `side` of an existing graph
//   omnigraph_history targets STORE                 8 merges into 8 targets
//   omnigraph_history past STORE COMMITS            reads at the head and far back, the change feed
//   omnigraph_history diff STORE ROWS               two commits 10 rows apart
#include <omnigraph/graph.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using omnigraph::Graph;
using omnigraph::LoadMode;
using omnigraph::Result;
using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

template <typename T>
T expect(Result<T> result) {
  if (!result.ok()) fail(result.error().message());
  return std::move(result).value();
}
void expect(const omnigraph::Status& status) {
  if (!status.ok()) fail(status.error().message());
}

double millis(const std::function<void()>& action) {
  const auto start = SteadyClock::now();
  action();
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Named numbers as one JSON object.
class Answer {
 public:
  void add(const std::string& name, double value) {
    char text[96];
    std::snprintf(text, sizeof text, "\"%s\":%.6f", name.c_str(), value);
    json_ += (json_.empty() ? "" : ",") + std::string(text);
  }
  void add(const std::string& name, const std::string& value) {
    json_ += (json_.empty() ? "" : ",") + ("\"" + name + "\":\"" + value + "\"");
  }
  int print() const {
    std::printf("{%s}\n", json_.c_str());
    return 0;
  }

 private:
  std::string json_;
};

std::string type_name(std::uint64_t i) { return i == 0 ? "Person" : "T" + std::to_string(i); }

std::string schema(std::uint64_t types) {
  std::string text;
  for (std::uint64_t i = 0; i < types; ++i) {
    text += "node " + type_name(i) + " { key: String @key  name: String  age: I32 }\n";
  }
  return text;
}

std::string row(std::uint64_t i, std::uint64_t age, std::uint64_t type = 0) {
  return R"({"type":")" + type_name(type) + R"(","data":{"key":"k)" + std::to_string(i) +
         R"(","name":"Ada Lovelace","age":)" + std::to_string(age) + "}}\n";
}

Graph filled(const char* store, std::uint64_t rows, std::uint64_t types = 1) {
  Graph graph = expect(Graph::create(store, schema(types)));
  std::string lines;
  for (std::uint64_t i = 0; i < rows; ++i) lines += row(i, i % 80, i % types);
  (void)expect(graph.load_text(lines, {.mode = LoadMode::kOverwrite}));
  return graph;
}

void load(const Graph& graph, const std::string& lines, std::string_view branch = "main") {
  (void)expect(graph.load_text(lines, {.mode = LoadMode::kMerge, .branch = branch}));
}

std::string rows_from(std::uint64_t first, std::uint64_t count, std::uint64_t age) {
  std::string lines;
  for (std::uint64_t i = first; i < first + count; ++i) lines += row(i, age);
  return lines;
}

// The unit: one row, one commit.
double commit(const Graph& graph, std::uint64_t i) {
  constexpr std::string_view kSource =
      "query add($key: String) { insert Person { key: $key name: \"Ada Lovelace\" age: 7 } }";
  const std::string params = R"({"key":"new)" + std::to_string(i) + "\"}";
  return millis([&] { (void)expect(graph.mutate({.source = kSource, .params = params})); });
}

double read(const Graph& graph, std::uint64_t i, std::optional<std::string_view> snapshot) {
  constexpr std::string_view kSource =
      "query one($key: String) { match { $p: Person { key: $key } } return { $p.age } }";
  const std::string params = R"({"key":"k)" + std::to_string(i) + "\"}";
  return millis([&] {
    const auto answer =
        expect(graph.query({.source = kSource, .params = params, .snapshot = snapshot}));
    if (answer.rows() != 1) fail("a row is missing");
  });
}

int branches(const char* store, std::uint64_t rows, std::uint64_t types) {
  const Graph graph = filled(store, rows, types);
  std::vector<double> commits, creates, deletes;
  for (std::uint64_t i = 0; i < 200; ++i) {
    commits.push_back(commit(graph, i));
    creates.push_back(millis([&] { expect(graph.create_branch("side")); }));
    deletes.push_back(millis([&] { expect(graph.delete_branch("side")); }));
  }
  Answer answer;
  answer.add("commit_ms", median(commits));
  answer.add("create_ms", median(creates));
  answer.add("delete_ms", median(deletes));
  return answer.print();
}

int small_merge(const char* store, std::uint64_t rows) {
  const Graph graph = filled(store, rows);
  std::vector<double> commits, merges;
  for (std::uint64_t i = 0; i < 200; ++i) {
    commits.push_back(commit(graph, i));
    expect(graph.create_branch("side"));
    std::string lines;
    for (std::uint64_t r = 0; r < 10; ++r) lines += row((i * 7919 + r * 997) % rows, 100 + i);
    load(graph, lines, "side");
    load(graph, row(rows + i, 1));  // the target moves on, too
    merges.push_back(millis([&] {
      const auto merged = expect(graph.merge({.source = "side"}));
      if (merged.outcome != omnigraph::MergeOutcome::kMerged) fail("not a three-way merge");
    }));
    expect(graph.delete_branch("side"));
  }
  Answer answer;
  answer.add("commit_ms", median(commits));
  answer.add("merge_ms", median(merges));
  return answer.print();
}

constexpr std::uint64_t kChanged = 10'000;
constexpr std::uint64_t kLargeRows = 100'000;

void diverge(const Graph& graph, std::uint64_t source_first, std::uint64_t source_age,
             std::uint64_t target_first, std::uint64_t target_age) {
  expect(graph.create_branch("side"));
  load(graph, rows_from(source_first, kChanged, source_age), "side");
  load(graph, rows_from(target_first, kChanged, target_age));
}

int large_merge(const char* store) {
  const Graph graph = filled(store, kLargeRows);
  std::vector<double> disjoint, agreeing, conflicting;
  for (std::uint64_t i = 0; i < 11; ++i) {
    diverge(graph, 0, 200 + i, 50'000, 300 + i);
    disjoint.push_back(millis([&] { (void)expect(graph.merge({.source = "side"})); }));
    expect(graph.delete_branch("side"));
    diverge(graph, 0, 400 + i, 0, 400 + i);
    agreeing.push_back(millis([&] { (void)expect(graph.merge({.source = "side"})); }));
    expect(graph.delete_branch("side"));
    diverge(graph, 0, 500 + i, 0, 600 + i);
    conflicting.push_back(millis([&] {
      if (graph.merge({.source = "side"}).ok()) fail("no conflict");
    }));
    expect(graph.delete_branch("side"));
  }
  Answer answer;
  answer.add("disjoint_ms", median(disjoint));
  answer.add("agreeing_ms", median(agreeing));
  answer.add("conflicting_ms", median(conflicting));
  return answer.print();
}

int prepare_large(const char* store) {
  const Graph graph = filled(store, kLargeRows);
  diverge(graph, 0, 200, 50'000, 300);
  return Answer().print();
}

int merge(const char* store) {
  Answer answer;
  std::optional<Graph> graph;
  answer.add("open_ms", millis([&] { graph = expect(Graph::open(store)); }));
  answer.add("merge_ms", millis([&] { (void)expect(graph->merge({.source = "side"})); }));
  return answer.print();
}

// Merges of 10 rows of a branch of its own into each of 8 targets of which 10 other rows changed,
// a few into each, one after another and then by 8 threads at once; again on new targets.
int targets(const char* store) {
  constexpr std::uint64_t kTargets = 8;
  constexpr std::uint64_t kMerges = 10;  // into each target
  constexpr std::uint64_t kRounds = 10;
  const Graph graph = filled(store, kLargeRows);
  std::vector<double> alone, together;
  for (std::uint64_t round = 0; round < 2 * kRounds; ++round) {
    const auto target = [&](std::uint64_t t) {
      return "target" + std::to_string(round) + "-" + std::to_string(t);
    };
    const auto source = [&](std::uint64_t t, std::uint64_t i) {
      return "source" + std::to_string(round) + "-" + std::to_string(t) + "-" + std::to_string(i);
    };
    for (std::uint64_t t = 0; t < kTargets; ++t) {
      expect(graph.create_branch(target(t)));
      for (std::uint64_t i = 0; i < kMerges; ++i) {
        expect(graph.create_branch(source(t, i)));
        load(graph, rows_from((t * kMerges + i) * 10, 10, 100 + i), source(t, i));
      }
      load(graph, rows_from(50'000 + t * 10, 10, 99), target(t));
    }
    const auto merge_all = [&](std::uint64_t t) {
      for (std::uint64_t i = 0; i < kMerges; ++i) {
        const std::string from = source(t, i), into = target(t);
        (void)expect(graph.merge({.source = from, .target = into}));
      }
    };
    if (round % 2 == 0) {
      alone.push_back(millis([&] {
        for (std::uint64_t t = 0; t < kTargets; ++t) merge_all(t);
      }));
    } else {
      together.push_back(millis([&] {
        std::vector<std::thread> workers;
        for (std::uint64_t t = 0; t < kTargets; ++t) workers.emplace_back(merge_all, t);
        for (std::thread& worker : workers) worker.join();
      }));
    }
    for (std::uint64_t t = 0; t < kTargets; ++t) {
      expect(graph.delete_branch(target(t)));
      for (std::uint64_t i = 0; i < kMerges; ++i) expect(graph.delete_branch(source(t, i)));
    }
  }
  Answer answer;
  answer.add("alone_per_second", 1e3 * kTargets * kMerges / median(alone));
  answer.add("together_per_second", 1e3 * kTargets * kMerges / median(together));
  return answer.print();
}

double scan(const Graph& graph) {
  return millis([&] {
    (void)expect(graph.query(
        {.source = "query all() { match { $p: Person } return { count($p) as n, avg($p.age) } }"}));
  });
}

int past(const char* store, std::uint64_t count) {
  Answer answer;
  std::string far_back;
  {
    const Graph graph = expect(Graph::create(store, schema(1)));
    load(graph, rows_from(0, 100, 1));
    far_back = expect(graph.commits())[0].id;
    answer.add("commit_ms", [&] {
      std::vector<double> times;
      for (std::uint64_t i = 0; i < count; ++i) times.push_back(commit(graph, i));
      return median(times);
    }());
    std::vector<double> heads, pasts, scans;
    answer.add("scan_first_ms", scan(graph));
    (void)read(graph, 0, std::nullopt);
    answer.add("past_first_touch_ms", read(graph, 0, far_back));
    for (std::uint64_t i = 0; i < 1'000; ++i) heads.push_back(read(graph, i % 100, std::nullopt));
    for (std::uint64_t i = 0; i < 1'000; ++i) pasts.push_back(read(graph, i % 100, far_back));
    for (int i = 0; i < 50; ++i) scans.push_back(scan(graph));
    answer.add("head_ms", median(heads));
    answer.add("past_ms", median(pasts));
    answer.add("scan_ms", median(scans));
  }
  {
    // The same rows loaded at once.
    const std::string other = std::string(store) + "-at-once";
    const Graph graph = expect(Graph::create(other, schema(1)));
    std::string lines = rows_from(0, 100, 1);
    for (std::uint64_t i = 0; i < count; ++i) {
      lines += R"({"type":"Person","data":{"key":"new)" + std::to_string(i) +
               "\",\"name\":\"Ada Lovelace\",\"age\":7}}\n";
    }
    (void)expect(graph.load_text(lines, {.mode = LoadMode::kOverwrite}));
    std::vector<double> heads, scans;
    for (std::uint64_t i = 0; i < 1'000; ++i) heads.push_back(read(graph, i % 100, std::nullopt));
    for (int i = 0; i < 50; ++i) scans.push_back(scan(graph));
    answer.add("at_once_head_ms", median(heads));
    answer.add("at_once_scan_ms", median(scans));
  }
  const Graph graph = expect(Graph::open(store));
  for (const char* figure : {"feed_first_ms", "feed_again_ms"}) {
    std::uint64_t changes = 0;
    answer.add(figure, millis([&] {
                 std::string cursor;
                 omnigraph::PollRequest request{.start = "beginning", .limit = 8192};
                 while (true) {
                   const auto page = expect(graph.poll_changes(request));
                   for (const auto& block : page.blocks) changes += block.changes.size();
                   if (!page.cursor) fail("a page ended inside a block");
                   if (page.caught_up) break;
                   cursor = *page.cursor;
                   request.start = std::nullopt;
                   request.cursor = cursor;
                 }
               }));
    answer.add(figure + std::string("_changes"), static_cast<double>(changes));
  }
  answer.add("far_back", far_back);
  return answer.print();
}

int diff(const char* store, std::uint64_t rows) {
  std::string from, to;
  {
    const Graph graph = filled(store, rows);
    load(graph, row(0, 99));
    from = expect(graph.commits())[0].id;
    for (std::uint64_t i = 0; i < 10; ++i) load(graph, row(i * (rows / 10), 1'000 + i));
    to = expect(graph.commits())[0].id;
    load(graph, row(1, 99));
  }
  Answer answer;
  const Graph graph = expect(Graph::open(store));
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) {
    times.push_back(millis([&] {
      const auto report =
          expect(graph.diff({.from = from, .to = to},
                            [](const omnigraph::EntityChange&) { return omnigraph::Status(); }));
      if (report.changes != 10) fail("not ten changes");
    }));
  }
  answer.add("first_ms", times[0]);
  answer.add("again_ms", median(times));
  // The same after the pieces were folded.
  {
    const Graph writer = expect(Graph::open(store));
    (void)expect(writer.optimize());
    load(writer, row(2, 99));
  }
  const Graph folded = expect(Graph::open(store));
  answer.add("across_optimize_ms", millis([&] {
               (void)expect(
                   folded.diff({.from = from, .to = "main"},
                               [](const omnigraph::EntityChange&) { return omnigraph::Status(); }));
             }));
  return answer.print();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 2 ? argv[1] : "";
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  if (command == "branches" && argc == 5) return branches(argv[2], number(3), number(4));
  if (command == "small_merge" && argc == 4) return small_merge(argv[2], number(3));
  if (command == "large_merge" && argc == 3) return large_merge(argv[2]);
  if (command == "prepare_large" && argc == 3) return prepare_large(argv[2]);
  if (command == "merge" && argc == 3) return merge(argv[2]);
  if (command == "targets" && argc == 3) return targets(argv[2]);
  if (command == "past" && argc == 4) return past(argv[2], number(3));
  if (command == "diff" && argc == 4) return diff(argv[2], number(3));
  std::fprintf(stderr, "usage: omnigraph_history COMMAND STORE …\n");
  return 2;
}
