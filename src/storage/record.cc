// A log record is an envelope (envelope.h) of magic "OGRC", version 1. Its header:
//   {"seq":5,"gsn":9,"nonce":77,"entries":[…]}
// gsn is the number of the record's first commit. Each entry is an object with one member that
// names its kind:
//   {"commit":{"id","branch","parent"?,"merged_parent"?,"actor"?,"created_at","version",
//              "catalog"?:bytes,"tables":[{"table","clear"?,"deleted"?:[count,bytes],
//              "segments"?:[ref],"adopted"?:[{"ref","dead"?:bytes}],"inline"?:[bytes,…]}]}}
//   {"branch_create":{"name","incarnation","from","at","table_state"?,"created_at"}}
//   {"branch_delete":{"name","incarnation"}}
//   {"reserve":{"table","first","count"}}
//   {"replace":{"table","inputs":[id],"dropped":[bytes],"inline_through"?,"branch"?,"output":ref}}
//   {"floor":{"floors":[[table,gsn]],"sweep":[name],"created_at","kept"?,"uploads_before"?,"swept"?}}
// "bytes" are lengths of parts of the payload, which follow one another in the order of their
// mention: the schema's JSON, deleted row ids (varints: the first, then differences), inline rows
// (row_batch.h), deletion bitmaps.
#include "storage/record.h"

#include "common/kept_parser.h"
#include "storage/byte_codec.h"
#include "storage/envelope.h"
#include "storage/object_store.h"
#include "storage/record_json.h"

namespace omnigraph {
namespace {

constexpr std::uint32_t kMagic = envelope_magic("OGRC");
constexpr std::string_view kWhat = "log record";
constexpr std::size_t kMaxEntries = 1 << 16;
constexpr std::size_t kMaxBranchName = 1 << 12;

class Encoder {
 public:
  Encoder() : json_(header_) {}

  std::string encode(const Record& record) {
    header_.reserve(512);
    json_.begin_object();
    json_.key("seq").value(record.sequence);
    json_.key("gsn").value(record.first_gsn);
    json_.key("nonce").value(record.nonce);
    json_.key("entries").begin_array();
    for (const Entry& entry : record.entries) {
      json_.begin_object();
      std::visit([&](const auto& e) { write(e); }, entry);
      json_.end_object();
    }
    json_.end_array().end_object();
    return seal_envelope(kMagic, kRecordVersion, header_, payload_);
  }

 private:
  void write(const CommitEntry& entry) {
    json_.key("commit").begin_object();
    write_commit_fields(json_, entry.header);
    if (entry.catalog_json) {
      json_.key("catalog").value(std::uint64_t{entry.catalog_json->size()});
      payload_ += *entry.catalog_json;
    }
    json_.key("tables").begin_array();
    for (const TableChange& change : entry.tables) write(change);
    json_.end_array().end_object();
  }

  void write(const TableChange& change) {
    json_.begin_object();
    json_.key("table").value(change.table);
    if (change.clear) json_.key("clear").value(true);
    if (!change.deleted.empty()) {
      const std::size_t before = payload_.size();
      RowId last = 0;
      for (const RowId rid : change.deleted) {
        append_varint(payload_, rid - last);
        last = rid;
      }
      json_.key("deleted").begin_array();
      json_.value(std::uint64_t{change.deleted.size()});
      json_.value(std::uint64_t{payload_.size() - before});
      json_.end_array();
    }
    if (!change.segments.empty()) {
      json_.key("segments").begin_array();
      for (const SegmentRef& ref : change.segments) write_segment_ref(json_, ref);
      json_.end_array();
    }
    if (!change.adopted.empty()) {
      json_.key("adopted").begin_array();
      for (const AdoptedSegment& adopted : change.adopted) {
        json_.begin_object();
        json_.key("ref");
        write_segment_ref(json_, adopted.ref);
        if (!adopted.dead.empty()) {
          json_.key("dead").value(std::uint64_t{adopted.dead.size()});
          payload_ += adopted.dead;
        }
        json_.end_object();
      }
      json_.end_array();
    }
    if (!change.inline_rows.empty()) {
      json_.key("inline").begin_array();
      for (const RowBatch& batch : change.inline_rows) {
        const std::size_t before = payload_.size();
        encode_row_batch(batch, payload_);
        json_.value(std::uint64_t{payload_.size() - before});
      }
      json_.end_array();
    }
    json_.end_object();
  }

