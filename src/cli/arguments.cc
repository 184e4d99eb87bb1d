#include "cli/arguments.h"

#include <algorithm>
#include <charconv>

#include "cli/help.h"
#include "common/nearest_name.h"

namespace omnigraph::cli {

namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::string positional_text(const PositionalSpec& positional) {
  const std::string name(positional.name);
  if (positional.required) return "<" + name + ">" + (positional.repeatable ? "..." : "");
  return "[" + name + "]" + (positional.repeatable ? "..." : "");
}

std::string choices_text(std::span<const std::string_view> choices) {
  std::string text = "[possible values: ";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) text += ", ";
    text += choices[i];
  }
  return text + "]";
}

}  // namespace

std::string option_text(const OptionSpec& option) {
  std::string text = "--" + std::string(option.name);
  if (option.kind != ValueKind::kFlag) text += " <" + value_name(option) + ">";
  return text;
}

const Arguments::Given* Arguments::find(std::string_view option) const {
  for (const Given& given : given_) {
    if (given.option->name == option) return &given;
  }
  return nullptr;
}

std::optional<std::string_view> Arguments::value(std::string_view option) const {
  if (const Given* given = find(option)) return given->value;
  const OptionSpec* spec = find_option(*command, option);
  if (spec != nullptr && !spec->default_text.empty()) return spec->default_text;
  return std::nullopt;
}

std::string_view Arguments::value_or(std::string_view option, std::string_view otherwise) const {
  return value(option).value_or(otherwise);
}

std::optional<std::uint64_t> Arguments::number(std::string_view option) const {
  const auto text = value(option);
  if (!text) return std::nullopt;
  std::uint64_t number = 0;  // the parser has checked it
  std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  std::vector<std::string> all;
  for (const Given& given : given_) {
    if (given.option->name == option) all.emplace_back(given.value);
  }
  return all;
}

std::optional<std::string_view> Arguments::positional(std::size_t index) const {
  if (index >= positionals_.size()) return std::nullopt;
  return positionals_[index];
}

// One pass over the arguments, then the rules that need all of them.
class ArgumentParser {
 public:
  explicit ArgumentParser(std::span<const std::string_view> args) : args_(args) {
    result_.path.push_back(&kProgram);
    result_.command = &kProgram;
  }

  ParseOutcome parse();

 private:
  bool at_root() const { return result_.path.size() == 1; }
  const CommandSpec& command() const { return *result_.command; }

  // `tip`: a line of its own behind the reason, or empty.
  void fail(std::string reason, const std::string& tip = "") {
    if (error_) return;
    error_ = "error: " + std::move(reason) + (tip.empty() ? "" : "\n\n  tip: " + tip) +
             "\n\nUsage: " + usage_line(result_.path) + "\n\nFor more information, try '--help'.\n";
  }
  void unexpected(std::string_view argument) {
    fail("unexpected argument " + quoted(argument) + " found");
  }
  void unknown_option(std::string_view name) {
    std::vector<std::string_view> names{"help"};
    for (const OptionSpec& option : command().options) {
      if (!option.hidden) names.push_back(option.name);
    }
    for (const OptionSpec& option : kGlobalOptions) names.push_back(option.name);
    const std::string_view near = nearest_name(name, names);
    fail("unexpected argument " + quoted("--" + std::string(name)) + " found",
         near.empty() ? "" : "a similar option exists: " + quoted("--" + std::string(near)));
  }
  void unknown_subcommand(const CommandSpec& of, std::string_view name) {
    std::vector<std::string_view> names;
    for (const CommandSpec& sub : of.subcommands) {
      if (!sub.hidden) names.push_back(sub.name);
    }
    const std::string_view near = nearest_name(name, names);
    fail("unrecognized subcommand " + quoted(name),
         near.empty() ? "" : "a similar subcommand exists: " + quoted(near));
  }

