// Checkpoint roots, branch states, graph.json and packs' envelopes. Input: a byte that chooses, two
// that say where the header ends, then header and payload.
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/compile.h"
#include "storage/checkpoint.h"
#include "storage/envelope.h"
#include "storage/graph_file.h"
#include "storage/snapshot.h"

namespace {

using namespace omnigraph;  // NOLINT

class NoSegments final : public SegmentSource {
 public:
  Result<SegmentPtr> segment(const SegmentRef&) override { return not_found("no segments here"); }
  Result<BranchState> branch_state(std::string_view, const CatalogPtr&) override {
    return not_found("no states here");
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  static const CatalogPtr catalog = compile_schema("node Person { name: String @key }").value();
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::size_t split = (static_cast<std::size_t>(data[1]) << 8 | data[2]) % (bytes.size() + 1);
  NoSegments none;
  switch (data[0] % 3) {
    case 0: {
      const std::string sealed =
          seal_envelope(envelope_magic("OGCP"), 1, bytes.substr(0, split), bytes.substr(split));
      auto root = decode_checkpoint(sealed, "fuzz");
      if (root.ok()) (void)decode_checkpoint(encode_checkpoint(*root), "fuzz");
      break;
    }
    case 1: {
      const std::string sealed =
          seal_envelope(envelope_magic("OGST"), 1, bytes.substr(0, split), bytes.substr(split));
      (void)decode_branch_state(sealed, "fuzz", catalog, none);
      break;
    }
    default:
      (void)decode_graph_file(bytes);
      (void)decode_checkpoint(bytes, "fuzz");
  }
  return 0;
}
