// Index files and their sections. Input: a byte that chooses, u16 rows, then the bytes of a whole
// file (whose checksums only a corpus entry gets right), or of one section.
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "index/index_file.h"
#include "index/page_directory.h"
#include "index/sorted_column.h"
#include "index/tuple_index.h"
#include "storage/segment_layout.h"

namespace {

using namespace omnigraph;  // NOLINT

void open_file(std::string_view bytes) {
  const auto read = [bytes](std::uint64_t offset, std::uint64_t length) -> Result<Bytes> {
    if (offset > bytes.size() || length > bytes.size() - offset) return io_error("outside");
    Bytes part;
    part.data = bytes.substr(offset, length);
    return part;
  };
  SegmentId id;
  if (bytes.size() >= 48) {
    std::memcpy(&id.high, bytes.data() + 32, 8);
    std::memcpy(&id.low, bytes.data() + 40, 8);
  }
  const auto file =
      IndexFile::open("index/fuzz", id, bytes.size(), IndexFile::Reads::kMapped, read);
  if (!file.ok()) return;
  for (std::uint32_t kind = 1; kind <= 8; ++kind) {
    static_cast<void>((*file)->section(static_cast<SectionKind>(kind), 0));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::uint32_t rows = static_cast<std::uint32_t>(data[1]) | std::uint32_t{data[2]} << 8;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  switch (data[0] % 5) {
    case 0:
      open_file(bytes);
      break;
    case 1:
      static_cast<void>(decode_directory(bytes, rows, 1u << 20));
      break;
    case 2:
      static_cast<void>(TupleIndex::decode(bytes, rows));
      break;
    case 3:
      static_cast<void>(decode_permutation(bytes, rows));
      break;
    case 4:
      static_cast<void>(decode_layout(bytes));
      break;
  }
  return 0;
}
