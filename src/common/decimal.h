// The shortest decimal digits of a floating-point number that read back to it, and the two ways we
// spell them. Plain functions, safe from any thread.
#pragma once

#include <string>

namespace omnigraph {

// A finite number as digits: its magnitude is 0.d1d2d3… × 10^point. No trailing zero digits; zero
// is "0" with point 1.
struct Decimal {
  bool negative = false;
  char digits[20] = {};
  int count = 0;
  int point = 0;
};

// `v` must be finite. The float form is the shortest at single width.
Decimal shortest_decimal(double v);
Decimal shortest_decimal(float v);

// Digits and a point, never an exponent, no ".0": 0.0000001, 1.5, 100000000000000000000000.
void append_positional(std::string& out, const Decimal& decimal);
// As JSON: positional with a point up to 16 digits before and 5 zeros behind it, else with an
// exponent: 30.0, 0.00001, 1e16, 1.5e-7.
void append_general(std::string& out, const Decimal& decimal);

}  // namespace omnigraph
