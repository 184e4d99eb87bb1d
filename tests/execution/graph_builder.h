// A small graph in memory for tests: rows are added, sealed into segments and removed by id; the
// rows stay readable as plain values, so that a naive evaluator can look at them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/test_runtime.h"
#include "execution/run.h"
#include "query/check.h"
#include "schema/catalog.h"
#include "storage/object_store.h"
#include "storage/segment_cache.h"
#include "storage/snapshot.h"

namespace omnigraph::testing {

using Properties = std::vector<std::pair<std::string, Value>>;

struct PlainRow {
  RowId rid = 0;
  std::string id;
  std::map<PropertyId, Value> values;
  RowId src = kNoRow, dst = kNoRow;
  bool live = true;
};

class GraphBuilder {
 public:
  explicit GraphBuilder(std::string_view schema);

  const Catalog& catalog() const { return *catalog_; }
  // Values must be of the property's type; those not given are null.
  RowId node(std::string_view type, const std::string& id, const Properties& properties = {});
  RowId edge(std::string_view type, const std::string& from, const std::string& to,
             const Properties& properties = {});
  // Everything added since becomes one segment a table: in memory, or stored as files are.
  void seal(bool stored = false);
  void remove(TypeId type, RowId rid);
  SnapshotPtr snapshot();
  const std::vector<PlainRow>& rows(TypeId type) const;

 private:
  struct Table {
    std::vector<PlainRow> rows;
    std::size_t sealed = 0;
    TableVersionPtr version = TableVersion::empty();
  };
  PlainRow make_row(const EntityType& type, Table& table, const Properties& properties);

  CatalogPtr catalog_;
  std::map<TypeId, Table> tables_;
  std::map<TypeId, std::map<std::string, std::size_t>> row_of_;  // where an id was seen last
  const Runtime runtime_ = test_runtime();
  const ObjectStorePtr objects_ = make_memory_store();
  SegmentCache segments_{objects_, runtime_};
  UlidSource ulids_{runtime_.clock, runtime_.random};
};

// Parses, checks and runs the only query of `source`. Parameters by name.
Result<QueryResult> ask(const SnapshotPtr& snapshot, std::string_view source,
                        const std::map<std::string, Value>& parameters = {},
                        const PlanOptions& options = {}, PlanNode* explain = nullptr);
TypedRead check(const Catalog& catalog, std::string_view source);

// Rows as texts, cells joined with `|`, null as `null`; in result order.
std::vector<std::string> texts(const QueryResult& result);
std::string text_of(const Value& value);

}  // namespace omnigraph::testing
