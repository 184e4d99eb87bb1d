#include "schema/constraint_set.h"

#include <algorithm>

#include "common/date_text.h"

namespace omnigraph {
namespace {

// `0` and `0.0` are different bounds to a reader of the schema, so decimals keep a mark.
std::string bound_text(const std::optional<RangeBound>& bound) {
  if (!bound) return "";
  return bound->integer ? std::to_string(*bound->integer) : scalar_spelling(bound->value) + "d";
}

class ConstraintLister {
 public:
  explicit ConstraintLister(const EntityType& type) : type_(type) {}

  void add(ConstraintKind kind, PropertyGroup members, const std::string& rest = "") {
    std::sort(members.begin(), members.end());
    CanonicalConstraint constraint;
    constraint.kind = kind;
    std::vector<std::string> identities;
    for (const std::string& member : members) {
      const Property* property = type_.find(member);  // null for the ends of an edge
      identities.push_back(property != nullptr ? "#" + std::to_string(property->id) : member);
    }
    std::sort(identities.begin(), identities.end());
    const std::string name(constraint_name(kind));
    constraint.identity = name + ":" + joined(identities) + rest;
    constraint.text = name + ":" + joined(members) + rest;
    constraint.members = std::move(members);
    list_.push_back(std::move(constraint));
  }

  void add_shared() {
    for (const PropertyGroup& group : type_.uniques) add(ConstraintKind::kUnique, group);
    for (const PropertyGroup& group : type_.indexes) add(ConstraintKind::kIndex, group);
  }

  std::vector<CanonicalConstraint> list() && {
    std::sort(list_.begin(), list_.end(),
              [](const auto& a, const auto& b) { return a.text < b.text; });
    return std::move(list_);
  }

 private:
  static std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) {
      if (!text.empty()) text += ',';
      text += part;
    }
    return text;
  }

  const EntityType& type_;
  std::vector<CanonicalConstraint> list_;
};

}  // namespace

std::vector<CanonicalConstraint> constraints_of(const NodeType& type) {
  ConstraintLister lister(type);
  if (!type.key.empty()) lister.add(ConstraintKind::kKey, type.key);
  lister.add_shared();
  for (const RangeConstraint& range : type.ranges) {
    lister.add(ConstraintKind::kRange, {range.property},
               ":" + bound_text(range.min) + ".." + bound_text(range.max));
  }
  for (const CheckConstraint& check : type.checks) {
    lister.add(ConstraintKind::kCheck, {check.property}, ":" + check.pattern);
  }
  return std::move(lister).list();
}

std::vector<CanonicalConstraint> constraints_of(const EdgeType& type) {
  ConstraintLister lister(type);
  lister.add_shared();
  return std::move(lister).list();
}

}  // namespace omnigraph
