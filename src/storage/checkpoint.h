// Checkpoints: the state of the graph at one sequence, so that opening it need not read the log
// from its beginning. A pure function of the log before them; anybody may write one, nothing
// depends on it, and losing them all costs only time.
//
//   checkpoint/<sequence, 16 hex digits>  the root
//   checkpoint/latest                     hint: the newest root's sequence as 16 hex digits; may be
//                                         stale, missing or wrong
//   state/<hash of the content>           one branch's state, shared by all checkpoints and
//   branches
//                                         at which it was the same
//   state/floor-<table>-<gsn>             what a cleanup left of a table: main's at its floor
//   history/…                             which commit is where (history_run.h)
//
// A root is an envelope (envelope.h) of magic "OGCP", version 1:
//   {"seq","gsn","last_commit","previous","next":[sequence,object,offset],"catalog":bytes,
//    "branches":[{"name","incarnation","parent","forked_at"?,"gsns"?:[forked,created],
//      "created_at","state","bytes"}],
//    "next_row":[[table,rid]],"floors":[[table,gsn]],"sweeps"?:[{"created_at","names":[name]}],
//    "kept_floors"?:[[table,gsn]],"uploads_before"?,
//    "history":[{"name","level","first","last","entries","min","max","index":[offset,length]}]}
// with the accepted schema's JSON as payload. "next" is where the log goes on.
//
// A branch state is an envelope of magic "OGST", version 1:
//   {"head":{commit},"gsn","tables":[{"table","version"?,"writer"?,"parts":[{"ref","dead"?:bytes}],
//    "inline"?:bytes}]}
// with deletion bitmaps and inline rows as payload, in the order of their mention. The inline rows
// of a table are its live ones, as one batch with row ids and gsns; folding bounds them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/history_run.h"
#include "storage/log.h"
#include "storage/snapshot.h"

namespace omnigraph {

struct CheckpointRoot {
  struct Branch {
    std::string name;
    Ulid incarnation;
    std::string parent;
    CommitId forked_at;
    Gsn forked_gsn = 0, created_gsn = 0;
    std::int64_t created_at = 0;
    std::string state;  // object
    std::uint64_t state_bytes = 0;
  };

  Sequence sequence = 0;
  Gsn gsn = 0;
  CommitId last_commit;
  Sequence previous = 0;  // the checkpoint before; 0: none
  RecordPosition next;    // where the log goes on
  std::string catalog_json;
  std::vector<Branch> branches;
  std::map<TypeId, RowId> next_row;
  std::map<TypeId, Gsn> floors;
  std::map<TypeId, Gsn> kept_floors;
  std::vector<std::shared_ptr<const Sweep>> sweeps;
  std::int64_t uploads_before = 0;
  std::vector<HistoryRun> history;  // oldest first
};

inline constexpr std::string_view kCheckpointPrefix = "checkpoint/";
inline constexpr std::string_view kCheckpointHint = "checkpoint/latest";

std::string checkpoint_name(Sequence sequence);
// The sequence in a root's name; nullopt for any other.
std::optional<Sequence> checkpoint_sequence(std::string_view name);

std::string encode_checkpoint(const CheckpointRoot& root);
// Errors: kCorrupt naming the object, kUnsupportedFormat.
Result<CheckpointRoot> decode_checkpoint(std::string_view bytes, std::string_view name);

// The reference of a segment that the state lists.
using FindReference = std::function<std::optional<SegmentRef>(SegmentId)>;
// Reads the inline rows; file segments only by reference.
Result<std::string> encode_branch_state(const BranchState& branch, const Catalog& catalog,
                                        const FindReference& reference);
// snapshot, table_versions and table_writers; the rest is in the root. Segments are opened through
// `source`, which does not read them.
Result<BranchState> decode_branch_state(std::string_view bytes, std::string_view name,
                                        const CatalogPtr& catalog, SegmentSource& source);
// state/<128-bit hash of the bytes>.
std::string branch_state_name(std::string_view bytes);
// state/floor-<table>-<gsn>: a branch state with one table, that of main at its floor.
std::string floor_table_name(TypeId table, Gsn floor);

}  // namespace omnigraph
