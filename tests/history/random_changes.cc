// The commits of a random history: loads and mutations.
#include <algorithm>

#include "history/random_history.h"
#include "write/load/load.h"

namespace omnigraph::testing {
namespace {

constexpr std::uint64_t kNodeIds = 7;  // of a type
constexpr std::uint64_t kEdgeIds = 6;

std::string json_text(const std::string& value) { return "\"" + value + "\""; }

// The first property of a type that is a number.
const ModelProperty* number_of(const ModelType& type) {
  for (const ModelProperty& property : type.properties) {
    if (!property.text) return &property;
  }
  return nullptr;
}

}  // namespace

void RandomHistory::change(const std::string& branch) {
  const std::uint64_t kind = below(20);
  if (kind < 10) return load(branch);
  if (kind < 11) return overwrite(branch);
  if (kind < 15) return update(branch);
  if (kind < 17) return remove_node(branch);
  if (kind < 18) return remove_edges(branch);
  return insert_edge(branch);
}

// An edge fits where its ends live and its source has room for it.
bool RandomHistory::insert_fits(const ModelType& type, const ModelState& state,
                                const std::string& from) const {
  if (!type.most_edges) return true;
  const ModelRows& edges = rows_in(state, type.key);
  const auto count = static_cast<std::size_t>(std::count_if(
      edges.begin(), edges.end(), [&](const auto& edge) { return edge.second.from == from; }));
  return count < *type.most_edges;
}

ModelEntity RandomHistory::random_entity(const ModelType& type, const std::string& id,
                                         const ModelState& state) {
  ModelEntity entity;
  for (const ModelProperty& property : type.properties) {
    if (property.annotation == "@key") {
      entity.values[property.key] = id;
      continue;
    }
    std::string value = std::to_string(below(4));
    if (property.text) value = one_in(4) ? "" : "v" + value;
    if (one_in(3)) continue;
    if (property.annotation == "@unique") {
      const ModelRows& rows = rows_in(state, type.key);
      const bool held = std::any_of(rows.begin(), rows.end(), [&](const auto& other) {
        const auto its = other.second.values.find(property.key);
        return its != other.second.values.end() && its->second == value;
      });
      if (held) continue;
    }
    entity.values[property.key] = std::move(value);
  }
  return entity;
}

// One line of a load, which is put into the state, too; empty when the draw does not fit.
std::string RandomHistory::record(const ModelType& type, ModelState& state) {
  ModelEntity entity;
  std::string id, line, data;
  if (type.is_edge) {
    id = "e" + std::to_string(below(kEdgeIds));
    const ModelRows& sources = rows_in(state, type.from);
    const ModelRows& targets = rows_in(state, type.to);
    if (sources.empty() || targets.empty()) return {};
    entity = random_entity(type, id, state);
    entity.from = any_of(sources).first;
    entity.to = any_of(targets).first;
    const ModelRows& edges = rows_in(state, type.key);
    const auto was = edges.find(id);
    if ((was == edges.end() || was->second.from != entity.from) &&
        !insert_fits(type, state, entity.from)) {
      return {};
    }
    line = "{\"edge\":" + json_text(type.name) + ",\"from\":" + json_text(entity.from) +
           ",\"to\":" + json_text(entity.to);
    data = "\"id\":" + json_text(id);
  } else {
    id = "n" + std::to_string(below(kNodeIds));
    entity = random_entity(type, id, state);
    line = "{\"type\":" + json_text(type.name);
  }
  for (const ModelProperty& property : type.properties) {
    const auto value = entity.values.find(property.key);
    if (!data.empty()) data += ',';
    data += json_text(property.name) + ":";
    data += value == entity.values.end() ? "null"
            : property.text              ? json_text(value->second)
                                         : value->second;
  }
  state[type.key][id] = std::move(entity);
  return line + ",\"data\":{" + data + "}}\n";
}

void RandomHistory::load(const std::string& branch) {
  ModelState state = model_.head(branch);
  std::string lines;
  // What one load may say twice is not the matter here.
  std::set<std::pair<int, std::string>> said;
  for (std::uint64_t i = below(5); i > 0; --i) {
    const ModelType& type = any_type(one_in(2));
    ModelState next = state;
    const std::string line = record(type, next);
    if (line.empty()) continue;
    std::string id;
    for (const auto& [candidate, entity] : rows_in(next, type.key)) {
      const ModelRows& before = rows_in(state, type.key);
      const auto was = before.find(candidate);
      if (was == before.end() || was->second != entity) id = candidate;
    }
    if (id.empty() || !said.emplace(type.key, id).second) continue;
    state = std::move(next);
    lines += line;
  }
  const auto report =
      graph().load(*text_load_source(lines), {.mode = LoadMode::kMerge, .branch = branch});
  ASSERT_TRUE(report.ok()) << report.error().message() << "\n" << lines;
  note_commit(branch, std::move(state));
}

// One type anew. Of nodes those stay that edges end at.
void RandomHistory::overwrite(const std::string& branch) {
  const ModelState before = model_.head(branch);
  const ModelType& type = any_type(one_in(2));
  ModelState state = before;
  state.erase(type.key);
  std::string lines;
  std::set<std::string> needed;
  for (const ModelType& edges : model_.schema->types) {
    if (!edges.is_edge || type.is_edge) continue;
    for (const auto& [id, edge] : rows_in(before, edges.key)) {
      if (edges.from == type.key) needed.insert(edge.from);
      if (edges.to == type.key) needed.insert(edge.to);
    }
  }
  for (int tries = 0; tries < 60; ++tries) {
    const bool done = std::all_of(needed.begin(), needed.end(), [&](const std::string& id) {
      return rows_in(state, type.key).contains(id);
    });
    if (done && !lines.empty() && one_in(3)) break;
    ModelState next = state;
    const std::string line = record(type, next);
    if (line.empty() || rows_in(next, type.key).size() == rows_in(state, type.key).size()) continue;
    state = std::move(next);
    lines += line;
  }
  for (const std::string& id : needed) {
    if (!rows_in(state, type.key).contains(id)) return;
  }
  if (lines.empty()) return;
  const auto report =
      graph().load(*text_load_source(lines), {.mode = LoadMode::kOverwrite, .branch = branch});
  ASSERT_TRUE(report.ok()) << report.error().message() << "\n" << lines;
  note_commit(branch, std::move(state));
}

void RandomHistory::mutation(const std::string& body, const std::string& branch, bool matches,
                             ModelState state) {
  const std::string before = model_.branches.at(branch).carried.back();
  const std::string source = "query m() { " + body + " }";
  const auto report = graph().mutate({.source = source, .branch = branch});
  ASSERT_TRUE(report.ok()) << report.error().message() << "\n" << body;
  ASSERT_EQ(report->commit.has_value(), matches) << body;
  if (!matches) return expect_untouched(branch, before);
  note_commit(branch, std::move(state));
}

void RandomHistory::update(const std::string& branch) {
  ModelState state = model_.head(branch);
  const ModelType& type = any_type(false);
  const ModelProperty* property = number_of(type);
  if (property == nullptr) return;
  const bool many = one_in(4);
  const std::string id = "n" + std::to_string(below(kNodeIds));
  const std::string old = std::to_string(below(4)), value = std::to_string(below(4));
  bool matches = false;
  for (auto& [node, entity] : state[type.key]) {
    const auto was = entity.values.find(property->key);
    if (many ? was == entity.values.end() || was->second != old : node != id) continue;
    entity.values[property->key] = value;
    matches = true;
  }
  mutation(
      "update " + type.name + " set { " + property->name + ": " + value + " } where " +
          (many ? property->name + " = " + old : type.properties[0].name + " = " + json_text(id)),
      branch, matches, std::move(state));
}

// With a node go its edges.
void RandomHistory::remove_node(const std::string& branch) {
  ModelState state = model_.head(branch);
  const ModelType& type = any_type(false);
  const std::string id = "n" + std::to_string(below(kNodeIds));
  const bool matches = state[type.key].erase(id) > 0;
  for (const ModelType& edges : model_.schema->types) {
    if (!edges.is_edge) continue;
    std::erase_if(state[edges.key], [&](const auto& edge) {
      return (edges.from == type.key && edge.second.from == id) ||
             (edges.to == type.key && edge.second.to == id);
    });
  }
  mutation("delete " + type.name + " where " + type.properties[0].name + " = " + json_text(id),
           branch, matches, std::move(state));
}

void RandomHistory::remove_edges(const std::string& branch) {
  ModelState state = model_.head(branch);
  const ModelType& type = any_type(true);
  const ModelProperty* property = number_of(type);
  if (property == nullptr) return;
  const std::string value = std::to_string(below(4));
  const auto gone = std::erase_if(state[type.key], [&](const auto& edge) {
    const auto is = edge.second.values.find(property->key);
    return is != edge.second.values.end() && is->second == value;
  });
  mutation("delete " + type.name + " where " + property->name + " = " + value, branch, gone > 0,
           std::move(state));
}

// Its id is the engine's to choose.
void RandomHistory::insert_edge(const std::string& branch) {
  ModelState state = model_.head(branch);
  const ModelType& type = any_type(true);
  const ModelRows& sources = rows_in(state, type.from);
  const ModelRows& targets = rows_in(state, type.to);
  if (sources.empty() || targets.empty()) return;
  ModelEntity edge;
  edge.from = any_of(sources).first;
  edge.to = any_of(targets).first;
  if (!insert_fits(type, state, edge.from)) return;
  const std::string source = "query m() { insert " + type.name +
                             " { from: " + json_text(edge.from) + ", to: " + json_text(edge.to) +
                             " } }";
  const auto report = graph().mutate({.source = source, .branch = branch});
  ASSERT_TRUE(report.ok()) << report.error().message() << "\n" << source;
  const SnapshotPtr now = head(branch);
  const TableVersion& table = *now->table(now->catalog().edge(type.name)->id);
  std::size_t added = 0;
  for (const TablePart& part : table.parts()) {
    for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
      if (!part.live(row)) continue;
      const std::string id = part.segment->id_text(row).value();
      if (rows_in(state, type.key).contains(id)) continue;
      state[type.key][id] = edge;
      ++added;
    }
  }
  ASSERT_EQ(added, 1U);
  note_commit(branch, std::move(state));
}

}  // namespace omnigraph::testing
