// An edge table in any number of segments answers as its plain list of edges: by pages, by one
// adjacency a segment, and by the adjacency that large segments share.
#include "execution/edge_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "execution/merged_edges.h"
#include "execution/query_generator.h"
#include "storage/column_cache.h"

namespace omnigraph::testing {
namespace {

constexpr std::string_view kSchema = "node P { key: String @key }  edge K: P -> P";

std::string name(std::size_t node) { return "p" + std::to_string(node); }

struct Fixture {
  GraphBuilder graph{kSchema};
  std::size_t nodes = 0;
  TypeId edge_type() const { return graph.catalog().edge("K")->id; }
  void add_nodes(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) graph.node("P", name(nodes++));
    graph.seal();
  }
  void add_edges(Dice& dice, std::size_t n, bool stored) {
    for (std::size_t i = 0; i < n; ++i) {
      graph.edge("K", name(dice.below(nodes)), name(dice.below(nodes)));
    }
    graph.seal(stored);
  }
  TableVersionPtr edges() { return graph.snapshot()->table(edge_type()); }
};

std::vector<RowId> naive_neighbors(const std::vector<PlainRow>& rows, RowId node, Direction d) {
  std::set<RowId> found;
  for (const PlainRow& row : rows) {
    if (!row.live) continue;
    if (d != Direction::kIn && row.src == node) found.insert(row.dst);
    if (d != Direction::kOut && row.dst == node) found.insert(row.src);
  }
  return {found.begin(), found.end()};
}

std::size_t naive_edges(const std::vector<PlainRow>& rows, RowId node, Direction d) {
  std::size_t found = 0;
  for (const PlainRow& row : rows) {
    if (!row.live) continue;
    const bool out = d != Direction::kIn && row.src == node;
    const bool in = d != Direction::kOut && row.dst == node;
    found += out || in ? 1 : 0;
  }
  return found;
}

void expect_equal(const EdgeView& view, const TableVersion& version,
                  const std::vector<PlainRow>& rows, RowId nodes) {
  for (const Direction d : {Direction::kOut, Direction::kIn, Direction::kBoth}) {
    for (RowId node = 0; node < nodes; ++node) {
      std::vector<RowId> found;
      ASSERT_TRUE(view.neighbors(node, d, found).ok());
      ASSERT_EQ(found, naive_neighbors(rows, node, d)) << "node " << node;
      std::vector<RowId> ends;
      std::vector<std::uint32_t> positions;
      ASSERT_TRUE(view.edges(node, d, ends, positions).ok());
      ASSERT_EQ(ends.size(), naive_edges(rows, node, d));
      for (std::size_t i = 0; i < ends.size(); ++i) {
        std::uint32_t row = positions[i];
        std::size_t part = 0;
        while (row >= version.parts()[part].segment->rows()) {
          row -= version.parts()[part++].segment->rows();
        }
        const PlainRow& edge = rows[*version.parts()[part].segment->rid(row)];
        ASSERT_TRUE(edge.live);
        ASSERT_TRUE((edge.src == node && edge.dst == ends[i]) ||
                    (edge.dst == node && edge.src == ends[i]));
      }
      const RowId other = (node * 7 + 3) % nodes;
      const auto connected = view.connected(node, other, d);
      const auto neighbors = naive_neighbors(rows, node, d);
      ASSERT_EQ(*connected, std::binary_search(neighbors.begin(), neighbors.end(), other));
      ASSERT_GE(*view.degree_bound(node, d), neighbors.size());
    }
  }
}

TEST(EdgeView, AnySegmentationGivesTheSameEdges) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Dice dice(seed);
    Fixture f;
    f.add_nodes(20);
    for (std::size_t s = 0, n = 1 + dice.below(12); s < n; ++s) {
      f.add_edges(dice, 1 + dice.below(40), dice.chance(70));
      if (dice.chance(30)) {
        const auto rid = static_cast<RowId>(dice.below(f.graph.rows(f.edge_type()).size()));
        if (f.graph.rows(f.edge_type())[rid].live) f.graph.remove(f.edge_type(), rid);
      }
      const TableVersionPtr version = f.edges();
      const auto& rows = f.graph.rows(f.edge_type());
      const auto paged = EdgeView::make(version, UINT32_MAX);
      ASSERT_TRUE(paged.ok());
      expect_equal(**paged, *version, rows, 20);
      ASSERT_FALSE((*paged)->opened());
      const auto whole = EdgeView::make(version, 0);
      ASSERT_TRUE((*whole)->expect(1).ok());
      ASSERT_TRUE((*whole)->opened());
      expect_equal(**whole, *version, rows, 20);
      std::uint64_t extra = 0, distinct = 0, live = 0;
      for (const RepeatedPair& pair : (*whole)->repeated_pairs()) extra += pair.extra;
      for (RowId node = 0; node < 20; ++node) {
        distinct += naive_neighbors(rows, node, Direction::kOut).size();
      }
      for (const PlainRow& row : rows) live += row.live ? 1 : 0;
      ASSERT_EQ(live - extra, distinct) << "seed " << seed;
    }
  }
}

TEST(EdgeView, ManyStoredSegmentsShareOneAdjacency) {
  Dice dice(5);
  Fixture f;
  f.add_nodes(50);
  for (int s = 0; s < 40; ++s) f.add_edges(dice, 100, true);
  f.add_edges(dice, 3, false);
  const auto view = *EdgeView::make(f.edges(), 0);
  ASSERT_TRUE(view->open().ok());
  EXPECT_EQ(view->parts().size(), 2u);
  EXPECT_EQ(view->parts()[0].members.size(), 40u);
  EXPECT_FALSE(view->simple());

  // Few new edges are left beside it, many are merged in.
  const auto shared = view->parts()[0].adjacency;
  f.add_edges(dice, 10, true);
  const auto after_few = *EdgeView::make(f.edges(), 0);
  ASSERT_TRUE(after_few->open().ok());
  EXPECT_EQ(after_few->parts().size(), 3u);
  EXPECT_EQ(after_few->parts()[0].adjacency, shared);
  f.add_edges(dice, 400, true);
  const auto after_many = *EdgeView::make(f.edges(), 0);
  ASSERT_TRUE(after_many->open().ok());
  EXPECT_EQ(after_many->parts().size(), 2u);
  EXPECT_EQ(after_many->parts()[0].members.size(), 42u);
  EXPECT_EQ(after_many->parts()[0].adjacency->out().neighbors().size(), 4410u);
}

TEST(EdgeView, WithoutMemoryEverySegmentStandsAlone) {
  Dice dice(6);
  Fixture f;
  f.add_nodes(10);
  for (int s = 0; s < 3; ++s) f.add_edges(dice, 10, true);
  const TableVersionPtr version = f.edges();
  for (const TablePart& part : version->parts()) ASSERT_TRUE(part.segment->adjacency().ok());
  const auto cache = version->parts()[0].segment->cache();
  // All that is left, but for a little.
  std::vector<std::shared_ptr<const void>> held;
  for (const TablePart& part : version->parts()) held.push_back(*part.segment->adjacency());
  for (std::uint64_t bytes = std::uint64_t{1} << 40; bytes > 64; bytes /= 2) {
    while (true) {
      auto token = cache->reserve(bytes);
      if (!token.ok()) break;
      held.push_back(*token);
    }
  }
  const auto view = *EdgeView::make(version, 0);
  ASSERT_TRUE(view->open().ok());
  EXPECT_EQ(view->parts().size(), 3u);
}

}  // namespace
}  // namespace omnigraph::testing
