// The frame of every object whose head is readable text: log records, checkpoint roots, branch
// states.
//
// Layout, little-endian:
//   u32 magic            four letters that say what it is
//   u32 version          of what is inside
//   u32 header_length
//   u64 payload_length
//   header               JSON, UTF-8
//   payload              bytes that the header gives meaning to
//   u32 crc32c           of everything before it
// The length of the whole follows from the two lengths; anything shorter or longer is damaged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph {

inline constexpr std::size_t kEnvelopeFixed = 4 + 4 + 4 + 8 + 4;  // all but header and payload
inline constexpr std::uint64_t kMaxEnvelope = std::uint64_t{1} << 30;

constexpr std::uint32_t envelope_magic(const char (&letters)[5]) {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(letters[0])) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(letters[1])) << 8 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(letters[2])) << 16 |
         static_cast<std::uint32_t>(static_cast<unsigned char>(letters[3])) << 24;
}

std::string seal_envelope(std::uint32_t magic, std::uint32_t version, std::string_view header,
                          std::string_view payload);

struct Envelope {
  std::string_view header;
  std::string_view payload;
};
// Views into `bytes`. Errors, each naming the object: kCorrupt (not of this kind, cut short, too
// long, checksum), kUnsupportedFormat (version above `newest`).
Result<Envelope> open_envelope(std::string_view bytes, std::uint32_t magic, std::uint32_t newest,
                               std::string_view what, std::string_view name);

// "<what> '<name>' is damaged: <why>; restore it from a copy or run `omnigraph repair`"
Error damaged(std::string_view what, std::string_view name, std::string_view why);

}  // namespace omnigraph
