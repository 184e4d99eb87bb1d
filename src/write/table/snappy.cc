#include "write/table/snappy.h"

namespace omnigraph {

bool snappy_decompress(std::string_view bytes, std::uint64_t size, std::string& out) {
  std::size_t at = 0;
  std::uint64_t announced = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (at == bytes.size() || shift > 28) return false;
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    announced |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) break;
  }
  if (announced != size) return false;
  out.clear();
  out.reserve(size);
  const auto number = [&](unsigned n) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < n; ++i) {
      value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    }
    at += n;
    return value;
  };
  while (at < bytes.size()) {
    const auto tag = static_cast<unsigned char>(bytes[at++]);
    std::uint64_t length = 0;
    if ((tag & 3) == 0) {  // a literal
      length = tag >> 2;
      if (length >= 60) {
        const auto extra = static_cast<unsigned>(length - 59);
        if (bytes.size() - at < extra) return false;
        length = number(extra);
      }
      ++length;
      if (bytes.size() - at < length || out.size() + length > size) return false;
      out.append(bytes.substr(at, length));
      at += length;
      continue;
    }
    std::uint64_t back = 0;
    const unsigned extra = (tag & 3) == 1 ? 1 : (tag & 3) == 2 ? 2 : 4;
    if (bytes.size() - at < extra) return false;
    if (extra == 1) {
      length = (tag >> 2 & 7u) + 4u;
      back = static_cast<std::uint64_t>(tag >> 5) << 8;
    } else {
      length = (tag >> 2) + 1u;
    }
    back |= number(extra);
    if (back == 0 || back > out.size() || out.size() + length > size) return false;
    // The copy may reach into what it makes itself.
    for (std::size_t from = out.size() - back; length > 0; --length) out += out[from++];
  }
  return out.size() == size;
}

}  // namespace omnigraph
