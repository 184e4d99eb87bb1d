#include "common/decimal.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace omnigraph {
namespace {

template <typename Float>
Decimal shortest(Float v) {
  assert(std::isfinite(v));
  // d.ddde±XX: at most sign, 17 digits, point, 'e', sign, 3 digits.
  char text[32];
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, v, std::chars_format::scientific);
  assert(error == std::errc{});
  Decimal decimal;
  const char* at = text;
  if (*at == '-') {
    decimal.negative = true;
    ++at;
  }
  for (; at != end && *at != 'e'; ++at) {
    if (*at != '.') decimal.digits[decimal.count++] = *at;
  }
  ++at;  // 'e'
  if (*at == '+') ++at;
  int exponent = 0;
  std::from_chars(at, end, exponent);
  while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0') --decimal.count;
  decimal.point = exponent + 1;
  return decimal;
}

// Digits with the point among, before or after them. `fraction` asks for ".0" after a whole number.
void append_digits(std::string& out, const Decimal& decimal, bool fraction) {
  const auto count = static_cast<std::size_t>(decimal.count);
  if (decimal.point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-decimal.point), '0');
    out.append(decimal.digits, count);
    return;
  }
  const auto whole = static_cast<std::size_t>(decimal.point);
  out.append(decimal.digits, std::min(whole, count));
  if (count > whole) {
    out += '.';
    out.append(decimal.digits + whole, count - whole);
  } else {
    out.append(whole - count, '0');
    if (fraction) out += ".0";
  }
}

}  // namespace

Decimal shortest_decimal(double v) { return shortest(v); }
Decimal shortest_decimal(float v) { return shortest(v); }

void append_positional(std::string& out, const Decimal& decimal) {
  if (decimal.negative) out += '-';
  append_digits(out, decimal, false);
}

void append_general(std::string& out, const Decimal& decimal) {
  constexpr int kMostWholeDigits = 16;
  constexpr int kMostLeadingZeros = 5;
  if (decimal.negative) out += '-';
  if (decimal.point > -kMostLeadingZeros && decimal.point <= kMostWholeDigits) {
    append_digits(out, decimal, true);
    return;
  }
  out += decimal.digits[0];
  if (decimal.count > 1) {
    out += '.';
    out.append(decimal.digits + 1, static_cast<std::size_t>(decimal.count - 1));
  }
  out += 'e';
  out += std::to_string(decimal.point - 1);
}

}  // namespace omnigraph
