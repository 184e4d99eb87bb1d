#include "query/source_error.h"

#include <algorithm>

#include "schema/limits.h"

namespace omnigraph {
namespace {

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) != 0x80u; }

// [begin, end) of the line that byte `at` stands in, without its line break.
std::pair<std::size_t, std::size_t> line_around(std::string_view source, std::size_t at) {
  std::size_t begin = at == 0 ? std::string_view::npos : source.rfind('\n', at - 1);
  begin = begin == std::string_view::npos ? 0 : begin + 1;
  std::size_t end = std::min(source.find('\n', at), source.size());
  if (end > begin && source[end - 1] == '\r') --end;
  return {begin, std::max(begin, end)};
}

}  // namespace

std::string render_source_error(const Error& error, std::string_view source) {
  std::string out = error.message();
  if (!error.span() || out.find(" --> ") != std::string::npos) return out;
  const SourceSpan span = *error.span();
  const std::size_t at = std::min<std::size_t>(span.begin, source.size());
  auto [begin, end] = line_around(source, at);
  const std::size_t marked_end = std::clamp<std::size_t>(span.end, at, std::max(at, end));

  // At most half the width before the mark and half behind it, cut between characters.
  const std::size_t half = kMaxEchoedColumns / 2;
  std::size_t from = at, characters = 0;
  while (from > begin && characters < half) {
    do --from;
    while (from > begin && !starts_character(source[from]));
    ++characters;
  }
  std::size_t to = std::min(at, end), after = 0, marked = 0;
  while (to < end && after < half) {
    if (to < marked_end) ++marked;
    do ++to;
    while (to < end && !starts_character(source[to]));
    ++after;
  }

  std::string line = from > begin ? "… " : "";
  std::size_t indent = characters + (from > begin ? 2 : 0);
  for (std::size_t i = from; i < to; ++i) {
    const auto c = static_cast<unsigned char>(source[i]);
    if (c == '\t')
      line += ' ';
    else if (c < 0x20 || c == 0x7F)
      line += '?';
    else
      line += source[i];
  }
  if (to < end) line += " …";

  const std::string number = std::to_string(span.line);
  const std::string gutter(number.size() + 1, ' ');
  out += "\n" + gutter.substr(1) + "--> " + number + ":" + std::to_string(span.column);
  out += "\n" + gutter + "|\n" + number + " | " + line;
  out += "\n" + gutter + "| " + std::string(indent, ' ') +
         std::string(std::max<std::size_t>(marked, 1), '^');
  return out;
}

}  // namespace omnigraph
