// A graph with its branches on plain maps: what the engine's must equal. Knows nothing of rows,
// segments or snapshots. Types and properties go by numbers that stay theirs through renames.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace omnigraph::testing {

struct ModelProperty {
  int key = 0;
  std::string name;
  bool text = false;       // String, else I32
  std::string annotation;  // "@unique"; one with an annotation stays
  bool operator==(const ModelProperty&) const = default;
};

struct ModelType {
  int key = 0;
  bool is_edge = false;
  std::string name;
  int from = 0, to = 0;                        // edges: keys of node types
  std::optional<std::size_t> most_edges = {};  // @card(0..most_edges)
  std::vector<ModelProperty> properties = {};  // of nodes the first is the key
  const ModelProperty* find(int property) const;
  const ModelProperty* find(const std::string& property) const;
};

struct ModelSchema {
  std::vector<ModelType> types;  // nodes before edges
  const ModelType* find(int type) const;
  const ModelType* find(const std::string& type) const;
  // Edges by name, then nodes by name.
  std::vector<const ModelType*> in_order() const;
};
using ModelSchemaPtr = std::shared_ptr<const ModelSchema>;

struct ModelEntity {
  std::string from, to;               // edges: ids of the ends
  std::map<int, std::string> values;  // what is not null
  bool operator==(const ModelEntity&) const = default;
};
std::ostream& operator<<(std::ostream& out, const ModelEntity& entity);
using ModelRows = std::map<std::string, ModelEntity>;
// Only types that have entities.
using ModelState = std::map<int, ModelRows>;
const ModelRows& rows_in(const ModelState& state, int type);

struct ModelCommit {
  std::string id, branch;
  std::optional<std::string> parent, merged_parent;
  std::uint64_t version = 0;
  std::int64_t created_at = 0;
  ModelSchemaPtr schema;
  ModelState state;
  std::map<int, std::uint64_t> type_versions;
};

struct ModelBranch {
  std::string parent;  // empty for main
  int incarnation = 0;
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

// What keeps versions of types readable.
struct ModelPolicy {
  std::optional<std::uint32_t> keep;
  std::optional<std::uint64_t> older_than_seconds;
};

class GraphModel {
 public:
  ModelSchemaPtr schema;  // the accepted one
  std::map<std::string, ModelBranch> branches;
  std::map<std::string, ModelCommit> commits;

  const ModelCommit& head_commit(const std::string& branch) const {
    return commits.at(branches.at(branch).carried.back());
  }
  const ModelState& head(const std::string& branch) const { return head_commit(branch).state; }
  bool has_children(const std::string& branch) const;
  bool carried(const std::string& commit) const;  // by a live branch
  // Records a commit that the engine wrote.
  void commit(ModelCommit commit);
  ModelMerge merge(const std::string& source, const std::string& target) const;

  // Whether the type can be read at a commit that a live branch carries.
  bool readable(int type, const ModelCommit& at) const;
  // The apply that wrote main's head took things of the type away for good.
  void forget_before_head(int type);
  // Gives up versions of all types. How many of each accepted one.
  std::map<int, std::uint64_t> clean_up(const ModelPolicy& policy, std::int64_t now);

  // The name of a type across which two commits cannot be compared.
  std::optional<std::string> boundary(const ModelCommit& before, const ModelCommit& after) const;

 private:
  // Places of commits in main's line at which the type had a new version, oldest first. The commit
  // that dropped it makes the last one.
  std::vector<std::size_t> versions(int type) const;
  std::string base(const std::string& source, const std::string& target) const;
  void check(const ModelState& before, ModelMerge& merge) const;

  std::map<int, std::size_t> floors_;          // place in main's line of the oldest version left
  std::map<int, std::set<std::size_t>> cuts_;  // places where a schema apply cut the past off
  std::map<std::string, std::size_t> place_;   // of main's commits in its line
};

}  // namespace omnigraph::testing
