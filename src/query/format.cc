#include "query/format.h"

#include <algorithm>
#include <set>
#include <vector>

#include "common/source_layout.h"
#include "query/parse.h"

namespace omnigraph {
namespace {

using Before = LayoutToken::Before;

// What the tree knows and the tokens do not: where the lines of blocks begin, and which words name
// edges. All by byte offset.
class Places {
 public:
  explicit Places(const QueryFile& file) {
    for (const QueryDecl& query : file.queries) {
      if (const auto* read = std::get_if<ReadBody>(&query.body)) {
        clauses(read->match);
        for (const Projection& projection : read->projections) {
          lines_.insert(projection.expression->span.begin);
        }
        for (const Ordering& ordering : read->order) lines_.insert(ordering.expression->span.begin);
      } else {
        for (const MutationStatement& statement : std::get<MutationBody>(query.body).statements) {
          std::visit([&](const auto& node) { this->statement(node); }, statement);
        }
      }
    }
  }

  bool begins_line(std::uint32_t offset) const { return lines_.contains(offset); }
  bool begins_statement(std::uint32_t offset) const { return statements_.contains(offset); }
  bool is_edge(std::uint32_t offset) const { return edges_.contains(offset); }

 private:
  // As deep as the tree: kMaxQueryNesting.
  void clauses(const std::vector<Clause>& list) {
    for (const Clause& clause : list) {
      lines_.insert(clause.span.begin);
      if (const auto* negation = std::get_if<Negation>(&clause.node)) clauses(negation->clauses);
      if (const auto* hop = std::get_if<Traversal>(&clause.node))
        edges_.insert(hop->edge_span.begin);
    }
  }
  void assignments(const std::vector<Assignment>& list) {
    for (const Assignment& assignment : list) lines_.insert(assignment.span.begin);
  }
  void statement(const InsertStatement& node) {
    statements_.insert(node.span.begin);
    assignments(node.assignments);
  }
  void statement(const UpdateStatement& node) {
    statements_.insert(node.span.begin);
    assignments(node.assignments);
  }
  void statement(const DeleteStatement& node) { statements_.insert(node.span.begin); }

  std::set<std::uint32_t> lines_, statements_, edges_;
};

class QueryLayout {
 public:
  QueryLayout(std::string_view source, const std::vector<SourceRange>& tokens,
              const QueryFile& file)
      : source_(source), places_(file) {
    tokens_.reserve(tokens.size());
    for (const SourceRange& range : tokens) {
      tokens_.push_back({.begin = range.begin, .end = range.end});
    }
  }

  std::vector<LayoutToken> run() {
    while (at_ < tokens_.size()) query();
    return std::move(tokens_);
  }

 private:
  std::string_view text(std::size_t i) const {
    if (i >= tokens_.size()) return {};
    return source_.substr(tokens_[i].begin, tokens_[i].end - tokens_[i].begin);
  }
  bool at(std::string_view word) const { return text(at_) == word; }
  bool done() const { return at_ >= tokens_.size(); }
  void place(Before before, std::uint32_t indent) {
    tokens_[at_].before = before;
    tokens_[at_].indent = indent;
    ++at_;
  }
  bool breaks_here() const {
    return at_ > 0 && has_break(source_, tokens_[at_ - 1].end, tokens_[at_].begin);
  }

  void query() {
    place(Before::kBlankLine, 0);
    bool broken = false;
    while (!done() && !at("{")) {
      if (text(at_).front() == '@' && breaks_here()) {
        place(Before::kLine, 1);
        broken = true;
      } else {
        inline_token(0);
      }
    }
    if (done()) return;
    tokens_[at_].opens = true;
    place(broken ? Before::kLine : Before::kSpace, 0);
    while (!done() && !at("}")) section();
    if (done()) return;
    tokens_[at_].closes = true;
    place(Before::kLine, 0);
  }

  // match, return, order, limit, or a statement, from its first token to its last.
  void section() {
    const bool is_match = at("match");
    place(Before::kLine, 1);
    while (!done() && !at("}")) {
      const bool next = at("match") || at("return") || at("order") || at("limit");
      const bool ended = text(at_ - 1) == "}" && next;
      if (ended || places_.begins_statement(tokens_[at_].begin)) return;
      if (at("{")) {
        block(2, is_match);
      } else {
        inline_token(1);
      }
    }
  }

