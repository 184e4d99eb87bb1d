#include "common/source_layout.h"

#include <algorithm>
#include <vector>

namespace omnigraph {
namespace {

// Levels that a continued line is indented beyond the line it continues.
constexpr std::uint32_t kContinuation = 2;

struct Comment {
  std::string_view text;
  std::size_t breaks_before;  // line breaks since the token or comment before it
  bool to_line_end;           // `//`
};

struct Gap {
  std::vector<Comment> comments;
  std::size_t breaks = 0;  // since the last comment, or in all
  bool any_break = false;
};

std::string_view without_trailing_blanks(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// `text` holds nothing but white space and comments.
Gap read_gap(std::string_view text) {
  Gap gap;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.substr(at, 2) == "//") {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      gap.comments.push_back(
          {without_trailing_blanks(text.substr(at, end - at)), gap.breaks, true});
      gap.breaks = 0;
      at = end;
    } else if (text.substr(at, 2) == "/*") {
      const std::size_t found = text.find("*/", at + 2);
      const std::size_t end = found == std::string_view::npos ? text.size() : found + 2;
      gap.comments.push_back({text.substr(at, end - at), gap.breaks, false});
      gap.breaks = 0;
      at = end;
    } else {
      if (text[at] == '\n') {
        ++gap.breaks;
        gap.any_break = true;
      }
      ++at;
    }
  }
  return gap;
}

class Writer {
 public:
  std::string finish() {
    end_line();
    return std::move(out_);
  }

  bool empty() const { return out_.empty(); }
  void end_line() {
    if (!out_.empty() && out_.back() != '\n') out_ += '\n';
  }
  void blank_line() {
    end_line();
    if (out_.size() >= 2 && out_[out_.size() - 2] != '\n') out_ += '\n';
  }
  void begin_line(std::uint32_t indent) {
    end_line();
    out_.append(std::size_t{indent} * kLayoutIndent, ' ');
  }
  void write(std::string_view text) { out_ += text; }

 private:
  std::string out_;
};

}  // namespace

std::string lay_out(std::string_view source, std::span<const LayoutToken> tokens) {
  using Before = LayoutToken::Before;
  Writer out;
  std::size_t from = 0;
  const auto size = static_cast<std::uint32_t>(source.size());
  const LayoutToken last{.begin = size, .end = size, .before = Before::kLine};
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    const LayoutToken& token = i < tokens.size() ? tokens[i] : last;
    const Gap gap = read_gap(source.substr(from, token.begin - from));
    const bool own_line = token.before == Before::kLine || token.before == Before::kBlankLine;
    const bool behind_brace = i > 0 && tokens[i - 1].opens;
    bool must_break = false;   // a comment ended the line
    bool own_comment = false;  // one stood on a line of its own
    bool inline_comment = false;
    for (const Comment& comment : gap.comments) {
      const bool first = i == 0 && !own_comment && !must_break;
      if (comment.breaks_before == 0 && !first && !must_break) {
        out.write(comment.to_line_end ? "  " : " ");
        out.write(comment.text);
        must_break = comment.to_line_end;
        inline_comment = true;
        continue;
      }
      const bool opening = !own_comment && token.before == Before::kBlankLine && i > 0;
      const bool kept = comment.breaks_before >= 2 && !(behind_brace && !own_comment);
      if (!out.empty() && (opening || kept)) out.blank_line();
      out.begin_line(token.closes ? token.indent + 1
                     : own_line   ? token.indent
                                  : token.indent + kContinuation);
      out.write(comment.text);
      own_comment = must_break = true;
    }
    if (i == tokens.size()) break;
    if (own_line || must_break) {
      const bool kept = gap.breaks >= 2 && !token.closes && (!behind_brace || own_comment);
      const bool wanted = token.before == Before::kBlankLine && !own_comment;
      if (!out.empty() && i > 0 && (wanted || kept)) out.blank_line();
      if (i == 0 && own_comment && gap.breaks >= 2) out.blank_line();
      out.begin_line(own_line || token.closes ? token.indent : token.indent + kContinuation);
    } else if (token.before == Before::kKept && gap.any_break) {
      out.begin_line(token.indent + kContinuation);
    } else if (token.before != Before::kGlued || inline_comment) {
      out.write(" ");
    }
    out.write(source.substr(token.begin, token.end - token.begin));
    from = token.end;
  }
  return out.finish();
}

std::size_t line_length(std::string_view source, std::span<const LayoutToken> tokens) {
  std::size_t length = 0;
  for (const LayoutToken& token : tokens) {
    if (token.before != LayoutToken::Before::kGlued) ++length;
    for (const char c : source.substr(token.begin, token.end - token.begin)) {
      if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++length;
    }
  }
  return length;
}

bool has_break(std::string_view source, std::uint32_t begin, std::uint32_t end) {
  return source.substr(begin, end - begin).find('\n') != std::string_view::npos;
}

bool has_comment(std::string_view source, std::span<const LayoutToken> tokens) {
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    const std::uint32_t from = tokens[i - 1].end;
    const auto gap = source.substr(from, tokens[i].begin - from);
    if (gap.find('/') != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace omnigraph
