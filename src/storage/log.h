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

#include "common/runtime.h"
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
  std::string object;  // name of the object or file
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

class Log {
 public:
  struct Stored {
    RecordPosition where;
    Bytes bytes;
  };

  virtual ~Log() = default;
  // Appends `bytes` as record `sequence`, which must be the next; durable when it returns
  // kAppended. One put. Bytes that already stand at this sequence count as appended: a lost answer
  // is settled by appending the same bytes again. Errors: kReadOnly, kResourceExhausted (disk full;
  // nothing landed), kIo, kCorrupt.
  virtual Result<AppendOutcome> append(Sequence sequence, std::string_view bytes,
                                       RecordPosition* where) = 0;
  // The records from `first` on that are there now, in order, at most `limit`; empty when there is
  // none. One probe when `first` is the next one. A torn tail is not there; a complete record that
  // is damaged is kCorrupt.
  virtual Result<std::vector<Stored>> since(Sequence first, std::size_t limit = SIZE_MAX) = 0;
  // The records from that of `next` (as end() once gave it) through `last`. kCorrupt when one is
  // missing.
  virtual Result<std::vector<Stored>> replay(const RecordPosition& next, Sequence last) = 0;
  virtual Result<Bytes> read(const RecordPosition& where) = 0;
  // Where the next record will stand, as far as this log has read or appended; length 0.
  virtual RecordPosition end() const = 0;
  // Begins to read at `next`, which end() gave when a checkpoint was made. Before any other call.
  virtual Status resume(const RecordPosition& next) = 0;
  // What since(first) will read of the store when nothing changes meanwhile: the names that it will
  // list, and, once those are known, the objects.
  virtual std::vector<FetchRequest::Names> tail_names(Sequence first) const {
    static_cast<void>(first);
    return {};
  }
  virtual Result<std::vector<std::string>> tail_objects(Sequence first) {
    static_cast<void>(first);
    return std::vector<std::string>();
  }
  // Packs records so that later opens read few objects; `through` is the last to pack. Called by
  // whoever crossed the line; a no-op where the form needs none.
  virtual Status pack(Sequence first, Sequence through) = 0;
};

// The largest record that a log takes.
inline constexpr std::size_t kMaxRecordBytes = std::size_t{256} << 20;
// Objects form: records a small pack.
inline constexpr Sequence kPackRecords = 16;

// "log/" and 16 lower-case hexadecimal digits: a record (objects) or a file of records (file).
std::string log_object_name(Sequence sequence);
// The sequence in such a name; nullopt for any other name.
std::optional<Sequence> log_object_sequence(std::string_view name);

// An append whose answers keep getting lost is repeated for at most this long.
inline constexpr std::int64_t kSettleNanos = std::int64_t{30} * 1'000'000'000;

// Both start at sequence 1 until resume(). `clock` bounds repeated appends.
Result<std::unique_ptr<Log>> open_object_log(ObjectStorePtr store, std::shared_ptr<Clock> clock);
// The store must be a local one (kIo otherwise). With `read_only` nothing is created or locked.
Result<std::unique_ptr<Log>> open_file_log(ObjectStorePtr store, bool read_only);

}  // namespace omnigraph
