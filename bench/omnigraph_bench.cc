// Measures Omnigraph through its public API. Each command runs in a process of its own and prints
// one JSON object; bench/run.py puts them beside the other systems.
//
//   omnigraph_bench load STORE DATA_DIR
//   omnigraph_bench questions STORE QUESTIONS.gq PARAMETERS.json [THREADS]
//   omnigraph_bench lookup STORE QUESTIONS.gq PERSONS
//   omnigraph_bench plan STORE QUESTIONS.gq
//   omnigraph_bench after_insert STORE QUESTIONS.gq
//   omnigraph_bench commits STORE DEPTH…
//   omnigraph_bench threads STORE THREADS
#include <omnigraph/graph.h>
#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
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

// A field of /proc/self/status, in KiB: VmHWM is the resident peak, RssAnon the anonymous part now.
std::uint64_t status_kib(std::string_view field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field)) return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10);
  }
  return 0;
}

// Largest RssAnon seen, sampled by a thread of its own.
class AnonymousPeak {
 public:
  AnonymousPeak()
      : thread_([this] {
          while (!stop_.load()) {
            peak_ = std::max(peak_, status_kib("RssAnon"));
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
          }
        }) {}
  std::uint64_t finish() {
    stop_ = true;
    thread_.join();
    return std::max(peak_, status_kib("RssAnon"));
  }

 private:
  std::atomic<bool> stop_{false};
  std::uint64_t peak_ = 0;
  std::thread thread_;
};

std::uint64_t folder_bytes(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

int load(const char* store, const std::filesystem::path& data) {
  const std::string schema = read_file(data / "schema.pg");
  const auto start = SteadyClock::now();
  const Graph graph = expect(Graph::create(store, schema));
  const auto report = expect(
      graph.load_file((data / "data.jsonl").string(), {.mode = omnigraph::LoadMode::kOverwrite}));
  const double ms = millis_since(start);
  std::printf(R"({"ms":%.3f,"entities":%llu,"peak_kib":%llu,"bytes":%llu})", ms,
              static_cast<unsigned long long>(report.total_entities),
              static_cast<unsigned long long>(status_kib("VmHWM")),
              static_cast<unsigned long long>(folder_bytes(store)));
  return 0;
}

// The rows of an answer as a JSON array of arrays.
std::string rows_json(const omnigraph::ResultSet& answer) {
  std::string text = answer.to_text(omnigraph::ResultFormat::kJsonLines);
  std::string out = "[";
  std::size_t begin = text.find('\n') + 1;  // after the metadata line
  for (std::size_t row = 0; row < answer.rows(); ++row) {
    const std::size_t end = text.find('\n', begin);
    if (row > 0) out += ',';
    out.append(text, begin, end - begin);
    begin = end + 1;
  }
  return out + "]";
}

int questions(const char* store, const char* source_file, const char* parameter_file,
              unsigned threads) {
  const std::string source = read_file(source_file);
  const Graph graph = expect(Graph::open(store, {.threads = threads}));
  simdjson::dom::parser parser;
  const simdjson::dom::object parameters = parser.load(parameter_file).get_object();
  std::string times, answers;
  AnonymousPeak memory;
  for (const auto& [name, list] : parameters) {
    std::string row_times, row_answers;
    bool warm = false;
    for (const simdjson::dom::element values : list.get_array()) {
      const std::string text = simdjson::minify(values);
      const omnigraph::QueryRequest request{.source = source, .name = name, .params = text};
      if (!warm) {
        (void)expect(graph.query(request));
        warm = true;
      }
      const auto start = SteadyClock::now();
      const auto answer = expect(graph.query(request));
      const double ms = millis_since(start);
      if (!row_times.empty()) row_times += ',', row_answers += ',';
      row_times += std::to_string(ms);
      row_answers += rows_json(answer);
    }
    if (!times.empty()) times += ',', answers += ',';
    times += '"' + std::string(name) + "\":[" + row_times + ']';
    answers += '"' + std::string(name) + "\":[" + row_answers + ']';
  }
  std::printf(R"({"anonymous_kib":%llu,"times":{%s},"answers":{%s}})",
              static_cast<unsigned long long>(memory.finish()), times.c_str(), answers.c_str());
  return 0;
}

int lookup(const char* store, const char* source_file, std::uint64_t persons) {
  const std::string source = read_file(source_file);
  const Graph graph = expect(Graph::open(store));
  std::vector<double> times;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::string params = R"({"key":"p)" + std::to_string(i * 7919 % persons) + "\"}";
    const auto start = SteadyClock::now();
    const auto answer = expect(graph.query({.source = source, .name = "lookup", .params = params}));
    if (i >= 1'000) times.push_back(millis_since(start) * 1e3);
    if (answer.rows() != 1) return 1;
  }
  std::printf(R"({"p50_us":%.3f})", median(times));
  return 0;
}

// Compiles a query of ten clauses that nobody has asked before: its text is new each time, and the
// key that it asks for is not there.
int plan(const char* store, const char* source_file) {
  const std::string file = read_file(source_file);
  const std::string source = file.substr(file.find("query ten_clauses"));
  const Graph graph = expect(Graph::open(store));
  std::vector<double> times;
  for (int i = 0; i < 2'000; ++i) {
    const std::string text = source + "// " + std::to_string(i);
    const auto start = SteadyClock::now();
    const auto answer = expect(graph.query(
        {.source = text, .params = R"({"key":"none","interest":"i1","low":20,"high":30})"}));
    if (i >= 200) times.push_back(millis_since(start) * 1e3);
  }
  std::printf(R"({"p50_us":%.3f})", median(times));
  return 0;
}

