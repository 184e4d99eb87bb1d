#include "write/load/piece.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "common/date_text.h"
#include "common/excerpt.h"
#include "write/convert.h"
#include "write/identity.h"
#include "write/limits.h"

namespace omnigraph {
namespace {

using Kind = JsonToken::Kind;

constexpr std::uint32_t kNoToken = 0;  // token 0 is the record itself

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos;
}

PlacedError at_line(std::uint64_t line, std::string before, std::string after) {
  PlacedError error;
  error.line = line;
  error.before = std::move(before);
  error.after = std::move(after);
  return error;
}

PlacedError without_line(Error whole) {
  PlacedError error;
  error.whole = std::move(whole);
  return error;
}

// A column that exists only once it holds a value; rows between are null.
class SparseColumn {
 public:
  explicit SparseColumn(const PropertyType& type) : type_(&type) {}
  // The builder, ready for the value of `row`.
  ColumnBuilder& at(std::size_t row) {
    if (!builder_) builder_.emplace(*type_);
    while (builder_->rows() < row) builder_->append_null();
    return *builder_;
  }
  ColumnPtr finish(std::size_t rows) {
    if (!builder_) return nullptr;
    while (builder_->rows() < rows) builder_->append_null();
    ColumnPtr column = builder_->finish();
    builder_.reset();
    return column;
  }
  void drop() { builder_.reset(); }

 private:
  const PropertyType* type_;
  std::optional<ColumnBuilder> builder_;
};

const PropertyType kIdType{};

// Whether `text` is a spelling of a key member's value, as a permissive load takes it.
bool denotes(std::string_view text, const Property& property, const Value& value) {
  switch (property.type.scalar) {
    case ScalarType::kDate: {
      const auto date = parse_date(text);
      return (date.ok() && value.get_if<Date>() && *date == *value.get_if<Date>()) ||
             (value.get_if<Date>() && text == std::to_string(value.get_if<Date>()->days));
    }
    case ScalarType::kDateTime: {
      const auto instant = parse_datetime(text);
      return (instant.ok() && value.get_if<DateTime>() && *instant == *value.get_if<DateTime>()) ||
             (value.get_if<DateTime>() && text == std::to_string(value.get_if<DateTime>()->millis));
    }
    case ScalarType::kString:
      return value.get_if<std::string>() && *value.get_if<std::string>() == text;
    default:
      break;
  }
  // Numbers and truth values: as JSON spells them, leading zeros and a plus sign allowed.
  std::string spelled(text);
  const bool negative = spelled.starts_with('-');
  std::size_t skip = negative || spelled.starts_with('+') ? 1 : 0;
  while (skip + 1 < spelled.size() && spelled[skip] == '0' && spelled[skip + 1] >= '0' &&
         spelled[skip + 1] <= '9') {
    ++skip;
  }
  spelled = (negative ? "-" : "") + spelled.substr(skip);
  JsonReader reader;
  if (!reader.read_whole(spelled, true)) return false;
  const auto read = json_scalar(property, reader, 0, {.strictness = Strictness::kPermissive});
  return read.ok() && !read->is_null() && *read == value;
}

}  // namespace

Error ambiguous_remap(const std::string& type, std::string_view given, const std::string& one,
                      const std::string& other) {
  return bad_request("refusing ambiguous edge endpoint remap: id '" + excerpt(given) +
                     "' of node type '" + type + "' stands for '" + excerpt(one) + "' and '" +
                     excerpt(other) + "'");
}

Error PlacedError::placed(std::uint64_t lines_before) && {
  if (whole) return std::move(*whole);
  return {code, before + std::to_string(lines_before + line) + after};
}

std::size_t PieceRows::memory() const {
  std::size_t bytes = (from.capacity() + to.capacity()) * sizeof(std::uint32_t);
  for (const ColumnPtr& column : columns) bytes += column ? column->memory : 0;
  return bytes + (ids ? ids->memory : 0);
}

