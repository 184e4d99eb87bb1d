// The value encodings of our Parquet profile: runs and bit-packed groups (levels, dictionary
// codes), delta-packed integers. Decoders take untrusted bytes: they never read or write outside
// what they are given and return false on anything malformed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "storage/byte_codec.h"

namespace omnigraph::parquet {

// RLE / bit-packed hybrid, numbers of `width` bits (0 .. 32).
void encode_hybrid(std::span<const std::uint32_t> values, unsigned width, std::string& out);
// Fills `out`; every number must be at most `most`.
bool decode_hybrid(std::string_view bytes, unsigned width, std::uint32_t most,
                   std::span<std::uint32_t> out);
// Bits that numbers up to `greatest` need.
unsigned width_for(std::uint32_t greatest);

// DELTA_BINARY_PACKED with blocks of 128 and miniblocks of 32. 32-bit values wrap in 32 bits.
void encode_delta(std::span<const std::int32_t> values, std::string& out);
void encode_delta(std::span<const std::int64_t> values, std::string& out);
// The low 32 or all 64 bits of each value. Fails when
// it does not hold exactly out.size() values.
bool decode_delta32(std::string_view bytes, std::span<std::uint32_t> out);
bool decode_delta64(std::string_view bytes, std::span<std::uint64_t> out);
// A stream of 64-bit values that all fit 32 bits, straight into 32.
bool decode_delta64_narrow(std::string_view bytes, std::span<std::uint32_t> out);

}  // namespace omnigraph::parquet
