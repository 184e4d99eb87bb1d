// A random history on a real store, step by step beside its model: commits of every kind, schema
// changes, branches from heads and from the past, merges, folds, optimize, cleanup, reopening, and
// a second handle on the same graph. After every step each branch equals the model's; looks into
// the past, diffs, change feeds and merges are compared as they come, and at the end all of them.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/test_runtime.h"
#include "graph/engine.h"
#include "history/graph_model.h"
#include "storage/store.h"

namespace omnigraph::testing {

class RandomHistory {
 public:
  static constexpr int kSteps = 50;

  explicit RandomHistory(std::uint64_t seed);
  void run();
  // What happened, and how often.
  const std::map<std::string, int>& seen() const { return seen_; }

 private:
  // Steps (random_history.cc).
  void step();
  void change(const std::string& branch);
  void load(const std::string& branch);
  void overwrite(const std::string& branch);
  void update(const std::string& branch);
  void remove_node(const std::string& branch);
  void remove_edges(const std::string& branch);
  void insert_edge(const std::string& branch);
  void fork();
  void fork_from_the_past();
  void remove_branch();
  void merge();
  void change_schema();
  void optimize();
  void clean_up();
  std::string record(const ModelType& type, ModelState& state);
  ModelEntity random_entity(const ModelType& type, const std::string& id, const ModelState& state);
  bool insert_fits(const ModelType& type, const ModelState& state, const std::string& id) const;
  ModelSchema next_schema(std::map<int, std::string>& renamed, bool& drops);
  void check_conflicts(const std::vector<MergeConflict>& conflicts, const ModelMerge& expected);

  // What is compared (history_checks.cc).
  void compare_heads();
  void compare_commit(const ModelCommit& commit);
  void compare_rows(const Snapshot& snapshot, const ModelCommit& commit);
  void compare_query(const ModelCommit& commit);
  void compare_changes(const ModelCommit& commit);
  void compare_diff(const ModelCommit& before, const ModelCommit& after);
  void compare_lists();
  void compare_feed(const std::string& branch);
  void compare_everything();
  void take_cursor();
  void poll_cursor();
  // Applies changes to a state, in which they must fit; the types go by their names in `schema`.
  void apply(ModelState& state, const std::vector<EntityChange>& changes,
             const ModelSchema& schema);
  // Whether a type that the two states need cannot be read at one of them.
  bool reclaimed(const ModelCommit& before, const ModelCommit& after) const;
  std::string written(const ModelType& type, const ModelEntity& entity,
                      const EntityType& shown) const;

  std::uint64_t below(std::uint64_t n) { return random_.next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <typename Map>
  const auto& any_of(const Map& map) {
    auto at = map.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(map.size())));
    return *at;
  }
  std::string any_branch() { return any_of(model_.branches).first; }
  const ModelType& any_type(bool is_edge);
  std::string free_name();
  const ModelCommit& any_carried_commit();
  Graph::Engine& graph() { return *engines_[current_]; }
  SnapshotPtr head(const std::string& branch);
  void reopen(std::size_t which);
  FakeClock& clock() { return static_cast<FakeClock&>(*runtime_.clock); }
  std::string mutate(const std::string& body, const std::string& branch);
  // Records the head of a branch, which has moved, with what it must hold.
  void note_commit(const std::string& branch, ModelState state);
  // A mutation that matches something makes one commit, any other none.
  void mutation(const std::string& body, const std::string& branch, bool matches, ModelState state);
  void expect_untouched(const std::string& branch, const std::string& commit);

  SeededRandom random_;
  Runtime runtime_;
  StoreOptions options_;
  ObjectStorePtr objects_;
  std::vector<std::unique_ptr<Graph::Engine>> engines_;
  std::size_t current_ = 0;
  // Heads that were compared, by handle and branch: they are values and stay as they are.
  std::map<std::pair<std::size_t, std::string>, SnapshotPtr> compared_;
  GraphModel model_;
  struct Cursor {
    std::string branch, commit, text;
    int incarnation = 0;
  };
  std::vector<Cursor> cursors_;
  std::map<std::string, int> seen_;
  std::map<int, std::string> type_ids_;  // opaque ids that changes gave
  int step_ = 0;
  int next_key_ = 1;
  int next_incarnation_ = 1;
};

std::string schema_text(const ModelSchema& schema, const std::map<int, std::string>& renamed = {});

}  // namespace omnigraph::testing
