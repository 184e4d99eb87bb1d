// Every way a query can be stopped ends in a typed error and gives its memory back; explain tells
// what ran; mutations find their rows.
#include <gtest/gtest.h>

#include "common/json_writer.h"
#include "execution/context.h"
#include "execution/graph_builder.h"
#include "execution/predicate.h"
#include "query/parse.h"

namespace omnigraph::testing {
namespace {

constexpr std::string_view kSchema = R"(
node Town { name: String @key
  pop: I32?
  founded: Date? }
edge Road: Town -> Town { km: I32? }
)";

class LimitsTest : public ::testing::Test {
 protected:
  LimitsTest() : graph_(kSchema) {
    for (int i = 0; i < 60; ++i) {
      graph_.node("Town", name(i), {{"pop", i}, {"founded", Date{i}}});
    }
    for (int i = 0; i < 60; ++i) {
      for (int j = 0; j < 60; j += 3) graph_.edge("Road", name(i), name(j), {{"km", i + j}});
    }
  }
  static std::string name(int i) {
    std::string text = "T";
    if (i < 10) text += '0';
    return text + std::to_string(i);
  }

  Result<QueryResult> run(const std::string& body, const QueryLimits& limits,
                          const Runtime& runtime = test_runtime()) {
    const TypedRead read = check(graph_.catalog(), "query q() { " + body + " }");
    return run_read(read, *graph_.snapshot(), {}, DateTime{0}, runtime, limits);
  }

  GraphBuilder graph_;
};

constexpr const char* kProduct =
    "match { $a: Town  $b: Town  $c: Town  $d: Town  $a.pop < $d.pop } return { $a.name, $c.name }";

TEST_F(LimitsTest, MemoryLimitIsNamed) {
  QueryLimits limits;
  limits.memory_bytes = 100'000;
  const auto result = run(kProduct, limits);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_NE(result.error().message().find("query memory limit of 100000 bytes"), std::string::npos);
}

TEST_F(LimitsTest, DeadlineAndCancellation) {
  QueryLimits limits;
  limits.deadline_steady_nanos = 0;
  auto result = run(kProduct, limits);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kDeadlineExceeded);

  const std::atomic<bool> cancelled{true};
  limits = {};
  limits.cancelled = &cancelled;
  result = run(kProduct, limits);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
}

// A clock that moves a little each time it is asked: the deadline falls in the middle of the query.
class CreepingClock final : public Clock {
 public:
  std::int64_t now_micros() override { return 0; }
  std::int64_t steady_nanos() override { return nanos_.fetch_add(1); }

 private:
  std::atomic<std::int64_t> nanos_{0};
};

TEST_F(LimitsTest, DeadlineInTheMiddle) {
  Runtime runtime = test_runtime();
  runtime.clock = std::make_shared<CreepingClock>();
  QueryLimits limits;
  limits.deadline_steady_nanos = 50;
  const auto result = run(kProduct, limits, runtime);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kDeadlineExceeded);
}

// A dense graph: 160 towns, each with a road to all others.
class DenseGraphTest : public ::testing::Test {
 protected:
  static constexpr int kTowns = 160;
  DenseGraphTest() : graph_(kSchema) {
    for (int i = 0; i < kTowns; ++i) graph_.node("Town", std::to_string(1000 + i), {{"pop", i}});
    for (int i = 0; i < kTowns; ++i) {
      for (int j = 0; j < kTowns; ++j) {
        if (i == j) continue;
        graph_.edge("Road", std::to_string(1000 + i), std::to_string(1000 + j), {{"km", i * j}});
      }
    }
  }
  Result<QueryResult> run(const std::string& body, const QueryLimits& limits,
                          const Runtime& runtime) {
    const TypedRead read = check(graph_.catalog(), "query q() { " + body + " }");
    return run_read(read, *graph_.snapshot(), {}, DateTime{0}, runtime, limits);
  }
  GraphBuilder graph_;
};

