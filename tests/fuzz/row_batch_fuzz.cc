// Decoding of row batches. What decodes must encode again to something that decodes to the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/row_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnigraph;  // NOLINT
  const auto batch = decode_row_batch({reinterpret_cast<const char*>(data), size});
  if (!batch.ok()) return 0;
  std::string once, twice;
  encode_row_batch(*batch, once);
  const auto again = decode_row_batch(once);
  if (!again.ok()) std::abort();
  encode_row_batch(*again, twice);
  if (once != twice) std::abort();
  for (const auto& [property, column] : batch->columns) {
    for (std::uint32_t row = 0; row < batch->rows && row < 64; ++row) {
      static_cast<void>(column->value(row));
    }
  }
  return 0;
}
