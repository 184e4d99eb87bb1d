// Which commit is where: the recent ones in memory, older ones in the runs of the last checkpoint.
// Thread-safe.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "storage/history_run.h"
#include "storage/object_store.h"
#include "storage/segment_cache.h"

namespace omnigraph {

class History {
 public:
  explicit History(ObjectStorePtr objects) : objects_(std::move(objects)) {}

  // A commit behind the last checkpoint.
  void add(HistoryEntry entry);
  // The runs of a checkpoint at `through` take over: entries up to it leave memory.
  void adopt(std::vector<HistoryRun> runs, Sequence through);
  // Commits of records in (after, through], for a new run.
  std::vector<HistoryEntry> recent(Sequence after, Sequence through) const;
  std::vector<HistoryRun> runs() const;

  Result<std::optional<HistoryEntry>> find(CommitId id);
  // All entries of a run, for merging.
  Result<std::vector<HistoryEntry>> read_run(const HistoryRun& run);

 private:
  using Index = std::shared_ptr<const std::vector<HistoryBlock>>;
  using Block = std::shared_ptr<const std::vector<HistoryEntry>>;

  Result<Index> index(const HistoryRun& run);
  Result<Block> block(const HistoryRun& run, const HistoryBlock& at);

  ObjectStorePtr objects_;
  mutable std::mutex mutex_;  // guards the rest
  std::unordered_map<CommitId, HistoryEntry, UlidHash> recent_;
  std::vector<HistoryRun> runs_;
  std::unordered_map<std::string, Index> indexes_;
  // The blocks used last, newest first; at most kCachedBlocks.
  struct Cached {
    std::string run;
    std::uint64_t offset = 0;
    Block block;
  };
  std::list<Cached> blocks_;
};

}  // namespace omnigraph
