// What a message shows of a text that somebody else chose the length of.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace omnigraph {

inline constexpr std::size_t kExcerptBytes = 200;

// At most kExcerptBytes of `text`, cut between characters, and "…" where it was cut.
inline std::string excerpt(std::string_view text) {
  if (text.size() <= kExcerptBytes) return std::string(text);
  std::size_t cut = kExcerptBytes;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "…";
}

}  // namespace omnigraph