// Asks q8 right after an edge was inserted.
int after_insert(const char* store, const char* source_file) {
  const std::string source = read_file(source_file);
  const Graph graph = expect(Graph::open(store));
  const omnigraph::QueryRequest request{.source = source, .name = "q8"};
  (void)expect(graph.query(request));
  std::vector<double> times;
  for (int i = 0; i < 20; ++i) {
    const std::string params = R"({"from":"p)" + std::to_string(i * 37) + R"(","to":"p)" +
                               std::to_string(i * 91 + 7) + "\"}";
    (void)expect(graph.mutate({.source = "query add($from: String, $to: String) {"
                                         " insert Follows { from: $from to: $to } }",
                               .params = params}));
    const auto start = SteadyClock::now();
    (void)expect(graph.query(request));
    times.push_back(millis_since(start));
  }
  std::size_t segments = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::filesystem::path(store) / "data")) {
    segments += entry.is_regular_file() ? 1 : 0;
  }
  std::printf(R"({"p50_ms":%.4f,"segments":%zu})", median(times), segments);
  return 0;
}

constexpr std::string_view kPersonSchema =
    "node Person { key: String @key  name: String  age: I32 }";
constexpr std::string_view kInsert =
    "query add($key: String, $age: I32) {"
    " insert Person { key: $key name: \"Ada Lovelace\" age: $age } }";

void insert(const Graph& graph, const std::string& key, std::uint64_t age) {
  const std::string params = R"({"key":")" + key + R"(","age":)" + std::to_string(age % 80) + "}";
  (void)expect(graph.mutate({.source = kInsert, .params = params}));
}

// Bytes that this process has handed to write calls so far.
std::uint64_t written_bytes() {
  std::ifstream file("/proc/self/io");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("wchar:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

// Commits single rows. For each depth, of the window of commits that ends there: the median time,
// the median bytes written by one commit, and the mean with packs, folds and checkpoints spread
// over it.
int commits(const char* store, const std::vector<std::uint64_t>& depths) {
  const Graph graph = expect(Graph::create(store, kPersonSchema));
  std::string rows;
  std::uint64_t done = 0;
  for (const std::uint64_t depth : depths) {
    const std::uint64_t window = std::min<std::uint64_t>(depth, 500);
    std::vector<double> times, bytes;
    std::uint64_t window_start = 0;
    for (; done < depth; ++done) {
      if (done + window < depth) {
        insert(graph, "k" + std::to_string(done), done);
        continue;
      }
      const std::uint64_t before = written_bytes();
      if (times.empty()) window_start = before;
      const auto start = SteadyClock::now();
      insert(graph, "k" + std::to_string(done), done);
      times.push_back(millis_since(start));
      bytes.push_back(static_cast<double>(written_bytes() - before));
    }
    const double mean =
        static_cast<double>(written_bytes() - window_start) / static_cast<double>(times.size());
    char row[160];
    std::snprintf(row, sizeof row,
                  R"({"depth":%llu,"p50_ms":%.5f,"bytes":%.0f,"amortized_bytes":%.0f})",
                  static_cast<unsigned long long>(depth), median(times), median(bytes), mean);
    if (!rows.empty()) rows += ',';
    rows += row;
  }
  std::printf(R"({"depths":[%s],"bytes":%llu})", rows.c_str(),
              static_cast<unsigned long long>(folder_bytes(store)));
  return 0;
}

int threads(const char* store, unsigned count) {
  const Graph graph = expect(Graph::create(store, kPersonSchema));
  constexpr std::uint64_t kPerThread = 2'000;
  for (std::uint64_t i = 0; i < 500; ++i) insert(graph, "w" + std::to_string(i), i);
  const auto start = SteadyClock::now();
  std::vector<std::thread> workers;
  for (unsigned t = 0; t < count; ++t) {
    workers.emplace_back([&graph, t] {
      for (std::uint64_t i = 0; i < kPerThread; ++i) {
        insert(graph, "t" + std::to_string(t) + "-" + std::to_string(i), i);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  const double ms = millis_since(start);
  std::printf(R"({"threads":%u,"per_second":%.1f})", count,
              static_cast<double>(count) * static_cast<double>(kPerThread) / ms * 1e3);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view command = argc > 2 ? argv[1] : "";
  if (command == "load" && argc == 4) return load(argv[2], argv[3]);
  const auto number = [argv](int i) { return std::strtoull(argv[i], nullptr, 10); };
  if (command == "questions" && (argc == 5 || argc == 6)) {
    return questions(argv[2], argv[3], argv[4], argc == 6 ? static_cast<unsigned>(number(5)) : 0);
  }
  if (command == "plan" && argc == 4) return plan(argv[2], argv[3]);
  if (command == "after_insert" && argc == 4) return after_insert(argv[2], argv[3]);
  if (command == "lookup" && argc == 5) {
    return lookup(argv[2], argv[3], std::strtoull(argv[4], nullptr, 10));
  }
  if (command == "commits" && argc > 3) {
    std::vector<std::uint64_t> depths;
    for (int i = 3; i < argc; ++i) depths.push_back(std::strtoull(argv[i], nullptr, 10));
    return commits(argv[2], depths);
  }
  if (command == "threads" && argc == 4) {
    return threads(argv[2], static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10)));
  }
  std::fprintf(
      stderr,
      "usage: omnigraph_bench load|questions|lookup|plan|after_insert|commits|threads STORE …\n");
  return 2;
}
