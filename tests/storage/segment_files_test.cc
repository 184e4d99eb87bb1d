#include "storage/segment_files.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <numeric>
#include <set>

#include "common/test_runtime.h"
#include "common/thread_pool.h"
#include "storage/segment_samples.h"
#include "storage/tuple_text.h"

namespace omnigraph {
namespace {

using namespace samples;

struct Fixture {
  ObjectStorePtr objects = make_memory_store();
  Runtime runtime = test_runtime();
  UlidSource ulids{runtime.clock, runtime.random};

  SegmentRef write(const RowBatch& batch, const SegmentOptions& options) {
    auto ref = write_segment_files(*objects, ulids, batch, options, runtime.executor.get());
    EXPECT_TRUE(ref.ok()) << ref.error().message();
    if (!ref.ok()) return {};
    if (ref->gsn == 0 && batch.gsns.empty()) ref->gsn = batch.gsn;
    return std::move(ref).value();
  }
  SegmentPtr open(const SegmentRef& ref) {
    auto segment = open_segment_files(objects, ref, runtime);
    EXPECT_TRUE(segment.ok()) << segment.error().message();
    return segment.ok() ? *segment : nullptr;
  }
};

SegmentOptions people_options() {
  SegmentOptions options;
  options.properties = people_properties();
  options.unique_groups = {{kBig}, {kCity, kAge}};
  options.sorted_properties = {kAge, kCity, kScore};
  options.id_property = kName;
  return options;
}

SegmentOptions follows_options() {
  SegmentOptions options;
  options.properties = follows_properties();
  options.unique_groups = {{kDstColumn, kSrcColumn}};
  return options;
}

template <typename T>
T must(Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.error().message();
  return result.ok() ? std::move(result).value() : T{};
}

// Everything a segment says must equal what the batch held, whichever way it is asked.
void expect_same(const SegmentPtr& segment, const RowBatch& batch, const SegmentOptions& options,
                 std::uint32_t step) {
  const auto reference = must(make_memory_segment(batch, true));
  ASSERT_EQ(segment->rows(), batch.rows);
  EXPECT_EQ(segment->is_edge(), batch.is_edge);
  EXPECT_EQ(segment->min_rid(), reference->min_rid());
  EXPECT_EQ(segment->max_rid(), reference->max_rid());
  for (std::uint32_t row = 0; row < batch.rows; row += step) {
    EXPECT_EQ(must(segment->rid(row)), batch.rids[row]);
    EXPECT_EQ(must(segment->row_of(batch.rids[row])), row);
    EXPECT_EQ(must(segment->gsn(row)), must(reference->gsn(row)));
    const std::string id = batch.ids.str(row);
    EXPECT_EQ(must(segment->id_text(row)), id);
    EXPECT_EQ(must(segment->find_id(id)), row);
    EXPECT_EQ(must(segment->find_id(id + "\x01")), std::nullopt);
    for (const auto& [property, property_type] : options.properties) {
      EXPECT_EQ(must(segment->value(property, property_type, row)),
                must(reference->value(property, property_type, row)))
          << property << " row " << row;
    }
    if (batch.is_edge) {
      EXPECT_EQ(must(segment->src(row)), batch.src[row]);
      EXPECT_EQ(must(segment->dst(row)), batch.dst[row]);
      for (const bool outgoing : {true, false}) {
        const RowId node = outgoing ? batch.src[row] : batch.dst[row];
        EXPECT_EQ(must(segment->edges_of(node, outgoing)),
                  must(reference->edges_of(node, outgoing)));
      }
    }
    for (const auto& group : options.unique_groups) {
      std::vector<TupleMember> members(group.size());
      for (std::size_t i = 0; i < group.size(); ++i) {
        members[i].column = batch.column(group[i]);
        if (group[i] == kSrcColumn) members[i].ends = batch.src.data();
        if (group[i] == kDstColumn) members[i].ends = batch.dst.data();
      }
      std::string tuple;
      if (!append_tuple(tuple, members, row)) continue;
      EXPECT_EQ(must(segment->find_tuple(group, tuple_hash(tuple))),
                must(reference->find_tuple(group, tuple_hash(tuple))));
    }
  }
  EXPECT_EQ(must(segment->find_id("")), std::nullopt);
  EXPECT_EQ(must(segment->find_id("zzzz")), std::nullopt);
  for (const auto& [property, property_type] : options.properties) {
    const auto statistics = must(segment->statistics(property));
    const auto expected = must(reference->statistics(property));
    if (!expected) continue;
    if (!statistics) {  // null in every row
      EXPECT_TRUE(expected->bounds.min.is_null());
      continue;
    }
    EXPECT_EQ(statistics->bounds.min, expected->bounds.min);
    EXPECT_EQ(statistics->bounds.max, expected->bounds.max);
    EXPECT_EQ(statistics->bounds.nulls, expected->bounds.nulls);
    EXPECT_EQ(statistics->distinct, expected->distinct);
    ASSERT_EQ(statistics->pages.size(), expected->pages.size());
    for (std::size_t p = 0; p < expected->pages.size(); ++p) {
      EXPECT_EQ(statistics->pages[p].min, expected->pages[p].min);
      EXPECT_EQ(statistics->pages[p].max, expected->pages[p].max);
      EXPECT_EQ(statistics->pages[p].nulls, expected->pages[p].nulls);
    }
  }
  for (const PropertyId property : options.sorted_properties) {
    EXPECT_EQ(*must(segment->sorted_rows(property, type(batch.column(property)->type))),
              *must(reference->sorted_rows(property, type(batch.column(property)->type))));
  }
  if (batch.is_edge) {
    const auto a = must(segment->adjacency());
    const auto b = must(reference->adjacency());
    EXPECT_EQ(a->has_parallel_edges(), b->has_parallel_edges());
    for (const bool out : {true, false}) {
      const AdjacencySide& x = out ? a->out() : a->in();
      const AdjacencySide& y = out ? b->out() : b->in();
      ASSERT_TRUE(std::ranges::equal(x.neighbors(), y.neighbors()));
      ASSERT_TRUE(std::ranges::equal(x.offsets(), y.offsets()));
      for (std::uint32_t i = 0; i < batch.rows; ++i) ASSERT_EQ(x.edge_row(i), y.edge_row(i));
    }
  }
  EXPECT_EQ(texts(must(read_rows(*segment, options.properties))), texts(batch));
}

TEST(SegmentFiles, NodesComeBackAsTheyWere) {
  for (const std::uint32_t rows : {1u, 2u, 63u, 100u, 4096u, 4097u, 20000u}) {
    Fixture f;
    const RowBatch batch = people(rows, 7);
    const SegmentRef ref = f.write(batch, people_options());
    EXPECT_TRUE(ref.dense_rids);
    EXPECT_EQ(ref.rid_base, 7u);
    expect_same(f.open(ref), batch, people_options(), rows > 1000 ? 997 : 1);
  }
}

TEST(SegmentFiles, EdgesComeBackAsTheyWere) {
  for (const std::uint32_t rows : {1u, 50u, 4096u, 9000u, 70000u}) {
    Fixture f;
    const RowBatch batch = follows(rows, 1000);
    expect_same(f.open(f.write(batch, follows_options())), batch, follows_options(),
                rows > 1000 ? 1013 : 1);
  }
}

TEST(SegmentFiles, SparseEdgesComeBackToo) {
  Fixture f;
  RowBatch batch = follows(300, 1000);
  for (RowId& source : batch.src) source = source * 4'000'000 + 5;
  for (RowId& target : batch.dst) target = target * 3'999'999 + 1;
  expect_same(f.open(f.write(batch, follows_options())), batch, follows_options(), 1);
}

TEST(SegmentFiles, RowIdsAndCommitNumbersOfFoldedRows) {
  Fixture f;
  RowBatch batch = people(5000);
  std::mt19937 random(3);
  std::shuffle(batch.rids.begin(), batch.rids.end(), random);
  for (std::uint32_t i = 0; i < batch.rows; ++i) batch.gsns.push_back(1 + random() % 1000);
  const SegmentRef ref = f.write(batch, people_options());
  EXPECT_FALSE(ref.dense_rids);
  EXPECT_EQ(ref.gsn, 0u);
  expect_same(f.open(ref), batch, people_options(), 97);
}

TEST(SegmentFiles, IdsOfEveryForm) {
  Fixture f;
  RowBatch edges = follows(6000, 300);
  ColumnBuilder some(type(ScalarType::kString)), all(type(ScalarType::kString));
  for (std::uint32_t i = 0; i < edges.rows; ++i) {
    const std::string own = "own-" + std::to_string(i * 7919 % 6000);
    all.append_text(own);
    if (i % 3 == 0) {
      some.append_text(own);
    } else {
      some.append_null();
    }
  }
  edges.ids = IdColumn::mixed(edges.ids.base(), some.finish());
  expect_same(f.open(f.write(edges, follows_options())), edges, follows_options(), 61);
  edges.ids = IdColumn::of_text(all.finish());
  expect_same(f.open(f.write(edges, follows_options())), edges, follows_options(), 61);

  RowBatch nodes = people(5000);
  SegmentOptions options = people_options();
  options.id_property.reset();
  expect_same(f.open(f.write(nodes, options)), nodes, options, 61);
  nodes.ids = IdColumn::of_run(Ulid{99, 1}, nodes.rows);
  expect_same(f.open(f.write(nodes, options)), nodes, options, 61);
  ColumnBuilder mixed(type(ScalarType::kString));
  for (std::uint32_t i = 0; i < nodes.rows; ++i) {
    if (i >= 4000) {
      mixed.append_text("z" + name_of(i));
    } else {
      mixed.append_null();
    }
  }
  nodes.ids = IdColumn::mixed(Ulid{99, 1}, mixed.finish());
  expect_same(f.open(f.write(nodes, options)), nodes, options, 61);
}

TEST(SegmentFiles, LongIdsThatShareTheirBeginningAreFound) {
  Fixture f;
  RowBatch batch = people(9000);
  ColumnBuilder ids(type(ScalarType::kString));
  const std::string same(100, 'x');
  for (std::uint32_t i = 0; i < batch.rows; ++i) ids.append_text(same + name_of(i));
  batch.ids = IdColumn::of_text(ids.finish());
  expect_same(f.open(f.write(batch, people_options())), batch, people_options(), 389);
}

TEST(SegmentFiles, WorksTheSameOnThreadsAndInAFolder) {
  Fixture f;
  const auto folder = std::filesystem::path(testing::TempDir()) / "segment_files_folder";
  std::filesystem::remove_all(folder);
  f.objects = must(open_local_store(folder.string(), true));
  f.runtime.executor = std::make_shared<ThreadPool>(3);
  const RowBatch nodes = people(70000), edges = follows(80000, 5000);
  expect_same(f.open(f.write(nodes, people_options())), nodes, people_options(), 20011);
  expect_same(f.open(f.write(edges, follows_options())), edges, follows_options(), 20011);
  std::filesystem::remove_all(folder);
}

TEST(SegmentFiles, LowCardinalityTextStaysCoded) {
  Fixture f;
  const RowBatch batch = people(70000);
  const SegmentPtr segment = f.open(f.write(batch, people_options()));
  const ColumnPtr city = must(segment->column(kCity, type(ScalarType::kString)));
  EXPECT_EQ(city->layout, Column::Layout::kDictionary);
  EXPECT_EQ(city->child->rows, 40u);
  for (std::uint32_t i = 1; i < city->child->rows; ++i) {
    EXPECT_LT(city->child->text(i - 1), city->child->text(i));
  }
  const ColumnPtr name = must(segment->column(kName, type(ScalarType::kString)));
  EXPECT_EQ(name->layout, Column::Layout::kString);
  EXPECT_EQ(must(segment->ids())->text(), name);  // one copy of both
}

TEST(SegmentFiles, PropertiesTheSegmentDoesNotHoldAreNull) {
  Fixture f;
  const SegmentPtr segment = f.open(f.write(people(10), people_options()));
  const ColumnPtr later = must(segment->column(999, type(ScalarType::kI64)));
  EXPECT_EQ(later->null_count, 10u);
  EXPECT_TRUE(must(segment->value(999, type(ScalarType::kI64), 3)).is_null());
  EXPECT_EQ(must(segment->statistics(999)), nullptr);
  const auto other = segment->column(kAge, type(ScalarType::kString));
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code(), ErrorCode::kCorrupt);
}

TEST(SegmentFiles, RowsOutOfOrderAreRefused) {
  Fixture f;
  RowBatch nodes = people(10);
  const std::vector<std::uint32_t> backward = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  nodes = reorder(nodes, backward);
  EXPECT_FALSE(write_segment_files(*f.objects, f.ulids, nodes, people_options()).ok());
  const RowBatch edges = reorder(follows(10, 100), backward);
  EXPECT_FALSE(write_segment_files(*f.objects, f.ulids, edges, follows_options()).ok());
  EXPECT_FALSE(write_segment_files(*f.objects, f.ulids, people(0), people_options()).ok());
}

TEST(SegmentFiles, ASmallBudgetEvictsOrSaysSo) {
  Fixture f;
  f.runtime = test_runtime(1, 1'000'000);
  const RowBatch batch = people(60000);
  const SegmentRef ref = f.write(batch, people_options());
  const SegmentPtr segment = f.open(ref);
  for (int round = 0; round < 3; ++round) {
    for (const PropertyId property : {kAge, kScore, kSeen, kBig}) {
      const ColumnPtr column = must(segment->column(property, type(batch.column(property)->type)));
      EXPECT_EQ(column->value(59999), batch.column(property)->value(59999));
    }
    EXPECT_LE(f.runtime.budget->used(), f.runtime.budget->limit());
  }
  const auto names = segment->column(kName, type(ScalarType::kString));
  ASSERT_FALSE(names.ok());
  EXPECT_EQ(names.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_NE(names.error().message().find("memory budget"), std::string::npos);
  // Its pages are read all the same.
  for (std::uint32_t row = 0; row < batch.rows; row += 1999) {
    EXPECT_EQ(must(segment->find_id(name_of(row))), row);
  }
}

TEST(SegmentFiles, BudgetIsGivenBack) {
  Fixture f;
  const SegmentRef nodes = f.write(people(5000), people_options());
  const SegmentRef edges = f.write(follows(5000, 100), follows_options());
  for (const SegmentRef& ref : {nodes, edges}) {
    SegmentPtr segment = f.open(ref);
    must(segment->rids());
    must(segment->ids());
    if (segment->is_edge()) must(segment->adjacency())->in();
    must(segment->column(kAge, type(ScalarType::kI32)));
    segment.reset();
    EXPECT_EQ(f.runtime.budget->used(), 0u);
  }
}

RC_GTEST_PROP(SegmentFilesProperty, RoundTrip, ()) {
  Fixture f;
  const auto rows = *rc::gen::inRange(1u, 6000u);
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const bool edge = *rc::gen::arbitrary<bool>();
  const RowBatch batch = edge ? follows(rows, 1 + rows / 3, seed) : people(rows, 5, seed);
  const SegmentOptions options = edge ? follows_options() : people_options();
  const auto segment = f.open(f.write(batch, options));
  RC_ASSERT(texts(must(read_rows(*segment, options.properties))) == texts(batch));
}

}  // namespace
}  // namespace omnigraph
