#include "storage/graph_file.h"

#include <fmt/format.h>

#include "common/crc32c.h"
#include "common/json_writer.h"
#include "storage/envelope.h"
#include "storage/json_fields.h"
#include "storage/store.h"

namespace omnigraph {
namespace {

constexpr std::string_view kWhat = "graph file";
constexpr std::string_view kSumKey = ",\n  \"crc32c\": \"";
// The oldest format that this build still reads.
constexpr std::uint32_t kOldestFormat = 1;
static_assert(kOldestFormat <= kStoreFormat, "a build reads what it writes");

Error unsupported(std::uint64_t format, std::uint64_t min_reader, std::string_view way_out) {
  return {ErrorCode::kUnsupportedFormat,
          fmt::format("the graph has storage format {} (readable by builds of format {} and up); "
                      "this build reads formats {} to {}: {}",
                      format, min_reader, kOldestFormat, kStoreFormat, way_out)};
}

}  // namespace

std::string encode_graph_file(const GraphFile& file) {
  std::string out = fmt::format(
      "{{\n  \"format\": {},\n  \"min_reader\": {},\n  \"graph_id\": \"{}\",\n  \"log\": \"{}\",\n"
      "  \"created_at\": {},\n  \"genesis\": \"{}\",\n  \"main\": \"{}\",\n  \"catalog\": {}",
      file.format, file.min_reader, file.graph_id, file.log == LogForm::kFile ? "file" : "objects",
      file.created_at, file.genesis.text(), file.main_incarnation.text(), file.catalog_json);
  out += fmt::format("{}{:08x}\"\n}}\n", kSumKey, crc32c(out));
  return out;
}

Result<GraphFile> decode_graph_file(std::string_view bytes) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  if (parser.parse(bytes.data(), bytes.size(), true).get(root) != simdjson::SUCCESS) {
    return damaged(kWhat, kGraphFile, "it is not JSON");
  }
  std::string wrong;
  JsonFields fields(root, wrong);
  const std::uint64_t format = fields.number("format");
  const std::uint64_t min_reader = fields.number("min_reader");
  if (!wrong.empty()) return damaged(kWhat, kGraphFile, wrong);

  // Versions go first: a format from the future may keep its checksum elsewhere.
  if (min_reader > kStoreFormat) {
    return unsupported(format, min_reader, "use a newer omnigraph");
  }
  if (format < kOldestFormat) {
    return unsupported(format, min_reader,
                       "export it with an older omnigraph and load it into a new graph");
  }
  const std::size_t at = bytes.rfind(kSumKey);
  if (at == std::string_view::npos) return damaged(kWhat, kGraphFile, "its checksum is missing");
  if (bytes.substr(at + kSumKey.size()) !=
      fmt::format("{:08x}\"\n}}\n", crc32c(bytes.substr(0, at)))) {
    return damaged(kWhat, kGraphFile, "its checksum does not match");
  }

  GraphFile file;
  file.format = static_cast<std::uint32_t>(format);
  file.min_reader = static_cast<std::uint32_t>(min_reader);
  file.graph_id = std::string(fields.text("graph_id"));
  const std::string_view log = fields.text("log");
  if (log != "file" && log != "objects") fields.fail("log");
  file.log = log == "file" ? LogForm::kFile : LogForm::kObjects;
  file.created_at = fields.signed_number("created_at");
  file.genesis = fields.ulid("genesis");
  file.main_incarnation = fields.ulid("main");
  file.catalog_json = simdjson::minify(fields.element("catalog"));
  if (!wrong.empty()) return damaged(kWhat, kGraphFile, wrong);
  return file;
}

}  // namespace omnigraph
