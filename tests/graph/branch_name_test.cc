#include "graph/branch_name.h"

#include <gtest/gtest.h>

namespace omnigraph {
namespace {

std::string refusal(std::string_view name) {
  const Status status = check_new_branch(name, "branch_create");
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
  for (const char* good : {"a", "A-1_b.c", "team/a/b", "__run__x", "main/x", "větev", "分支/一"}) {
    EXPECT_EQ(refusal(good), "") << good;
  }
  EXPECT_EQ(refusal(std::string(200, 'a')), "");
  for (const std::string& bad :
       {std::string("a b"), std::string("a..b"), std::string("a\\b"), std::string("/a"),
        std::string("a/"), std::string("a//b"), std::string("a.lock"), std::string("a:b"),
        std::string("a\xF0\x9F\x98\x80"), std::string(201, 'a')}) {
    EXPECT_NE(refusal(bad).find("invalid"), std::string::npos) << bad;
  }
  EXPECT_EQ(refusal("main"), "cannot create branch 'main'");
  for (const char* internal : {"__schema_apply_lock__", "/__schema_apply_lock__"}) {
    EXPECT_NE(refusal(internal).find("does not allow internal system ref"), std::string::npos);
  }
}

}  // namespace
}  // namespace omnigraph