  // A braced block whose lines stand at `indent`.
  void block(std::uint32_t indent, bool clauses) {
    const std::size_t brace = at_;
    tokens_[brace].opens = true;
    place(Before::kSpace, indent - 1);
    std::size_t lines = 0;
    bool nested_lines = false;
    while (!done() && !at("}")) {
      const bool begins = places_.begins_line(tokens_[at_].begin);
      if (begins) ++lines;
      const bool negation = clauses && begins && at("not") && text(at_ + 1) == "{";
      if (begins) {
        place(Before::kLine, indent);
      } else {
        inline_token(indent);
      }
      if (negation) {
        const std::size_t inner = at_;
        block(indent + 1, true);
        nested_lines = nested_lines || tokens_[inner].opens;
      }
    }
    if (done()) return;
    const std::size_t last = at_;
    tokens_[last].closes = true;
    place(Before::kLine, indent - 1);
    if (nested_lines || (clauses && lines > 1)) return;
    if (!has_break(source_, tokens_[brace].begin, tokens_[last].end)) one_line(brace, last);
  }

  void one_line(std::size_t brace, std::size_t last) {
    std::size_t begin = brace;
    while (begin > 0 && tokens_[begin].before != Before::kLine) --begin;
    std::vector<LayoutToken> line(tokens_.begin() + static_cast<std::ptrdiff_t>(begin),
                                  tokens_.begin() + static_cast<std::ptrdiff_t>(last + 1));
    for (std::size_t i = 1; i < line.size(); ++i) {
      if (line[i].before == Before::kLine) line[i].before = Before::kSpace;
    }
    const std::size_t indent = std::size_t{line.front().indent} * kLayoutIndent;
    if (has_comment(source_, line) || indent + line_length(source_, line) > kLayoutColumns + 1) {
      return;
    }
    std::copy(line.begin() + 1, line.end(),
              tokens_.begin() + static_cast<std::ptrdiff_t>(begin + 1));
    tokens_[brace].opens = tokens_[last].closes = false;
  }

  // One token inside a line, and the braces of hop bounds and inline matches with what they hold.
  void inline_token(std::uint32_t indent) {
    if (at("{")) return braces(indent);
    const std::string_view word = text(at_), before = text(at_ - 1);
    static constexpr std::string_view kGlued[] = {",", ")", "]", "?", ":", ".", "("};
    static constexpr std::string_view kGluedBehind[] = {"(", "[", "."};
    const auto one_of = [](std::string_view wanted, const auto& words) {
      return std::find(std::begin(words), std::end(words), wanted) != std::end(words);
    };
    Before how = before == "," ? Before::kKept : Before::kSpace;
    if (one_of(word, kGlued) || one_of(before, kGluedBehind)) how = Before::kGlued;
    const bool is_edge = places_.is_edge(tokens_[at_].begin);
    const bool opens_edge =
        word == "<" && at_ + 1 < tokens_.size() && places_.is_edge(tokens_[at_ + 1].begin);
    // `$e:knows` and `$e:<knows>`, but `$p: Person`.
    if ((is_edge || opens_edge) && before == ":") how = Before::kGlued;
    if (is_edge && before == "<") how = Before::kGlued;
    if (word == ">" && places_.is_edge(tokens_[at_ - 1].begin)) how = Before::kGlued;
    place(how, indent);
  }

  void braces(std::uint32_t indent) {
    const std::size_t edge = text(at_ - 1) == ">" ? at_ - 2 : at_ - 1;
    const bool hops = places_.is_edge(tokens_[edge].begin);
    place(hops ? Before::kGlued : Before::kSpace, indent);
    bool first = true;
    while (!done() && !at("}")) {
      const std::size_t here = at_;
      inline_token(indent);
      if (hops) tokens_[here].before = Before::kGlued;
      if (!hops && first) tokens_[here].before = Before::kKept;
      first = false;
    }
    if (!done()) place(hops ? Before::kGlued : Before::kSpace, indent);
  }

  std::string_view source_;
  Places places_;
  std::vector<LayoutToken> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::string> format_queries(std::string_view source) {
  std::vector<SourceRange> tokens;
  OG_ASSIGN_OR_RETURN(const QueryFile file, parse_queries(source, &tokens));
  const std::vector<LayoutToken> layout = QueryLayout(source, tokens, file).run();
  return lay_out(source, layout);
}

}  // namespace omnigraph
