#include "storage/column_statistics.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace omnigraph {
namespace {

// Order of bounds: NaN above every other number, as everywhere.
template <typename T>
bool below(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return false;
    if (std::isnan(b)) return true;
  }
  return a < b;
}

// Rows of the least and greatest present value.
template <typename Less>
void extremes(const Column& column, std::uint32_t begin, std::uint32_t end, ZoneBounds& bounds,
              std::uint32_t& least, std::uint32_t& greatest, const Less& less) {
  bool any = false;
  for (std::uint32_t row = begin; row < end; ++row) {
    if (column.is_null(row)) {
      ++bounds.nulls;
      continue;
    }
    if (!any) {
      least = greatest = row;
      any = true;
    } else if (less(row, least)) {
      least = row;
    } else if (less(greatest, row)) {
      greatest = row;
    }
  }
}

template <typename T>
void fixed_extremes(const Column& column, std::uint32_t begin, std::uint32_t end,
                    ZoneBounds& bounds, std::uint32_t& least, std::uint32_t& greatest) {
  const auto values = column.fixed<T>();
  extremes(column, begin, end, bounds, least, greatest,
           [values](std::uint32_t a, std::uint32_t b) { return below(values[a], values[b]); });
}

// Value order of two bounds of one type.
bool value_below(const Value& a, const Value& b) {
  if (const auto* s = a.get_if<std::string>()) return *s < *b.get_if<std::string>();
  if (const auto* d = a.get_if<double>()) return below(*d, *b.get_if<double>());
  if (const auto* v = a.get_if<bool>()) return *v < *b.get_if<bool>();
  if (const auto* v = a.get_if<Date>()) return *v < *b.get_if<Date>();
  if (const auto* v = a.get_if<DateTime>()) return *v < *b.get_if<DateTime>();
  // Integers above the I64 range come as uint64_t.
  const auto* ai = a.get_if<std::int64_t>();
  const auto* bi = b.get_if<std::int64_t>();
  if (ai != nullptr && bi != nullptr) return *ai < *bi;
  if (ai == nullptr && bi == nullptr)
    return *a.get_if<std::uint64_t>() < *b.get_if<std::uint64_t>();
  return ai != nullptr;
}

std::uint64_t hash_bytes(const void* data, std::size_t size) { return XXH3_64bits(data, size); }

}  // namespace

void DistinctEstimate::add(std::uint64_t hash) {
  const std::size_t index = hash >> (64 - kIndexBits);
  const std::uint64_t rest = hash << kIndexBits;
  // The hash's remaining bits; zeros when all of them are.
  const int zeros = rest == 0 ? static_cast<int>(64 - kIndexBits) : std::countl_zero(rest);
  const auto rank = static_cast<std::uint8_t>(zeros + 1);
  ranks_[index] = std::max(ranks_[index], rank);
}

void DistinctEstimate::merge(const DistinctEstimate& other) {
  for (std::size_t i = 0; i < ranks_.size(); ++i) ranks_[i] = std::max(ranks_[i], other.ranks_[i]);
}

std::uint64_t DistinctEstimate::count() const {
  const auto buckets = static_cast<double>(ranks_.size());
  double sum = 0;
  std::size_t empty = 0;
  for (const std::uint8_t rank : ranks_) {
    sum += std::ldexp(1.0, -rank);
    if (rank == 0) ++empty;
  }
  const double alpha = 0.7213 / (1 + 1.079 / buckets);
  double estimate = alpha * buckets * buckets / sum;
  if (estimate <= 2.5 * buckets && empty > 0) {
    estimate = buckets * std::log(buckets / static_cast<double>(empty));
  }
  return static_cast<std::uint64_t>(std::llround(estimate));
}

