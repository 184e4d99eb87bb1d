#include "query/rules/mutation.h"

#include <unordered_set>
#include <utility>

#include "query/rules/type_rules.h"

namespace omnigraph::gq {
namespace {

class MutationChecker {
 public:
  MutationChecker(const Catalog& catalog, const ParameterTable& parameters)
      : catalog_(catalog), parameters_(parameters) {}

  Result<TypedStatement> check(const InsertStatement& insert) const {
    OG_ASSIGN_OR_RETURN(const EntityType* type, target(insert.type, insert.span));
    const EdgeType* edge = catalog_.edge(type->id);
    TypedInsert typed{type->id, {}, nullptr, nullptr};
    OG_RETURN_IF_ERROR(check_assignments(insert.assignments, *type, edge != nullptr, typed));
    OG_RETURN_IF_ERROR(check_required(insert, *type, edge != nullptr, typed));
    return TypedStatement(std::move(typed));
  }

  Result<TypedStatement> check(const UpdateStatement& update) const {
    OG_ASSIGN_OR_RETURN(const EntityType* type, target(update.type, update.span));
    if (catalog_.is_edge(type->id)) {
      return type_error("T16",
                        "update mutation for edge type " + quoted(type->name) + " is not supported",
                        update.span);
    }
    TypedInsert assigned{type->id, {}, nullptr, nullptr};
    OG_RETURN_IF_ERROR(check_assignments(update.assignments, *type, false, assigned));
    OG_ASSIGN_OR_RETURN(TypedPredicate where, predicate(update.where, *type));
    return TypedStatement(TypedUpdate{type->id, std::move(assigned.assignments), std::move(where)});
  }

  Result<TypedStatement> check(const DeleteStatement& deletion) const {
    OG_ASSIGN_OR_RETURN(const EntityType* type, target(deletion.type, deletion.span));
    OG_ASSIGN_OR_RETURN(TypedPredicate where, predicate(deletion.where, *type));
    return TypedStatement(TypedDelete{type->id, std::move(where)});
  }

 private:
  Result<const EntityType*> target(const std::string& name, SourceSpan span) const {
    if (const NodeType* node = catalog_.node(name)) return static_cast<const EntityType*>(node);
    if (const EdgeType* edge = catalog_.edge(name)) return static_cast<const EntityType*>(edge);
    std::vector<std::string_view> names;
    for (const NodeType& node : catalog_.nodes()) names.push_back(node.name);
    for (const EdgeType& edge : catalog_.edges()) names.push_back(edge.name);
    return type_error("T10", "unknown node/edge type " + quoted(name) + suggestion(name, names),
                      span);
  }

  static Error no_property(const EntityType& type, const std::string& property, SourceSpan span) {
    return type_error("T11",
                      "type " + quoted(type.name) + " has no property " + quoted(property) +
                          suggest_property(property, type),
                      span);
  }

  Result<TypedExprPtr> value(std::string_view property, const PropertyType& type,
                             const MutationValue& v, SourceSpan span) const {
    const ValueTarget target{property, type, "mutation variable", ValueTarget::Use::kMutation};
    return check_value(target, v, span, parameters_);
  }

  Status check_assignments(const std::vector<Assignment>& assignments, const EntityType& type,
                           bool is_edge, TypedInsert& out) const {
    std::unordered_set<std::string_view> seen;
    for (const Assignment& assignment : assignments) {
      if (!seen.insert(assignment.property).second) {
        return type_error("T13", "duplicate assignment for property " + quoted(assignment.property),
                          assignment.span);
      }
      if (is_edge && (assignment.property == "from" || assignment.property == "to")) {
        TypedExprPtr& end = assignment.property == "from" ? out.from : out.to;
        OG_ASSIGN_OR_RETURN(end, value(assignment.property, scalar_type(ScalarType::kString),
                                       assignment.value, assignment.span));
        continue;
      }
      const Property* property = type.find(assignment.property);
      if (property == nullptr) return no_property(type, assignment.property, assignment.span);
      OG_ASSIGN_OR_RETURN(TypedExprPtr typed, value(assignment.property, property->type,
                                                    assignment.value, assignment.span));
      out.assignments.push_back({property->id, std::move(typed)});
    }
    return {};
  }

  Status check_required(const InsertStatement& insert, const EntityType& type, bool is_edge,
                        const TypedInsert& typed) const {
    const std::string subject = "insert for " + quoted(type.name) + " must provide ";
    if (is_edge && (!typed.from || !typed.to)) {
      return type_error("T12", subject + "required endpoint " + (typed.from ? "`to`" : "`from`"),
                        insert.span);
    }
    std::unordered_set<std::string_view> assigned;
    for (const Assignment& assignment : insert.assignments) assigned.insert(assignment.property);
    for (const Property& property : type.properties) {
      if (property.type.nullable || assigned.contains(property.name)) continue;
      if (embedded_from_assigned(type, property.name, assigned)) continue;
      return type_error("T12", subject + "non-nullable property " + quoted(property.name),
                        insert.span);
    }
    return {};
  }

  // Whether `property` is made from another one that is assigned.
  bool embedded_from_assigned(const EntityType& type, const std::string& property,
                              const std::unordered_set<std::string_view>& assigned) const {
    const NodeType* node = catalog_.node(type.id);
    if (node == nullptr) return false;
    for (const EmbedSource& embed : node->embeds) {
      if (embed.property == property && assigned.contains(embed.source)) return true;
    }
    return false;
  }

  Result<TypedPredicate> predicate(const MutationPredicate& where, const EntityType& type) const {
    TypedPredicate typed{};
    typed.op = where.op;
    const bool is_end =
        catalog_.is_edge(type.id) && (where.property == "from" || where.property == "to");
    if (is_end) {
      typed.endpoint = where.property == "from" ? TypedPredicate::Endpoint::kFrom
                                                : TypedPredicate::Endpoint::kTo;
      OG_ASSIGN_OR_RETURN(typed.value, value(where.property, scalar_type(ScalarType::kString),
                                             where.value, where.span));
      return typed;
    }
    const Property* property = type.find(where.property);
    if (property == nullptr) return no_property(type, where.property, where.span);
    if (property->type.scalar == ScalarType::kBlob) {
      return type_error(
          "T11", "blob property " + quoted(where.property) + " cannot be used in WHERE predicates",
          where.span);
    }
    OG_ASSIGN_OR_RETURN(typed.value,
                        value(where.property, property->type, where.value, where.span));
    const bool vector = property->type.scalar == ScalarType::kVector;
    if (property->type.list || vector) {
      return type_error("T7",
                        "property " + quoted(where.property) +
                            (property->type.list ? ": list comparisons are not supported"
                                                 : ": vector comparisons are not supported"),
                        where.span);
    }
    typed.property = property->id;
    return typed;
  }

  const Catalog& catalog_;
  const ParameterTable& parameters_;
};

}  // namespace

Result<TypedMutation> check_mutation_body(const QueryDecl& query, const MutationBody& body,
                                          const Catalog& catalog,
                                          const ParameterTable& parameters) {
  TypedMutation mutation;
  mutation.name = query.name;
  mutation.parameters = query.parameters;
  const MutationChecker checker(catalog, parameters);
  for (const MutationStatement& statement : body.statements) {
    OG_ASSIGN_OR_RETURN(
        TypedStatement typed,
        std::visit([&](const auto& node) { return checker.check(node); }, statement));
    mutation.statements.push_back(std::move(typed));
  }
  return mutation;
}

}  // namespace omnigraph::gq
