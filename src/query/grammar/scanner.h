// The terminals of the `.gq` grammar over one source text: a scannerless PEG reader. Whitespace and
// comments are skipped before every terminal; keywords have no word boundary. A terminal that does
// not match leaves the position alone and is remembered if nothing failed further right, which is
// what a syntax error reports. Refers to the text, which must outlive it. Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "schema/ast.h"

namespace omnigraph::gq {

class Scanner {
 public:
  // Terminals that stay taken are noted in `tokens`, unless null.
  explicit Scanner(std::string_view text, std::vector<SourceRange>* tokens = nullptr)
      : text_(text), tokens_(tokens) {}

  std::size_t position() const { return position_; }
  void move_to(std::size_t position) {
    position_ = position;
    if (tokens_ == nullptr) return;
    while (!tokens_->empty() && tokens_->back().begin >= position) tokens_->pop_back();
  }
  // Where the next token starts; at or past the position.
  std::size_t token_start();
  // The first character of the next token, 0 at the end.
  char peek();
  std::string_view text(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin);
  }

  // Each returns true and moves past the terminal, or false.
  bool keyword(std::string_view word);
  bool end_of_text();
  std::optional<std::string_view> ident();       // [a-z_][A-Za-z0-9_]*
  std::optional<std::string_view> type_name();   // [A-Z][A-Za-z0-9_]*
  std::optional<std::string_view> variable();    // $ident, returned without `$`
  std::optional<std::string_view> edge_ident();  // an ident that is not read as `not`
  std::optional<std::string_view> integer();     // [0-9]+
  std::optional<std::string_view> number();      // float, else integer; a float holds a `.`
  std::optional<std::string_view> string();      // with its quotes, escapes undecoded

  // Until it is destroyed, terminals that fail where it began are reported as `what`.
  class Label {
   public:
    Label(Scanner& scanner, std::string_view what);
    ~Label();
    Label(const Label&) = delete;
    Label& operator=(const Label&) = delete;

   private:
    Scanner& scanner_;
    bool owner_;
    std::string_view outer_;
    std::size_t outer_at_;
  };

  // Gives up: from now on every terminal fails, and the error says `reason` at the next token.
  void refuse(std::string_view reason);
  bool refused() const { return refusal_.has_value(); }

  // The error for the furthest failure (or the refusal).
  Error error() const;

 private:
  void fail(std::size_t at, std::string_view what, bool quoted = false);
  // The terminal that began at `begin` is taken up to `end`.
  void advance(std::size_t begin, std::size_t end);

  std::string_view text_;
  std::vector<SourceRange>* tokens_;
  std::size_t position_ = 0;
  // Last skip of whitespace and comments, from and to: alternatives retried at one place skip once.
  std::size_t skip_from_ = std::string_view::npos, skip_to_ = 0;
  std::size_t unclosed_comment_ = std::string_view::npos;

  struct Expectation {
    std::string_view what;
    bool quoted;
  };
  std::size_t furthest_ = 0;
  std::vector<Expectation> expected_;  // distinct; bounded by the number of terminals and labels
  std::string_view label_;
  std::size_t label_at_ = std::string_view::npos;
  std::optional<std::pair<std::size_t, std::string>> refusal_;
};

}  // namespace omnigraph::gq
