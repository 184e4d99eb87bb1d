#include "storage/log_sectors.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "common/crc32c.h"
#include "storage/byte_codec.h"
#include "storage/envelope.h"
#include "storage/log.h"

namespace omnigraph {
namespace {

constexpr std::uint32_t kMagic = envelope_magic("OGLF");
constexpr std::uint32_t kKindRecord = 0;
constexpr std::uint32_t kKindContinued = 1;
constexpr std::uint32_t kFirstBit = 0x80000000;
constexpr std::size_t kStampAt = kSectorPayload;
constexpr std::size_t kSumAt = kSector - 4;

void store_u32(char* at, std::uint32_t v) { std::memcpy(at, &v, sizeof v); }
void store_u64(char* at, std::uint64_t v) { std::memcpy(at, &v, sizeof v); }

void frame(std::uint32_t kind, Sequence sequence, std::string_view record, std::string& out) {
  assert(record.size() <= kMaxRecordBytes);
  const std::size_t sectors = sectors_of(record.size());
  out.clear();
  out.resize(sectors * kSector, '\0');
  const std::uint32_t sum = crc32c(record);
  char* at = out.data();
  store_u32(at, kMagic);
  store_u32(at + 4, kind);
  store_u64(at + 8, sequence);
  store_u32(at + 16, static_cast<std::uint32_t>(record.size()));
  store_u32(at + 20, sum);
  std::size_t into = kFrameHead;
  for (std::size_t i = 0; i < sectors; ++i, at += kSector, into = 0) {
    const std::size_t n = std::min(kSectorPayload - into, record.size());
    std::memcpy(at + into, record.data(), n);
    record.remove_prefix(n);
    store_u32(at + kStampAt, static_cast<std::uint32_t>(sequence));
    store_u32(at + kStampAt + 4, (sum & ~kFirstBit) | (i == 0 ? kFirstBit : 0));
    store_u32(at + kSumAt, crc32c(at, kSumAt));
  }
}

bool is_zero(const char* sector) {
  // Compares the sector with itself one byte on: equal when all bytes are like the first.
  return sector[0] == 0 && std::memcmp(sector, sector + 1, kSector - 1) == 0;
}

bool is_whole(const char* sector) {
  return crc32c(sector, kSumAt) == load_fixed<std::uint32_t>(sector + kSumAt);
}

Frame damage(const char* why) { return {FrameState::kDamaged, 0, why}; }

}  // namespace

void frame_record(Sequence sequence, std::string_view record, std::string& out) {
  frame(kKindRecord, sequence, record, out);
}

void frame_continuation(Sequence sequence, std::string& out) {
  frame(kKindContinued, sequence, {}, out);
}

Frame read_frame(std::string_view available, Sequence expected, std::string& record) {
  if (available.size() < kSector) return {FrameState::kShort, 1, ""};
  const char* at = available.data();
  if (is_zero(at)) return {};
  if (!is_whole(at)) return damage("a sector's checksum does not match");
  if ((load_fixed<std::uint32_t>(at + kStampAt + 4) & kFirstBit) == 0)
    return {FrameState::kTorn, 0, ""};
  if (load_fixed<std::uint32_t>(at) != kMagic)
    return damage("a record does not begin as records do");
  if (load_fixed<std::uint64_t>(at + 8) != expected ||
      load_fixed<std::uint32_t>(at + kStampAt) != static_cast<std::uint32_t>(expected)) {
    return damage("a record has another sequence than its place");
  }
  const std::uint32_t kind = load_fixed<std::uint32_t>(at + 4);
  if (kind == kKindContinued) return {FrameState::kContinued, 1, ""};
  const std::size_t length = load_fixed<std::uint32_t>(at + 16);
  if (kind != kKindRecord || length > kMaxRecordBytes) return damage("a record's head is wrong");
  const std::size_t sectors = sectors_of(length);
  if (available.size() / kSector < sectors) return {FrameState::kShort, sectors, ""};

  const std::uint32_t sum = load_fixed<std::uint32_t>(at + 20);
  for (std::size_t i = 1; i < sectors; ++i) {
    const char* sector = at + i * kSector;
    if (is_zero(sector)) return {FrameState::kTorn, sectors, ""};
    if (!is_whole(sector)) return damage("a sector's checksum does not match");
    if (load_fixed<std::uint32_t>(sector + kStampAt) != static_cast<std::uint32_t>(expected) ||
        load_fixed<std::uint32_t>(sector + kStampAt + 4) != (sum & ~kFirstBit)) {
      return {FrameState::kTorn, sectors, ""};
    }
  }
  record.clear();
  record.reserve(length);
  std::size_t into = kFrameHead;
  for (std::size_t i = 0; i < sectors; ++i, into = 0) {
    record.append(at + i * kSector + into, std::min(kSectorPayload - into, length - record.size()));
  }
  if (crc32c(record) != sum) return damage("a record's checksum does not match");
  return {FrameState::kRecord, sectors, ""};
}

}  // namespace omnigraph
