#include "storage/record_json.h"

namespace omnigraph {

void write_segment_ref(JsonWriter& json, const SegmentRef& ref) {
  json.begin_object();
  json.key("id").value(ref.id.text());
  if (ref.is_edge) json.key("edges").value(true);
  json.key("rows").value(ref.rows);
  json.key("rids").begin_array();
  if (ref.dense_rids) {
    json.value(ref.rid_base);
  } else {
    json.value(ref.min_rid).value(ref.max_rid);
  }
  json.end_array();
  if (ref.gsn != 0) json.key("gsn").value(ref.gsn);
  if (ref.id_base) json.key("id_base").value(ref.id_base->text());
  json.key("bytes").begin_array().value(ref.data_bytes).value(ref.index_bytes).end_array();
  json.key("schema").value(ref.schema_version);
  json.end_object();
}

SegmentRef read_segment_ref(simdjson::dom::element element, TypeId table, std::string& wrong) {
  JsonFields fields(element, wrong);
  SegmentRef ref;
  ref.table = table;
  ref.id = fields.ulid("id");
  ref.is_edge = fields.flag("edges");
  ref.rows = fields.small("rows");
  std::uint64_t rids[2] = {};
  std::size_t count = 0;
  for (const simdjson::dom::element item : fields.array("rids")) {
    if (count == 2 || item.get(rids[count]) != simdjson::SUCCESS || rids[count] > kMaxRowId) {
      fields.fail("rids");
      break;
    }
    ++count;
  }
  ref.dense_rids = count == 1;
  const std::uint64_t last = count == 1 ? rids[0] + ref.rows - 1 : rids[1];
  if (count == 0 || ref.rows == 0 || last > kMaxRowId || rids[0] > last) fields.fail("rids");
  ref.rid_base = ref.dense_rids ? static_cast<RowId>(rids[0]) : 0;
  ref.min_rid = static_cast<RowId>(rids[0]);
  ref.max_rid = static_cast<RowId>(last);
  ref.gsn = fields.number_or("gsn", 0);
  ref.id_base = fields.ulid_or_none("id_base");
  std::uint64_t sizes[2] = {};
  count = 0;
  for (const simdjson::dom::element item : fields.array("bytes")) {
    if (count == 2 || item.get(sizes[count]) != simdjson::SUCCESS) {
      fields.fail("bytes");
      break;
    }
    ++count;
  }
  if (count != 2) fields.fail("bytes");
  ref.data_bytes = sizes[0];
  ref.index_bytes = sizes[1];
  ref.schema_version = fields.small("schema");
  return ref;
}

void write_commit_fields(JsonWriter& json, const CommitHeader& header) {
  json.key("id").value(header.id.text());
  json.key("branch").value(header.branch);
  if (header.parent) json.key("parent").value(header.parent->text());
  if (header.merged_parent) json.key("merged_parent").value(header.merged_parent->text());
  if (header.actor) json.key("actor").value(*header.actor);
  json.key("created_at").value(header.created_at);
  json.key("version").value(header.version);
}

CommitHeader read_commit_fields(JsonFields& fields) {
  CommitHeader header;
  header.id = fields.ulid("id");
  header.branch = std::string(fields.text("branch"));
  header.parent = fields.ulid_or_none("parent");
  header.merged_parent = fields.ulid_or_none("merged_parent");
  header.actor = fields.text_or_none("actor");
  header.created_at = fields.signed_number("created_at");
  header.version = fields.number("version");
  return header;
}

std::string_view PayloadReader::take(std::uint64_t length, std::string& wrong) {
  if (length > rest_.size()) {
    if (wrong.empty()) wrong = "its payload is cut short";
    return {};
  }
  const std::string_view taken = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return taken;
}

}  // namespace omnigraph