  void word(std::string_view text);
  void help_of_rest();
  void long_option(std::string_view text);
  void short_options(std::string_view text);
  void take(const OptionSpec& option, std::optional<std::string_view> attached);
  void check_value(std::string_view value, ValueKind kind,
                   std::span<const std::string_view> choices, const std::string& shown);
  void check_pairs();
  void check_required();

  std::span<const std::string_view> args_;
  std::size_t next_ = 0;
  Arguments result_;
  std::optional<std::string> error_;
  std::optional<HelpWanted> help_;
  bool version_ = false;
};

ParseOutcome ArgumentParser::parse() {
  bool options_over = false;
  while (next_ < args_.size() && !error_ && !help_ && !version_) {
    const std::string_view text = args_[next_++];
    if (options_over) {
      word(text);
    } else if (text == "--") {
      options_over = true;
    } else if (text.starts_with("--")) {
      long_option(text.substr(2));
    } else if (text.size() > 1 && text.front() == '-') {
      short_options(text);
    } else {
      word(text);
    }
  }
  if (error_) return UsageError{std::move(*error_)};
  if (help_) return std::move(*help_);
  if (version_) return VersionWanted{};
  if (command().id == CommandId::kGroup) {
    return HelpWanted{.path = result_.path, .missing_subcommand = true};
  }
  check_pairs();
  check_required();
  if (error_) return UsageError{std::move(*error_)};
  return std::move(result_);
}

// A subcommand's name or a positional.
void ArgumentParser::word(std::string_view text) {
  if (command().id == CommandId::kGroup) {
    const CommandSpec* sub = find_subcommand(command(), text);
    if (text == "help" && (sub == nullptr || sub->id == CommandId::kHelp)) {
      help_of_rest();
      return;
    }
    if (sub == nullptr) {
      unknown_subcommand(command(), text);
      return;
    }
    result_.command = sub;
    result_.path.push_back(sub);
    return;
  }
  const auto& specs = command().positionals;
  const std::size_t index = result_.positionals_.size();
  if (index >= specs.size() && (specs.empty() || !specs.back().repeatable)) {
    unexpected(text);
    return;
  }
  const PositionalSpec& spec = specs[std::min(index, specs.size() - 1)];
  check_value(text, spec.choices.empty() ? ValueKind::kText : ValueKind::kChoice, spec.choices,
              positional_text(spec));
  result_.positionals_.push_back(text);
}

// `help branch create`, `branch help create`: the words that follow name the command.
void ArgumentParser::help_of_rest() {
  while (next_ < args_.size()) {
    const std::string_view text = args_[next_++];
    if (text == "-h" || text == "--help") continue;
    if (text.starts_with('-')) {
      // Global options may stand anywhere; here they mean nothing.
      const OptionSpec* option = text.starts_with("--")
                                     ? find_option(kProgram, text.substr(2, text.find('=') - 2))
                                     : nullptr;
      if (option == nullptr) {
        unexpected(text);
        return;
      }
      if (option->kind != ValueKind::kFlag && text.find('=') == std::string_view::npos) ++next_;
      continue;
    }
    const CommandSpec* sub = find_subcommand(*result_.path.back(), text);
    if (sub == nullptr) {
      unknown_subcommand(*result_.path.back(), text);
      return;
    }
    result_.path.push_back(sub);
  }
  help_ = HelpWanted{.path = result_.path};
}

void ArgumentParser::long_option(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  if (name == "help" && equals == std::string_view::npos) {
    help_ = HelpWanted{.path = result_.path};
    return;
  }
  if (name == "version" && equals == std::string_view::npos && at_root()) {
    version_ = true;
    return;
  }
  const OptionSpec* option = find_option(command(), name);
  if (option == nullptr) {
    unknown_option(name);
    return;
  }
  take(*option,
       equals == std::string_view::npos ? std::nullopt : std::optional(text.substr(equals + 1)));
}

