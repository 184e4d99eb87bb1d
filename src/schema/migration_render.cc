#include "schema/migration_render.h"

namespace omnigraph {
namespace {

std::string_view mode_name(DropMode mode) { return mode == DropMode::kHard ? "hard" : "soft"; }

class StepWriter {
 public:
  explicit StepWriter(JsonWriter& json) : json_(json) {}

  void operator()(const AddTypeStep& step) {
    begin("add_type", step.kind).key("name").value(step.name);
  }
  void operator()(const RenameTypeStep& step) {
    begin("rename_type", step.kind).key("from").value(step.from).key("to").value(step.to);
  }
  void operator()(const AddPropertyStep& step) {
    begin("add_property", step.kind).key("type_name").value(step.type_name);
    json_.key("property_name").value(step.property_name).key("property_type");
    property_type(step.property_type);
  }
  void operator()(const RenamePropertyStep& step) {
    begin("rename_property", step.kind).key("type_name").value(step.type_name);
    json_.key("from").value(step.from).key("to").value(step.to);
  }
  void operator()(const AddIndexStep& step) {
    begin("add_constraint", step.kind).key("type_name").value(step.type_name);
    json_.key("constraint").begin_object().key("Index");
    texts(step.members);
    json_.end_object();
  }
  void operator()(const ExtendEnumStep& step) {
    begin("extend_enum", step.kind).key("type_name").value(step.type_name);
    json_.key("property_name").value(step.property_name).key("added_values");
    texts(step.added_values);
  }
  void operator()(const UpdateTypeMetadataStep& step) {
    begin("update_type_metadata", step.kind).key("name").value(step.name);
    annotations(step.annotations);
  }
  void operator()(const UpdatePropertyMetadataStep& step) {
    begin("update_property_metadata", step.kind).key("type_name").value(step.type_name);
    json_.key("property_name").value(step.property_name);
    annotations(step.annotations);
  }
  void operator()(const DropTypeStep& step) {
    begin("drop_type", step.kind).key("name").value(step.name);
    json_.key("mode").value(mode_name(step.mode));
  }
  void operator()(const DropPropertyStep& step) {
    begin("drop_property", step.kind).key("type_name").value(step.type_name);
    json_.key("property_name").value(step.property_name);
    json_.key("mode").value(mode_name(step.mode));
  }
  void operator()(const UnsupportedChange& step) {
    json_.key("kind").value("unsupported_change").key("entity").value(step.entity);
    json_.key("reason").value(step.reason);
    if (!step.code.empty()) json_.key("code").value(step.code);
  }

 private:
  JsonWriter& begin(const char* kind, TypeKind type_kind) {
    return json_.key("kind").value(kind).key("type_kind").value(type_kind_name(type_kind));
  }

  void texts(const std::vector<std::string>& list) {
    json_.begin_array();
    for (const std::string& text : list) json_.value(text);
    json_.end_array();
  }

  void property_type(const PropertyType& type) {
    json_.begin_object().key("scalar");
    if (type.scalar == ScalarType::kVector) {
      json_.begin_object().key("Vector").value(type.dimension).end_object();
    } else {
      json_.value(scalar_name(type.scalar));
    }
    json_.key("nullable").value(type.nullable).key("list").value(type.list).key("enum_values");
    if (type.is_enum()) {
      texts(type.enum_values);
    } else {
      json_.null();
    }
    json_.end_object();
  }

  void annotations(const std::vector<Annotation>& list) {
    json_.key("annotations").begin_array();
    for (const Annotation& annotation : list) {
      json_.begin_object().key("name").value(annotation.name).key("value");
      if (annotation.value) {
        json_.value(*annotation.value);
      } else {
        json_.null();
      }
      if (!annotation.kwargs.empty()) {
        json_.key("kwargs").begin_object();
        for (const auto& [name, value] : annotation.kwargs) json_.key(name).value(value);
        json_.end_object();
      }
      json_.end_object();
    }
    json_.end_array();
  }

