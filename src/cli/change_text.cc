#include "cli/change_text.h"

#include <simdjson.h>

#include <algorithm>
#include <map>

#include "common/date_text.h"

namespace omnigraph::cli {
namespace {

// A string bare, null as `<null>`, anything else as JSON.
std::string shown(const std::string& json) {
  if (json == "null") return "<null>";
  if (!json.starts_with('"')) return json;
  simdjson::dom::parser parser;
  std::string_view text;
  return parser.parse(json).get(text) == simdjson::SUCCESS ? std::string(text) : json;
}

// A Date or DateTime, a number in the images of a change, as people write it; lists of them too.
std::string shown_instant(const std::string& json, ScalarType type) {
  simdjson::dom::parser parser;
  simdjson::dom::element parsed;
  if (parser.parse(json).get(parsed) != simdjson::SUCCESS) return json;
  const auto text_of = [type](const simdjson::dom::element& value) -> std::string {
    std::int64_t number = 0;
    if (value.get(number) != simdjson::SUCCESS) return simdjson::minify(value);
    if (type == ScalarType::kDateTime) return datetime_text(DateTime{number});
    return date_text(Date{static_cast<std::int32_t>(number)});
  };
  simdjson::dom::array list;
  if (parsed.get(list) != simdjson::SUCCESS) return text_of(parsed);
  std::string text = "[";
  for (const simdjson::dom::element value : list) {
    if (text.size() > 1) text += ',';
    text += text_of(value);
  }
  return text + "]";
}

std::string shown(const std::string& json, const Property* property) {
  const ScalarType type = property == nullptr ? ScalarType::kString : property->type.scalar;
  const bool instant = type == ScalarType::kDate || type == ScalarType::kDateTime;
  return instant && json != "null" ? shown_instant(json, type) : shown(json);
}

using Properties = std::map<std::string, std::string>;

Properties sorted(const std::optional<EntityImage>& image) {
  if (!image) return {};
  return Properties(image->properties.begin(), image->properties.end());
}

void write_image(JsonWriter& json, const EntityImage& image, bool is_edge) {
  json.begin_object().key("properties").begin_object();
  for (const auto& [name, value] : image.properties) json.key(name).raw(value);
  json.end_object();
  if (is_edge) {
    json.key("endpoints").begin_object();
    json.key("from").value(image.from).key("to").value(image.to).end_object();
  }
  json.end_object();
}

}  // namespace

void write_cause(JsonWriter& json, const ChangeCause& cause) {
  json.begin_object();
  json.key("graph_commit_id").value(cause.commit_id);
  if (cause.parent) json.key("parent_commit_id").value(*cause.parent);
  if (cause.merged_parent) json.key("merged_parent_commit_id").value(*cause.merged_parent);
  json.key("authored_branch").value(cause.branch);
  if (cause.actor) json.key("actor_id").value(*cause.actor);
  json.key("authored_at").value(cause.authored_at);
  json.end_object();
}

void write_change(JsonWriter& json, const EntityChange& change) {
  json.begin_object();
  json.key("kind").value(change.is_edge ? "edge" : "node");
  json.key("type").begin_object();
  json.key("id").value(change.type_id).key("name").value(change.type_name).end_object();
  json.key("id").value(change.id);
  json.key("op").value(change_op_name(change.op));
  if (change.before) write_image(json.key("before"), *change.before, change.is_edge);
  if (change.after) write_image(json.key("after"), *change.after, change.is_edge);
  json.end_object();
}

std::string cause_text(const ChangeCause& cause) {
  std::string text = "commit: " + cause.commit_id + "\nbranch: " + cause.branch + "\n";
  if (cause.parent) text += "parent: " + *cause.parent + "\n";
  if (cause.merged_parent) text += "merged_parent: " + *cause.merged_parent + "\n";
  if (cause.actor) text += "actor: " + *cause.actor + "\n";
  return text + "authored_at: " + std::to_string(cause.authored_at) + "\n";
}

std::string change_text(const EntityChange& change, const Catalog* catalog) {
  const EntityType* type = nullptr;
  if (catalog != nullptr) {
    if (change.is_edge) {
      type = catalog->edge(change.type_name);
    } else {
      type = catalog->node(change.type_name);
    }
  }
  const auto value_text = [type](const std::string& name, const std::string& json) {
    return shown(json, type == nullptr ? nullptr : type->find(name));
  };
  std::string text(change_op_name(change.op));
  text += change.is_edge ? " edge " : " node ";
  text += change.type_name + " " + change.id + "\n";
  if (change.is_edge) {
    const EntityImage& first = change.before ? *change.before : *change.after;
    text += "  " + first.from + " -> " + first.to;
    if (change.before && change.after &&
        (first.from != change.after->from || first.to != change.after->to)) {
      text += " => " + change.after->from + " -> " + change.after->to;
    }
    text += '\n';
  }
  const Properties before = sorted(change.before);
  const Properties after = sorted(change.after);
  if (change.op != ChangeOp::kUpdate) {
    const bool inserted = change.op == ChangeOp::kInsert;
    for (const auto& [name, value] : inserted ? after : before) {
      text += (inserted ? "  + " : "  - ") + name + ": " + value_text(name, value) + "\n";
    }
    return text;
  }
  constexpr std::string_view kAbsent = "<absent>";
  Properties names = before;
  names.insert(after.begin(), after.end());
  for (const auto& [name, unused] : names) {
    const auto old_value = before.find(name);
    const auto new_value = after.find(name);
    const bool both = old_value != before.end() && new_value != after.end();
    if (both && old_value->second == new_value->second) continue;
    text += "  " + name + ": ";
    text += old_value == before.end() ? kAbsent : value_text(name, old_value->second);
    text += " -> ";
    text += new_value == after.end() ? kAbsent : value_text(name, new_value->second);
    text += '\n';
  }
  return text;
}

}  // namespace omnigraph::cli
