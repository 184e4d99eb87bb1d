#include "write/load/json_record.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "common/excerpt.h"
#include "write/limits.h"

namespace omnigraph {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Eight bytes at a time: nonzero where a byte is a quote, a backslash or a control character.
std::uint64_t string_stops(std::uint64_t v) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  const std::uint64_t quote = v ^ (kOnes * '"');
  const std::uint64_t slash = v ^ (kOnes * '\\');
  return (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((v - kOnes * 0x20) & ~v)) &
         kHighs;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Four hexadecimal digits, or -1.
int hex_unit(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(at[i]);
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

char* put_utf8(char* out, std::uint32_t c) {
  const auto put = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
  return out;
}

// Whether a number's magnitude is beyond the doubles (too small is zero, and fine).
bool overflows(std::string_view text) {
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec == std::errc()) return !std::isfinite(value);
  return std::isinf(std::strtod(std::string(text).c_str(), nullptr));
}

// Members up to this number are compared pair by pair, more are sorted.
constexpr std::size_t kPairwiseMembers = 12;
// Digits that no double overflows with.
constexpr std::size_t kSafeDigits = 300;

}  // namespace

bool JsonReader::fail(std::string reason) {
  error_ = std::move(reason) + " at column " + std::to_string(at_ - begin_ + 1);
  return false;
}

void JsonReader::skip_blanks() {
  while (at_ < end_ && is_blank(*at_)) ++at_;
}

bool JsonReader::read(const char* begin, const char* end, bool allow_duplicates) {
  begin_ = at_ = begin;
  end_ = end;
  allow_duplicates_ = allow_duplicates;
  tokens_.clear();
  open_.clear();
  unescaped_used_ = 0;
  return read_tokens();
}

bool JsonReader::read_whole(std::string_view text, bool allow_duplicates) {
  if (!read(text.data(), text.data() + text.size(), allow_duplicates)) return false;
  skip_blanks();
  return at_ == end_ || fail("trailing characters");
}

bool JsonReader::read_string(JsonToken& token) {
  const char* const quote = at_++;
  const char* from = at_;
  while (end_ - at_ >= 8) {
    std::uint64_t word;
    std::memcpy(&word, at_, 8);
    const std::uint64_t stops = string_stops(word);
    if (stops != 0) {
      at_ += std::countr_zero(stops) / 8;
      break;
    }
    at_ += 8;
  }
  for (;; ++at_) {
    if (at_ == end_) return fail("unterminated string");
    const char c = *at_;
    if (c == '"') break;
    if (c == '\\') return read_escaped(token, from, at_);
    if (static_cast<unsigned char>(c) < 0x20) return fail("control character in string");
  }
  token.kind = JsonToken::Kind::kString;
  token.text = {from, static_cast<std::size_t>(at_ - from)};
  ++at_;
  token.raw = {quote, static_cast<std::size_t>(at_ - quote)};
  return true;
}

bool JsonReader::read_escaped(JsonToken& token, const char* from, const char* escape) {
  // Contents are never longer than their spelling, so one buffer as long as the text holds them
  // all, and earlier ones stay where they are.
  const auto whole = static_cast<std::size_t>(end_ - begin_);
  if (unescaped_size_ < whole) {
    if (unescaped_used_ > 0) return fail("text too long");
    unescaped_ = std::make_unique<char[]>(whole);
    unescaped_size_ = whole;
  }
  char* const start = unescaped_.get() + unescaped_used_;
  std::memcpy(start, from, static_cast<std::size_t>(escape - from));
  char* out = start + (escape - from);
  for (;;) {
    if (at_ == end_) return fail("unterminated string");
    const char c = *at_;
    if (c == '"') break;
    if (static_cast<unsigned char>(c) < 0x20) return fail("control character in string");
    ++at_;
    if (c != '\\') {
      *out++ = c;
      continue;
    }
    if (at_ == end_) return fail("unterminated string");
    switch (const char kind = *at_++) {
      case '"':
      case '\\':
      case '/':
        *out++ = kind;
        break;
      case 'b':
        *out++ = '\b';
        break;
      case 'f':
        *out++ = '\f';
        break;
      case 'n':
        *out++ = '\n';
        break;
      case 'r':
        *out++ = '\r';
        break;
      case 't':
        *out++ = '\t';
        break;
      case 'u': {
        const int first = hex_unit(at_, end_);
        if (first < 0) return fail("invalid escape");
        at_ += 4;
        auto code = static_cast<std::uint32_t>(first);
        if (code >= 0xDC00 && code <= 0xDFFF) return fail("lone surrogate in escape");
        if (code >= 0xD800 && code <= 0xDBFF) {
          const bool escaped = end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u';
          const int second = escaped ? hex_unit(at_ + 2, end_) : -1;
          if (second < 0xDC00 || second > 0xDFFF) return fail("lone surrogate in escape");
          at_ += 6;
          code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<std::uint32_t>(second) - 0xDC00);
        }
        out = put_utf8(out, code);
        break;
      }
      default:
        return fail("invalid escape");
    }
  }
  token.kind = JsonToken::Kind::kString;
  token.text = {start, static_cast<std::size_t>(out - start)};
  unescaped_used_ += token.text.size();
  ++at_;
  token.raw = {from - 1, static_cast<std::size_t>(at_ - from + 1)};
  return true;
}

