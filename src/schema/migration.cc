#include "schema/migration.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "schema/catalog_builder.h"
#include "schema/constraint_set.h"
#include "schema/identity_resolution.h"

namespace omnigraph {
namespace {

constexpr std::string_view kRequiredAdded = "OG-MF-103";
constexpr std::string_view kTypeChanged = "OG-MF-106";

template <typename Type>
constexpr TypeKind kKindOf = std::is_same_v<Type, InterfaceType> ? TypeKind::kInterface
                             : std::is_same_v<Type, NodeType>    ? TypeKind::kNode
                                                                 : TypeKind::kEdge;

bool is_metadata(const Annotation& annotation) {
  return annotation.name == "description" || annotation.name == "instruction";
}

// Annotations have no order in meaning; rename hints none at all.
std::vector<Annotation> chosen(const std::vector<Annotation>& annotations, bool metadata) {
  std::vector<Annotation> result;
  for (const Annotation& annotation : annotations) {
    if (annotation.name == "rename_from" || is_metadata(annotation) != metadata) continue;
    result.push_back(annotation);
  }
  std::sort(result.begin(), result.end());
  return result;
}

// The difference of one accepted catalog and one desired, matched by identity. Order of steps:
// spec/schema.md §11.3.
class Planner {
 public:
  Planner(const Catalog& accepted, const Catalog& desired, DropMode mode)
      : accepted_(accepted), desired_(desired), mode_(mode) {}

  std::vector<MigrationStep> run() {
    types(accepted_.interfaces(), desired_.interfaces());
    types(accepted_.nodes(), desired_.nodes());
    types(accepted_.edges(), desired_.edges());
    return std::move(steps_);
  }

 private:
  template <typename Type>
  void types(const std::vector<Type>& accepted, const std::vector<Type>& desired) {
    std::unordered_map<TypeId, const Type*> earlier;
    for (const Type& type : accepted) earlier.emplace(type.id, &type);
    for (const Type& type : desired) {
      const auto match = earlier.find(type.id);
      if (match == earlier.end()) {
        steps_.push_back(AddTypeStep{kKindOf<Type>, type.name, type.id});
        continue;
      }
      matched(*match->second, type);
      earlier.erase(match);
    }
    for (const Type& type : accepted) {
      if (!earlier.contains(type.id)) continue;
      if constexpr (kKindOf<Type> == TypeKind::kInterface) {
        refuse(type, "",
               "removing interface '" + type.name +
                   "' is not supported: keep its declaration, with nothing implementing "
                   "it if need be");
      } else {
        steps_.push_back(DropTypeStep{kKindOf<Type>, type.name, mode_, type.id});
      }
    }
  }

  template <typename Type>
  void matched(const Type& before, const Type& after) {
    indexed_.clear();
    if constexpr (kKindOf<Type> != TypeKind::kInterface) {
      if (before.name != after.name) {
        steps_.push_back(RenameTypeStep{kKindOf<Type>, before.name, after.name, after.id});
      }
      shape(before, after);
      type_annotations(before, after);
    }
    if constexpr (kKindOf<Type> == TypeKind::kNode) {
      links_before_ = links(accepted_, before);
      links_after_ = links(desired_, after);
    }
    properties(before, after);
    if constexpr (kKindOf<Type> != TypeKind::kInterface) constraints(before, after);
  }

  // Interfaces are matched by name alone, so their names compare like identities.
  void shape(const NodeType& before, const NodeType& after) {
    if (before.implements != after.implements) {
      refuse(after, "",
             "changing implemented interfaces of node '" + after.name +
                 "' is not supported: keep them, or add a new node type and load its entities");
    }
  }

  void shape(const EdgeType& before, const EdgeType& after) {
    if (before.from_id != after.from_id || before.to_id != after.to_id) {
      refuse(after, "",
             "changing edge endpoints of '" + after.name + "' from " + before.from + " -> " +
                 before.to + " to " + after.from + " -> " + after.to +
                 " is not supported: add a new edge type and load its edges");
    }
    if (before.card_min != after.card_min || before.card_max != after.card_max) {
      refuse(after, "",
             "changing cardinality of edge '" + after.name +
                 "' is not supported: add a new edge type with it and load its edges");
    }
  }

  template <typename Type>
  void type_annotations(const Type& before, const Type& after) {
    std::vector<Annotation> wanted = chosen(after.annotations, true);
    if (chosen(before.annotations, true) != wanted) {
      steps_.push_back(UpdateTypeMetadataStep{kKindOf<Type>, after.name, std::move(wanted)});
    }
    if (chosen(before.annotations, false) != chosen(after.annotations, false)) {
      refuse(after, "", custom_annotations(after.name));
    }
  }