// The rows of one type in the piece at hand.
class RecordParser::Collector {
 public:
  explicit Collector(const LoadType& load_type) : type(load_type), ids(kIdType) {
    for (const Property& property : load_type.type->properties) columns.emplace_back(property.type);
  }

  PieceRows finish(std::size_t index) {
    PieceRows out;
    out.type = index;
    if (wrong) {  // the last row may be half done, and nobody asks for the others
      for (SparseColumn& column : columns) column.drop();
      ids.drop();
      from.clear();
      to.clear();
      rows = 0;
    }
    out.rows = rows;
    for (SparseColumn& column : columns) out.columns.push_back(column.finish(rows));
    out.ids = ids.finish(rows);
    from.shrink_to_fit();
    to.shrink_to_fit();
    out.from = std::exchange(from, {});
    out.to = std::exchange(to, {});
    out.wrong = std::exchange(wrong, std::nullopt);
    rows = 0;
    records = 0;
    return out;
  }

  const LoadType& type;
  std::uint32_t rows = 0;
  std::uint32_t records = 0;
  std::vector<SparseColumn> columns;
  SparseColumn ids;
  std::vector<std::uint32_t> from, to;
  std::optional<PlacedError> wrong;
};

RecordParser::RecordParser(const LoadPlan& plan, const ValueIntake& intake)
    : plan_(plan), intake_(intake), ends_(plan.end_tables().size()) {
  for (const LoadType& type : plan.types())
    collectors_.push_back(std::make_unique<Collector>(type));
}

RecordParser::~RecordParser() = default;

std::size_t RecordParser::memory() const {
  std::size_t bytes = 0;
  for (const Interner& ends : ends_) bytes += ends.memory();
  return bytes;
}

Piece RecordParser::parse(std::string_view text) {
  Piece piece;
  piece.bytes = text.size();
  if (intake_.strictness == Strictness::kStrict) {
    parse_lines(text, piece);
  } else {
    parse_sequence(text, piece);
  }
  number_open_ends();
  for (std::size_t i = 0; i < collectors_.size(); ++i) {
    if (collectors_[i]->records > 0) piece.types.push_back(collectors_[i]->finish(i));
  }
  return piece;
}

void RecordParser::parse_lines(std::string_view text, Piece& piece) {
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos) end = text.size();
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++piece.lines;
    if (line.ends_with('\r')) line.remove_suffix(1);
    piece.malformed = parse_line(line, piece.lines, utf8);
    if (piece.malformed) return;
  }
}

std::optional<PlacedError> RecordParser::parse_line(std::string_view line, std::uint64_t number,
                                                    bool utf8) {
  if (line.empty() || (line[0] != '{' && is_blank(line))) return std::nullopt;
  if (line.size() > kMaxLineBytes) {
    return without_line(resource_limit("graph_batch_line_bytes", kMaxLineBytes, line.size()));
  }
  // A line has at most as many slots as bytes, and one.
  if (line.size() >= kMaxStructuralSlots) {
    if (const std::uint64_t slots = structural_slots(line); slots > kMaxStructuralSlots) {
      return without_line(
          resource_limit("graph_batch_json_structural_slots", kMaxStructuralSlots, slots));
    }
  }
  if (!utf8 && !simdjson::validate_utf8(line.data(), line.size())) {
    return at_line(number, "invalid strict JSON at line ", ": invalid UTF-8");
  }
  if (!reader_.read_whole(line, false)) {
    return at_line(number, "invalid strict JSON at line ", ": " + reader_.error());
  }
  return read_strict(number);
}

