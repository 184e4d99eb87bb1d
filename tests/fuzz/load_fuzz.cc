// Records of loads, strict and permissive: never a crash, and what the strict reader takes for one
// JSON value, a general parser takes too.
#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "schema/compile.h"
#include "write/load/piece.h"

namespace {

constexpr std::string_view kSchema = R"(
node N { k: String @key  i: I32?  u: U64?  f: F32?  d: Date?  t: DateTime?  b: Blob?
         l: [I64]?  v: Vector(2)?  e: enum(a, b)? }
node K { a: Date  b: Bool  @key(a, b) }
node M { s: String? }
edge E: N -> M { w: F64? }
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omnigraph;  // NOLINT
  static const CatalogPtr catalog = compile_schema(kSchema).value();
  static const LoadPlan plan(*catalog);
  static const ObjectStorePtr objects = make_memory_store();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Strictness strictness : {Strictness::kStrict, Strictness::kPermissive}) {
    BlobStage blobs(*objects);
    RecordParser parser(plan, {strictness, &blobs});
    const Piece piece = parser.parse(text);
    for (const PieceRows& rows : piece.types) {
      for (const ColumnPtr& column : rows.columns) {
        if (column && column->rows != rows.rows) std::abort();
      }
    }
  }
  JsonReader reader;
  if (simdjson::validate_utf8(text.data(), text.size()) && reader.read_whole(text, false)) {
    simdjson::dom::parser general;
    const simdjson::padded_string padded(text);
    const auto error = general.parse(padded).error();
    // It has no integers beyond 64 bits.
    if (error != simdjson::SUCCESS && error != simdjson::NUMBER_ERROR) std::abort();
  }
  return 0;
}