bool JsonReader::read_number(JsonToken& token) {
  const char* const from = at_;
  if (*at_ == '-') ++at_;
  if (at_ == end_ || !is_digit(*at_)) return fail("invalid number");
  if (*at_ == '0') {
    ++at_;
  } else {
    while (at_ < end_ && is_digit(*at_)) ++at_;
  }
  token.kind = JsonToken::Kind::kInteger;
  if (at_ < end_ && *at_ == '.') {
    token.kind = JsonToken::Kind::kNumber;
    ++at_;
    if (at_ == end_ || !is_digit(*at_)) return fail("invalid number");
    while (at_ < end_ && is_digit(*at_)) ++at_;
  }
  bool exponent = false;
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    exponent = true;
    token.kind = JsonToken::Kind::kNumber;
    ++at_;
    if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (at_ == end_ || !is_digit(*at_)) return fail("invalid number");
    while (at_ < end_ && is_digit(*at_)) ++at_;
  }
  if (at_ < end_ && (is_digit(*at_) || *at_ == '.')) return fail("invalid number");
  token.text = token.raw = {from, static_cast<std::size_t>(at_ - from)};
  if ((exponent || token.text.size() > kSafeDigits) && overflows(token.text)) {
    return fail("number out of range");
  }
  return true;
}

bool JsonReader::read_word(JsonToken& token, std::string_view word, JsonToken::Kind kind) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() ||
      std::memcmp(at_, word.data(), word.size()) != 0) {
    return fail("expected a value");
  }
  token.kind = kind;
  token.text = token.raw = {at_, word.size()};
  at_ += word.size();
  return true;
}

bool JsonReader::check_members(std::uint32_t object) {
  if (allow_duplicates_) return true;
  names_.clear();
  const std::uint32_t end = static_cast<std::uint32_t>(tokens_.size());
  for (std::uint32_t i = object + 1; i < end; i = tokens_[i + 1].next) {
    const std::string_view name = tokens_[i].text;
    if (names_.size() < kPairwiseMembers) {
      for (const std::string_view other : names_) {
        if (other == name) return fail("duplicate JSON member '" + excerpt(name) + "'");
      }
    }
    names_.push_back(name);
  }
  if (names_.size() <= kPairwiseMembers) return true;
  std::sort(names_.begin(), names_.end());
  const auto twice = std::adjacent_find(names_.begin(), names_.end());
  return twice == names_.end() || fail("duplicate JSON member '" + excerpt(*twice) + "'");
}

bool JsonReader::read_tokens() {
  for (;;) {
    // A value starts here.
    skip_blanks();
    if (at_ == end_) return fail("unexpected end");
    const auto index = static_cast<std::uint32_t>(tokens_.size());
    JsonToken& token = tokens_.emplace_back();
    bool opened = false;
    switch (*at_) {
      case '"':
        if (!read_string(token)) return false;
        break;
      case 't':
        if (!read_word(token, "true", JsonToken::Kind::kTrue)) return false;
        break;
      case 'f':
        if (!read_word(token, "false", JsonToken::Kind::kFalse)) return false;
        break;
      case 'n':
        if (!read_word(token, "null", JsonToken::Kind::kNull)) return false;
        break;
      case '{':
      case '[':
        if (open_.size() == kMaxJsonDepth) return fail("nesting deeper than 128");
        token.kind = *at_ == '{' ? JsonToken::Kind::kObject : JsonToken::Kind::kArray;
        token.raw = {at_, 1};
        open_.push_back(index);
        opened = true;
        ++at_;
        break;
      default:
        if (*at_ != '-' && !is_digit(*at_)) return fail("expected a value");
        if (!read_number(token)) return false;
    }
    if (!opened) tokens_[index].next = index + 1;

    // Behind a value, or behind an opening bracket: close what closes here.
    for (;;) {
      if (open_.empty()) return true;
      JsonToken& container = tokens_[open_.back()];
      const bool object = container.kind == JsonToken::Kind::kObject;
      skip_blanks();
      if (at_ == end_) return fail("unexpected end");
      if (*at_ == (object ? '}' : ']')) {
        ++at_;
        container.next = static_cast<std::uint32_t>(tokens_.size());
        container.raw = {container.raw.data(),
                         static_cast<std::size_t>(at_ - container.raw.data())};
        if (object && !check_members(open_.back())) return false;
        open_.pop_back();
        opened = false;
        continue;
      }
      if (!opened) {
        if (*at_ != ',') return fail(object ? "expected ',' or '}'" : "expected ',' or ']'");
        ++at_;
        skip_blanks();
      }
      if (object) {
        if (at_ == end_ || *at_ != '"') return fail("expected a member name");
        const auto name_index = static_cast<std::uint32_t>(tokens_.size());
        JsonToken& name = tokens_.emplace_back();
        if (!read_string(name)) return false;
        tokens_[name_index].next = name_index + 1;
        skip_blanks();
        if (at_ == end_ || *at_ != ':') return fail("expected ':'");
        ++at_;
      }
      break;
    }
  }
}

const JsonToken* JsonReader::member(std::uint32_t object, std::string_view name) const {
  const JsonToken* found = nullptr;
  const std::uint32_t end = tokens_[object].next;
  for (std::uint32_t i = object + 1; i < end; i = tokens_[i + 1].next) {
    if (tokens_[i].text == name) found = &tokens_[i + 1];
  }
  return found;
}

std::uint64_t structural_slots(std::string_view line) {
  std::uint64_t slots = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '}' || c == '[' || c == ']' || c == ',' || c == ':') {
      ++slots;
    }
  }
  return slots;
}

}  // namespace omnigraph
