// Lays the tokens of a source text out anew and keeps its comments: what the formatters of both
// languages share. The words, their order and the comments are never changed, only what is blank
// between them. Thread-safe: no state outside the call.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace omnigraph {

struct LayoutToken {
  // What stands between the token before and this one.
  enum class Before : std::uint8_t {
    kGlued,      // nothing
    kSpace,      // a space
    kKept,       // a space, or a line break where the source has one
    kLine,       // a line break; one blank line is kept
    kBlankLine,  // a line break and one blank line
  };
  std::uint32_t begin = 0, end = 0;  // bytes of the source
  Before before = Before::kSpace;
  std::uint32_t indent = 0;  // levels, of the line that the token begins or stands in
  bool opens = false;        // a brace whose contents stand on lines of their own
  bool closes = false;       // and its counterpart
};

inline constexpr std::uint32_t kLayoutIndent = 2;     // spaces a level
inline constexpr std::uint32_t kLayoutColumns = 100;  // what is kept on one line is not longer

// The text of the tokens, in order, with the comments (`// …`, `/* … */`) that `source` has between
// them. A comment that shares a line with the token before it stays there; others get lines of
// their own. A token that would continue a line behind a comment goes on the next one, indented
// twice. Ends in a line break unless empty. Two texts that differ in white space only come out
// equal, apart from the breaks that kKept and kLine keep; laying out a result again changes
// nothing. O(source).
std::string lay_out(std::string_view source, std::span<const LayoutToken> tokens);

// The length in characters of tokens [first, last) on one line, by their `before`.
std::size_t line_length(std::string_view source, std::span<const LayoutToken> tokens);

// Whether the source has a line break, or a comment, between two places that stand at token ends.
bool has_break(std::string_view source, std::uint32_t begin, std::uint32_t end);
bool has_comment(std::string_view source, std::span<const LayoutToken> tokens);

}  // namespace omnigraph
