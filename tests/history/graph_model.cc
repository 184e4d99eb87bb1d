#include "history/graph_model.h"

#include <algorithm>
#include <deque>
#include <tuple>

namespace omnigraph::testing {

const ModelProperty* ModelType::find(int property) const {
  for (const ModelProperty& candidate : properties) {
    if (candidate.key == property) return &candidate;
  }
  return nullptr;
}

const ModelProperty* ModelType::find(const std::string& property) const {
  for (const ModelProperty& candidate : properties) {
    if (candidate.name == property) return &candidate;
  }
  return nullptr;
}

const ModelType* ModelSchema::find(int type) const {
  for (const ModelType& candidate : types) {
    if (candidate.key == type) return &candidate;
  }
  return nullptr;
}

const ModelType* ModelSchema::find(const std::string& type) const {
  for (const ModelType& candidate : types) {
    if (candidate.name == type) return &candidate;
  }
  return nullptr;
}

std::vector<const ModelType*> ModelSchema::in_order() const {
  std::vector<const ModelType*> out;
  for (const ModelType& type : types) out.push_back(&type);
  std::sort(out.begin(), out.end(), [](const ModelType* a, const ModelType* b) {
    return std::tie(b->is_edge, a->name) < std::tie(a->is_edge, b->name);
  });
  return out;
}

std::ostream& operator<<(std::ostream& out, const ModelEntity& entity) {
  if (!entity.from.empty()) out << entity.from << ">" << entity.to;
  for (const auto& [property, value] : entity.values) out << " " << property << "=" << value;
  return out;
}

const ModelRows& rows_in(const ModelState& state, int type) {
  static const ModelRows kNone;
  const auto at = state.find(type);
  return at == state.end() ? kNone : at->second;
}

bool GraphModel::has_children(const std::string& branch) const {
  return std::any_of(branches.begin(), branches.end(),
                     [&](const auto& other) { return other.second.parent == branch; });
}

bool GraphModel::carried(const std::string& commit) const {
  return std::any_of(branches.begin(), branches.end(), [&](const auto& item) {
    const auto& line = item.second.carried;
    return std::find(line.begin(), line.end(), commit) != line.end();
  });
}

void GraphModel::commit(ModelCommit commit) {
  std::erase_if(commit.state, [](const auto& type) { return type.second.empty(); });
  auto& line = branches.at(commit.branch).carried;
  if (commit.branch == "main") place_[commit.id] = line.size();
  line.push_back(commit.id);
  commits[commit.id] = std::move(commit);
}

// Breadth first from both heads, over both kinds of parents, not beyond what either carries.
std::string GraphModel::base(const std::string& source, const std::string& target) const {
  std::set<std::string> known;
  for (const auto& name : {source, target}) {
    known.insert(branches.at(name).carried.begin(), branches.at(name).carried.end());
  }
  const auto distances = [&](const std::string& from) {
    std::map<std::string, std::size_t> out = {{from, 0}};
    std::deque<std::string> queue = {from};
    while (!queue.empty()) {
      const std::string at = queue.front();
      queue.pop_front();
      if (!known.contains(at)) continue;
      const ModelCommit& commit = commits.at(at);
      for (const auto* parent : {&commit.parent, &commit.merged_parent}) {
        if (*parent && out.emplace(**parent, out[at] + 1).second) queue.push_back(**parent);
      }
    }
    return out;
  };
  const auto one = distances(branches.at(source).carried.back());
  const auto other = distances(branches.at(target).carried.back());
  std::string best;
  std::size_t best_sum = SIZE_MAX;
  const auto rank = [this](const std::string& id) {
    const ModelCommit& commit = commits.at(id);
    return std::tuple(commit.version, commit.created_at, commit.id);
  };
  for (const auto& [id, distance] : one) {
    if (!known.contains(id) || !other.contains(id)) continue;
    const std::size_t sum = distance + other.at(id);
    if (sum < best_sum || (sum == best_sum && rank(id) > rank(best))) {
      best = id;
      best_sum = sum;
    }
  }
  return best;
}

ModelMerge GraphModel::merge(const std::string& source, const std::string& target) const {
  ModelMerge out;
  const std::string& s = branches.at(source).carried.back();
  const std::string& t = branches.at(target).carried.back();
  const std::string b = base(source, target);
  out.result = head(target);
  if (s == t || b == s) {
    out.outcome = "already_up_to_date";
    return out;
  }
  out.outcome = b == t ? "fast_forward" : "merged";
  const ModelState& before = commits.at(b).state;
  const ModelState& theirs = head(source);
  const ModelState& ours = head(target);
  const auto find = [](const ModelRows& rows, const std::string& id) -> const ModelEntity* {
    const auto row = rows.find(id);
    return row == rows.end() ? nullptr : &row->second;
  };
  const auto same = [](const ModelEntity* a, const ModelEntity* b) {
    return a == nullptr || b == nullptr ? a == b : *a == *b;
  };
  for (const ModelType* type : schema->in_order()) {
    const ModelRows& was_rows = rows_in(before, type->key);
    const ModelRows& their_rows = rows_in(theirs, type->key);
    const ModelRows& our_rows = rows_in(ours, type->key);
    std::set<std::string> ids;
    for (const ModelRows* rows : {&was_rows, &their_rows, &our_rows}) {
      for (const auto& [id, entity] : *rows) ids.insert(id);
    }
    const std::string name = (type->is_edge ? "edge:" : "node:") + type->name;
    for (const std::string& id : ids) {
      const ModelEntity* was = find(was_rows, id);
      const ModelEntity* their = find(their_rows, id);
      const ModelEntity* our = find(our_rows, id);
      if (same(their, was) || same(their, our)) continue;
      if (same(our, was)) {
        if (their != nullptr) {
          out.result[type->key][id] = *their;
        } else {
          out.result[type->key].erase(id);
        }
      } else if (was == nullptr) {
        out.conflicts.push_back({"divergent_insert", name, id});
      } else if (their != nullptr && our != nullptr) {
        out.conflicts.push_back({"divergent_update", name, id});
      } else {
        out.conflicts.push_back({"delete_vs_update", name, id});
      }
    }
  }
  std::erase_if(out.result, [](const auto& type) { return type.second.empty(); });
  if (out.conflicts.empty()) check(ours, out);
  return out;
}

void GraphModel::check(const ModelState& before, ModelMerge& merge) const {
  for (const ModelType* type : schema->in_order()) {
    const ModelRows& had = rows_in(before, type->key);
    const ModelRows& has = rows_in(merge.result, type->key);
    const std::string name = (type->is_edge ? "edge:" : "node:") + type->name;
    for (const ModelProperty& property : type->properties) {
      if (property.annotation != "@unique") continue;
      for (const auto& [id, entity] : has) {
        const auto value = entity.values.find(property.key);
        const auto was = had.find(id);
        if (value == entity.values.end() || (was != had.end() && was->second == entity)) continue;
        const bool held = std::any_of(has.begin(), has.end(), [&](const auto& other) {
          const auto its = other.second.values.find(property.key);
          return other.first != id && its != other.second.values.end() &&
                 its->second == value->second;
        });
        if (held) merge.violated.insert({"unique_violation", name, ""});
      }
    }
    if (!type->is_edge) continue;
    std::map<std::string, std::size_t> counts;
    for (const auto& [id, edge] : has) {
      ++counts[edge.from];
      for (const auto& [end, nodes] : {std::pair(edge.from, type->from), {edge.to, type->to}}) {
        if (rows_in(merge.result, nodes).contains(end)) continue;
        merge.violated.insert({"orphan_edge", name, id});
      }
    }
    if (!type->most_edges) continue;
    std::set<std::string> touched;
    for (const auto& [id, edge] : has) {
      const auto was = had.find(id);
      if (was == had.end() || was->second != edge) touched.insert(edge.from);
    }
    for (const auto& [id, edge] : had) {
      const auto is = has.find(id);
      if (is == has.end() || is->second != edge) touched.insert(edge.from);
    }
    for (const std::string& source : touched) {
      if (!rows_in(merge.result, type->from).contains(source)) continue;
      if (counts[source] > *type->most_edges) {
        merge.violated.insert({"cardinality_violation", name, ""});
      }
    }
  }
}

bool GraphModel::readable(int type, const ModelCommit& at) const {
  const auto floor = floors_.find(type);
  if (floor == floors_.end() || at.branch != "main") return true;
  return place_.at(at.id) >= floor->second;
}

std::vector<std::size_t> GraphModel::versions(int type) const {
  std::vector<std::size_t> out;
  const auto cuts = cuts_.find(type);
  std::uint64_t last = 0;
  for (const std::string& id : branches.at("main").carried) {
    const ModelCommit& commit = commits.at(id);
    const std::size_t place = place_.at(id);
    if (commit.schema->find(type) == nullptr) {
      if (last == 0) continue;
      out.push_back(place);
      break;
    }
    const std::uint64_t version = commit.type_versions.at(type);
    const bool cut = cuts != cuts_.end() && cuts->second.contains(place);
    if (version != last || cut) out.push_back(place);
    last = version;
  }
  return out;
}

void GraphModel::forget_before_head(int type) {
  const std::size_t place = branches.at("main").carried.size() - 1;
  floors_[type] = place;
  cuts_[type].insert(place);
}

std::map<int, std::uint64_t> GraphModel::clean_up(const ModelPolicy& policy, std::int64_t now) {
  // Where each branch's line left main.
  std::set<std::size_t> forks;
  for (const auto& [name, branch] : branches) {
    std::size_t last = 0;
    for (const std::string& id : branch.carried) {
      const auto at = place_.find(id);
      if (at != place_.end()) last = std::max(last, at->second);
    }
    if (name != "main") forks.insert(last);
  }
  std::map<int, std::uint64_t> given_up;
  const auto& line = branches.at("main").carried;
  std::set<int> types;  // that ever were
  for (const std::string& id : line) {
    for (const ModelType& type : commits.at(id).schema->types) types.insert(type.key);
  }
  for (const int type : types) {
    std::vector<std::size_t> kept = versions(type);
    const auto floor = floors_.find(type);
    if (floor != floors_.end()) {
      std::erase_if(kept, [&](std::size_t place) { return place < floor->second; });
    }
    std::size_t gone = 0;
    while (gone + 1 < kept.size()) {
      if (policy.keep && kept.size() - gone <= std::max(*policy.keep, 1U)) break;
      if (policy.older_than_seconds) {
        std::int64_t since = INT64_MAX;
        for (std::size_t i = kept[gone]; i < line.size(); ++i) {
          since = std::min(since, commits.at(line[i]).created_at);
        }
        if (now - since < static_cast<std::int64_t>(*policy.older_than_seconds) * 1'000'000) break;
      }
      // The version that a branch inherited is the last one up to its fork.
      const bool inherited = std::any_of(forks.begin(), forks.end(),
                                         [&](std::size_t fork) { return kept[gone + 1] > fork; });
      if (inherited) break;
      ++gone;
    }
    if (schema->find(type) != nullptr) given_up[type] = gone;
    if (gone > 0) floors_[type] = kept[gone];
  }
  return given_up;
}

std::optional<std::string> GraphModel::boundary(const ModelCommit& before,
                                                const ModelCommit& after) const {
  std::optional<std::string> first;
  const auto found = [&](const std::string& name) {
    if (!first || name < *first) first = name;
  };
  for (const ModelType& type : before.schema->types) {
    const ModelType* is = after.schema->find(type.key);
    if (is == nullptr) {
      if (!rows_in(before.state, type.key).empty()) found(type.name);
      continue;
    }
    const auto shape = [](const ModelType& of) {
      std::map<int, std::pair<std::string, bool>> properties;
      for (const ModelProperty& p : of.properties) properties[p.key] = {p.name, p.text};
      return properties;
    };
    if (shape(type) != shape(*is)) found(is->name);
  }
  for (const ModelType& type : after.schema->types) {
    if (before.schema->find(type.key) == nullptr && !rows_in(after.state, type.key).empty()) {
      found(type.name);
    }
  }
  return first;
}

}  // namespace omnigraph::testing
