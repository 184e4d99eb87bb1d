#include "common/date_text.h"

#include <cassert>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "common/decimal.h"
#include "common/excerpt.h"

namespace omnigraph {
namespace {

constexpr std::int64_t kMillisPerSecond = 1000;
constexpr std::int64_t kMillisPerDay = 86'400'000;
// Days of an I32 reach about ±5.9 million years.
constexpr std::size_t kMostYearDigits = 7;

struct CivilDate {
  std::int64_t year;
  int month;  // 1..12
  int day;    // 1..31
};

// Proleptic Gregorian calendar. Both directions count in eras of 400 years that begin on March 1,
// so that the leap day is the last of its year (H. Hinnant, "chrono-Compatible Low-Level Date
// Algorithms").
std::int64_t days_of(CivilDate date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year =
      (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

CivilDate civil_of(std::int64_t days) {
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const int month =
      static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// Days since the epoch when the calendar has such a day and I32 holds it.
std::optional<std::int32_t> checked_days(std::int64_t year, int month, int day) {
  static constexpr int kLengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return std::nullopt;
  const int length = kLengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
  if (day > length) return std::nullopt;
  const std::int64_t days = days_of({year, month, day});
  if (days < std::numeric_limits<std::int32_t>::min() ||
      days > std::numeric_limits<std::int32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::int32_t>(days);
}

// Takes text from the front. Each step answers whether it found what it names.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  std::size_t left() const { return text_.size(); }
  bool at(char c) const { return !text_.empty() && text_[0] == c; }
  bool at_digit() const { return !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; }
  bool take(char c) {
    if (!at(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Between `least` and `most` digits, as many as there are.
  bool number(std::size_t least, std::size_t most, int& out) {
    std::size_t count = 0;
    int value = 0;
    while (count < most && at_digit()) {
      value = value * 10 + (text_[0] - '0');
      text_.remove_prefix(1);
      ++count;
    }
    out = value;
    return count >= least;
  }
  bool two(int& out) { return number(2, 2, out); }

 private:
  std::string_view text_;
};

// Z, z or ±hh:mm, ±hhmm, ±hh to the end of the text; nothing is UTC. Minutes east of UTC.
std::optional<int> scan_zone(Scanner& in) {
  if (in.done()) return 0;
  while (in.take(' ')) {
  }
  if (in.take('Z') || in.take('z')) return in.done() ? std::optional(0) : std::nullopt;
  const bool west = in.at('-');
  if (!in.take('+') && !in.take('-')) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  if (!in.two(hours) || hours > 23) return std::nullopt;
  if (!in.done()) {
    in.take(':');
    if (!in.two(minutes) || minutes > 59) return std::nullopt;
  }
  if (!in.done()) return std::nullopt;
  const int offset = hours * 60 + minutes;
  return west ? -offset : offset;
}

struct Instant {
  std::int64_t millis = 0;
  bool leap_second = false;  // written as second 60; `millis` is then one second into the next
};

// The long spellings of a DateTime: a date, a separator, a time of day and perhaps a zone.
std::optional<Instant> scan_instant(std::string_view text) {
  Scanner in(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!in.number(4, 4, year) || !in.take('-') || !in.two(month) || !in.take('-') || !in.two(day)) {
    return std::nullopt;
  }
  const std::optional<std::int32_t> days = checked_days(year, month, day);
  if (!days) return std::nullopt;
  if (!in.take('T') && !in.take('t') && !in.take(' ')) return std::nullopt;
  if (!in.two(hour)) return std::nullopt;
  const bool colons = in.take(':');
  if (!in.two(minute) || (colons && !in.take(':')) || !in.two(second)) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  int millis = 0;
  if (colons && in.take('.')) {
    if (!in.at_digit()) return std::nullopt;
    for (int weight = 100; in.at_digit(); weight /= 10) {
      int digit = 0;
      in.number(1, 1, digit);
      millis += digit * weight;  // the weight is 0 from the fourth digit on
    }
  }
  const std::optional<int> offset = scan_zone(in);
  if (!offset) return std::nullopt;
  const std::int64_t seconds = hour * 3600 + minute * 60 + second - *offset * 60;
  return Instant{*days * kMillisPerDay + seconds * kMillisPerSecond + millis, second == 60};
}

// +YYYYY-M-D or -YYYY-M-D, the sign not yet taken.
std::optional<std::int32_t> scan_extended_date(std::string_view text) {
  Scanner in(text);
  const bool negative = in.at('-');
  if (!in.take('+') && !in.take('-')) return std::nullopt;
  int year = 0, month = 0, day = 0;
  if (!in.number(4, kMostYearDigits, year) || !in.take('-') || !in.number(1, 2, month) ||
      !in.take('-') || !in.number(1, 2, day) || !in.done()) {
    return std::nullopt;
  }
  return checked_days(negative ? -year : year, month, day);
}

constexpr std::size_t kShort = 10;  // the length of YYYY-MM-DD

// YYYY-M-D, YYYYMMDD or an extended year, in ten characters or fewer.
std::optional<std::int32_t> scan_short_date(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) return scan_extended_date(text);
  Scanner in(text);
  int year = 0, month = 0, day = 0;
  if (!in.number(4, 4, year)) return std::nullopt;
  if (in.take('-')) {
    if (!in.number(1, 2, month) || !in.take('-') || !in.number(1, 2, day)) return std::nullopt;
  } else if (!in.two(month) || !in.two(day)) {
    return std::nullopt;
  }
  if (!in.done()) return std::nullopt;
  return checked_days(year, month, day);
}

std::optional<std::int32_t> scan_date(std::string_view text) {
  if (text.size() <= kShort) return scan_short_date(text);
  if (text[0] == '+' || text[0] == '-') return scan_extended_date(text);
  const std::optional<Instant> instant = scan_instant(text);
  if (!instant) return std::nullopt;
  // A leap second belongs to the day that it ends.
  const std::int64_t millis = instant->millis - (instant->leap_second ? kMillisPerSecond : 0);
  return static_cast<std::int32_t>(floor_divide(millis, kMillisPerDay));
}

Error invalid(std::string_view type, std::string_view text) {
  std::string message = "invalid ";
  message += type;
  message += " literal '";
  message += excerpt(text);
  message += '\'';
  return bad_request(std::move(message));
}

// Two or three digits with leading zeros.
void append_padded(std::string& out, std::int64_t value, int digits) {
  char buffer[3];
  for (int i = digits; i-- > 0;) {
    buffer[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(buffer, static_cast<std::size_t>(digits));
}

void append_civil(std::string& out, std::int64_t days) {
  const CivilDate date = civil_of(days);
  const std::int64_t magnitude = date.year < 0 ? -date.year : date.year;
  if (date.year < 0) {
    out += '-';
  } else if (date.year > 9999) {
    out += '+';
  }
  const std::string year = std::to_string(magnitude);
  if (year.size() < 4) out.append(4 - year.size(), '0');
  out += year;
  out += '-';
  append_padded(out, date.month, 2);
  out += '-';
  append_padded(out, date.day, 2);
}

template <typename Float>
std::string spelling(Float value) {
  // The caller refuses these; the text is for messages.
  if (!std::isfinite(value)) return std::isnan(value) ? "NaN" : value > 0 ? "inf" : "-inf";
  if (value == 0) return "0";
  std::string text;
  append_positional(text, shortest_decimal(value));
  return text;
}

}  // namespace

Result<Date> parse_date(std::string_view text) {
  const std::optional<std::int32_t> days = scan_date(text);
  if (!days) return invalid("Date", text);
  return Date{*days};
}

Result<DateTime> parse_datetime(std::string_view text) {
  if (text.size() <= kShort) {
    const std::optional<std::int32_t> days = scan_short_date(text);
    if (!days) return invalid("DateTime", text);
    return DateTime{*days * kMillisPerDay};
  }
  const std::optional<Instant> instant = scan_instant(text);
  if (!instant) return invalid("DateTime", text);
  return DateTime{instant->millis};
}

std::string date_text(Date date) {
  std::string text;
  append_civil(text, date.days);
  return text;
}

std::string datetime_text(DateTime instant) {
  const std::int64_t days = floor_divide(instant.millis, kMillisPerDay);
  // Not millis - days * kMillisPerDay: that product may lie below the range.
  const std::int64_t remainder = instant.millis % kMillisPerDay;
  const std::int64_t of_day = remainder < 0 ? remainder + kMillisPerDay : remainder;
  const std::int64_t seconds = of_day / kMillisPerSecond;
  std::string text;
  append_civil(text, days);
  text += 'T';
  append_padded(text, seconds / 3600, 2);
  text += ':';
  append_padded(text, seconds / 60 % 60, 2);
  text += ':';
  append_padded(text, seconds % 60, 2);
  text += '.';
  append_padded(text, of_day % kMillisPerSecond, 3);
  text += 'Z';
  return text;
}

std::string scalar_spelling(double value) { return spelling(value); }
std::string scalar_spelling(float value) { return spelling(value); }

}  // namespace omnigraph
