// docs/cli.md ends with a reference that is made from the program's own tables. When this test
// fails, run it once with UPDATE_DOCS=1 in the environment.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/help.h"

namespace omnigraph::cli {
namespace {

constexpr std::string_view kMark =
    "<!-- From here on: written by tests/cli/reference_test.cc. -->\n";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string choices(std::span<const std::string_view> values) {
  std::string text;
  for (const std::string_view value : values)
    text += (text.empty() ? "" : ", ") + std::string(value);
  return text.empty() ? "" : " (" + text + ")";
}

void append_option(std::string& out, const OptionSpec& option) {
  if (option.hidden) return;
  out += "| `";
  if (option.short_name != 0) out += std::string("-") + option.short_name + "`, `";
  out += "--" + std::string(option.name);
  if (option.kind != ValueKind::kFlag) out += " " + escaped(value_name(option));
  out += "`" + std::string(option.repeatable ? " …" : "") + " | " + escaped(option.help);
  out += choices(option.choices);
  if (option.required) out += "; required";
  if (!option.default_text.empty()) out += "; default `" + std::string(option.default_text) + "`";
  out += " |\n";
}

void append_command(std::string& out, std::vector<const CommandSpec*> path) {
  const CommandSpec& command = *path.back();
  if (command.hidden) return;
  if (command.id == CommandId::kGroup) {
    for (const CommandSpec& sub : command.subcommands) {
      auto deeper = path;
      deeper.push_back(&sub);
      append_command(out, deeper);
    }
    return;
  }
  out += "### `";
  for (std::size_t i = 1; i < path.size(); ++i)
    out += (i > 1 ? " " : "") + std::string(path[i]->name);
  out += "`\n\n" + std::string(command.about) + ".\n\n    " + usage_line(path) + "\n\n";
  if (command.positionals.empty() && command.options.empty()) return;
  out += "| | |\n|---|---|\n";
  for (const PositionalSpec& positional : command.positionals) {
    out += "| `" + std::string(positional.name) + "`" + (positional.repeatable ? " …" : "") +
           " | " + escaped(positional.help) + (positional.required ? "; required" : "") + " |\n";
  }
  for (const OptionSpec& option : command.options) append_option(out, option);
  out += "\n";
}

std::string reference() {
  std::string out = "\n### On every command\n\n| | |\n|---|---|\n";
  for (const OptionSpec& option : kGlobalOptions) append_option(out, option);
  out += "\n";
  append_command(out, {&kProgram});
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

TEST(Reference, DocsAreWhatTheTablesSay) {
  const std::filesystem::path path =
      std::filesystem::path(__FILE__).parent_path() / "../../docs/cli.md";
  std::string text;
  {
    std::ifstream file(path, std::ios::binary);
    ASSERT_TRUE(file) << path;
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  const std::size_t mark = text.find(kMark);
  ASSERT_NE(mark, std::string::npos);
  const std::string wanted = text.substr(0, mark + kMark.size()) + reference();
  if (text != wanted && std::getenv("UPDATE_DOCS") != nullptr) {
    std::ofstream(path, std::ios::binary) << wanted;
    return;
  }
  EXPECT_EQ(text, wanted);
}

}  // namespace
}  // namespace omnigraph::cli
