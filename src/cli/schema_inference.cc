#include "cli/schema_inference.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_set>

#include "common/date_text.h"

namespace omnigraph::cli {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// Kinds of values, as bits: a property collects those of its records.
enum Kind : std::uint16_t {
  kBool = 1,
  kInteger = 2,   // fits I64
  kUnsigned = 4,  // only U64
  kFraction = 8,
  kText = 16,
  kDay = 32,
  kInstant = 64,
  kBytes = 128,
  kList = 256,
  kObject = 512,
};

std::uint16_t text_kind(std::string_view text) {
  if (text.starts_with("base64:")) return kBytes;
  // YYYY-MM-DD, and that with a time: other spellings of dates are texts as well.
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() >= 10 && digit(0) && digit(1) && digit(2) && digit(3) && text[4] == '-' &&
      text[7] == '-') {
    if (text.size() == 10 && parse_date(text).ok()) return kDay;
    if (text.size() > 10 && (text[10] == 'T' || text[10] == ' ') && parse_datetime(text).ok()) {
      return kInstant;
    }
  }
  return kText;
}

std::uint16_t kind_of(element value) {
  switch (value.type()) {
    case element_type::BOOL:
      return kBool;
    case element_type::INT64:
      return kInteger;
    case element_type::UINT64:
      return kUnsigned;
    case element_type::DOUBLE:
      return kFraction;
    case element_type::STRING:
      return text_kind(value.get_string().value_unsafe());
    case element_type::ARRAY:
      return kList;
    case element_type::OBJECT:
      return kObject;
    case element_type::NULL_VALUE:
      return 0;
  }
  return 0;
}

// The scalar that holds all of `kinds`; empty when there is none.
std::string_view scalar_for(std::uint16_t kinds) {
  const auto within = [kinds](unsigned all) { return (kinds & ~all) == 0; };
  if (kinds == 0) return "String";
  if (kinds == kBool) return "Bool";
  if (within(kInteger)) return "I64";
  if (within(kInteger | kUnsigned)) return "U64";
  if (within(kInteger | kUnsigned | kFraction)) return "F64";
  if (kinds == kDay) return "Date";
  if (within(kDay | kInstant)) return "DateTime";
  if (kinds == kBytes) return "Blob";
  if (within(kText | kDay | kInstant | kBytes)) return "String";
  return "";
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_type_name(std::string_view name) {
  return !name.empty() && name[0] >= 'A' && name[0] <= 'Z' &&
         std::all_of(name.begin(), name.end(), is_word);
}
bool is_property_name(std::string_view name) {
  return !name.empty() && ((name[0] >= 'a' && name[0] <= 'z') || name[0] == '_') &&
         std::all_of(name.begin(), name.end(), is_word);
}
bool is_enum_value(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) || c == '-'; });
}

// A text that stands in a comment: on one line.
std::string in_comment(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 80)) out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return out;
}

struct PropertyFacts {
  std::uint16_t kinds = 0;                 // of the values
  std::uint16_t item_kinds = 0;            // of the items of lists
  std::uint64_t present = 0;               // records with a value
  std::size_t order = 0;                   // of first mention
  std::optional<std::size_t> list_length;  // of all lists
  bool one_length = true;
  std::set<std::string> texts;  // while they are few
  bool many_texts = false;
  std::unordered_set<std::string> values;  // while no two records share one
  bool shared = false;

  void add(element value) {
    const std::uint16_t kind = kind_of(value);
    if (kind == 0) return;
    kinds |= kind;
    ++present;
    if (kind == kList) return add_list(value);
    std::string text;
    if (value.is_string()) {
      text = std::string(value.get_string().value_unsafe());
      if (!many_texts) {
        texts.insert(text);
        many_texts = texts.size() > SchemaInference::kEnumValues || !is_enum_value(text);
        if (many_texts) texts.clear();
      }
    } else if ((kind & (kInteger | kUnsigned)) != 0) {
      text = simdjson::minify(value);
    } else {
      shared = true;
    }
    if (shared) return;
    shared = !values.insert(std::move(text)).second;
    if (shared) values = {};
  }

  void add_list(element value) {
    shared = true;
    const simdjson::dom::array list = value.get_array().value_unsafe();
    std::size_t length = 0;
    for (const element item : list) {
      const std::uint16_t kind = kind_of(item);
      item_kinds |= kind == 0 ? static_cast<std::uint16_t>(kObject) : kind;
      ++length;
    }
    one_length = one_length && list_length.value_or(length) == length;
    list_length = length;
  }

  bool is_enum() const {
    const bool text = (kinds & ~(kText | kDay | kInstant | kBytes)) == 0 && (kinds & kText) != 0;
    return text && !many_texts && present >= SchemaInference::kEnumRecords &&
           present >= texts.size() * 4;
  }
  bool is_vector() const {
    return one_length && list_length.value_or(0) >= SchemaInference::kVectorLength &&
           item_kinds != kInteger && scalar_for(item_kinds) == "F64";
  }

