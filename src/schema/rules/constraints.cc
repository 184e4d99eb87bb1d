// Which constraints may stand where and over which properties (spec/schema.md §6, §7.5).

#include <algorithm>
#include <iterator>
#include <utility>

#include "schema/rules/draft.h"
#include "schema/source_text.h"

namespace omnigraph {
namespace {

std::optional<ConstraintKind> property_constraint(std::string_view annotation) {
  if (annotation == "key") return ConstraintKind::kKey;
  if (annotation == "unique") return ConstraintKind::kUnique;
  if (annotation == "index") return ConstraintKind::kIndex;
  return std::nullopt;
}

// The constraints that property annotations spell: those of declared and of injected properties.
struct Implied {
  std::vector<ConstraintDraft> declared, injected;
};

Implied implied(const TypeDraft& type) {
  Implied result;
  for (const PropertyDraft& property : type.properties) {
    for (const AnnotationDraft& draft : property.annotations) {
      const auto kind = property_constraint(draft.annotation.name);
      if (!kind) continue;
      ConstraintDraft constraint;
      constraint.kind = *kind;
      constraint.members = {property.name};
      constraint.range = draft.range;
      (property.injected ? result.injected : result.declared).push_back(std::move(constraint));
    }
  }
  return result;
}

class ConstraintRules {
 public:
  explicit ConstraintRules(SchemaDraft& draft) : draft_(draft) {}

  Status run() {
    for (TypeDraft& type : draft_.types) {
      if (type.kind == TypeKind::kInterface) continue;
      gather(type);
      const PropertyIndex properties(type);
      bool keyed = false;
      for (const ConstraintDraft& constraint : type.constraints) {
        OG_RETURN_IF_ERROR(check(type, properties, constraint));
        if (constraint.kind != ConstraintKind::kKey) continue;
        if (keyed) {
          return draft_.parse_error(constraint.range,
                                    type.title() + " has multiple @key constraints");
        }
        keyed = true;
      }
    }
    return {};
  }

 private:
  // All constraints of a type in source order, then those it receives.
  static void gather(TypeDraft& type) {
    Implied spelled = implied(type);
    std::vector<ConstraintDraft> all = std::move(type.constraints);
    std::move(spelled.declared.begin(), spelled.declared.end(), std::back_inserter(all));
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.range.begin < b.range.begin; });
    std::move(spelled.injected.begin(), spelled.injected.end(), std::back_inserter(all));
    type.constraints = std::move(all);
  }

  static std::string meant(const TypeDraft& type, std::string_view name) {
    std::vector<std::string_view> names;
    for (const PropertyDraft& property : type.properties) names.push_back(property.name);
    return did_you_mean(name, names);
  }

  Status check(const TypeDraft& type, const PropertyIndex& properties,
               const ConstraintDraft& constraint) const {
    const std::string name = "@" + std::string(constraint_name(constraint.kind));
    const bool edge = type.kind == TypeKind::kEdge;
    const bool ends_allowed = edge && (constraint.kind == ConstraintKind::kUnique ||
                                       constraint.kind == ConstraintKind::kIndex);
    if (edge && !ends_allowed) {
      return draft_.parse_error(
          constraint.range, name + " constraint is not supported on edges (" + type.title() + ")");
    }
    for (const std::string& member : constraint.members) {
      if (ends_allowed && (member == "src" || member == "dst")) continue;
      const PropertyDraft* property = properties.find(member);
      if (property == nullptr) {
        return draft_.parse_error(constraint.range, name + " on " + type.title() +
                                                        " references unknown property '" + member +
                                                        "'" + meant(type, member));
      }
      OG_RETURN_IF_ERROR(check(type, *property, constraint, name));
    }
    return {};
  }

  Status check(const TypeDraft& type, const PropertyDraft& property,
               const ConstraintDraft& constraint, const std::string& name) const {
    const std::string place = type.name + "." + property.name;
    const PropertyType& of = property.type;
    const auto fail = [&](const std::string& text) {
      return draft_.parse_error(constraint.range, name + text);
    };
    switch (constraint.kind) {
      case ConstraintKind::kKey:
        if (of.list) return fail(" is not supported on list property " + place);
        if (of.scalar == ScalarType::kVector) {
          return fail(" is not supported on vector property " + place);
        }
        if (of.scalar == ScalarType::kBlob) {
          return fail(" is not supported on blob property " + place);
        }
        if (of.nullable) return fail(" property " + place + " cannot be nullable");
        break;
      case ConstraintKind::kUnique:
      case ConstraintKind::kIndex:
        if (of.scalar == ScalarType::kBlob) {
          return fail(" is not supported on blob property " + place);
        }
        break;
      case ConstraintKind::kRange:
        if (!is_numeric(of.scalar)) {
          return fail(" on " + place + " requires a numeric type, it is " + to_string(of));
        }
        break;
      case ConstraintKind::kCheck:
        if (of.scalar != ScalarType::kString) {
          return fail(" on " + place + " requires String type, it is " + to_string(of));
        }
        break;
    }
    return {};
  }

  SchemaDraft& draft_;
};

}  // namespace

Status check_constraints(SchemaDraft& draft) { return ConstraintRules(draft).run(); }

}  // namespace omnigraph
