// What commits changed, one commit or a run of them (spec/history.md §7 to §9). Nothing is stored
// about who reads: a place is a token (change_token.h).
//
// A run is read forward through the log: each record holds the rows that its commits removed and
// brought, and the state before them is carried along. So a page costs its commits, not the size of
// the graph; the state that it begins with is found once, or kept from the page before.
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "history/commit_diff.h"
#include "omnigraph/graph.h"
#include "storage/store.h"

namespace omnigraph {

class ChangeFeed {
 public:
  static constexpr std::uint64_t kDefaultLimit = 1000;  // changes a page
  static constexpr std::uint64_t kMaxLimit = 8192;
  static constexpr std::size_t kPageBytes = std::size_t{4} << 20;  // target, of change text
  static constexpr std::size_t kMaxCommits = 128;  // examined for one page of a feed
  // Positions that are kept: of readers that come back.
  static constexpr std::size_t kKept = 8;

  explicit ChangeFeed(Store& store) : store_(store) {}

  // The page of the changes of one commit. `header` is its own, as the state carries it.
  Result<CommitChangesPage> commit_changes(const CommitHeader& header,
                                           const CommitChangesRequest& request);
  // A page of the branch's feed, as of the given state of it.
  Result<PollPage> poll(const GraphState& state, const BranchState& branch,
                        const PollRequest& request);
  // The cursor behind the head of a branch.
  Result<std::string> cursor_at_head(const BranchState& branch, const ChangeFilter& filter) const;

 private:
  // A state of the past under its own schema.
  Result<SnapshotPtr> state_at(CommitId id);
  void keep_state(CommitId id, SnapshotPtr snapshot);
  // The changes of a commit that follows `before`; `after` becomes the state behind it.
  Result<CommitDiff> diff_of(const GraphState& state, const SnapshotPtr& before,
                             const CommitEntry& commit, const ChangeSelection& selection,
                             const std::optional<std::string_view>& cursor, SnapshotPtr& after);
  // A large commit that a page ended in is not compared again for the next one.
  struct Begun {
    CommitId commit;
    std::uint64_t scope = 0;
    std::shared_ptr<CommitDiff> diff;
    SnapshotPtr after;
  };
  std::optional<Begun> take_begun(CommitId commit, std::uint64_t scope);
  void keep_begun(Begun begun);

  Store& store_;
  std::mutex mutex_;                                    // guards the rest
  std::list<std::pair<CommitId, SnapshotPtr>> states_;  // newest first
  std::list<Begun> begun_;                              // newest first
};

// 1 to kMaxLimit, kDefaultLimit when none was given.
Result<std::uint64_t> change_limit(const std::optional<std::uint64_t>& given);

}  // namespace omnigraph
