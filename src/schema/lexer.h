// The tokens of `.pg`, read on demand where the grammar wants one. There is no token stream: what a
// run of characters is depends on what may stand there (`String@key`, `0..9`, `nodeA`), so the
// parser asks for one kind of token at the current place and the lexer takes it greedily or not.
//
// The place always stands at the start of a token: white space and comments are skipped after each
// token taken. Every refusal is noted; the error of a source is the furthest place where a token
// was refused, with everything that would have been accepted there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "schema/ast.h"

namespace omnigraph {

class SchemaLexer {
 public:
  // `source` must outlive the lexer and be at most kMaxSchemaBytes long.
  // Tokens that stay taken are noted in `tokens`, unless null.
  explicit SchemaLexer(std::string_view source, std::vector<SourceRange>* tokens = nullptr);

  std::uint32_t place() const { return place_; }
  // The end of the last token taken.
  std::uint32_t token_end() const { return token_end_; }
  void go_back(std::uint32_t place) {
    place_ = place;
    if (tokens_ == nullptr) return;
    while (!tokens_->empty() && tokens_->back().begin >= place) tokens_->pop_back();
  }
  bool at_end() const { return place_ == source_.size(); }

  // Each takes one token or leaves the place where it is and returns false. Word boundaries are
  // never looked at: take("node") accepts the first four letters of `nodeA`. `text` is static.
  bool take(std::string_view text);
  // Like take(), without noting a refusal.
  bool peek(std::string_view text) const { return rest().substr(0, text.size()) == text; }
  bool type_name(std::string& out);   // [A-Z][A-Za-z0-9_]*
  bool identifier(std::string& out);  // [a-z_][A-Za-z0-9_]*
  bool enum_value(std::string& out);  // [A-Za-z0-9_-]+
  bool integer(std::string& out);     // [0-9]+
  bool decimal(std::string& out);     // [0-9]+ "." [0-9]+
  bool string(std::string& out);      // what stands between the quotes

  // Notes that `what` (static text) would have been accepted here; returns false for chaining.
  bool refuse(std::string_view what) { return refuse(place_, {what, false}); }

  // The error at the furthest refused place.
  Error error() const;

 private:
  struct Expected {
    std::string_view text;  // static
    bool quoted;            // literal text of the language
    bool operator==(const Expected&) const = default;
  };

  std::string_view rest() const { return source_.substr(place_); }
  bool refuse(std::uint32_t place, Expected what);
  void advance(std::size_t bytes);  // past a token and what separates it from the next
  void skip_blank();
  template <typename First, typename Rest>
  bool word(First first, Rest rest, std::string_view what, std::string& out);

  std::string_view source_;
  std::uint32_t place_ = 0;
  std::uint32_t token_end_ = 0;
  std::vector<SourceRange>* tokens_;
  std::uint32_t refused_at_ = 0;
  std::vector<Expected> expected_;  // at refused_at_, unique
};

}  // namespace omnigraph
