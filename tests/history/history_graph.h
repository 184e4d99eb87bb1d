// A graph on a real store (in memory, or any other), written through the write room: for the tests
// of branches, merges, diffs and change feeds.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/test_runtime.h"
#include "history/merge.h"
#include "query/check.h"
#include "query/parse.h"
#include "schema/compile.h"
#include "storage/counting_store.h"
#include "storage/store.h"
#include "write/writer.h"

namespace omnigraph::testing {

inline std::string show(const Value& value) {
  if (const auto* v = value.get_if<std::string>()) return *v;
  if (const auto* v = value.get_if<std::int64_t>()) return std::to_string(*v);
  if (const auto* v = value.get_if<std::uint64_t>()) return std::to_string(*v);
  if (const auto* v = value.get_if<bool>()) return *v ? "true" : "false";
  if (const auto* v = value.get_if<double>()) return std::to_string(*v);
  if (const ValueList* list = value.list()) {
    std::string text = "[";
    for (const Value& item : *list) text += (text.size() > 1 ? "," : "") + show(item);
    return text + "]";
  }
  return "null";
}

// One entity of a snapshot as text: edges "from>to", then "property=value" for what is not null.
inline std::string show_row(const Snapshot& snapshot, const EntityType& type, Location at) {
  const auto node_id = [&](TypeId nodes, RowId rid) -> std::string {
    const TableVersion& version = *snapshot.table(nodes);
    const auto where = version.locate(rid).value();
    if (!where) return "?" + std::to_string(rid);
    return version.parts()[where->part].segment->id_text(where->row).value();
  };
  const Segment& segment = *snapshot.table(type.id)->parts()[at.part].segment;
  std::string text;
  if (const EdgeType* edge = snapshot.catalog().edge(type.id)) {
    text = node_id(edge->from_id, segment.src(at.row).value()) + ">" +
           node_id(edge->to_id, segment.dst(at.row).value());
  }
  for (const Property& property : type.properties) {
    const Value value = segment.value(property.id, property.type, at.row).value();
    if (value.is_null()) continue;
    text += (text.empty() ? "" : " ") + property.name + "=" + show(value);
  }
  return text;
}

using Rows = std::map<std::string, std::string>;  // id to text

// The live entities of a type.
inline Rows rows_of(const Snapshot& snapshot, const std::string& type_name) {
  const Catalog& catalog = snapshot.catalog();
  const EntityType* type = catalog.node(type_name);
  if (type == nullptr) type = catalog.edge(type_name);
  Rows rows;
  const TableVersion& version = *snapshot.table(type->id);
  for (std::uint32_t p = 0; p < version.parts().size(); ++p) {
    const TablePart& part = version.parts()[p];
    for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
      if (!part.live(row)) continue;
      const std::string id = part.segment->id_text(row).value();
      EXPECT_TRUE(rows.emplace(id, show_row(snapshot, *type, {p, row})).second)
          << "two rows with id " << id << " in " << type_name;
      const auto found = version.find_id(id).value();
      EXPECT_TRUE(found && found->part == p && found->row == row) << id;
    }
  }
  EXPECT_EQ(rows.size(), version.live_rows());
  return rows;
}

class HistoryGraph {
 public:
  explicit HistoryGraph(const std::string& schema, StoreOptions options = {},
                        ObjectStorePtr objects = make_memory_store(), std::uint64_t seed = 1)
      : catalog_(compiled(schema)),
        options_(options),
        runtime_(test_runtime(seed)),
        objects_(std::move(objects)) {
    auto made = Store::init(objects_, *catalog_, false, runtime_, options_);
    EXPECT_TRUE(made.ok()) << made.error().message();
    adopt(std::move(*made));
  }

  // Another process on the graph in `objects`.
  HistoryGraph(const std::string& schema, ObjectStorePtr objects, std::uint64_t seed)
      : catalog_(compiled(schema)), runtime_(test_runtime(seed)), objects_(std::move(objects)) {
    auto opened = Store::open(objects_, runtime_, options_);
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    adopt(std::move(*opened));
  }

  // Closes the graph and opens it again from what was written.
  void reopen() {
    merger_.reset();
    writer_.reset();
    store_.reset();
    auto opened = Store::open(objects_, runtime_, options_);
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    adopt(std::move(*opened));
  }

  Store& store() { return *store_; }
  Writer& writer() { return *writer_; }
  const Catalog& catalog() const { return *catalog_; }
  const Runtime& runtime() const { return runtime_; }
  const EntityType& type(const std::string& name) const {
    if (const NodeType* node = catalog_->node(name)) return *node;
    return *catalog_->edge(name);
  }
  SnapshotPtr head(const std::string& branch = "main") const {
    const BranchState* at = store_->state()->branch(branch);
    EXPECT_NE(at, nullptr) << branch;
    return at->snapshot;
  }
  Rows rows(const std::string& type, const std::string& branch = "main") const {
    return rows_of(*head(branch), type);
  }

  // Runs the body of one mutation; the error's message, or nothing.
  std::string mutate(const std::string& body, const std::string& branch = "main") {
    auto file = parse_queries("query q() { " + body + " }");
    if (!file.ok()) return file.error().message();
    auto typed = check_query(file->queries.at(0), *catalog_);
    if (!typed.ok()) return typed.error().message();
    const ParameterValues none;
    const MutationCall call{std::get<TypedMutation>(*typed), none, head(branch)->catalog_ptr(),
                            branch};
    const auto result = writer_->mutate(call);
    return result.ok() ? std::string() : result.error().message();
  }
  std::string load(const std::string& lines, const std::string& branch = "main",
                   LoadMode mode = LoadMode::kMerge) {
    const auto source = text_load_source(lines);
    const auto result = writer_->load(*source, {.mode = mode, .branch = branch});
    return result.ok() ? std::string() : result.error().message();
  }
  Merger& merger() { return *merger_; }
  // The outcome, or the error's message.
  std::string merge(const std::string& source, const std::string& target = "main") {
    const auto result = merger_->merge({.source = source, .target = target});
    if (!result.ok()) return result.error().message();
    return std::string(merge_outcome_name(result->outcome));
  }
  std::string remove(const std::string& name) {
    const auto result = writer_->committer().delete_branch(name);
    return result.ok() ? std::string() : result.error().message();
  }
  std::string fork(const std::string& name, const std::string& from = "main") {
    const auto result = writer_->committer().create_branch(name, from);
    return result.ok() ? std::string() : result.error().message();
  }

 private:
  static CatalogPtr compiled(const std::string& schema) {
    auto catalog = compile_schema(schema);
    if (catalog.ok()) return *catalog;
    ADD_FAILURE() << catalog.error().message();
    std::abort();
  }
  void adopt(std::unique_ptr<Store> store) {
    store_ = std::move(store);
    writer_ = std::make_unique<Writer>(*store_);
    merger_ = std::make_unique<Merger>(*store_, &writer_->committer());
  }

  CatalogPtr catalog_;
  StoreOptions options_;
  Runtime runtime_;
  ObjectStorePtr objects_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Merger> merger_;
};

}  // namespace omnigraph::testing
