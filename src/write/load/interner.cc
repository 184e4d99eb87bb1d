#include "write/load/interner.h"

#include <xxhash.h>

namespace omnigraph {

std::uint64_t text_hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

// The slot of the text, or the empty one where it belongs.
std::size_t Interner::slot_of(std::string_view text, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != kNone) {
    const std::uint32_t number = slots_[slot];
    if (hashes_[number] == hash && this->text(number) == text) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

void Interner::grow() {
  slots_.assign(slots_.empty() ? 1024 : slots_.size() * 2, kNone);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t number = 0; number < size(); ++number) {
    std::size_t slot = hashes_[number] & mask;
    while (slots_[slot] != kNone) slot = (slot + 1) & mask;
    slots_[slot] = number;
  }
}

std::uint32_t Interner::intern(std::string_view text) {
  if (hashes_.size() * 2 >= slots_.size()) grow();
  const auto hash = static_cast<std::uint32_t>(text_hash(text));
  const std::size_t slot = slot_of(text, hash);
  if (slots_[slot] != kNone) return slots_[slot];
  const std::uint32_t number = size();
  slots_[slot] = number;
  hashes_.push_back(hash);
  bytes_.insert(bytes_.end(), text.begin(), text.end());
  offsets_.push_back(bytes_.size());
  return number;
}

std::uint32_t Interner::find(std::string_view text) const {
  if (slots_.empty()) return kNone;
  return slots_[slot_of(text, static_cast<std::uint32_t>(text_hash(text)))];
}

std::size_t Interner::memory() const {
  return slots_.capacity() * 4 + hashes_.capacity() * 4 + offsets_.capacity() * 8 + bytes_.capacity();
}

}  // namespace omnigraph
