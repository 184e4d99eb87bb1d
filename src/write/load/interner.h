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

  std::uint32_t intern(std::string_view text) { return intern(text, hash_of(text)); }
  // In two steps, so that a caller with several texts at hand need not wait for memory at each: the
  // first brings the place near.
  static std::uint32_t hash_of(std::string_view text) {
    return static_cast<std::uint32_t>(text_hash(text));
  }
  void prefetch(std::uint32_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  std::uint32_t intern(std::string_view text, std::uint32_t hash);
  // kNone when it was never interned.
  std::uint32_t find(std::string_view text) const;

  std::uint32_t size() const { return static_cast<std::uint32_t>(offsets_.size() - 1); }
  std::string_view text(std::uint32_t number) const {
    return {bytes_.data() + offsets_[number], offsets_[number + 1] - offsets_[number]};
  }
  std::size_t memory() const;

 private:
  // A short text is told by its slot alone, so that looking it up touches one cache line.
  struct Slot {
    std::uint64_t word = 0;  // up to 7 bytes of text and, on top, their number; 0: longer
    std::uint32_t hash = 0;
    std::uint32_t number = kNone;
  };
  static std::uint64_t word_of(std::string_view text);
  std::size_t slot_of(std::string_view text, std::uint64_t word, std::uint32_t hash) const;
  void grow();

  std::vector<Slot> slots_;  // open addressing, a power of two, at most three quarters full
  std::vector<std::uint64_t> offsets_{0};
  std::vector<char> bytes_;
};

}  // namespace omnigraph