  JsonWriter& json_;
};

std::string joined(const std::vector<std::string>& parts, std::string_view separator,
                   std::string_view each = "") {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += each;
    text += part;
  }
  return text;
}

// As a schema spells it, so that one line stays one line.
std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    switch (c) {
      case '"':
        text += "\\\"";
        break;
      case '\\':
        text += "\\\\";
        break;
      case '\n':
        text += "\\n";
        break;
      case '\r':
        text += "\\r";
        break;
      case '\t':
        text += "\\t";
        break;
      default:
        text += c;
    }
  }
  return text + "\"";
}

std::string annotation_set(const std::vector<Annotation>& list) {
  std::vector<std::string> parts;
  for (const Annotation& annotation : list) {
    std::string part = "@" + annotation.name;
    if (annotation.value) {
      part += "(" + quoted(*annotation.value);
      for (const auto& [name, value] : annotation.kwargs) part += ", " + name + "=" + quoted(value);
      part += ")";
    }
    parts.push_back(std::move(part));
  }
  return "(" + joined(parts, ", ") + ")";
}

std::string plan_type(const PropertyType& type) {
  if (!type.is_enum()) return to_string(type);
  return "Enum(" + joined(type.enum_values, "|") + ")" + (type.nullable ? "?" : "");
}

struct StepLine {
  static std::string on(TypeKind kind, const std::string& type) {
    return std::string(type_kind_name(kind)) + " '" + type + "'";
  }
  static std::string type(TypeKind kind) { return std::string(type_kind_name(kind)) + " type"; }

  std::string operator()(const AddTypeStep& step) const {
    return "add " + type(step.kind) + " '" + step.name + "'";
  }
  std::string operator()(const RenameTypeStep& step) const {
    return "rename " + type(step.kind) + " '" + step.from + "' -> '" + step.to + "'";
  }
  std::string operator()(const AddPropertyStep& step) const {
    return "add property '" + step.type_name + "." + step.property_name + "' (" +
           plan_type(step.property_type) + ") on " + on(step.kind, step.type_name);
  }
  std::string operator()(const RenamePropertyStep& step) const {
    return "rename property '" + step.type_name + "." + step.from + "' -> '" + step.type_name +
           "." + step.to + "' on " + on(step.kind, step.type_name);
  }
  std::string operator()(const AddIndexStep& step) const {
    return "add constraint @index(" + joined(step.members, ", ") + ") on " +
           on(step.kind, step.type_name);
  }
  std::string operator()(const ExtendEnumStep& step) const {
    return "extend enum '" + step.type_name + "." + step.property_name + "' (" +
           joined(step.added_values, ", ", "+") + ") on " + on(step.kind, step.type_name);
  }
  std::string operator()(const UpdateTypeMetadataStep& step) const {
    return "update metadata on " + on(step.kind, step.name) + " " +
           annotation_set(step.annotations);
  }
  std::string operator()(const UpdatePropertyMetadataStep& step) const {
    return "update metadata on property '" + step.type_name + "." + step.property_name + "' of " +
           on(step.kind, step.type_name) + " " + annotation_set(step.annotations);
  }
  std::string operator()(const DropTypeStep& step) const {
    return "drop " + type(step.kind) + " '" + step.name + "' (" +
           std::string(mode_name(step.mode)) + " mode)";
  }
  std::string operator()(const DropPropertyStep& step) const {
    return "drop property '" + step.type_name + "." + step.property_name + "' of " +
           on(step.kind, step.type_name) + " (" + std::string(mode_name(step.mode)) + " mode)";
  }
  std::string operator()(const UnsupportedChange& step) const {
    std::string line = "unsupported change on " + step.entity;
    if (!step.code.empty()) {
      line += " [" + step.code + ", " + std::string(migration_tier(step.code)) + "]";
    }
    return line + ": " + step.reason;
  }
};

}  // namespace

void write_json(JsonWriter& json, const MigrationStep& step) {
  json.begin_object();
  std::visit(StepWriter(json), step);
  json.end_object();
}

void write_json(JsonWriter& json, const std::vector<MigrationStep>& steps) {
  json.begin_array();
  for (const MigrationStep& step : steps) write_json(json, step);
  json.end_array();
}

std::string describe(const MigrationStep& step) { return std::visit(StepLine(), step); }

}  // namespace omnigraph
