// The entity changes between two states, in the order in which they are shown (spec/history.md
// §7.2): nodes before edges, then by the type's opaque id, then by entity id; and each as images.
//
// Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "history/change_token.h"
#include "history/row_reader.h"
#include "history/table_diff.h"
#include "storage/store.h"

namespace omnigraph {

// "schema boundary" refusal of a commit, kConflict with details `change_diff_refusal`.
Error boundary_refused(CommitId commit, const std::string& type);
// "change feed gap at commit 'X'", kNotFound with details `change_feed_gap`.
Error gap_at(CommitId commit, const std::optional<std::string_view>& cursor);

// The opaque id of a type lifetime in a graph: 26 characters.
std::string type_lifetime_id(const std::string& graph, TypeId lifetime);

// The first type by name that two schemas store in different shapes, or that only one has while
// `before` or `after` holds entities of it; nullopt when states under both can be compared. Error
// `history_reclaimed` when that hangs on what a cleanup gave up.
Result<std::optional<std::string>> schema_boundary(const Snapshot& before,
                                                   const Catalog& before_catalog,
                                                   const Snapshot& after,
                                                   const Catalog& after_catalog);

class CommitDiff {
 public:
  // Types whose rows may differ, each with its row versions that do, when they are known without a
  // comparison of the tables.
  struct Candidate {
    TypeId table = 0;
    std::optional<VersionDiff> versions;
  };

  // `after`'s catalog is the one that rows are read and named by. Types that `selection` leaves out
  // are not looked at. `store` is where both come from. Cost: diff_table's for each candidate.
  static Result<CommitDiff> make(Store& store, SnapshotPtr before, SnapshotPtr after,
                                 std::vector<Candidate> candidates,
                                 const ChangeSelection& selection);

  // How many changes there are.
  std::size_t size() const { return entries_.size(); }
  // The i-th with its images. kCorrupt when the state is damaged.
  Result<EntityChange> change(std::size_t i);

 private:
  struct Table {
    const EntityType* type = nullptr;  // of after's catalog
    const EdgeType* edge = nullptr;    // null: nodes
    std::string type_id;
    TableDiff diff;
    std::unique_ptr<RowReader> before, after;
  };
  struct Entry {
    std::uint32_t table = 0;
    std::uint32_t row = 0;
  };

  Result<EntityImage> image(const Snapshot& snapshot, const Table& table, RowReader& rows,
                            Location at) const;

  ObjectStorePtr objects_;  // holds the contents of blobs
  SnapshotPtr before_, after_;
  std::vector<Table> tables_;
  std::vector<Entry> entries_;
};

}  // namespace omnigraph
