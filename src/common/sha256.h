// SHA-256 (FIPS 180-4), by the processor's own instructions where it has them. Names contents that
// are stored by what they are. One object, one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace omnigraph {

using Sha256Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  void update(std::string_view bytes);
  // The digest of all bytes so far; the object is done afterwards.
  Sha256Digest finish();

 private:
  static constexpr std::size_t kBlock = 64;
  std::array<std::uint32_t, 8> state_ = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                         0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
  std::array<std::uint8_t, kBlock> pending_;
  std::size_t pending_size_ = 0;
  std::uint64_t total_ = 0;  // bytes
};

Sha256Digest sha256(std::string_view bytes);
// Lower-case hexadecimal of any bytes.
std::string hex_text(const std::uint8_t* bytes, std::size_t size);

}  // namespace omnigraph
