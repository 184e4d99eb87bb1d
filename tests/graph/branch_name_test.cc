#include "graph/branch_name.h"

#include <gtest/gtest.h>

namespace omnigraph {
namespace {

GraphState with_branches(const std::vector<std::string>& names) {
  GraphState state;
  for (const std::string& name : names) {
    auto branch = std::make_shared<BranchState>();
    branch->name = name;
    state.branches.emplace(name, std::move(branch));
  }
  return state;
}

std::string refusal(std::string_view name, const GraphState& state) {
  const Status status = check_new_branch(name, state, "branch_create");
  return status.ok() ? "" : status.error().message();
}

TEST(BranchName, IsTrimmed) {
  EXPECT_EQ(*trim_branch(" main\t"), "main");
  EXPECT_EQ(*trim_branch("a b"), "a b");
  for (const char* blank : {"", "  ", "\n"}) {
    const auto trimmed = trim_branch(blank);
    ASSERT_FALSE(trimmed.ok());
    EXPECT_EQ(trimmed.error().message(), "branch name cannot be empty");
  }
}

TEST(BranchName, Grammar) {
  const GraphState state = with_branches({"main"});
  for (const char* good : {"a", "A-1_b.c", "team/a/b", "__run__x", "main/x", "větev", "分支/一"}) {
    EXPECT_EQ(refusal(good, state), "") << good;
  }
  EXPECT_EQ(refusal(std::string(200, 'a'), state), "");
  for (const std::string& bad :
       {std::string("a b"), std::string("a..b"), std::string("a\\b"), std::string("/a"),
        std::string("a/"), std::string("a//b"), std::string("a.lock"), std::string("a:b"),
        std::string("a\xF0\x9F\x98\x80"), std::string(201, 'a')}) {
    EXPECT_NE(refusal(bad, state).find("invalid"), std::string::npos) << bad;
  }
  EXPECT_EQ(refusal("main", state), "cannot create branch 'main'");
  for (const char* internal : {"__schema_apply_lock__", "/__schema_apply_lock__"}) {
    EXPECT_NE(refusal(internal, state).find("does not allow internal system ref"),
              std::string::npos);
  }
}

TEST(BranchName, LiveNamesArePrefixDisjoint) {
  const GraphState state = with_branches({"main", "review/july", "team"});
  EXPECT_EQ(refusal("team", state), "branch 'team' already exists");
  EXPECT_EQ(refusal("teammate", state), "");
  EXPECT_EQ(refusal("review/june", state), "");
  for (const char* related : {"review", "team/a", "review/july/x"}) {
    const Status status = check_new_branch(related, state, "branch_create");
    ASSERT_FALSE(status.ok()) << related;
    EXPECT_EQ(status.error().code(), ErrorCode::kConflict);
    EXPECT_NE(status.error().message().find("ancestors or descendants"), std::string::npos);
  }
}

}  // namespace
}  // namespace omnigraph
