// Reading the JSON heads of stored objects: typed fields of one object, with the first thing that
// is wrong remembered. Internal to storage. Unknown keys are ignored, so that a later minor
// addition does not lock out an older reader.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ulid.h"

namespace omnigraph {

// `wrong` is shared by all readers of one document; the first writer wins.
class JsonFields {
 public:
  JsonFields(simdjson::dom::element element, std::string& wrong) : wrong_(wrong) {
    if (element.get(object_) != simdjson::SUCCESS) {
      fail("an object is missing");
      return;
    }
    present_ = true;
  }

  bool ok() const { return wrong_.empty(); }
  bool has(std::string_view key) const {
    simdjson::dom::element element;
    return present_ && object_[key].get(element) == simdjson::SUCCESS && !element.is_null();
  }
  std::uint64_t number(std::string_view key, std::uint64_t most = UINT64_MAX) {
    return read<std::uint64_t>(key, [&](std::uint64_t v) { return v <= most; });
  }
  std::uint64_t number_or(std::string_view key, std::uint64_t fallback,
                          std::uint64_t most = UINT64_MAX) {
    return has(key) ? number(key, most) : fallback;
  }
  std::uint32_t small(std::string_view key) {
    return static_cast<std::uint32_t>(number(key, UINT32_MAX));
  }
  std::int64_t signed_number(std::string_view key) {
    return read<std::int64_t>(key, [](std::int64_t) { return true; });
  }
  std::string_view text(std::string_view key) {
    return read<std::string_view>(key, [](std::string_view) { return true; });
  }
  std::optional<std::string> text_or_none(std::string_view key) {
    if (!has(key)) return std::nullopt;
    return std::string(text(key));
  }
  Ulid ulid(std::string_view key) {
    const std::optional<Ulid> id = Ulid::parse(text(key));
    if (!id) fail(key);
    return id.value_or(Ulid{});
  }
  std::optional<Ulid> ulid_or_none(std::string_view key) {
    if (!has(key)) return std::nullopt;
    return ulid(key);
  }
  bool flag(std::string_view key) {
    bool v = false;
    if (has(key) && object_[key].get(v) != simdjson::SUCCESS) fail(key);
    return v;
  }
  // Empty when the key is missing.
  std::vector<simdjson::dom::element> array(std::string_view key) {
    std::vector<simdjson::dom::element> items;
    if (!has(key)) return items;
    simdjson::dom::array v;
    if (object_[key].get(v) != simdjson::SUCCESS) {
      fail(key);
      return items;
    }
    items.reserve(v.size());
    for (const simdjson::dom::element item : v) items.push_back(item);
    return items;
  }
  // JSON's null when the key is missing.
  simdjson::dom::element element(std::string_view key) {
    simdjson::dom::element v;
    if (present_ && object_[key].get(v) == simdjson::SUCCESS) return v;
    fail(key);
    return null_element();
  }
  void fail(std::string_view key) {
    if (wrong_.empty()) wrong_ = "'" + std::string(key) + "' is missing or wrong";
  }

 private:
  // An element of no document must not be asked for anything, not even whether it is an object.
  static simdjson::dom::element null_element() {
    static simdjson::dom::parser parser;
    static const simdjson::dom::element none = parser.parse("null", 4).value_unsafe();
    return none;
  }

  template <typename T, typename Accept>
  T read(std::string_view key, Accept accept) {
    T v{};
    if (!present_ || object_[key].get(v) != simdjson::SUCCESS || !accept(v)) {
      fail(key);
      return T{};
    }
    return v;
  }

  simdjson::dom::object object_;
  std::string& wrong_;
  bool present_ = false;
};

}  // namespace omnigraph
