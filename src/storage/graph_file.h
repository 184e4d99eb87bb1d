// graph.json: the one object whose put-if-absent makes a folder or a bucket's prefix a graph.
// Written once, never changed.
//
//   {"format":1,"min_reader":1,"graph_id":ULID,"log":"file"|"objects","created_at":micros,
//    "genesis":ULID,"main":ULID,"catalog":{…},"crc32c":"8 hex digits"}
// pretty-printed, a line a member. The checksum is of everything before its own line. "genesis" is
// the first commit's id, "main" the incarnation of the branch main.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "omnigraph/error.h"
#include "storage/ids.h"
#include "storage/log.h"

namespace omnigraph {

inline constexpr std::string_view kGraphFile = "graph.json";

struct GraphFile {
  std::uint32_t format = 0;
  std::uint32_t min_reader = 0;
  std::string graph_id;
  LogForm log = LogForm::kObjects;
  std::int64_t created_at = 0;
  CommitId genesis;
  Ulid main_incarnation;
  std::string catalog_json;
};

std::string encode_graph_file(const GraphFile& file);
// Errors: kUnsupportedFormat naming both versions and the way out; kCorrupt naming the object.
Result<GraphFile> decode_graph_file(std::string_view bytes);

}  // namespace omnigraph
