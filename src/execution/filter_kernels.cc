#include "execution/filter_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace omnigraph {
namespace {

__extension__ using Int128 = __int128;

// The greatest integer <= v and the least >= v, for integers and finite doubles of any size.
struct Whole {
  Int128 floor = 0, ceil = 0;
};

Whole whole_of(const Cell& cell) {
  if (cell.kind == Cell::Kind::kInteger) return {cell.integer, cell.integer};
  if (cell.kind == Cell::Kind::kUnsigned) return {Int128{cell.natural}, Int128{cell.natural}};
  constexpr double kFar = 1e30;  // beyond every integer column
  const double v = std::clamp(cell.number, -kFar, kFar);
  return {static_cast<Int128>(std::floor(v)), static_cast<Int128>(std::ceil(v))};
}

bool is_nan(const Cell& cell) {
  return (cell.kind == Cell::Kind::kFloat || cell.kind == Cell::Kind::kNarrow) &&
         std::isnan(cell.number);
}

void keep_present(const Column& column, std::uint32_t begin, std::uint32_t n, std::uint8_t* out) {
  if (column.validity == nullptr) return;
  for (std::uint32_t i = 0; i < n; ++i) {
    const std::uint32_t row = begin + i;
    out[i] &= static_cast<std::uint8_t>((column.validity[row >> 6] >> (row & 63)) & 1);
  }
}

}  // namespace

template <typename T>
void ColumnTest::set_interval(T low, T high, bool inside) {
  kind_ = Kind::kInterval;
  inside_ = inside;
  if (low > high) {
    kind_ = inside ? Kind::kNever : Kind::kPresent;
    return;
  }
  if constexpr (std::is_floating_point_v<T>) {
    low_.f = static_cast<double>(low);
    high_.f = static_cast<double>(high);
  } else if constexpr (std::is_signed_v<T>) {
    low_.i = low;
    high_.i = high;
  } else {
    low_.u = low;
    high_.u = high;
  }
}

template <typename T>
void ColumnTest::set_integer(Compare op, const Cell& operand) {
  const Whole v = whole_of(operand);
  const Int128 least = std::numeric_limits<T>::min();
  const Int128 most = std::numeric_limits<T>::max();
  Int128 low = least, high = most;
  bool inside = true;
  switch (op) {
    case Compare::kNe:
      inside = false;
      [[fallthrough]];
    case Compare::kEq:  // empty when v is no integer
      low = v.ceil;
      high = v.floor;
      break;
    case Compare::kLt:
      high = v.ceil - 1;
      break;
    case Compare::kLe:
      high = v.floor;
      break;
    case Compare::kGt:
      low = v.floor + 1;
      break;
    case Compare::kGe:
      low = v.ceil;
      break;
    default:
      kind_ = Kind::kGeneral;
      return;
  }
  low = std::max(low, least);
  high = std::min(high, most);
  if (low > high) {
    kind_ = inside ? Kind::kNever : Kind::kPresent;
    return;
  }
  set_interval<T>(static_cast<T>(low), static_cast<T>(high), inside);
}

template <typename T>
void ColumnTest::set_float(Compare op, const Cell& operand) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  // The constant as a T, and on which side of it the exact value lies. A column of F32 takes the
  // rounded constant as exact (spec/queries.md §7).
  T v;
  if (operand.kind == Cell::Kind::kInteger) {
    v = static_cast<T>(operand.integer);
  } else if (operand.kind == Cell::Kind::kUnsigned) {
    v = static_cast<T>(operand.natural);
  } else {
    v = static_cast<T>(operand.number);
  }
  std::partial_ordering exact = std::partial_ordering::equivalent;  // of the constant against v
  if constexpr (std::is_same_v<T, double>) {
    Cell rounded;
    rounded.kind = Cell::Kind::kFloat;
    rounded.number = v;
    exact = compare_cells(operand, rounded);
  }
  const bool above = exact == std::partial_ordering::greater;
  const bool below = exact == std::partial_ordering::less;
  const T previous = std::nextafter(v, -kInfinity), next = std::nextafter(v, kInfinity);
  // Nothing lies beyond an infinity, and nextafter would stay there.
  const bool lowest = v == -kInfinity, highest = v == kInfinity;
  switch (op) {
    case Compare::kEq:
    case Compare::kNe:
      if (above || below) {
        kind_ = op == Compare::kEq ? Kind::kNever : Kind::kPresent;
        return;
      }
      return set_interval<T>(v, v, op == Compare::kEq);
    case Compare::kLt:
      if (!above && lowest) return;
      return set_interval<T>(-kInfinity, above ? v : previous, true);
    case Compare::kLe:
      return set_interval<T>(-kInfinity, below ? previous : v, true);
    case Compare::kGt:
      if (!below && highest) return;
      return set_interval<T>(below ? v : next, kInfinity, true);
    case Compare::kGe:
      return set_interval<T>(above ? next : v, kInfinity, true);
    default:
      kind_ = Kind::kGeneral;
  }
}