std::optional<PlacedError> RecordParser::read_strict(std::uint64_t number) {
  const std::vector<JsonToken>& tokens = reader_.tokens();
  const auto refuse = [number](std::string what) {
    return at_line(number, "line ", ": " + std::move(what));
  };
  if (tokens[0].kind != Kind::kObject) return refuse("graph batch record must be one JSON object");
  std::uint32_t type = kNoToken, edge = kNoToken, from = kNoToken, to = kNoToken, data = kNoToken;
  const JsonToken* reserved = nullptr;
  const JsonToken* unknown = nullptr;
  for (std::uint32_t i = 1; i < tokens[0].next; i = tokens[i + 1].next) {
    const std::string_view name = tokens[i].text;
    if (name == "edge")
      edge = i + 1;
    else if (name == "from")
      from = i + 1;
    else if (name == "to")
      to = i + 1;
    else if (name == "data")
      data = i + 1;
    else if (name == "type")
      type = i + 1;
    else if (is_reserved_field(name))
      reserved = reserved != nullptr ? reserved : &tokens[i];
    else
      unknown = unknown != nullptr ? unknown : &tokens[i];
  }
  if ((type == kNoToken) == (edge == kNoToken)) {
    return refuse("graph batch record must contain exactly one of 'type' or 'edge'");
  }
  if (reserved != nullptr) {
    return refuse("top-level field '" + excerpt(reserved->text) + "' is reserved physical state");
  }
  if (type != kNoToken) {
    for (const std::uint32_t end : {from, to}) {
      if (end == kNoToken) continue;
      const JsonToken* name = &tokens[end - 1];
      if (unknown == nullptr || name < unknown) unknown = name;
    }
  }
  if (unknown != nullptr) {
    return refuse("unknown top-level graph batch field '" + excerpt(unknown->text) + "'");
  }
  if (edge != kNoToken) {
    for (const auto& [token, name] : {std::pair(from, "from"), std::pair(to, "to")}) {
      if (token == kNoToken) {
        return refuse("graph batch record requires field '" + std::string(name) + "'");
      }
    }
  }
  for (const std::uint32_t token : {type, edge, from, to}) {
    if (token == kNoToken || tokens[token].kind == Kind::kString) continue;
    return refuse("graph batch field '" + std::string(tokens[token - 1].text) +
                  "' must be a string, got " + excerpt(tokens[token].raw));
  }
  if (data != kNoToken && tokens[data].kind != Kind::kObject) {
    return refuse("graph batch field 'data' must be an object, got " + excerpt(tokens[data].raw));
  }
  if (edge != kNoToken && data != kNoToken) {
    for (std::uint32_t i = data + 1; i < tokens[data].next; i = tokens[i + 1].next) {
      if (tokens[i].text != "src" && tokens[i].text != "dst") continue;
      return refuse("edge data field '" + std::string(tokens[i].text) +
                    "' is reserved structural state");
    }
  }
  const std::string_view name = tokens[type != kNoToken ? type : edge].text;
  const std::size_t index = type != kNoToken ? plan_.node(name) : plan_.edge(name);
  if (index == LoadType::kUnknown) {
    return refuse((type != kNoToken ? "unknown node type '" : "unknown edge type '") +
                  excerpt(name) + "'");
  }
  collect(index, number, from == kNoToken ? nullptr : &tokens[from],
          to == kNoToken ? nullptr : &tokens[to], data);
  return std::nullopt;
}

void RecordParser::parse_sequence(std::string_view text, Piece& piece) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool utf8 = simdjson::validate_utf8(text.data(), text.size());
  for (;;) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) ++at;
    if (at == end) return;
    ++piece.lines;
    if (!reader_.read(at, end, true)) {
      piece.malformed = at_line(piece.lines, "invalid JSON at record ", ": " + reader_.error());
      return;
    }
    if (!utf8 && !simdjson::validate_utf8(at, static_cast<std::size_t>(reader_.stop() - at))) {
      piece.malformed = at_line(piece.lines, "invalid JSON at record ", ": invalid UTF-8");
      return;
    }
    at = reader_.stop();
    piece.malformed = read_permissive(piece.lines);
    if (piece.malformed) return;
  }
}