ZoneBounds bounds_of(const Column& column, std::uint32_t begin, std::uint32_t end) {
  ZoneBounds bounds;
  std::uint32_t least = end, greatest = end;
  switch (column.layout) {
    case Column::Layout::kAllNull:
      bounds.nulls = end - begin;
      return bounds;
    case Column::Layout::kList:
    case Column::Layout::kVector:
      for (std::uint32_t row = begin; row < end; ++row) bounds.nulls += column.is_null(row);
      return bounds;
    case Column::Layout::kDictionary:
      extremes(column, begin, end, bounds, least, greatest,
               [&column](std::uint32_t a, std::uint32_t b) {
                 return column.codes[a] < column.codes[b];
               });
      break;
    case Column::Layout::kString:
      extremes(
          column, begin, end, bounds, least, greatest,
          [&column](std::uint32_t a, std::uint32_t b) { return column.text(a) < column.text(b); });
      break;
    case Column::Layout::kFixed:
      switch (column.type) {
        case ScalarType::kBool:
          fixed_extremes<std::uint8_t>(column, begin, end, bounds, least, greatest);
          break;
        case ScalarType::kI32:
        case ScalarType::kDate:
          fixed_extremes<std::int32_t>(column, begin, end, bounds, least, greatest);
          break;
        case ScalarType::kI64:
        case ScalarType::kDateTime:
          fixed_extremes<std::int64_t>(column, begin, end, bounds, least, greatest);
          break;
        case ScalarType::kU32:
          fixed_extremes<std::uint32_t>(column, begin, end, bounds, least, greatest);
          break;
        case ScalarType::kU64:
          fixed_extremes<std::uint64_t>(column, begin, end, bounds, least, greatest);
          break;
        case ScalarType::kF32:
          fixed_extremes<float>(column, begin, end, bounds, least, greatest);
          break;
        case ScalarType::kF64:
          fixed_extremes<double>(column, begin, end, bounds, least, greatest);
          break;
        case ScalarType::kString:
        case ScalarType::kBlob:
        case ScalarType::kVector:
          break;
      }
      break;
  }
  if (least == end) return bounds;
  if (column.layout == Column::Layout::kFixed) {
    bounds.min = column.value(least);
    bounds.max = column.value(greatest);
  } else {
    bounds.min = Value(column.text(least).substr(0, kBoundTextBytes));
    bounds.max = Value(column.text(greatest).substr(0, kBoundTextBytes));
    bounds.max_exact = column.text(greatest).size() <= kBoundTextBytes;
  }
  return bounds;
}

void widen(ZoneBounds& all, const ZoneBounds& page) {
  all.nulls += page.nulls;
  if (page.min.is_null()) return;
  if (all.min.is_null() || value_below(page.min, all.min)) all.min = page.min;
  if (all.max.is_null() || value_below(all.max, page.max)) {
    all.max = page.max;
    all.max_exact = page.max_exact;
  } else if (all.max == page.max) {
    // Equal prefixes: what was cut may be the greater one.
    all.max_exact = all.max_exact && page.max_exact;
  }
}

void add_distinct(DistinctEstimate& estimate, const Column& column, std::uint32_t begin,
                  std::uint32_t end) {
  const std::size_t width = fixed_width(column.type);
  const auto* values = static_cast<const std::byte*>(column.values);
  for (std::uint32_t row = begin; row < end; ++row) {
    if (column.is_null(row)) continue;
    switch (column.layout) {
      case Column::Layout::kFixed:
        estimate.add(hash_bytes(values + row * width, width));
        break;
      case Column::Layout::kString:
      case Column::Layout::kDictionary: {
        const std::string_view text = column.text(row);
        estimate.add(hash_bytes(text.data(), text.size()));
        break;
      }
      case Column::Layout::kAllNull:
      case Column::Layout::kList:
      case Column::Layout::kVector:
        break;
    }
  }
}

ColumnStatistics statistics_of(const Column& column) {
  ColumnStatistics statistics;
  DistinctEstimate distinct;
  for (std::uint32_t begin = 0; begin < column.rows; begin += kPageRows) {
    const std::uint32_t end = std::min(column.rows, begin + kPageRows);
    statistics.pages.push_back(bounds_of(column, begin, end));
    widen(statistics.bounds, statistics.pages.back());
    add_distinct(distinct, column, begin, end);
  }
  statistics.distinct = distinct.count();
  return statistics;
}

}  // namespace omnigraph
