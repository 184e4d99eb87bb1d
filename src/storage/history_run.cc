#include "storage/history_run.h"

#include <algorithm>
#include <cassert>

#include "common/crc32c.h"
#include "storage/byte_codec.h"
#include "storage/envelope.h"

namespace omnigraph {
namespace {

constexpr std::uint32_t kMagic = envelope_magic("OGHR");
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kBlockEntries = 256;
constexpr std::string_view kWhat = "history page";
constexpr std::uint64_t kParent = 1, kMergedParent = 2, kActor = 4;

void put_id(std::string& out, const Ulid& id) {
  append_fixed<std::uint64_t>(out, id.high);
  append_fixed<std::uint64_t>(out, id.low);
}

Ulid get_id(ByteReader& in) {
  Ulid id;
  id.high = in.fixed<std::uint64_t>();
  id.low = in.fixed<std::uint64_t>();
  return id;
}

void put_text(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

void put_entry(std::string& out, const HistoryEntry& entry) {
  const CommitHeader& header = entry.header;
  put_id(out, header.id);
  append_varint(out, header.gsn);
  append_varint(out, entry.where.sequence);
  append_varint(out, entry.base);
  append_varint(out, log_object_sequence(entry.where.object).value_or(0));
  append_varint(out, entry.where.offset);
  append_varint(out, entry.where.length);
  append_varint(out, (header.parent ? kParent : 0) | (header.merged_parent ? kMergedParent : 0) |
                         (header.actor ? kActor : 0));
  put_text(out, header.branch);
  if (header.parent) put_id(out, *header.parent);
  if (header.merged_parent) put_id(out, *header.merged_parent);
  if (header.actor) put_text(out, *header.actor);
  append_zigzag(out, header.created_at);
  append_varint(out, header.version);
}

HistoryEntry get_entry(ByteReader& in) {
  HistoryEntry entry;
  CommitHeader& header = entry.header;
  header.id = get_id(in);
  header.gsn = in.varint();
  entry.where.sequence = in.varint();
  entry.base = in.varint();
  entry.where.object = log_object_name(in.varint());
  entry.where.offset = in.varint();
  entry.where.length = in.varint();
  const std::uint64_t flags = in.varint();
  if (flags > (kParent | kMergedParent | kActor)) in.fail();
  header.branch = std::string(in.take(in.varint()));
  if (flags & kParent) header.parent = get_id(in);
  if (flags & kMergedParent) header.merged_parent = get_id(in);
  if (flags & kActor) header.actor = std::string(in.take(in.varint()));
  header.created_at = in.signed_varint();
  header.version = in.varint();
  return entry;
}

// The bytes without their trailing checksum; nullopt when it does not match.
std::optional<std::string_view> checked(std::string_view bytes) {
  if (bytes.size() < 4) return std::nullopt;
  const std::string_view body = bytes.substr(0, bytes.size() - 4);
  if (crc32c(body) != load_fixed<std::uint32_t>(bytes.data() + body.size())) return std::nullopt;
  return body;
}

}  // namespace

EncodedRun encode_history_run(std::vector<HistoryEntry> entries, std::uint32_t level,
                              Sequence first, Sequence last) {
  assert(!entries.empty());
  std::sort(entries.begin(), entries.end(),
            [](const HistoryEntry& a, const HistoryEntry& b) { return a.header.id < b.header.id; });
  EncodedRun out;
  out.run.name = "history/" + std::to_string(level) + "-" + log_object_name(first).substr(4) + "-" +
                 log_object_name(last).substr(4);
  out.run.level = level;
  out.run.first = first;
  out.run.last = last;
  out.run.entries = entries.size();
  out.run.min_id = entries.front().header.id;
  out.run.max_id = entries.back().header.id;
  std::string& bytes = out.bytes;
  append_fixed<std::uint32_t>(bytes, kMagic);
  append_fixed<std::uint32_t>(bytes, kVersion);
  std::string index;
  append_varint(index, (entries.size() + kBlockEntries - 1) / kBlockEntries);
  for (std::size_t begin = 0; begin < entries.size(); begin += kBlockEntries) {
    const std::size_t end = std::min(entries.size(), begin + kBlockEntries);
    std::string block;
    append_varint(block, end - begin);
    for (std::size_t i = begin; i < end; ++i) put_entry(block, entries[i]);
    append_fixed<std::uint32_t>(block, crc32c(block));
    put_id(index, entries[begin].header.id);
    append_varint(index, bytes.size());
    append_varint(index, block.size());
    bytes += block;
  }
  append_fixed<std::uint32_t>(index, crc32c(index));
  out.run.index_offset = bytes.size();
  out.run.index_length = index.size();
  bytes += index;
  return out;
}

Result<std::vector<HistoryBlock>> decode_history_index(std::string_view bytes,
                                                       const HistoryRun& run) {
  const auto body = checked(bytes);
  if (!body || bytes.size() != run.index_length) {
    return damaged(kWhat, run.name, "the checksum of its index does not match");
  }
  ByteReader in(*body);
  const std::uint64_t count = in.varint();
  if (count > body->size()) in.fail();
  std::vector<HistoryBlock> blocks;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    HistoryBlock block;
    block.first = get_id(in);
    block.offset = in.varint();
    block.length = in.varint();
    if (block.offset > run.index_offset || block.length > run.index_offset - block.offset) {
      in.fail();
    }
    if (!blocks.empty() && block.first <= blocks.back().first) in.fail();
    blocks.push_back(block);
  }
  if (!in.ok() || in.remaining() != 0 || blocks.empty()) {
    return damaged(kWhat, run.name, "its index is wrong");
  }
  return blocks;
}

Result<std::vector<HistoryEntry>> decode_history_block(std::string_view bytes,
                                                       std::string_view name) {
  const auto body = checked(bytes);
  if (!body) return damaged(kWhat, name, "the checksum of a block does not match");
  ByteReader in(*body);
  const std::uint64_t count = in.varint();
  if (count > kBlockEntries) in.fail();
  std::vector<HistoryEntry> entries;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    entries.push_back(get_entry(in));
    if (i > 0 && entries[i].header.id <= entries[i - 1].header.id) in.fail();
  }
  if (!in.ok() || in.remaining() != 0) return damaged(kWhat, name, "a block is wrong");
  return entries;
}

}  // namespace omnigraph
