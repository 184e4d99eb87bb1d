// Cells of Blob properties, and the objects that hold what is too large for a cell.
//
// A cell is a text of its column; it holds a tag byte, then
//   'm'  managed: the bytes themselves, possibly none
//   'o'  managed: SHA-256 of the bytes (32), their number (u64, little-endian)
//   'x'  external: a URI
// New values of at most kMaxInlineBlob bytes are 'm', longer ones 'o', so that equal managed values
// have equal cells. The bytes of an 'o' cell are the object `blob/<SHA-256 in hexadecimal>`, which
// is written before any commit names it, never changes, and is shared by all cells with the
// content.
//
// Plain functions, safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/sha256.h"
#include "omnigraph/error.h"
#include "storage/object_store.h"

namespace omnigraph {

// Small enough that a page of 4,096 cells stays below 4 MiB.
inline constexpr std::size_t kMaxInlineBlob = 1024;
inline constexpr std::string_view kBlobPrefix = "blob/";

// What a cell says. The views point into it.
struct BlobCell {
  enum class Kind : std::uint8_t { kInline, kObject, kExternal };
  Kind kind = Kind::kInline;
  std::string_view bytes;  // kInline: the value; kExternal: the URI
  Sha256Digest digest{};   // kObject
  std::uint64_t size = 0;  // of the value; 0 for kExternal
};

// Error kCorrupt for anything that is no cell.
Result<BlobCell> parse_blob_cell(std::string_view cell);
std::string inline_blob_cell(std::string_view bytes);
std::string object_blob_cell(const Sha256Digest& digest, std::uint64_t size);
std::string external_blob_cell(std::string_view uri);

std::string blob_object_name(const Sha256Digest& digest);

// Bytes of a managed value, the range cut to its end. Errors: kCorrupt naming the object (missing
// or of another length), those of the store.
Result<Bytes> read_blob(ObjectStore& objects, const BlobCell& cell, ByteRange range = {});

// What tells a managed value from every other: 32 hexadecimal digits of its SHA-256.
std::string blob_tag(const BlobCell& cell);

}  // namespace omnigraph
