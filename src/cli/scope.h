// Which graph, server or cluster a command addresses: from its arguments, the environment and the
// operator config, by the precedence of cli.md §4. Resolved afresh on every run.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/arguments.h"
#include "cli/operator_config.h"
#include "cli/process.h"
#include "omnigraph/error.h"

namespace omnigraph::cli {

struct Scope {
  ScopeKind kind = ScopeKind::kStore;
  std::string uri;                   // store: the text as given; server: the effective base URL;
                                     // cluster: its root
  std::optional<std::string> graph;  // of a server or cluster
  std::string cluster;               // cluster: the name or root as given, for messages

  bool served() const { return kind == ScopeKind::kServer; }
  // No `://`, or file://.
  bool local() const;
};

// A URI that no folder can be meant by: http:// or https://.
bool is_http(std::string_view uri);
bool is_local_uri(std::string_view uri);

// Resolves the scope of a command that addresses one: capabilities any, served and direct.
// `positional_uri` is the positional URI or --uri, if the command has one.
Result<Scope> resolve_scope(const Arguments& arguments, const Process& process,
                            const OperatorConfig& config,
                            std::optional<std::string_view> positional_uri);

// The cluster that `policy` and `queries` work on.
Result<Scope> resolve_control_scope(const Arguments& arguments, const Process& process,
                                    const OperatorConfig& config);

// Base URL of a server by name or literal URL, without trailing '/'.
Result<std::string> server_url(std::string_view server, const OperatorConfig& config);

// `uri` lies inside a cluster (its shape is <root>/graphs/<id>.omni and the root holds a ledger):
// the root, else nothing.
std::optional<std::string> enclosing_cluster(std::string_view uri);

// --as, else operator.actor, else none.
std::optional<std::string> actor_of(const Arguments& arguments, const OperatorConfig& config);

}  // namespace omnigraph::cli