  template <typename Type>
  void properties(const Type& before, const Type& after) {
    std::unordered_map<PropertyId, const Property*> earlier;
    for (const Property& property : before.properties) earlier.emplace(property.id, &property);
    for (const Property* property : sorted(after.properties)) {
      const auto match = earlier.find(property->id);
      if (match == earlier.end()) {
        added(after, *property);
        continue;
      }
      changed(before, after, *match->second, *property);
      earlier.erase(match);
    }
    for (const Property* property : sorted(before.properties)) {
      if (!earlier.contains(property->id)) continue;
      steps_.push_back(DropPropertyStep{kKindOf<Type>, after.name, property->name, mode_, after.id,
                                        property->id});
    }
  }

  template <typename Type>
  void added(const Type& owner, const Property& property) {
    if (property.type.nullable) {
      steps_.push_back(AddPropertyStep{kKindOf<Type>, owner.name, property.name, property.type,
                                       owner.id, property.id});
    } else {
      refuse(owner, property.name,
             "adding required property '" + owner.name + "." + property.name +
                 "' to an existing type is not supported: declare it nullable (" +
                 to_string(property.type) + "?)",
             kRequiredAdded);
    }
  }

  template <typename Type>
  void changed(const Type& owner_before, const Type& owner, const Property& before,
               const Property& after) {
    const std::string place = "'" + owner.name + "." + after.name + "'";
    if (before.name != after.name) {
      steps_.push_back(RenamePropertyStep{kKindOf<Type>, owner.name, before.name, after.name,
                                          owner.id, after.id});
    }
    if (before.type != after.type) retyped(owner, before, after);
    if (embed_identity(owner_before, before) != embed_identity(owner, after)) {
      refuse(owner, after.name,
             "changing @embed source or model for " + place +
                 " is not supported: add a new nullable Vector property with it");
    }
    if ((before.key && !after.key) || (before.unique && !after.unique) ||
        (before.index && !after.index)) {
      refuse(owner, after.name,
             "removing property constraints from " + place +
                 " is not supported: keep them, or add a new nullable property without them");
    }
    if (after.index && !before.index) {
      steps_.push_back(AddIndexStep{kKindOf<Type>, owner.name, {after.name}});
      indexed_.insert(after.name);
    }
    if (after.key && !before.key) {
      refuse(owner, after.name,
             "adding a property-level @key to " + place +
                 " is not supported: add a new node type with it and load its entities");
    }
    if (after.unique && !before.unique) {
      refuse(owner, after.name,
             "adding a property-level @unique to " + place +
                 " is not supported: add a new type with it and load its entities");
    }
    if (before.injected != after.injected) {
      refuse(owner, after.name,
             "changing the declaration provenance of " + place +
                 " (declared on the node or received from an interface) is not supported");
    }
    if constexpr (kKindOf<Type> == TypeKind::kNode) {
      if (links_before_[before.name] != links_after_[after.name]) {
        refuse(owner, after.name,
               "changing the satisfaction links of " + place +
                   " (the interface properties that it stands for) is not supported");
      }
    }
    std::vector<Annotation> wanted = chosen(after.annotations, true);
    if (chosen(before.annotations, true) != wanted) {
      steps_.push_back(
          UpdatePropertyMetadataStep{kKindOf<Type>, owner.name, after.name, std::move(wanted)});
    }
    if (chosen(before.annotations, false) != chosen(after.annotations, false)) {
      refuse(owner, after.name, custom_annotations(owner.name + "." + after.name));
    }
  }

  template <typename Type>
  void retyped(const Type& owner, const Property& before, const Property& after) {
    const PropertyType& old_type = before.type;
    const PropertyType& new_type = after.type;
    if (old_type.is_enum() && new_type.is_enum() && old_type.nullable == new_type.nullable) {
      std::vector<std::string> gone, fresh;
      const auto difference = [](const auto& a, const auto& b, auto& out) {
        std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
      };
      difference(old_type.enum_values, new_type.enum_values, gone);
      difference(new_type.enum_values, old_type.enum_values, fresh);
      if (gone.empty()) {
        steps_.push_back(ExtendEnumStep{kKindOf<Type>, owner.name, after.name, std::move(fresh)});
        return;
      }
    }
    refuse(owner, after.name,
           "changing property type of '" + owner.name + "." + after.name + "' from " +
               to_string(old_type) + " to " + to_string(new_type) +
               " is not supported: add a new nullable property of that type and fill it, then drop "
               "this one",
           kTypeChanged);
  }

