#include "write/load/interner.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace omnigraph {
namespace {

constexpr std::size_t kShort = 7;
constexpr std::size_t kFirstSlots = 1024;

}  // namespace

std::uint64_t text_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

std::uint64_t Interner::word_of(std::string_view text) {
  if (text.size() > kShort) return 0;
  std::uint64_t word = 0;
  std::memcpy(&word, text.data(), text.size());
  return word | std::uint64_t{text.size() + 1} << 56;
}

// The slot of the text, or the empty one where it belongs.
std::size_t Interner::slot_of(std::string_view text, std::uint64_t word, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.number == kNone) return at;
    if (slot.hash != hash || slot.word != word) continue;
    if (word != 0 || this->text(slot.number) == text) return at;
  }
}

void Interner::grow() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.number == kNone) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].number != kNone) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

std::uint32_t Interner::intern(std::string_view text, std::uint32_t hash) {
  if (std::size_t{size()} * 4 >= slots_.size() * 3) grow();
  const std::uint64_t word = word_of(text);
  Slot& slot = slots_[slot_of(text, word, hash)];
  if (slot.number != kNone) return slot.number;
  slot = {word, hash, size()};
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  offsets_.push_back(bytes_.size());
  return slot.number;
}

std::uint32_t Interner::find(std::string_view text) const {
  if (slots_.empty()) return kNone;
  return slots_[slot_of(text, word_of(text), hash_of(text))].number;
}

std::size_t Interner::memory() const {
  return slots_.capacity() * sizeof(Slot) + offsets_.capacity() * 8 + bytes_.capacity();
}

}  // namespace omnigraph
