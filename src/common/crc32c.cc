#include "common/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

namespace omnigraph {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected

using Table = std::array<std::uint32_t, 256>;

// kTables[k][b]: the state after byte b and k zero bytes, from state 0 (slicing by eight).
constexpr std::array<Table, 8> make_tables() {
  std::array<Table, 8> tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t state = b;
    for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ (state & 1 ? kPolynomial : 0);
    tables[0][b] = state;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t b = 0; b < 256; ++b) {
      const std::uint32_t state = tables[k - 1][b];
      tables[k][b] = (state >> 8) ^ tables[0][state & 0xFF];
    }
  }
  return tables;
}
constexpr std::array<Table, 8> kTables = make_tables();

std::uint64_t load_word(const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

std::uint32_t update_by_tables(std::uint32_t state, const std::uint8_t* at, std::size_t size) {
  if constexpr (std::endian::native == std::endian::little) {
    for (; size >= 8; at += 8, size -= 8) {
      const std::uint64_t word = load_word(at) ^ state;
      state = 0;
      for (std::size_t i = 0; i < 8; ++i) state ^= kTables[7 - i][(word >> (8 * i)) & 0xFF];
    }
  }
  for (; size > 0; ++at, --size) state = (state >> 8) ^ kTables[0][(state ^ *at) & 0xFF];
  return state;
}

#if defined(__x86_64__) || defined(__aarch64__)

#if defined(__x86_64__)
#define OG_CRC_TARGET __attribute__((target("sse4.2")))
OG_CRC_TARGET inline std::uint32_t step8(std::uint32_t state, std::uint64_t word) {
  return static_cast<std::uint32_t>(_mm_crc32_u64(state, word));
}
OG_CRC_TARGET inline std::uint32_t step1(std::uint32_t state, std::uint8_t byte) {
  return _mm_crc32_u8(state, byte);
}
bool machine_has_crc() { return __builtin_cpu_supports("sse4.2") != 0; }
#else
#define OG_CRC_TARGET __attribute__((target("+crc")))
OG_CRC_TARGET inline std::uint32_t step8(std::uint32_t state, std::uint64_t word) {
  return __crc32cd(state, word);
}
OG_CRC_TARGET inline std::uint32_t step1(std::uint32_t state, std::uint8_t byte) {
  return __crc32cb(state, byte);
}
bool machine_has_crc() {
  constexpr unsigned long kHwcapCrc32 = 1UL << 7;
  return (getauxval(AT_HWCAP) & kHwcapCrc32) != 0;
}
#endif

// The instruction takes three cycles but a new one can start each cycle: three lanes of kLane bytes
// run side by side and are joined by moving the first two past the zeros that stand for the rest.
constexpr std::size_t kLane = 1024;

// kPastLane[i][b]: byte i of a state being b, moved past kLane zero bytes. The move is linear over
// bits, so the four bytes of a state add up by xor.
constexpr std::array<Table, 4> make_past_lane() {
  std::array<std::uint32_t, 32> moved{};
  for (std::size_t bit = 0; bit < 32; ++bit) {
    std::uint32_t state = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < kLane; ++i) state = (state >> 8) ^ kTables[0][state & 0xFF];
    moved[bit] = state;
  }
  std::array<Table, 4> tables{};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t b = 0; b < 256; ++b) {
      std::uint32_t state = 0;
      for (std::size_t bit = 0; bit < 8; ++bit) {
        if ((b >> bit & 1) != 0) state ^= moved[8 * i + bit];
      }
      tables[i][b] = state;
    }
  }
  return tables;
}
constexpr std::array<Table, 4> kPastLane = make_past_lane();

std::uint32_t past_lane(std::uint32_t state) {
  return kPastLane[0][state & 0xFF] ^ kPastLane[1][state >> 8 & 0xFF] ^
         kPastLane[2][state >> 16 & 0xFF] ^ kPastLane[3][state >> 24];
}

OG_CRC_TARGET std::uint32_t update_by_instruction(std::uint32_t state, const std::uint8_t* at,
                                                  std::size_t size) {
  for (; size >= 3 * kLane; at += 3 * kLane, size -= 3 * kLane) {
    std::uint32_t second = 0;
    std::uint32_t third = 0;
    for (std::size_t i = 0; i < kLane; i += 8) {
      state = step8(state, load_word(at + i));
      second = step8(second, load_word(at + kLane + i));
      third = step8(third, load_word(at + 2 * kLane + i));
    }
    state = past_lane(past_lane(state) ^ second) ^ third;
  }
  for (; size >= 8; at += 8, size -= 8) state = step8(state, load_word(at));
  for (; size > 0; ++at, --size) state = step1(state, *at);
  return state;
}

#else
bool machine_has_crc() { return false; }
std::uint32_t update_by_instruction(std::uint32_t state, const std::uint8_t* at, std::size_t size) {
  return update_by_tables(state, at, size);
}
#endif

}  // namespace

std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t before) {
  static const bool has_instruction = machine_has_crc();
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  return has_instruction ? ~update_by_instruction(~before, bytes, size)
                         : ~update_by_tables(~before, bytes, size);
}

std::uint32_t crc32c_portable(const void* data, std::size_t size, std::uint32_t before) {
  return ~update_by_tables(~before, static_cast<const std::uint8_t*>(data), size);
}

}  // namespace omnigraph
