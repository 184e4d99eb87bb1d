#include "schema/identity_resolution.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

namespace omnigraph {
namespace {

const std::string* rename_hint(const std::vector<Annotation>& annotations) {
  for (const Annotation& annotation : annotations) {
    if (annotation.name == "rename_from" && annotation.value) return &*annotation.value;
  }
  return nullptr;
}

Error failed(const std::string& text) {
  return bad_request("schema identity resolution failed: " + text);
}

class IdentityResolver {
 public:
  IdentityResolver(const Catalog& accepted, CatalogBuilder& desired)
      : accepted_(accepted), desired_(desired) {}

  Status run() {
    // Types before properties: a property is matched within its owner's match.
    for (InterfaceType& type : desired_.interfaces()) {
      if (const InterfaceType* same = accepted_.interface(type.name)) {
        OG_RETURN_IF_ERROR(claim(type, *same, "interface"));
      }
    }
    for (NodeType& type : desired_.nodes()) OG_RETURN_IF_ERROR(match(type, "node"));
    for (EdgeType& type : desired_.edges()) OG_RETURN_IF_ERROR(match(type, "edge"));

    for (InterfaceType& type : desired_.interfaces()) {
      OG_RETURN_IF_ERROR(match_properties(type, accepted_.interface(type.name)));
    }
    for (NodeType& type : desired_.nodes()) {
      OG_RETURN_IF_ERROR(match_properties(type, accepted_.node(type.id)));
    }
    for (EdgeType& type : desired_.edges()) {
      OG_RETURN_IF_ERROR(match_properties(type, accepted_.edge(type.id)));
    }
    return {};
  }

 private:
  const NodeType* accepted_of(const NodeType&, const std::string& name) const {
    return accepted_.node(name);
  }
  const EdgeType* accepted_of(const EdgeType&, const std::string& name) const {
    return accepted_.edge(name);
  }

  template <typename Type>
  Status match(Type& type, const std::string& kind) {
    if (const Type* same = accepted_of(type, type.name)) return claim(type, *same, kind);
    const std::string* hint = rename_hint(type.annotations);
    if (hint == nullptr) return {};
    if (const Type* earlier = accepted_of(type, *hint)) return claim(type, *earlier, kind);
    const std::string renamed = kind + " '" + type.name + "' is renamed from '" + *hint + "', but ";
    if (accepted_.interface(*hint) != nullptr || accepted_.node(*hint) != nullptr ||
        accepted_.edge(*hint) != nullptr) {
      return failed(renamed + "an identity does not move across declaration kinds");
    }
    return failed(renamed + "no accepted declaration has that name");
  }

  template <typename Type>
  Status claim(Type& type, const Type& earlier, const std::string& kind) {
    if (!claimed_.insert(earlier.id).second) {
      return failed("accepted " + kind + " '" + earlier.name +
                    "' is consumed by more than one desired declaration, '" + type.name +
                    "' among them");
    }
    type.id = earlier.id;
    if constexpr (std::is_base_of_v<EntityType, Type>) type.lifetime = earlier.lifetime;
    return {};
  }

  // `earlier` is null when the owner is new.
  template <typename Type>
  Status match_properties(Type& type, const Type* earlier) {
    std::vector<Property*> declared, injected;  // each by name
    for (Property& property : type.properties) {
      (property.injected ? injected : declared).push_back(&property);
    }
    const auto by_name = [](const Property* a, const Property* b) { return a->name < b->name; };
    std::sort(declared.begin(), declared.end(), by_name);
    std::sort(injected.begin(), injected.end(), by_name);

    for (Property* property : declared) {
      const std::string place = type.name + "." + property->name;
      const std::string* hint = rename_hint(property->annotations);
      if (earlier == nullptr) {
        if (hint == nullptr) continue;
        return failed("'" + place + "' is renamed from '" + *hint +
                      "', but a new type cannot import property identity");
      }
      const Property* match = earlier->find(property->name);
      if (match == nullptr && hint != nullptr) {
        match = earlier->find(std::string_view(*hint));
        if (match == nullptr) return unresolved(place, *hint);
      }
      if (match == nullptr) continue;
      if (!claimed_.insert(match->id).second) {
        return failed("accepted property '" + earlier->name + "." + match->name +
                      "' is consumed more than once, by '" + place + "' among others");
      }
      property->id = match->id;
    }
    // The hint of an injected property was written for the interface. Here it holds where it fits
    // and means nothing where it does not (a node that implements the interface only now).
    if (earlier == nullptr) return {};
    for (Property* property : injected) {
      const Property* match = earlier->find(property->name);
      const std::string* hint = rename_hint(property->annotations);
      if (match == nullptr && hint != nullptr) match = earlier->find(std::string_view(*hint));
      if (match != nullptr && claimed_.insert(match->id).second) property->id = match->id;
    }
    return {};
  }

  Error unresolved(const std::string& place, const std::string& hint) const {
    const auto holds = [&](const auto& types) {
      return std::any_of(types.begin(), types.end(), [&](const auto& type) {
        return type.find(std::string_view(hint)) != nullptr;
      });
    };
    const std::string renamed = "'" + place + "' is renamed from '" + hint + "', but ";
    if (holds(accepted_.interfaces()) || holds(accepted_.nodes()) || holds(accepted_.edges())) {
      return failed(renamed + "an identity does not move across stable owners");
    }
    return failed(renamed + "its type has no accepted property with that name");
  }

  const Catalog& accepted_;
  CatalogBuilder& desired_;
  // One counter numbers types and properties alike, so one set tells what is taken.
  std::unordered_set<std::uint32_t> claimed_;
};

}  // namespace

Status resolve_identities(const Catalog& accepted, CatalogBuilder& desired) {
  return IdentityResolver(accepted, desired).run();
}

}  // namespace omnigraph
