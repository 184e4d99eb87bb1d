#include "query/select.h"

#include <gtest/gtest.h>

#include "query/parse.h"

namespace omnigraph {
namespace {

// The limit of the chosen query, which tells the queries of these sources apart, or the error.
std::string chosen(const char* source, std::optional<std::string_view> name) {
  auto file = parse_queries(source);
  EXPECT_TRUE(file.ok());
  auto query = select_query(*file, name);
  if (!query.ok()) return query.error().message();
  return std::to_string(*std::get<ReadBody>((*query)->body).limit);
}

constexpr const char* kOne = "query one() { match { $t: T } return { 1 } limit 1 }";
constexpr const char* kThree =
    "query one() { match { $t: T } return { 1 } limit 1 }"
    "query two() { match { $t: T } return { 1 } limit 2 }"
    "query two() { match { $t: T } return { 1 } limit 3 }";

TEST(Select, ByName) {
  EXPECT_EQ(chosen(kThree, "one"), "1");
  EXPECT_EQ(chosen(kThree, "two"), "2");  // the first of that name
  EXPECT_EQ(chosen(kOne, "one"), "1");
  EXPECT_EQ(chosen(kThree, "three"), "query 'three' not found");
  EXPECT_EQ(chosen(kOne, "two"), "query 'two' not found");
  EXPECT_EQ(chosen("", "two"), "query 'two' not found");
}

TEST(Select, WithoutName) {
  EXPECT_EQ(chosen(kOne, std::nullopt), "1");
  EXPECT_EQ(chosen(kThree, std::nullopt), "query file contains multiple queries; pass --name");
  EXPECT_EQ(chosen("// none", std::nullopt), "query file contains multiple queries; pass --name");
}

}  // namespace
}  // namespace omnigraph
