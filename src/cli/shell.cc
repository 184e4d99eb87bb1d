#include "cli/shell.h"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/operator_config.h"
#include "cli/report.h"
#include "common/json_writer.h"
#include "common/nearest_name.h"
#include "query/parse.h"
#include "query/source_error.h"
#include "schema/compile.h"
#include "schema/parser.h"
#include "schema/print.h"

namespace omnigraph::cli {
namespace {

// Bytes of one input: more is not typed, and a pasted file is better loaded from where it is.
constexpr std::size_t kMaxInputBytes = 16u << 20;

constexpr ShellCommand kCommands[] = {
    {"\\at", "[COMMIT|head]", "Read the graph as it was at a commit, or its head again"},
    {"\\branch", "[NAME]", "Show the branch and the others, or work on another"},
    {"\\explain", "[on|off]", "Print plans instead of answers"},
    {"\\format", "[table|kv|csv|jsonl|json]", "Show or choose how answers are printed"},
    {"\\help", "", "This list"},
    {"\\q", "", "Leave"},
    {"\\schema", "[TYPE]", "Print the schema, or one declaration of it"},
    {"\\set", "[NAME JSON]", "Give a parameter a value, or list those that have one"},
    {"\\timing", "[on|off]", "Print how long each query takes"},
    {"\\unset", "NAME", "Take the value of a parameter away"}};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The text without comments and blanks in front.
std::string_view first_word(std::string_view text) {
  while (true) {
    text = trimmed(text);
    if (text.starts_with("//")) {
      text.remove_prefix(std::min(text.find('\n'), text.size()));
    } else if (text.starts_with("/*")) {
      const std::size_t end = text.find("*/");
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    } else {
      break;
    }
  }
  std::size_t end = 0;
  while (end < text.size() && text[end] >= 'a' && text[end] <= 'z') ++end;
  return text.substr(0, end);
}

bool is_body(std::string_view word) {
  return word == "match" || word == "insert" || word == "update" || word == "delete";
}

std::optional<bool> switch_value(std::string_view text) {
  if (text == "on") return true;
  if (text == "off") return false;
  return std::nullopt;
}

bool is_json(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  return parser.parse(text.data(), text.size(), true).get(value) == simdjson::SUCCESS;
}

// What is put before a query that is typed without `query`.
constexpr std::string_view kBodyBegin = "query shell() {\n";

// A rendered error with the line numbers of what was typed: `--> 3:6` and `3 |` are one less.
std::string one_line_up(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    const std::size_t arrow = line.find("--> ");
    std::size_t at = arrow == std::string_view::npos ? line.find_first_not_of(' ') : arrow + 4;
    std::size_t digits = 0;
    while (at + digits < line.size() && digits < 9 && line[at + digits] >= '0' &&
           line[at + digits] <= '9') {
      ++digits;
    }
    const std::string_view after = digits == 0 ? "" : line.substr(at + digits);
    const bool place =
        arrow != std::string_view::npos ? after.starts_with(":") : after.starts_with(" |");
    if (!place) {
      out += line;
      continue;
    }
    const std::string number = std::to_string(std::stoul(std::string(line.substr(at, digits))) - 1);
    out += line.substr(0, at);
    if (arrow == std::string_view::npos) out.append(digits - number.size(), ' ');
    out += number;
    out += after;
  }
  return out;
}

}  // namespace

std::span<const ShellCommand> shell_commands() { return kCommands; }

bool InputGathering::add(std::string_view line) {
  if (trimmed(line).empty() && !in_string_ && !in_comment_) return !empty();
  if (!text_.empty()) text_ += '\n';
  text_ += line;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string_view rest = line.substr(i);
    if (in_comment_) {
      if (rest.starts_with("*/")) {
        in_comment_ = false;
        ++i;
      }
    } else if (in_string_) {
      if (line[i] == '\\') {
        ++i;
      } else if (line[i] == '"') {
        in_string_ = false;
      }
    } else if (line[i] == '"') {
      in_string_ = true;
    } else if (rest.starts_with("//")) {
      break;
    } else if (rest.starts_with("/*")) {
      in_comment_ = true;
      ++i;
    } else if (line[i] == '{') {
      ++depth_;
    } else if (line[i] == '}') {
      --depth_;
      closed_brace_ = true;
    }
  }
  if (in_string_ || in_comment_) return text_.size() > kMaxInputBytes;
  if (trimmed(line).ends_with(';')) return true;
  if (closed_brace_ && depth_ <= 0 && first_word(text_) == "query") return true;
  return text_.size() > kMaxInputBytes;
}

std::string InputGathering::take() {
  std::string text(trimmed(text_));
  while (text.ends_with(';')) {
    text.pop_back();
    text = trimmed(text);
  }
  clear();
  return text;
}

void InputGathering::clear() { *this = InputGathering(); }

