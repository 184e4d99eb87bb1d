#include "storage/blob.h"

#include <algorithm>
#include <cstring>

namespace omnigraph {
namespace {

constexpr char kInlineTag = 'm', kObjectTag = 'o', kExternalTag = 'x';
constexpr std::size_t kDigestBytes = std::tuple_size_v<Sha256Digest>;
constexpr std::size_t kTagBytes = 16;

}  // namespace

Result<BlobCell> parse_blob_cell(std::string_view cell) {
  BlobCell out;
  const char tag = cell.empty() ? '\0' : cell[0];
  if (tag == kInlineTag || tag == kExternalTag) {
    out.bytes = cell.substr(1);
    out.kind = tag == kInlineTag ? BlobCell::Kind::kInline : BlobCell::Kind::kExternal;
    out.size = tag == kInlineTag ? out.bytes.size() : 0;
    return out;
  }
  if (tag != kObjectTag || cell.size() != 1 + kDigestBytes + sizeof out.size) {
    return corrupt("a stored Blob cell is malformed");
  }
  out.kind = BlobCell::Kind::kObject;
  std::memcpy(out.digest.data(), cell.data() + 1, kDigestBytes);
  std::memcpy(&out.size, cell.data() + 1 + kDigestBytes, sizeof out.size);
  return out;
}

std::string inline_blob_cell(std::string_view bytes) {
  std::string cell(1, kInlineTag);
  return cell.append(bytes);
}

std::string object_blob_cell(const Sha256Digest& digest, std::uint64_t size) {
  std::string cell(1, kObjectTag);
  cell.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  return cell.append(reinterpret_cast<const char*>(&size), sizeof size);
}

std::string external_blob_cell(std::string_view uri) {
  std::string cell(1, kExternalTag);
  return cell.append(uri);
}

std::string blob_object_name(const Sha256Digest& digest) {
  return std::string(kBlobPrefix) + hex_text(digest.data(), digest.size());
}

Result<Bytes> read_blob(ObjectStore& objects, const BlobCell& cell, ByteRange range) {
  const std::uint64_t begin = std::min(range.offset, cell.size);
  const std::uint64_t length = std::min(range.length, cell.size - begin);
  if (cell.kind != BlobCell::Kind::kObject) {
    return Bytes::of(std::string(cell.bytes.substr(begin, length)));
  }
  if (length == 0) return Bytes{};
  const std::string name = blob_object_name(cell.digest);
  Result<Bytes> bytes = objects.get(name, {begin, length});
  if (!bytes.ok()) {
    if (bytes.error().code() != ErrorCode::kNotFound) return bytes;
    return corrupt("'" + name + "' is missing: the bytes of a Blob are lost");
  }
  if (bytes->data.size() != length) {
    return corrupt("'" + name + "' is cut off: a Blob of " + std::to_string(cell.size) +
                   " bytes should be there");
  }
  return bytes;
}

std::string blob_tag(const BlobCell& cell) {
  const Sha256Digest digest =
      cell.kind == BlobCell::Kind::kObject ? cell.digest : sha256(cell.bytes);
  return hex_text(digest.data(), kTagBytes);
}

}  // namespace omnigraph