// The clock is asked again after a bounded number of edges or rows, and wherever the deadline
// falls the query ends with its error.
TEST_F(DenseGraphTest, TheDeadlineIsAskedForOnTheWay) {
  struct Case {
    const char* body;
    std::int64_t asked;  // at least so often: one time each 65,536 edges or rows
  };
  // Each pass over the edges is 25,440 of them; a group is 64 of 160 towns.
  const Case cases[] = {
      {"match { $a: Town { name: \"1007\" }  $a road{1,64} $b } return { count($b) as n }", 2},
      {"match { $a: Town  $a road{1,64} $b } return { count($b) as n }", 4},
      {"match { $a: Town  $a road{2,64} $b } return { $a.name, $b.name } order { $b.pop }", 6},
      {"match { $a: Town  $b: Town  $a road{1,64} $b  $a.pop < $b.pop } "
       "return { count($b) as n }",
       4},
      {"match { $a: Town  $a road $b } return { $a.name, $b.name } order { $b.pop desc }", 4},
      {"match { $a: Town  $a road $b  $b road $c  $c road $a } return { count($c) as n }", 60},
      {"match { $a: Town  $a road $b } return { $a.pop, $b.pop, count($b) as n } order { n }", 4},
      {"match { $a: Town  $b: Town  $a.pop < $b.pop  not { $a road $b } } return { $a.name }", 8},
  };
  for (const Case& c : cases) {
    Runtime runtime = test_runtime();
    runtime.clock = std::make_shared<CreepingClock>();
    QueryLimits limits;
    limits.deadline_steady_nanos = INT64_MAX;
    ASSERT_TRUE(run(c.body, limits, runtime).ok()) << c.body;
    const std::int64_t asked = runtime.clock->steady_nanos();
    EXPECT_GE(asked, c.asked) << c.body;
    for (int part = 0; part < 4; ++part) {
      runtime.clock = std::make_shared<CreepingClock>();
      limits.deadline_steady_nanos = asked * part / 4;
      const auto result = run(c.body, limits, runtime);
      ASSERT_FALSE(result.ok()) << c.body;
      EXPECT_EQ(result.error().code(), ErrorCode::kDeadlineExceeded) << c.body;
    }
  }
}

TEST_F(DenseGraphTest, MemoryEndsSearchesAndSorts) {
  QueryLimits limits;
  limits.memory_bytes = 100'000;
  for (const char* body :
       {"match { $a: Town  $a road{1,64} $b } return { $a.name, $b.name } order { $b.pop }",
        "match { $a: Town  $a road $b } return { $a.pop, $b.pop, count($b) as n } order { n }"}) {
    const auto result = run(body, limits, test_runtime());
    ASSERT_FALSE(result.ok()) << body;
    EXPECT_EQ(result.error().code(), ErrorCode::kResourceExhausted);
    EXPECT_NE(result.error().message().find("query memory limit of 100000"), std::string::npos);
  }
  limits.memory_bytes = 5'000;  // not even the words of a group of searches
  const auto result =
      run("match { $a: Town  $a road{1,64} $b } return { count($b) as n }", limits, test_runtime());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kResourceExhausted);
}

