// Reads Thrift's compact protocol into a tree of values: the footers and page headers of Parquet
// files of other programs. Untrusted bytes: depth and number of values are bounded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace omnigraph {

struct ThriftValue {
  std::int64_t number = 0;  // numbers and truth values
  std::string_view bytes;   // texts
  std::vector<ThriftValue> list;
  std::map<int, ThriftValue> fields;  // structs, by field id

  const ThriftValue* find(int field) const {
    const auto at = fields.find(field);
    return at == fields.end() ? nullptr : &at->second;
  }
  std::int64_t number_or(int field, std::int64_t other) const {
    const ThriftValue* value = find(field);
    return value == nullptr ? other : value->number;
  }
};

inline constexpr int kMaxThriftDepth = 16;
inline constexpr std::size_t kMaxThriftValues = 10'000'000;

// The struct at the begin of `bytes`; nullopt when it is malformed or cut off. `used`: its length.
std::optional<ThriftValue> read_thrift(std::string_view bytes, std::size_t* used = nullptr);

}  // namespace omnigraph
