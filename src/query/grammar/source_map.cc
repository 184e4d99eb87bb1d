#include "query/grammar/source_map.h"

#include <algorithm>

namespace omnigraph {
namespace {

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) != 0x80u; }

std::uint32_t count_characters(std::string_view text) {
  return static_cast<std::uint32_t>(std::count_if(text.begin(), text.end(), starts_character));
}

}  // namespace

SourceMap::SourceMap(std::string_view text) : text_(text) {
  line_starts_.push_back(0);
  bool ascii = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') line_starts_.push_back(static_cast<std::uint32_t>(i + 1));
    if (static_cast<unsigned char>(text[i]) >= 0x80u) ascii = false;
  }
  if (ascii) return;
  characters_.reserve(text.size() / kStride + 1);
  std::uint32_t count = 0;
  for (std::size_t at = 0; at <= text.size(); at += kStride) {
    characters_.push_back(count);
    count += count_characters(text.substr(at, kStride));
  }
}

std::uint32_t SourceMap::characters_before(std::size_t offset) const {
  if (characters_.empty()) return static_cast<std::uint32_t>(offset);
  const std::size_t block = offset / kStride;
  const std::size_t from = block * kStride;
  return characters_[block] + count_characters(text_.substr(from, offset - from));
}

SourceSpan SourceMap::span(std::size_t begin, std::size_t end) const {
  begin = std::min(begin, text_.size());
  end = std::clamp(end, begin, text_.size());
  const auto next =
      std::upper_bound(line_starts_.begin(), line_starts_.end(), static_cast<std::uint32_t>(begin));
  const std::size_t line = static_cast<std::size_t>(next - line_starts_.begin());
  SourceSpan span;
  span.line = static_cast<std::uint32_t>(line);
  span.column = 1 + characters_before(begin) - characters_before(line_starts_[line - 1]);
  span.begin = static_cast<std::uint32_t>(begin);
  span.end = static_cast<std::uint32_t>(end);
  return span;
}

}  // namespace omnigraph
