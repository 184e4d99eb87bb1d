// Each rule of spec/writes.md §4: one write that keeps it, one that breaks it.
#include "memory_graph.h"

namespace omnigraph::test {
namespace {

TEST(Rules, RangeCheckEnum) {
  MemoryGraph graph(R"(node Part { code: String @key  size: I32?  f: F64?  kind: enum(bolt, nut)?
    @range(size, 1..10)  @check(code, "^[a-z]+$") })");
  const auto error = [&](const std::string& s, const ParameterValues& p = {}) {
    return graph.mutate(s, p).error;
  };
  EXPECT_EQ(error(R"(query q() { insert Part { code: "a", size: 11 } })"),
            "@range violation on Part.size: value 11 > max 10 (node 'a')");
  EXPECT_EQ(
      error(R"(query q() { insert Part { code: "A1", size: 1 } })"),
      "@check violation on Part.code: value 'A1' does not match pattern '^[a-z]+$' (node 'A1')");
  EXPECT_EQ(error(R"(query q($k: String) { insert Part { code: "a", kind: $k } })", {Value("cog")}),
            "invalid enum value 'cog' for Part.kind (expected: bolt, nut) (node 'a')");
  EXPECT_EQ(error(R"(query q() { insert Part { code: "a", size: 10, kind: "nut" } })"), "");
  EXPECT_EQ(error(R"(query q() { update Part set { size: 0 } where code = "a" })"),
            "@range violation on Part.size: value 0 < min 1 (node 'a')");
  // A version that a later statement replaces is held to the rules as well.
  EXPECT_EQ(
      error(
          R"(query q() { insert Part { code: "b", size: 99 } insert Part { code: "b", size: 2 } })"),
      "@range violation on Part.size: value 99 > max 10 (node 'b')");
  EXPECT_EQ(
      error(R"(query q($s: I32?) { update Part set { size: $s } where code = "a" })", {Value()}),
      "");
}

constexpr const char* kMembers = R"(node Member { handle: String @key  badge: String? @unique
  room: I32?  desk: I32?  @unique(room, desk) })";

class Members : public ::testing::Test {
 protected:
  Members() : graph(kMembers) {
    EXPECT_EQ(error(R"(query q() { insert Member { handle: "ada", badge: "b1", room: 1, desk: 1 }
                                   insert Member { handle: "bo" } })"),
              "");
  }
  std::string error(const std::string& source) { return graph.mutate(source).error; }
  MemoryGraph graph;
};

TEST_F(Members, UniqueAgainstCommitted) {
  EXPECT_EQ(error(R"(query q() { insert Member { handle: "cy", badge: "b1" } })"),
            "@unique violation on Member.badge: value 'b1' held by 'ada' and 'cy'");
  EXPECT_EQ(error(R"(query q() { update Member set { badge: "b1" } where handle = "bo" })"),
            "@unique violation on Member.badge: value 'b1' held by 'ada' and 'bo'");
  EXPECT_EQ(error(R"(query q() { insert Member { handle: "flo", room: 1, desk: 1 } })"),
            "@unique violation on Member.(desk, room): value '(1, 1)' held by 'ada' and 'flo'");
  EXPECT_EQ(
      error(
          R"(query q() { insert Member { handle: "cy" } insert Member { handle: "dee", room: 1 } })"),
      "");
  EXPECT_EQ(
      error(R"(query q() { insert Member { handle: "ada", badge: "b1", room: 2, desk: 2 } })"), "");
}

TEST_F(Members, UniqueWithinTheWrite) {
  EXPECT_EQ(
      error(
          R"(query q() { insert Member { handle: "cy", badge: "b2" } insert Member { handle: "dee", badge: "b2" } })"),
      "@unique violation on Member.badge: value 'b2' held by 'cy' and 'dee'");
  EXPECT_EQ(
      error(
          R"(query q() { insert Member { handle: "cy", badge: "b2" } insert Member { handle: "cy", badge: "b2" } })"),
      "");
}

