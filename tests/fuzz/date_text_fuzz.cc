// Any text: what reads as a date or an instant is written and read again to the same value.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/date_text.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnigraph;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const Result<Date> date = parse_date(text); date.ok()) {
    const Result<Date> again = parse_date(date_text(*date));
    require(again.ok() && *again == *date);
  }
  if (const Result<DateTime> instant = parse_datetime(text); instant.ok()) {
    const std::string written = datetime_text(*instant);
    // Years of more than four digits are written but have no long spelling that is read.
    if (written[0] != '+' && written[0] != '-') {
      const Result<DateTime> again = parse_datetime(written);
      require(again.ok() && *again == *instant);
    }
  }
  return 0;
}
