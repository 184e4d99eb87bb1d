// The log as objects: a pack beside the records that it copies. Input: two bytes that say where the
// pack's header ends, then header and payload.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/test_runtime.h"
#include "storage/envelope.h"
#include "storage/log.h"
#include "storage/object_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnigraph;  // NOLINT
  constexpr Sequence kPacked = 20;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t split = (static_cast<std::size_t>(data[0]) << 8 | data[1]) % (bytes.size() + 1);
  const ObjectStorePtr objects = make_memory_store();
  // Packs are looked at where there is more than one to read.
  for (Sequence n = 1; n <= kPacked + 2; ++n) (void)objects->put(log_object_name(n), "x");
  const std::string name =
      "pack/" + log_object_name(1).substr(4) + "-" + log_object_name(kPacked).substr(4);
  (void)objects->put(
      name, seal_envelope(envelope_magic("OGPK"), 1, bytes.substr(0, split), bytes.substr(split)));
  const auto log = open_object_log(objects, test_runtime().clock);
  const auto records = (*log)->since(1);
  if (!records.ok()) return 0;
  // What was accepted is every record, each once and in order.
  if (records->size() != kPacked + 2) std::abort();
  for (Sequence n = 1; n <= kPacked + 2; ++n) {
    if ((*records)[n - 1].where.sequence != n) std::abort();
  }
  return 0;
}
