#include "index/adjacency.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace omnigraph {
namespace {

struct Edges {
  std::vector<RowId> sources, targets;
};

Edges random_edges(std::size_t count, RowId nodes, RowId stretch, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::pair<RowId, RowId>> pairs(count);
  for (auto& [source, target] : pairs) {
    source = static_cast<RowId>(random() % nodes) * stretch + 3;
    target = static_cast<RowId>(random() % nodes) * stretch + 1;
  }
  std::sort(pairs.begin(), pairs.end());
  Edges edges;
  for (const auto& [source, target] : pairs) {
    edges.sources.push_back(source);
    edges.targets.push_back(target);
  }
  return edges;
}

void expect_right(const Edges& edges, const Adjacency& adjacency) {
  std::map<RowId, std::vector<std::uint32_t>> out, in;
  bool parallel = false;
  for (std::uint32_t row = 0; row < edges.sources.size(); ++row) {
    out[edges.sources[row]].push_back(row);
    in[edges.targets[row]].push_back(row);
    parallel = parallel || (row > 0 && edges.sources[row] == edges.sources[row - 1] &&
                            edges.targets[row] == edges.targets[row - 1]);
    ASSERT_EQ(adjacency.source_of(row), edges.sources[row]);
  }
  EXPECT_EQ(adjacency.has_parallel_edges(), parallel);
  for (const auto& [node, rows] : out) {
    const auto run = adjacency.out().run(node);
    ASSERT_EQ(run.size(), rows.size());
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(adjacency.out().edge_row(run.begin + i), rows[i]);
      ASSERT_EQ(adjacency.out().neighbors()[run.begin + i], edges.targets[rows[i]]);
    }
  }
  for (const auto& [node, rows] : in) {
    const auto run = adjacency.in().run(node);
    ASSERT_EQ(run.size(), rows.size());
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
      ASSERT_EQ(adjacency.in().edge_row(run.begin + i), rows[i]);
      ASSERT_EQ(adjacency.in().neighbors()[run.begin + i], edges.sources[rows[i]]);
    }
  }
  for (const RowId stranger : {RowId{0}, RowId{2}, kMaxRowId}) {
    EXPECT_TRUE(out.contains(stranger) || adjacency.out().run(stranger).size() == 0);
    EXPECT_TRUE(in.contains(stranger) || adjacency.in().run(stranger).size() == 0);
  }
}

std::shared_ptr<const Adjacency> built(const Edges& edges,
                                       std::vector<std::uint32_t> by_target = {}) {
  auto result = Adjacency::build(edges.sources, edges.targets, std::move(by_target), nullptr);
  EXPECT_TRUE(result.ok());
  return result.ok() ? *result : nullptr;
}

TEST(Adjacency, NoEdges) {
  const Edges none;
  const auto adjacency = built(none);
  EXPECT_EQ(adjacency->out().run(0).size(), 0u);
  EXPECT_EQ(adjacency->in().run(0).size(), 0u);
  EXPECT_EQ(adjacency->out().count(), 0u);
  EXPECT_FALSE(adjacency->has_parallel_edges());
}

TEST(Adjacency, DenseAndSparseForms) {
  const Edges dense = random_edges(500, 100, 1, 1), sparse = random_edges(50, 100, 1'000'000, 2);
  EXPECT_TRUE(built(dense)->out().dense());
  EXPECT_TRUE(built(dense)->in().dense());
  EXPECT_FALSE(built(sparse)->out().dense());
  EXPECT_FALSE(built(sparse)->in().dense());
  expect_right(dense, *built(dense));
  expect_right(sparse, *built(sparse));
}

TEST(Adjacency, ManyEdgesGoThroughBuckets) {
  const Edges edges = random_edges(200'000, 3000, 1, 3);
  expect_right(edges, *built(edges));
  const std::vector<std::uint32_t> order = order_by_target(edges.targets);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const auto before = std::pair(edges.targets[order[i - 1]], order[i - 1]);
    ASSERT_LT(before, std::pair(edges.targets[order[i]], order[i]));
  }
}

TEST(Adjacency, AStoredOrderIsUsedAndChecked) {
  for (const RowId stretch : {RowId{1}, RowId{1'000'000}}) {
    const Edges edges = random_edges(300, 60, stretch, 4);
    std::vector<std::uint32_t> order = order_by_target(edges.targets);
    expect_right(edges, *built(edges, order));
    std::swap(order[10], order[200]);
    EXPECT_FALSE(Adjacency::build(edges.sources, edges.targets, order, nullptr).ok());
    order[0] = 300;
    EXPECT_FALSE(Adjacency::build(edges.sources, edges.targets, order, nullptr).ok());
    EXPECT_FALSE(Adjacency::build(edges.sources, edges.targets, {1, 2}, nullptr).ok());
  }
}

TEST(Adjacency, UnsortedEdgesAreRefused) {
  const std::vector<RowId> one_two = {1, 2}, two_one = {2, 1}, ones = {1, 1};
  EXPECT_FALSE(Adjacency::build(two_one, one_two, {}, nullptr).ok());
  EXPECT_FALSE(Adjacency::build(ones, two_one, {}, nullptr).ok());
  EXPECT_TRUE(Adjacency::build(ones, ones, {}, nullptr).ok());
  EXPECT_FALSE(Adjacency::build(ones, {}, {}, nullptr).ok());
}

RC_GTEST_PROP(AdjacencyProperty, BothSidesHoldEveryEdge, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 400);
  const auto nodes = *rc::gen::inRange<RowId>(1, 80);
  const auto stretch = *rc::gen::element<RowId>(1, 7, 50'000'000);
  const Edges edges = random_edges(count, nodes, stretch, *rc::gen::arbitrary<std::uint64_t>());
  expect_right(edges, *built(edges));
}

}  // namespace
}  // namespace omnigraph
