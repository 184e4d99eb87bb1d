// What a node receives from the interfaces it implements (spec/schema.md §4.1, §7.3).

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "schema/limits.h"
#include "schema/rules/draft.h"
#include "schema/source_text.h"

namespace omnigraph {
namespace {

constexpr std::string_view kRenameHint = "rename_from";

// What must agree between two contributors: all annotations but rename hints, in any order.
std::vector<Annotation> semantics(const PropertyDraft& property) {
  std::vector<Annotation> result;
  for (const AnnotationDraft& draft : property.annotations) {
    if (draft.annotation.name != kRenameHint) result.push_back(draft.annotation);
  }
  std::sort(result.begin(), result.end());
  return result;
}

class InterfaceResolver {
 public:
  explicit InterfaceResolver(SchemaDraft& draft) : draft_(draft) {}

  Status run() {
    for (const TypeDraft& type : draft_.types) {
      if (type.kind == TypeKind::kInterface) interfaces_.try_emplace(type.name, &type);
    }
    for (TypeDraft& type : draft_.types) {
      if (type.kind == TypeKind::kNode) OG_RETURN_IF_ERROR(resolve(type));
    }
    return {};
  }

 private:
  std::string meant(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const TypeDraft& type : draft_.types) {
      if (type.kind == TypeKind::kInterface) names.push_back(type.name);
    }
    return did_you_mean(name, names);
  }

  Status resolve(TypeDraft& node) {
    for (const InterfaceName& name : node.implements) {
      if (!interfaces_.contains(name.name)) {
        return draft_.parse_error(name.range, node.title() + " implements unknown interface '" +
                                                  name.name + "'" + meant(name.name));
      }
    }
    // In name order, each once: the order of writing has no meaning.
    auto& names = node.implements;
    std::sort(names.begin(), names.end(),
              [](const InterfaceName& a, const InterfaceName& b) { return a.name < b.name; });
    names.erase(std::unique(names.begin(), names.end(),
                            [](const InterfaceName& a, const InterfaceName& b) {
                              return a.name == b.name;
                            }),
                names.end());

    std::unordered_map<std::string_view, PropertyType> declared;
    for (const PropertyDraft& property : node.properties) {
      declared.try_emplace(property.name, property.type);
    }
    std::vector<Injected> injected;
    std::unordered_map<std::string_view, std::size_t> position;
    for (const InterfaceName& name : names) {
      const TypeDraft& interface = *interfaces_.at(name.name);
      links_ += interface.properties.size();
      if (links_ > kMaxSchemaProperties) {
        return Error(ErrorCode::kResourceExhausted,
                     "a schema's nodes receive at most " + std::to_string(kMaxSchemaProperties) +
                         " properties from interfaces (kMaxSchemaProperties)");
      }
      for (const PropertyDraft& offered : interface.properties) {
        if (const auto own = declared.find(offered.name); own != declared.end()) {
          if (own->second != offered.type) {
            return conflict(node, name, offered, "declares it", own->second);
          }
          continue;
        }
        const auto [at, first] = position.try_emplace(offered.name, injected.size());
        if (first) {
          injected.push_back({offered, &interface, semantics(offered)});
          continue;
        }
        OG_RETURN_IF_ERROR(agree(node, name, offered, interface, injected[at->second]));
      }
    }
    for (Injected& entry : injected) {
      entry.property.injected = true;
      node.properties.push_back(std::move(entry.property));
    }
    return {};
  }

  struct Injected {
    PropertyDraft property;
    const TypeDraft* interface;
    std::vector<Annotation> semantics;
  };

  Status agree(const TypeDraft& node, const InterfaceName& name, const PropertyDraft& offered,
               const TypeDraft& interface, Injected& earlier) {
    // A second declaration within one interface is a matter of the whole-schema rules.
    if (earlier.interface == &interface) return {};
    if (earlier.property.type != offered.type) {
      return conflict(node, name, offered, "interface '" + earlier.interface->name + "' gives it",
                      earlier.property.type);
    }
    if (earlier.semantics != semantics(offered)) {
      return draft_.catalog_error(name.range,
                                  node.title() + " receives property '" + offered.name +
                                      "' with incompatible property semantics from interfaces '" +
                                      earlier.interface->name + "' and '" + name.name +
                                      "': their annotations differ");
    }
    if (!earlier.property.has(kRenameHint)) {
      for (const AnnotationDraft& draft : offered.annotations) {
        if (draft.annotation.name == kRenameHint) earlier.property.annotations.push_back(draft);
      }
    }
    return {};
  }

  Error conflict(const TypeDraft& node, const InterfaceName& interface,
                 const PropertyDraft& offered, const std::string& who,
                 const PropertyType& type) const {
    return draft_.parse_error(interface.range,
                              node.title() + ": property '" + offered.name + "' conflicts: " + who +
                                  " as " + to_string(type) + ", but interface '" + interface.name +
                                  "' requires " + to_string(offered.type));
  }

  SchemaDraft& draft_;
  std::unordered_map<std::string_view, const TypeDraft*> interfaces_;
  std::size_t links_ = 0;
};

}  // namespace

Status resolve_interfaces(SchemaDraft& draft) { return InterfaceResolver(draft).run(); }

}  // namespace omnigraph