  void write(const BranchCreateEntry& entry) {
    json_.key("branch_create").begin_object();
    json_.key("name").value(entry.name);
    json_.key("incarnation").value(entry.incarnation.text());
    json_.key("from").value(entry.from);
    json_.key("at").value(entry.at.text());
    if (entry.table_state) json_.key("table_state").value(*entry.table_state);
    json_.key("created_at").value(entry.created_at);
    json_.end_object();
  }

  void write(const BranchDeleteEntry& entry) {
    json_.key("branch_delete").begin_object();
    json_.key("name").value(entry.name);
    json_.key("incarnation").value(entry.incarnation.text());
    json_.end_object();
  }

  void write(const ReserveEntry& entry) {
    json_.key("reserve").begin_object();
    json_.key("table").value(entry.table);
    json_.key("first").value(entry.first);
    json_.key("count").value(entry.count);
    json_.end_object();
  }

  void write(const ReplaceEntry& entry) {
    json_.key("replace").begin_object();
    json_.key("table").value(entry.table);
    json_.key("inputs").begin_array();
    for (const SegmentId& id : entry.inputs) json_.value(id.text());
    json_.end_array();
    json_.key("dropped").begin_array();
    for (const std::string& bitmap : entry.dropped) {
      json_.value(std::uint64_t{bitmap.size()});
      payload_ += bitmap;
    }
    json_.end_array();
    if (entry.inline_through != 0) {
      json_.key("inline_through").value(entry.inline_through);
      json_.key("branch").value(entry.branch);
    }
    json_.key("output");
    write_segment_ref(json_, entry.output);
    json_.end_object();
  }

  void write(const FloorEntry& entry) {
    json_.key("floor").begin_object();
    json_.key("floors").begin_array();
    for (const auto& [table, gsn] : entry.floors) {
      json_.begin_array().value(table).value(gsn).end_array();
    }
    json_.end_array();
    json_.key("sweep").begin_array();
    for (const std::string& name : entry.sweep) json_.value(name);
    json_.end_array();
    json_.key("created_at").value(entry.created_at);
    if (entry.kept) json_.key("kept").value(true);
    if (entry.uploads_before != 0) json_.key("uploads_before").value(entry.uploads_before);
    if (entry.swept != 0) json_.key("swept").value(entry.swept);
    json_.end_object();
  }

  std::string header_, payload_;
  JsonWriter json_;
};

class Decoder {
 public:
  Decoder(std::string_view payload, std::string_view name) : payload_(payload), name_(name) {}

  Result<Record> decode(simdjson::dom::element root) {
    Record record;
    JsonFields fields(root, wrong_);
    record.sequence = fields.number("seq");
    record.first_gsn = fields.number("gsn");
    record.nonce = fields.number("nonce");
    Gsn gsn = record.first_gsn;
    const auto entries = fields.array("entries");
    if (entries.size() > kMaxEntries) fields.fail("entries");
    for (const simdjson::dom::element element : entries) {
      if (!wrong_.empty()) break;
      OG_ASSIGN_OR_RETURN(Entry entry, read_entry(element, gsn));
      record.entries.push_back(std::move(entry));
    }
    if (wrong_.empty() && !payload_.done()) wrong_ = "its payload is too long";
    if (!wrong_.empty()) return damaged(kWhat, name_, wrong_);
    return record;
  }

