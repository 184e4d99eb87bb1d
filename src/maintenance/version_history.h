// What the log says about the versions of types and about segments: one pass from its beginning.
// Memory: some bytes for each version of a type and each segment that was ever written.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "storage/store.h"

namespace omnigraph {

// A version of a type on main.
struct TypeVersion {
  Gsn gsn = 0;
  CommitId commit;
  // The least `created_at` (microseconds) of its commit and all later ones of main: a clock that
  // once ran ahead makes nothing young for ever.
  std::int64_t since = 0;
};

// A segment as a record names it.
struct SegmentMention {
  SegmentId id;
  TypeId table = 0;
  Gsn gsn = 0;                    // of the commit; of the last commit before, for a fold
  bool live = true;               // on a branch that lives
  std::vector<SegmentId> inputs;  // a fold of segments: it matters where all of these do
};

class VersionHistory {
 public:
  // Errors: kCorrupt, kIo; "could not classify live branch 'B': …".
  static Result<VersionHistory> read(Store& store, const GraphState& state);

  // Of every type that was ever declared, oldest first; the first is its declaration. A type that
  // was dropped ends with the commit that dropped it.
  const std::map<TypeId, std::vector<TypeVersion>>& versions() const { return versions_; }
  // In the order of the log.
  const std::vector<SegmentMention>& mentions() const { return mentions_; }
  // For every live branch, the number of the commit of main at which its line left main.
  const std::vector<Gsn>& forks() const { return forks_; }

 private:
  std::map<TypeId, std::vector<TypeVersion>> versions_;
  std::vector<SegmentMention> mentions_;
  std::vector<Gsn> forks_;
};

// The segments that a record brings, each with `live` true and without numbers.
void for_each_segment(const Record& record,
                      const std::function<void(const SegmentMention&)>& visit);

}  // namespace omnigraph
