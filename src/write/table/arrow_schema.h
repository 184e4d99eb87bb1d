// The schema of an Arrow IPC message: its flatbuffers, and the columns that they describe. One
// thread at a time; pure but for the damage that is marked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/value.h"

namespace omnigraph::arrow {

// A table of a flatbuffer. Reads outside the buffer give the default and mark it damaged.
class Flat {
 public:
  Flat() = default;
  Flat(std::string_view bytes, std::uint64_t at, bool* damaged)
      : bytes_(bytes), at_(at), damaged_(damaged) {}
  static Flat root(std::string_view bytes, bool* damaged) {
    Flat probe(bytes, 0, damaged);
    return {bytes, probe.load<std::uint32_t>(0), damaged};
  }

  explicit operator bool() const { return at_ != 0; }
  template <typename T>
  T number(unsigned field, T other = {}) const {
    const std::uint64_t place = field_at(field);
    return place == 0 ? other : load<T>(place);
  }
  Flat table(unsigned field) const {
    const std::uint64_t place = field_at(field);
    if (place == 0) return {};
    return {bytes_, place + load<std::uint32_t>(place), damaged_};
  }
  std::string_view text(unsigned field) const {
    const std::uint64_t place = vector_at(field);
    if (place == 0) return {};
    const std::uint64_t size = load<std::uint32_t>(place);
    if (!inside(place + 4, size)) return {};
    return bytes_.substr(place + 4, size);
  }
  std::uint64_t size(unsigned field) const {
    const std::uint64_t place = vector_at(field);
    if (place == 0) return 0;
    const std::uint64_t size = load<std::uint32_t>(place);
    return inside(place + 4, size) ? size : 0;
  }
  Flat element(unsigned field, std::uint64_t i) const {
    const std::uint64_t place = vector_at(field) + 4 + 4 * i;
    return {bytes_, place + load<std::uint32_t>(place), damaged_};
  }
  // Of a vector of structs `width` bytes wide: a number `offset` bytes into the i-th.
  std::int64_t struct_number(unsigned field, std::uint64_t i, std::uint64_t width,
                             std::uint64_t offset) const {
    return load<std::int64_t>(vector_at(field) + 4 + width * i + offset);
  }

 private:
  bool inside(std::uint64_t at, std::uint64_t size) const {
    if (at <= bytes_.size() && size <= bytes_.size() - at) return true;
    *damaged_ = true;
    return false;
  }
  template <typename T>
  T load(std::uint64_t at) const {
    T value{};
    if (inside(at, sizeof value)) std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }
  std::uint64_t field_at(unsigned field) const {
    if (at_ == 0) return 0;
    const std::int64_t table = static_cast<std::int64_t>(at_) - load<std::int32_t>(at_);
    if (table < 0) {
      *damaged_ = true;
      return 0;
    }
    const auto names = static_cast<std::uint64_t>(table);
    const std::uint64_t slot = 4 + 2 * std::uint64_t{field};
    if (slot + 2 > load<std::uint16_t>(names)) return 0;
    const std::uint64_t offset = load<std::uint16_t>(names + slot);
    return offset == 0 ? 0 : at_ + offset;
  }
  std::uint64_t vector_at(unsigned field) const {
    const std::uint64_t place = field_at(field);
    return place == 0 ? 0 : place + load<std::uint32_t>(place);
  }

  std::string_view bytes_;
  std::uint64_t at_ = 0;
  bool* damaged_ = nullptr;
};

// Arrow's numbers for types, as in Schema.fbs.
enum TypeKind {
  kNull = 1,
  kInt = 2,
  kFloatingPoint = 3,
  kBinary = 4,
  kUtf8 = 5,
  kBool = 6,
  kDecimal = 7,
  kDate = 8,
  kTime = 9,
  kTimestamp = 10,
  kList = 12,
  kStruct = 13,
  kUnion = 14,
  kFixedSizeBinary = 15,
  kFixedSizeList = 16,
  kMap = 17,
  kLargeBinary = 19,
  kLargeUtf8 = 20,
  kLargeList = 21
};

struct Field {
  std::string name;
  int kind = 0;
  int width = 0;  // bits of integers and floats; bytes or elements of fixed sizes
  bool is_signed = true;
  bool days = false;         // dates: in days, not milliseconds
  std::int64_t divisor = 1;  // of instants: units in a millisecond
  std::int64_t factor = 1;   // of instants: milliseconds in a unit
  std::int64_t dictionary = -1;
  int index_width = 32;
  bool index_signed = true;
  std::vector<Field> children;
  std::string refusal;

  // Whether its buffers are not known, so that no column behind it can be found.
  bool opaque() const {
    return kind == kUnion || kind > kLargeList ||
           std::any_of(children.begin(), children.end(),
                       [](const Field& child) { return child.opaque(); });
  }
  bool list() const { return kind == kList || kind == kLargeList || kind == kFixedSizeList; }
};

// What a column becomes.
PropertyType type_of(const Field& field);

// Fields of a schema, with all that lie inside others, are at most this many, and lie in one
// another at most this deep: offsets may lead to one place again and again.
inline constexpr std::size_t kMaxFields = 1 << 16;
inline constexpr int kMaxDepth = 8;
// The field that `flat` describes. `left`: fields that may still be read; 0 afterwards, and fields
// missing, when the schema has too many.
Field read_field(const Flat& flat, std::size_t& left, int depth = 0);

}  // namespace omnigraph::arrow
