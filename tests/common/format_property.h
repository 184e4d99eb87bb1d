// What every formatter must keep: the words, their order, and the comments.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "schema/ast.h"

namespace omnigraph::test {

// Fills the tokens of a source; false when it is not one.
using TokensOf = bool (*)(std::string_view, std::vector<SourceRange>&);

inline std::string stripped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') out += c;
  }
  return out;
}

// The tokens, and what stands between them without its blanks: the comments.
inline std::vector<std::string> words(std::string_view source, TokensOf tokens_of) {
  std::vector<SourceRange> tokens;
  EXPECT_TRUE(tokens_of(source, tokens)) << source;
  std::vector<std::string> out;
  std::uint32_t from = 0;
  for (const SourceRange& token : tokens) {
    out.push_back(stripped(source.substr(from, token.begin - from)));
    out.emplace_back(source.substr(token.begin, token.end - token.begin));
    from = token.end;
  }
  out.push_back(stripped(source.substr(from)));
  return out;
}

inline void expect_faithful(std::string_view before, std::string_view after, TokensOf tokens_of) {
  EXPECT_EQ(words(before, tokens_of), words(after, tokens_of)) << before << "\n--- became\n"
                                                               << after;
  for (std::size_t at = after.find('\n'); at != std::string_view::npos;
       at = after.find('\n', at + 1)) {
    if (at == 0) continue;
    EXPECT_NE(after[at - 1], ' ') << after;
  }
  EXPECT_EQ(after.find("\n\n\n"), std::string_view::npos) << after;
  EXPECT_TRUE(after.empty() || after.back() == '\n') << after;
}

// The source with each kind of gap put behind each of its tokens in turn, and behind all at once.
template <typename Check>
void for_each_scattering(std::string_view source, TokensOf tokens_of, const Check& check) {
  std::vector<SourceRange> tokens;
  ASSERT_TRUE(tokens_of(source, tokens));
  for (const std::string_view gap :
       {"\n", "\n\n\n", " // c\n", "\n// c\n", "\n\n// c\n\n\n", " /* c */ ", "\n/* c */\n",
        "\n/* c */", "/* c */\n", " // a\n // b\n\n // c\n"}) {
    for (std::size_t one = 0; one <= tokens.size(); ++one) {
      std::string text;
      std::uint32_t from = 0;
      for (std::size_t i = 0; i < tokens.size(); ++i) {
        text += source.substr(from, tokens[i].end - from);
        from = tokens[i].end;
        if (i == one || one == tokens.size()) text += gap;
      }
      text += source.substr(from);
      check(text);
      if (testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace omnigraph::test
