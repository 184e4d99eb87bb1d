// The packed history: which commit is where in the log, for commits older than the last checkpoint.
//
// Each checkpoint writes one run: the commits of its interval, sorted by id. Eight runs of one
// level are merged into one of the next, so that there are O(log n) runs and a commit is rewritten
// O(log n) times. Runs of kMaxRunEntries are left alone.
//
// Layout of history/<level>-<first sequence>-<last sequence> (integers little-endian, v: varint):
//   u32 magic "OGHR", u32 version
//   blocks of at most 256 entries, each
//     v count, then per entry: id (two u64), v gsn, v sequence, v base (sequence of the checkpoint
//     that the entry's interval follows), v log object (its sequence), v offset, v length,
//     v flags (1 parent, 2 merged parent, 4 actor), v length + branch, [parent], [merged parent],
//     [v length + actor], v zigzag created_at, v version
//     u32 CRC32C of the block
//   index: v blocks, per block first id (two u64), v offset, v length; u32 CRC32C of the index
// The checkpoint root holds where the index lies, and the bounds of the ids.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/log.h"
#include "storage/record.h"

namespace omnigraph {

struct HistoryEntry {
  CommitHeader header;
  RecordPosition where;  // its record
  Sequence base = 0;     // replay from this checkpoint (0: from the beginning) reaches it
};

// A run as a checkpoint root names it.
struct HistoryRun {
  std::string name;
  std::uint32_t level = 0;
  Sequence first = 0, last = 0;  // records covered
  std::uint64_t entries = 0;
  CommitId min_id, max_id;
  std::uint64_t index_offset = 0, index_length = 0;
};

struct EncodedRun {
  HistoryRun run;
  std::string bytes;
};

inline constexpr std::size_t kHistoryFanIn = 8;
inline constexpr std::uint64_t kMaxRunEntries = std::uint64_t{1} << 20;

// `entries` not empty; sorted by id here. The name follows from level and bounds, the bytes from
// the entries: two processes that write the same run write the same.
EncodedRun encode_history_run(std::vector<HistoryEntry> entries, std::uint32_t level,
                              Sequence first, Sequence last);

struct HistoryBlock {
  CommitId first;
  std::uint64_t offset = 0, length = 0;
};
Result<std::vector<HistoryBlock>> decode_history_index(std::string_view bytes,
                                                       const HistoryRun& run);
Result<std::vector<HistoryEntry>> decode_history_block(std::string_view bytes,
                                                       std::string_view name);

}  // namespace omnigraph
