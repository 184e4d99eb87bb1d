#include "query/describe.h"

#include <set>
#include <unordered_map>
#include <utility>

#include "query/print.h"

namespace omnigraph {
namespace {

std::string_view kind_name(ScalarType type) {
  switch (type) {
    case ScalarType::kString:
      return "string";
    case ScalarType::kBool:
      return "bool";
    case ScalarType::kI32:
    case ScalarType::kU32:
      return "int";
    case ScalarType::kI64:
    case ScalarType::kU64:
      return "bigint";
    case ScalarType::kF32:
    case ScalarType::kF64:
      return "float";
    case ScalarType::kDate:
      return "date";
    case ScalarType::kDateTime:
      return "datetime";
    case ScalarType::kBlob:
      return "blob";
    case ScalarType::kVector:
      return "vector";
  }
  return "";
}

std::string field_name(const Projection& projection) {
  struct Visitor {
    std::string operator()(const NowCall&) const { return "now"; }
    std::string operator()(const PropertyAccess& access) const { return access.property; }
    std::string operator()(const VariableRef& ref) const { return ref.name; }
    std::string operator()(const AliasRef& ref) const { return ref.name; }
    std::string operator()(const Literal&) const { return "literal"; }
    std::string operator()(const AggregateCall& call) const {
      return std::string(aggregate_name(call.function));
    }
    std::string operator()(const SearchCall& call) const {
      return std::string(search_name(call.function));
    }
  };
  return projection.alias ? *projection.alias : std::visit(Visitor{}, projection.expression->node);
}

// Fields by alias, as far as the projections have been read.
using Aliases = std::unordered_map<std::string, ResultField>;

ResultField describe(const TypedExpr& expr, const Aliases& aliases) {
  ResultField field;
  if (const auto* alias = std::get_if<TAlias>(&expr.node)) {
    if (const auto known = aliases.find(alias->name); known != aliases.end()) return known->second;
  }
  if (const auto* call = std::get_if<TAggregate>(&expr.node)) {
    const bool of_argument = call->function == Aggregate::kMin || call->function == Aggregate::kMax;
    if (of_argument) {
      field = describe(*call->argument, aliases);
    } else {
      field.kind = kind_name(expr.type.scalar);
    }
    field.nullable = true;
    return field;
  }
  if (std::holds_alternative<TNode>(expr.node)) {
    field.kind = "object";
    return field;
  }
  field.nullable = expr.type.nullable;
  field.kind = kind_name(expr.type.scalar);
  if (expr.type.list) {
    field.item_kind = std::exchange(field.kind, "list");
  } else if (expr.type.scalar == ScalarType::kVector) {
    field.vector_dimension = expr.type.dimension;
  }
  return field;
}

class Facts {
 public:
  explicit Facts(const Catalog& catalog) : catalog_(catalog) {}

  void add(TypeId type) {
    if (const EntityType* entity = catalog_.entity(type)) {
      facts_.insert({catalog_.is_edge(type), entity->name});
    }
  }
  // The edge type and both its endpoint types.
  void add_with_ends(TypeId edge) {
    add(edge);
    if (const EdgeType* type = catalog_.edge(edge)) {
      add(type->from_id);
      add(type->to_id);
    }
  }
  // Every edge type with `node` at one of its ends.
  void add_incident(TypeId node) {
    for (const EdgeType& edge : catalog_.edges()) {
      if (edge.from_id == node || edge.to_id == node) add(edge.id);
    }
  }
  std::vector<TypeFact> sorted() const { return {facts_.begin(), facts_.end()}; }

 private:
  const Catalog& catalog_;
  std::set<TypeFact> facts_;
};

struct StatementFacts {
  Facts& reads;
  Facts& writes;
  const Catalog& catalog;

  void operator()(const TypedInsert& insert) const {
    writes.add(insert.type);
    reads.add_with_ends(insert.type);
  }
  void operator()(const TypedUpdate& update) const {
    writes.add(update.type);
    reads.add(update.type);
  }
  void operator()(const TypedDelete& deletion) const {
    for (Facts* facts : {&reads, &writes}) {
      facts->add(deletion.type);
      if (!catalog.is_edge(deletion.type)) facts->add_incident(deletion.type);
    }
  }
};

void write_facts(JsonWriter& json, std::string_view key, const std::vector<TypeFact>& facts) {
  json.key(key).begin_array();
  for (const TypeFact& fact : facts) {
    json.begin_object();
    json.key("kind").value(fact.is_edge ? "edge" : "node");
    json.key("type_name").value(fact.type_name);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

OperationDescriptor describe_operation(const QueryDecl& query, const TypedQuery& typed,
                                       const Catalog& catalog) {
  OperationDescriptor operation;
  Facts reads(catalog), writes(catalog);
  if (const auto* read = std::get_if<TypedRead>(&typed)) {
    for (const TypedScope& scope : read->scopes) {
      for (const TypedBinding& binding : scope.bindings) {
        reads.add(read->variables[binding.variable].type);
      }
      for (const TypedTraversal& traversal : scope.traversals) reads.add_with_ends(traversal.edge);
    }
    const auto& projections = std::get<ReadBody>(query.body).projections;
    Aliases aliases;
    for (std::size_t i = 0; i < projections.size(); ++i) {
      ResultField field = describe(*read->projections[i].expression, aliases);
      field.name = field_name(projections[i]);
      if (projections[i].alias) aliases.insert_or_assign(*projections[i].alias, field);
      operation.result.push_back(std::move(field));
    }
  } else {
    for (const TypedStatement& statement : std::get<TypedMutation>(typed).statements) {
      std::visit(StatementFacts{reads, writes, catalog}, statement);
    }
  }
  operation.reads = reads.sorted();
  operation.writes = writes.sorted();
  return operation;
}

void write_operation(JsonWriter& json, const OperationDescriptor& operation) {
  json.begin_object();
  json.key("result").begin_array();
  for (const ResultField& field : operation.result) {
    json.begin_object();
    json.key("name").value(field.name);
    json.key("kind").value(field.kind);
    if (field.item_kind) json.key("item_kind").value(*field.item_kind);
    if (field.vector_dimension) json.key("vector_dim").value(*field.vector_dimension);
    json.key("nullable").value(field.nullable);
    json.end_object();
  }
  json.end_array();
  write_facts(json, "reads", operation.reads);
  write_facts(json, "writes", operation.writes);
  json.end_object();
}

}  // namespace omnigraph
