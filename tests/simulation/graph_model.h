// The graph that whole-graph simulations write, as plain values: what each commit must hold, worked
// out from what its author asked for and from its parents. The author's number is the commit's
// actor, so that commits nobody was told about are known too.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"

namespace omnigraph::simulation {

// With or without the property that schema changes add and drop.
std::string graph_schema(bool with_note);

struct ModelPerson {
  std::int32_t age = 0;
  std::optional<std::int32_t> note;
  std::optional<std::uint64_t> body;  // blob_content() of this
  bool operator==(const ModelPerson&) const = default;
};
struct GraphModel {
  bool has_note = false;
  std::map<std::string, ModelPerson> people;
  std::map<std::string, std::pair<std::string, std::string>> knows;  // by edge id
  bool operator==(const GraphModel&) const = default;

  void remove_person(const std::string& name);
};

// Bytes of a Blob: two of three are objects of their own, the third stands in the row.
std::string blob_content(std::uint64_t number);

// What a write does to the head that it meets. Returns what is wrong when it cannot be done there.
using Effect = std::function<std::string(GraphModel&)>;

class CommitModels {
 public:
  // A new write: its number, to be given as the actor.
  std::uint64_t add(Effect effect);
  // Where the effect depends on the number.
  void set_effect(std::uint64_t number, Effect effect);
  std::uint64_t add_merge();
  // The author was told that it was refused: it must not be there.
  void refuse(std::uint64_t number);

  // What a commit must hold; its ancestors are looked up in `store`. Null with `wrong` set.
  const GraphModel* at(Store& store, CommitId id, std::string& wrong);
  // Empty when the snapshot holds what its commit must, else what is wrong.
  std::string check(Store& store, const Snapshot& snapshot);

 private:
  struct Write {
    Effect effect;  // empty: a merge
    bool refused = false;
    std::optional<CommitId> commit;
  };
  std::string learn(Store& store, const CommitHeader& header);
  std::optional<CommitId> merge_base(CommitId source, CommitId target) const;
  std::map<CommitId, std::uint64_t> distances(CommitId from, const std::set<CommitId>& known) const;
  void add_line(CommitId from, std::set<CommitId>& out) const;

  std::vector<Write> writes_;
  std::map<CommitId, GraphModel> models_;
  std::map<CommitId, CommitHeader> headers_;
};

}  // namespace omnigraph::simulation