std::optional<PlacedError> RecordParser::read_permissive(std::uint64_t number) {
  const std::vector<JsonToken>& tokens = reader_.tokens();
  const auto refuse = [number](const std::string& what) {
    return at_line(number, "record ", ": " + what);
  };
  const auto text_member = [&](std::string_view name) -> const JsonToken* {
    const JsonToken* token = reader_.member(0, name);
    return token != nullptr && token->kind == Kind::kString ? token : nullptr;
  };
  if (tokens[0].kind != Kind::kObject) return refuse("expected 'type' or 'edge' field");
  const JsonToken* data = reader_.member(0, "data");
  const auto data_at = data != nullptr && data->kind == Kind::kObject
                           ? static_cast<std::uint32_t>(data - tokens.data())
                           : kNoToken;
  if (const JsonToken* type = text_member("type")) {
    const std::size_t index = plan_.node(type->text);
    if (index == LoadType::kUnknown) {
      return refuse("unknown node type '" + excerpt(type->text) + "'");
    }
    collect(index, number, nullptr, nullptr, data_at);
    return std::nullopt;
  }
  const JsonToken* edge = text_member("edge");
  if (edge == nullptr) return refuse("expected 'type' or 'edge' field");
  const std::size_t index = plan_.edge(edge->text);
  if (index == LoadType::kUnknown) {
    return refuse("unknown edge type '" + excerpt(edge->text) + "'");
  }
  const JsonToken* from = text_member("from");
  if (from == nullptr) return refuse("edge missing 'from'");
  const JsonToken* to = text_member("to");
  if (to == nullptr) return refuse("edge missing 'to'");
  collect(index, number, from, to, data_at);
  return std::nullopt;
}

void RecordParser::collect(std::size_t type, std::uint64_t number, const JsonToken* from,
                           const JsonToken* to, std::uint32_t data) {
  Collector& rows = *collectors_[type];
  ++rows.records;
  if (rows.wrong) return;
  if (Status status = collect_members(rows, data); !status.ok()) {
    rows.wrong = wrong_record(std::move(status).error(), number);
    return;
  }
  if (from != nullptr) {
    collect_end(ends_[rows.type.from_ends], *from, rows.from);
    collect_end(ends_[rows.type.to_ends], *to, rows.to);
  }
  ++rows.rows;
}

// Where there are millions of ends, each look-up waits for memory: some are under way at a time.
void RecordParser::collect_end(Interner& ends, const JsonToken& token,
                               std::vector<std::uint32_t>& out) {
  const bool escaped = token.text.size() + 2 != token.raw.size();  // then it is the reader's
  if (escaped) return out.push_back(ends.intern(token.text));
  const std::uint32_t hash = Interner::hash_of(token.text);
  ends.prefetch(hash);
  open_ends_.push_back({&ends, &out, static_cast<std::uint32_t>(out.size()), hash, token.text});
  out.push_back(Interner::kNone);
  if (open_ends_.size() >= kMaxOpenEnds) number_open_ends();
}

void RecordParser::number_open_ends() {
  for (const OpenEnd& end : open_ends_) {
    (*end.out)[end.row] = end.ends->intern(end.text, end.hash);
  }
  open_ends_.clear();
}

// Names the place behind the message. A ceiling concerns the whole input.
PlacedError RecordParser::wrong_record(Error error, std::uint64_t number) const {
  if (error.code() != ErrorCode::kBadRequest || error.details()) {
    return without_line(std::move(error));
  }
  const bool strict = intake_.strictness == Strictness::kStrict;
  return at_line(number, error.message() + (strict ? " (line " : " (record "), ")");
}

