#include "cli/completion.h"

#include <set>
#include <vector>

#include "cli/command.h"

namespace omnigraph::cli {
namespace {

// A command by its full name ("omnigraph branch create"), with what may follow it.
struct Entry {
  std::string path;
  const CommandSpec* command;
};

void collect(const CommandSpec& command, const std::string& path, std::vector<Entry>& out) {
  out.push_back({path, &command});
  for (const CommandSpec& sub : command.subcommands) {
    if (!sub.hidden) collect(sub, path + " " + std::string(sub.name), out);
  }
}

std::vector<Entry> entries() {
  std::vector<Entry> out;
  collect(kProgram, "omnigraph", out);
  return out;
}

std::vector<const OptionSpec*> options_of(const CommandSpec& command) {
  std::vector<const OptionSpec*> out;
  for (const OptionSpec& option : command.options) {
    if (!option.hidden) out.push_back(&option);
  }
  for (const OptionSpec& option : kGlobalOptions) out.push_back(&option);
  return out;
}

// Options that take a value. No name takes one on one command and none on another, except where a
// command's own option hides a global one; a walk over words before the command needs no more.
std::set<std::string> valued_options() {
  std::set<std::string> out;
  for (const Entry& entry : entries()) {
    for (const OptionSpec* option : options_of(*entry.command)) {
      if (option->kind == ValueKind::kFlag) continue;
      out.insert("--" + std::string(option->name));
      if (option->short_name != 0) out.insert(std::string("-") + option->short_name);
    }
  }
  return out;
}

std::string joined(const auto& words, std::string_view between) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// What may stand where a word is expected that is no option: subcommands, or a fixed choice.
std::vector<std::string_view> words_of(const CommandSpec& command) {
  std::vector<std::string_view> out;
  for (const CommandSpec& sub : command.subcommands) {
    if (!sub.hidden) out.push_back(sub.name);
  }
  if (command.id == CommandId::kHelp) {
    for (const CommandSpec& sub : kProgram.subcommands) {
      if (!sub.hidden) out.push_back(sub.name);
    }
  }
  for (const PositionalSpec& positional : command.positionals) {
    out.insert(out.end(), positional.choices.begin(), positional.choices.end());
  }
  return out;
}

std::string bash() {
  std::string out =
      "# omnigraph completion for bash: source <(omnigraph completion bash)\n"
      "_omnigraph() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path=omnigraph i\n"
      "  local words= opts=\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      " +
      joined(valued_options(), "|") +
      ") ((i++)); continue ;;\n"
      "    esac\n"
      "    case \"$path ${COMP_WORDS[i]}\" in\n"
      "      ";
  std::vector<std::string> paths;
  for (const Entry& entry : entries()) {
    if (entry.command != &kProgram) paths.push_back("'" + entry.path + "'");
  }
  out += joined(paths, "|") +
         ") path=\"$path ${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case $path in\n";
  for (const Entry& entry : entries()) {
    std::vector<std::string> options{"--help"};
    for (const OptionSpec* option : options_of(*entry.command)) {
      options.push_back("--" + std::string(option->name));
      if (option->short_name != 0) options.push_back(std::string("-") + option->short_name);
    }
    if (entry.command == &kProgram) options.push_back("--version");
    out += "    '" + entry.path +
           "')\n      words=" + quoted(joined(words_of(*entry.command), " ")) +
           "\n      opts=" + quoted(joined(options, " ")) + "\n      case $prev in\n";
    for (const OptionSpec* option : options_of(*entry.command)) {
      if (option->choices.empty()) continue;
      out += "        --" + std::string(option->name) + ") COMPREPLY=($(compgen -W " +
             quoted(joined(option->choices, " ")) + " -- \"$cur\")); return ;;\n";
    }
    out += "      esac ;;\n";
  }
  out +=
      "  esac\n"
      "  case $prev in\n"
      "    " +
      joined(valued_options(), "|") +
      ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
      "  esac\n"
      "  if [[ $cur == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$opts\" -- \"$cur\"))\n"
      "  elif [[ -n $words ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -f -- \"$cur\"))\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -o bashdefault -F _omnigraph omnigraph\n";
  return out;
}

// Inside single quotes and brackets of a zsh specification.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string zsh_function(std::string_view path) {
  std::string out = "_";
  for (const char c : path) out += c == ' ' ? '_' : c;
  return out;
}

std::string zsh() {
  std::string out =
      "#compdef omnigraph\n"
      "# omnigraph completion for zsh: put it as _omnigraph into a folder of $fpath, or\n"
      "# source <(omnigraph completion zsh)\n";
  for (const Entry& entry : entries()) {
    const CommandSpec& command = *entry.command;
    out += zsh_function(entry.path) + "() {\n";
    std::string arguments = "    '(-h --help)'{-h,--help}'[Print help]'";
    for (const OptionSpec* option : options_of(command)) {
      const std::string name = "--" + std::string(option->name);
      std::string spec = option->repeatable ? "'*" : "'";
      spec += name + "[" + zsh_text(option->help) + "]";
      if (option->kind != ValueKind::kFlag) {
        spec += ":" + std::string(option->name) + ":";
        spec += option->choices.empty() ? "_files" : "(" + joined(option->choices, " ") + ")";
      }
      arguments += " \\\n    " + spec + "'";
      if (option->short_name != 0) {
        arguments += " \\\n    '-" + std::string(1, option->short_name) + "[" +
                     zsh_text(option->help) + "]:" + std::string(option->name) + ":'";
      }
    }
    if (!command.subcommands.empty()) {
      out += "  local context state line\n  typeset -A opt_args\n";
      out += "  local -a commands=(\n";
      for (const CommandSpec& sub : command.subcommands) {
        if (!sub.hidden) {
          out += "    '" + zsh_text(sub.name) + ":" + zsh_text(sub.about) + "'\n";
        }
      }
      out += "  )\n  _arguments -C \\\n" + arguments +
             " \\\n    '1:command:->command' \\\n    '*::argument:->argument'\n";
      out +=
          "  case $state in\n"
          "    command) _describe command commands ;;\n"
          "    argument) case $line[1] in\n";
      for (const CommandSpec& sub : command.subcommands) {
        if (sub.hidden) continue;
        out += "      " + std::string(sub.name) + ") " +
               zsh_function(entry.path + " " + std::string(sub.name)) + " ;;\n";
      }
      out += "    esac ;;\n  esac\n";
    } else {
      out += "  _arguments \\\n" + arguments;
      const auto words = words_of(command);
      if (words.empty()) {
        out += " \\\n    '*:file:_files'\n";
      } else {
        out += " \\\n    '*:word:(" + joined(words, " ") + ")'\n";
      }
    }
    out += "}\n";
  }
  out +=
      "if [ \"$funcstack[1]\" = \"_omnigraph\" ]; then\n"
      "  _omnigraph \"$@\"\n"
      "else\n"
      "  compdef _omnigraph omnigraph\n"
      "fi\n";
  return out;
}

std::string fish() {
  std::string out =
      "# omnigraph completion for fish: omnigraph completion fish | source\n"
      "function __omnigraph_at\n"
      "    set -l path omnigraph\n"
      "    set -l skip 0\n"
      "    for word in (commandline -opc)[2..-1]\n"
      "        if test $skip = 1\n"
      "            set skip 0\n"
      "            continue\n"
      "        end\n"
      "        if contains -- $word " +
      joined(valued_options(), " ") +
      "\n"
      "            set skip 1\n"
      "            continue\n"
      "        end\n"
      "        if contains -- \"$path $word\"";
  for (const Entry& entry : entries()) {
    if (entry.command != &kProgram) out += " '" + entry.path + "'";
  }
  out +=
      "\n"
      "            set path \"$path $word\"\n"
      "        end\n"
      "    end\n"
      "    test \"$path\" = \"$argv[1]\"\n"
      "end\n";
  for (const Entry& entry : entries()) {
    const std::string head = "complete -c omnigraph -n \"__omnigraph_at '" + entry.path + "'\"";
    for (const CommandSpec& sub : entry.command->subcommands) {
      if (sub.hidden) continue;
      out += head + " -f -a " + std::string(sub.name) + " -d " + quoted(sub.about) + "\n";
    }
    if (entry.command->subcommands.empty()) {
      const auto words = words_of(*entry.command);
      if (!words.empty()) out += head + " -f -a " + quoted(joined(words, " ")) + "\n";
    }
    for (const OptionSpec* option : options_of(*entry.command)) {
      out += head + " -l " + std::string(option->name);
      if (option->short_name != 0) out += std::string(" -s ") + option->short_name;
      if (!option->choices.empty()) {
        out += " -x -a " + quoted(joined(option->choices, " "));
      } else if (option->kind != ValueKind::kFlag) {
        out += " -r";
      }
      out += " -d " + quoted(option->help) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "bash") return bash();
  if (shell == "zsh") return zsh();
  return fish();
}

}  // namespace omnigraph::cli
