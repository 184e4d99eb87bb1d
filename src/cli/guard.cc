#include "cli/guard.h"

namespace omnigraph::cli {
namespace {

struct Rule {
  ScopeOption bit;
  std::string_view option;
  std::string_view clause;
};

// In the order in which options are examined.
constexpr Rule kRules[] = {
    {kServer, "server", "--server addresses a served graph"},
    {kCluster, "cluster", "--cluster addresses a cluster-scoped command"},
    {kGraph, "graph", "--graph selects a graph within a server or cluster scope"},
    {kStore, "store", "--store addresses a single graph's storage directly"},
    {kAs, "as", "--as sets the actor for a direct-engine or actor-bound cluster operation"},
    {kProfile, "profile", "--profile selects a scope bundle"}};

// An alias owns its whole address, so it names all offenders at once.
Status check_alias(const Arguments& arguments) {
  std::string given;
  for (const std::string_view option : {"server", "graph", "store", "cluster", "profile", "as"}) {
    if (!arguments.has(option)) continue;
    if (!given.empty()) given += ", ";
    given += "--" + std::string(option);
  }
  if (given.empty()) return {};
  return bad_request(
      "`alias` uses the server, graph, and stored query declared in `aliases.<name>` in "
      "~/.omnigraph/config.yaml; remove global scope flag(s): " +
      given);
}

}  // namespace

std::string_view capability_phrase(Capability capability) {
  switch (capability) {
    case Capability::kAny:
      return "data";
    case Capability::kServed:
      return "served";
    case Capability::kDirect:
      return "direct (storage-native)";
    case Capability::kControl:
      return "cluster control";
    case Capability::kLocal:
      return "local";
  }
  return "local";
}

Status check_addressing(const Arguments& arguments) {
  const CommandSpec& command = *arguments.command;
  if (command.id == CommandId::kAlias) return check_alias(arguments);
  for (const Rule& rule : kRules) {
    if ((command.accepts & rule.bit) != 0 || !arguments.has(rule.option)) continue;
    return bad_request("`" + std::string(command.label) + "` is a " +
                       std::string(capability_phrase(command.capability)) + " command; " +
                       std::string(rule.clause) + " and does not apply." +
                       std::string(command.remedy));
  }
  return {};
}

}  // namespace omnigraph::cli
