#include "common/persistent_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "common/test_runtime.h"

namespace omnigraph {
namespace {

using Map = PersistentMap<std::string, int>;

std::map<std::string, int> content(const Map& map) {
  std::map<std::string, int> out;
  std::string last;
  for (const auto& [key, value] : map) {
    EXPECT_TRUE(out.empty() || last < key);
    last = key;
    out.emplace(key, value);
  }
  EXPECT_EQ(out.size(), map.size());
  return out;
}

TEST(PersistentMap, EqualsAnOrdinaryMapAndKeepsOldCopies) {
  SeededRandom random(7);
  Map map;
  std::map<std::string, int> model;
  std::vector<std::pair<Map, std::map<std::string, int>>> copies;
  for (int i = 0; i < 5'000; ++i) {
    const std::string key = std::to_string(random.next() % 700);
    if (random.next() % 3 == 0) {
      EXPECT_EQ(map.erase(key), model.erase(key) > 0);
    } else {
      map.set(key, i);
      model[key] = i;
    }
    if (i % 250 == 0) copies.emplace_back(map, model);
    const int* found = map.get(key);
    const auto expected = model.find(key);
    ASSERT_EQ(found != nullptr, expected != model.end());
    if (found == nullptr) continue;
    EXPECT_EQ(*found, expected->second);
  }
  EXPECT_EQ(content(map), model);
  for (const auto& [copy, then] : copies) EXPECT_EQ(content(copy), then);
}

TEST(PersistentMap, FindsBounds) {
  Map map;
  EXPECT_EQ(map.begin(), map.end());
  EXPECT_EQ(map.lower_bound("a"), map.end());
  for (const char* key : {"b", "d", "f"}) map.set(key, 1);
  EXPECT_EQ(map.lower_bound("a")->first, "b");
  EXPECT_EQ(map.lower_bound("b")->first, "b");
  EXPECT_EQ(map.lower_bound("c")->first, "d");
  EXPECT_EQ(map.lower_bound("g"), map.end());
  EXPECT_EQ(map.find("c"), map.end());
  auto at = map.find("d");
  EXPECT_EQ((++at)->first, "f");
  EXPECT_EQ(++at, map.end());
}

TEST(PersistentMap, CopiesOnlyAPath) {
  Map map;
  for (int i = 0; i < 100'000; ++i) map.set(std::to_string(i), i);
  const std::uint64_t before = Map::nodes_made();
  map.set("77777", 0);
  EXPECT_LE(Map::nodes_made() - before, 25U);
  map.erase("12345");
  EXPECT_LE(Map::nodes_made() - before, 80U);
}

}  // namespace
}  // namespace omnigraph
