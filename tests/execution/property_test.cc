// Any plan of any read over any segmentation gives the answer of nested loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "common/thread_pool.h"
#include "execution/naive_evaluator.h"
#include "execution/query_generator.h"
#include "query/parse.h"

namespace omnigraph::testing {
namespace {

// OMNIGRAPH_GENERATED_QUERIES asks for more than the suite's few hundred, OMNIGRAPH_SEED for
// others.
std::uint64_t setting(const char* name, std::uint64_t usual) {
  const char* text = std::getenv(name);
  return text == nullptr ? usual : std::strtoull(text, nullptr, 10);
}

Result<TypedRead> check_text(const std::string& source, const Catalog& catalog) {
  OG_ASSIGN_OR_RETURN(const QueryFile file, parse_queries(source));
  return check_read(file.queries.front(), catalog);
}

bool is_sub_multiset(std::vector<std::string> some, std::vector<std::string> all) {
  std::sort(some.begin(), some.end());
  std::sort(all.begin(), all.end());
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

class Comparison {
 public:
  Comparison(const GraphBuilder& graph, const TypedRead& query, const ParameterValues& values)
      : query_(query), expected_(NaiveEvaluator(graph, query, values).run()) {}

  // Empty: the rows are a right answer.
  std::string judge(const QueryResult& result) const {
    std::vector<std::string> rows = texts(result);
    std::vector<std::string> expected = expected_.rows;
    const auto show = [](const std::vector<std::string>& list) {
      std::string text;
      for (const std::string& row : list) text += "  " + row + "\n";
      return text;
    };
    if (!expected_.ordered && !query_.aggregate && query_.limit) {
      const std::uint64_t n = std::min<std::uint64_t>(*query_.limit, expected_.before_limit);
      if (rows.size() == n && is_sub_multiset(rows, expected)) return "";
    } else {
      if (!expected_.ordered) {
        std::sort(rows.begin(), rows.end());
        std::sort(expected.begin(), expected.end());
      }
      if (rows == expected) return "";
    }
    return "expected\n" + show(expected) + "got\n" + show(rows);
  }

 private:
  const TypedRead& query_;
  const NaiveAnswer expected_;
};

TEST(PropertyTest, EveryPlanAgreesWithNestedLoops) {
  const std::uint64_t seed = setting("OMNIGRAPH_SEED", 20260101);
  const std::uint64_t wanted = setting("OMNIGRAPH_GENERATED_QUERIES", 400);
  Dice dice(seed);
  std::uint64_t asked = 0, refused = 0, with_rows = 0;
  const Runtime runtime = test_runtime();
  Runtime threads = test_runtime();
  threads.executor = std::make_shared<ThreadPool>(2);
  while (asked < wanted && refused < wanted * 20) {
    static constexpr std::size_t kSegments[] = {1, 3, 40};
    const std::size_t segments = kSegments[dice.below(3)];
    const auto graph = generate_graph(dice, segments);
    const SnapshotPtr snapshot = graph->snapshot();
    for (int q = 0; q < 20 && asked < wanted; ++q) {
      const std::string source = generate_query(dice, graph->catalog());
      const auto named = generated_parameters(dice);
      const auto read = check_text(source, graph->catalog());
      if (!read.ok()) {
        ++refused;
        continue;
      }
      if (read->variables.size() > 6) continue;  // nested loops would take too long
      ParameterValues values;
      for (const Parameter& p : read->parameters) values.emplace_back(named.at(p.name));
      const Comparison comparison(*graph, *read, values);
      ++asked;
      for (std::uint64_t plan = 0; plan < 7; ++plan) {
        PlanOptions options;
        if (plan > 0) {
          options.choice_seed = dice.next();
          options.weights = plan % 2 == 0;
        }
        const auto made = make_plan(*read, *snapshot, options);
        ASSERT_TRUE(made.ok()) << source << "\n" << made.error().message();
        QueryLimits limits{.paged_nodes = dice.chance(50) ? 0U : 64U};
        // The machinery of large tables, on small ones.
        if (plan % 2 == 1 || plan == 6)
          limits.grain = {static_cast<std::uint32_t>(1 + plan % 3), 0, 0, plan};
        const auto result = run_plan(**made, *snapshot, values, DateTime{1'700'000'000'000},
                                     plan % 3 == 0 ? threads : runtime, limits);
        ASSERT_TRUE(result.ok()) << source << "\n" << result.error().message();
        with_rows += plan == 0 && result->rows > 0 ? 1 : 0;
        const std::string wrong = comparison.judge(*result);
        ASSERT_EQ(wrong, "") << source << "\nseed " << seed << ", query " << asked << ", plan "
                             << plan << ", segments " << segments;
      }
    }
  }
  std::printf("seed %llu: %llu queries (%llu with rows), %llu refused by the checker\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(asked),
              static_cast<unsigned long long>(with_rows), static_cast<unsigned long long>(refused));
  EXPECT_EQ(asked, wanted);
  EXPECT_GT(with_rows, wanted / 4);
}

}  // namespace
}  // namespace omnigraph::testing
