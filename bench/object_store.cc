// What a graph costs in an object store as slow as one in the cloud: single commits, many writers,
// opening, point reads, queries and branches at growing depth of history, over a store that answers
// after 17 ms (lists 30 ms, one call in a hundred 300 ms).
//
//   bench_object_store [--depth 10,100,1000,10000] [--commits 100] [--seed 1]
//
// One JSON object a line on stdout.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "graph/engine.h"
#include "storage/counting_store.h"
#include "storage/delayed_store.h"

namespace {

using namespace omnigraph;  // NOLINT

constexpr char kSchema[] =
    "node Person { name: String @key\n age: I32? }\nedge Knows: Person -> Person";
constexpr char kInsert[] =
    "query add($n: String, $a: I32?) { insert Person { name: $n, age: $a } }";
constexpr char kPoint[] =
    "query one($n: String) { match { $p: Person { name: $n } } return { $p.age } }";
constexpr char kCount[] = "query all() { match { $p: Person } return { count($p), max($p.age) } }";
constexpr int kMerges = 10;
constexpr int kWriters = 16;
constexpr double kWriterSeconds = 5;

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "bench_object_store: %s\n", error.message().c_str());
  std::exit(1);
}
template <typename T>
T must(Result<T> result) {
  if (!result.ok()) give_up(result.error());
  return std::move(result).value();
}

double now_ms() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

struct Measured {
  std::shared_ptr<DelayedStore> delayed;
  std::shared_ptr<CountingStore> counting;

  std::unique_ptr<Graph::Engine> open() const {
    return must(Graph::Engine::open(counting, {.first_read_as_opened = true}, Runtime::system()));
  }
};

void add(Graph::Engine& graph, const std::string& name, int age,
         const std::string& branch = "main") {
  const std::string params = "{\"n\": \"" + name + "\", \"a\": " + std::to_string(age) + "}";
  must(graph.mutate({.source = kInsert, .params = params, .branch = branch}));
}

void point_read(Graph::Engine& graph, const std::string& name) {
  const std::string params = "{\"n\": \"" + name + "\"}";
  const ResultSet rows = must(graph.query({.source = kPoint, .params = params}));
  if (rows.rows() != 1) {
    std::fprintf(stderr, "bench_object_store: '%s' is not found\n", name.c_str());
    std::exit(1);
  }
}

using Show = std::function<void(const char*, double)>;

// One row on a branch, one beside it on main, merged; most of it is the one put.
void measure_merges(const Measured& at, Graph::Engine& graph, int depth, const Show& show) {
  std::vector<double> times, trips;
  for (int i = 0; i < kMerges; ++i) {
    const std::string suffix = std::to_string(depth) + "-" + std::to_string(i);
    const std::string branch = "m" + suffix;
    const Status made = graph.create_branch({.name = branch});
    if (!made.ok()) give_up(made.error());
    add(graph, "m" + suffix, i, branch);
    add(graph, "n" + suffix, i);
    at.counting->reset();
    const double begun = now_ms();
    must(graph.merge({.source = branch, .target = "main"}, /*preview=*/false));
    times.push_back(now_ms() - begun);
    trips.push_back(static_cast<double>(at.counting->counts().round_trips));
    const Status gone = graph.delete_branch(branch);
    if (!gone.ok()) give_up(gone.error());
  }
  show("merge of one row p50, ms", quantile(times, 0.5));
  show("merge of one row p50, round trips", quantile(trips, 0.5));
  show("merge of one row, most round trips", quantile(trips, 1));
}

// A cleanup that keeps everything, and the sweep alone, by a process just begun.
void measure_cleanup(const Measured& at, const Show& show) {
  const auto graph = at.open();
  at.counting->reset();
  double begun = now_ms();
  must(graph->cleanup({.keep = UINT32_MAX}));
  show("cleanup that keeps all, ms", now_ms() - begun);
  show("cleanup that keeps all, round trips",
       static_cast<double>(at.counting->counts().round_trips));
  at.counting->reset();
  begun = now_ms();
  must(graph->store().sweep(false));
  show("sweep of nothing, ms", now_ms() - begun);
  show("sweep of nothing, round trips", static_cast<double>(at.counting->counts().round_trips));
}

