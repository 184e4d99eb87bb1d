// The graph that simulations write: people with an age, and a plain model of what each commit must
// show.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/runtime.h"
#include "storage/store.h"

namespace omnigraph::simulation {

inline constexpr char kPeopleSchema[] = "node Person { name: String @key\n age: I32? }";

// Person id -> (row id, age).
struct ModelRow {
  RowId rid = 0;
  std::int32_t age = 0;
  bool operator==(const ModelRow&) const = default;
};
using Model = std::map<std::string, ModelRow>;

struct People {
  struct Prepared {
    Record record;
    CommitId id;
    std::string branch;
  };

  std::map<CommitId, Model> models;  // of every commit that may exist
  std::uint64_t next_name = 0;

  // A record, not appended yet, that inserts, updates and deletes a few people on a random branch,
  // or in `favourite_percent` of the cases on `favourite`, from what the store knows; its model is
  // added. nullopt when the head is a commit without a model.
  std::optional<Prepared> prepare(Store& store, Random& random, const std::string& favourite,
                                  int favourite_percent);
  // Empty when the snapshot shows what its model says, and finds each of them; else what is wrong.
  std::string check(const Snapshot& snapshot) const;
};

}  // namespace omnigraph::simulation
