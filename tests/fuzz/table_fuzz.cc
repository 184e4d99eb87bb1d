// Parquet and Arrow files of anybody: read to the end or refused, within bounds.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "write/table/table_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnigraph;
  const int fd = memfd_create("table", MFD_CLOEXEC);
  if (fd < 0) return 0;
  const bool written = write(fd, data, size) == static_cast<ssize_t>(size);
  auto file = TableFile::open("/proc/self/fd/" + std::to_string(fd));
  close(fd);
  if (!written || !file.ok()) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto table = bytes.starts_with("PAR1") ? open_parquet(*file) : open_arrow(*file);
  if (!table.ok()) return 0;
  // Whichever columns can be read.
  std::vector<bool> wanted((*table)->columns().size(), true);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    std::vector<bool> one(wanted.size(), false);
    one[i] = true;
    wanted[i] = (*table)->choose(one).ok();
  }
  if (!(*table)->choose(wanted).ok()) return 0;
  for (int batch = 0; batch < 64; ++batch) {
    const auto rows = (*table)->next();
    if (!rows.ok() || rows->rows == 0) break;
    for (const ColumnPtr& column : rows->columns) {
      for (std::uint32_t row = 0; column != nullptr && row < column->rows; ++row) {
        (void)column->value(row);
      }
    }
  }
  return 0;
}