 private:
  Result<Entry> read_entry(simdjson::dom::element element, Gsn& gsn) {
    JsonFields kind(element, wrong_);
    if (kind.has("commit")) return read_commit(kind.element("commit"), gsn++);
    if (kind.has("branch_create")) return read_branch_create(kind.element("branch_create"));
    if (kind.has("branch_delete")) {
      JsonFields fields(kind.element("branch_delete"), wrong_);
      BranchDeleteEntry entry;
      entry.name = branch_name(fields, "name");
      entry.incarnation = fields.ulid("incarnation");
      return Entry(std::move(entry));
    }
    if (kind.has("reserve")) {
      JsonFields fields(kind.element("reserve"), wrong_);
      ReserveEntry entry;
      entry.table = fields.small("table");
      entry.first = static_cast<RowId>(fields.number("first", kMaxRowId));
      entry.count = static_cast<std::uint32_t>(
          fields.number("count", std::uint64_t{kMaxRowId} + 1 - entry.first));
      return Entry(entry);
    }
    if (kind.has("replace")) return read_replace(kind.element("replace"));
    if (kind.has("floor")) return read_floor(kind.element("floor"));
    // An entry that this reader does not know could change what it answers, so it is not skipped.
    return Error(
        ErrorCode::kUnsupportedFormat,
        "log record '" + std::string(name_) +
            "' holds a kind of entry that this build does not know: use a newer omnigraph");
  }

  Result<Entry> read_commit(simdjson::dom::element element, Gsn gsn) {
    JsonFields fields(element, wrong_);
    CommitEntry entry;
    entry.header = read_commit_fields(fields);
    entry.header.gsn = gsn;
    if (fields.has("catalog")) {
      entry.catalog_json = std::string(payload_.take(fields.number("catalog"), wrong_));
    }
    for (const simdjson::dom::element item : fields.array("tables")) {
      if (!wrong_.empty()) break;
      OG_ASSIGN_OR_RETURN(TableChange change, read_change(item, gsn));
      entry.tables.push_back(std::move(change));
    }
    return Entry(std::move(entry));
  }

  Result<TableChange> read_change(simdjson::dom::element element, Gsn gsn) {
    JsonFields fields(element, wrong_);
    TableChange change;
    change.table = fields.small("table");
    change.clear = fields.flag("clear");
    if (fields.has("deleted")) read_deleted(fields, change.deleted);
    for (const simdjson::dom::element item : fields.array("segments")) {
      change.segments.push_back(read_segment_ref(item, change.table, wrong_));
    }
    for (const simdjson::dom::element item : fields.array("adopted")) {
      if (!wrong_.empty()) break;
      JsonFields part(item, wrong_);
      AdoptedSegment adopted;
      adopted.ref = read_segment_ref(part.element("ref"), change.table, wrong_);
      adopted.dead = std::string(payload_.take(part.number_or("dead", 0), wrong_));
      change.adopted.push_back(std::move(adopted));
    }
    for (const simdjson::dom::element item : fields.array("inline")) {
      std::uint64_t length = 0;
      if (item.get(length) != simdjson::SUCCESS) fields.fail("inline");
      const std::string_view bytes = payload_.take(length, wrong_);
      if (!wrong_.empty()) break;
      auto batch = decode_row_batch(bytes);
      if (!batch.ok()) return damaged(kWhat, name_, batch.error().message());
      if (batch->table != change.table) fields.fail("table");
      if (batch->gsns.empty()) batch->gsn = gsn;
      change.inline_rows.push_back(std::move(batch).value());
    }
    return change;
  }

  void read_deleted(JsonFields& fields, std::vector<RowId>& deleted) {
    std::uint64_t numbers[2] = {};
    const auto items = fields.array("deleted");
    for (std::size_t i = 0; i < items.size() && i < 2; ++i) {
      if (items[i].get(numbers[i]) != simdjson::SUCCESS) fields.fail("deleted");
    }
    // Each number takes a byte at least, so the count cannot pass the length.
    if (items.size() != 2 || numbers[0] > numbers[1]) fields.fail("deleted");
    ByteReader reader(payload_.take(numbers[1], wrong_));
    if (!wrong_.empty()) return;
    deleted.reserve(numbers[0]);
    std::uint64_t rid = 0;
    for (std::uint64_t i = 0; i < numbers[0]; ++i) {
      const std::uint64_t step = reader.varint();
      if (step > kMaxRowId || (i > 0 && step == 0)) reader.fail();
      rid += step;
      if (!reader.ok() || rid > kMaxRowId) break;
      deleted.push_back(static_cast<RowId>(rid));
    }
    if (!reader.ok() || reader.remaining() != 0 || deleted.size() != numbers[0])
      fields.fail("deleted");
  }

