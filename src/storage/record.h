// Log records and their entries: the only way that anything becomes visible. A record is decided as
// a whole and holds one or more entries (group commit). Layout in record.cc and
// docs/storage-format.md: magic, version, header length, JSON header, payloads, CRC32C.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "omnigraph/error.h"
#include "storage/ids.h"
#include "storage/row_batch.h"

namespace omnigraph {

// A file segment as a record or checkpoint names it.
struct SegmentRef {
  SegmentId id;
  TypeId table = 0;
  bool is_edge = false;
  std::uint32_t rows = 0;
  RowId rid_base = 0;      // dense_rids: row i is rid_base + i
  bool dense_rids = true;  // else the file holds a _rid column
  RowId min_rid = 0, max_rid = 0;
  Gsn gsn = 0;                  // of all rows; 0: the file holds a _gsn column (folded segments)
  std::optional<Ulid> id_base;  // ids are (partly) consecutive ULIDs from here
  std::uint64_t data_bytes = 0, index_bytes = 0;  // sizes of the two objects, checked at open
  std::uint32_t schema_version = 1;
};

// A segment that another branch made and a merge lists by reference, with its own numbers. `dead`
// is the encoded deletion bitmap of the rows that do not enter (empty: all do).
struct AdoptedSegment {
  SegmentRef ref;
  std::string dead;
};

struct TableChange {
  TypeId table = 0;
  bool clear = false;                // overwrite: every earlier row of the table goes first
  std::vector<RowId> deleted;        // rows removed or superseded, ascending
  std::vector<SegmentRef> segments;  // added file segments
  std::vector<AdoptedSegment> adopted;
  std::vector<RowBatch> inline_rows;  // added rows carried in the record; gsn is the commit's
                                      // unless the batch has one for each row (merges)
};

struct CommitHeader {
  CommitId id;
  Gsn gsn = 0;
  std::string branch;  // "main", …
  std::optional<CommitId> parent, merged_parent;
  std::optional<std::string> actor;
  std::int64_t created_at = 0;  // microseconds since the epoch
  std::uint64_t version = 0;    // graph_manifest_version of the branch after it
};

// A graph commit on one branch.
struct CommitEntry {
  CommitHeader header;
  std::optional<std::string> catalog_json;  // the new accepted schema (catalog_to_json)
  std::vector<TableChange> tables;
};
struct BranchCreateEntry {
  std::string name;
  Ulid incarnation;
  std::string from;                        // branch it forks
  CommitId at;                             // its head then
  std::optional<std::string> table_state;  // object holding the state when forked from the past
  std::int64_t created_at = 0;
};
struct BranchDeleteEntry {
  std::string name;
  Ulid incarnation;
};
struct ReserveEntry {
  TypeId table = 0;
  RowId first = 0;
  std::uint32_t count = 0;
};
// Physical only: the inputs' live rows are now in `output`. `dropped[i]` is the encoded deletion
// bitmap that input i had (empty: none). An input without a SegmentId is "the inline rows of the
// table up to and including gsn `inline_through`".
struct ReplaceEntry {
  TypeId table = 0;
  std::vector<SegmentId> inputs;
  std::vector<std::string> dropped;
  Gsn inline_through = 0;  // 0: no inline rows are folded
  std::string branch;      // of the inline rows
  SegmentRef output;
};
struct FloorEntry {
  std::vector<std::pair<TypeId, Gsn>> floors;  // history of the type below the gsn is unreadable
  std::vector<std::string> sweep;              // objects to remove after the grace period
  std::int64_t created_at = 0;                 // the grace period runs from here
  // Main's tables at the floors are stored, so that what was before may be swept.
  bool kept = false;
  // The sweep holds every segment with an older id (microseconds) that no record names: a commit
  // that brings one must write it anew. 0: no such segments were looked for.
  std::int64_t uploads_before = 0;
  // Sweeps of floors up to this created_at have been carried out; 0: none.
  std::int64_t swept = 0;
};

using Entry = std::variant<CommitEntry, BranchCreateEntry, BranchDeleteEntry, ReserveEntry,
                           ReplaceEntry, FloorEntry>;

struct Record {
  Sequence sequence = 0;
  Gsn first_gsn = 0;        // of its first commit; the i-th commit has first_gsn + i
  std::uint64_t nonce = 0;  // tells our own landed put from somebody else's
  std::vector<Entry> entries;
};

inline constexpr std::uint32_t kRecordVersion = 1;

std::string encode_record(const Record& record);
// Error kCorrupt naming what is wrong (`name` is put into the message), kUnsupportedFormat for a
// record version from the future.
Result<Record> decode_record(std::string_view bytes, std::string_view name);

}  // namespace omnigraph