  // Without `?`; empty when no type holds all values.
  std::string type() const {
    if (kinds == kList) {
      if (is_vector()) return "Vector(" + std::to_string(*list_length) + ")";
      const std::string_view item = scalar_for(item_kinds);
      if (item.empty() || item == "Blob") return "";
      return "[" + std::string(item) + "]";
    }
    if (!is_enum()) return std::string(scalar_for(kinds));
    std::string text = "enum(";
    for (const std::string& value : texts) text += (text.size() > 5 ? ", " : "") + value;
    return text + ")";
  }

  bool can_be_key(std::uint64_t records) const {
    const std::string_view scalar = scalar_for(kinds);
    return !shared && present == records && (scalar == "String" || scalar == "I64");
  }
};

std::string kinds_text(std::uint16_t kinds) {
  struct Name {
    std::uint16_t kinds;
    std::string_view text;
  };
  constexpr Name kNames[] = {{kBool, "booleans"},
                             {kInteger | kUnsigned | kFraction, "numbers"},
                             {kText | kDay | kInstant | kBytes, "texts"},
                             {kList, "lists"},
                             {kObject, "objects"}};
  std::string text;
  for (const Name& name : kNames) {
    if ((kinds & name.kinds) != 0) text += (text.empty() ? "" : " and ") + std::string(name.text);
  }
  return text;
}

struct Records {
  std::uint64_t count = 0;
  std::map<std::string, PropertyFacts> properties;
  std::unordered_set<std::string> ids;  // given as data.id

  void add(simdjson::dom::object data) {
    ++count;
    for (const auto [name, value] : data) {
      if (name == "id") {
        if (value.is_string()) ids.emplace(value.get_string().value_unsafe());
        continue;
      }
      const auto [at, fresh] = properties.try_emplace(std::string(name));
      if (fresh) at->second.order = properties.size();
      at->second.add(value);
    }
  }

  std::vector<const std::pair<const std::string, PropertyFacts>*> in_order() const {
    std::vector<const std::pair<const std::string, PropertyFacts>*> list;
    for (const auto& item : properties) list.push_back(&item);
    std::sort(list.begin(), list.end(),
              [](const auto* a, const auto* b) { return a->second.order < b->second.order; });
    return list;
  }
};

// How much a name sounds like an identity; 0: not at all.
int key_score(std::string_view name) {
  constexpr std::string_view kNames[] = {"name",   "email", "url",  "code", "number",
                                         "handle", "uid",   "uuid", "key",  "slug"};
  for (int i = 0; i < static_cast<int>(std::size(kNames)); ++i) {
    if (name == kNames[i]) return i + 2;
  }
  return name.ends_with("_id") || name.ends_with("Id") ? 1 : 0;
}

// "name: type @key", or a comment and a warning.
std::string property_line(const std::string& owner, const std::string& name,
                          const PropertyFacts& facts, std::uint64_t records, bool key, bool edge,
                          std::vector<std::string>& warnings) {
  const auto refuse = [&](const std::string& why) {
    warnings.push_back("property '" + owner + "." + name + "' is left out: " + why);
    return "  // " + in_comment(name) + ": " + why + "\n";
  };
  if (!is_property_name(name)) {
    return refuse("a property's name begins with a small letter and has letters, digits and _");
  }
  constexpr std::string_view kReserved[] = {"_rowid", "_rowaddr", "_rowoffset",
                                            "_row_created_at_version",
                                            "_row_last_updated_at_version"};
  if (std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved)) {
    return refuse("the name is reserved");
  }
  if (edge && (name == "src" || name == "dst")) return refuse("the ends of an edge own this name");
  const std::string type = facts.type();
  if (type.empty()) {
    std::string held = kinds_text(facts.kinds);
    if (facts.kinds == kList) held = "lists of " + kinds_text(facts.item_kinds);
    return refuse("no type holds " + held);
  }
  std::string line = "  " + name + ": " + type;
  if (facts.present < records) line += "?";
  if (key) line += " @key";
  return line + (facts.kinds == 0 ? "  // never has a value" : "") + "\n";
}

}  // namespace

struct SchemaInference::Type : Records {
  std::string key;  // empty: none
};

struct SchemaInference::Edge : Records {
  std::unordered_set<std::string> from, to;
};

SchemaInference::SchemaInference() = default;
SchemaInference::~SchemaInference() = default;

