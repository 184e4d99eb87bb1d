// Decoding of deletion bitmaps. Input: u32 rows of the segment (at most 2^20), then the bitmap.
// What decodes must encode to the same bytes, unless a number was written longer than it need be.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "storage/table_version.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnigraph;  // NOLINT
  std::uint32_t rows;
  if (size < sizeof rows) return 0;
  std::memcpy(&rows, data, sizeof rows);
  rows %= 1u << 20;
  const auto bitmap = DeletionBitmap::decode(
      {reinterpret_cast<const char*>(data) + sizeof rows, size - sizeof rows}, rows);
  if (!bitmap.ok()) return 0;
  std::uint32_t dead = 0;
  for (std::uint32_t row = 0; row < rows; ++row) dead += (*bitmap)->contains(row) ? 1u : 0u;
  if (dead != (*bitmap)->count()) std::abort();
  std::string bytes;
  (*bitmap)->encode(bytes);
  const auto again = DeletionBitmap::decode(bytes, rows);
  if (!again.ok() || (*again)->count() != dead) std::abort();
  return 0;
}
