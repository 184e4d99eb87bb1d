#include "common/ulid.h"

#include <cassert>
#include <cstring>
#include <utility>

namespace omnigraph {
namespace {

constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kTextLength = 26;
// The greatest time a ULID can carry, year 10889. No clock gives it; an id that claims it is not
// followed, so that the next id cannot wrap around.
constexpr std::int64_t kLastMillis = (std::int64_t{1} << 48) - 1;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  for (auto& digit : digits) digit = 0xFF;
  for (std::uint8_t i = 0; i < 32; ++i) {
    const auto upper = static_cast<unsigned char>(kAlphabet[i]);
    digits[upper] = i;
    if (upper >= 'A') digits[upper + ('a' - 'A')] = i;
  }
  return digits;
}
constexpr std::array<std::uint8_t, 256> kDigits = make_digits();

// The two characters of ten bits.
constexpr std::array<char, 2048> make_pairs() {
  std::array<char, 2048> pairs{};
  for (std::size_t i = 0; i < 1024; ++i) {
    pairs[2 * i] = kAlphabet[i >> 5];
    pairs[2 * i + 1] = kAlphabet[i & 31];
  }
  return pairs;
}
constexpr std::array<char, 2048> kPairs = make_pairs();

}  // namespace

void Ulid::write_text(char out[26]) const {
  // 130 bits of text for 128 of number: the first character carries the top three bits.
  std::uint64_t upper = high;
  std::uint64_t lower = low;
  for (std::size_t i = kTextLength; i > 0; i -= 2) {
    std::memcpy(out + i - 2, kPairs.data() + 2 * (lower & 1023), 2);
    lower = (lower >> 10) | (upper << 54);
    upper >>= 10;
  }
}

std::string Ulid::text() const {
  std::string text(kTextLength, '0');
  write_text(text.data());
  return text;
}

std::optional<Ulid> Ulid::parse(std::string_view text) {
  if (text.size() != kTextLength || text[0] > '7') return std::nullopt;
  Ulid id;
  for (const char c : text) {
    const std::uint8_t digit = kDigits[static_cast<unsigned char>(c)];
    if (digit == 0xFF) return std::nullopt;
    id.high = (id.high << 5) | (id.low >> 59);
    id.low = (id.low << 5) | digit;
  }
  return id;
}

Ulid Ulid::plus(std::uint64_t n) const {
  Ulid sum = *this;
  sum.low += n;
  if (sum.low < n) ++sum.high;
  return sum;
}

UlidSource::UlidSource(std::shared_ptr<Clock> clock, std::shared_ptr<Random> random)
    : clock_(std::move(clock)), random_(std::move(random)) {}

Ulid UlidSource::next() { return next_run(1); }

Ulid UlidSource::next_run(std::uint64_t n) {
  assert(n > 0);
  const std::int64_t micros = clock_->now_micros();
  // A clock before 1970 counts as 1970.
  const std::int64_t millis = micros < 0 ? 0 : micros / 1000;
  const std::lock_guard lock(mutex_);
  Ulid first;
  if (millis > last_.millis() || last_.is_nil()) {
    const std::uint64_t entropy = random_->next();
    first.high = (static_cast<std::uint64_t>(millis) << 16) | (entropy & 0xFFFF);
    first.low = random_->next();
    if (first.is_nil()) first.low = 1;
  } else {
    first = last_.plus(1);
  }
  last_ = first.plus(n - 1);
  return first;
}

// Others go on from `seen` too, and may do so within the same millisecond or behind a clock that is
// ahead. Going on from a random place in the next millisecond keeps what we hand out apart from
// what they do.
void UlidSource::observe(Ulid seen) {
  if (seen.millis() >= kLastMillis) return;
  const std::lock_guard lock(mutex_);
  if (seen <= last_) return;
  last_.high = (static_cast<std::uint64_t>(seen.millis() + 1) << 16) | (random_->next() & 0xFFFF);
  last_.low = random_->next();
}

}  // namespace omnigraph
