// The cell of a Blob property. A cell holds a tag byte, then the content:
//   'm'  managed: the bytes themselves, possibly none
//   'x'  external: a URI
// Plain functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph {

inline constexpr char kManagedBlob = 'm';
inline constexpr char kExternalBlob = 'x';
// Decoded bytes of one `base64:` value (spec/writes.md §6.6, `decoded blob input bytes`).
inline constexpr std::uint64_t kMaxBlobInputBytes = 33'554'432;

// The cell of an input text: `base64:` and standard padded base64. Errors: kBadRequest "invalid
// base64 blob data: …"; "external blob URI '…' is not allowed: …" for anything else;
// kResourceExhausted beyond kMaxBlobInputBytes.
Result<std::string> blob_cell(std::string_view input);

// Appends what an export writes for a cell: `base64:…`, or the URI.
void append_blob_text(std::string& out, std::string_view cell);

}  // namespace omnigraph
