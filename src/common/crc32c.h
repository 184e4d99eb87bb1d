// CRC-32C (Castagnoli, polynomial 0x1EDC6F41 reflected, initial value and final xor 0xFFFFFFFF):
// the checksum of every record and page we store. crc32c("123456789") is 0xE3069283. Uses the CRC
// instruction of x86-64 (SSE4.2) and arm64 where the machine has it. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace omnigraph {

// The checksum of `size` bytes at `data`, or, given the checksum of what stands before them as
// `before`, of the whole: crc32c(b, n, crc32c(a, m)) is that of a then b.
std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t before = 0);

inline std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) {
  return crc32c(bytes.data(), bytes.size(), before);
}
inline std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0) {
  return crc32c(bytes.data(), bytes.size(), before);
}
inline std::uint32_t crc32c(std::span<const std::uint8_t> bytes, std::uint32_t before = 0) {
  return crc32c(bytes.data(), bytes.size(), before);
}

// The same by tables alone, for machines without the instruction; tests compare the two.
std::uint32_t crc32c_portable(const void* data, std::size_t size, std::uint32_t before = 0);

}  // namespace omnigraph
