// Times of the segment layer alone, on the shape of the bench's graph (100K nodes, 2.4M edges):
// encode and write, decode, adjacency, cold look-ups, memory segments, commits of one row. Prints
// one line each; asserts nothing.
//
//   bench_segments FOLDER     an empty or missing folder, removed afterwards
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>

#include "common/thread_pool.h"
#include "storage/segment_files.h"
#include "storage/table_version.h"

namespace omnigraph {
namespace {

constexpr std::uint32_t kNodes = 100'000, kEdges = 2'400'000;
constexpr PropertyId kName = 1, kAge = 2, kGender = 3, kCity = 4;

template <typename T>
T expect(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::exit(1);
  }
  return std::move(result).value();
}

// The best of several runs, in milliseconds: of the clock and of processors.
struct Times {
  double wall = 1e9, cpu = 1e9;
};

template <typename Body>
Times best(int rounds, const Body& body) {
  Times least;
  for (int i = 0; i < rounds; ++i) {
    const std::clock_t cpu = std::clock();
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    least.wall = std::min(least.wall, took.count());
    least.cpu =
        std::min(least.cpu, 1000.0 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC);
  }
  return least;
}

void report(const char* what, Times times) {
  std::printf("%-48s %10.3f ms  %10.3f ms of processor\n", what, times.wall, times.cpu);
}

PropertyType of(ScalarType scalar) {
  PropertyType type;
  type.scalar = scalar;
  return type;
}

RowBatch persons() {
  std::mt19937 random(1);
  RowBatch batch;
  batch.table = 1;
  batch.rows = kNodes;
  batch.gsn = 1;
  ColumnBuilder name(of(ScalarType::kString)), age(of(ScalarType::kI32)),
      gender(of(ScalarType::kString)), city(of(ScalarType::kString));
  for (std::uint32_t i = 0; i < kNodes; ++i) {
    char text[16];
    std::snprintf(text, sizeof text, "p%07u", i);
    name.append_text(text);
    age.append_i32(static_cast<std::int32_t>(random() % 90));
    gender.append_text(random() % 2 == 0 ? "male" : "female");
    city.append_text("city" + std::to_string(random() % 500));
    batch.rids.push_back(i);
  }
  batch.columns = {{kName, name.finish()},
                   {kAge, age.finish()},
                   {kGender, gender.finish()},
                   {kCity, city.finish()}};
  batch.ids = IdColumn::of_text(batch.columns[0].second);
  return batch;
}

RowBatch follows() {
  std::mt19937 random(2);
  std::vector<std::uint64_t> pairs(kEdges);
  for (std::uint64_t& pair : pairs)
    pair = std::uint64_t{random() % kNodes} << 32 | random() % kNodes;
  std::sort(pairs.begin(), pairs.end());
  RowBatch batch;
  batch.table = 2;
  batch.is_edge = true;
  batch.rows = kEdges;
  batch.gsn = 1;
  batch.ids = IdColumn::of_run(Ulid{1, 1}, kEdges);
  for (std::uint32_t i = 0; i < kEdges; ++i) {
    batch.rids.push_back(i);
    batch.src.push_back(static_cast<RowId>(pairs[i] >> 32));
    batch.dst.push_back(static_cast<RowId>(pairs[i]));
  }
  return batch;
}

RowBatch one_row(std::uint32_t i) {
  RowBatch batch;
  batch.table = 1;
  batch.rows = 1;
  batch.gsn = i + 1;
  batch.rids = {i};
  ColumnBuilder name(of(ScalarType::kString)), age(of(ScalarType::kI32));
  name.append_text("n" + std::to_string(i));
  age.append_i32(static_cast<std::int32_t>(i % 90));
  batch.columns = {{kName, name.finish()}, {kAge, age.finish()}};
  batch.ids = IdColumn::of_text(batch.columns[0].second);
  return batch;
}

void run(const std::string& folder) {
  const ObjectStorePtr objects = expect(open_local_store(folder, true));
  Runtime runtime = Runtime::system();
  UlidSource ulids(runtime.clock, runtime.random);
  SegmentOptions node_options, edge_options;
  node_options.properties = {{kName, of(ScalarType::kString)},
                             {kAge, of(ScalarType::kI32)},
                             {kGender, of(ScalarType::kString)},
                             {kCity, of(ScalarType::kString)}};
  node_options.id_property = kName;
  const RowBatch nodes = persons(), edges = follows();
  SegmentRef node_ref, edge_ref;
  report("write 100K nodes, durable", best(3, [&] {
           node_ref = expect(
               write_segment_files(*objects, ulids, nodes, node_options, runtime.executor.get()));
         }));
  report("write 2.4M edges, durable", best(3, [&] {
           edge_ref = expect(
               write_segment_files(*objects, ulids, edges, edge_options, runtime.executor.get()));
         }));
  std::printf("bytes: nodes %lu + %lu, edges %lu + %lu\n",
              static_cast<unsigned long>(node_ref.data_bytes),
              static_cast<unsigned long>(node_ref.index_bytes),
              static_cast<unsigned long>(edge_ref.data_bytes),
              static_cast<unsigned long>(edge_ref.index_bytes));
  Runtime alone = runtime;
  alone.executor = std::make_shared<ThreadPool>(1);
  report("decode 2.4M targets, one thread",
         best(5, [&] { expect(expect(open_segment_files(objects, edge_ref, alone))->targets()); }));
  const SegmentPtr warm = expect(open_segment_files(objects, edge_ref, alone));
  const auto sources = expect(warm->sources()), targets = expect(warm->targets());
  report("adjacency, forward side",
         best(5, [&] { expect(Adjacency::build(*sources, *targets, {}, nullptr)); }));
  report("adjacency, both sides",
         best(5, [&] { expect(Adjacency::build(*sources, *targets, {}, nullptr))->in(); }));
  report("decode a coded column of 100K", best(5, [&] {
           expect(expect(open_segment_files(objects, node_ref, alone))
                      ->column(kCity, of(ScalarType::kString)));
         }));
  report("decode a text column of 100K", best(5, [&] {
           expect(expect(open_segment_files(objects, node_ref, alone))
                      ->column(kName, of(ScalarType::kString)));
         }));
  report("cold look-up by id and two properties", best(20, [&] {
           const SegmentPtr segment = expect(open_segment_files(objects, node_ref, alone));
           const auto row = expect(segment->find_id("p0054321"));
           expect(segment->value(kAge, of(ScalarType::kI32), *row));
           expect(segment->value(kCity, of(ScalarType::kString), *row));
         }));
  report("cold edges of one node, forward", best(20, [&] {
           expect(expect(open_segment_files(objects, edge_ref, alone))->edges_of(54321, true));
         }));
  report("cold edges of one node, backward", best(20, [&] {
           expect(expect(open_segment_files(objects, edge_ref, alone))->edges_of(54321, false));
         }));

  std::vector<RowBatch> rows;
  for (std::uint32_t i = 0; i < 10'000; ++i) rows.push_back(one_row(i));
  std::vector<SegmentPtr> segments(rows.size());
  report("10,000 memory segments of one row", best(3, [&] {
           for (std::size_t i = 0; i < rows.size(); ++i)
             segments[i] = expect(make_memory_segment(rows[i]));
         }));
  TableVersionPtr version;
  report("10,000 commits of one row", best(3, [&] {
           version = TableVersion::empty();
           for (const SegmentPtr& segment : segments)
             version = expect(version->apply(false, {}, {&segment, 1}));
         }));
  std::printf("parts after them: %zu\n", version->parts().size());
  report("find 10,000 ids among them", best(3, [&] {
           for (std::uint32_t i = 0; i < rows.size(); ++i)
             expect(version->find_id("n" + std::to_string(i)));
         }));
  std::string bytes;
  report("encode 10,000 batches of one row", best(3, [&] {
           bytes.clear();
           for (const RowBatch& row : rows) encode_row_batch(row, bytes);
         }));
}

}  // namespace
}  // namespace omnigraph

int main(int arguments, char** values) {
  if (arguments != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", values[0]);
    return 2;
  }
  omnigraph::run(values[1]);
  std::filesystem::remove_all(values[1]);
  return 0;
}