TEST_F(LimitsTest, PatternsHaveALimit) {
  const auto chain = [](int n) {
    std::string body = "match { $v0: Town ";
    for (int i = 0; i < n; ++i) {
      body += " $v" + std::to_string(i) + " road $v" + std::to_string(i + 1);
    }
    return body + " } return { count($v0) as n }";
  };
  const auto counted = run(chain(1000), {});
  ASSERT_FALSE(counted.ok());
  EXPECT_EQ(counted.error().code(), ErrorCode::kResourceExhausted);  // 20^1000 ways
  const auto result = run(chain(1001), {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kBadRequest);
  EXPECT_NE(result.error().message().find("at most 1000 are planned"), std::string::npos);
}

TEST_F(LimitsTest, LimitEndsEarly) {
  QueryLimits limits;
  limits.memory_bytes = 1'000'000;
  const auto result =
      run("match { $a: Town  $b: Town  $c: Town  $d: Town } "
          "return { $a.name, $d.name } limit 5",
          limits);
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_EQ(result->rows, 5U);
}

TEST_F(LimitsTest, CountsBeyondI64AreErrors) {
  std::string match = "match { ";
  for (char v = 'a'; v <= 'l'; ++v) match += std::string("$") + v + ": Town  ";
  // 60^12 matches: counted without listing one, and too many for I64.
  const auto result = run(match + "} return { count($a) as n }", {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kResourceExhausted);
}

TEST_F(LimitsTest, ReservationsComeBack) {
  const Runtime runtime = test_runtime();
  const std::vector<Parameter> none;
  const SnapshotPtr snapshot = graph_.snapshot();
  QueryLimits limits;
  limits.memory_bytes = 1000;
  QueryContext context(*snapshot, none, {}, DateTime{0}, runtime, limits);
  {
    Reservation a(context);
    EXPECT_TRUE(a.grow_to(600).ok());
    Reservation b(context);
    EXPECT_FALSE(b.grow_to(600).ok());
    EXPECT_TRUE(b.grow_to(400).ok());
    EXPECT_EQ(context.used(), 1000U);
  }
  EXPECT_EQ(context.used(), 0U);
  EXPECT_EQ(context.peak(), 1000U);
}

TEST_F(LimitsTest, ExplainSaysWhatBecameWeights) {
  PlanNode plan;
  const auto result = ask(graph_.snapshot(),
                          "query q() { match { $a: Town  $a road $b  $b road $c } "
                          "return { $b.name, count($c) as n } order { n desc } limit 2 }",
                          {}, {}, &plan);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(plan.name, "aggregate");
  EXPECT_EQ(plan.actual_rows, 2U);
  ASSERT_EQ(plan.children.size(), 1U);
  EXPECT_EQ(plan.children[0].name, "scan");
  EXPECT_EQ(plan.children[0].actual_rows, 20U);
  EXPECT_EQ(plan.children[0].children.size(), 2U);
  const std::string text = render_plan(plan);
  EXPECT_NE(text.find("weights $b <- Road <- $a"), std::string::npos) << text;
  EXPECT_NE(text.find("actual 20"), std::string::npos) << text;
  std::string json;
  JsonWriter writer(json);
  write_plan(writer, plan);
  EXPECT_NE(json.find("\"name\":\"scan\""), std::string::npos) << json;
}

TEST_F(LimitsTest, SelectRowsForMutations) {
  const auto select = [&](const std::string& type, const std::string& where,
                          const ParameterValues& values = {}) {
    const QueryFile file =
        *parse_queries("query q($p: Date) { delete " + type + " where " + where + " }");
    const TypedMutation mutation = *check_mutation(file.queries.front(), graph_.catalog());
    const auto& statement = std::get<TypedDelete>(mutation.statements.front());
    const auto rows = select_rows(*graph_.snapshot(), statement.type, statement.where,
                                  mutation.parameters, values, DateTime{0}, test_runtime());
    EXPECT_TRUE(rows.ok()) << (rows.ok() ? "" : rows.error().message());
    return rows.ok() ? *rows : std::vector<RowId>{};
  };
  EXPECT_EQ(select("Town", "name = \"T07\""), (std::vector<RowId>{7}));
  EXPECT_EQ(select("Town", "name = \"nobody\""), std::vector<RowId>{});
  EXPECT_EQ(select("Town", "pop < 3"), (std::vector<RowId>{0, 1, 2}));
  EXPECT_EQ(select("Town", "pop < 2.5"), (std::vector<RowId>{0, 1, 2}));
  EXPECT_EQ(select("Town", "founded <= $p", {Value("1970-01-02")}), (std::vector<RowId>{0, 1}));
  EXPECT_EQ(select("Road", "from = \"T00\"").size(), 20U);
  EXPECT_EQ(select("Road", "to = \"T03\"").size(), 60U);
  EXPECT_EQ(select("Road", "km > 115").size(), 1U);
}

}  // namespace
}  // namespace omnigraph::testing
