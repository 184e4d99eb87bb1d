#include "history/merge.h"

#include <thread>

#include "history/history_graph.h"
#include "history/table_diff.h"
#include "storage/fault_store.h"

namespace omnigraph {
namespace {

using testing::HistoryGraph;
using testing::Rows;

constexpr char kSchema[] = R"(
node Person { name: String @key
  age: I32?
  email: String? @unique
  tags: [String]?
  @range(age, 0..150) }
node Note { text: String }
edge Knows: Person -> Person { since: I32? }
edge Owns: Person -> Note @card(0..2)
)";

std::string person(const std::string& name, int age) {
  return R"({"type":"Person","data":{"name":")" + name + R"(","age":)" + std::to_string(age) +
         "}}\n";
}
std::string knows(const std::string& id, const std::string& from, const std::string& to) {
  return R"({"edge":"Knows","from":")" + from + R"(","to":")" + to + R"(","data":{"id":")" + id +
         "\"}}\n";
}
std::string insert(const std::string& name, int age) {
  return "insert Person { name: \"" + name + "\", age: " + std::to_string(age) + " }";
}
std::string set_age(const std::string& name, int age) {
  return "update Person set { age: " + std::to_string(age) + " } where name = \"" + name + "\"";
}
std::string drop(const std::string& name) { return "delete Person where name = \"" + name + "\""; }

class MergeTest : public ::testing::Test {
 protected:
  MergeTest() : graph(kSchema) {
    EXPECT_EQ(graph.load(person("Ann", 30) + person("Ben", 25) + person("Cal", 40) +
                         person("Dot", 50) + knows("k1", "Ben", "Cal")),
              "");
    EXPECT_EQ(graph.fork("b"), "");
  }
  void on(const std::string& branch, const std::string& body) {
    ASSERT_EQ(graph.mutate(body, branch), "");
  }
  MergeResult preview(const std::string& source = "b", const std::string& target = "main") {
    auto result = graph.merger().merge({.source = source, .target = target, .preview = true});
    EXPECT_TRUE(result.ok()) << result.error().message();
    return std::move(*result);
  }
  HistoryGraph graph;
};

TEST_F(MergeTest, FastForwardsWritesACommitOfItsOwn) {
  on("b", insert("Eve", 22));
  const CommitId source = graph.head("b")->commit();
  const CommitId target = graph.head()->commit();
  EXPECT_EQ(graph.merge("b"), "fast_forward");
  const CommitHeader head = graph.head()->head();
  EXPECT_EQ(head.parent, target);
  EXPECT_EQ(head.merged_parent, source);
  EXPECT_EQ(head.branch, "main");
  EXPECT_EQ(graph.rows("Person"), graph.rows("Person", "b"));
  EXPECT_EQ(graph.merge("b"), "already_up_to_date");
  EXPECT_EQ(graph.merge("main", "b"), "fast_forward");
  EXPECT_EQ(graph.merge("b"), "fast_forward");  // the commit that merging back wrote
  EXPECT_EQ(graph.merge("b", "main"), "already_up_to_date");
}

TEST_F(MergeTest, RefusesItselfAndMissingBranches) {
  EXPECT_NE(graph.merge("main").find("distinct source and target"), std::string::npos);
  EXPECT_EQ(graph.merge("nope"), "branch 'nope' not found");
  EXPECT_EQ(graph.merge("b", "nope"), "branch 'nope' not found");
}

TEST_F(MergeTest, UnitesBothSides) {
  on("b", set_age("Ann", 31));
  on("b", insert("Eve", 22));
  on("b", drop("Dot"));
  on("main", set_age("Ben", 26));
  on("main", insert("Fay", 1));
  EXPECT_EQ(graph.merge("b"), "merged");
  const Rows expected = {{"Ann", "name=Ann age=31"},
                         {"Ben", "name=Ben age=26"},
                         {"Cal", "name=Cal age=40"},
                         {"Eve", "name=Eve age=22"},
                         {"Fay", "name=Fay age=1"}};
  EXPECT_EQ(graph.rows("Person"), expected);
  graph.reopen();
  EXPECT_EQ(graph.rows("Person"), expected);
}

