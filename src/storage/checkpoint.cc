#include "storage/checkpoint.h"

#include <xxhash.h>

#include "storage/envelope.h"
#include "storage/record_json.h"
#include "storage/store.h"

namespace omnigraph {
namespace {

constexpr std::uint32_t kRootMagic = envelope_magic("OGCP");
constexpr std::uint32_t kRootVersion = 1;
constexpr std::string_view kRootWhat = "checkpoint";
constexpr std::uint32_t kStateMagic = envelope_magic("OGST");
constexpr std::uint32_t kStateVersion = 1;
constexpr std::string_view kStateWhat = "branch state";
constexpr std::size_t kMaxBranches = 1 << 20;

template <typename Map>
void write_pairs(JsonWriter& json, const Map& map) {
  json.begin_array();
  for (const auto& [key, value] : map) json.begin_array().value(key).value(value).end_array();
  json.end_array();
}

template <typename V>
void read_pairs(JsonFields& fields, std::string_view key, std::uint64_t most,
                std::map<TypeId, V>& out) {
  for (const simdjson::dom::element item : fields.array(key)) {
    simdjson::dom::array pair;
    std::uint64_t table = 0, value = 0;
    if (item.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
        pair.at(0).get(table) != simdjson::SUCCESS || table > UINT32_MAX ||
        pair.at(1).get(value) != simdjson::SUCCESS || value > most) {
      fields.fail(key);
      return;
    }
    out[static_cast<TypeId>(table)] = static_cast<V>(value);
  }
}

void write_run(JsonWriter& json, const HistoryRun& run) {
  json.begin_object();
  json.key("name").value(run.name);
  json.key("level").value(run.level);
  json.key("first").value(run.first);
  json.key("last").value(run.last);
  json.key("entries").value(run.entries);
  json.key("min").value(run.min_id.text());
  json.key("max").value(run.max_id.text());
  json.key("index").begin_array().value(run.index_offset).value(run.index_length).end_array();
  json.end_object();
}

HistoryRun read_run(simdjson::dom::element element, std::string& wrong) {
  JsonFields fields(element, wrong);
  HistoryRun run;
  run.name = std::string(fields.text("name"));
  run.level = fields.small("level");
  run.first = fields.number("first");
  run.last = fields.number("last");
  run.entries = fields.number("entries");
  run.min_id = fields.ulid("min");
  run.max_id = fields.ulid("max");
  const auto index = fields.array("index");
  if (index.size() != 2 || index[0].get(run.index_offset) != simdjson::SUCCESS ||
      index[1].get(run.index_length) != simdjson::SUCCESS || !run.name.starts_with("history/") ||
      !valid_object_name(run.name)) {
    fields.fail("history");
  }
  return run;
}

std::shared_ptr<const Sweep> read_sweep(simdjson::dom::element element, std::string& wrong) {
  JsonFields fields(element, wrong);
  auto sweep = std::make_shared<Sweep>();
  sweep->created_at = fields.signed_number("created_at");
  for (const simdjson::dom::element item : fields.array("names")) {
    std::string_view name;
    if (item.get(name) != simdjson::SUCCESS || !valid_object_name(name)) fields.fail("names");
    sweep->names.emplace_back(name);
  }
  return sweep;
}

CheckpointRoot::Branch read_branch(simdjson::dom::element element, std::string& wrong) {
  JsonFields fields(element, wrong);
  CheckpointRoot::Branch branch;
  branch.name = std::string(fields.text("name"));
  branch.incarnation = fields.ulid("incarnation");
  branch.parent = std::string(fields.text("parent"));
  branch.forked_at = fields.ulid_or_none("forked_at").value_or(Ulid{});
  // Roots of the first builds do not have them: such a branch counts as knowing all of its parent.
  const auto gsns = fields.array("gsns");
  if (gsns.size() == 0) {
    branch.forked_gsn = UINT64_MAX;
  } else if (gsns.size() != 2 || gsns[0].get(branch.forked_gsn) != simdjson::SUCCESS ||
             gsns[1].get(branch.created_gsn) != simdjson::SUCCESS) {
    fields.fail("gsns");
  }
  branch.created_at = fields.signed_number("created_at");
  branch.state = std::string(fields.text("state"));
  branch.state_bytes = fields.number("bytes");
  if (!valid_object_name(branch.state)) fields.fail("state");
  return branch;
}

// Parses the header of an envelope; the parser must outlive the element.
Result<simdjson::dom::element> parse_header(simdjson::dom::parser& parser, std::string_view header,
                                            std::string_view what, std::string_view name) {
  simdjson::dom::element root;
  if (parser.parse(header.data(), header.size(), true).get(root) != simdjson::SUCCESS) {
    return damaged(what, name, "its header is not JSON");
  }
  return root;
}

}  // namespace

std::string checkpoint_name(Sequence sequence) {
  return std::string(kCheckpointPrefix) + log_object_name(sequence).substr(4);
}

std::optional<Sequence> checkpoint_sequence(std::string_view name) {
  if (!name.starts_with(kCheckpointPrefix)) return std::nullopt;
  return log_object_sequence("log/" + std::string(name.substr(kCheckpointPrefix.size())));
}

std::string encode_checkpoint(const CheckpointRoot& root) {
  std::string header;
  JsonWriter json(header);
  json.begin_object();
  json.key("seq").value(root.sequence);
  json.key("gsn").value(root.gsn);
  json.key("last_commit").value(root.last_commit.text());
  json.key("previous").value(root.previous);
  json.key("next").begin_array();
  json.value(root.next.sequence).value(root.next.object).value(root.next.offset).end_array();
  json.key("catalog").value(std::uint64_t{root.catalog_json.size()});
  json.key("branches").begin_array();
  for (const CheckpointRoot::Branch& branch : root.branches) {
    json.begin_object();
    json.key("name").value(branch.name);
    json.key("incarnation").value(branch.incarnation.text());
    json.key("parent").value(branch.parent);
    if (!branch.forked_at.is_nil()) json.key("forked_at").value(branch.forked_at.text());
    json.key("gsns").begin_array().value(branch.forked_gsn).value(branch.created_gsn).end_array();
    json.key("created_at").value(branch.created_at);
    json.key("state").value(branch.state);
    json.key("bytes").value(branch.state_bytes);
    json.end_object();
  }
  json.end_array();
  json.key("next_row");
  write_pairs(json, root.next_row);
  json.key("floors");
  write_pairs(json, root.floors);
  if (!root.kept_floors.empty()) {
    json.key("kept_floors");
    write_pairs(json, root.kept_floors);
  }
  if (!root.sweeps.empty()) {
    json.key("sweeps").begin_array();
    for (const auto& sweep : root.sweeps) {
      json.begin_object().key("created_at").value(sweep->created_at).key("names").begin_array();
      for (const std::string& swept : sweep->names) json.value(swept);
      json.end_array().end_object();
    }
    json.end_array();
  }
  if (root.uploads_before != 0) json.key("uploads_before").value(root.uploads_before);
  json.key("history").begin_array();
  for (const HistoryRun& run : root.history) write_run(json, run);
  json.end_array().end_object();
  return seal_envelope(kRootMagic, kRootVersion, header, root.catalog_json);
}

Result<CheckpointRoot> decode_checkpoint(std::string_view bytes, std::string_view name) {
  OG_ASSIGN_OR_RETURN(const Envelope envelope,
                      open_envelope(bytes, kRootMagic, kRootVersion, kRootWhat, name));
  simdjson::dom::parser parser;
  OG_ASSIGN_OR_RETURN(const auto element, parse_header(parser, envelope.header, kRootWhat, name));
  std::string wrong;
  JsonFields fields(element, wrong);
  CheckpointRoot root;
  root.sequence = fields.number("seq");
  root.gsn = fields.number("gsn");
  root.last_commit = fields.ulid("last_commit");
  root.previous = fields.number("previous");
  const auto next = fields.array("next");
  std::string_view object;
  if (next.size() != 3 || next[0].get(root.next.sequence) != simdjson::SUCCESS ||
      next[1].get(object) != simdjson::SUCCESS ||
      next[2].get(root.next.offset) != simdjson::SUCCESS || !log_object_sequence(object) ||
      root.next.sequence != root.sequence + 1 || root.previous >= root.sequence) {
    fields.fail("next");
  }
  root.next.object = std::string(object);
  const auto branches = fields.array("branches");
  if (branches.empty() || branches.size() > kMaxBranches) fields.fail("branches");
  for (const simdjson::dom::element item : branches) {
    if (!wrong.empty()) break;
    root.branches.push_back(read_branch(item, wrong));
  }
  read_pairs(fields, "next_row", std::uint64_t{kMaxRowId} + 1, root.next_row);
  read_pairs(fields, "floors", UINT64_MAX, root.floors);
  if (fields.has("kept_floors")) read_pairs(fields, "kept_floors", UINT64_MAX, root.kept_floors);
  if (fields.has("sweeps")) {
    for (const simdjson::dom::element item : fields.array("sweeps")) {
      if (!wrong.empty()) break;
      root.sweeps.push_back(read_sweep(item, wrong));
    }
  }
  if (fields.has("uploads_before")) root.uploads_before = fields.signed_number("uploads_before");
  for (const simdjson::dom::element item : fields.array("history")) {
    if (!wrong.empty()) break;
    root.history.push_back(read_run(item, wrong));
  }
  if (fields.number("catalog") != envelope.payload.size()) fields.fail("catalog");
  root.catalog_json = std::string(envelope.payload);
  if (!wrong.empty()) return damaged(kRootWhat, name, wrong);
  return root;
}

Result<std::string> encode_branch_state(const BranchState& branch, const Catalog& catalog,
                                        const FindReference& reference) {
  std::string header, payload;
  JsonWriter json(header);
  json.begin_object();
  json.key("head").begin_object();
  write_commit_fields(json, branch.snapshot->head());
  json.end_object();
  json.key("gsn").value(branch.snapshot->gsn());
  json.key("tables").begin_array();
  for (const auto& [table, version] : branch.snapshot->tables()) {
    json.begin_object();
    json.key("table").value(table);
    json.key("version").value(branch.table_version(table));
    if (branch.table_writers.contains(table)) json.key("writer").value(branch.table_writer(table));
    json.key("parts").begin_array();
    if (version->reclaimed()) return reclaimed_error(*version->reclaimed());
    std::vector<TablePart> inline_parts;
    std::uint64_t inline_rows = 0;
    for (const TablePart& part : version->parts()) {
      if (part.segment->id().is_nil()) {
        inline_rows += part.live_rows();
        inline_parts.push_back(part);
        continue;
      }
      const auto ref = reference(part.segment->id());
      if (!ref) return Error(ErrorCode::kInternal, "a segment of a checkpoint has no reference");
      json.begin_object();
      json.key("ref");
      write_segment_ref(json, *ref);
      if (part.deleted && part.deleted->count() > 0) {
        const std::size_t before = payload.size();
        part.deleted->encode(payload);
        json.key("dead").value(std::uint64_t{payload.size() - before});
      }
      json.end_object();
    }
    json.end_array();
    if (inline_rows > 0) {
      const SegmentOptions options = segment_options(catalog, table);
      OG_ASSIGN_OR_RETURN(RowBatch rows, merge_parts(inline_parts, options.properties));
      // The batch stands for itself here, so each row's number is written even when all are alike.
      if (rows.gsns.empty()) rows.gsns.assign(rows.rows, rows.gsn);
      const std::size_t before = payload.size();
      encode_row_batch(rows, payload);
      json.key("inline").value(std::uint64_t{payload.size() - before});
    }
    json.end_object();
  }
  json.end_array().end_object();
  return seal_envelope(kStateMagic, kStateVersion, header, payload);
}

Result<BranchState> decode_branch_state(std::string_view bytes, std::string_view name,
                                        const CatalogPtr& catalog, SegmentSource& source) {
  OG_ASSIGN_OR_RETURN(const Envelope envelope,
                      open_envelope(bytes, kStateMagic, kStateVersion, kStateWhat, name));
  simdjson::dom::parser parser;
  OG_ASSIGN_OR_RETURN(const auto element, parse_header(parser, envelope.header, kStateWhat, name));
  std::string wrong;
  JsonFields fields(element, wrong);
  PayloadReader payload(envelope.payload);
  BranchState branch;
  JsonFields head_fields(fields.element("head"), wrong);
  CommitHeader head = read_commit_fields(head_fields);
  head.gsn = fields.number("gsn");
  TableMap tables;
  for (const simdjson::dom::element item : fields.array("tables")) {
    if (!wrong.empty()) break;
    JsonFields table_fields(item, wrong);
    const TypeId table = table_fields.small("table");
    const std::uint64_t version = table_fields.number_or("version", 1);
    if (version != 1) branch.table_versions[table] = version;
    if (auto writer = table_fields.text_or_none("writer")) {
      branch.table_writers[table] = std::move(*writer);
    }
    std::vector<TablePart> parts;
    for (const simdjson::dom::element part_item : table_fields.array("parts")) {
      JsonFields part_fields(part_item, wrong);
      const SegmentRef ref = read_segment_ref(part_fields.element("ref"), table, wrong);
      const std::string_view dead = payload.take(part_fields.number_or("dead", 0), wrong);
      if (!wrong.empty()) break;
      TablePart part;
      OG_ASSIGN_OR_RETURN(part.segment, source.segment(ref));
      if (!dead.empty()) {
        auto bitmap = DeletionBitmap::decode(dead, ref.rows);
        if (!bitmap.ok()) return damaged(kStateWhat, name, bitmap.error().message());
        part.deleted = std::move(bitmap).value();
      }
      parts.push_back(std::move(part));
    }
    if (wrong.empty() && table_fields.has("inline")) {
      const std::string_view rows = payload.take(table_fields.number("inline"), wrong);
      if (!wrong.empty()) break;
      auto batch = decode_row_batch(rows);
      if (!batch.ok()) return damaged(kStateWhat, name, batch.error().message());
      if (batch->table != table || batch->gsns.size() != batch->rows) {
        return damaged(kStateWhat, name, "its inline rows are of another table or lack numbers");
      }
      TablePart part;
      OG_ASSIGN_OR_RETURN(part.segment, make_memory_segment(std::move(batch).value(), true));
      parts.push_back(std::move(part));
    }
    tables[table] = std::make_shared<const TableVersion>(std::move(parts));
  }
  if (wrong.empty() && !payload.done()) wrong = "its payload is too long";
  if (!wrong.empty()) return damaged(kStateWhat, name, wrong);
  const std::string author = head.branch;
  branch.snapshot =
      std::make_shared<const Snapshot>(catalog, std::move(tables), std::move(head), author);
  return branch;
}

std::string floor_table_name(TypeId table, Gsn floor) {
  return "state/floor-" + std::to_string(table) + "-" + std::to_string(floor);
}

std::string branch_state_name(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return "state/" + log_object_name(hash.high64).substr(4) + log_object_name(hash.low64).substr(4);
}

}  // namespace omnigraph
