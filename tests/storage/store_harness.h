// A graph to test the store with: a small schema, and records made by hand as a committer makes
// them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/test_runtime.h"
#include "schema/compile.h"
#include "storage/store.h"

namespace omnigraph::testing {

inline constexpr char kSchema[] = R"(
node Person { name: String @key
  age: I32? }
edge Knows: Person -> Person
)";

inline CatalogPtr test_catalog(std::string_view text = kSchema) {
  auto catalog = compile_schema(text);
  EXPECT_TRUE(catalog.ok()) << catalog.error().message();
  return *catalog;
}

inline TypeId person(const Catalog& catalog) { return catalog.node("Person")->id; }
inline TypeId knows(const Catalog& catalog) { return catalog.edge("Knows")->id; }

// A folder that is gone at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "og-store-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

struct PersonRow {
  RowId rid = 0;
  std::string name;
  std::optional<std::int32_t> age;
};

inline RowBatch person_rows(const Catalog& catalog, const std::vector<PersonRow>& rows) {
  const NodeType& type = *catalog.node("Person");
  RowBatch batch;
  batch.table = type.id;
  batch.rows = static_cast<std::uint32_t>(rows.size());
  ColumnBuilder ids(PropertyType{});
  ColumnBuilder names(type.find("name")->type);
  ColumnBuilder ages(type.find("age")->type);
  for (const PersonRow& row : rows) {
    batch.rids.push_back(row.rid);
    ids.append_text(row.name);
    names.append_text(row.name);
    if (row.age) {
      ages.append_i32(*row.age);
    } else {
      ages.append_null();
    }
  }
  batch.ids = IdColumn::of_text(ids.finish());
  batch.columns.emplace_back(type.find("name")->id, names.finish());
  batch.columns.emplace_back(type.find("age")->id, ages.finish());
  return batch;
}

struct EdgeRow {
  RowId rid = 0;
  std::string id;
  RowId src = 0, dst = 0;
};

inline RowBatch knows_rows(const Catalog& catalog, const std::vector<EdgeRow>& rows) {
  RowBatch batch;
  batch.table = catalog.edge("Knows")->id;
  batch.is_edge = true;
  batch.rows = static_cast<std::uint32_t>(rows.size());
  ColumnBuilder ids(PropertyType{});
  for (const EdgeRow& row : rows) {
    batch.rids.push_back(row.rid);
    batch.src.push_back(row.src);
    batch.dst.push_back(row.dst);
    ids.append_text(row.id);
  }
  batch.ids = IdColumn::of_text(ids.finish());
  return batch;
}

inline RowId next_row(const GraphState& state, TypeId table) {
  const auto it = state.next_row.find(table);
  return it == state.next_row.end() ? 0 : it->second;
}

inline Record empty_record(const GraphState& state) {
  Record record;
  record.sequence = state.sequence + 1;
  record.first_gsn = state.gsn + 1;
  return record;
}

// A record with one commit on `branch`.
inline Record commit_record(Store& store, const std::string& branch,
                            std::vector<TableChange> tables) {
  const GraphStatePtr state = store.state();
  const Snapshot& head = *state->branch(branch)->snapshot;
  Record record = empty_record(*state);
  CommitEntry entry;
  entry.header.id = store.ulids().next();
  entry.header.gsn = record.first_gsn;
  entry.header.branch = branch;
  entry.header.parent = head.commit();
  entry.header.created_at = store.runtime().clock->now_micros();
  entry.header.version = head.head().version + 1;
  entry.tables = std::move(tables);
  record.entries.emplace_back(std::move(entry));
  return record;
}

// Inserts one person under a new row id; the commit's id.
inline Result<CommitId> add_person(Store& store, const std::string& name, std::int32_t age,
                                   const std::string& branch = "main") {
  const GraphStatePtr state = store.state();
  const Catalog& catalog = *state->catalog;
  TableChange change;
  change.table = person(catalog);
  change.inline_rows.push_back(person_rows(catalog, {{next_row(*state, change.table), name, age}}));
  Record record = commit_record(store, branch, {std::move(change)});
  const CommitId id = std::get<CommitEntry>(record.entries[0]).header.id;
  OG_ASSIGN_OR_RETURN(const AppendOutcome outcome, store.append(std::move(record)));
  if (outcome != AppendOutcome::kAppended) return io_error("the append did not land");
  return id;
}

// Rows of a table by id: the age, or nullopt. Also checks that every live row is found by its id
// and row id.
inline std::map<std::string, std::optional<std::int32_t>> people(const Snapshot& snapshot) {
  std::map<std::string, std::optional<std::int32_t>> out;
  const Catalog& catalog = snapshot.catalog();
  const Property& age = *catalog.node("Person")->find("age");
  const TableVersion& table = *snapshot.table(person(catalog));
  for (const TablePart& part : table.parts()) {
    for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
      if (!part.live(row)) continue;
      auto id = part.segment->id_text(row);
      EXPECT_TRUE(id.ok()) << id.error().message();
      if (!id.ok()) return out;
      auto value = part.segment->value(age.id, age.type, row);
      EXPECT_TRUE(value.ok()) << value.error().message();
      if (!value.ok()) return out;
      const std::int64_t* number = value->get_if<std::int64_t>();
      EXPECT_TRUE(
          out.emplace(*id, number ? std::optional<std::int32_t>(static_cast<std::int32_t>(*number))
                                  : std::nullopt)
              .second)
          << "twice: " << *id;
      auto found = table.find_id(*id);
      EXPECT_TRUE(found.ok() && found->has_value()) << *id;
      auto rid = part.segment->rid(row);
      EXPECT_TRUE(rid.ok());
      if (!rid.ok()) return out;
      auto located = table.locate(*rid);
      EXPECT_TRUE(located.ok() && located->has_value()) << *id;
    }
  }
  EXPECT_EQ(out.size(), table.live_rows());
  return out;
}

inline std::map<std::string, std::optional<std::int32_t>> people(
    Store& store, const std::string& branch = "main") {
  return people(*store.state()->branch(branch)->snapshot);
}

inline std::unique_ptr<Store> init_store(const ObjectStorePtr& objects, StoreOptions options = {},
                                         std::uint64_t seed = 1) {
  auto store = Store::init(objects, *test_catalog(), false, test_runtime(seed), options);
  EXPECT_TRUE(store.ok()) << store.error().message();
  return store.ok() ? std::move(store).value() : nullptr;
}

inline std::unique_ptr<Store> open_store(const ObjectStorePtr& objects, StoreOptions options = {},
                                         std::uint64_t seed = 2) {
  auto store = Store::open(objects, test_runtime(seed), options);
  EXPECT_TRUE(store.ok()) << store.error().message();
  return store.ok() ? std::move(store).value() : nullptr;
}

}  // namespace omnigraph::testing