void measure(const Measured& at, int depth, int commits, double put_ms) {
  const Show show = [depth](const char* what, double value) {
    std::printf("{\"depth\": %d, \"what\": \"%s\", \"value\": %.2f}\n", depth, what, value);
    std::fflush(stdout);
  };
  at.delayed->set_delays(true);
  at.counting->reset();
  double begun = now_ms();
  auto graph = at.open();
  show("cold open, ms", now_ms() - begun);
  show("cold open, round trips", static_cast<double>(at.counting->counts().round_trips));
  point_read(*graph, "p3");
  show("cold open and point read, ms", now_ms() - begun);
  show("cold open and point read, round trips",
       static_cast<double>(at.counting->counts().round_trips));
  at.counting->reset();
  begun = now_ms();
  point_read(*graph, "p3");
  show("the same read again, ms", now_ms() - begun);
  show("the same read again, calls", static_cast<double>(at.counting->counts().round_trips));

  // The first look at all rows, and the next.
  for (const char* what : {"count of all rows, ms", "the same count again, ms"}) {
    begun = now_ms();
    must(graph->query({.source = kCount}));
    show(what, now_ms() - begun);
  }

  std::vector<double> times;
  for (int i = 0; i < commits; ++i) {
    begun = now_ms();
    add(*graph, "d" + std::to_string(depth) + "-" + std::to_string(i), i);
    times.push_back(now_ms() - begun);
  }
  show("single-row commit p50, ms", quantile(times, 0.5));
  show("single-row commit p99, ms", quantile(times, 0.99));
  show("single-row commit p50, puts", quantile(times, 0.5) / put_ms);

  times.clear();
  for (int i = 0; i < 10; ++i) {
    const std::string branch = "b" + std::to_string(depth) + "-" + std::to_string(i);
    begun = now_ms();
    const Status made = graph->create_branch({.name = branch});
    if (!made.ok()) give_up(made.error());
    times.push_back(now_ms() - begun);
  }
  show("branch create p50, ms", quantile(times, 0.5));

  measure_merges(at, *graph, depth, show);

  at.counting->reset();
  std::vector<std::thread> writers;
  std::atomic<int> done{0};
  begun = now_ms();
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; now_ms() - begun < kWriterSeconds * 1000; ++i) {
        add(*graph, "w" + std::to_string(depth) + "-" + std::to_string(w) + "-" + std::to_string(i),
            i);
        ++done;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  show("commits a second of 16 writers", done * 1000.0 / (now_ms() - begun));
  const StoreCounts counts = at.counting->counts();
  show("of these, commits a put", done * 1.0 / static_cast<double>(counts.puts_if_absent));
  show("and gets and lists", static_cast<double>(counts.gets + counts.lists));
  measure_cleanup(at, show);
  at.delayed->set_delays(false);
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<int> depths{10, 100, 1000, 10000};
  int commits = 100;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < count; i += 2) {
    if (std::strcmp(arguments[i], "--depth") == 0) {
      depths.clear();
      for (const char* at = arguments[i + 1]; *at != '\0';) {
        char* end = nullptr;
        depths.push_back(static_cast<int>(std::strtol(at, &end, 10)));
        at = *end == ',' ? end + 1 : end;
      }
    } else if (std::strcmp(arguments[i], "--commits") == 0) {
      commits = std::atoi(arguments[i + 1]);
    } else if (std::strcmp(arguments[i], "--seed") == 0) {
      seed = std::strtoull(arguments[i + 1], nullptr, 10);
    }
  }
  Measured at;
  at.delayed = std::make_shared<DelayedStore>(make_memory_store(), Latencies{}, seed);
  at.counting = counted(at.delayed);

  std::vector<double> puts;
  for (int i = 0; i < 100; ++i) {
    const double begun = now_ms();
    static_cast<void>(at.delayed->put("probe/" + std::to_string(i), "x"));
    puts.push_back(now_ms() - begun);
  }
  const double put_ms = quantile(puts, 0.5);
  std::printf("{\"what\": \"one put p50, ms\", \"value\": %.2f}\n", put_ms);

  at.delayed->set_delays(false);
  must(
      Graph::Engine::create([&]() -> Result<ObjectStorePtr> { return ObjectStorePtr(at.counting); },
                            "", kSchema, {}, Runtime::system()));
  int made = 0;
  for (const int depth : depths) {
    {
      auto graph = at.open();
      for (; made < depth; ++made) add(*graph, "p" + std::to_string(made), made);
    }
    measure(at, depth, commits, put_ms);
  }
  return 0;
}
