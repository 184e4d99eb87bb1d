// Sums that do not depend on the order of their terms: exact, rounded once at the end. After
// R. M. Neal, "Fast exact summation using small and large superaccumulators", 2015: two doubles
// hold most sums exactly; where they cannot, a fixed-point number that spans all doubles takes
// over.
#pragma once

#include <cstdint>
#include <memory>

namespace omnigraph {

__extension__ using Int128 = __int128;

class ExactSum {
 public:
  // Adds `times` × `x`.
  void add(double x, std::uint64_t times = 1);
  void add(const ExactSum& other);
  // The nearest double. NaN when a NaN was added, or both infinities.
  double value() const;

 private:
  class Wide;
  struct WideDeleter {
    void operator()(Wide* wide) const;
  };

  void add_finite(double x);
  void widen();

  double high_ = 0, low_ = 0;  // the sum is high_ + low_, while there is no wide_
  std::unique_ptr<Wide, WideDeleter> wide_;
  std::uint64_t seen_ = 0;  // 1: +infinity, 2: -infinity, 4: NaN
};

}  // namespace omnigraph