Shell::Shell(Graph graph, Process& process, ShellSettings settings, std::atomic<bool>& cancelled)
    : graph_(std::move(graph)),
      process_(process),
      settings_(std::move(settings)),
      cancelled_(cancelled) {}

std::string Shell::prompt(bool first) const {
  std::string text = snapshot_ ? "@" + snapshot_->substr(0, 10) : settings_.branch;
  if (first) return text + "> ";
  return std::string(text.size() - 1, ' ') + "-> ";
}

int Shell::run(LineEditor& editor) {
  if (settings_.interactive) {
    print("Omnigraph on " + settings_.uri + ". \\help lists the commands, \\q leaves.\n");
  }
  bool going = true;
  while (going) {
    process_.out->flush();
    if (!process_.out->good()) return kFailure;
    const auto line = editor.read(prompt(input_.empty()));
    if (line && line->interrupted) {
      input_.clear();
      continue;
    }
    cancelled_ = false;
    if (line && input_.empty() && trimmed(line->text).starts_with('\\')) {
      editor.remember(std::string(trimmed(line->text)));
      going = command(trimmed(line->text));
      continue;
    }
    const bool complete = line ? input_.add(line->text) : !input_.empty();
    if (complete) {
      const std::string text = input_.take();
      if (!text.empty()) {
        editor.remember(text + (is_body(first_word(text)) ? ";" : ""));
        statement(text);
      }
    }
    going = line.has_value();
    if (!going && settings_.interactive) print("\n");
  }
  return failures_ > 0 && !settings_.interactive ? kFailure : kSuccess;
}

void Shell::failed(const Error& error, std::string_view source) {
  ++failures_;
  process_.out->flush();
  std::string text = render_source_error(error, source);
  if (source.starts_with(kBodyBegin)) text = one_line_up(text);
  process_.err->write("error: " + report_text(text) + "\n");
}

std::string Shell::parameters() const {
  std::string text = "{";
  for (const auto& [name, json] : values_) {
    if (text.size() > 1) text += ',';
    JsonWriter::append_string(text, name);
    text += ":" + json;
  }
  return text + "}";
}

void Shell::statement(const std::string& given) {
  const bool body = is_body(first_word(given));
  const std::string source = body ? std::string(kBodyBegin) + given + "\n}" : given;
  const Result<QueryFile> file = parse_queries(source);
  if (!file.ok()) return failed(file.error(), source);
  const std::string params = parameters();
  for (const QueryDecl& query : file->queries) {
    const auto begin = std::chrono::steady_clock::now();
    if (query.is_mutation()) {
      if (snapshot_) {
        return failed(bad_request("the past cannot be changed: go back with \\at head"), source);
      }
      const auto report = graph_.mutate({.source = source,
                                         .name = query.name,
                                         .params = params,
                                         .branch = settings_.branch,
                                         .actor = settings_.actor});
      if (!report.ok()) return failed(report.error(), source);
      print("changed " + report->branch + ": " + std::to_string(report->affected_nodes) +
            " nodes, " + std::to_string(report->affected_edges) + " edges\n");
    } else {
      QueryRequest request{.source = source, .name = query.name, .params = params};
      if (snapshot_) {
        request.snapshot = *snapshot_;
      } else {
        request.branch = settings_.branch;
      }
      request.cancelled = &cancelled_;
      request.explain = explain_;
      const auto result = graph_.query(request);
      if (!result.ok()) return failed(result.error(), source);
      if (explain_) {
        print(result->plan());
      } else {
        const Status written = result->write(settings_.format, settings_.style,
                                             [this](std::string_view text) -> Status {
                                               if (cancelled_)
                                                 return Error(ErrorCode::kCancelled, "stopped");
                                               print(text);
                                               return {};
                                             });
        if (!written.ok()) return failed(written.error(), source);
      }
    }
    if (!timing_) continue;
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    char text[64];
    std::snprintf(text, sizeof text, "time: %.3f ms\n", took.count());
    print(text);
  }
}

