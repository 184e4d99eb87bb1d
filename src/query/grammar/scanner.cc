#include "query/grammar/scanner.h"

#include <algorithm>

#include "schema/source_text.h"

namespace omnigraph::gq {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool starts_ident(char c) { return is_lower(c) || c == '_'; }
bool continues_word(char c) { return is_lower(c) || is_upper(c) || is_digit(c) || c == '_'; }

}  // namespace

std::size_t Scanner::token_start() {
  if (position_ == skip_from_) return skip_to_;
  std::size_t at = position_;
  while (at < text_.size()) {
    const char c = text_[at];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      ++at;
    } else if (c == '/' && text_.substr(at, 2) == "//") {
      at = std::min(text_.find('\n', at), text_.size());
    } else if (c == '/' && text_.substr(at, 2) == "/*" && at < unclosed_comment_) {
      const std::size_t close = text_.find("*/", at + 2);
      if (close == kNowhere) {
        unclosed_comment_ = at;  // no later comment closes either
        fail(at, "the comment's closing `*/`");
        break;
      }
      at = close + 2;
    } else {
      break;
    }
  }
  skip_from_ = position_;
  skip_to_ = at;
  return at;
}

char Scanner::peek() {
  const std::size_t at = token_start();
  return at < text_.size() ? text_[at] : '\0';
}

void Scanner::advance(std::size_t begin, std::size_t end) {
  position_ = end;
  if (tokens_ == nullptr) return;
  tokens_->push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
}

void Scanner::fail(std::size_t at, std::string_view what, bool quoted) {
  if (at < furthest_ || refused()) return;
  if (at > furthest_) {
    furthest_ = at;
    expected_.clear();
  }
  if (at == label_at_ && !label_.empty()) {
    what = label_;
    quoted = false;
  }
  const bool known = std::any_of(expected_.begin(), expected_.end(),
                                 [&](const Expectation& e) { return e.what == what; });
  if (!known) expected_.push_back({what, quoted});
}

bool Scanner::keyword(std::string_view word) {
  if (refused()) return false;
  const std::size_t at = token_start();
  if (text_.substr(at, word.size()) != word) {
    fail(at, word, true);
    return false;
  }
  advance(at, at + word.size());
  return true;
}

bool Scanner::end_of_text() {
  if (refused()) return false;
  const std::size_t at = token_start();
  if (at == text_.size()) return true;
  fail(at, "the end of the source");
  return false;
}

std::optional<std::string_view> Scanner::ident() {
  if (refused()) return std::nullopt;
  const std::size_t at = token_start();
  if (at == text_.size() || !starts_ident(text_[at])) {
    fail(at, "a lower-case name");
    return std::nullopt;
  }
  std::size_t end = at + 1;
  while (end < text_.size() && continues_word(text_[end])) ++end;
  advance(at, end);
  return text(at, end);
}

std::optional<std::string_view> Scanner::type_name() {
  if (refused()) return std::nullopt;
  const std::size_t at = token_start();
  if (at == text_.size() || !is_upper(text_[at])) {
    fail(at, "a type name");
    return std::nullopt;
  }
  std::size_t end = at + 1;
  while (end < text_.size() && continues_word(text_[end])) ++end;
  advance(at, end);
  return text(at, end);
}

std::optional<std::string_view> Scanner::variable() {
  if (refused()) return std::nullopt;
  const std::size_t at = token_start();
  if (at + 1 >= text_.size() || text_[at] != '$' || !starts_ident(text_[at + 1])) {
    fail(at, "a variable");
    return std::nullopt;
  }
  std::size_t end = at + 2;
  while (end < text_.size() && continues_word(text_[end])) ++end;
  advance(at, end);
  return text(at + 1, end);
}

std::optional<std::string_view> Scanner::edge_ident() {
  if (refused()) return std::nullopt;
  const std::size_t at = token_start();
  const std::string_view rest = text_.substr(at);
  const bool negation = rest.substr(0, 3) == "not" &&
                        (rest.size() == 3 || rest[3] == '_' || !continues_word(rest[3]));
  if (negation || rest.empty() || !starts_ident(rest[0])) {
    fail(at, "an edge name");
    return std::nullopt;
  }
  return ident();
}

std::optional<std::string_view> Scanner::integer() {
  if (refused()) return std::nullopt;
  const std::size_t at = token_start();
  std::size_t end = at;
  while (end < text_.size() && is_digit(text_[end])) ++end;
  if (end == at) {
    fail(at, "an integer");
    return std::nullopt;
  }
  advance(at, end);
  return text(at, end);
}

std::optional<std::string_view> Scanner::number() {
  const std::size_t at = token_start();
  if (!integer()) return std::nullopt;
  if (position_ + 1 < text_.size() && text_[position_] == '.' && is_digit(text_[position_ + 1])) {
    std::size_t end = position_ + 1;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (tokens_ != nullptr) tokens_->pop_back();
    advance(at, end);
  }
  return text(at, position_);
}

std::optional<std::string_view> Scanner::string() {
  if (refused()) return std::nullopt;
  const std::size_t at = token_start();
  if (at == text_.size() || text_[at] != '"') {
    fail(at, "a string");
    return std::nullopt;
  }
  std::size_t end = at + 1;
  while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
  if (end >= text_.size()) {
    fail(text_.size(), "the string's closing `\"`");
    return std::nullopt;
  }
  advance(at, end + 1);
  return text(at, end + 1);
}

Scanner::Label::Label(Scanner& scanner, std::string_view what)
    : scanner_(scanner), outer_(scanner.label_), outer_at_(scanner.label_at_) {
  const std::size_t at = scanner.token_start();
  owner_ = scanner.label_.empty() || scanner.label_at_ != at;
  if (owner_) {
    scanner.label_ = what;
    scanner.label_at_ = at;
  }
}

Scanner::Label::~Label() {
  if (!owner_) return;
  scanner_.label_ = outer_;
  scanner_.label_at_ = outer_at_;
}

void Scanner::refuse(std::string_view reason) {
  if (!refused()) refusal_.emplace(token_start(), std::string(reason));
}

Error Scanner::error() const {
  std::vector<std::string> expected;
  if (refused()) {
    expected.push_back(refusal_->second);
    return syntax_error(text_, static_cast<std::uint32_t>(refusal_->first), expected);
  }
  for (const Expectation& e : expected_) {
    expected.push_back(e.quoted ? "`" + std::string(e.what) + "`" : std::string(e.what));
  }
  return syntax_error(text_, static_cast<std::uint32_t>(furthest_), expected);
}

}  // namespace omnigraph::gq