TEST_F(MergeTest, ReportsDivergingEntitiesWithTheirFields) {
  on("b", insert("Eve", 1));
  on("b", set_age("Ann", 31));
  on("b", drop("Ben"));
  on("b", set_age("Cal", 41));
  on("main", insert("Eve", 2));
  on("main", set_age("Ann", 32));
  on("main", set_age("Ben", 26));
  on("main", drop("Cal"));
  const CommitId before = graph.head()->commit();
  const MergeResult result = preview();
  std::vector<std::string> seen;
  for (const MergeConflict& conflict : result.conflicts) {
    std::string line = merge_conflict_subject(conflict) + ": " + conflict.message;
    for (const MergeConflict::Field& field : conflict.fields) {
      line += " " + field.property + " " + testing::show(field.base) + "/" +
              testing::show(field.source) + "/" + testing::show(field.target);
    }
    seen.push_back(line);
  }
  // k1 went with Ben on one side and with Cal on the other.
  EXPECT_EQ(
      seen,
      (std::vector<std::string>{
          "node type 'Person', entity id 'Ann' (divergent_update): divergent update for id 'Ann' "
          "age 30/31/32",
          "node type 'Person', entity id 'Ben' (delete_vs_update): delete/update conflict for id "
          "'Ben' age 25/null/26",
          "node type 'Person', entity id 'Cal' (delete_vs_update): delete/update conflict for id "
          "'Cal' age 40/41/null",
          "node type 'Person', entity id 'Eve' (divergent_insert): divergent insert for id 'Eve' "
          "age null/1/2"}));
  const auto refused = graph.merger().merge({.source = "b", .target = "main"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(refused.error().details()->kind, "merge_conflicts");
  EXPECT_EQ(refused.error().details()->fields.size(), 20U);
  EXPECT_TRUE(refused.error().message().starts_with(
      "merge conflicts: node type 'Person', entity id 'Ann' (divergent_update): divergent update "
      "for id 'Ann'; node type 'Person', entity id 'Ben'"));
  EXPECT_EQ(graph.head()->commit(), before);
  // Agreeing resolves it.
  on("b", set_age("Ann", 32));
  on("b", "update Person set { age: 2 } where name = \"Eve\"");
  on("b", insert("Ben", 26));
  on("b", drop("Cal"));
  EXPECT_EQ(graph.merge("b"), "merged");
}

TEST_F(MergeTest, EqualValuesAreNoChangeHoweverTheyWereWritten) {
  on("b", drop("Ann"));
  on("b", insert("Ann", 30));
  on("b", set_age("Ben", 25));
  const auto versions = [&] {
    const BranchState& main = *graph.store().state()->branch("main");
    return main.table_versions;
  };
  const auto before = versions();
  EXPECT_EQ(graph.merge("b"), "fast_forward");
  EXPECT_EQ(versions(), before);
  EXPECT_EQ(graph.merge("b"), "already_up_to_date");
  on("main", set_age("Ann", 33));
  on("b", set_age("Dot", 51));
  EXPECT_EQ(graph.merge("b"), "merged");
  EXPECT_EQ(graph.rows("Person").at("Ann"), "name=Ann age=33");
}

// The row id of the target survives, and edges that come from the source find it.
TEST_F(MergeTest, EdgesFindNodesThatCameBackUnderAnotherRowId) {
  on("b", insert("Eve", 5));
  ASSERT_EQ(graph.load(knows("k2", "Eve", "Ann"), "b"), "");
  on("main", insert("Eve", 5));
  ASSERT_EQ(graph.load(knows("k3", "Ben", "Eve")), "");
  EXPECT_EQ(graph.merge("b"), "merged");
  EXPECT_EQ(graph.rows("Knows"), (Rows{{"k1", "Ben>Cal"}, {"k2", "Eve>Ann"}, {"k3", "Ben>Eve"}}));
  // The other way about, after a node was deleted and inserted again.
  on("b", drop("Ann"));
  on("b", insert("Ann", 99));
  ASSERT_EQ(graph.load(knows("k4", "Ann", "Dot"), "b"), "");
  ASSERT_EQ(graph.load(knows("k5", "Cal", "Ann")), "");
  EXPECT_EQ(graph.merge("b"), "merged");
  EXPECT_EQ(graph.rows("Knows"),
            (Rows{{"k1", "Ben>Cal"}, {"k3", "Ben>Eve"}, {"k4", "Ann>Dot"}, {"k5", "Cal>Ann"}}));
  EXPECT_EQ(graph.rows("Person").at("Ann"), "name=Ann age=99");
  graph.reopen();
  EXPECT_EQ(graph.rows("Knows").at("k4"), "Ann>Dot");
  EXPECT_EQ(graph.merge("main", "b"), "fast_forward");
  EXPECT_EQ(graph.rows("Knows", "b"), graph.rows("Knows"));
}

TEST_F(MergeTest, AFastForwardKeepsEdgesOfReplacedNodes) {
  on("b", drop("Ben"));
  on("b", insert("Ben", 25));
  ASSERT_EQ(graph.load(knows("k9", "Ben", "Dot"), "b"), "");
  EXPECT_EQ(graph.merge("b"), "fast_forward");
  EXPECT_EQ(graph.rows("Knows"), (Rows{{"k9", "Ben>Dot"}}));
  EXPECT_EQ(graph.rows("Person"), graph.rows("Person", "b"));
}

TEST_F(MergeTest, OrphanEdgesOfEitherSideAreConflicts) {
  ASSERT_EQ(graph.load(knows("k2", "Ann", "Dot"), "b"), "");
  on("main", drop("Ann"));
  on("main", drop("Dot"));
  EXPECT_EQ(graph.merge("b"),
            "merge conflicts: edge type 'Knows', entity id 'k2' (orphan_edge): src 'Ann' not found "
            "in Person; edge type 'Knows', entity id 'k2' (orphan_edge): dst 'Dot' not found in "
            "Person");
  // The edge that stays on the target misses the node that the merge removes.
  EXPECT_EQ(graph.merge("main", "b"),
            "merge conflicts: edge type 'Knows', entity id 'k2' (orphan_edge): src 'Ann' not found "
            "in Person; edge type 'Knows', entity id 'k2' (orphan_edge): dst 'Dot' not found in "
            "Person");
}

TEST_F(MergeTest, UniqueValuesMayNotMeet) {
  const auto with_email = [](const std::string& name, const std::string& email) {
    return "insert Person { name: \"" + name + "\", email: \"" + email + "\" }";
  };
  on("b", with_email("Eve", "x@y"));
  on("main", with_email("Fay", "x@y"));
  EXPECT_EQ(graph.merge("b"),
            "merge conflicts: node type 'Person', entity id 'Eve' (unique_violation): @unique "
            "violation on Person.email: value 'x@y' held by 'Fay' and 'Eve'");
  on("main", drop("Fay"));
  EXPECT_EQ(graph.merge("b"), "merged");
}

TEST_F(MergeTest, CardinalityHoldsForTheUnion) {
  const auto note = [](const std::string& id) {
    return R"({"type":"Note","data":{"id":")" + id + R"(","text":"t"}})" + "\n" +
           R"({"edge":"Owns","from":"Ann","to":")" + id + R"("})" + "\n";
  };
  ASSERT_EQ(graph.load(note("n1") + note("n2"), "b"), "");
  ASSERT_EQ(graph.load(note("n3")), "");
  EXPECT_EQ(graph.merge("b"),
            "merge conflicts: edge type 'Owns' (cardinality_violation): @card violation on edge "
            "Owns: source 'Ann' has 3 edges (max 2)");
  const MergeResult result = preview();
  ASSERT_EQ(result.conflicts.size(), 1U);
  EXPECT_FALSE(result.conflicts[0].entity_id.has_value());
}

// Both branches end alike and take no new rows, however often they are merged.
TEST_F(MergeTest, BackAndForthAnyNumberOfTimes) {
  for (int round = 0; round < 12; ++round) {
    on("b", insert("b" + std::to_string(round), round));
    on("main", insert("m" + std::to_string(round), round));
    if (round % 3 == 0) on("b", set_age("Ann", round));
    ASSERT_EQ(graph.merge("b"), "merged") << round;
    ASSERT_EQ(graph.merge("main", "b"), "fast_forward") << round;
    ASSERT_EQ(graph.rows("Person"), graph.rows("Person", "b"));
    if (round % 4 == 3) graph.reopen();
    if (round == 5) {
      ASSERT_EQ(graph.fork("child", "b"), "");
    }
    if (round > 5) {
      on("child", insert("c" + std::to_string(round), round));
      ASSERT_EQ(graph.merge("child", "b"), "merged");
      ASSERT_EQ(graph.merge("b"), "fast_forward");
    }
  }
  const TypeId table = graph.type("Person").id;
  // Equal rows are the very same row versions on both: nothing is left to compare.
  const auto versions = diff_versions(*graph.head()->table(table), *graph.head("b")->table(table));
  EXPECT_TRUE(versions->empty());
}

TEST_F(MergeTest, CrissCrossAgreesWithItself) {
  on("b", set_age("Ann", 31));
  on("main", set_age("Ben", 26));
  ASSERT_EQ(graph.fork("x", "main"), "");
  ASSERT_EQ(graph.merge("b", "main"), "merged");
  ASSERT_EQ(graph.merge("x", "b"), "merged");
  on("main", insert("Eve", 1));
  EXPECT_EQ(graph.merge("main", "b"), "merged");
  EXPECT_EQ(graph.merge("b", "main"), "fast_forward");
  EXPECT_EQ(graph.rows("Person"), graph.rows("Person", "b"));
}

// A bulk change enters by reference: one put, and no row is written again.
TEST_F(MergeTest, AdoptsSegmentsOfTheSource) {
  const auto counting = counted(make_memory_store());
  HistoryGraph big(kSchema, {}, counting);
  ASSERT_EQ(big.fork("b"), "");
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += person("p" + std::to_string(i), i % 100);
  ASSERT_EQ(big.load(lines, "b"), "");
  for (int i = 0; i < 20; ++i) ASSERT_EQ(big.mutate(drop("p" + std::to_string(i)), "b"), "");
  counting->reset();
  EXPECT_EQ(big.merge("b"), "fast_forward");
  EXPECT_EQ(counting->counts().all_puts(), 1U);
  EXPECT_LT(counting->counts().bytes_written, 4096U);
  EXPECT_EQ(big.rows("Person"), big.rows("Person", "b"));
  // Into a branch that has something of its own, too.
  ASSERT_EQ(big.fork("d"), "");
  ASSERT_EQ(big.mutate(insert("own", 1), "d"), "");
  lines.clear();
  for (int i = 0; i < 3000; ++i) lines += person("q" + std::to_string(i), i % 100);
  ASSERT_EQ(big.load(lines, "b"), "");
  counting->reset();
  EXPECT_EQ(big.merge("b", "d"), "merged");
  EXPECT_EQ(counting->counts().all_puts(), 1U);
  EXPECT_LT(counting->counts().bytes_written, 4096U);
  EXPECT_EQ(big.rows("Person", "d").size(), 7981U);
  big.reopen();
  EXPECT_EQ(big.rows("Person", "d").size(), 7981U);
}

// The same cost at any size and at any depth of history: one record, and the look for news.
TEST_F(MergeTest, CostsTheChange) {
  for (const int rows : {1'000, 50'000}) {
    const auto counting = counted(make_memory_store());
    HistoryGraph sized(kSchema, {}, counting);
    std::string lines;
    for (int i = 0; i < rows; ++i) lines += person("p" + std::to_string(i), i % 100);
    ASSERT_EQ(sized.load(lines), "");
    for (int round = 0; round < 3; ++round) {
      const std::string branch = "b" + std::to_string(round);
      ASSERT_EQ(sized.fork(branch), "");
      for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(sized.mutate(insert("n" + std::to_string(round * 100 + i), i), branch), "");
      }
      ASSERT_EQ(sized.mutate(insert("m" + std::to_string(round), 1)), "");
      counting->reset();
      ASSERT_EQ(sized.merge(branch), "merged");
      const StoreCounts counts = counting->counts();
      EXPECT_EQ(counts.all_puts(), 1U);
      EXPECT_EQ(counts.lists, 0U);
      EXPECT_LE(counts.gets, 1U) << rows;  // the probe for the next record
      EXPECT_LT(counts.bytes_written, 4096U);
    }
  }
}

TEST_F(MergeTest, WritesNothingWhenItIsOnlyPreviewed) {
  const auto counting = counted(make_memory_store());
  HistoryGraph other(kSchema, {}, counting);
  ASSERT_EQ(other.fork("b"), "");
  std::string lines;
  for (int i = 0; i < 3000; ++i) lines += person("p" + std::to_string(i), 1);
  ASSERT_EQ(other.load(lines, "b"), "");
  counting->reset();
  const auto result = other.merger().merge({.source = "b", .target = "main", .preview = true});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->outcome, MergeOutcome::kFastForward);
  ASSERT_EQ(result->types.size(), 1U);
  EXPECT_EQ(result->types[0].inserted, 3000U);
  EXPECT_EQ(counting->counts().all_puts(), 0U);
  EXPECT_EQ(other.rows("Person").size(), 0U);
}

