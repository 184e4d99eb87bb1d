// The append-only log of a graph: one interface, two forms fixed in graph.json.
//   objects  record n is the object log/<n>, decided by put-if-absent
//   file     preallocated append files under an open-file-description lock; one write and one
//            fdatasync a record; every 512-byte sector carries the low bits of the sequence
// Thread-safe. Only write/committer (and init) appends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "storage/ids.h"
#include "storage/object_store.h"

namespace omnigraph {

enum class LogForm : std::uint8_t { kObjects, kFile };

enum class AppendOutcome : std::uint8_t {
  kAppended,  // ours, durable
  kMoved,     // somebody else has this sequence: read it, apply it, try the next
  kUnknown,   // may or may not have landed; append the same bytes again
};

// Where a record lies, for reading it again without the log's head.
struct RecordPosition {
  Sequence sequence = 0;
  std::string object;          // name of the object or file
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

class Log {
 public:
  virtual ~Log() = default;
  // Appends `bytes` as record `sequence`; durable when it returns kAppended. One put.
  virtual Result<AppendOutcome> append(Sequence sequence, std::string_view bytes,
                                       RecordPosition* where) = 0;
  // The records from `first` on that are there now, in order, at most `limit`; empty when there is
  // none. One probe when `first` is the next one. A torn tail is not there; a complete record that
  // is damaged is kCorrupt.
  struct Stored { RecordPosition where; Bytes bytes; };
  virtual Result<std::vector<Stored>> since(Sequence first, std::size_t limit = SIZE_MAX) = 0;
  virtual Result<Bytes> read(const RecordPosition& where) = 0;
  // Packs records so that later opens read few objects; `through` is the last to pack. Called by
  // whoever crossed the line; a no-op where the form needs none.
  virtual Status pack(Sequence first, Sequence through) = 0;
};

// `floor_hint`: a sequence known to exist (from a checkpoint), where reading may start.
Result<std::unique_ptr<Log>> open_object_log(ObjectStorePtr store);
Result<std::unique_ptr<Log>> open_file_log(ObjectStorePtr store, bool read_only);

}  // namespace omnigraph
