#include "common/json_writer.h"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "common/date_text.h"
#include "common/decimal.h"

namespace omnigraph {
namespace {

// 0 for a byte that stands for itself, 'u' for a \u00xx escape, else the letter after the
// backslash.
constexpr std::array<char, 256> make_escapes() {
  std::array<char, 256> escapes{};
  for (std::size_t i = 0; i < 0x20; ++i) escapes[i] = 'u';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  escapes['\b'] = 'b';
  escapes['\f'] = 'f';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  return escapes;
}
constexpr std::array<char, 256> kEscapes = make_escapes();

// Whether any of eight bytes is `"`, `\` or below 0x20. Never misses one; exact for a whole word
// without bytes above 0x7F, and those bytes alone do not trigger it.
bool needs_escape(std::uint64_t word) {
  constexpr std::uint64_t ones = 0x0101010101010101u;
  constexpr std::uint64_t tops = 0x8080808080808080u;
  const auto has_zero = [&](std::uint64_t v) { return (v - ones) & ~v & tops; };
  const std::uint64_t below_space = (word - ones * 0x20) & ~word & tops;
  return (below_space | has_zero(word ^ (ones * '"')) | has_zero(word ^ (ones * '\\'))) != 0;
}

// Whether no byte of the text needs an escape: word by word, the last of which overlaps the one
// before.
bool plain(std::string_view text) {
  std::uint64_t word;
  if (text.size() < sizeof word) {
    char padded[sizeof word] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
    for (std::size_t i = 0; i < text.size(); ++i) padded[i] = text[i];
    std::memcpy(&word, padded, sizeof word);
    return !needs_escape(word);
  }
  const std::size_t last = text.size() - sizeof word;
  for (std::size_t at = 0; at < last; at += sizeof word) {
    std::memcpy(&word, text.data() + at, sizeof word);
    if (needs_escape(word)) return false;
  }
  std::memcpy(&word, text.data() + last, sizeof word);
  return !needs_escape(word);
}

template <typename Integer>
void append_integer(std::string& out, Integer v) {
  char buffer[24];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, v);
  assert(error == std::errc{});
  out.append(buffer, end);
}

}  // namespace

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  Level& level = levels_.back();
  assert(level.array && "a value in an object needs a key");
  if (!level.empty) out_ += ',';
  level.empty = false;
  if (style_ == Style::kPretty) {
    out_ += '\n';
    out_.append(levels_.size() * 2, ' ');
  }
}

JsonWriter& JsonWriter::begin_object() {
  before_value();
  out_ += '{';
  levels_.push_back({.array = false, .empty = true});
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  assert(!levels_.empty() && !levels_.back().array && !after_key_);
  const bool empty = levels_.back().empty;
  levels_.pop_back();
  if (style_ == Style::kPretty && !empty) {
    out_ += '\n';
    out_.append(levels_.size() * 2, ' ');
  }
  out_ += '}';
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  before_value();
  out_ += '[';
  levels_.push_back({.array = true, .empty = true});
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  assert(!levels_.empty() && levels_.back().array);
  const bool empty = levels_.back().empty;
  levels_.pop_back();
  if (style_ == Style::kPretty && !empty) {
    out_ += '\n';
    out_.append(levels_.size() * 2, ' ');
  }
  out_ += ']';
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  assert(!levels_.empty() && !levels_.back().array && !after_key_);
  Level& level = levels_.back();
  if (!level.empty) out_ += ',';
  level.empty = false;
  if (style_ == Style::kPretty) {
    out_ += '\n';
    out_.append(levels_.size() * 2, ' ');
  }
  append_string(out_, name);
  out_ += style_ == Style::kPretty ? ": " : ":";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::null() {
  before_value();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  before_value();
  append_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(bool v) {
  before_value();
  out_ += v ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t v) {
  before_value();
  append_integer(out_, v);
  return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t v) {
  before_value();
  append_integer(out_, v);
  return *this;
}

JsonWriter& JsonWriter::value(double v) {
  before_value();
  append_double(out_, v);
  return *this;
}

JsonWriter& JsonWriter::value(const Value& v) {
  std::visit(
      [this](const auto& content) {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          null();
        } else if constexpr (std::is_same_v<T, Date>) {
          before_value();
          append_date(out_, content.days);
        } else if constexpr (std::is_same_v<T, DateTime>) {
          before_value();
          append_datetime(out_, content.millis);
        } else if constexpr (std::is_same_v<T, std::shared_ptr<const ValueList>>) {
          // Lists of schemas hold scalars, so the recursion is one deep for whatever is stored.
          begin_array();
          for (const Value& element : *content) value(element);
          end_array();
        } else {
          value(content);
        }
      },
      v.storage());
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  before_value();
  out_ += json;
  return *this;
}

void JsonWriter::append_string(std::string& out, std::string_view text) {
  if (plain(text)) [[likely]] {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  out += '"';
  std::size_t written = 0;
  std::size_t at = 0;
  const std::size_t size = text.size();
  while (at < size) {
    while (at + 8 <= size) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, 8);
      if (needs_escape(word)) break;
      at += 8;
    }
    // The word that stopped the scan, or the tail.
    const std::size_t stop = at + 8 <= size ? at + 8 : size;
    for (; at < stop; ++at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      const char escape = kEscapes[byte];
      if (escape == 0) [[likely]]
        continue;
      out.append(text, written, at - written);
      written = at + 1;
      if (escape == 'u') {
        constexpr char hex[] = "0123456789abcdef";
        out += "\\u00";
        out += hex[byte >> 4];
        out += hex[byte & 15];
      } else {
        out += '\\';
        out += escape;
      }
    }
  }
  out.append(text, written, size - written);
  out += '"';
}

void JsonWriter::append_double(std::string& out, double v) {
  if (!std::isfinite(v)) [[unlikely]] {
    out += std::isnan(v) ? "\"NaN\"" : v > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  // Whole numbers are most doubles that people store.
  constexpr double kExact = 1e15;
  if (v > -kExact && v < kExact) {
    const auto whole = static_cast<std::int64_t>(v);
    if (static_cast<double>(whole) == v && (whole != 0 || !std::signbit(v))) {
      append_integer(out, whole);
      out += ".0";
      return;
    }
  }
  append_general(out, shortest_decimal(v));
}

void JsonWriter::append_date(std::string& out, std::int32_t days) {
  out += '"';
  out += date_text(Date{days});
  out += '"';
}

void JsonWriter::append_datetime(std::string& out, std::int64_t millis) {
  out += '"';
  out += datetime_text(DateTime{millis});
  out += '"';
}

}  // namespace omnigraph