// -h, -v at the root, and options with a value: -e GQ, -eGQ, -e=GQ.
void ArgumentParser::short_options(std::string_view text) {
  const char name = text[1];
  if (name == 'h') {
    help_ = HelpWanted{.path = result_.path};
    return;
  }
  if (name == 'v' && at_root()) {
    version_ = true;
    return;
  }
  for (const OptionSpec& option : command().options) {
    if (option.short_name != name) continue;
    std::string_view attached = text.substr(2);
    if (attached.starts_with('=')) attached.remove_prefix(1);
    take(option, text.size() == 2 ? std::nullopt : std::optional(attached));
    return;
  }
  unexpected(text.substr(0, 2));
}

void ArgumentParser::take(const OptionSpec& option, std::optional<std::string_view> attached) {
  std::string_view value;
  if (option.kind == ValueKind::kFlag) {
    if (attached) {
      fail("unexpected value " + quoted(*attached) + " for '--" + std::string(option.name) +
           "' found; no more were expected");
      return;
    }
  } else if (attached) {
    value = *attached;
  } else if (next_ < args_.size() && (args_[next_].size() < 2 || args_[next_].front() != '-')) {
    value = args_[next_++];
  } else {
    std::string reason =
        "a value is required for '" + option_text(option) + "' but none was supplied";
    if (!option.choices.empty()) reason += "\n  " + choices_text(option.choices);
    fail(std::move(reason));
    return;
  }
  if (!option.repeatable && result_.find(option.name) != nullptr) {
    fail("the argument '" + option_text(option) + "' cannot be used multiple times");
    return;
  }
  check_value(value, option.kind, option.choices, option_text(option));
  result_.given_.push_back({&option, value});
}

void ArgumentParser::check_value(std::string_view value, ValueKind kind,
                                 std::span<const std::string_view> choices,
                                 const std::string& shown) {
  const std::string invalid = "invalid value " + quoted(value) + " for '" + shown + "'";
  if (kind == ValueKind::kChoice) {
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      fail(invalid + "\n  " + choices_text(choices));
    }
    return;
  }
  if (kind != ValueKind::kU32 && kind != ValueKind::kU64) return;
  std::uint64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, code] = std::from_chars(value.data(), end, number);
  if (value.empty()) {
    fail(invalid + ": cannot parse integer from empty string");
  } else if (code == std::errc::result_out_of_range ||
             (code == std::errc() && stop == end && kind == ValueKind::kU32 &&
              number > UINT32_MAX)) {
    fail(invalid + ": number too large to fit in target type");
  } else if (code != std::errc() || stop != end) {
    fail(invalid + ": invalid digit found in string");
  }
}

void ArgumentParser::check_pairs() {
  for (const OptionPair& pair : command().excludes) {
    const Arguments::Given* first = result_.find(pair.first);
    const Arguments::Given* second = result_.find(pair.second);
    if (first == nullptr || second == nullptr) continue;
    fail("the argument '" + option_text(*first->option) + "' cannot be used with '" +
         option_text(*second->option) + "'");
  }
}

void ArgumentParser::check_required() {
  std::string missing;
  for (const OptionSpec& option : command().options) {
    if (option.required && !result_.has(option.name)) missing += "\n  " + option_text(option);
  }
  for (const OptionPair& pair : command().needs) {
    if (!result_.has(pair.first) || result_.has(pair.second)) continue;
    const std::string line = "\n  " + option_text(*find_option(command(), pair.second));
    if (missing.find(line) == std::string::npos) missing += line;
  }
  for (std::size_t i = result_.positionals_.size(); i < command().positionals.size(); ++i) {
    const PositionalSpec& positional = command().positionals[i];
    if (positional.required) missing += "\n  " + positional_text(positional);
  }
  if (!missing.empty()) fail("the following required arguments were not provided:" + missing);
}

ParseOutcome parse_arguments(std::span<const std::string_view> args) {
  return ArgumentParser(args).parse();
}

}  // namespace omnigraph::cli
