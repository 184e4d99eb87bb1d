#include "storage/parquet/encodings.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

namespace omnigraph::parquet {
namespace {

constexpr std::size_t kGroup = 8;      // numbers of a bit-packed group
constexpr std::uint32_t kBlock = 128;  // values of a delta block
constexpr std::uint32_t kMiniblocks = 4;
constexpr std::uint32_t kMiniblock = kBlock / kMiniblocks;

// Up to eight bytes at `at` as a number, zero beyond `end`.
std::uint64_t load_word(const char* at, const char* end) {
  std::uint64_t word = 0;
  if (end - at >= 8) {
    std::memcpy(&word, at, 8);
  } else if (at < end) {
    std::memcpy(&word, at, static_cast<std::size_t>(end - at));
  }
  return word;
}

constexpr std::uint64_t low_bits(unsigned width) {
  return width >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

// Number i of `width` bits, from the lowest bit up.
std::uint64_t packed_at(std::string_view bytes, unsigned width, std::size_t i) {
  const std::size_t bit = i * width;
  const char* at = bytes.data() + bit / 8;
  const char* end = bytes.data() + bytes.size();
  const unsigned shift = bit % 8;
  std::uint64_t value = load_word(at, end) >> shift;
  if (shift + width > 64) value |= load_word(at + 8, end) << (64 - shift);
  return value & low_bits(width);
}

void pack(std::span<const std::uint64_t> values, unsigned width, std::string& out) {
  std::uint64_t word = 0;
  unsigned used = 0;
  for (const std::uint64_t value : values) {
    word |= value << used;
    if (used + width >= 64) {
      append_fixed(out, word);
      const unsigned taken = 64 - used;
      word = taken >= 64 ? 0 : (taken < width ? value >> taken : 0);
      used = used + width - 64;
    } else {
      used += width;
    }
  }
  for (; used > 0; used -= std::min(used, 8u)) {
    out.push_back(static_cast<char>(word));
    word >>= 8;
  }
}

void flush_groups(std::span<const std::uint32_t> values, unsigned width, std::string& out) {
  if (values.empty()) return;
  const std::size_t groups = (values.size() + kGroup - 1) / kGroup;
  append_varint(out, groups << 1 | 1);
  std::vector<std::uint64_t> padded(groups * kGroup);
  std::copy(values.begin(), values.end(), padded.begin());
  pack(padded, width, out);
}

template <typename Signed>
void encode_delta_of(std::span<const Signed> values, std::string& out) {
  using Unsigned = std::make_unsigned_t<Signed>;
  append_varint(out, kBlock);
  append_varint(out, kMiniblocks);
  append_varint(out, values.size());
  append_zigzag(out, values.empty() ? 0 : values[0]);
  std::array<Signed, kBlock> deltas;
  std::array<std::uint64_t, kBlock> rests;
  for (std::size_t begin = 1; begin < values.size(); begin += kBlock) {
    const std::size_t count = std::min<std::size_t>(kBlock, values.size() - begin);
    Signed least = std::numeric_limits<Signed>::max();
    for (std::size_t i = 0; i < count; ++i) {
      deltas[i] = static_cast<Signed>(static_cast<Unsigned>(values[begin + i]) -
                                      static_cast<Unsigned>(values[begin + i - 1]));
      least = std::min(least, deltas[i]);
    }
    rests.fill(0);
    for (std::size_t i = 0; i < count; ++i) {
      rests[i] =
          static_cast<Unsigned>(static_cast<Unsigned>(deltas[i]) - static_cast<Unsigned>(least));
    }
    append_zigzag(out, least);
    std::array<unsigned, kMiniblocks> widths{};
    for (std::uint32_t m = 0; m < kMiniblocks; ++m) {
      std::uint64_t all = 0;
      for (std::uint32_t i = 0; i < kMiniblock; ++i) all |= rests[m * kMiniblock + i];
      widths[m] = static_cast<unsigned>(std::bit_width(all));
      out.push_back(static_cast<char>(widths[m]));
    }
    // A last block stores only the miniblocks that hold values.
    for (std::uint32_t m = 0; m * kMiniblock < count; ++m) {
      pack(std::span(rests).subspan(m * kMiniblock, kMiniblock), widths[m], out);
    }
  }
}

// Adds up one miniblock. Loads of eight bytes cover a number of up to 57 bits at any bit.
template <typename Number, typename Out>
void add_miniblock(std::string_view bytes, const char* end, unsigned width, Number least,
                   Number& last, std::span<Out> out) {
  const char* data = bytes.data();
  if (width == 0) {
    for (Out& value : out) {
      last = static_cast<Number>(last + least);
      value = static_cast<Out>(last);
    }
  } else if (width <= 56 && end - data >= static_cast<std::ptrdiff_t>(bytes.size() + 8)) {
    const std::uint64_t mask = low_bits(width);
    std::size_t bit = 0;
    for (Out& value : out) {
      std::uint64_t word;
      std::memcpy(&word, data + bit / 8, 8);
      last = static_cast<Number>(last + least + static_cast<Number>((word >> (bit % 8)) & mask));
      value = static_cast<Out>(last);
      bit += width;
    }
  } else {
    for (std::size_t i = 0; i < out.size(); ++i) {
      last = static_cast<Number>(last + least + static_cast<Number>(packed_at(bytes, width, i)));
      out[i] = static_cast<Out>(last);
    }
  }
}

// Number: the width in which the stream's values wrap.
template <typename Number, typename Out>
bool decode_delta_of(std::string_view bytes, std::span<Out> out) {
  ByteReader in(bytes);
  if (in.varint() != kBlock || in.varint() != kMiniblocks || in.varint() != out.size()) {
    return false;
  }
  auto last = static_cast<Number>(in.signed_varint());
  if (!in.ok()) return false;
  if (out.empty()) return in.remaining() == 0;
  out[0] = static_cast<Out>(last);
  const char* const end = bytes.data() + bytes.size();
  for (std::size_t begin = 1; begin < out.size(); begin += kBlock) {
    const std::size_t count = std::min<std::size_t>(kBlock, out.size() - begin);
    const auto least = static_cast<Number>(in.signed_varint());
    const std::string_view widths = in.take(kMiniblocks);
    if (!in.ok()) return false;
    for (std::uint32_t m = 0; m * kMiniblock < count; ++m) {
      const auto width = static_cast<std::uint8_t>(widths[m]);
      if (width > 8 * sizeof(Number)) return false;
      const std::string_view packed = in.take(std::size_t{width} * kMiniblock / 8);
      if (!in.ok()) return false;
      const std::size_t first = begin + m * kMiniblock;
      const std::size_t here = std::min<std::size_t>(kMiniblock, begin + count - first);
      add_miniblock(packed, end, width, least, last, out.subspan(first, here));
    }
  }
  return in.remaining() == 0;
}

}  // namespace

unsigned width_for(std::uint32_t greatest) {
  return static_cast<unsigned>(std::bit_width(greatest));
}

void encode_hybrid(std::span<const std::uint32_t> values, unsigned width, std::string& out) {
  assert(width <= 32);
  std::size_t literal = 0;  // start of the numbers that wait for a bit-packed run
  for (std::size_t at = 0; at < values.size();) {
    std::size_t run = 1;
    while (at + run < values.size() && values[at + run] == values[at]) ++run;
    if (run >= kGroup) {
      flush_groups(values.subspan(literal, at - literal), width, out);
      append_varint(out, run << 1);
      for (unsigned bit = 0; bit < width; bit += 8) {
        out.push_back(static_cast<char>(values[at] >> bit));
      }
      at += run;
      literal = at;
    } else {
      at = std::min(values.size(), at + kGroup);  // only whole groups may precede a run
    }
  }
  flush_groups(values.subspan(literal), width, out);
}

bool decode_hybrid(std::string_view bytes, unsigned width, std::uint32_t most,
                   std::span<std::uint32_t> out) {
  if (width > 32) return false;
  ByteReader in(bytes);
  std::size_t at = 0;
  while (at < out.size()) {
    const std::uint64_t head = in.varint();
    if (!in.ok() || head <= 1) return false;
    if ((head & 1) == 0) {
      const std::uint64_t run = head >> 1;
      const std::string_view value_bytes = in.take((width + 7) / 8);
      if (!in.ok() || run > out.size() - at) return false;
      std::uint32_t value = 0;
      std::memcpy(&value, value_bytes.data(), value_bytes.size());
      if (value > most) return false;
      std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(at), run, value);
      at += run;
    } else {
      const std::uint64_t groups = head >> 1;
      if (groups > (out.size() - at + kGroup - 1) / kGroup) return false;
      const std::string_view packed = in.take(groups * width);
      if (!in.ok()) return false;
      const std::size_t count = std::min<std::size_t>(groups * kGroup, out.size() - at);
      std::uint32_t greatest = 0;
      const std::uint64_t mask = low_bits(width);
      std::size_t i = 0;
      // Eight bytes at a time while they lie inside the group's bytes.
      for (std::size_t bit = 0; i < count && bit / 8 + 8 <= packed.size(); ++i, bit += width) {
        std::uint64_t word;
        std::memcpy(&word, packed.data() + bit / 8, 8);
        out[at + i] = static_cast<std::uint32_t>((word >> (bit % 8)) & mask);
        greatest = std::max(greatest, out[at + i]);
      }
      for (; i < count; ++i) {
        out[at + i] = static_cast<std::uint32_t>(packed_at(packed, width, i));
        greatest = std::max(greatest, out[at + i]);
      }
      if (greatest > most) return false;
      at += count;
    }
  }
  return in.remaining() == 0;
}

void encode_delta(std::span<const std::int32_t> values, std::string& out) {
  encode_delta_of(values, out);
}
void encode_delta(std::span<const std::int64_t> values, std::string& out) {
  encode_delta_of(values, out);
}
bool decode_delta32(std::string_view bytes, std::span<std::uint32_t> out) {
  return decode_delta_of<std::uint32_t>(bytes, out);
}
bool decode_delta64(std::string_view bytes, std::span<std::uint64_t> out) {
  return decode_delta_of<std::uint64_t>(bytes, out);
}
bool decode_delta64_narrow(std::string_view bytes, std::span<std::uint32_t> out) {
  return decode_delta_of<std::uint64_t>(bytes, out);
}

}  // namespace omnigraph::parquet
