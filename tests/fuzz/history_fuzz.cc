// Pages of the packed history. Input: a byte that chooses, then a block or an index without its
// checksum.
#include <cstdint>
#include <string>
#include <string_view>

#include "common/crc32c.h"
#include "storage/byte_codec.h"
#include "storage/history_run.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnigraph;  // NOLINT
  if (size < 1) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  append_fixed<std::uint32_t>(bytes, crc32c(bytes));
  if (data[0] % 2 == 0) {
    (void)decode_history_block(bytes, "fuzz");
  } else {
    HistoryRun run;
    run.name = "fuzz";
    run.index_offset = 1 << 20;
    run.index_length = bytes.size();
    (void)decode_history_index(bytes, run);
  }
  return 0;
}
