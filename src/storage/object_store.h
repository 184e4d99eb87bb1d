// Named immutable bytes: a folder, memory, an object store in the cloud. One narrow interface; only
// put_if_absent ever decides between writers. Names are relative, '/'-separated. All calls are
// thread-safe. Errors: kNotFound (get, head of a missing name), kReadOnly, kIo (names the object),
// kResourceExhausted (disk full).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"

namespace omnigraph {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = UINT64_MAX;  // clamped to the object's end
};

enum class PutOutcome : std::uint8_t { kCreated, kExists, kUnknown };

// Bytes read: owned, or a view into a mapped file; `data` stays valid as long as `owner`.
struct Bytes {
  std::string_view data;
  std::shared_ptr<const void> owner;
  static Bytes of(std::string text);
};

struct ObjectInfo {
  std::string name;
  std::uint64_t size = 0;
};

// Writes one object piece by piece; visible, whole and durable only after finish(). Dropping it
// leaves nothing behind.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual Status append(std::string_view bytes) = 0;
  virtual std::uint64_t size() const = 0;
  virtual Status finish() = 0;
};

// What fetch() asks for at once: whole objects, names, and parts of objects.
struct FetchRequest {
  struct Names {
    std::string prefix, start_after;
  };
  struct Piece {
    std::string object;
    ByteRange range;
  };
  std::vector<std::string> objects;
  std::vector<Names> names;
  std::vector<Piece> pieces;
};
struct Fetched {
  std::vector<std::optional<Bytes>> objects;  // nullopt: missing
  std::vector<std::vector<ObjectInfo>> names;
  std::vector<Bytes> pieces;  // kNotFound for all when an object of one is missing
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  virtual Result<Bytes> get(std::string_view name, ByteRange range = {}) = 0;
  // Several ranges of one object at once; in the order asked.
  virtual Result<std::vector<Bytes>> get_ranges(std::string_view name,
                                                std::span<const ByteRange> ranges);
  // Several whole objects at once; nullopt for a missing one. One round trip where the store can.
  virtual Result<std::vector<std::optional<Bytes>>> get_many(std::span<const std::string> names);
  // Everything asked for, side by side: one round trip where the store can.
  virtual Result<Fetched> fetch(const FetchRequest& request);
  // Durable when it returns kCreated. kUnknown: the answer was lost; put the same bytes again.
  virtual Result<PutOutcome> put_if_absent(std::string_view name, std::string_view bytes) = 0;
  // Replaces; only for hints and for names that are unique anyway. Durable on return.
  virtual Status put(std::string_view name, std::string_view bytes) = 0;
  // For large objects with a unique name.
  virtual Result<std::unique_ptr<ObjectWriter>> writer(std::string_view name);
  // Names with this prefix after `start_after`, ascending by bytes, at most `limit`.
  virtual Result<std::vector<ObjectInfo>> list(std::string_view prefix,
                                               std::string_view start_after = {},
                                               std::size_t limit = SIZE_MAX) = 0;
  virtual Status remove(std::string_view name) = 0;  // missing is success
  virtual Result<ObjectInfo> head(std::string_view name) = 0;
  // Local folder of the store, if it is one (the `file` log lives there).
  virtual std::optional<std::string> local_path() const { return std::nullopt; }

  // Told by the `file` log, which does its own I/O below local_path(): decorators that count see an
  // append as one put and a look at the next record's place as one probe.
  virtual void note_log_append(std::uint64_t bytes) { (void)bytes; }
  virtual void note_log_probe() {}
  virtual void note_log_read(std::uint64_t bytes) { (void)bytes; }
};

using ObjectStorePtr = std::shared_ptr<ObjectStore>;

// Whether `name` is one that stores take: not empty, at most 512 bytes, segments separated by
// single
// '/', none of them "." or "..", no control characters, none that begins with ".tmp-".
bool valid_object_name(std::string_view name);

// A folder. With `create` a missing folder is made by the first put (and taken away again when that
// fails); without it a missing folder is kNotFound. The folder may be read-only: puts then fail
// with kReadOnly.
Result<ObjectStorePtr> open_local_store(std::string path, bool create);
// Bytes in memory, gone with the last pointer.
ObjectStorePtr make_memory_store();

}  // namespace omnigraph
