#include "index/tuple_index.h"

#include <algorithm>
#include <cstring>

namespace omnigraph {
namespace {

constexpr std::size_t kHead = 8;
constexpr std::size_t kEntry = sizeof(std::uint64_t) + sizeof(std::uint32_t);

}  // namespace

std::shared_ptr<const TupleIndex> TupleIndex::build(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.row < b.row;
  });
  auto index = std::make_shared<TupleIndex>();
  index->hashes_.reserve(entries.size());
  index->rows_.reserve(entries.size());
  for (const Entry& entry : entries) {
    index->hashes_.push_back(entry.hash);
    index->rows_.push_back(entry.row);
  }
  return index;
}

void TupleIndex::encode(std::string& out) const {
  const std::uint32_t head[2] = {static_cast<std::uint32_t>(hashes_.size()), 0};
  out.append(reinterpret_cast<const char*>(head), sizeof head);
  out.append(reinterpret_cast<const char*>(hashes_.data()), hashes_.size() * sizeof(std::uint64_t));
  out.append(reinterpret_cast<const char*>(rows_.data()), rows_.size() * sizeof(std::uint32_t));
}

Result<std::shared_ptr<const TupleIndex>> TupleIndex::decode(std::string_view bytes,
                                                             std::uint32_t segment_rows) {
  std::uint32_t head[2];
  if (bytes.size() < kHead) return corrupt("tuple index: cut off");
  std::memcpy(head, bytes.data(), sizeof head);
  const std::size_t entries = head[0];
  if (head[1] != 0 || entries > segment_rows || bytes.size() != kHead + entries * kEntry) {
    return corrupt("tuple index: its length does not fit its entries");
  }
  auto index = std::make_shared<TupleIndex>();
  index->hashes_.resize(entries);
  index->rows_.resize(entries);
  if (entries > 0) {
    std::memcpy(index->hashes_.data(), bytes.data() + kHead, entries * sizeof(std::uint64_t));
    std::memcpy(index->rows_.data(), bytes.data() + kHead + entries * sizeof(std::uint64_t),
                entries * sizeof(std::uint32_t));
  }
  for (std::size_t i = 0; i < entries; ++i) {
    if (index->rows_[i] >= segment_rows || (i > 0 && index->hashes_[i - 1] > index->hashes_[i])) {
      return corrupt("tuple index: out of order");
    }
  }
  return std::shared_ptr<const TupleIndex>(std::move(index));
}

std::span<const std::uint32_t> TupleIndex::find(std::uint64_t hash) const {
  const auto [begin, end] = std::equal_range(hashes_.begin(), hashes_.end(), hash);
  return std::span(rows_).subspan(static_cast<std::size_t>(begin - hashes_.begin()),
                                  static_cast<std::size_t>(end - begin));
}

std::size_t TupleIndex::memory() const {
  return sizeof(TupleIndex) + hashes_.capacity() * sizeof(std::uint64_t) +
         rows_.capacity() * sizeof(std::uint32_t);
}

}  // namespace omnigraph
