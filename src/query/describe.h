// What a checked query returns and touches, for tools that look at queries without running them
// (spec/queries.md §17.3): lint, stored-query listings. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json_writer.h"
#include "query/ast.h"
#include "query/typed_query.h"
#include "schema/catalog.h"

namespace omnigraph {

struct ResultField {
  // The alias, else the bare property, variable or function name, "literal" or "now": not the
  // column's name in a result.
  std::string name;
  std::string_view kind;                          // "string", "bigint", …, "list", "object"
  std::optional<std::string_view> item_kind;      // of a list
  std::optional<std::uint32_t> vector_dimension;  // of a vector
  bool nullable = false;
};

// A type that a query reads or may write.
struct TypeFact {
  bool is_edge = false;  // nodes sort before edges
  std::string type_name;
  auto operator<=>(const TypeFact&) const = default;
};

struct OperationDescriptor {
  std::vector<ResultField> result;      // in projection order; empty for mutations
  std::vector<TypeFact> reads, writes;  // sorted, unique
};

// `typed` is what check_query(query, catalog) made.
OperationDescriptor describe_operation(const QueryDecl& query, const TypedQuery& typed,
                                       const Catalog& catalog);

// { "result": […], "reads": […], "writes": […] } as the writer's next value.
void write_operation(JsonWriter& json, const OperationDescriptor& operation);

}  // namespace omnigraph
