#include "simulation/people.h"

#include <algorithm>

namespace omnigraph::simulation {
namespace {

RowBatch rows_of(const Catalog& catalog, const Model& rows) {
  const NodeType& type = *catalog.node("Person");
  RowBatch batch;
  batch.table = type.id;
  batch.rows = static_cast<std::uint32_t>(rows.size());
  ColumnBuilder ids(PropertyType{});
  ColumnBuilder names(type.find("name")->type);
  ColumnBuilder ages(type.find("age")->type);
  for (const auto& [name, row] : rows) {
    batch.rids.push_back(row.rid);
    ids.append_text(name);
    names.append_text(name);
    ages.append_i32(row.age);
  }
  batch.ids = IdColumn::of_text(ids.finish());
  batch.columns.emplace_back(type.find("name")->id, names.finish());
  batch.columns.emplace_back(type.find("age")->id, ages.finish());
  return batch;
}

Result<Model> read_model(const Snapshot& snapshot) {
  Model out;
  const NodeType& type = *snapshot.catalog().node("Person");
  const Property& age = *type.find("age");
  for (const TablePart& part : snapshot.table(type.id)->parts()) {
    for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
      if (!part.live(row)) continue;
      OG_ASSIGN_OR_RETURN(const std::string id, part.segment->id_text(row));
      OG_ASSIGN_OR_RETURN(const Value value, part.segment->value(age.id, age.type, row));
      OG_ASSIGN_OR_RETURN(const RowId rid, part.segment->rid(row));
      const std::int64_t* number = value.get_if<std::int64_t>();
      if (number == nullptr) return corrupt("an age is lost");
      if (!out.emplace(id, ModelRow{rid, static_cast<std::int32_t>(*number)}).second) {
        return corrupt("'" + id + "' is there twice");
      }
    }
  }
  return out;
}

}  // namespace

std::optional<People::Prepared> People::prepare(Store& store, Random& random,
                                                const std::string& favourite,
                                                int favourite_percent) {
  const auto below = [&random](std::uint64_t n) { return random.next() % n; };
  const auto percent = [&below](int p) { return static_cast<int>(below(100)) < p; };
  const GraphStatePtr state = store.state();
  auto at = state->branches.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(below(state->branches.size())));
  if (percent(favourite_percent)) at = state->branches.find(favourite);
  const std::string name = at->first;
  const Snapshot& head = *at->second->snapshot;
  const auto known = models.find(head.commit());
  if (known == models.end()) return std::nullopt;
  Model model = known->second;

  const TypeId table = state->catalog->node("Person")->id;
  const auto next = state->next_row.find(table);
  RowId rid = next == state->next_row.end() ? 0 : next->second;
  TableChange change;
  change.table = table;
  Model added;
  if (percent(3)) {
    change.clear = true;
    model.clear();
  }
  for (std::uint64_t i = 0, n = 1 + below(4); i < n; ++i) {
    const std::uint64_t kind = model.empty() ? 0 : below(3);
    if (kind == 0) {
      const std::string person = "p" + std::to_string(next_name++);
      const ModelRow row{rid++, static_cast<std::int32_t>(below(100))};
      model[person] = row;
      added[person] = row;
      continue;
    }
    auto victim = model.begin();
    std::advance(victim, static_cast<std::ptrdiff_t>(below(model.size())));
    if (added.contains(victim->first)) continue;
    const RowId dead = victim->second.rid;
    if (std::find(change.deleted.begin(), change.deleted.end(), dead) != change.deleted.end()) {
      continue;
    }
    change.deleted.push_back(dead);
    if (kind == 1) {
      victim->second.age += 1;
      added[victim->first] = victim->second;
    } else {
      model.erase(victim);
    }
  }
  std::sort(change.deleted.begin(), change.deleted.end());
  if (!added.empty()) change.inline_rows.push_back(rows_of(*state->catalog, added));

  Record record;
  record.sequence = state->sequence + 1;
  record.first_gsn = state->gsn + 1;
  CommitEntry entry;
  entry.header.id = store.ulids().next();
  entry.header.gsn = record.first_gsn;
  entry.header.branch = name;
  entry.header.parent = head.commit();
  entry.header.version = head.head().version + 1;
  entry.tables.push_back(std::move(change));
  Prepared prepared{{}, entry.header.id, name};
  record.entries.emplace_back(std::move(entry));
  models[prepared.id] = std::move(model);
  prepared.record = std::move(record);
  return prepared;
}

std::string People::check(const Snapshot& snapshot) const {
  const auto known = models.find(snapshot.commit());
  if (known == models.end()) return "a commit that nobody wrote is there";
  auto rows = read_model(snapshot);
  if (!rows.ok()) return "rows: " + rows.error().message();
  if (*rows != known->second) return "rows differ from the model's";
  for (const auto& [name, row] : *rows) {
    const TypeId table = snapshot.catalog().node("Person")->id;
    auto found = snapshot.table(table)->find_id(name);
    if (!found.ok() || !found->has_value()) return "'" + name + "' is not found by its id";
    auto located = snapshot.table(table)->locate(row.rid);
    if (!located.ok() || !located->has_value()) {
      return "'" + name + "' is not found by its row id";
    }
  }
  return {};
}

}  // namespace omnigraph::simulation
