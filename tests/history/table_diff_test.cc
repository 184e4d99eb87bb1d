#include "history/table_diff.h"

#include "history/history_graph.h"

namespace omnigraph {
namespace {

using testing::HistoryGraph;

constexpr char kSchema[] = R"(
node Person { name: String @key
  age: I32?
  tags: [String]? }
node Thing { label: String }
edge Knows: Person -> Person { since: I32? }
)";

std::string load_people(int from, int to) {
  std::string lines;
  for (int i = from; i < to; ++i) {
    lines += R"({"type":"Person","data":{"name":"p)" + std::to_string(i) + R"(","age":)" +
             std::to_string(i) + "}}\n";
  }
  return lines;
}

// "+id", "-id", "~id" (changed) or "=id" (rewritten), with both texts.
std::vector<std::string> diff(const HistoryGraph& graph, const Snapshot& before,
                              const Snapshot& after, const std::string& type,
                              Rewritten rewritten = Rewritten::kInclude) {
  const auto result = diff_table(before, after, graph.type(type), rewritten);
  EXPECT_TRUE(result.ok()) << result.error().message();
  std::vector<std::string> out;
  for (const RowDifference& row : result->rows) {
    const auto show = [&](const Snapshot& in, const std::optional<Location>& at) {
      return at ? testing::show_row(in, graph.type(type), *at) : std::string();
    };
    out.push_back("+-~="[static_cast<int>(row.kind)] + std::string(row.id) + "|" +
                  show(before, row.before) + "|" + show(after, row.after));
  }
  return out;
}

using Lines = std::vector<std::string>;

TEST(TableDiff, NamesAddedRemovedAndChangedRowsInOrderOfIds) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.load(load_people(0, 5)), "");
  const SnapshotPtr before = graph.head();
  ASSERT_EQ(graph.mutate(R"(insert Person { name: "a", age: 1 })"), "");
  ASSERT_EQ(graph.mutate(R"(update Person set { age: 33 } where name = "p3")"), "");
  ASSERT_EQ(graph.mutate(R"(delete Person where name = "p1")"), "");
  EXPECT_EQ(diff(graph, *before, *graph.head(), "Person"),
            (Lines{"+a||name=a age=1", "-p1|name=p1 age=1|", "~p3|name=p3 age=3|name=p3 age=33"}));
  EXPECT_EQ(diff(graph, *graph.head(), *before, "Person"),
            (Lines{"-a|name=a age=1|", "+p1||name=p1 age=1", "~p3|name=p3 age=33|name=p3 age=3"}));
  EXPECT_EQ(diff(graph, *before, *graph.head(), "Thing"), Lines{});
}

TEST(TableDiff, DecidesByValueNotByWriting) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.load(load_people(0, 3)), "");
  const SnapshotPtr before = graph.head();
  ASSERT_EQ(graph.mutate(R"(update Person set { age: 1 } where name = "p1")"), "");
  ASSERT_EQ(graph.mutate(R"(delete Person where name = "p2")"), "");
  ASSERT_EQ(graph.mutate(R"(insert Person { name: "p2", age: 2 })"), "");
  EXPECT_EQ(diff(graph, *before, *graph.head(), "Person"),
            (Lines{"=p1|name=p1 age=1|name=p1 age=1", "=p2|name=p2 age=2|name=p2 age=2"}));
  EXPECT_EQ(diff(graph, *before, *graph.head(), "Person", Rewritten::kLeaveOut), Lines{});
  // Another value under another row id is a change, not a removal and an addition.
  ASSERT_EQ(graph.mutate(R"(delete Person where name = "p2")"), "");
  ASSERT_EQ(graph.mutate(R"(insert Person { name: "p2" })"), "");
  EXPECT_EQ(diff(graph, *before, *graph.head(), "Person", Rewritten::kLeaveOut),
            Lines{"~p2|name=p2 age=2|name=p2"});
}

TEST(TableDiff, TellsNullFromEmptyAndComparesLists) {
  HistoryGraph graph(kSchema);
  const auto load = [&](const std::string& tags) {
    ASSERT_EQ(graph.load(R"({"type":"Person","data":{"name":"x","tags":)" + tags + "}}\n"), "");
  };
  load("[]");
  const SnapshotPtr empty = graph.head();
  load("null");
  const SnapshotPtr null = graph.head();
  load(R"(["a","b"])");
  const SnapshotPtr two = graph.head();
  load(R"(["a","c"])");
  const SnapshotPtr other = graph.head();
  load(R"(["a","b"])");
  EXPECT_EQ(diff(graph, *empty, *null, "Person").at(0).substr(0, 2), "~x");
  EXPECT_EQ(diff(graph, *two, *other, "Person").at(0).substr(0, 2), "~x");
  EXPECT_EQ(diff(graph, *two, *graph.head(), "Person").at(0).substr(0, 2), "=x");
}