void ColumnTest::set_codes(Compare op, const Value& operand) {
  const Column& dictionary = *column_->child;
  const auto* text = operand.get_if<std::string>();
  if (text == nullptr) return;
  // The dictionary is sorted by bytes: comparisons and prefixes are ranges of codes.
  const auto bound = [&](const auto& before) {
    std::uint32_t low = 0, high = dictionary.rows;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (before(dictionary.text(middle))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  if (op == Compare::kContains) {
    codes_.resize(dictionary.rows);
    for (std::uint32_t code = 0; code < dictionary.rows; ++code) {
      codes_[code] = dictionary.text(code).find(*text) != std::string_view::npos ? 1 : 0;
    }
    kind_ = Kind::kCodeSet;
    return;
  }
  const std::uint32_t from = bound([&](std::string_view t) { return t < *text; });
  const std::uint32_t to = bound([&](std::string_view t) {
    return op == Compare::kStartsWith ? t.substr(0, text->size()) <= *text : t <= *text;
  });
  std::uint32_t low = 0, high = dictionary.rows;
  bool inside = true;
  switch (op) {
    case Compare::kNe:
      inside = false;
      [[fallthrough]];
    case Compare::kEq:
    case Compare::kStartsWith:
      low = from;
      high = to;
      break;
    case Compare::kLt:
      high = from;
      break;
    case Compare::kLe:
      high = to;
      break;
    case Compare::kGt:
      low = to;
      break;
    default:
      low = from;
      break;
  }
  if (low >= high) {
    kind_ = inside ? Kind::kNever : Kind::kPresent;
    return;
  }
  set_interval<std::uint32_t>(low, high - 1, inside);
}

ColumnTest ColumnTest::compile(const Column& column, Compare op, const Value& operand) {
  ColumnTest test;
  test.column_ = &column;
  test.op_ = op;
  test.operand_ = cell_of(operand);
  if (operand.is_null() || column.layout == Column::Layout::kAllNull) return test;
  if (column.layout == Column::Layout::kDictionary) {
    test.set_codes(op, operand);
    return test;
  }
  if (column.layout != Column::Layout::kFixed) {
    test.kind_ = Kind::kGeneral;
    return test;
  }
  if (test.operand_.is_number() && is_nan(test.operand_)) {
    test.kind_ = op == Compare::kNe ? Kind::kPresent : Kind::kNever;
    return test;
  }
  if (is_numeric(column.type) && !test.operand_.is_number()) {
    test.kind_ = Kind::kGeneral;
    return test;
  }
  Cell as_integer = test.operand_;
  as_integer.kind = Cell::Kind::kInteger;
  switch (column.type) {
    case ScalarType::kBool:
      if (test.operand_.kind != Cell::Kind::kBool) break;
      test.set_integer<std::uint8_t>(op, as_integer);
      return test;
    case ScalarType::kDate:
      if (test.operand_.kind != Cell::Kind::kDate) break;
      test.set_integer<std::int32_t>(op, as_integer);
      return test;
    case ScalarType::kDateTime:
      if (test.operand_.kind != Cell::Kind::kDateTime) break;
      test.set_integer<std::int64_t>(op, as_integer);
      return test;
    case ScalarType::kI32:
      test.set_integer<std::int32_t>(op, test.operand_);
      return test;
    case ScalarType::kI64:
      test.set_integer<std::int64_t>(op, test.operand_);
      return test;
    case ScalarType::kU32:
      test.set_integer<std::uint32_t>(op, test.operand_);
      return test;
    case ScalarType::kU64:
      test.set_integer<std::uint64_t>(op, test.operand_);
      return test;
    case ScalarType::kF32:
      test.set_float<float>(op, test.operand_);
      return test;
    case ScalarType::kF64:
      test.set_float<double>(op, test.operand_);
      return test;
    default:
      break;
  }
  test.kind_ = Kind::kGeneral;
  return test;
}

template <typename T>
bool ColumnTest::inside(T value) const {
  bool in;
  if constexpr (std::is_floating_point_v<T>) {
    in = value >= static_cast<T>(low_.f) && value <= static_cast<T>(high_.f);
  } else if constexpr (std::is_signed_v<T>) {
    in = value >= static_cast<T>(low_.i) && value <= static_cast<T>(high_.i);
  } else {
    in = value >= static_cast<T>(low_.u) && value <= static_cast<T>(high_.u);
  }
  return in == inside_;
}

template <typename T>
void ColumnTest::mark_interval(const T* values, std::uint32_t n, std::uint8_t* out) const {
  const std::uint8_t flip = inside_ ? 0 : 1;
  if constexpr (std::is_floating_point_v<T>) {
    const T low = static_cast<T>(low_.f), high = static_cast<T>(high_.f);
    for (std::uint32_t i = 0; i < n; ++i) {
      const bool in = values[i] >= low && values[i] <= high;
      out[i] &= static_cast<std::uint8_t>(static_cast<std::uint8_t>(in) ^ flip);
    }
  } else {
    // low <= v <= high in one unsigned comparison.
    using U = std::make_unsigned_t<T>;
    U low, span;
    if constexpr (std::is_signed_v<T>) {
      low = static_cast<U>(static_cast<T>(low_.i));
      span = static_cast<U>(static_cast<U>(static_cast<T>(high_.i)) - low);
    } else {
      low = static_cast<U>(low_.u);
      span = static_cast<U>(high_.u - low_.u);
    }
    for (std::uint32_t i = 0; i < n; ++i) {
      const bool in = static_cast<U>(static_cast<U>(values[i]) - low) <= span;
      out[i] &= static_cast<std::uint8_t>(static_cast<std::uint8_t>(in) ^ flip);
    }
  }
}

void ColumnTest::mark(std::uint32_t begin, std::uint32_t n, std::uint8_t* out) const {
  switch (kind_) {
    case Kind::kNever:
      std::fill(out, out + n, std::uint8_t{0});
      return;
    case Kind::kPresent:
      break;
    case Kind::kGeneral:
      for (std::uint32_t i = 0; i < n; ++i) {
        if (out[i] != 0) out[i] = matches(op_, cell_of(*column_, begin + i), operand_) ? 1 : 0;
      }
      return;
    case Kind::kCodeSet:
      for (std::uint32_t i = 0; i < n; ++i) out[i] &= codes_[column_->codes[begin + i]];
      break;
    case Kind::kInterval:
      if (column_->layout == Column::Layout::kDictionary) {
        mark_interval(column_->codes + begin, n, out);
        break;
      }
      switch (column_->type) {
        case ScalarType::kBool:
          mark_interval(column_->fixed<std::uint8_t>().data() + begin, n, out);
          break;
        case ScalarType::kI32:
        case ScalarType::kDate:
          mark_interval(column_->fixed<std::int32_t>().data() + begin, n, out);
          break;
        case ScalarType::kI64:
        case ScalarType::kDateTime:
          mark_interval(column_->fixed<std::int64_t>().data() + begin, n, out);
          break;
        case ScalarType::kU32:
          mark_interval(column_->fixed<std::uint32_t>().data() + begin, n, out);
          break;
        case ScalarType::kU64:
          mark_interval(column_->fixed<std::uint64_t>().data() + begin, n, out);
          break;
        case ScalarType::kF32:
          mark_interval(column_->fixed<float>().data() + begin, n, out);
          break;
        default:
          mark_interval(column_->fixed<double>().data() + begin, n, out);
          break;
      }
      break;
  }
  keep_present(*column_, begin, n, out);
}

bool ColumnTest::test(std::uint32_t row) const {
  if (kind_ == Kind::kNever || column_->is_null(row)) return false;
  switch (kind_) {
    case Kind::kNever:
      return false;
    case Kind::kPresent:
      return true;
    case Kind::kGeneral:
      return matches(op_, cell_of(*column_, row), operand_);
    case Kind::kCodeSet:
      return codes_[column_->codes[row]] != 0;
    case Kind::kInterval:
      break;
  }
  if (column_->layout == Column::Layout::kDictionary) return inside(column_->codes[row]);
  switch (column_->type) {
    case ScalarType::kBool:
      return inside(column_->fixed<std::uint8_t>()[row]);
    case ScalarType::kI32:
    case ScalarType::kDate:
      return inside(column_->fixed<std::int32_t>()[row]);
    case ScalarType::kI64:
    case ScalarType::kDateTime:
      return inside(column_->fixed<std::int64_t>()[row]);
    case ScalarType::kU32:
      return inside(column_->fixed<std::uint32_t>()[row]);
    case ScalarType::kU64:
      return inside(column_->fixed<std::uint64_t>()[row]);
    case ScalarType::kF32:
      return inside(column_->fixed<float>()[row]);
    default:
      return inside(column_->fixed<double>()[row]);
  }
}

}  // namespace omnigraph
