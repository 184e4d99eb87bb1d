// The public API from the outside, on a folder of its own.
#include "omnigraph/graph.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = R"(
node Person { name: String @key  age: I32? }
edge Knows: Person -> Person { since: I32? }
)";
constexpr std::string_view kPeople = R"({"type":"Person","data":{"name":"Ada","age":36}}
{"type":"Person","data":{"name":"Bo"}}
{"edge":"Knows","from":"Ada","to":"Bo","data":{"since":2020}}
)";
constexpr std::string_view kAll =
    "query all() { match { $p: Person } return { $p.name, $p.age } order { $p.name asc } }";
constexpr std::string_view kOne =
    "query one($n: String) { match { $p: Person { name: $n } } return { $p.age } }";
constexpr std::string_view kInsert =
    "query add($n: String, $a: I32?) { insert Person { name: $n, age: $a } }";

class GraphTest : public testing::Test {
 protected:
  GraphTest() {
    const testing::TestInfo& info = *testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / ("omnigraph_" + std::string(info.name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    root_ = (folder_ / "g.omni").string();
  }
  ~GraphTest() override { std::filesystem::remove_all(folder_); }

  Graph create(std::string_view schema = kSchema) {
    Result<Graph> graph = Graph::create(root_, schema);
    EXPECT_TRUE(graph.ok()) << graph.error().message();
    return std::move(graph).value();
  }
  Graph filled() {
    Graph graph = create();
    const auto loaded = graph.load_text(kPeople, {.mode = LoadMode::kAppend});
    EXPECT_TRUE(loaded.ok()) << loaded.error().message();
    return graph;
  }
  static std::string names(const Graph& graph, const QueryRequest& request = {.source = kAll}) {
    const Result<ResultSet> result = graph.query(request);
    if (!result.ok()) return result.error().message();
    std::string text;
    for (std::size_t row = 0; row < result->rows(); ++row) {
      if (row > 0) text += ' ';
      text += *result->value(row, 0).get_if<std::string>();
    }
    return text;
  }

  std::filesystem::path folder_;
  std::string root_;
};

TEST_F(GraphTest, CreateOpenAndRefusals) {
  const auto missing = Graph::open(root_);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);

  const auto bad = Graph::create(root_, "node {");
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code(), ErrorCode::kBadRequest);
  EXPECT_FALSE(std::filesystem::exists(root_));  // nothing was written

  { const Graph graph = create(); }
  const auto again = Graph::create(root_, kSchema);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), ErrorCode::kConflict);
  EXPECT_NE(again.error().message().find("already initialized"), std::string::npos);
  const auto forced = Graph::create(root_, kSchema, {.force = true});
  ASSERT_FALSE(forced.ok());
  EXPECT_NE(forced.error().message().find("force init refuses graph root"), std::string::npos);

  const auto graph = Graph::open("file://" + root_);
  ASSERT_TRUE(graph.ok()) << graph.error().message();
  EXPECT_EQ(*graph->schema_source(), kSchema);
  EXPECT_FALSE(Graph::open("s3://bucket/g").ok());
  EXPECT_FALSE(Graph::open("").ok());
}

TEST_F(GraphTest, LoadAndQuery) {
  const Graph graph = create();
  const auto loaded = graph.load_text(kPeople, {.mode = LoadMode::kAppend});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_EQ(loaded->total_entities, 3U);
  ASSERT_EQ(loaded->nodes.size(), 1U);
  EXPECT_EQ(loaded->nodes[0].name, "Person");
  EXPECT_EQ(loaded->nodes[0].entities_loaded, 2U);
  EXPECT_FALSE(loaded->branch_created);

  const auto result = graph.query({.source = kAll});
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_EQ(result->query_name(), "all");
  EXPECT_EQ(result->target().branch, "main");
  EXPECT_EQ(result->commit_id(), loaded->commit.id);
  ASSERT_EQ(result->columns(), 2U);
  EXPECT_EQ(result->column_name(0), "p.name");
  EXPECT_EQ(result->column_type(1).scalar, ScalarType::kI32);
  ASSERT_EQ(result->rows(), 2U);
  EXPECT_EQ(result->value(0, 1), Value(36));
  EXPECT_TRUE(result->value(1, 1).is_null());
}

