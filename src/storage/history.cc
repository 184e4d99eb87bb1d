#include "storage/history.h"

#include <algorithm>

#include "storage/envelope.h"

namespace omnigraph {
namespace {

constexpr std::size_t kCachedBlocks = 16;

Result<Bytes> read_part(ObjectStore& objects, const HistoryRun& run, std::uint64_t offset,
                        std::uint64_t length) {
  auto bytes = objects.get(run.name, {offset, length});
  if (!bytes.ok() && bytes.error().code() == ErrorCode::kNotFound) {
    return damaged("history page", run.name, "it is missing");
  }
  return bytes;
}

}  // namespace

void History::add(HistoryEntry entry) {
  const std::lock_guard lock(mutex_);
  const CommitId id = entry.header.id;
  recent_.insert_or_assign(id, std::move(entry));
}

void History::adopt(std::vector<HistoryRun> runs, Sequence through) {
  const std::lock_guard lock(mutex_);
  std::erase_if(recent_, [&](const auto& item) { return item.second.where.sequence <= through; });
  for (auto& [id, entry] : recent_) entry.base = through;
  runs_ = std::move(runs);
  std::erase_if(indexes_, [&](const auto& item) {
    return std::none_of(runs_.begin(), runs_.end(),
                        [&](const HistoryRun& run) { return run.name == item.first; });
  });
}

std::vector<HistoryEntry> History::recent(Sequence after, Sequence through) const {
  const std::lock_guard lock(mutex_);
  std::vector<HistoryEntry> out;
  for (const auto& [id, entry] : recent_) {
    if (entry.where.sequence > after && entry.where.sequence <= through) out.push_back(entry);
  }
  return out;
}

std::vector<HistoryRun> History::runs() const {
  const std::lock_guard lock(mutex_);
  return runs_;
}

Result<std::optional<HistoryEntry>> History::find(CommitId id) {
  std::vector<HistoryRun> candidates;
  {
    const std::lock_guard lock(mutex_);
    const auto it = recent_.find(id);
    if (it != recent_.end()) return std::optional<HistoryEntry>(it->second);
    for (const HistoryRun& run : runs_) {
      if (run.min_id <= id && id <= run.max_id) candidates.push_back(run);
    }
  }
  for (const HistoryRun& run : candidates) {
    OG_ASSIGN_OR_RETURN(const Index blocks, index(run));
    const auto after = std::upper_bound(
        blocks->begin(), blocks->end(), id,
        [](const CommitId& wanted, const HistoryBlock& at) { return wanted < at.first; });
    if (after == blocks->begin()) continue;
    OG_ASSIGN_OR_RETURN(const Block entries, block(run, *(after - 1)));
    const auto at = std::lower_bound(
        entries->begin(), entries->end(), id,
        [](const HistoryEntry& entry, const CommitId& wanted) { return entry.header.id < wanted; });
    if (at != entries->end() && at->header.id == id) return std::optional<HistoryEntry>(*at);
  }
  return std::optional<HistoryEntry>();
}

Result<std::vector<HistoryEntry>> History::read_run(const HistoryRun& run) {
  OG_ASSIGN_OR_RETURN(const Index blocks, index(run));
  std::vector<HistoryEntry> out;
  out.reserve(run.entries);
  for (const HistoryBlock& at : *blocks) {
    OG_ASSIGN_OR_RETURN(const Bytes bytes, read_part(*objects_, run, at.offset, at.length));
    OG_ASSIGN_OR_RETURN(auto entries, decode_history_block(bytes.data, run.name));
    std::move(entries.begin(), entries.end(), std::back_inserter(out));
  }
  return out;
}

Result<History::Index> History::index(const HistoryRun& run) {
  {
    const std::lock_guard lock(mutex_);
    const auto it = indexes_.find(run.name);
    if (it != indexes_.end()) return it->second;
  }
  OG_ASSIGN_OR_RETURN(const Bytes bytes,
                      read_part(*objects_, run, run.index_offset, run.index_length));
  OG_ASSIGN_OR_RETURN(auto blocks, decode_history_index(bytes.data, run));
  auto shared = std::make_shared<const std::vector<HistoryBlock>>(std::move(blocks));
  const std::lock_guard lock(mutex_);
  indexes_[run.name] = shared;
  return Index(std::move(shared));
}

Result<History::Block> History::block(const HistoryRun& run, const HistoryBlock& at) {
  {
    const std::lock_guard lock(mutex_);
    for (auto it = blocks_.begin(); it != blocks_.end(); ++it) {
      if (it->offset == at.offset && it->run == run.name) {
        blocks_.splice(blocks_.begin(), blocks_, it);
        return it->block;
      }
    }
  }
  OG_ASSIGN_OR_RETURN(const Bytes bytes, read_part(*objects_, run, at.offset, at.length));
  OG_ASSIGN_OR_RETURN(auto entries, decode_history_block(bytes.data, run.name));
  auto shared = std::make_shared<const std::vector<HistoryEntry>>(std::move(entries));
  const std::lock_guard lock(mutex_);
  blocks_.push_front({run.name, at.offset, shared});
  if (blocks_.size() > kCachedBlocks) blocks_.pop_back();
  return Block(std::move(shared));
}

}  // namespace omnigraph
