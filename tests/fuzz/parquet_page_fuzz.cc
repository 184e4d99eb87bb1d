// Page decoders: whatever a page directory claims and whatever bytes a page holds, nothing is read
// or written outside. Input: u32 bytes of the directory, u16 rows, the directory, then the data
// object. Pages are opened without their checksums, which no mutated input would get right.
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "common/crc32c.h"
#include "common/test_runtime.h"
#include "storage/column_reader.h"

namespace {

using namespace omnigraph;  // NOLINT

// Makes the page's checksum what it must be.
void fix(StoredPage& page, std::string_view file) {
  page.crc = crc32c(file.substr(page.offset, std::size_t{page.header_bytes} + page.stored_bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6) return 0;
  std::uint32_t length;
  std::uint16_t rows;
  std::memcpy(&length, data, 4);
  std::memcpy(&rows, data + 4, 2);
  const std::string_view rest(reinterpret_cast<const char*>(data) + 6, size - 6);
  if (length > rest.size() || rows == 0) return 0;
  const std::string_view file = rest.substr(length);
  auto directory = decode_directory(rest.substr(0, length), rows, file.size());
  if (!directory.ok()) return 0;
  for (DataPage& page : directory->pages) {
    fix(page.stored, file);
    if (page.stored.body_bytes > (1u << 20) || page.text_bytes > (1u << 20) ||
        page.levels > (1u << 20)) {
      return 0;  // only slow
    }
  }
  for (DictionaryPage& page : directory->dictionaries) {
    if (page.entries > 0) fix(page.stored, file);
  }
  if (directory->type.dimension > 64) return 0;
  const Runtime runtime = test_runtime(1, 64u << 20);
  const ColumnReader reader(
      "data/fuzz", rows,
      [file](std::uint64_t offset, std::uint64_t bytes) -> Result<Bytes> {
        if (offset > file.size() || bytes > file.size() - offset) return io_error("outside");
        Bytes part;
        part.data = file.substr(offset, bytes);
        return part;
      },
      runtime.executor, std::make_shared<ColumnCache>(runtime.budget));
  const auto whole = reader.whole(*directory);
  if (whole.ok()) {
    for (std::uint32_t row = 0; row < rows; row += 101) static_cast<void>((*whole)->value(row));
  }
  const auto page = reader.page(*directory, 0);
  if (page.ok()) static_cast<void>((*page)->value(0));
  return 0;
}
