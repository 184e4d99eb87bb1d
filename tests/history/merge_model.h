// Branches and merges on plain maps: what the engine's must equal. Knows nothing of rows, segments
// or snapshots; a state is a map of texts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace omnigraph::testing {

// Type key ("edge:Has", "node:Person") to id to text. The text of an edge begins with "from>to".
using ModelState = std::map<std::string, std::map<std::string, std::string>>;

struct ModelCommit {
  std::string id;
  std::optional<std::string> parent, merged_parent;
  std::uint64_t version = 0;
  std::int64_t created_at = 0;
  ModelState state;
};

struct ModelBranch {
  std::string parent;                // empty for main
  std::vector<std::string> carried;  // commits, oldest first
};

struct ModelConflict {
  std::string kind, type, id;
  auto operator<=>(const ModelConflict&) const = default;
};

struct ModelMerge {
  std::string outcome;
  std::vector<ModelConflict> conflicts;   // of entities, in order
  std::multiset<ModelConflict> violated;  // rules; without an id where the report has none
  ModelState result;
};

class MergeModel {
 public:
  static constexpr std::size_t kMaxHas = 2;  // @card of Has

  std::map<std::string, ModelBranch> branches;
  std::map<std::string, ModelCommit> commits;

  const ModelState& head(const std::string& branch) const {
    return commits.at(branches.at(branch).carried.back()).state;
  }
  bool has_children(const std::string& branch) const;
  // Records a commit that the engine wrote on `branch`.
  void commit(const std::string& branch, ModelCommit commit);
  ModelMerge merge(const std::string& source, const std::string& target) const;

  static std::string field(const std::string& text, const std::string& name);
  static std::string from(const std::string& edge) { return edge.substr(0, edge.find('>')); }
  static std::string to(const std::string& edge);

 private:
  std::string base(const std::string& source, const std::string& target) const;
  static void check(const ModelState& before, ModelMerge& merge);
};

}  // namespace omnigraph::testing
