// ULIDs: 128 bits, 48 of milliseconds then 80 of randomness; text is 26 characters of Crockford
// base-32, upper case, which sorts like the bits. Plain value.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/runtime.h"

namespace omnigraph {

struct Ulid {
  std::uint64_t high = 0, low = 0;

  auto operator<=>(const Ulid&) const = default;
  bool is_nil() const { return high == 0 && low == 0; }
  std::string text() const;
  void write_text(char out[26]) const;
  static std::optional<Ulid> parse(std::string_view text);  // 26 characters, either case
  // This ULID + n as a 128-bit number: the n-th of a consecutive run.
  Ulid plus(std::uint64_t n) const;
  std::int64_t millis() const { return static_cast<std::int64_t>(high >> 16); }
};

// Hands out strictly increasing ULIDs: max(clock, last), +1 on a tie. Thread-safe.
class UlidSource {
 public:
  UlidSource(std::shared_ptr<Clock> clock, std::shared_ptr<Random> random);
  Ulid next();
  // The first of `n` consecutive ULIDs that nobody else gets.
  Ulid next_run(std::uint64_t n);
  // Later ones are greater than `seen` too.
  void observe(Ulid seen);

 private:
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<Random> random_;
  std::mutex mutex_;  // guards last_
  Ulid last_;
};

}  // namespace omnigraph
