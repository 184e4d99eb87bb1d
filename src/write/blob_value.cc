#include "write/blob_value.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "common/fault_point.h"
#include "write/limits.h"

namespace omnigraph {
namespace {

constexpr std::string_view kPrefix = "base64:";
// Of an export: a multiple of three, so that pieces join.
constexpr std::uint64_t kEncodedPiece = std::uint64_t{3} << 20;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> reverse_alphabet() {
  std::array<std::int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}
constexpr auto kReverse = reverse_alphabet();

Error bad_base64(const std::string& reason) {
  return bad_request("invalid base64 blob data: " + reason);
}

Result<std::string> decode(std::string_view text) {
  if (text.size() % 4 != 0) return bad_base64("the length is not a multiple of 4");
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::size_t bytes = text.size() / 4 * 3 - padding;
  if (bytes > kMaxBlobInputBytes) {
    return resource_limit("decoded blob input bytes", kMaxBlobInputBytes, bytes);
  }
  std::string out;
  out.reserve(bytes);
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pad = i >= text.size() - padding;
    const int six = pad ? 0 : kReverse[static_cast<unsigned char>(text[i])];
    if (six < 0) return bad_base64("invalid symbol at offset " + std::to_string(i));
    group = group << 6 | static_cast<std::uint32_t>(six);
    if (i % 4 == 3) {
      out += static_cast<char>(group >> 16 & 0xFF);
      out += static_cast<char>(group >> 8 & 0xFF);
      out += static_cast<char>(group & 0xFF);
      // Bits behind the last byte must be zero, so that every value has one spelling.
      if (i + 1 == text.size() && padding > 0) {
        if ((group & (padding == 1 ? 0xFFu : 0xFFFFu)) != 0)
          return bad_base64("trailing bits are set");
      }
      group = 0;
    }
  }
  out.resize(bytes);
  return out;
}

// What may be shown of a URI that is refused: without credentials, or nothing of it.
std::string shown_uri(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return "<redacted>";
  std::string out(text.substr(0, scheme + 3));
  std::string_view rest = text.substr(scheme + 3);
  const std::size_t slash = rest.find('/');
  const std::size_t at = rest.substr(0, slash).rfind('@');
  if (at != std::string_view::npos) rest.remove_prefix(at + 1);
  out += rest.substr(0, rest.find_first_of("?#"));
  return out;
}

}  // namespace

Result<std::string> BlobStage::cell(std::string bytes) {
  if (bytes.size() <= kMaxInlineBlob) return inline_blob_cell(bytes);
  const Sha256Digest digest = sha256(bytes);
  const std::uint64_t size = bytes.size();
  std::map<std::string, std::string> full;
  {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = held_.try_emplace(blob_object_name(digest), std::move(bytes));
    if (fresh) held_bytes_ += size;
    if (held_bytes_ > kMaxHeldBytes) {
      full.swap(held_);
      held_bytes_ = 0;
    }
  }
  OG_RETURN_IF_ERROR(put(full));
  return object_blob_cell(digest, size);
}

Status BlobStage::flush() {
  std::map<std::string, std::string> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(held_);
    held_bytes_ = 0;
  }
  return put(all);
}

namespace {

Status put_one(ObjectStore& objects, const std::string& name, const std::string& bytes) {
  OG_FAULT_POINT("blob.before_put");
  // Named by their content: an object that exists holds these bytes.
  OG_ASSIGN_OR_RETURN(const PutOutcome outcome, objects.put_if_absent(name, bytes));
  if (outcome == PutOutcome::kUnknown) {
    return Error(ErrorCode::kOutcomeUnknown, "whether '" + name + "' was written is not known");
  }
  OG_FAULT_POINT("blob.after_put");
  return {};
}

}  // namespace

// Puts wait for a disk or a network, and not for each other: several at once share its syncs.
Status BlobStage::put(const std::map<std::string, std::string>& values) {
  constexpr std::size_t kPutsAtOnce = 16;
  if (values.size() <= 2) {
    for (const auto& [name, bytes] : values) {
      OG_RETURN_IF_ERROR(put_one(objects_, name, bytes));
    }
    return {};
  }
  std::mutex mutex;  // guards the next two
  auto next = values.begin();
  std::optional<Error> failed;
  const auto work = [&] {
    for (;;) {
      std::map<std::string, std::string>::const_iterator mine;
      {
        const std::lock_guard lock(mutex);
        if (failed || next == values.end()) return;
        mine = next++;
      }
      Status status = put_one(objects_, mine->first, mine->second);
      if (status.ok()) continue;
      const std::lock_guard lock(mutex);
      if (!failed) failed = std::move(status).error();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(kPutsAtOnce, values.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (failed) return std::move(*failed);
  return {};
}

Result<std::string> blob_cell(std::string_view input, BlobStage& stage) {
  if (input.starts_with(kPrefix)) {
    OG_ASSIGN_OR_RETURN(std::string bytes, decode(input.substr(kPrefix.size())));
    return stage.cell(std::move(bytes));
  }
  return bad_request("external blob URI '" + shown_uri(input) +
                     "' is not allowed: new external Blob URI ingress is denied for this graph");
}

void append_base64(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    out += kAlphabet[group >> 18];
    out += kAlphabet[group >> 12 & 63];
    out += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
    out += left > 2 ? kAlphabet[group & 63] : '=';
  }
}

Status append_blob_text(std::string& out, std::string_view cell, ObjectStore& objects) {
  OG_ASSIGN_OR_RETURN(const BlobCell blob, parse_blob_cell(cell));
  if (blob.kind == BlobCell::Kind::kExternal) {
    out += blob.bytes;
    return {};
  }
  out += kPrefix;
  for (std::uint64_t at = 0; at < blob.size; at += kEncodedPiece) {
    OG_ASSIGN_OR_RETURN(const Bytes piece, read_blob(objects, blob, {at, kEncodedPiece}));
    append_base64(out, piece.data);
  }
  return {};
}

}  // namespace omnigraph
