// Numbers for texts: the n-th distinct text gets n. One thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"

namespace omnigraph {

std::uint64_t text_hash(std::string_view text);

class Interner {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::uint32_t intern(std::string_view text);
  // kNone when it was never interned.
  std::uint32_t find(std::string_view text) const;

  std::uint32_t size() const { return static_cast<std::uint32_t>(hashes_.size()); }
  std::string_view text(std::uint32_t number) const {
    return {bytes_.data() + offsets_[number], offsets_[number + 1] - offsets_[number]};
  }
  std::size_t memory() const;

 private:
  std::size_t slot_of(std::string_view text, std::uint32_t hash) const;
  void grow();

  std::vector<std::uint32_t> slots_;    // open addressing, a power of two, at most half full
  std::vector<std::uint32_t> hashes_;   // of each text
  std::vector<std::uint64_t> offsets_{0};
  std::vector<char> bytes_;
};

}  // namespace omnigraph
