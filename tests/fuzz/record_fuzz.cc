// Log records and the sectors of the file log. Input: a byte that chooses, then the bytes. Half of
// the choices mend the checksum first, so that what lies behind it is reached.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "storage/envelope.h"
#include "storage/log_sectors.h"
#include "storage/record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnigraph;  // NOLINT
  if (size < 3) return 0;
  const std::uint8_t choice = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (choice % 3) {
    case 0: {
      auto record = decode_record(bytes, "fuzz");
      if (record.ok()) (void)encode_record(*record);
      break;
    }
    case 1: {
      // Two bytes say where the header ends.
      const std::size_t split = (static_cast<std::size_t>(data[1]) << 8 | data[2]) % (size - 2);
      const std::string_view rest = bytes.substr(2);
      const std::string sealed = seal_envelope(
          envelope_magic("OGRC"), kRecordVersion, rest.substr(0, std::min(split, rest.size())),
          split < rest.size() ? rest.substr(split) : std::string_view());
      auto record = decode_record(sealed, "fuzz");
      if (record.ok()) {
        // What was accepted is written and read again the same.
        auto again = decode_record(encode_record(*record), "fuzz");
        if (!again.ok()) std::abort();
      }
      break;
    }
    default: {
      std::string sectors, record;
      (void)read_frame(bytes.substr(0, bytes.size() / kSector * kSector), 1, record);
      frame_record(1, bytes, sectors);
      if (read_frame(sectors, 1, record).state != FrameState::kRecord || record != bytes) {
        std::abort();
      }
    }
  }
  return 0;
}