TEST(TableDiff, ComparesEndsOfEdgesByNodeId) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.load(load_people(0, 3)), "");
  const std::string edge = R"({"edge":"Knows","from":"p0","to":"p1","data":{"id":"e"}})";
  ASSERT_EQ(graph.load(edge), "");
  const SnapshotPtr before = graph.head();
  // The same edge between the same ids, though the nodes have other row ids now.
  ASSERT_EQ(graph.mutate(R"(delete Person where name = "p1")"), "");
  ASSERT_EQ(graph.mutate(R"(insert Person { name: "p1", age: 1 })"), "");
  EXPECT_EQ(diff(graph, *before, *graph.head(), "Knows"), Lines{"-e|p0>p1|"});
  ASSERT_EQ(graph.load(edge), "");
  EXPECT_EQ(diff(graph, *before, *graph.head(), "Knows"), Lines{"=e|p0>p1|p0>p1"});
  ASSERT_EQ(graph.load(R"({"edge":"Knows","from":"p0","to":"p2","data":{"id":"e"}})"), "");
  EXPECT_EQ(diff(graph, *before, *graph.head(), "Knows"), Lines{"~e|p0>p1|p0>p2"});
}

TEST(TableDiff, ReadsBranchesThatMovedApart) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.load(load_people(0, 4)), "");
  ASSERT_EQ(graph.fork("b"), "");
  ASSERT_EQ(graph.mutate(R"(insert Person { name: "on main" })"), "");
  ASSERT_EQ(graph.mutate(R"(insert Person { name: "on b" })", "b"), "");
  ASSERT_EQ(graph.mutate(R"(delete Person where name = "p2")", "b"), "");
  EXPECT_EQ(diff(graph, *graph.head(), *graph.head("b"), "Person"),
            (Lines{"+on b||name=on b", "-on main|name=on main|", "-p2|name=p2 age=2|"}));
}

// Folding moves rows between segments; that is no difference.
TEST(TableDiff, SurvivesFoldingAndReopening) {
  StoreOptions options;
  options.fold_inline_rows = 4;
  options.checkpoint_records = 8;
  HistoryGraph graph(kSchema, options);
  ASSERT_EQ(graph.load(load_people(0, 3000)), "");
  const CommitId before = graph.head()->commit();
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(graph.mutate("update Person set { age: " + std::to_string(i % 5) +
                           " } where name = \"p" + std::to_string(i) + "\""),
              "");
    if (i % 9 == 0) {
      ASSERT_TRUE(graph.store().maintain_now().ok());
    }
  }
  ASSERT_EQ(graph.mutate(R"(insert Person { name: "new" })"), "");
  const SnapshotPtr then = graph.store().snapshot_at(before).value();
  const Lines lines = diff(graph, *then, *graph.head(), "Person", Rewritten::kLeaveOut);
  EXPECT_EQ(lines.size(), 36U);  // p0 to p4 kept their age
  EXPECT_EQ(lines.at(0), "+new||name=new");
  graph.reopen();
  EXPECT_EQ(diff(graph, *graph.store().snapshot_at(before).value(), *graph.head(), "Person",
                 Rewritten::kLeaveOut),
            lines);
}

// Shared segments are not read: ten changes in many rows cost the same as in few.
TEST(TableDiff, ReadsOnlySegmentsThatDiffer) {
  std::uint64_t bytes[2] = {0, 0};
  for (const int size : {0, 1}) {
    const auto counting = counted(make_memory_store());
    HistoryGraph graph(kSchema, {}, counting);
    ASSERT_EQ(graph.load(load_people(0, size == 0 ? 10'000 : 100'000)), "");
    const SnapshotPtr before = graph.head();
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(graph.mutate("insert Person { name: \"n" + std::to_string(i) + "\" }"), "");
    }
    counting->reset();
    EXPECT_EQ(diff(graph, *before, *graph.head(), "Person").size(), 10U);
    bytes[size] = counting->counts().bytes_read;
  }
  EXPECT_EQ(bytes[0], 0U);
  EXPECT_EQ(bytes[1], 0U);
}

TEST(VersionDiff, ListsRowVersionsOfEitherSide) {
  HistoryGraph graph(kSchema);
  ASSERT_EQ(graph.load(load_people(0, 3)), "");
  const SnapshotPtr before = graph.head();
  const TypeId table = graph.type("Person").id;
  EXPECT_TRUE(diff_versions(*before->table(table), *before->table(table))->empty());
  ASSERT_EQ(graph.mutate(R"(update Person set { age: 9 } where name = "p1")"), "");
  const auto versions = diff_versions(*before->table(table), *graph.head()->table(table));
  ASSERT_TRUE(versions.ok());
  ASSERT_EQ(versions->before.size(), 1U);
  ASSERT_EQ(versions->after.size(), 1U);
  EXPECT_EQ(versions->before[0].rid, versions->after[0].rid);
  EXPECT_LT(versions->before[0].gsn, versions->after[0].gsn);
}

}  // namespace
}  // namespace omnigraph
