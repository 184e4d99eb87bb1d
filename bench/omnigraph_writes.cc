// Measures Omnigraph's writes through its public API. Each command runs in a process of its own and
// prints one JSON object; bench/writes.py puts them beside the other systems.
//
//   omnigraph_writes single STORE ROWS DEPTH…     single-row commits on a graph of ROWS rows
//   omnigraph_writes threads STORE THREADS COMMITS
//   omnigraph_writes create STORE                 an empty graph for `worker`
//   omnigraph_writes worker STORE NAME THREADS COMMITS
//       begins when a line arrives on standard input, after it has printed "ready"
//   omnigraph_writes load STORE SCHEMA|- MODE FILE[=TYPE]…
//       SCHEMA makes the graph, - opens it; =TYPE: the file is a table of that type
//   omnigraph_writes export STORE ndjson|parquet=TYPE
#include <omnigraph/graph.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "measure.h"

namespace {

using measure::expect;
using measure::median;
using measure::millis_since;
using measure::read_file;
using measure::SteadyClock;
using omnigraph::Graph;

// A field of /proc/self/<file>: VmHWM of status is the resident peak in KiB, wchar of io the bytes
// that were handed to write calls.
unsigned long long process_number(const char* file_name, std::string_view field) {
  std::ifstream file(std::string("/proc/self/") + file_name);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field)) return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10);
  }
  return 0;
}

constexpr std::string_view kPersonSchema =
    "node Person { key: String @key  name: String  age: I32 }";
constexpr std::string_view kStatements =
    "query add($key: String, $age: I32) {"
    " insert Person { key: $key name: \"Ada Lovelace\" age: $age } }"
    "query change($key: String, $age: I32) { update Person set { age: $age } where key = $key }"
    "query remove($key: String) { delete Person where key = $key }";

void commit(const Graph& graph, std::string_view statement, const std::string& params) {
  const auto report =
      expect(graph.mutate({.source = kStatements, .name = statement, .params = params}));
  if (report.affected_nodes != 1) {
    std::fprintf(stderr, "%s affected %llu rows\n", params.c_str(),
                 static_cast<unsigned long long>(report.affected_nodes));
    std::exit(1);
  }
}

std::string row_params(const std::string& key, std::uint64_t age) {
  return R"({"key":")" + key + R"(","age":)" + std::to_string(age % 80) + "}";
}

void insert(const Graph& graph, const std::string& key, std::uint64_t age) {
  commit(graph, "add", row_params(key, age));
}

// Row of the `turn`-th update. Rows of even number, spread over the table.
std::string spread_key(std::uint64_t turn, std::uint64_t rows) {
  return "r" + std::to_string(turn * 7919 % (rows / 2) * 2);
}

// Commits single rows, one kind after the other, on a graph that a load filled and that look-ups
// have made warm. For each depth, of the commits that begin there: the median time of each kind,
// and the median bytes that one commit writes.
int single(const char* store, std::uint64_t rows, const std::vector<std::uint64_t>& depths) {
  const Graph graph = expect(Graph::create(store, kPersonSchema));
  {
    std::string text;
    for (std::uint64_t i = 0; i < rows; ++i) {
      text += R"({"type":"Person","data":{"key":"r)" + std::to_string(i) +
              R"(","name":"Ada Lovelace","age":)" + std::to_string(i % 80) + "}}\n";
    }
    (void)expect(graph.load_text(text, {.mode = omnigraph::LoadMode::kOverwrite}));
  }
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const std::string params = R"({"key":")" + spread_key(i, rows) + "\"}";
    (void)expect(graph.query(
        {.source = "query q($key: String) { match { $p: Person { key: $key } } return { $p.age } }",
         .params = params}));
  }
  constexpr std::array<std::string_view, 3> kKinds = {"add", "change", "remove"};
  constexpr std::uint64_t kWindow = 90;
  std::string out;
  std::uint64_t done = 0;
  const auto next = [&] {
    const std::size_t kind = done % kKinds.size();
    std::string params = R"({"key":"k)" + std::to_string(done - 2) + "\"}";
    if (kind == 0) params = row_params("k" + std::to_string(done), done);
    if (kind == 1) params = row_params(spread_key(done, rows), done);
    commit(graph, kKinds[kind], params);
    ++done;
    return kind;
  };
  for (const std::uint64_t depth : depths) {
    while (done < depth) next();
    std::array<std::vector<double>, 3> times, bytes;
    for (std::uint64_t i = 0; i < kWindow; ++i) {
      const auto before = process_number("io", "wchar:");
      const auto start = SteadyClock::now();
      const std::size_t kind = next();
      times[kind].push_back(millis_since(start));
      bytes[kind].push_back(static_cast<double>(process_number("io", "wchar:") - before));
    }
    for (std::size_t kind = 0; kind < kKinds.size(); ++kind) {
      char row[160];
      std::snprintf(row, sizeof row, R"(%s{"depth":%llu,"kind":"%s","p50_ms":%.5f,"bytes":%.0f})",
                    out.empty() ? "" : ",", static_cast<unsigned long long>(depth),
                    std::string(kKinds[kind]).c_str(), median(times[kind]), median(bytes[kind]));
      out += row;
    }
  }
  std::printf(R"({"commits":[%s]})", out.c_str());
  return 0;
}

