// Blob values on their way in and out: from an input text to a cell, from a cell to the text of an
// export (spec/writes.md §8). Cells: storage/blob.h.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "omnigraph/error.h"
#include "storage/blob.h"
#include "storage/object_store.h"

namespace omnigraph {

// Decoded bytes of one `base64:` value (spec/writes.md §6.6, `decoded blob input bytes`).
inline constexpr std::uint64_t kMaxBlobInputBytes = 33'554'432;

// Large values of one write. They are kept in memory while they are few, so that a write that is
// refused leaves nothing behind, and put into the store when they pass kMaxHeldBytes and before the
// commit. What a failed write did put is not referred to by anything; a later write of the same
// content takes it over. Thread-safe.
class BlobStage {
 public:
  static constexpr std::uint64_t kMaxHeldBytes = std::uint64_t{16} << 20;

  // `objects` must outlive the stage.
  explicit BlobStage(ObjectStore& objects) : objects_(objects) {}

  // The cell of a managed value. Errors: those of the store.
  Result<std::string> cell(std::string bytes);
  // Makes everything durable that cell() has seen. Errors: those of the store.
  Status flush();

 private:
  Status put(const std::map<std::string, std::string>& values);

  ObjectStore& objects_;
  std::mutex mutex_;                         // guards the rest
  std::map<std::string, std::string> held_;  // object name → bytes
  std::uint64_t held_bytes_ = 0;
};

// The cell of an input text: `base64:` and standard padded base64. Errors: kBadRequest "invalid
// base64 blob data: …"; "external blob URI '…' is not allowed: …" for anything else;
// kResourceExhausted beyond kMaxBlobInputBytes; those of the store.
Result<std::string> blob_cell(std::string_view input, BlobStage& stage);

// Standard padded base64.
void append_base64(std::string& out, std::string_view bytes);

// Appends what an export writes for a cell: `base64:…`, or the URI. Errors: kCorrupt, those of the
// store; `out` may then hold a part.
Status append_blob_text(std::string& out, std::string_view cell, ObjectStore& objects);

}  // namespace omnigraph