Status SchemaInference::add(std::string_view ndjson) {
  simdjson::dom::parser parser;
  std::size_t number = 0;
  const auto wrong = [&number](std::string_view why) {
    return bad_request("line " + std::to_string(number) + ": " + std::string(why));
  };
  while (!ndjson.empty()) {
    const std::size_t end = ndjson.find('\n');
    const std::string_view line = ndjson.substr(0, end);
    ndjson.remove_prefix(end == std::string_view::npos ? ndjson.size() : end + 1);
    ++number;
    if (line.find_first_not_of(" \t\r\v\f") == std::string_view::npos) continue;
    element record;
    if (parser.parse(line.data(), line.size(), true).get(record) != simdjson::SUCCESS) {
      return wrong("no JSON value");
    }
    simdjson::dom::object fields, data;
    if (record.get(fields) != simdjson::SUCCESS) return wrong("no JSON object");
    std::string_view name;
    const bool node = fields["type"].get(name) == simdjson::SUCCESS;
    if (!node && fields["edge"].get(name) != simdjson::SUCCESS) {
      return wrong("it names neither a node with `type` nor an edge with `edge`");
    }
    element given;
    const bool has_data = fields["data"].get(given) == simdjson::SUCCESS;
    if (has_data && given.get(data) != simdjson::SUCCESS) return wrong("`data` is no object");
    Records* records = nullptr;
    if (node) {
      records = &types_[std::string(name)];
    } else {
      std::string_view from, to;
      if (fields["from"].get(from) != simdjson::SUCCESS ||
          fields["to"].get(to) != simdjson::SUCCESS) {
        return wrong("an edge has its ends in `from` and `to`, as texts");
      }
      Edge& edge = edges_[std::string(name)];
      edge.from.emplace(from);
      edge.to.emplace(to);
      records = &edge;
    }
    if (has_data) {
      records->add(data);
    } else {
      ++records->count;
    }
  }
  return {};
}

InferredSchema SchemaInference::finish() {
  InferredSchema out;
  std::unordered_set<std::string_view> named;  // ends of edges
  for (const auto& [name, edge] : edges_) {
    named.insert(edge.from.begin(), edge.from.end());
    named.insert(edge.to.begin(), edge.to.end());
  }
  const auto hits = [](const auto& values, const auto& wanted) {
    std::size_t found = 0;
    for (const auto& value : wanted) found += values.contains(std::string(value)) ? 1 : 0;
    return found;
  };

  for (auto& [name, type] : types_) {
    // Ids that are given and named by edges stand for themselves.
    std::tuple<std::size_t, int, std::size_t> best{hits(type.ids, named), 0, 0};
    bool any = !type.ids.empty();
    for (const auto* property : type.in_order()) {
      const auto& [key, facts] = *property;
      if (!is_property_name(key) || !facts.can_be_key(type.count)) continue;
      const bool text = scalar_for(facts.kinds) == "String";
      const int score = key_score(key) * 2 + (text ? 1 : 0);
      const std::tuple candidate{hits(facts.values, named), score, SIZE_MAX - facts.order};
      if (any && candidate <= best) continue;
      if (std::get<0>(candidate) == 0 && (!type.ids.empty() || key_score(key) == 0)) {
        continue;  // unique by chance
      }
      best = candidate;
      any = true;
      type.key = key;
    }
    if (!is_type_name(name)) {
      out.warnings.push_back("type '" + name +
                             "' is left out: a type's name begins with a capital "
                             "letter and has letters, digits and _");
      out.source += "// " + in_comment(name) + ": no name of a type\n";
      continue;
    }
    out.source += "node " + name + " {\n";
    for (const auto* property : type.in_order()) {
      out.source += property_line(name, property->first, property->second, type.count,
                                  property->first == type.key, false, out.warnings);
    }
    out.source += "}\n";
  }

  // The type that has most of the ids.
  const auto end_type = [&](const std::unordered_set<std::string>& ids) -> std::string {
    std::string best;
    std::size_t most = 0;
    for (const auto& [name, type] : types_) {
      if (!is_type_name(name)) continue;
      std::size_t found = hits(type.ids, ids);
      if (!type.key.empty()) found += hits(type.properties.at(type.key).values, ids);
      if (found > most) {
        most = found;
        best = name;
      }
    }
    if (best.empty() && types_.size() == 1 && is_type_name(types_.begin()->first)) {
      return types_.begin()->first;
    }
    return best;
  };
  for (const auto& [name, edge] : edges_) {
    const std::string from = end_type(edge.from), to = end_type(edge.to);
    std::string why;
    if (!is_type_name(name)) {
      why = "an edge's name begins with a capital letter and has letters, digits and _";
    } else if (from.empty() || to.empty()) {
      const auto& ends = from.empty() ? edge.from : edge.to;
      why = "no node has the id \"" + in_comment(*std::min_element(ends.begin(), ends.end())) +
            "\" of one of its ends";
    }
    if (!why.empty()) {
      out.warnings.push_back("edge '" + name + "' is left out: " + why);
      out.source += "// edge " + in_comment(name) + ": " + in_comment(why) + "\n";
      continue;
    }
    out.source += "edge " + name + ": " + from + " -> " + to;
    if (!edge.properties.empty()) {
      out.source += " {\n";
      for (const auto* property : edge.in_order()) {
        out.source += property_line(name, property->first, property->second, edge.count, false,
                                    true, out.warnings);
      }
      out.source += "}";
    }
    out.source += "\n";
  }
  return out;
}

}  // namespace omnigraph::cli
