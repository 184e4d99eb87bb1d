#include "schema/source_text.h"

#include <algorithm>

#include "common/nearest_name.h"
#include "schema/limits.h"

namespace omnigraph {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u; }

// Length of the well-formed sequence at text[at], or 0.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;   // bounds of the second byte: they exclude overlong forms,
  unsigned char high = 0xBF;  // surrogates and what lies beyond U+10FFFF
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() - at < length) return 0;
  if (byte(at + 1) < low || byte(at + 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(text[at + i])) return 0;
  }
  return length;
}

struct Echo {
  std::string line;
  std::size_t mark = 0;  // characters before the marked one
};

// The line around byte `offset`, cleaned and cut to kMaxEchoedColumns characters.
Echo echo_line(std::string_view source, std::size_t offset) {
  std::size_t begin = offset == 0 ? 0 : source.rfind('\n', offset - 1);
  begin = (offset == 0 || begin == std::string_view::npos) ? 0 : begin + 1;
  std::size_t end = source.find('\n', offset);
  if (end == std::string_view::npos) end = source.size();
  if (end > begin && source[end - 1] == '\r') --end;

  // Walk back from the mark and forward from it by at most half the width each.
  std::size_t first = std::min(offset, end);
  std::size_t before = 0;
  while (first > begin && before < kMaxEchoedColumns / 2) {
    do --first;
    while (first > begin && is_continuation(source[first]));
    ++before;
  }
  std::size_t last = std::min(offset, end);
  std::size_t after = 0;
  while (last < end && after < kMaxEchoedColumns / 2) {
    do ++last;
    while (last < end && is_continuation(source[last]));
    ++after;
  }
  Echo echo;
  echo.mark = before;
  if (first > begin) {
    echo.line = "… ";
    echo.mark += 2;
  }
  for (std::size_t i = first; i < last; ++i) {
    const char c = source[i];
    if (c == '\t')
      echo.line += ' ';
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      echo.line += '?';
    else
      echo.line += c;
  }
  if (last < end) echo.line += " …";
  return echo;
}

std::string expectation(const std::vector<std::string>& expected) {
  std::string text;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (i > 0) text += i + 1 == expected.size() ? " or " : ", ";
    text += expected[i];
  }
  return text;
}

}  // namespace

SourceSpan locate(std::string_view source, SourceRange range) {
  const std::size_t begin = std::min<std::size_t>(range.begin, source.size());
  const std::string_view head = source.substr(0, begin);
  SourceSpan span;
  span.begin = range.begin;
  span.end = std::max(range.begin, range.end);
  span.line = static_cast<std::uint32_t>(1 + std::count(head.begin(), head.end(), '\n'));
  const std::size_t line_break = head.rfind('\n');
  const std::string_view line =
      line_break == std::string_view::npos ? head : head.substr(line_break + 1);
  span.column = static_cast<std::uint32_t>(
      1 + std::count_if(line.begin(), line.end(), [](char c) { return !is_continuation(c); }));
  return span;
}

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = sequence_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

Error syntax_error(std::string_view source, std::uint32_t offset,
                   const std::vector<std::string>& expected) {
  const SourceSpan span = locate(source, {offset, offset});
  const std::string number = std::to_string(span.line);
  const std::string gutter(number.size() + 1, ' ');
  // An echo may not carry malformed bytes on: replace them before anything else sees them.
  const Echo echo = echo_line(source, offset);
  std::string line;
  for (std::size_t i = 0; i < echo.line.size();) {
    const std::size_t length = sequence_length(echo.line, i);
    if (length == 0) {
      line += '?';
      ++i;
    } else {
      line.append(echo.line, i, length);
      i += length;
    }
  }
  std::string message = "parse error: " + gutter.substr(1) + "--> " + number + ":" +
                        std::to_string(span.column) + "\n";
  message += gutter + "|\n";
  message += number + " | " + line + "\n";
  message += gutter + "| " + std::string(echo.mark, ' ') + "^---\n";
  message += gutter + "|\n";
  message += gutter + "= expected " + expectation(expected);
  return bad_request(std::move(message)).at(span);
}

Error schema_error(std::string_view source, SourceRange range, std::string_view text) {
  return bad_request("parse error: " + std::string(text)).at(locate(source, range));
}

Error catalog_error(std::string_view source, SourceRange range, std::string_view text) {
  return bad_request("catalog error: " + std::string(text)).at(locate(source, range));
}

std::string did_you_mean(std::string_view name, const std::vector<std::string_view>& candidates) {
  const std::string_view best = nearest_name(name, candidates);
  return best.empty() ? "" : "; did you mean '" + std::string(best) + "'?";
}

}  // namespace omnigraph
