// A catalog while its identities are being settled. compile_unnumbered() fills it from a source;
// somebody gives types, properties and lifetimes the numbers they already have (a stored schema, a
// migration); number_new() gives the rest fresh ones; finish() freezes it. Used by one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "schema/catalog.h"
#include "schema/compile.h"

namespace omnigraph {

class CatalogBuilder {
 public:
  CatalogBuilder(std::string source, std::vector<InterfaceType> interfaces,
                 std::vector<NodeType> nodes, std::vector<EdgeType> edges);

  // Sorted by name. Ids that are 0 are still open.
  std::vector<InterfaceType>& interfaces() { return catalog_->interfaces_; }
  std::vector<NodeType>& nodes() { return catalog_->nodes_; }
  std::vector<EdgeType>& edges() { return catalog_->edges_; }

  // The numbers of a graph: its version, and the counter that number_new() draws from.
  void set_version(std::uint32_t version) { catalog_->version_ = version; }
  void set_next_identity(std::uint32_t next) { catalog_->next_identity_ = next; }

  // Numbers whatever is 0, in the order of spec/schema.md §10: types (interfaces, nodes, edges,
  // each by name), properties (by owner's number, name), lifetimes of nodes and edges (by type
  // number).
  // kResourceExhausted when 32 bits are used up.
  Status number_new();

  // Puts keys in key order, resolves endpoints and builds the look-ups. Every id must be set.
  CatalogPtr finish() &&;

 private:
  std::shared_ptr<Catalog> catalog_;
};

// All of compile_schema but numbering.
Result<CatalogBuilder> compile_unnumbered(std::string_view source, CompileMode mode);

}  // namespace omnigraph