Status RecordParser::collect_members(Collector& rows, std::uint32_t data) {
  const std::vector<JsonToken>& tokens = reader_.tokens();
  const EntityType& type = *rows.type.type;
  const bool strict = intake_.strictness == Strictness::kStrict;
  const JsonToken* id = nullptr;
  slots_.assign(type.properties.size(), kNoToken);
  if (data != kNoToken) {
    const JsonToken* unknown = nullptr;
    std::size_t guess = 0;
    for (std::uint32_t i = data + 1; i < tokens[data].next; i = tokens[i + 1].next) {
      const std::string_view name = tokens[i].text;
      const std::size_t position = rows.type.position(name, guess);
      if (position != LoadType::kUnknown) {
        slots_[position] = i + 1;
        guess = position + 1;
      } else if (name == "id") {
        id = &tokens[i + 1];
      } else if (strict && is_reserved_field(name)) {
        return bad_request("input field '" + std::string(name) + "' is reserved physical state");
      } else if (unknown == nullptr) {
        unknown = &tokens[i];
      }
    }
    if (strict && unknown != nullptr) {
      return bad_request("unknown input field '" + excerpt(unknown->text) + "' for '" +
                         rows.type.type_key + "'");
    }
  }
  if (id != nullptr && id->kind != Kind::kString) {
    if (strict) {
      return bad_request("input entity of type '" + type.name +
                         "' field 'id' must be a string, got " + excerpt(id->raw));
    }
    if (rows.type.node != nullptr) {
      return bad_request("node " + type.name + " explicit id must be a string, got " +
                         excerpt(id->raw));
    }
    id = nullptr;
  }
  if (!rows.type.key.empty()) {
    OG_RETURN_IF_ERROR(collect_key(rows, id));
  } else if (id != nullptr) {
    rows.ids.at(rows.rows).append_text(id->text);
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Property& property = type.properties[i];
    if (slots_[i] != kNoToken && tokens[slots_[i]].kind != Kind::kNull) {
      OG_ASSIGN_OR_RETURN(const bool present, append_json(rows.columns[i].at(rows.rows), property,
                                                          reader_, slots_[i], intake_));
      if (present) continue;
    }
    if (!property.type.nullable) return missing_value(property);
  }
  return {};
}

// Derives the id of a keyed node and compares it with the one that was given.
Status RecordParser::collect_key(Collector& rows, const JsonToken* id) {
  const EntityType& type = *rows.type.type;
  const auto& key = rows.type.key;
  const std::vector<JsonToken>& tokens = reader_.tokens();
  // The plain case: one text.
  const Property& first = type.properties[key[0]];
  if (key.size() == 1 && first.type.scalar == ScalarType::kString && slots_[key[0]] != kNoToken &&
      tokens[slots_[key[0]]].kind == Kind::kString) {
    const std::string_view text = tokens[slots_[key[0]]].text;
    if (id == nullptr || id->text == text) {
      rows.ids.at(rows.rows).append_text(text);
      return {};
    }
  }
  std::vector<std::string> spellings;
  std::vector<Value> values;
  for (const std::size_t member : key) {
    const Property& property = type.properties[member];
    Value value;
    if (slots_[member] != kNoToken) {
      OG_ASSIGN_OR_RETURN(value, json_scalar(property, reader_, slots_[member], intake_));
    }
    if (value.is_null()) return missing_value(property);
    OG_RETURN_IF_ERROR(append_spelling(spellings.emplace_back(), property.type.scalar, value));
    values.push_back(std::move(value));
  }
  const std::string canonical = id_from_spellings(spellings);
  if (id != nullptr && id->text != canonical) {
    if (intake_.strictness == Strictness::kStrict) {
      return bad_request("node " + type.name + " explicit id '" + excerpt(id->text) +
                         "' does not match its canonical @key id '" + excerpt(canonical) + "'");
    }
    OG_RETURN_IF_ERROR(remap_id(rows.type, id->text, canonical, values));
  }
  rows.ids.at(rows.rows).append_text(canonical);
  return {};
}

Status RecordParser::remap_id(const LoadType& type, std::string_view given,
                              const std::string& canonical, const std::vector<Value>& key) {
  bool same = false;
  std::string names;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const Property& property = type.type->properties[type.key[i]];
    names += (i > 0 ? ", " : "") + property.name;
    same = same || denotes(given, property, key[i]);
  }
  if (!same) {
    return bad_request("node " + type.type->name + " has explicit id '" + excerpt(given) +
                       "' that does not match @key property '" + names + "' canonical value '" +
                       excerpt(canonical) + "'");
  }
  const auto [entry, fresh] = remaps_[type.type->id].try_emplace(std::string(given), canonical);
  if (!fresh && entry->second != canonical) {
    return ambiguous_remap(type.type->name, given, entry->second, canonical);
  }
  return {};
}

}  // namespace omnigraph
