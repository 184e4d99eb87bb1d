// The judge finds what is wrong with histories that are known to be.
#include "consistency/history.h"

#include <gtest/gtest.h>

namespace omnigraph::consistency {
namespace {

using Outcome = Transaction::Outcome;

Transaction at(std::int64_t began, std::int64_t ended) {
  Transaction t;
  t.began = began;
  t.ended = ended;
  return t;
}
Transaction append(std::int64_t began, std::int64_t ended, int key, std::int64_t value) {
  Transaction t = at(began, ended);
  t.appends = {{key, value}};
  return t;
}
Transaction read(std::int64_t began, std::int64_t ended,
                 std::map<int, std::vector<std::int64_t>> lists) {
  Transaction t = at(began, ended);
  t.lists = std::move(lists);
  return t;
}
std::string first(const History& history) {
  const auto found = judge(history);
  return found.empty() ? "" : found[0];
}

TEST(Judge, SerialHistoriesHold) {
  EXPECT_EQ(first({append(0, 1, 1, 10), append(2, 3, 1, 11), read(4, 5, {{1, {10, 11}}})}), "");
  // While they overlap, either order will do.
  EXPECT_EQ(first({append(0, 9, 1, 10), append(0, 9, 1, 11), read(1, 8, {{1, {11}}}),
                   read(10, 11, {{1, {11, 10}}})}),
            "");
}

TEST(Judge, WhatIsWrongWithLists) {
  EXPECT_EQ(first({append(0, 1, 1, 10), read(2, 3, {{1, {10, 12}}})}), "nobody wrote 12 of key 1");
  EXPECT_EQ(first({append(0, 1, 1, 10), append(0, 1, 1, 11), read(2, 3, {{1, {10, 11}}}),
                   read(2, 3, {{1, {11}}})}),
            "two reads of list 1 disagree on its order");
  Transaction refused = append(0, 1, 1, 10);
  refused.outcome = Outcome::kRefused;
  EXPECT_EQ(first({refused, read(2, 3, {{1, {10}}})}), "read although refused: 10 of key 1");
  EXPECT_EQ(first({append(0, 1, 1, 10), read(2, 3, {{1, {10, 10}}})}),
            "twice in its list: 10 of key 1");
}

TEST(Judge, LostAndStale) {
  // Acknowledged, then not there.
  EXPECT_NE(first({append(0, 1, 1, 10), read(2, 3, {{1, {}}})}).find("cycle"), std::string::npos);
  EXPECT_NE(
      first({append(0, 1, 1, 10), append(2, 3, 1, 11), read(4, 5, {{1, {10}}})}).find("cycle"),
      std::string::npos);
  // Unknown outcomes may be there or not.
  Transaction unknown = append(0, 1, 1, 10);
  unknown.outcome = Outcome::kUnknown;
  EXPECT_EQ(first({unknown, read(2, 3, {{1, {}}})}), "");
  EXPECT_EQ(first({unknown, read(2, 3, {{1, {10}}})}), "");
}

TEST(Judge, TornReadsAndWriteSkew) {
  Transaction both = at(0, 9);
  both.appends = {{1, 10}, {2, 20}};
  EXPECT_NE(first({both, read(1, 8, {{1, {10}}, {2, {}}}), read(10, 11, {{1, {10}}, {2, {20}}})})
                .find("cycle"),
            std::string::npos);
  // Each reads what the other writes, and neither sees it.
  Transaction one = at(0, 9), other = at(0, 9);
  one.lists = {{1, {}}};
  one.appends = {{2, 20}};
  other.lists = {{2, {}}};
  other.appends = {{1, 10}};
  EXPECT_NE(first({one, other, read(10, 11, {{1, {10}}, {2, {20}}})}).find("cycle"),
            std::string::npos);
}

TEST(Judge, Registers) {
  const auto write = [](std::int64_t began, std::int64_t ended, std::int64_t value,
                        std::uint64_t version) {
    Transaction t = at(began, ended);
    t.writes = {{1, value}};
    t.version = version;
    return t;
  };
  const auto see = [](std::int64_t began, std::int64_t ended, std::optional<std::int64_t> value) {
    Transaction t = at(began, ended);
    t.registers = {{1, value}};
    return t;
  };
  EXPECT_EQ(first({write(0, 1, 5, 1), write(2, 3, 6, 2), see(4, 5, 6)}), "");
  EXPECT_NE(first({write(0, 1, 5, 1), write(2, 3, 6, 2), see(4, 5, 5)}).find("cycle"),
            std::string::npos);
  EXPECT_NE(first({write(0, 1, 5, 1), see(2, 3, std::nullopt)}).find("cycle"), std::string::npos);
  EXPECT_EQ(first({see(2, 3, 9)}), "nobody wrote 9 of key 1");
  // Committed in an order that real time contradicts.
  EXPECT_NE(first({write(0, 1, 5, 2), write(2, 3, 6, 1)}).find("cycle"), std::string::npos);
}

TEST(Judge, LinesKeepEverything) {
  Transaction t = at(5, 6);
  t.process = 3;
  t.outcome = Outcome::kUnknown;
  t.version = 9;
  t.appends = {{1, -2}};
  t.writes = {{3, 4}, {5, 6}};
  t.lists = {{1, {}}, {2, {7, 8}}};
  t.registers = {{1, std::nullopt}, {2, 9}};
  const auto back = from_line(to_line(t));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_line(*back), to_line(t));
  EXPECT_FALSE(from_line("1 2 x"));
}

}  // namespace
}  // namespace omnigraph::consistency