// Commits on the target while it is merged into: none is lost, and the merge lands.
TEST_F(MergeTest, ConcurrentCommitsOnTheTargetAreKept) {
  for (int i = 0; i < 50; ++i) on("b", insert("b" + std::to_string(i), 1));
  std::thread writer([&] {
    for (int i = 0; i < 100; ++i) {
      EXPECT_EQ(graph.mutate(insert("m" + std::to_string(i), 2)), "");
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(graph.mutate(insert("c" + std::to_string(i), 3), "b"), "");
    const std::string outcome = graph.merge("b");
    EXPECT_TRUE(outcome == "merged" || outcome == "fast_forward") << outcome;
  }
  writer.join();
  EXPECT_EQ(graph.rows("Person").size(), 4U + 50U + 100U + 20U);
}

// Another process moves the target, and the source, at the moment of the append.
TEST_F(MergeTest, MeetsCommitsOfAnotherProcess) {
  const ObjectStorePtr objects = make_memory_store();
  HistoryGraph here(kSchema, {}, objects);
  ASSERT_EQ(here.load(person("Ann", 30) + person("Ben", 25)), "");
  ASSERT_EQ(here.fork("b"), "");
  HistoryGraph there(kSchema, objects, 2);
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(here.mutate(insert("b" + std::to_string(round), round), "b"), "");
    ASSERT_EQ(there.mutate(insert("m" + std::to_string(round), round)), "");
    const std::string outcome = here.merge("b");
    EXPECT_TRUE(outcome == "merged" || outcome == "fast_forward") << outcome;
  }
  ASSERT_TRUE(there.store().refresh().ok());
  EXPECT_EQ(there.rows("Person").size(), 22U);
  EXPECT_EQ(there.rows("Person"), here.rows("Person"));
  // What the other process did to the entity that is merged is seen: a conflict, not a lost update.
  ASSERT_EQ(here.mutate(set_age("Ann", 1), "b"), "");
  ASSERT_EQ(there.mutate(set_age("Ann", 2)), "");
  EXPECT_NE(here.merge("b").find("(divergent_update)"), std::string::npos);
}

// Whatever call fails, the target is as before or merged, and everything goes on.
TEST_F(MergeTest, AFailureLeavesTheTargetWholeAndNothingStuck) {
  for (const StoreFault fault : {StoreFault::kFail, StoreFault::kLostAnswer}) {
    for (std::uint64_t call = 1; call <= 6; ++call) {
      const auto faults = std::make_shared<FaultStore>(make_memory_store());
      HistoryGraph other(kSchema, {}, faults);
      ASSERT_EQ(other.load(person("Ann", 30) + person("Ben", 25)), "");
      ASSERT_EQ(other.fork("b"), "");
      std::string lines;
      for (int i = 0; i < 1500; ++i) lines += person("p" + std::to_string(i), 1);
      ASSERT_EQ(other.load(lines, "b"), "");
      ASSERT_EQ(other.mutate(set_age("Ben", 1)), "");
      for (int i = 0; i < 800; ++i) {
        ASSERT_EQ(other.mutate(drop("p" + std::to_string(i)), "b"), "");
      }
      const CommitId before = other.head()->commit();
      faults->fail_at(call, fault);
      const std::string outcome = other.merge("b");
      faults->set_faults(nullptr);
      other.reopen();
      const bool landed = other.head()->commit() != before;
      EXPECT_TRUE(landed || other.rows("Person").size() == 2U);
      EXPECT_TRUE(landed || outcome != "merged");
      EXPECT_EQ(other.merge("b"), landed ? "already_up_to_date" : "merged") << outcome;
      EXPECT_EQ(other.rows("Person").size(), 702U);
      EXPECT_EQ(other.merge("main", "b"), "fast_forward");
    }
  }
}

TEST_F(MergeTest, MergesIntoDifferentTargetsAtTheSameTime) {
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(graph.fork("t" + std::to_string(i)), "");
    on("t" + std::to_string(i), insert("own" + std::to_string(i), i));
  }
  on("b", insert("Eve", 1));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [&, i] { EXPECT_EQ(graph.merge("b", "t" + std::to_string(i)), "merged"); });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(graph.rows("Person", "t" + std::to_string(i)).size(), 6U);
  }
}

}  // namespace
}  // namespace omnigraph
