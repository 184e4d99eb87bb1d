#include "cli/help.h"

#include <algorithm>
#include <vector>

namespace omnigraph::cli {
namespace {

constexpr std::size_t kIndent = 2;
constexpr std::size_t kGap = 2;

// Two columns; the second starts after the longest first one.
struct Line {
  std::string left, right;
};

void append_lines(std::string& out, const std::vector<Line>& lines) {
  std::size_t width = 0;
  for (const Line& line : lines) width = std::max(width, line.left.size());
  for (const Line& line : lines) {
    out.append(kIndent, ' ').append(line.left);
    if (!line.right.empty()) out.append(width - line.left.size() + kGap, ' ').append(line.right);
    out += '\n';
  }
}

std::string option_help(const OptionSpec& option) {
  std::string text(option.help);
  if (!option.choices.empty()) {
    text += " [possible values: ";
    for (std::size_t i = 0; i < option.choices.size(); ++i) {
      if (i > 0) text += ", ";
      text += option.choices[i];
    }
    text += "]";
  }
  if (!option.default_text.empty()) text += " [default: " + std::string(option.default_text) + "]";
  return text;
}

Line option_line(const OptionSpec& option) {
  std::string left =
      option.short_name != 0 ? std::string{'-', option.short_name, ',', ' '} : "    ";
  left += "--" + std::string(option.name);
  if (option.kind != ValueKind::kFlag) left += " <" + value_name(option) + ">";
  if (option.repeatable) left += "...";
  return {std::move(left), option_help(option)};
}

void append_options(std::string& out, const CommandSpec& command, bool root) {
  std::vector<Line> lines;
  for (const OptionSpec& option : command.options) {
    if (!option.hidden) lines.push_back(option_line(option));
  }
  for (const OptionSpec& option : kGlobalOptions) lines.push_back(option_line(option));
  lines.push_back({"-h, --help", "Print help"});
  if (root) lines.push_back({"-v, --version", "Print the version"});
  out += "\nOptions:\n";
  append_lines(out, lines);
}

// Every runnable command of a capability, by its full name.
void collect(const CommandSpec& command, const std::string& prefix, Capability capability,
             std::vector<std::string>& names) {
  for (const CommandSpec& sub : command.subcommands) {
    if (sub.hidden || sub.id == CommandId::kHelp) continue;
    const std::string name = prefix + std::string(sub.name);
    if (sub.id == CommandId::kGroup) {
      collect(sub, name + " ", capability, names);
    } else if (sub.capability == capability) {
      names.push_back(name);
    }
  }
}

void append_legend(std::string& out) {
  struct Row {
    std::string_view word, meaning;
    Capability capability;
  };
  constexpr Row kRows[] = {
      {"any", "runs against a served graph or directly against storage", Capability::kAny},
      {"served", "needs a server", Capability::kServed},
      {"direct", "opens storage itself, never through a server", Capability::kDirect},
      {"control", "works on a cluster", Capability::kControl},
      {"local", "addresses no graph", Capability::kLocal}};
  constexpr std::size_t kWrap = 96;
  out += "\nCOMMANDS BY CAPABILITY:\n";
  for (const Row& row : kRows) {
    std::string label(row.word);
    label.resize(9, ' ');
    out += "  " + label + std::string(row.meaning) + ":\n";
    std::vector<std::string> names;
    collect(kProgram, "", row.capability, names);
    std::string line(11, ' ');
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string piece = names[i] + (i + 1 < names.size() ? "," : "");
      if (line.size() > 11 && line.size() + 1 + piece.size() > kWrap) {
        out += line + "\n";
        line.assign(11, ' ');
      }
      if (line.size() > 11) line += ' ';
      line += piece;
    }
    out += line + "\n";
  }
}

std::vector<Line> command_lines(const CommandSpec& command, bool tools) {
  std::vector<Line> lines;
  for (const CommandSpec& sub : command.subcommands) {
    if (sub.hidden || sub.tool != tools) continue;
    std::string about(sub.about);
    if (!sub.visible_alias.empty()) about += " [alias: " + std::string(sub.visible_alias) + "]";
    lines.push_back({std::string(sub.name), std::move(about)});
  }
  return lines;
}

}  // namespace

std::string value_name(const OptionSpec& option) {
  if (!option.value_name.empty()) return std::string(option.value_name);
  std::string name(option.name);
  for (char& c : name) c = c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return name;
}

std::string usage_line(std::span<const CommandSpec* const> path) {
  std::string text;
  for (const CommandSpec* command : path) {
    if (!text.empty()) text += ' ';
    text += command->name;
  }
  text += " [OPTIONS]";
  const CommandSpec& command = *path.back();
  if (command.id == CommandId::kGroup) return text + " <COMMAND>";
  for (const OptionSpec& option : command.options) {
    if (option.required) text += " --" + std::string(option.name) + " <" + value_name(option) + ">";
  }
  for (const PositionalSpec& positional : command.positionals) {
    const std::string name(positional.name);
    text += positional.required ? " <" + name + ">" : " [" + name + "]";
    if (positional.repeatable) text += "...";
  }
  return text;
}

std::string help_text(std::span<const CommandSpec* const> path) {
  const CommandSpec& command = *path.back();
  const bool root = path.size() == 1;
  std::string out(command.about);
  out += "\n\nUsage: " + usage_line(path) + "\n";
  if (!command.positionals.empty()) {
    std::vector<Line> lines;
    for (const PositionalSpec& positional : command.positionals) {
      const std::string name(positional.name);
      std::string left = positional.required ? "<" + name + ">" : "[" + name + "]";
      if (positional.repeatable) left += "...";
      lines.push_back({std::move(left), std::string(positional.help)});
    }
    out += "\nArguments:\n";
    append_lines(out, lines);
  }
  if (!command.subcommands.empty()) {
    std::vector<Line> lines = command_lines(command, false);
    if (!root) lines.push_back({"help", "Print the help of a command"});
    out += "\nCommands:\n";
    append_lines(out, lines);
  }
  append_options(out, command, root);
  if (root) {
    append_legend(out);
    out += "\nTOOLS:\n";
    append_lines(out, command_lines(command, true));
  }
  return out;
}

}  // namespace omnigraph::cli
