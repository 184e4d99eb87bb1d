#include "schema/lexer.h"

#include <algorithm>

#include "schema/source_text.h"

namespace omnigraph {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return is_upper(c) || is_lower(c) || is_digit(c) || c == '_'; }

std::size_t digits_at(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - from;
}

}  // namespace

SchemaLexer::SchemaLexer(std::string_view source, std::vector<SourceRange>* tokens)
    : source_(source), tokens_(tokens) {
  skip_blank();
}

void SchemaLexer::advance(std::size_t bytes) {
  if (tokens_ != nullptr) {
    tokens_->push_back({place_, place_ + static_cast<std::uint32_t>(bytes)});
  }
  place_ += static_cast<std::uint32_t>(bytes);
  token_end_ = place_;
  skip_blank();
}

void SchemaLexer::skip_blank() {
  std::size_t at = place_;
  while (at < source_.size()) {
    const char c = source_[at];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++at;
    } else if (source_.substr(at, 2) == "//") {
      at = std::min(source_.find('\n', at), source_.size());
    } else if (source_.substr(at, 2) == "/*") {
      const std::size_t end = source_.find("*/", at + 2);
      if (end == std::string_view::npos) {
        refuse(static_cast<std::uint32_t>(at), {"`*/` somewhere after this `/*`", false});
        break;
      }
      at = end + 2;
    } else {
      break;
    }
  }
  place_ = static_cast<std::uint32_t>(at);
}

bool SchemaLexer::refuse(std::uint32_t place, Expected what) {
  if (place < refused_at_) return false;
  if (place > refused_at_) {
    refused_at_ = place;
    expected_.clear();
  }
  if (std::find(expected_.begin(), expected_.end(), what) == expected_.end()) {
    expected_.push_back(what);
  }
  return false;
}

Error SchemaLexer::error() const {
  std::vector<std::string> expected;
  for (const Expected& what : expected_) {
    const std::string text(what.text);
    expected.push_back(what.quoted ? "`" + text + "`" : text);
  }
  return syntax_error(source_, refused_at_, expected);
}

bool SchemaLexer::take(std::string_view text) {
  if (!peek(text)) return refuse(place_, {text, true});
  advance(text.size());
  return true;
}

template <typename First, typename Rest>
bool SchemaLexer::word(First first, Rest rest_of, std::string_view what, std::string& out) {
  const std::string_view text = rest();
  if (text.empty() || !first(text.front())) return refuse(what);
  std::size_t length = 1;
  while (length < text.size() && rest_of(text[length])) ++length;
  out.assign(text.substr(0, length));
  advance(length);
  return true;
}

bool SchemaLexer::type_name(std::string& out) {
  return word(is_upper, is_word, "a type name (it begins with a capital letter)", out);
}

bool SchemaLexer::identifier(std::string& out) {
  const auto first = [](char c) { return is_lower(c) || c == '_'; };
  return word(first, is_word, "a name (it begins with a small letter or `_`)", out);
}

bool SchemaLexer::enum_value(std::string& out) {
  const auto any = [](char c) { return is_word(c) || c == '-'; };
  return word(any, any, "an enum value", out);
}

bool SchemaLexer::integer(std::string& out) { return word(is_digit, is_digit, "a number", out); }

bool SchemaLexer::decimal(std::string& out) {
  const std::string_view text = rest();
  const std::size_t whole = digits_at(text, 0);
  if (whole == 0 || text.substr(whole, 1) != ".") return refuse("a number");
  const std::size_t fraction = digits_at(text, whole + 1);
  if (fraction == 0) return refuse("a number");
  out.assign(text.substr(0, whole + 1 + fraction));
  advance(out.size());
  return true;
}

bool SchemaLexer::string(std::string& out) {
  const std::string_view text = rest();
  if (text.empty() || text.front() != '"') return refuse("a string");
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  if (at >= text.size()) return refuse("a string that is closed by `\"`");
  out.assign(text.substr(1, at - 1));
  advance(at + 1);
  return true;
}

}  // namespace omnigraph
