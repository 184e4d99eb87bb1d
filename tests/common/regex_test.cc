#include "common/regex.h"

#include <gtest/gtest.h>

#include <string>

namespace omnigraph {
namespace {

bool found(std::string_view pattern, std::string_view text) {
  const Result<Regex> regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.ok()) << pattern;
  return regex.ok() && regex->search(text);
}

TEST(Regex, SearchesAnywhere) {
  EXPECT_TRUE(found("b+", "abbc"));
  EXPECT_FALSE(found("^b+$", "abbc"));
  EXPECT_TRUE(found("", ""));
  EXPECT_TRUE(found("^[a-z0-9._]+@[a-z0-9.]+$", "ada@example.org"));
  EXPECT_FALSE(found("^[a-z0-9._]+@[a-z0-9.]+$", "ada example.org"));
}

TEST(Regex, KnowsUnicode) {
  EXPECT_TRUE(found("^.$", "é"));
  EXPECT_TRUE(found("^\\p{Greek}+$", "αβγ"));
  EXPECT_TRUE(found("(?i)^ÉTÉ$", "été"));
  EXPECT_TRUE(found("^\\w+$", "Zoë"));
}

TEST(Regex, RefusesWhatIsNoPattern) {
  for (const std::string& pattern :
       {std::string("("), std::string("a{2,1}"), std::string("[z-a]"), std::string("(?=x)"),
        std::string("\\1"), std::string("\xFF"), std::string("\\w{10000}{1000}"),
        std::string(300, '(') + std::string(300, ')')}) {
    const Result<Regex> regex = Regex::compile(pattern);
    ASSERT_FALSE(regex.ok());
    EXPECT_EQ(regex.error().code(), ErrorCode::kBadRequest);
    EXPECT_FALSE(regex.error().message().empty());
  }
}

TEST(Regex, CutsALongReason) {
  const Result<Regex> regex = Regex::compile(std::string(100'000, 'x') + "(");
  ASSERT_FALSE(regex.ok());
  EXPECT_LT(regex.error().message().size(), 1024u);
}

TEST(Regex, TakesTextThatIsNotUtf8AsNoMatch) { EXPECT_FALSE(found("", "\xFF")); }

TEST(Regex, StaysLinear) {
  // Exponential for a search that goes back.
  EXPECT_FALSE(found("^(a+)+$", std::string(100'000, 'a') + "b"));
}

TEST(Regex, Moves) {
  Result<Regex> first = Regex::compile("x");
  ASSERT_TRUE(first.ok());
  const Regex second = std::move(*first);
  EXPECT_TRUE(second.search("x"));
}

}  // namespace
}  // namespace omnigraph
