// How the `file` log lays records into its files.
//
// A record takes whole sectors of 512 bytes, little-endian:
//   payload   500 bytes
//   u32       low half of the record's sequence
//   u32       low 31 bits: CRC32C of the record, which tells one attempt to write a sequence from
//   the
//             next; top bit: this is the first sector of its record
//   u32       CRC32C of the 508 bytes before
// The payloads of a record's sectors, one after the other, hold
//   u32       magic "OGLF"
//   u32       kind: 0 a record; 1 the log goes on in the file named after this sequence
//   u64       sequence
//   u32       length of the record
//   u32       CRC32C of the record
// then the record, then zeros. Space that was never written is zero.
//
// So a reader can tell: nothing there (zeros); a torn record (a sector of it is zeros, or is left
// over from an earlier attempt), which never was acknowledged and is overwritten by the next
// writer; and damage (a sector that fails its own checksum), which is never skipped. That a sector
// is written whole or not at all is what is asked of the disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/ids.h"

namespace omnigraph {

inline constexpr std::size_t kSector = 512;
inline constexpr std::size_t kSectorPayload = 500;
inline constexpr std::size_t kFrameHead = 24;

constexpr std::size_t sectors_of(std::size_t record_bytes) {
  return (kFrameHead + record_bytes + kSectorPayload - 1) / kSectorPayload;
}

// The sectors of a record, replacing what `out` held.
void frame_record(Sequence sequence, std::string_view record, std::string& out);
// The one sector that ends a file: record `sequence` is the first of the next one.
void frame_continuation(Sequence sequence, std::string& out);

enum class FrameState : std::uint8_t {
  kEmpty,  // nothing was written here
  kTorn,   // an unfinished write
  kRecord,
  kContinued,  // the log goes on in another file
  kShort,      // `available` ends before the record does: give `sectors` of them
  kDamaged,
};

struct Frame {
  FrameState state = FrameState::kEmpty;
  std::size_t sectors = 0;  // of the record
  const char* why = "";     // kDamaged
};

// Looks at the record `expected` that should stand at the head of `available`, whole sectors; its
// bytes replace `record` when the state is kRecord.
Frame read_frame(std::string_view available, Sequence expected, std::string& record);

}  // namespace omnigraph
