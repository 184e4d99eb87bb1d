#include "cli/scope.h"

#include <filesystem>
#include <vector>

#include "cli/files.h"

namespace omnigraph::cli {
namespace {

Error remote_graph_as_path() {
  return bad_request(
      "a remote graph must be addressed with `--server <url>` — a positional (or `--uri`) "
      "http(s):// "
      "URL no longer dispatches to a server");
}

Error remote_on_direct(const CommandSpec& command, std::string_view uri) {
  return bad_request("`" + std::string(command.label) +
                     "` is a direct (storage-native) command and needs direct storage access; the "
                     "resolved target is a remote server (" +
                     std::string(uri) + "). Pass the graph's file:// or s3:// URI.");
}

Result<Scope> store_scope(const CommandSpec& command, std::string_view uri) {
  if (is_http(uri)) {
    if (command.capability == Capability::kDirect) return remote_on_direct(command, uri);
    return remote_graph_as_path();
  }
  return Scope{.kind = ScopeKind::kStore, .uri = std::string(uri), .graph = {}, .cluster = {}};
}

Result<Scope> server_scope(const CommandSpec& command, std::string_view server,
                           std::optional<std::string> graph, const OperatorConfig& config) {
  OG_ASSIGN_OR_RETURN(std::string url, server_url(server, config));
  if (!is_http(url)) {
    return bad_request("a server scope resolves to an http(s):// URL; `" + url + "` is not one");
  }
  // The registry belongs to the server, whatever graph a profile prefers.
  if (command.capability == Capability::kServed) graph.reset();
  if (graph) url += "/graphs/" + *graph;
  return Scope{
      .kind = ScopeKind::kServer, .uri = std::move(url), .graph = std::move(graph), .cluster = {}};
}

Scope cluster_scope(std::string_view value, std::optional<std::string> graph,
                    const OperatorConfig& config) {
  const auto known = config.clusters.find(std::string(value));
  return Scope{.kind = ScopeKind::kCluster,
               .uri = known == config.clusters.end() ? std::string(value) : known->second,
               .graph = std::move(graph),
               .cluster = std::string(value)};
}

// A binding of the given source ("profile 'p'", "operator defaults", "--cluster") for this command.
Result<Scope> bound_scope(const CommandSpec& command, const Binding& binding,
                          const std::string& source, std::optional<std::string> graph,
                          const OperatorConfig& config) {
  switch (binding.kind) {
    case ScopeKind::kServer:
      if (command.capability == Capability::kDirect) {
        return bad_request(
            "this command needs direct storage access, but " + source +
            " resolves a server scope; name storage explicitly with --store <uri> (or --cluster "
            "<dir> --graph <id> for a managed graph)");
      }
      return server_scope(command, binding.target, std::move(graph), config);
    case ScopeKind::kCluster:
      if (command.capability == Capability::kAny) {
        return bad_request(
            source +
            " resolves a cluster scope, which is not valid for graph data commands; run "
            "data commands through a server, or use --store <uri> for ad-hoc direct access");
      }
      if (command.capability == Capability::kServed) {
        return bad_request("this command requires a server, but " + source +
                           " resolves a cluster scope; address the server with --server <name|url> "
                           "or --profile <name> (to enumerate a cluster's graphs: `omnigraph "
                           "cluster status --config <dir>`)");
      }
      return cluster_scope(binding.target, std::move(graph), config);
    case ScopeKind::kStore:
      if (command.capability == Capability::kServed) {
        return bad_request("this command requires a server, but " + source +
                           " resolves a store scope; address the server with --server <name|url> "
                           "or --profile <name>");
      }
      if (graph) {
        return bad_request("--graph does not apply to a store scope (" + source +
                           "): a store is already a single graph");
      }
      return store_scope(command, binding.target);
  }
  return Error(ErrorCode::kInternal, "unknown kind of scope");
}

std::optional<std::string> owned(std::optional<std::string_view> text) {
  if (!text) return std::nullopt;
  return std::string(*text);
}

// --profile, else a non-empty $OMNIGRAPH_PROFILE.
std::optional<std::string> profile_name(const Arguments& arguments, const Process& process) {
  if (auto name = owned(arguments.value("profile"))) return name;
  auto name = process.variable("OMNIGRAPH_PROFILE");
  if (name && name->empty()) return std::nullopt;
  return name;
}

Result<const Profile*> find_profile(const OperatorConfig& config, const std::string& name) {
  const auto found = config.profiles.find(name);
  if (found != config.profiles.end()) return &found->second;
  return not_found("unknown profile '" + name +
                   "' (not defined under `profiles:` in ~/.omnigraph/config.yaml)");
}

}  // namespace

bool is_http(std::string_view uri) {
  return uri.starts_with("http://") || uri.starts_with("https://");
}

bool is_local_uri(std::string_view uri) {
  return uri.find("://") == std::string_view::npos || uri.starts_with("file://");
}

bool Scope::local() const { return kind != ScopeKind::kServer && is_local_uri(uri); }

Result<std::string> server_url(std::string_view server, const OperatorConfig& config) {
  std::string url(server);
  if (server.find("://") == std::string_view::npos) {
    const auto found = config.servers.find(url);
    if (found == config.servers.end()) {
      std::string names;
      for (const auto& [name, unused] : config.servers) {
        if (!names.empty()) names += ", ";
        names += name;
      }
      return not_found("unknown server '" + url + "' — servers defined in the operator config: [" +
                       names + "] (add it under servers: in ~/.omnigraph/config.yaml)");
    }
    url = found->second;
  }
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<Scope> resolve_scope(const Arguments& arguments, const Process& process,
                            const OperatorConfig& config,
                            std::optional<std::string_view> positional_uri) {
  const CommandSpec& command = *arguments.command;
  const auto store = arguments.value("store");
  const auto server = arguments.value("server");
  const auto cluster = arguments.value("cluster");
  auto graph = owned(arguments.value("graph"));

  std::vector<std::string_view> ways;
  if (positional_uri) ways.push_back("a positional URI");
  if (store) ways.push_back("--store");
  if (server) ways.push_back("--server");
  if (cluster) ways.push_back("--cluster");
  if (ways.size() > 1) {
    std::string names(ways[0]);
    for (std::size_t i = 1; i < ways.size(); ++i) names += " and " + std::string(ways[i]);
    return bad_request(names + " are mutually exclusive — pick one way to address the graph");
  }
  if (cluster) {
    return bound_scope(command, {ScopeKind::kCluster, std::string(*cluster)}, "--cluster",
                       std::move(graph), config);
  }
  if (positional_uri || store) {
    if (graph) {
      return bad_request(
          "--graph selects a graph within a server or cluster scope; a positional URI / --store is "
          "already a single graph");
    }
    return store_scope(command, positional_uri ? *positional_uri : *store);
  }
  if (server) return server_scope(command, *server, std::move(graph), config);

  if (const auto name = profile_name(arguments, process)) {
    OG_ASSIGN_OR_RETURN(const Profile* profile, find_profile(config, *name));
    OG_ASSIGN_OR_RETURN(const Binding binding, profile->binding());
    if (!graph) graph = profile->default_graph;
    return bound_scope(command, binding, "profile '" + *name + "'", std::move(graph), config);
  }
  if (config.defaults.server) {
    if (!graph) graph = config.defaults.default_graph;
    return bound_scope(command, {ScopeKind::kServer, *config.defaults.server}, "operator defaults",
                       std::move(graph), config);
  }
  if (config.defaults.store) {
    return bound_scope(command, {ScopeKind::kStore, *config.defaults.store}, "operator defaults",
                       std::move(graph), config);
  }
  if (command.capability == Capability::kServed) {
    return bad_request("`" + std::string(command.label) +
                       "` needs a server scope — pass --server <name|url> or --profile <name>, or "
                       "set `defaults.server` in ~/.omnigraph/config.yaml");
  }
  return bad_request(
      "no graph addressed — pass a positional URI, --store <uri>, --server <name>, --profile "
      "<name>, or set a default scope in ~/.omnigraph/config.yaml");
}

Result<Scope> resolve_control_scope(const Arguments& arguments, const Process& process,
                                    const OperatorConfig& config) {
  auto graph = owned(arguments.value("graph"));
  if (const auto cluster = arguments.value("cluster")) {
    return cluster_scope(*cluster, std::move(graph), config);
  }
  if (const auto name = profile_name(arguments, process)) {
    OG_ASSIGN_OR_RETURN(const Profile* profile, find_profile(config, *name));
    const Result<Binding> binding = profile->binding();
    if (binding.ok() && binding->kind == ScopeKind::kCluster) {
      if (!graph) graph = profile->default_graph;
      return cluster_scope(binding->target, std::move(graph), config);
    }
  }
  const std::string_view family = arguments.path[1]->name;
  return bad_request("`" + std::string(family) +
                     "` needs a cluster — pass --cluster <dir|uri> (or a name from `clusters:` in "
                     "~/.omnigraph/config.yaml), or select a cluster profile");
}

std::optional<std::string> enclosing_cluster(std::string_view uri) {
  if (uri.starts_with("file://")) uri.remove_prefix(7);
  if (!is_local_uri(uri)) return std::nullopt;
  std::error_code code;
  std::filesystem::path path = std::filesystem::absolute(std::filesystem::path(uri), code);
  if (code) return std::nullopt;
  path = path.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // a trailing '/'
  if (path.extension() != ".omni" || path.parent_path().filename() != "graphs") return std::nullopt;
  const std::filesystem::path root = path.parent_path().parent_path();
  if (!file_exists((root / "__cluster" / "state.json").string())) return std::nullopt;
  return root.string();
}

std::optional<std::string> actor_of(const Arguments& arguments, const OperatorConfig& config) {
  if (auto actor = owned(arguments.value("as"))) return actor;
  return config.actor;
}

}  // namespace omnigraph::cli
