#include "index/sorted_column.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>
#include <numeric>
#include <type_traits>

namespace omnigraph {
namespace {

constexpr std::size_t kHead = kPermutationHead;
constexpr std::size_t kPadding = 8;  // lets a reader load 8 bytes at any number

template <typename T>
bool less_value(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return false;
    if (std::isnan(b)) return true;
  }
  return a < b;
}

template <typename T>
void sort_fixed(const Column& column, std::vector<std::uint32_t>::iterator begin,
                std::vector<std::uint32_t>::iterator end) {
  const auto values = column.fixed<T>();
  std::stable_sort(begin, end, [values](std::uint32_t a, std::uint32_t b) {
    return less_value(values[a], values[b]);
  });
}

std::uint32_t bits_for(std::uint32_t rows) {
  return static_cast<std::uint32_t>(std::bit_width(rows > 0 ? rows - 1 : 0u));
}

std::size_t encoded_size(std::uint32_t rows, std::uint32_t bits) {
  const std::size_t packed = (std::size_t{rows} * bits + 63) / 64 * 8;
  return kHead + packed + kPadding;
}

bool well_formed(std::string_view bytes, std::uint32_t rows) {
  std::uint32_t head[2];
  if (bytes.size() < kHead) return false;
  std::memcpy(head, bytes.data(), sizeof head);
  return head[0] == rows && head[1] == bits_for(rows) &&
         bytes.size() == encoded_size(rows, head[1]);
}

std::uint32_t number_at(const char* packed, std::uint32_t bits, std::size_t i) {
  const std::size_t bit = i * bits;
  std::uint64_t word;
  std::memcpy(&word, packed + bit / 8, sizeof word);
  return static_cast<std::uint32_t>((word >> (bit % 8)) & ((std::uint64_t{1} << bits) - 1));
}

}  // namespace

std::vector<std::uint32_t> sorted_permutation(const Column& column) {
  assert(!column.list);
  std::vector<std::uint32_t> order(column.rows);
  if (column.null_count == 0) {
    std::iota(order.begin(), order.end(), 0u);
  } else {
    std::uint32_t null_at = 0, present_at = column.null_count;
    for (std::uint32_t row = 0; row < column.rows; ++row) {
      order[column.is_null(row) ? null_at++ : present_at++] = row;
    }
  }
  const auto begin = order.begin() + column.null_count;
  switch (column.layout) {
    case Column::Layout::kAllNull:
    case Column::Layout::kList:
    case Column::Layout::kVector:
      return order;
    case Column::Layout::kDictionary:
      std::stable_sort(begin, order.end(), [&column](std::uint32_t a, std::uint32_t b) {
        return column.codes[a] < column.codes[b];
      });
      return order;
    case Column::Layout::kString:
      std::stable_sort(begin, order.end(), [&column](std::uint32_t a, std::uint32_t b) {
        return column.text(a) < column.text(b);
      });
      return order;
    case Column::Layout::kFixed:
      break;
  }
  switch (column.type) {
    case ScalarType::kBool:
      sort_fixed<std::uint8_t>(column, begin, order.end());
      break;
    case ScalarType::kI32:
    case ScalarType::kDate:
      sort_fixed<std::int32_t>(column, begin, order.end());
      break;
    case ScalarType::kI64:
    case ScalarType::kDateTime:
      sort_fixed<std::int64_t>(column, begin, order.end());
      break;
    case ScalarType::kU32:
      sort_fixed<std::uint32_t>(column, begin, order.end());
      break;
    case ScalarType::kU64:
      sort_fixed<std::uint64_t>(column, begin, order.end());
      break;
    case ScalarType::kF32:
      sort_fixed<float>(column, begin, order.end());
      break;
    case ScalarType::kF64:
      sort_fixed<double>(column, begin, order.end());
      break;
    case ScalarType::kString:
    case ScalarType::kBlob:
    case ScalarType::kVector:
      break;
  }
  return order;
}

void encode_permutation(const std::vector<std::uint32_t>& rows, std::string& out) {
  const auto count = static_cast<std::uint32_t>(rows.size());
  const std::uint32_t bits = bits_for(count);
  const std::uint32_t head[2] = {count, bits};
  out.append(reinterpret_cast<const char*>(head), sizeof head);
  const std::size_t start = out.size();
  out.resize(start + encoded_size(count, bits) - kHead);
  char* const packed = out.data() + start;
  std::uint64_t word = 0;
  unsigned used = 0;
  std::size_t at = 0;
  for (const std::uint32_t row : rows) {
    word |= std::uint64_t{row} << used;
    used += bits;
    if (used < 64) continue;
    std::memcpy(packed + at, &word, sizeof word);
    at += sizeof word;
    used -= 64;
    word = used > 0 ? std::uint64_t{row} >> (bits - used) : 0;
  }
  if (used > 0) std::memcpy(packed + at, &word, sizeof word);
}

Result<std::vector<std::uint32_t>> decode_permutation(std::string_view bytes, std::uint32_t rows) {
  if (!well_formed(bytes, rows)) return corrupt("permutation: its length does not fit its rows");
  const std::uint32_t bits = bits_for(rows);
  const char* packed = bytes.data() + kHead;
  std::vector<std::uint32_t> order(rows);
  std::uint32_t greatest = 0;
  for (std::uint32_t i = 0; i < rows; ++i) {
    order[i] = number_at(packed, bits, i);
    greatest = std::max(greatest, order[i]);
  }
  if (rows > 0 && greatest >= rows) return corrupt("permutation: names a row too far");
  return order;
}

Result<PackedPermutation> PackedPermutation::open(std::string_view head, std::uint32_t rows,
                                                  std::uint64_t size) {
  std::uint32_t words[2];
  if (head.size() < sizeof words) return corrupt("permutation: cut off");
  std::memcpy(words, head.data(), sizeof words);
  if (words[0] != rows || words[1] != bits_for(rows) || size != encoded_size(rows, words[1])) {
    return corrupt("permutation: its length does not fit its rows");
  }
  PackedPermutation opened;
  opened.bits_ = words[1];
  return opened;
}

std::uint64_t PackedPermutation::word_offset(std::uint32_t position) const {
  return kPermutationHead + std::uint64_t{position} * bits_ / 8;
}

std::uint32_t PackedPermutation::number(std::string_view word, std::uint32_t position) const {
  assert(word.size() == 8);
  std::uint64_t bytes;
  std::memcpy(&bytes, word.data(), sizeof bytes);
  const auto shift = static_cast<unsigned>(std::uint64_t{position} * bits_ % 8);
  return static_cast<std::uint32_t>((bytes >> shift) & ((std::uint64_t{1} << bits_) - 1));
}

}  // namespace omnigraph
