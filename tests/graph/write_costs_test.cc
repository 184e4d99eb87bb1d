// What single-row writes cost, counted at the store: one put, nothing read, the same bytes at any
// depth and size; and what a process that knows nothing of the graph reads for one.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/test_runtime.h"
#include "graph/engine.h"
#include "storage/counting_store.h"

namespace omnigraph {
namespace {

constexpr std::string_view kSchema = "node Person { key: String @key  name: String  age: I32 }";
constexpr std::string_view kStatements = R"(
query add($key: String) { insert Person { key: $key name: "Ada Lovelace" age: 36 } }
query change($key: String) { update Person set { age: 37 } where key = $key }
query remove($key: String) { delete Person where key = $key }
)";

// Keys of equal length, so that equal changes have equal bytes.
std::string key_of(std::uint64_t i) {
  std::string digits = std::to_string(i);
  return "k" + std::string(8 - digits.size(), '0') + digits;
}

class WriteCosts : public testing::Test {
 protected:
  std::unique_ptr<Graph::Engine> create(std::uint64_t rows) {
    objects_ = counted(make_memory_store());
    auto made = Graph::Engine::create(
        [this]() -> Result<ObjectStorePtr> { return ObjectStorePtr(objects_); }, "", kSchema, {},
        test_runtime());
    EXPECT_TRUE(made.ok());
    std::string text;
    for (std::uint64_t i = 0; i < rows; ++i) {
      text += R"({"type":"Person","data":{"key":")" + key_of(i) +
              R"(","name":"Ada Lovelace","age":)" + std::to_string(i % 80) + "}}\n";
    }
    const auto source = text_load_source(text);
    const auto loaded = (*made)->load(*source, {.mode = LoadMode::kOverwrite});
    EXPECT_TRUE(loaded.ok()) << loaded.error().message();
    return std::move(made).value();
  }

  static void write(Graph::Engine& graph, std::string_view statement, const std::string& key) {
    const std::string params = R"({"key":")" + key + "\"}";
    const auto done = graph.mutate({.source = kStatements, .name = statement, .params = params});
    ASSERT_TRUE(done.ok()) << done.error().message();
    EXPECT_EQ(done->affected_nodes, 1u);
  }

  // Inserts, changes and removes one row; what each of the three cost.
  std::vector<StoreCounts> round(Graph::Engine& graph, std::uint64_t number) {
    std::vector<StoreCounts> costs;
    const std::string key = key_of(90'000'000 + number);
    for (const char* statement : {"add", "change", "remove"}) {
      objects_->reset();
      write(graph, statement, key);
      costs.push_back(objects_->counts());
    }
    return costs;
  }

  std::shared_ptr<CountingStore> objects_;
};

TEST_F(WriteCosts, OnePutOfTheSameBytesAtAnyDepthAndSize) {
  std::vector<std::uint64_t> bytes[3];
  for (const std::uint64_t rows : {1'000, 100'000}) {
    const auto graph = create(rows);
    std::uint64_t depth = 0;
    for (const std::uint64_t wanted : {10, 100, 1'000}) {
      for (; depth + 3 <= wanted; depth += 3) (void)round(*graph, depth);
      // Housekeeping comes due now and then: the round is that of an ordinary commit.
      std::vector<StoreCounts> best;
      for (int i = 0; i < 5; ++i, depth += 3) {
        const auto costs = round(*graph, depth);
        if (best.empty()) best = costs;
        for (std::size_t k = 0; k < 3; ++k) {
          if (costs[k].all_puts() + costs[k].gets < best[k].all_puts() + best[k].gets) {
            best[k] = costs[k];
          }
        }
      }
      for (std::size_t k = 0; k < 3; ++k) {
        SCOPED_TRACE(std::to_string(rows) + " rows, depth " + std::to_string(wanted));
        EXPECT_EQ(best[k].puts_if_absent, 1u);
        EXPECT_EQ(best[k].all_puts(), 1u);
        EXPECT_EQ(best[k].lists, 0u);
        bytes[k].push_back(best[k].bytes_written);
      }
    }
  }
  for (const auto& sizes : bytes) {
    const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
    // Numbers in the header grow by a digit now and then.
    EXPECT_LE(*most - *least, 32u);
    EXPECT_LE(*most, 2'048u);
  }
}

// A handle that has just been opened reads the pages of one key and of one row, however many rows
// there are.
TEST_F(WriteCosts, AColdChangeReadsThePagesOfOneRow) {
  std::vector<StoreCounts> costs;
  for (const std::uint64_t rows : {100'000, 1'000'000}) {
    { const auto loaded = create(rows); }
    for (const char* statement : {"change", "remove"}) {
      auto opened = Graph::Engine::open(objects_, {}, test_runtime(7));
      ASSERT_TRUE(opened.ok());
      objects_->reset();
      write(**opened, statement, key_of(rows / 3));
      costs.push_back(objects_->counts());
      EXPECT_LE(costs.back().gets, 12u) << statement << " in " << rows;
      EXPECT_LE(costs.back().bytes_read, std::uint64_t{1} << 20) << statement << " in " << rows;
    }
  }
}

}  // namespace
}  // namespace omnigraph
