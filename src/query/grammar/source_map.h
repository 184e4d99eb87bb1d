// Lines and columns of one source text, prepared so that a span costs O(log lines + 64) however
// long the lines are. Refers to the text, which must outlive it. Thread-safe: const after
// construction.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"

namespace omnigraph {

class SourceMap {
 public:
  // `text` holds fewer than 2^32 bytes. O(text).
  explicit SourceMap(std::string_view text);

  // The half-open byte range [begin, end).
  SourceSpan span(std::size_t begin, std::size_t end) const;

 private:
  // Characters that start before byte `offset`.
  std::uint32_t characters_before(std::size_t offset) const;

  static constexpr std::size_t kStride = 64;
  std::string_view text_;
  std::vector<std::uint32_t> line_starts_;
  std::vector<std::uint32_t> characters_;  // characters before byte i * kStride; empty: all ASCII
};

}  // namespace omnigraph