// Inserts rows of keys that begin with `name`, from so many threads. Returns milliseconds.
double insert_all(const Graph& graph, const std::string& name, unsigned threads,
                  std::uint64_t commits) {
  const auto start = SteadyClock::now();
  std::vector<std::thread> workers;
  for (unsigned t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      const std::uint64_t mine = commits / threads + (t < commits % threads ? 1 : 0);
      for (std::uint64_t i = 0; i < mine; ++i) {
        insert(graph, name + std::to_string(t) + "-" + std::to_string(i), i);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  return millis_since(start);
}

int threads(const char* store, unsigned count, std::uint64_t commits) {
  const Graph graph = expect(Graph::create(store, kPersonSchema));
  (void)insert_all(graph, "w", 1, 2'000);
  const double ms = insert_all(graph, "t", count, commits);
  std::printf(R"({"per_second":%.1f})", static_cast<double>(commits) / ms * 1e3);
  return 0;
}

int create(const char* store) {
  const Graph graph = expect(Graph::create(store, kPersonSchema));
  (void)insert_all(graph, "w", 1, 2'000);
  std::printf("{}");
  return 0;
}

int worker(const char* store, const std::string& name, unsigned count, std::uint64_t commits) {
  const Graph graph = expect(Graph::open(store));
  insert(graph, name, 0);
  std::printf("ready\n");
  std::fflush(stdout);
  std::string line;
  std::getline(std::cin, line);
  const double ms = insert_all(graph, name, count, commits);
  std::printf(R"({"ms":%.3f})", ms);
  return 0;
}

int load(const char* store, std::string_view schema, std::string_view mode_name,
         const std::vector<std::string>& files) {
  const std::string source = schema == "-" ? "" : read_file(schema);
  omnigraph::LoadMode mode = omnigraph::LoadMode::kMerge;
  for (const auto known : {omnigraph::LoadMode::kOverwrite, omnigraph::LoadMode::kAppend}) {
    if (omnigraph::load_mode_name(known) == mode_name) mode = known;
  }
  const auto start = SteadyClock::now();
  const Graph graph =
      schema == "-" ? expect(Graph::open(store)) : expect(Graph::create(store, source));
  unsigned long long entities = 0;
  for (const std::string& argument : files) {
    omnigraph::LoadRequest request{.mode = mode};
    const std::size_t equals = argument.find('=');
    if (equals != std::string::npos) request.table = {.type = argument.substr(equals + 1)};
    entities += expect(graph.load_file(argument.substr(0, equals), request)).total_entities;
  }
  const double ms = millis_since(start);
  std::printf(R"({"ms":%.3f,"entities":%llu,"peak_kib":%llu})", ms, entities,
              process_number("status", "VmHWM:"));
  return 0;
}

int export_graph(const char* store, std::string_view form) {
  const Graph graph = expect(Graph::open(store));
  unsigned long long bytes = 0;
  const omnigraph::TextSink sink = [&bytes](std::string_view text) {
    bytes += text.size();
    return omnigraph::Status();
  };
  const auto start = SteadyClock::now();
  const omnigraph::Status status =
      form == "ndjson" ? graph.export_ndjson("main", {}, sink)
                       : graph.export_parquet("main", form.substr(form.find('=') + 1), sink);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.error().message().c_str());
    return 1;
  }
  std::printf(R"({"ms":%.3f,"bytes":%llu,"peak_kib":%llu})", millis_since(start), bytes,
              process_number("status", "VmHWM:"));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 2 ? argv[1] : "";
  const auto number = [argv](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const auto count = [&](int i) { return static_cast<unsigned>(number(i)); };
  if (command == "single" && argc > 4) {
    std::vector<std::uint64_t> depths;
    for (int i = 4; i < argc; ++i) depths.push_back(number(i));
    return single(argv[2], number(3), depths);
  }
  if (command == "threads" && argc == 5) return threads(argv[2], count(3), number(4));
  if (command == "create" && argc == 3) return create(argv[2]);
  if (command == "worker" && argc == 6) return worker(argv[2], argv[3], count(4), number(5));
  if (command == "load" && argc > 5) {
    return load(argv[2], argv[3], argv[4], {argv + 5, argv + argc});
  }
  if (command == "export" && argc == 4) return export_graph(argv[2], argv[3]);
  std::fprintf(stderr,
               "usage: omnigraph_writes single|threads|create|worker|load|export STORE …\n");
  return 2;
}
