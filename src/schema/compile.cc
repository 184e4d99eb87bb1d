#include "schema/compile.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "schema/catalog_builder.h"
#include "schema/parser.h"
#include "schema/rules/draft.h"

namespace omnigraph {
namespace {

// An interface's @embed has not been judged (its nodes' have been, and are there already), but
// evolution compares it.
void keep_embed(const Annotation& annotation, Property& property) {
  if (property.embed || !annotation.value) return;
  EmbedSource embed{property.name, *annotation.value, std::nullopt};
  for (const auto& [name, value] : annotation.kwargs) {
    if (name == "model") embed.model = value;
  }
  property.embed = std::move(embed);
}

Property property_of(PropertyDraft&& draft) {
  Property property;
  property.name = std::move(draft.name);
  property.type = std::move(draft.type);
  property.injected = draft.injected;
  property.embed = std::move(draft.embed);
  for (AnnotationDraft& written : draft.annotations) {
    Annotation& annotation = written.annotation;
    if (annotation.name == "key")
      property.key = true;
    else if (annotation.name == "unique")
      property.unique = true;
    else if (annotation.name == "index")
      property.index = true;
    else if (annotation.name == "embed")
      keep_embed(annotation, property);
    else
      property.annotations.push_back(std::move(annotation));
  }
  return property;
}

// Each name once: strict compilation has refused a second one, lint keeps the first.
std::vector<Property> properties_of(std::vector<PropertyDraft>&& drafts) {
  std::vector<Property> result;
  result.reserve(drafts.size());
  std::unordered_set<std::string> names;
  for (PropertyDraft& draft : drafts) {
    if (names.insert(draft.name).second) result.push_back(property_of(std::move(draft)));
  }
  return result;
}

// Sorted, identical ones once.
void canonical(std::vector<PropertyGroup>& groups) {
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
}

void fill(EntityType& type, TypeDraft& draft) {
  type.name = draft.name;
  for (AnnotationDraft& written : draft.annotations) {
    type.annotations.push_back(std::move(written.annotation));
  }
  type.properties = properties_of(std::move(draft.properties));
  for (ConstraintDraft& constraint : draft.constraints) {
    if (constraint.kind == ConstraintKind::kUnique) {
      type.uniques.push_back(std::move(constraint.members));
    } else if (constraint.kind == ConstraintKind::kIndex) {
      type.indexes.push_back(std::move(constraint.members));
    }
  }
  canonical(type.uniques);
  canonical(type.indexes);
}

NodeType node_of(TypeDraft&& draft) {
  NodeType type;
  fill(type, draft);
  for (InterfaceName& name : draft.implements) type.implements.push_back(std::move(name.name));
  for (ConstraintDraft& constraint : draft.constraints) {
    if (constraint.kind == ConstraintKind::kKey) {
      type.key = std::move(constraint.members);
    } else if (constraint.kind == ConstraintKind::kRange) {
      type.ranges.push_back(
          {std::move(constraint.members.front()), constraint.min, constraint.max});
    } else if (constraint.kind == ConstraintKind::kCheck) {
      type.checks.push_back({std::move(constraint.members.front()), std::move(constraint.pattern)});
    }
  }
  const auto range_less = [](const RangeConstraint& a, const RangeConstraint& b) {
    const auto order = [](const std::optional<RangeBound>& bound) {
      return std::tuple(bound.has_value(), bound ? bound->value : 0.0,
                        bound && bound->integer ? *bound->integer : 0, bound && bound->integer);
    };
    return std::tuple(std::string_view(a.property), order(a.min), order(a.max)) <
           std::tuple(std::string_view(b.property), order(b.min), order(b.max));
  };
  std::sort(type.ranges.begin(), type.ranges.end(), range_less);
  type.ranges.erase(std::unique(type.ranges.begin(), type.ranges.end()), type.ranges.end());
  std::sort(type.checks.begin(), type.checks.end(),
            [](const CheckConstraint& a, const CheckConstraint& b) {
              return std::tie(a.property, a.pattern) < std::tie(b.property, b.pattern);
            });
  type.checks.erase(std::unique(type.checks.begin(), type.checks.end()), type.checks.end());
  for (const Property& property : type.properties) {
    if (property.embed) type.embeds.push_back(*property.embed);
  }
  return type;
}

EdgeType edge_of(TypeDraft&& draft) {
  EdgeType type;
  fill(type, draft);
  type.from = std::move(draft.from);
  type.to = std::move(draft.to);
  type.card_min = draft.card_min;
  type.card_max = draft.card_max;
  return type;
}

}  // namespace

Result<CatalogBuilder> compile_unnumbered(std::string_view source, CompileMode mode) {
  OG_ASSIGN_OR_RETURN(const SchemaAst ast, parse_schema(source));
  OG_ASSIGN_OR_RETURN(SchemaDraft draft, declare(source, ast));
  OG_RETURN_IF_ERROR(resolve_interfaces(draft));
  OG_RETURN_IF_ERROR(check_annotations(draft));
  OG_RETURN_IF_ERROR(check_constraints(draft));
  OG_RETURN_IF_ERROR(check_schema(draft, mode));

  std::vector<InterfaceType> interfaces;
  std::vector<NodeType> nodes;
  std::vector<EdgeType> edges;
  for (TypeDraft& type : draft.types) {
    switch (type.kind) {
      case TypeKind::kInterface: {
        InterfaceType& interface = interfaces.emplace_back();
        interface.name = type.name;
        interface.properties = properties_of(std::move(type.properties));
        break;
      }
      case TypeKind::kNode:
        nodes.push_back(node_of(std::move(type)));
        break;
      case TypeKind::kEdge:
        edges.push_back(edge_of(std::move(type)));
        break;
    }
  }
  return CatalogBuilder(std::string(source), std::move(interfaces), std::move(nodes),
                        std::move(edges));
}

Result<CatalogPtr> compile_schema(std::string_view source, CompileMode mode) {
  OG_ASSIGN_OR_RETURN(CatalogBuilder builder, compile_unnumbered(source, mode));
  OG_RETURN_IF_ERROR(builder.number_new());
  return std::move(builder).finish();
}

bool is_schema_parse_error(const Error& error) {
  return error.message().starts_with("parse error:");
}

}  // namespace omnigraph