  template <typename Type>
  void constraints(const Type& before, const Type& after) {
    const std::vector<CanonicalConstraint> old_list = constraints_of(before);
    const std::vector<CanonicalConstraint> new_list = constraints_of(after);
    std::set<std::string_view> old_set, new_set;
    for (const CanonicalConstraint& constraint : old_list) old_set.insert(constraint.identity);
    for (const CanonicalConstraint& constraint : new_list) new_set.insert(constraint.identity);
    std::string gone;
    for (const CanonicalConstraint& constraint : old_list) {
      if (new_set.contains(constraint.identity)) continue;
      gone += (gone.empty() ? "" : ", ") + constraint.text;
    }
    if (!gone.empty()) {
      refuse(after, "",
             "removing constraints from '" + after.name + "' is not supported: " + gone +
                 " (keep them, or add a new type without them)");
    }
    for (const CanonicalConstraint& constraint : new_list) {
      if (old_set.contains(constraint.identity)) continue;
      if (constraint.kind != ConstraintKind::kIndex) {
        refuse(after, "",
               "adding constraint " + constraint.text + " to '" + after.name +
                   "' is not supported: add a new type with it and load its entities");
      } else if (constraint.members.size() != 1 || !indexed_.contains(constraint.members[0])) {
        steps_.push_back(AddIndexStep{kKindOf<Type>, after.name, constraint.members});
      }
    }
  }

  // What @embed says, with the source by identity where the owner has it.
  template <typename Type>
  static std::string embed_identity(const Type& owner, const Property& property) {
    if (!property.embed) return "";
    const Property* source = owner.find(std::string_view(property.embed->source));
    std::string text =
        source != nullptr ? "#" + std::to_string(source->id) : "name " + property.embed->source;
    if (property.embed->model) text += " model " + *property.embed->model;
    return text;
  }

  // The interface properties that each property of a node satisfies, by its name.
  using Links = std::unordered_map<std::string_view, std::set<PropertyId>>;
  static Links links(const Catalog& catalog, const NodeType& node) {
    Links result;
    for (const std::string& name : node.implements) {
      for (const Property& offered : catalog.interface(name)->properties) {
        result[offered.name].insert(offered.id);
      }
    }
    return result;
  }

  static std::vector<const Property*> sorted(const std::vector<Property>& properties) {
    std::vector<const Property*> result;
    for (const Property& property : properties) result.push_back(&property);
    std::sort(result.begin(), result.end(),
              [](const Property* a, const Property* b) { return a->name < b->name; });
    return result;
  }

  static std::string custom_annotations(const std::string& place) {
    return "changing annotations beyond @description/@instruction of '" + place +
           "' is not supported";
  }

  template <typename Type>
  void refuse(const Type& type, const std::string& property, std::string reason,
              std::string_view code = "") {
    std::string entity(type_kind_name(kKindOf<Type>));
    entity += ":" + type.name;
    if (!property.empty()) entity += "." + property;
    steps_.push_back(UnsupportedChange{std::move(entity), std::move(reason), std::string(code)});
  }

  const Catalog& accepted_;
  const Catalog& desired_;
  const DropMode mode_;
  std::vector<MigrationStep> steps_;
  // Of the type at hand:
  std::set<std::string> indexed_;  // properties whose index is a step already
  Links links_before_, links_after_;
};

// The registry of codes (spec/schema.md §11.4). Meanings are frozen; reserved ones have no
// producer.
struct RegisteredCode {
  std::string_view code, tier;
};
constexpr std::array<RegisteredCode, 8> kRegistry = {{
    {"OG-DS-101", "destructive"},  // drop of a populated graph type (reserved)
    {"OG-DS-102", "destructive"},  // drop of a populated node type (reserved)
    {"OG-DS-103", "destructive"},  // drop of a populated edge type (reserved)
    {"OG-DS-104", "destructive"},  // drop of a property of a populated type (reserved)
    {"OG-DS-105", "destructive"},  // drop of a populated vector property (reserved)
    {kRequiredAdded, "validated"},
    {"OG-MF-104", "validated"},  // nullable made required (reserved)
    {kTypeChanged, "destructive"},
}};

}  // namespace

const UnsupportedChange* Migration::first_unsupported() const {
  for (const MigrationStep& step : steps) {
    if (const auto* change = std::get_if<UnsupportedChange>(&step)) return change;
  }
  return nullptr;
}

Status Migration::check_supported() const {
  const UnsupportedChange* change = first_unsupported();
  if (change == nullptr) return {};
  return bad_request((change->code.empty() ? "" : "[" + change->code + "] ") + change->reason);
}

std::string_view migration_tier(std::string_view code) {
  for (const RegisteredCode& entry : kRegistry) {
    if (entry.code == code) return entry.tier;
  }
  return "";
}

Result<Migration> plan_migration(const Catalog& accepted, std::string_view desired_source,
                                 bool allow_data_loss) {
  OG_ASSIGN_OR_RETURN(CatalogBuilder builder,
                      compile_unnumbered(desired_source, CompileMode::kStrict));
  OG_RETURN_IF_ERROR(resolve_identities(accepted, builder));
  builder.set_version(accepted.version() + 1);
  builder.set_next_identity(accepted.next_identity());
  OG_RETURN_IF_ERROR(builder.number_new());
  Migration migration;
  migration.catalog = std::move(builder).finish();
  migration.steps =
      Planner(accepted, *migration.catalog, allow_data_loss ? DropMode::kHard : DropMode::kSoft)
          .run();
  return migration;
}

}  // namespace omnigraph
