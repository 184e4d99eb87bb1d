// Little-endian numbers and LEB128 varints in byte strings: what our binary formats are made of.
// The reader is for untrusted bytes: it never reads outside them, and after the first failure every
// further read fails too, so that a decoder may check once at the end of a group of fields.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace omnigraph {

static_assert(std::endian::native == std::endian::little,
              "formats are read and written as they lie");

template <typename T>
void append_fixed(std::string& out, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

inline void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

inline void append_zigzag(std::string& out, std::int64_t value) {
  append_varint(out, zigzag(value));
}

template <typename T>
T load_fixed(const void* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return bytes_.size() - at_; }
  std::size_t position() const { return at_; }
  // False for good once called.
  bool fail() {
    ok_ = false;
    at_ = bytes_.size();
    return false;
  }

  template <typename T>
  T fixed() {
    if (remaining() < sizeof(T)) {
      fail();
      return T{};
    }
    const T value = load_fixed<T>(bytes_.data() + at_);
    at_ += sizeof(T);
    return value;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const auto byte = static_cast<std::uint8_t>(bytes_[at_++]);
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    fail();
    return 0;
  }
  // A varint that must fit `T` and be at most `most`.
  template <typename T>
  T bounded(std::uint64_t most) {
    const std::uint64_t value = varint();
    if (value > most) {
      fail();
      return T{};
    }
    return static_cast<T>(value);
  }
  std::int64_t signed_varint() { return unzigzag(varint()); }

  std::string_view take(std::uint64_t size) {
    if (remaining() < size) {
      fail();
      return {};
    }
    const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(size));
    at_ += static_cast<std::size_t>(size);
    return taken;
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace omnigraph
