#include "execution/exact_sum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace omnigraph {
namespace {

constexpr std::uint64_t kPlusInfinity = 1, kMinusInfinity = 2, kNan = 4;
// Products and errors below this are not exact in a double.
constexpr double kLeastExact = 0x1p-900;
constexpr double kMostExact = 0x1p1000;

}  // namespace

// Bit 0 of word 0 is 2^-1074. Words hold signed digits of weight 2^32 with 31 spare bits; carries
// are settled before those run out.
class ExactSum::Wide {
 public:
  static constexpr int kWords = 72;  // 2098 bits of doubles, 64 of weights, 64 of counts, and room
  static constexpr std::uint32_t kAddsBetweenCarries = 1U << 29;

  void add(double x, std::uint64_t times) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const auto exponent = static_cast<int>((bits >> 52) & 0x7FF);
    std::uint64_t mantissa = bits & ((std::uint64_t{1} << 52) - 1);
    if (exponent != 0) mantissa |= std::uint64_t{1} << 52;
    const int position = std::max(exponent, 1) - 1;
    const bool negative = (bits >> 63) != 0;
    add_product(mantissa, static_cast<std::uint32_t>(times), position, negative);
    add_product(mantissa, static_cast<std::uint32_t>(times >> 32), position + 32, negative);
  }

  void add(const Wide& other) {
    carry();
    for (int i = 0; i < kWords; ++i) words_[i] += other.words_[i];
    adds_ = other.adds_ + 1;
    carry();
  }

  double value() const {
    Wide copy(*this);
    copy.carry();
    bool negative = copy.words_[kWords - 1] < 0;
    if (negative) {
      for (auto& word : copy.words_) word = -word;
      copy.carry();
    }
    int top = kWords - 1;
    while (top >= 0 && copy.words_[top] == 0) --top;
    if (top < 0) return 0.0;
    // The 64 highest bits, and whether anything is below them.
    const auto width =
        static_cast<int>(std::bit_width(static_cast<std::uint64_t>(copy.words_[top])));
    const int highest = top * 32 + width - 1;
    std::uint64_t head = 0;
    bool sticky = false;
    for (int bit = highest; bit > highest - 64; --bit) {
      head = head << 1 | (bit >= 0 ? copy.bit(bit) : 0);
    }
    for (int bit = highest - 64; bit >= 0 && !sticky; --bit) sticky = copy.bit(bit) != 0;
    // 53 bits, or those that a subnormal has (bit 0 is the last there).
    const int kept = std::min(53, highest + 1);
    const int drop = 64 - kept;
    std::uint64_t mantissa = head >> drop;
    const std::uint64_t rest = head << (64 - drop);
    const std::uint64_t half = std::uint64_t{1} << 63;
    if (rest > half || (rest == half && (sticky || (mantissa & 1) != 0))) ++mantissa;
    const double magnitude = std::ldexp(static_cast<double>(mantissa), highest - kept + 1 - 1074);
    return negative ? -magnitude : magnitude;
  }

 private:
  std::uint64_t bit(int at) const {
    return (static_cast<std::uint64_t>(words_[at / 32]) >> (at % 32)) & 1;
  }

  void add_product(std::uint64_t mantissa, std::uint32_t times, int position, bool negative) {
    if (times == 0 || mantissa == 0) return;
    // Up to 53 + 32 + 31 bits from word position / 32 on.
    __extension__ using UInt128 = unsigned __int128;
    UInt128 product = static_cast<UInt128>(mantissa) * times;
    const int shift = position % 32;
    int word = position / 32;
    std::uint64_t carry_bits = 0;
    for (; product != 0 || carry_bits != 0; ++word) {
      const auto digit = static_cast<std::uint64_t>(static_cast<std::uint32_t>(product));
      const std::uint64_t shifted = (digit << shift) | carry_bits;
      const auto low = static_cast<std::int64_t>(static_cast<std::uint32_t>(shifted));
      words_[word] += negative ? -low : low;
      carry_bits = shifted >> 32;
      product >>= 32;
    }
    if (++adds_ >= kAddsBetweenCarries) carry();
  }

  // Digits into [0, 2^32), the last one signed.
  void carry() {
    for (int i = 0; i + 1 < kWords; ++i) {
      const std::int64_t over = words_[i] >> 32;
      words_[i] -= over * (std::int64_t{1} << 32);
      words_[i + 1] += over;
    }
    adds_ = 0;
  }

  std::int64_t words_[kWords] = {};
  std::uint32_t adds_ = 0;
};

void ExactSum::WideDeleter::operator()(Wide* wide) const { delete wide; }

void ExactSum::widen() {
  if (wide_) return;
  wide_.reset(new Wide());
  wide_->add(high_, 1);
  wide_->add(low_, 1);
}

void ExactSum::add_finite(double x) {
  if (wide_) {
    wide_->add(x, 1);
    return;
  }
  if (std::abs(x) > kMostExact || std::abs(high_) > kMostExact) {
    widen();
    wide_->add(x, 1);
    return;
  }
  // Knuth's two-sum, twice: high + low + x = s + t + u without error.
  const double s = high_ + x;
  const double xx = s - high_;
  const double e = (high_ - (s - xx)) + (x - xx);
  const double t = low_ + e;
  const double ee = t - low_;
  const double u = (low_ - (t - ee)) + (e - ee);
  high_ = s;
  low_ = t;
  if (u != 0) {
    widen();
    wide_->add(u, 1);
  }
}

void ExactSum::add(double x, std::uint64_t times) {
  if (times == 0) return;
  if (!std::isfinite(x)) [[unlikely]] {
    seen_ |= std::isnan(x) ? kNan : (x > 0 ? kPlusInfinity : kMinusInfinity);
    return;
  }
  if (times == 1) return add_finite(x);
  const auto factor = static_cast<double>(times);
  const double product = x * factor;
  const bool exact = times < (std::uint64_t{1} << 53) &&
                     (x == 0 || std::abs(product) > kLeastExact) && std::abs(product) < kMostExact;
  if (!exact || wide_) {
    widen();
    wide_->add(x, times);
    return;
  }
  add_finite(product);
  add_finite(std::fma(x, factor, -product));
}

void ExactSum::add(const ExactSum& other) {
  seen_ |= other.seen_;
  if (other.wide_) {
    widen();
    wide_->add(*other.wide_);
    return;
  }
  add_finite(other.high_);
  add_finite(other.low_);
}

double ExactSum::value() const {
  if ((seen_ & kNan) != 0 || (seen_ & 3) == 3) return std::numeric_limits<double>::quiet_NaN();
  if (seen_ == kPlusInfinity) return std::numeric_limits<double>::infinity();
  if (seen_ == kMinusInfinity) return -std::numeric_limits<double>::infinity();
  return wide_ ? wide_->value() : high_ + low_;
}

}  // namespace omnigraph
