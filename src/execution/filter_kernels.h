// A property compared with a constant, compiled for one column: an interval of the column's own
// type, a range or a set of dictionary codes, or, where nothing better exists, the general
// comparison. One pass over plain arrays without branches. Thread-safe: const after compile.
#pragma once

#include <cstdint>
#include <vector>

#include "execution/cell.h"

namespace omnigraph {

class ColumnTest {
 public:
  // `operand` outlives the test; `column` too.
  static ColumnTest compile(const Column& column, Compare op, const Value& operand);

  bool never() const { return kind_ == Kind::kNever; }
  // out[i] &= row begin + i passes, for i below n.
  void mark(std::uint32_t begin, std::uint32_t n, std::uint8_t* out) const;
  bool test(std::uint32_t row) const;

 private:
  enum class Kind : std::uint8_t { kNever, kPresent, kInterval, kCodeSet, kGeneral };
  template <typename T>
  void set_interval(T low, T high, bool inside);
  template <typename T>
  void set_integer(Compare op, const Cell& operand);
  template <typename T>
  void set_float(Compare op, const Cell& operand);
  void set_codes(Compare op, const Value& operand);
  template <typename T>
  void mark_interval(const T* values, std::uint32_t n, std::uint8_t* out) const;
  template <typename T>
  bool inside(T value) const;

  Kind kind_ = Kind::kNever;
  bool inside_ = true;  // rows within the interval pass; false: the others
  Compare op_ = Compare::kEq;
  const Column* column_ = nullptr;
  Cell operand_;
  union Bound {
    std::int64_t i;
    std::uint64_t u;
    double f;
  };
  Bound low_{}, high_{};             // closed
  std::vector<std::uint8_t> codes_;  // kCodeSet: 1 where the dictionary's entry passes
};

}  // namespace omnigraph
