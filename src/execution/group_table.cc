#include "execution/group_table.h"

#include <algorithm>
#include <cassert>

namespace omnigraph {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::uint32_t kMaxGroups = UINT32_MAX - 1;

}  // namespace

GroupTable::GroupTable(std::size_t width, std::uint32_t key_limit, bool distinct,
                       QueryContext& context)
    : width_(width), key_limit_(key_limit), distinct_(distinct), memory_(context), keys_(width) {
  if (width == 0) groups_ = 1;
}

std::uint64_t GroupTable::hash(const RowKey* tuple) const {
  std::uint64_t h = 0;
  for (std::size_t v = 0; v < width_; ++v) {
    h = (h ^ tuple[v]) * 0x9E3779B97F4A7C15;
    h ^= h >> 29;
  }
  return h;
}

Status GroupTable::grow() {
  const std::size_t size = slots_.empty() ? kFirstSlots : slots_.size() * 2;
  std::uint64_t bytes = size * sizeof(std::uint32_t);
  for (const auto& column : keys_) bytes += column.capacity() * sizeof(RowKey);
  OG_RETURN_IF_ERROR(memory_.grow_to(bytes));
  slots_.assign(size, 0);
  std::vector<RowKey> tuple(width_);
  for (std::uint32_t group = 0; group < groups_; ++group) {
    for (std::size_t v = 0; v < width_; ++v) tuple[v] = keys_[v][group];
    std::size_t at = hash(tuple.data()) & (size - 1);
    while (slots_[at] != 0) at = (at + 1) & (size - 1);
    slots_[at] = group + 1;
  }
  return {};
}

Status GroupTable::find(std::span<const std::vector<RowKey>* const> columns, std::uint32_t rows,
                        std::vector<std::uint32_t>& groups) {
  groups.resize(rows);
  if (width_ == 0) {
    std::fill(groups.begin(), groups.end(), 0U);
    return {};
  }
  if (rows > kMaxGroups - groups_) {
    return Error(ErrorCode::kResourceExhausted, "more than 2^32 groups");
  }
  if (distinct_) {
    for (std::size_t v = 0; v < width_; ++v) {
      keys_[v].insert(keys_[v].end(), columns[v]->begin(), columns[v]->begin() + rows);
    }
    for (std::uint32_t row = 0; row < rows; ++row) groups[row] = groups_ + row;
    groups_ += rows;
    return memory_.grow_to(keys_[0].capacity() * sizeof(RowKey) * width_);
  }
  if (width_ == 1) {
    if (slots_.empty()) {
      OG_RETURN_IF_ERROR(memory_.grow_to(std::uint64_t{key_limit_} * sizeof(std::uint32_t)));
      slots_.assign(key_limit_, 0);
    }
    const std::vector<RowKey>& keys = *columns[0];
    for (std::uint32_t row = 0; row < rows; ++row) {
      std::uint32_t& slot = slots_[keys[row]];
      if (slot == 0) {
        keys_[0].push_back(keys[row]);
        slot = ++groups_;
      }
      groups[row] = slot - 1;
    }
    return memory_.grow_to((std::uint64_t{key_limit_} + keys_[0].capacity()) * sizeof(RowKey));
  }
  std::vector<RowKey> tuple(width_);
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (slots_.size() < (std::size_t{groups_} + 1) * 2) OG_RETURN_IF_ERROR(grow());
    for (std::size_t v = 0; v < width_; ++v) tuple[v] = (*columns[v])[row];
    std::size_t at = hash(tuple.data()) & (slots_.size() - 1);
    for (;;) {
      const std::uint32_t slot = slots_[at];
      if (slot == 0) {
        for (std::size_t v = 0; v < width_; ++v) keys_[v].push_back(tuple[v]);
        slots_[at] = ++groups_;
        groups[row] = groups_ - 1;
        break;
      }
      bool equal = true;
      for (std::size_t v = 0; v < width_ && equal; ++v) equal = keys_[v][slot - 1] == tuple[v];
      if (equal) {
        groups[row] = slot - 1;
        break;
      }
      at = (at + 1) & (slots_.size() - 1);
    }
  }
  return {};
}

void GroupTable::keep(std::span<const std::uint32_t> groups) {
  assert(distinct_);
  for (auto& column : keys_) {
    std::vector<RowKey> kept;
    kept.reserve(groups.size());
    for (const std::uint32_t group : groups) kept.push_back(column[group]);
    column = std::move(kept);
  }
  groups_ = static_cast<std::uint32_t>(groups.size());
}

}  // namespace omnigraph