bool Shell::command(std::string_view line) {
  const std::size_t space = line.find_first_of(" \t");
  const std::string_view name = line.substr(0, space);
  const std::string_view rest =
      space == std::string_view::npos ? std::string_view() : trimmed(line.substr(space));
  const auto toggle = [&](bool& setting, std::string_view what) {
    if (rest.empty()) {
      setting = !setting;
    } else if (const auto value = switch_value(rest)) {
      setting = *value;
    } else {
      return failed(bad_request("say on or off"), "");
    }
    print(std::string(what) + (setting ? " is on\n" : " is off\n"));
  };
  if (name == "\\q" || name == "\\quit") return false;
  if (name == "\\help" || name == "\\h" || name == "\\?") {
    for (const ShellCommand& command : kCommands) {
      std::string text = std::string(command.name) + " " + std::string(command.arguments);
      text.resize(std::max<std::size_t>(text.size() + 1, 36), ' ');
      print(text + std::string(command.help) + "\n");
    }
    print(
        "A query ends where its braces close; match, insert, update and delete may stand without "
        "one and end with `;` or a blank line.\n");
  } else if (name == "\\branch") {
    switch_branch(rest);
  } else if (name == "\\schema") {
    show_schema(rest);
  } else if (name == "\\timing") {
    toggle(timing_, "timing");
  } else if (name == "\\explain") {
    toggle(explain_, "explain");
  } else if (name == "\\format") {
    if (!rest.empty()) {
      const auto format = parse_format(rest);
      if (!format) {
        failed(bad_request("no format '" + std::string(rest) +
                           "': there are table, kv, csv, jsonl and json"),
               "");
        return true;
      }
      settings_.format = *format;
    }
    print("format is " + std::string(format_name(settings_.format)) + "\n");
  } else if (name == "\\set") {
    set_parameter(rest);
  } else if (name == "\\unset") {
    const std::string parameter(rest.starts_with('$') ? rest.substr(1) : rest);
    if (values_.erase(parameter) == 0) {
      failed(not_found("parameter '" + parameter + "' has no value"), "");
    }
  } else if (name == "\\at") {
    if (rest == "head") {
      snapshot_.reset();
    } else if (!rest.empty()) {
      const auto commit = graph_.commit(rest);
      if (!commit.ok()) {
        failed(commit.error(), "");
        return true;
      }
      snapshot_ = std::string(rest);
    }
    print(snapshot_ ? "at commit " + *snapshot_ + "\n" : "at the head\n");
  } else {
    std::vector<std::string_view> names;
    for (const ShellCommand& command : kCommands) names.push_back(command.name);
    const std::string_view meant = nearest_name(name, names);
    failed(bad_request("no command " + std::string(name) +
                       (meant.empty() ? ": \\help lists them"
                                      : "; did you mean " + std::string(meant) + "?")),
           "");
  }
  return true;
}

void Shell::set_parameter(std::string_view rest) {
  if (rest.empty()) {
    for (const auto& [name, json] : values_) print("$" + name + " = " + json + "\n");
    return;
  }
  const std::size_t space = rest.find_first_of(" \t");
  std::string_view name = rest.substr(0, space);
  if (name.starts_with('$')) name.remove_prefix(1);
  const std::string_view value =
      space == std::string_view::npos ? std::string_view() : trimmed(rest.substr(space));
  if (!is_json(value)) {
    return failed(bad_request("\\set takes a name and a JSON value, such as \\set n \"Ada\""), "");
  }
  values_[std::string(name)] = value;
}

void Shell::switch_branch(std::string_view name) {
  const auto branches = graph_.branches();
  if (!branches.ok()) return failed(branches.error(), "");
  if (name.empty()) {
    for (const std::string& branch : *branches) {
      print((branch == settings_.branch ? "* " : "  ") + branch + "\n");
    }
    return;
  }
  if (std::find(branches->begin(), branches->end(), name) == branches->end()) {
    return failed(not_found("branch '" + std::string(name) + "' not found"), "");
  }
  settings_.branch = name;
  snapshot_.reset();
  print("on branch " + settings_.branch + "\n");
}

void Shell::show_schema(std::string_view name) {
  const auto source = graph_.schema_source();
  if (!source.ok()) return failed(source.error(), "");
  if (name.empty()) {
    print(*source);
    if (!source->ends_with('\n')) print("\n");
    return;
  }
  const auto ast = parse_schema(*source);
  if (!ast.ok()) return failed(ast.error(), "");
  SchemaAst found;
  for (const Declaration& declaration : ast->declarations) {
    const bool wanted =
        std::visit([&](const auto& decl) { return decl.name == name; }, declaration);
    if (wanted) found.declarations.push_back(declaration);
  }
  if (found.declarations.empty()) {
    return failed(not_found("the schema declares no '" + std::string(name) + "'"), "");
  }
  print(print_schema(found));
}

bool Shell::refresh_names() {
  const auto source = graph_.schema_source();
  if (!source.ok()) return false;
  if (!names_.catalog || *source != names_source_) {
    auto catalog = compile_schema(*source, CompileMode::kLint);
    if (!catalog.ok()) return false;
    names_.catalog = std::move(*catalog);
    names_source_ = *source;
  }
  auto branches = graph_.branches();
  if (branches.ok()) names_.branches = std::move(*branches);
  return true;
}

ShellCandidates Shell::complete(std::string_view line) {
  refresh_names();
  std::string text = input_.text();
  if (!text.empty()) text += '\n';
  const std::size_t before = text.size();
  text += line;
  ShellCandidates found = complete_in_shell(text, names_);
  found.begin = found.begin < before ? 0 : found.begin - before;
  return found;
}

}  // namespace omnigraph::cli