  Result<Entry> read_branch_create(simdjson::dom::element element) {
    JsonFields fields(element, wrong_);
    BranchCreateEntry entry;
    entry.name = branch_name(fields, "name");
    entry.incarnation = fields.ulid("incarnation");
    entry.from = branch_name(fields, "from");
    entry.at = fields.ulid("at");
    entry.table_state = fields.text_or_none("table_state");
    entry.created_at = fields.signed_number("created_at");
    return Entry(std::move(entry));
  }

  Result<Entry> read_replace(simdjson::dom::element element) {
    JsonFields fields(element, wrong_);
    ReplaceEntry entry;
    entry.table = fields.small("table");
    for (const simdjson::dom::element item : fields.array("inputs")) {
      std::string_view text;
      const auto id = item.get(text) == simdjson::SUCCESS ? Ulid::parse(text) : std::nullopt;
      if (!id) fields.fail("inputs");
      entry.inputs.push_back(id.value_or(Ulid{}));
    }
    for (const simdjson::dom::element item : fields.array("dropped")) {
      std::uint64_t length = 0;
      if (item.get(length) != simdjson::SUCCESS) fields.fail("dropped");
      entry.dropped.emplace_back(payload_.take(length, wrong_));
    }
    if (entry.dropped.size() != entry.inputs.size()) fields.fail("dropped");
    entry.inline_through = fields.number_or("inline_through", 0);
    if (entry.inline_through != 0) entry.branch = branch_name(fields, "branch");
    entry.output = read_segment_ref(fields.element("output"), entry.table, wrong_);
    return Entry(std::move(entry));
  }

  Result<Entry> read_floor(simdjson::dom::element element) {
    JsonFields fields(element, wrong_);
    FloorEntry entry;
    for (const simdjson::dom::element item : fields.array("floors")) {
      simdjson::dom::array pair;
      std::uint64_t numbers[2] = {};
      if (item.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
          pair.at(0).get(numbers[0]) != simdjson::SUCCESS || numbers[0] > UINT32_MAX ||
          pair.at(1).get(numbers[1]) != simdjson::SUCCESS) {
        fields.fail("floors");
        break;
      }
      entry.floors.emplace_back(static_cast<TypeId>(numbers[0]), numbers[1]);
    }
    for (const simdjson::dom::element item : fields.array("sweep")) {
      std::string_view name;
      if (item.get(name) != simdjson::SUCCESS) fields.fail("sweep");
      if (!valid_object_name(name)) fields.fail("sweep");
      entry.sweep.emplace_back(name);
    }
    entry.created_at = fields.signed_number("created_at");
    entry.kept = fields.flag("kept");
    if (fields.has("uploads_before")) {
      entry.uploads_before = fields.signed_number("uploads_before");
    }
    if (fields.has("swept")) entry.swept = fields.signed_number("swept");
    return Entry(std::move(entry));
  }

  std::string branch_name(JsonFields& fields, std::string_view key) {
    const std::string_view name = fields.text(key);
    if (name.empty() || name.size() > kMaxBranchName) fields.fail(key);
    return std::string(name);
  }

  PayloadReader payload_;
  std::string_view name_;
  std::string wrong_;
};

}  // namespace

std::string encode_record(const Record& record) { return Encoder().encode(record); }

Result<Record> decode_record(std::string_view bytes, std::string_view name) {
  OG_ASSIGN_OR_RETURN(const Envelope envelope,
                      open_envelope(bytes, kMagic, kRecordVersion, kWhat, name));
  const KeptParser<simdjson::dom::parser> parser;
  simdjson::dom::element root;
  if (parser->parse(envelope.header.data(), envelope.header.size(), true).get(root) !=
      simdjson::SUCCESS) {
    return damaged(kWhat, name, "its header is not JSON");
  }
  return Decoder(envelope.payload, name).decode(root);
}

}  // namespace omnigraph
