// Scalar types, property types and values, as schemas declare them and as parameters and results
// carry them. Plain values; safe to copy and to use from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace omnigraph {

enum class ScalarType : std::uint8_t {
  kString,
  kBool,
  kI32,
  kI64,
  kU32,
  kU64,
  kF32,
  kF64,
  kDate,
  kDateTime,
  kBlob,
  kVector,
};

// "String", "Bool", … ; kVector prints "Vector" (PropertyType prints its dimension).
std::string_view scalar_name(ScalarType type);
constexpr bool is_numeric(ScalarType type) {
  return type >= ScalarType::kI32 && type <= ScalarType::kF64;
}
constexpr bool is_integer(ScalarType type) {
  return type >= ScalarType::kI32 && type <= ScalarType::kU64;
}

// The type of a property or parameter.
struct PropertyType {
  ScalarType scalar = ScalarType::kString;
  bool list = false;                          // [S]
  bool nullable = false;                      // trailing ?
  std::uint32_t dimension = 0;                // of kVector, else 0
  std::vector<std::string> enum_values = {};  // sorted, unique; only of an enum (scalar kString)

  bool is_enum() const { return !enum_values.empty(); }
  bool operator==(const PropertyType&) const = default;
};

// Printed form of spec/schema.md §3: `String`, `Vector(3)`, `enum(a, b)`, `[I32]`, trailing `?`.
std::string to_string(const PropertyType& type);

struct Date {
  std::int32_t days = 0;  // since 1970-01-01
  auto operator<=>(const Date&) const = default;
};
struct DateTime {
  std::int64_t millis = 0;  // since the epoch, UTC
  auto operator<=>(const DateTime&) const = default;
};

class Value;
using ValueList = std::vector<Value>;

// One value. Null is std::monostate. Vectors are lists of double. U64 values above the I64 range
// use std::uint64_t; everything else integral uses std::int64_t.
class Value {
 public:
  using Storage = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double,
                               std::string, Date, DateTime, std::shared_ptr<const ValueList>>;
  Value() = default;
  Value(bool v) : storage_(v) {}               // NOLINT: implicit
  Value(std::int64_t v) : storage_(v) {}       // NOLINT: implicit
  Value(int v) : storage_(std::int64_t{v}) {}  // NOLINT: implicit
  Value(std::uint64_t v) {                     // NOLINT: implicit
    if (v <= static_cast<std::uint64_t>(INT64_MAX))
      storage_ = static_cast<std::int64_t>(v);
    else
      storage_ = v;
  }
  Value(double v) : storage_(v) {}                         // NOLINT: implicit
  Value(std::string v) : storage_(std::move(v)) {}         // NOLINT: implicit
  Value(std::string_view v) : storage_(std::string(v)) {}  // NOLINT: implicit
  Value(const char* v) : storage_(std::string(v)) {}       // NOLINT: implicit
  Value(Date v) : storage_(v) {}                           // NOLINT: implicit
  Value(DateTime v) : storage_(v) {}                       // NOLINT: implicit
  Value(ValueList v)                                       // NOLINT: implicit
      : storage_(std::make_shared<const ValueList>(std::move(v))) {}

  bool is_null() const { return std::holds_alternative<std::monostate>(storage_); }
  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&storage_);
  }
  const ValueList* list() const {
    const auto* p = std::get_if<std::shared_ptr<const ValueList>>(&storage_);
    return p ? p->get() : nullptr;
  }
  const Storage& storage() const { return storage_; }

  // Structural equality: same alternative, equal content (doubles by ==).
  friend bool operator==(const Value& a, const Value& b);

 private:
  Storage storage_;
};

}  // namespace omnigraph