TEST_F(Members, FreedValueMayBeTaken) {
  EXPECT_EQ(error(R"(query q() { update Member set { badge: "b9" } where handle = "ada"
                                 insert Member { handle: "cy", badge: "b1" } })"),
            "");
  EXPECT_EQ(error(R"(query q() { delete Member where handle = "cy" })"), "");
  EXPECT_EQ(error(R"(query q() { insert Member { handle: "dee", badge: "b1" } })"), "");
}

TEST_F(Members, OneUpdateMayNotShareATupleEvenForAWhile) {
  EXPECT_EQ(
      error(
          R"(query q() { insert Member { handle: "cy", room: 5 } insert Member { handle: "dee", room: 5 }
      update Member set { desk: 3 } where room = 5  update Member set { desk: 4 } where handle = "dee" })"),
      "@unique violation on Member.(desk, room): value '(3, 5)' held by 'cy' and 'dee'");
}

TEST(Rules, UniqueEnds) {
  MemoryGraph graph(R"(node Sailor { handle: String @key }
    edge Mentors: Sailor -> Sailor { note: String?  @unique(src, dst) })");
  EXPECT_EQ(
      graph
          .mutate(R"(query q() { insert Sailor { handle: "ada" } insert Sailor { handle: "bo" }
      insert Mentors { from: "ada", to: "bo" } insert Mentors { from: "bo", to: "ada" } })")
          .error,
      "");
  EXPECT_EQ(
      graph.mutate(R"(query q() { insert Mentors { from: "ada", to: "bo" } })").error.substr(0, 74),
      "@unique violation on Mentors.(dst, src): value '(bo, ada)' held by '01HK15");
  EXPECT_EQ(graph.mutate(R"(query q() { delete Mentors where from = "ada" })").edges, 1u);
  EXPECT_EQ(graph.mutate(R"(query q() { insert Mentors { from: "ada", to: "bo" } })").error, "");
}

class Cards : public ::testing::Test {
 protected:
  Cards()
      : graph(R"(node Sailor { handle: String @key } node Ship { name: String @key }
                     edge ServesOn: Sailor -> Ship @card(1..2))") {
    EXPECT_EQ(error(R"(query q() { insert Sailor { handle: "ada" } insert Ship { name: "Orca" }
      insert Ship { name: "Lark" } insert Ship { name: "Tern" } insert ServesOn { from: "ada", to: "Orca" } })"),
              "");
  }
  std::string error(const std::string& source) { return graph.mutate(source).error; }
  MemoryGraph graph;
};

TEST_F(Cards, Maximum) {
  EXPECT_EQ(
      error(
          R"(query q() { insert ServesOn { from: "ada", to: "Lark" } insert ServesOn { from: "ada", to: "Tern" } })"),
      "@card violation on edge ServesOn: source 'ada' has 3 edges (max 2)");
  EXPECT_EQ(error(R"(query q() { insert ServesOn { from: "ada", to: "Lark" } })"), "");
  EXPECT_EQ(error(R"(query q() { insert ServesOn { from: "ada", to: "Tern" } })"),
            "@card violation on edge ServesOn: source 'ada' has 3 edges (max 2)");
}

TEST_F(Cards, MinimumOnDelete) {
  EXPECT_EQ(error(R"(query q() { delete ServesOn where from = "ada" })"),
            "@card violation on edge ServesOn: source 'ada' has 0 edges (min 1)");
  EXPECT_EQ(error(R"(query q() { delete Ship where name = "Orca" })"),
            "@card violation on edge ServesOn: source 'ada' has 0 edges (min 1)");
  EXPECT_EQ(error(R"(query q() { insert Sailor { handle: "bo" } })"), "");
  EXPECT_EQ(error(R"(query q() { delete Sailor where handle = "ada" })"), "");
}

}  // namespace
}  // namespace omnigraph::test