TEST_F(GraphTest, QueryErrors) {
  const Graph graph = filled();
  const auto message = [&](const QueryRequest& request) {
    const auto result = graph.query(request);
    return result.ok() ? "" : result.error().message();
  };
  EXPECT_TRUE(message({.source = "query"}).starts_with("parse error:"));
  EXPECT_TRUE(message({.source = "query q() { match { $x: Nobody } return { $x } }"})
                  .starts_with("type error: T1"));
  const std::string two = std::string(kAll) + std::string(kOne);
  EXPECT_NE(message({.source = two}).find("multiple queries"), std::string::npos);
  EXPECT_EQ(message({.source = two, .name = "three"}), "query 'three' not found");
  EXPECT_EQ(message({.source = kOne}), "parameter 'n' not provided");
  EXPECT_EQ(message({.source = kOne, .params = "[1]"}), "params must be a JSON object");
  EXPECT_EQ(message({.source = kAll, .branch = "ghost"}), "branch 'ghost' not found");
  EXPECT_EQ(message({.source = kAll, .branch = " "}), "branch name cannot be empty");
  EXPECT_EQ(message({.source = kAll, .snapshot = "nope"}), "commit 'nope' not found");
  EXPECT_EQ(message({.source = kAll, .snapshot = "01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
            "commit '01ARZ3NDEKTSV4RRFFQ69G5FAV' not found");
  EXPECT_NE(message({.source = kInsert, .params = R"({"n":"X"})"})
                .find("mutation query cannot be "
                      "typechecked"),
            std::string::npos);
  EXPECT_EQ(names(graph), "Ada Bo");  // the mutation did not run
  std::atomic<bool> cancelled = true;
  const auto stopped = graph.query({.source = kAll, .cancelled = &cancelled});
  EXPECT_TRUE(stopped.ok() || stopped.error().code() == ErrorCode::kCancelled);
}

TEST_F(GraphTest, MutationsAreCommits) {
  const Graph graph = filled();
  const auto added =
      graph.mutate({.source = kInsert, .params = R"({"n":"Cy","a":7})", .actor = "act-ann"});
  ASSERT_TRUE(added.ok()) << added.error().message();
  EXPECT_EQ(added->query_name, "add");
  EXPECT_EQ(added->affected_nodes, 1U);
  EXPECT_EQ(added->actor, "act-ann");
  ASSERT_TRUE(added->commit.has_value());
  EXPECT_EQ(added->commit->actor, "act-ann");
  EXPECT_EQ(added->commit->branch, std::nullopt);
  EXPECT_EQ(names(graph), "Ada Bo Cy");

  const auto idle =
      graph.mutate({.source = "query m() { update Person set { age: 1 } where name = \"zz\" }"});
  ASSERT_TRUE(idle.ok()) << idle.error().message();
  EXPECT_EQ(idle->affected_nodes, 0U);
  EXPECT_FALSE(idle->commit.has_value());

  const auto read = graph.mutate({.source = kAll});
  ASSERT_FALSE(read.ok());
  EXPECT_NE(read.error().message().find("mutation execution called on a read query"),
            std::string::npos);
}

TEST_F(GraphTest, ConditionalWrites) {
  const Graph graph = filled();
  const std::string head = graph.query({.source = kAll})->commit_id();
  ASSERT_TRUE(graph.mutate({.source = kInsert, .params = R"({"n":"Cy"})", .if_commit = head}).ok());
  for (const std::string_view expected : {std::string_view(head), std::string_view("nonsense")}) {
    const auto lost =
        graph.mutate({.source = kInsert, .params = R"({"n":"Di"})", .if_commit = expected});
    ASSERT_FALSE(lost.ok());
    EXPECT_EQ(lost.error().code(), ErrorCode::kPreconditionFailed);
    EXPECT_TRUE(
        lost.error().message().starts_with("precondition failed on branch 'main': expected head '" +
                                           std::string(expected) + "' but current is "));
    ASSERT_TRUE(lost.error().details().has_value());
    EXPECT_EQ(lost.error().details()->kind, "precondition_failure");
  }
  EXPECT_EQ(names(graph), "Ada Bo Cy");
}

TEST_F(GraphTest, TimeTravel) {
  const Graph graph = filled();
  const std::string before = graph.query({.source = kAll})->commit_id();
  ASSERT_TRUE(graph.mutate({.source = kInsert, .params = R"({"n":"Cy"})"}).ok());
  EXPECT_EQ(names(graph, {.source = kAll, .snapshot = before}), "Ada Bo");
  EXPECT_EQ(names(graph), "Ada Bo Cy");
  const auto both = graph.query({.source = kAll, .branch = "main", .snapshot = before});
  ASSERT_FALSE(both.ok());
  EXPECT_EQ(both.error().message(), "request may specify branch or snapshot, not both");
}

TEST_F(GraphTest, Branches) {
  const Graph graph = filled();
  ASSERT_TRUE(graph.create_branch("draft").ok());
  EXPECT_EQ(*graph.branches(), (std::vector<std::string>{"draft", "main"}));
  const auto written =
      graph.mutate({.source = kInsert, .params = R"({"n":"Cy"})", .branch = "draft"});
  ASSERT_TRUE(written.ok()) << written.error().message();
  EXPECT_EQ(written->commit->branch, "draft");
  EXPECT_EQ(names(graph), "Ada Bo");
  EXPECT_EQ(names(graph, {.source = kAll, .branch = " draft "}), "Ada Bo Cy");
  const auto again = graph.create_branch("draft");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().message(), "branch 'draft' already exists");
  EXPECT_EQ(graph.create_branch("x", "ghost").error().message(), "branch 'ghost' not found");

  const auto loaded = graph.load_text("{\"type\":\"Person\",\"data\":{\"name\":\"Di\"}}",
                                      {.mode = LoadMode::kMerge, .branch = "new", .from = "draft"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message();
  EXPECT_TRUE(loaded->branch_created);
  EXPECT_EQ(names(graph, {.source = kAll, .branch = "new"}), "Ada Bo Cy Di");
  const auto missing = graph.load_text("", {.mode = LoadMode::kMerge, .branch = "none"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message(), "branch 'none' not found");
}

TEST_F(GraphTest, HistoryAndSnapshot) {
  const Graph graph = filled();
  ASSERT_TRUE(graph.create_branch("draft").ok());
  ASSERT_TRUE(graph.mutate({.source = kInsert, .params = R"({"n":"Cy"})", .branch = "draft"}).ok());
  const auto main = graph.commits();
  ASSERT_TRUE(main.ok()) << main.error().message();
  ASSERT_EQ(main->size(), 2U);  // the load and the genesis
  EXPECT_EQ((*main)[0].parent, (*main)[1].id);
  EXPECT_EQ((*main)[1].parent, std::nullopt);
  const auto draft = graph.commits("draft");
  ASSERT_EQ(draft->size(), 3U);
  EXPECT_EQ((*draft)[0].branch, "draft");
  EXPECT_EQ((*draft)[1].id, (*main)[0].id);
  EXPECT_EQ(graph.commit((*draft)[0].id)->version, (*draft)[0].version);
  EXPECT_EQ(graph.commit("nope").error().message(), "commit 'nope' not found");

  const auto info = graph.snapshot();
  ASSERT_TRUE(info.ok()) << info.error().message();
  EXPECT_EQ(info->version, (*main)[0].version);
  ASSERT_EQ(info->datasets.size(), 2U);
  EXPECT_TRUE(info->datasets[0].is_edge);
  EXPECT_EQ(info->datasets[0].entities, 1U);
  EXPECT_EQ(info->datasets[1].type_name, "Person");
  EXPECT_EQ(info->datasets[1].entities, 2U);
  EXPECT_GE(info->datasets[1].version, 1U);
  EXPECT_EQ(graph.snapshot("draft")->datasets[1].entities, 3U);
}

TEST_F(GraphTest, ExportLoadsElsewhere) {
  const Graph graph = filled();
  std::string text;
  const auto sink = [&](std::string_view piece) -> Status {
    text += piece;
    return {};
  };
  const Status exported = graph.export_ndjson("main", {}, sink);
  ASSERT_TRUE(exported.ok()) << exported.error().message();
  const auto other = Graph::create((folder_ / "other.omni").string(), kSchema);
  ASSERT_TRUE(other.ok());
  const auto loaded = other->load_text(text, {.mode = LoadMode::kOverwrite});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message() << text;
  EXPECT_EQ(loaded->total_entities, 3U);
  EXPECT_EQ(names(*other), "Ada Bo");
  text.clear();
  ASSERT_TRUE(graph.export_ndjson("main", {"Person"}, sink).ok());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(graph.export_ndjson("main", {"Nobody"}, sink).error().message(),
            "unknown export type 'Nobody'");
}

TEST_F(GraphTest, ReadersRefuseToWrite) {
  { const Graph graph = filled(); }
  const auto graph = Graph::open(root_, {.read_only = true});
  ASSERT_TRUE(graph.ok()) << graph.error().message();
  EXPECT_EQ(names(*graph), "Ada Bo");
  EXPECT_EQ(graph->mutate({.source = kInsert, .params = R"({"n":"X"})"}).error().code(),
            ErrorCode::kReadOnly);
  EXPECT_EQ(graph->create_branch("x").error().code(), ErrorCode::kReadOnly);
}

TEST_F(GraphTest, HandlesSeeEachOther) {
  const Graph first = filled();
  const auto second = Graph::open(root_);
  ASSERT_TRUE(second.ok());
  ASSERT_TRUE(second->mutate({.source = kInsert, .params = R"({"n":"Cy"})"}).ok());
  EXPECT_EQ(names(first), "Ada Bo Cy");
  ASSERT_TRUE(first.mutate({.source = kInsert, .params = R"({"n":"Di"})"}).ok());
  EXPECT_EQ(names(*second), "Ada Bo Cy Di");
}

TEST_F(GraphTest, ThreadsShareAHandle) {
  const Graph graph = filled();
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string params =
            "{\"n\":\"p" + std::to_string(t * kEach + i) + "\",\"a\":" + std::to_string(i) + "}";
        if (!graph.mutate({.source = kInsert, .params = params}).ok()) ++failures;
        if (!graph.query({.source = kOne, .params = params}).ok()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(graph.query({.source = kAll})->rows(), std::size_t{2 + kThreads * kEach});
  EXPECT_EQ(graph.commits()->size(), std::size_t{2 + kThreads * kEach});
}

TEST_F(GraphTest, PlansAreShownWhenAskedFor) {
  const Graph graph = filled();
  EXPECT_EQ(graph.query({.source = kAll})->plan(), "");
  const auto explained = graph.query({.source = kAll, .explain = true});
  ASSERT_TRUE(explained.ok());
  EXPECT_FALSE(explained->plan().empty());
  EXPECT_EQ(explained->rows(), 2U);
}

TEST_F(GraphTest, SchemaPlan) {
  const Graph graph = create("node Bird { code: String @key }");
  const auto same = graph.plan_schema("node Bird {\n  code: String @key\n}");
  ASSERT_TRUE(same.ok()) << same.error().message();
  EXPECT_TRUE(same->supported);
  EXPECT_TRUE(same->steps.empty());
  const auto more = graph.plan_schema("node Bird { code: String @key  song: String? }");
  ASSERT_EQ(more->steps.size(), 1U);
  EXPECT_EQ(more->steps[0].text, "add property 'Bird.song' (String?) on node 'Bird'");
  EXPECT_TRUE(more->steps[0].json.starts_with("{\"kind\":\"add_property\""));
  EXPECT_FALSE(graph.plan_schema("node Bird { code: I32 @key }")->supported);
  EXPECT_FALSE(graph.plan_schema("node").ok());
}

}  // namespace
}  // namespace omnigraph
