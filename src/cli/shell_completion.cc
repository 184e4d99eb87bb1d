#include "cli/shell_completion.h"

#include <algorithm>
#include <set>

#include "cli/shell.h"

namespace omnigraph::cli {
namespace {

constexpr std::string_view kKeywords[] = {
    "as",     "asc",     "avg(",     "bm25(",       "contains", "count(", "date(",  "datetime(",
    "delete", "desc",    "false",    "fuzzy(",      "insert",   "limit",  "match",  "match_text(",
    "max(",   "min(",    "nearest(", "not",         "now()",    "order",  "query",  "return",
    "rrf(",   "search(", "set",      "starts_with", "sum(",     "true",   "update", "where"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string edge_word(std::string name) {
  if (name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] + ('a' - 'A'));
  return name;
}

class Offer {
 public:
  Offer(std::string_view word, std::size_t begin) : word_(word), begin_(begin) {}
  void add(std::string_view candidate) {
    if (candidate.starts_with(word_)) words_.emplace(candidate);
  }
  ShellCandidates finish() const { return {begin_, {words_.begin(), words_.end()}}; }

 private:
  std::string_view word_;
  std::size_t begin_;
  std::set<std::string> words_;
};

void add_properties(const EntityType& type, Offer& offer) {
  for (const Property& property : type.properties) offer.add(property.name);
}

void add_all_properties(const Catalog& catalog, Offer& offer) {
  for (const NodeType& type : catalog.nodes()) add_properties(type, offer);
  for (const EdgeType& type : catalog.edges()) add_properties(type, offer);
}

// The type that `$variable: Type` or `$variable:edge` gives a variable; null when nothing does.
const EntityType* type_of(std::string_view text, std::string_view variable,
                          const Catalog& catalog) {
  const std::string wanted = "$" + std::string(variable);
  for (std::size_t at = text.find(wanted); at != std::string_view::npos;
       at = text.find(wanted, at + 1)) {
    std::size_t i = at + wanted.size();
    if (i < text.size() && is_word(text[i])) continue;
    while (i < text.size() && text[i] == ' ') ++i;
    if (i >= text.size() || text[i] != ':') continue;
    ++i;
    while (i < text.size() && (text[i] == ' ' || text[i] == '<')) ++i;
    const std::size_t begin = i;
    while (i < text.size() && is_word(text[i])) ++i;
    const std::string_view name = text.substr(begin, i - begin);
    if (const NodeType* node = catalog.node(name)) return node;
    if (const EdgeType* edge = catalog.edge_by_word(name)) return edge;
  }
  return nullptr;
}

void add_variables(std::string_view text, Offer& offer) {
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > at + 1 && end < text.size()) offer.add(text.substr(at, end - at));
  }
}

void add_type_names(const Catalog& catalog, Offer& offer) {
  for (const NodeType& type : catalog.nodes()) offer.add(type.name);
  for (const EdgeType& type : catalog.edges()) offer.add(type.name);
}

// A line that begins with `\`.
ShellCandidates complete_command(std::string_view line, std::size_t line_begin,
                                 const ShellNames& names) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) {
    Offer offer(line, line_begin);
    for (const ShellCommand& command : shell_commands()) offer.add(command.name);
    return offer.finish();
  }
  const std::string_view name = line.substr(0, space);
  const std::size_t begin = line.rfind(' ') + 1;
  Offer offer(line.substr(begin), line_begin + begin);
  if (name == "\\branch") {
    for (const std::string& branch : names.branches) offer.add(branch);
  } else if (name == "\\schema" && names.catalog) {
    add_type_names(*names.catalog, offer);
  } else if (name == "\\format") {
    for (const std::string_view format : {"table", "kv", "csv", "jsonl", "json"}) offer.add(format);
  } else if (name == "\\timing" || name == "\\explain") {
    for (const std::string_view choice : {"on", "off"}) offer.add(choice);
  }
  return offer.finish();
}

}  // namespace

ShellCandidates complete_in_shell(std::string_view text, const ShellNames& names) {
  const std::size_t newline = text.rfind('\n');
  const std::size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
  if (text.substr(line_begin).starts_with('\\')) {
    return complete_command(text.substr(line_begin), line_begin, names);
  }
  std::size_t begin = text.size();
  while (begin > line_begin && is_word(text[begin - 1])) --begin;
  const char before = begin > line_begin ? text[begin - 1] : ' ';
  if (before == '$') {
    Offer offer(text.substr(begin - 1), begin - 1);
    add_variables(text, offer);
    return offer.finish();
  }
  const std::string_view word = text.substr(begin);
  Offer offer(word, begin);
  if (before == '.') {
    if (!names.catalog) return offer.finish();
    std::size_t variable = begin - 1;
    while (variable > 0 && is_word(text[variable - 1])) --variable;
    const EntityType* type = nullptr;
    if (variable > 0 && text[variable - 1] == '$') {
      type = type_of(text, text.substr(variable, begin - 1 - variable), *names.catalog);
    }
    if (type != nullptr) {
      add_properties(*type, offer);
    } else {
      add_all_properties(*names.catalog, offer);
    }
    return offer.finish();
  }
  if (!word.empty() && word[0] >= 'A' && word[0] <= 'Z') {
    if (names.catalog) add_type_names(*names.catalog, offer);
    return offer.finish();
  }
  for (const std::string_view keyword : kKeywords) offer.add(keyword);
  if (names.catalog) {
    for (const EdgeType& edge : names.catalog->edges()) offer.add(edge_word(edge.name));
    add_all_properties(*names.catalog, offer);
    if (word.empty()) add_type_names(*names.catalog, offer);
  }
  return offer.finish();
}

std::string common_beginning(const std::vector<std::string>& words) {
  if (words.empty()) return "";
  std::string common = words.front();
  for (const std::string& word : words) {
    const auto differs = std::mismatch(common.begin(), common.end(), word.begin(), word.end());
    common.erase(differs.first, common.end());
  }
  return common;
}

}  // namespace omnigraph::cli
