// Rules over a schema as a whole: names and edge endpoints (spec/schema.md §4.4, §7.6).

#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "schema/rules/draft.h"
#include "schema/source_text.h"

namespace omnigraph {
namespace {

class SchemaRules {
 public:
  SchemaRules(const SchemaDraft& draft, CompileMode mode) : draft_(draft), mode_(mode) {}

  Status run() {
    OG_RETURN_IF_ERROR(type_names());
    OG_RETURN_IF_ERROR(endpoints());
    if (mode_ == CompileMode::kLint) return {};
    OG_RETURN_IF_ERROR(property_names());
    return reserved_names();
  }

 private:
  Status type_names() {
    for (const TypeDraft& type : draft_.types) {
      if (names_[static_cast<std::size_t>(type.kind)].insert(type.name).second) continue;
      if (type.kind == TypeKind::kEdge) {
        return draft_.catalog_error(type.range, "duplicate edge name '" + type.name + "'");
      }
      const bool lint_node = mode_ == CompileMode::kLint && type.kind == TypeKind::kNode;
      return draft_.catalog_error(type.range,
                                  "duplicate " + std::string(type_kind_name(type.kind)) +
                                      (lint_node ? " type" : "") + " name '" + type.name + "'");
    }
    std::unordered_map<std::string, std::string_view> edges;
    for (const TypeDraft& type : draft_.types) {
      if (type.kind != TypeKind::kEdge) continue;
      const auto [other, fresh] = edges.try_emplace(fold_edge_name(type.name), type.name);
      if (fresh) continue;
      return draft_.catalog_error(type.range, "edge names '" + std::string(other->second) +
                                                  "' and '" + type.name +
                                                  "' are equal after case folding");
    }
    return {};
  }

  std::string meant(std::string_view name) const {
    std::vector<std::string_view> nodes;
    for (const TypeDraft& type : draft_.types) {
      if (type.kind == TypeKind::kNode) nodes.push_back(type.name);
    }
    return did_you_mean(name, nodes);
  }

  Status endpoints() const {
    const auto& nodes = names_[static_cast<std::size_t>(TypeKind::kNode)];
    for (const TypeDraft& type : draft_.types) {
      if (type.kind != TypeKind::kEdge) continue;
      for (const bool source : {true, false}) {
        const std::string& name = source ? type.from : type.to;
        if (nodes.contains(name)) continue;
        const std::string end = source ? "source" : "target";
        return draft_.catalog_error(
            source ? type.from_range : type.to_range,
            mode_ == CompileMode::kLint
                ? type.title() + " has unknown " + end + " type '" + name + "'" + meant(name)
                : type.title() + " has an unresolved endpoint: its " + end + " '" + name +
                      "' is no node type of this schema" + meant(name));
      }
    }
    return {};
  }

  Status property_names() const {
    for (const TypeDraft& type : draft_.types) {
      std::unordered_set<std::string_view> names;
      for (const PropertyDraft& property : type.properties) {
        if (names.insert(property.name).second) continue;
        return bad_request(type.title() + " declares duplicate property '" + property.name + "'")
            .at(locate(draft_.source, property.range));
      }
    }
    return {};
  }

  Status reserved_names() const {
    for (const TypeDraft& type : draft_.types) {
      if (type.kind == TypeKind::kInterface) continue;
      for (const PropertyDraft& property : type.properties) {
        const bool end =
            type.kind == TypeKind::kEdge && (property.name == "src" || property.name == "dst");
        if (property.name != "id" && !end) continue;
        return bad_request(type.title() + " declares property `" + property.name +
                           "`, a name that belongs to the entity itself: choose another")
            .at(locate(draft_.source, property.range));
      }
    }
    return {};
  }

  const SchemaDraft& draft_;
  const CompileMode mode_;
  std::array<std::unordered_set<std::string_view>, 3> names_;  // by TypeKind
};

}  // namespace

Status check_schema(const SchemaDraft& draft, CompileMode mode) {
  return SchemaRules(draft, mode).run();
}

}  // namespace omnigraph
