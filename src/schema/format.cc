#include "schema/format.h"

#include <algorithm>
#include <vector>

#include "common/source_layout.h"
#include "schema/parser.h"

namespace omnigraph {
namespace {

using Before = LayoutToken::Before;

class SchemaLayout {
 public:
  SchemaLayout(std::string_view source, const std::vector<SourceRange>& tokens) : source_(source) {
    tokens_.reserve(tokens.size());
    for (const SourceRange& range : tokens) {
      tokens_.push_back({.begin = range.begin, .end = range.end});
    }
  }

  std::vector<LayoutToken> run() {
    bool short_before = false;  // the declaration before is an edge without a body
    for (std::size_t at = 0; at < tokens_.size();) {
      const std::size_t end = declaration_end(at);
      const std::size_t brace = find(at, end, "{");
      const bool is_short = brace == end;
      tokens_[at].before = is_short && short_before ? Before::kLine : Before::kBlankLine;
      header(at, brace);
      if (!is_short) body(brace, end);
      short_before = is_short;
      at = end;
    }
    return std::move(tokens_);
  }

 private:
  std::string_view text(std::size_t i) const {
    if (i >= tokens_.size()) return {};
    return source_.substr(tokens_[i].begin, tokens_[i].end - tokens_[i].begin);
  }
  std::size_t find(std::size_t from, std::size_t end, std::string_view wanted) const {
    while (from < end && text(from) != wanted) ++from;
    return from;
  }

  // Behind the last token of the declaration that begins at `at`.
  std::size_t declaration_end(std::size_t at) const {
    std::size_t parens = 0;
    for (std::size_t i = at + 1; i < tokens_.size(); ++i) {
      const std::string_view word = text(i);
      if (word == "(") ++parens;
      if (word == ")") --parens;
      if (parens > 0) continue;
      if (word == "}") return i + 1;
      if (word == "{") return find(i, tokens_.size(), "}") + 1;  // bodies do not nest
      const bool keyword = word == "node" || word == "edge" || word == "interface";
      if (keyword && text(i - 1) != "@") return i;
    }
    return tokens_.size();
  }

  // A token inside a line, seen with the one before it.
  void inline_token(std::size_t i, std::uint32_t indent, std::size_t parens) {
    static constexpr std::string_view kGluedBehind[] = {"(", "[", "@", "-"};
    static constexpr std::string_view kGlued[] = {",", ")", "]", "?", ":", "("};
    const auto one_of = [](std::string_view word, const auto& words) {
      return std::find(std::begin(words), std::end(words), word) != std::end(words);
    };
    const std::string_view word = text(i), before = text(i - 1);
    tokens_[i].indent = indent;
    if (one_of(word, kGlued) || one_of(before, kGluedBehind)) {
      tokens_[i].before = Before::kGlued;
    } else if (parens > 0 && before != ",") {
      tokens_[i].before = Before::kGlued;  // bounds, and `=` of named arguments
    } else {
      tokens_[i].before = parens > 0 ? Before::kKept : Before::kSpace;
    }
  }

  bool breaks_before(std::size_t i) const {
    return has_break(source_, tokens_[i - 1].end, tokens_[i].begin);
  }

  // Tokens [begin, brace): annotations and `implements` may stand on lines of their own; then the
  // brace does too.
  void header(std::size_t begin, std::size_t brace) {
    bool broken = false;
    std::size_t parens = 0;
    for (std::size_t i = begin + 1; i < brace; ++i) {
      const std::string_view word = text(i);
      if (word == ")") --parens;
      inline_token(i, 0, parens);
      if (word == "(") ++parens;
      const bool may_break = word.front() == '@' || word == "implements";
      if (parens == 0 && may_break && text(i - 1) != "@" && breaks_before(i)) {
        tokens_[i].before = Before::kLine;
        tokens_[i].indent = 1;
        broken = true;
      }
    }
    if (brace < tokens_.size() && text(brace) == "{") {
      tokens_[brace].before = broken ? Before::kLine : Before::kSpace;
    }
  }

  bool at_constraint(std::size_t i) const {
    static constexpr std::string_view kNames[] = {"key", "unique", "index", "range", "check"};
    return text(i) == "@" && text(i + 2) == "(" &&
           std::find(std::begin(kNames), std::end(kNames), text(i + 1)) != std::end(kNames);
  }

  void body(std::size_t brace, std::size_t end) {
    const std::size_t last = end - 1;  // the closing brace
    if (last == brace + 1) {
      tokens_[last].before = Before::kGlued;
      tokens_[last].closes = true;
      return;
    }
    std::size_t items = 0, parens = 0;
    for (std::size_t i = brace + 1; i < last; ++i) {
      const std::string_view word = text(i);
      const bool property = parens == 0 && text(i + 1) == ":" && text(i - 1) != "@";
      if (property || at_constraint(i)) {
        tokens_[i].before = Before::kLine;
        tokens_[i].indent = 1;
        ++items;
        continue;
      }
      if (word == ")") --parens;
      inline_token(i, 1, parens);
      if (word == "(") ++parens;
      if (parens == 0 && word == "@") tokens_[i].before = Before::kKept;
    }
    tokens_[brace].opens = tokens_[last].closes = true;
    tokens_[last].before = Before::kLine;
    if (items == 1 && !has_break(source_, tokens_[brace].begin, tokens_[last].end)) {
      one_line(brace, last);
    }
  }

  void one_line(std::size_t brace, std::size_t last) {
    std::size_t begin = brace;
    while (begin > 0 && tokens_[begin].before != Before::kLine &&
           tokens_[begin].before != Before::kBlankLine) {
      --begin;
    }
    const std::span<const LayoutToken> line(&tokens_[begin], last + 1 - begin);
    const std::span<const LayoutToken> inside(&tokens_[brace], last + 1 - brace);
    if (has_comment(source_, inside) || line_length(source_, line) > kLayoutColumns + 1) return;
    tokens_[brace].opens = tokens_[last].closes = false;
    tokens_[brace + 1].before = tokens_[last].before = Before::kSpace;
  }

  std::string_view source_;
  std::vector<LayoutToken> tokens_;
};

}  // namespace

Result<std::string> format_schema(std::string_view source) {
  std::vector<SourceRange> tokens;
  OG_RETURN_IF_ERROR(parse_schema(source, &tokens));
  const std::vector<LayoutToken> layout = SchemaLayout(source, tokens).run();
  return lay_out(source, layout);
}

}  // namespace omnigraph
