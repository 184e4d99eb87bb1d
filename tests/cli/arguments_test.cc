#include "cli/arguments.h"

#include <gtest/gtest.h>

#include <functional>

#include "cli/help.h"

namespace omnigraph::cli {
namespace {

ParseOutcome parse(std::vector<std::string_view> args) {
  // The views in the result point into string literals.
  return parse_arguments(args);
}

Arguments parsed(std::vector<std::string_view> args) {
  ParseOutcome outcome = parse(std::move(args));
  if (const auto* error = std::get_if<UsageError>(&outcome)) ADD_FAILURE() << error->text;
  if (!std::holds_alternative<Arguments>(outcome)) return {};
  return std::get<Arguments>(std::move(outcome));
}

std::string refusal(std::vector<std::string_view> args) {
  const ParseOutcome outcome = parse(std::move(args));
  const auto* error = std::get_if<UsageError>(&outcome);
  return error == nullptr ? "accepted" : error->text;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Arguments, OptionsStandAnywhere) {
  const Arguments a = parsed({"--store", "g.omni", "query", "q", "--json", "-eGQ"});
  EXPECT_EQ(a.command->id, CommandId::kQuery);
  EXPECT_EQ(a.value("store"), "g.omni");
  EXPECT_EQ(a.value("query-string"), "GQ");
  EXPECT_EQ(a.positional(0), "q");
  EXPECT_TRUE(a.has("json"));
  EXPECT_FALSE(a.has("branch"));
}

TEST(Arguments, SpellingsOfAValueAreEqual) {
  for (const auto& args :
       std::vector<std::vector<std::string_view>>{{"query", "--query-string", "x"},
                                                  {"query", "--query-string=x"},
                                                  {"query", "-e", "x"},
                                                  {"query", "-ex"},
                                                  {"query", "-e=x"}}) {
    EXPECT_EQ(parsed(args).value("query-string"), "x");
  }
  EXPECT_EQ(parsed({"snapshot", "--branch="}).value("branch"), "");
}

TEST(Arguments, DoubleDashEndsOptions) {
  const Arguments a = parsed({"snapshot", "--", "--json"});
  EXPECT_EQ(a.positional(0), "--json");
  EXPECT_FALSE(a.has("json"));
}

TEST(Arguments, AliasesAndNestedCommands) {
  EXPECT_EQ(parsed({"read", "q"}).command->id, CommandId::kQuery);
  EXPECT_EQ(parsed({"--quiet", "change", "q"}).command->id, CommandId::kMutate);
  EXPECT_EQ(parsed({"schema", "get"}).command->id, CommandId::kSchemaShow);
  EXPECT_TRUE(holds(refusal({"--quiet", "check"}), "unrecognized subcommand 'check'"));
  EXPECT_TRUE(holds(refusal({"branch", "rename"}), "unrecognized subcommand 'rename'"));
}

TEST(Arguments, RefusesWhatIsUnknown) {
  EXPECT_TRUE(holds(refusal({"export", "--table", "x"}), "unexpected argument '--table' found"));
  EXPECT_TRUE(holds(refusal({"snapshot", "a", "b"}), "unexpected argument 'b' found"));
  EXPECT_TRUE(holds(refusal({"query", "--version"}), "unexpected argument '--version' found"));
  EXPECT_TRUE(holds(refusal({"-V"}), "unexpected argument '-V' found"));
  // No abbreviations.
  EXPECT_TRUE(holds(refusal({"snapshot", "--bran", "x"}), "unexpected argument '--bran' found"));
}

TEST(Arguments, RefusesARepeatedOption) {
  EXPECT_TRUE(holds(refusal({"snapshot", "--branch", "a", "--branch", "b"}),
                    "the argument '--branch <BRANCH>' cannot be used multiple times"));
  EXPECT_TRUE(holds(refusal({"snapshot", "--json", "--json"}),
                    "the argument '--json' cannot be used multiple times"));
  EXPECT_EQ(parsed({"export", "--type", "A", "--type", "B"}).values("type"),
            (std::vector<std::string>{"A", "B"}));
}

TEST(Arguments, ChecksEnumsAndNumbers) {
  const std::string mode = refusal({"load", "--data", "d", "--mode", "upsert"});
  EXPECT_TRUE(holds(mode, "invalid value 'upsert' for '--mode <MODE>'"));
  EXPECT_TRUE(holds(mode, "[possible values: overwrite, append, merge]"));
  EXPECT_TRUE(holds(refusal({"blob", "stat", "vertex", "T", "i", "p"}), "invalid value 'vertex'"));
  EXPECT_TRUE(
      holds(refusal({"cleanup", "--keep", "many"}), "invalid value 'many' for '--keep <N>'"));
  EXPECT_TRUE(holds(refusal({"cleanup", "--keep", "4294967296"}), "number too large"));
  EXPECT_EQ(parsed({"cleanup", "--keep", "4294967295"}).number("keep"), 4294967295U);
  EXPECT_TRUE(
      holds(refusal({"blob", "get", "node", "T", "i", "p", "--offset", "18446744073709551616"}),
            "number too large"));
  EXPECT_EQ(parsed({"blob", "get", "node", "T", "i", "p", "--offset", "18446744073709551615"})
                .number("offset"),
            UINT64_MAX);
}

TEST(Arguments, ChecksPairs) {
  EXPECT_TRUE(holds(refusal({"query", "--query", "a", "-e", "b"}),
                    "the argument '--query <QUERY>' cannot be used with '--query-string <GQ>'"));
  EXPECT_TRUE(holds(refusal({"embed", "--seed", "s", "--output", "o"}), "cannot be used with"));
  EXPECT_TRUE(holds(refusal({"repair", "--force"}), "--confirm"));
  const std::string embed = refusal({"embed", "--input", "i"});
  EXPECT_TRUE(holds(embed, "required arguments were not provided"));
  EXPECT_TRUE(holds(embed, "--output <FILE>"));
  EXPECT_TRUE(holds(embed, "--spec <FILE>"));
}

TEST(Arguments, NamesWhatIsMissing) {
  const std::string load = refusal({"load"});
  EXPECT_TRUE(holds(load,
                    "error: the following required arguments were not provided:\n"
                    "  --data <DATA>\n  --mode <MODE>\n\nUsage: omnigraph load"));
  EXPECT_TRUE(holds(refusal({"init", "--schema", "s"}), "  <URI>"));
  EXPECT_TRUE(holds(refusal({"load", "--data"}),
                    "a value is required for '--data <DATA>' but none was supplied"));
  // An option is never taken for a value; with '=' anything is.
  EXPECT_TRUE(holds(refusal({"load", "--data", "--mode", "append"}), "a value is required"));
  EXPECT_EQ(parsed({"login", "x", "--token=-t"}).value("token"), "-t");
}

TEST(Arguments, HelpAndVersion) {
  EXPECT_TRUE(std::holds_alternative<VersionWanted>(parse({"-v"})));
  EXPECT_TRUE(std::holds_alternative<VersionWanted>(parse({"--version"})));
  const ParseOutcome missing = parse({"branch"});
  ASSERT_TRUE(std::holds_alternative<HelpWanted>(missing));
  EXPECT_TRUE(std::get<HelpWanted>(missing).missing_subcommand);
  for (const auto& args :
       std::vector<std::vector<std::string_view>>{{"branch", "create", "--help"},
                                                  {"branch", "create", "-h"},
                                                  {"help", "branch", "create"},
                                                  {"branch", "help", "create"}}) {
    const ParseOutcome outcome = parse(args);
    ASSERT_TRUE(std::holds_alternative<HelpWanted>(outcome));
    EXPECT_EQ(std::get<HelpWanted>(outcome).path.back()->id, CommandId::kBranchCreate);
    EXPECT_FALSE(std::get<HelpWanted>(outcome).missing_subcommand);
  }
  EXPECT_TRUE(holds(refusal({"help", "nonsense"}), "unrecognized subcommand 'nonsense'"));
}

// ---- help texts ----

void each_command(const CommandSpec& command, std::vector<const CommandSpec*> path,
                  const std::function<void(std::span<const CommandSpec* const>)>& visit) {
  path.push_back(&command);
  visit(path);
  for (const CommandSpec& sub : command.subcommands) each_command(sub, path, visit);
}

TEST(Help, SpeaksOfEntities) {
  each_command(kProgram, {}, [](std::span<const CommandSpec* const> path) {
    const std::string text = help_text(path);
    for (const std::string_view word : {" row", " rows", " tables", "existing rows"}) {
      EXPECT_FALSE(holds(text, word)) << path.back()->name << ": " << word;
    }
    EXPECT_TRUE(holds(text, "Usage: omnigraph"));
    EXPECT_TRUE(text.ends_with('\n'));
  });
}

TEST(Help, RootHidesTheDeprecatedLoader) {
  const CommandSpec* const path[] = {&kProgram};
  const std::string text = help_text(path);
  EXPECT_TRUE(text.starts_with("Omnigraph graph database CLI\n"));
  EXPECT_TRUE(holds(text, "COMMANDS BY CAPABILITY:"));
  EXPECT_TRUE(holds(text, "[alias: read]"));
  EXPECT_FALSE(holds(text, "ingest"));
  EXPECT_FALSE(holds(text, "check "));
  std::size_t at = 0;
  for (const std::string_view name :
       {"query",  "mutate",  "alias",   "load",    "branch",  "snapshot", "export",
        "blob",   "commit",  "changes", "schema",  "graphs",  "init",     "optimize",
        "repair", "cleanup", "lint",    "queries", "cluster", "policy",   "embed",
        "login",  "logout",  "profile", "version", "help"}) {
    const std::size_t next = text.find("\n  " + std::string(name) + " ", at);
    ASSERT_NE(next, std::string::npos) << name;
    at = next;
  }
}

TEST(Help, EveryCommandHasUniqueOptions) {
  each_command(kProgram, {}, [](std::span<const CommandSpec* const> path) {
    const CommandSpec& command = *path.back();
    for (const OptionSpec& option : command.options) {
      int same = 0;
      for (const OptionSpec& other : command.options) same += other.name == option.name;
      for (const OptionSpec& other : kGlobalOptions) same += other.name == option.name;
      EXPECT_EQ(same, 1) << command.name << " --" << option.name;
    }
    for (const OptionPair& pair : command.excludes) {
      EXPECT_NE(find_option(command, pair.first), nullptr);
      EXPECT_NE(find_option(command, pair.second), nullptr);
    }
  });
}

}  // namespace
}  // namespace omnigraph::cli
