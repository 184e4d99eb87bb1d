#include "history/merge_model.h"

#include <algorithm>
#include <deque>
#include <tuple>

namespace omnigraph::testing {

std::string MergeModel::to(const std::string& edge) {
  const std::size_t begin = edge.find('>') + 1;
  return edge.substr(begin, edge.find(' ', begin) - begin);
}

std::string MergeModel::field(const std::string& text, const std::string& name) {
  const std::string key = " " + name + "=";
  const std::size_t at = (" " + text).find(key);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + key.size() - 1;
  return text.substr(begin, text.find(' ', begin) - begin);
}

bool MergeModel::has_children(const std::string& branch) const {
  return std::any_of(branches.begin(), branches.end(),
                     [&](const auto& other) { return other.second.parent == branch; });
}

void MergeModel::commit(const std::string& branch, ModelCommit commit) {
  branches.at(branch).carried.push_back(commit.id);
  commits[commit.id] = std::move(commit);
}

// Breadth first from both heads, over both kinds of parents, not beyond what either carries.
std::string MergeModel::base(const std::string& source, const std::string& target) const {
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
      for (const auto& parent : {commit.parent, commit.merged_parent}) {
        if (parent && out.emplace(*parent, out[at] + 1).second) queue.push_back(*parent);
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

ModelMerge MergeModel::merge(const std::string& source, const std::string& target) const {
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
  std::set<std::string> types;
  for (const ModelState* state : {&before, &theirs, &ours}) {
    for (const auto& [type, rows] : *state) types.insert(type);
  }
  const auto find = [](const ModelState& state, const std::string& type, const std::string& id) {
    const auto rows = state.find(type);
    if (rows == state.end()) return std::optional<std::string>();
    const auto row = rows->second.find(id);
    return row == rows->second.end() ? std::nullopt : std::optional(row->second);
  };
  for (const std::string& type : types) {
    std::set<std::string> ids;
    for (const ModelState* state : {&before, &theirs, &ours}) {
      const auto rows = state->find(type);
      if (rows == state->end()) continue;
      for (const auto& [id, text] : rows->second) ids.insert(id);
    }
    for (const std::string& id : ids) {
      const auto was = find(before, type, id);
      const auto their = find(theirs, type, id);
      const auto our = find(ours, type, id);
      if (their == was || their == our) continue;
      if (our == was) {
        if (their) {
          out.result[type][id] = *their;
        } else {
          out.result[type].erase(id);
        }
      } else if (!was) {
        out.conflicts.push_back({"divergent_insert", type, id});
      } else if (their && our) {
        out.conflicts.push_back({"divergent_update", type, id});
      } else {
        out.conflicts.push_back({"delete_vs_update", type, id});
      }
    }
  }
  if (out.conflicts.empty()) check(ours, out);
  return out;
}

void MergeModel::check(const ModelState& before, ModelMerge& merge) {
  const auto rows = [](const ModelState& state, const std::string& type) {
    const auto at = state.find(type);
    return at == state.end() ? std::map<std::string, std::string>() : at->second;
  };
  const auto people = rows(merge.result, "node:Person");
  const auto had_people = rows(before, "node:Person");
  for (const auto& [id, text] : people) {
    const auto was = had_people.find(id);
    const std::string email = field(text, "email");
    if (email.empty() || (was != had_people.end() && was->second == text)) continue;
    for (const auto& [other, others] : people) {
      if (other == id || field(others, "email") != email) continue;
      merge.violated.insert({"unique_violation", "node:Person", ""});
      break;
    }
  }
  for (const auto& [type, ends] : std::map<std::string, std::string>{{"edge:Knows", "node:Person"},
                                                                     {"edge:Has", "node:Tag"}}) {
    const auto had = rows(before, type);
    const auto has = rows(merge.result, type);
    const auto targets = rows(merge.result, ends);
    for (const auto& [id, text] : has) {
      if (!people.contains(MergeModel::from(text)))
        merge.violated.insert({"orphan_edge", type, id});
      if (!targets.contains(MergeModel::to(text))) merge.violated.insert({"orphan_edge", type, id});
    }
    if (type != "edge:Has") continue;
    std::set<std::string> touched;
    for (const auto& [id, text] : has) {
      const auto was = had.find(id);
      if (was == had.end() || was->second != text) touched.insert(from(text));
    }
    for (const auto& [id, text] : had) {
      const auto is = has.find(id);
      if (is == has.end() || is->second != text) touched.insert(from(text));
    }
    for (const std::string& source : touched) {
      const auto count = static_cast<std::size_t>(std::count_if(
          has.begin(), has.end(), [&](const auto& edge) { return from(edge.second) == source; }));
      if (people.contains(source) && count > kMaxHas) {
        merge.violated.insert({"cardinality_violation", type, ""});
      }
    }
  }
}

}  // namespace omnigraph::testing
