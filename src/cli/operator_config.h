// The operator's own configuration: $OMNIGRAPH_HOME/config.yaml. Says which servers, clusters and
// profiles there are and what is the default; never anything about a graph's content.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/process.h"
#include "omnigraph/error.h"
#include "omnigraph/result_set.h"
#include "omnigraph/value.h"

namespace omnigraph::cli {

struct Defaults {
  std::optional<ResultFormat> output;
  std::optional<std::uint32_t> table_max_column_width;
  bool wrap = false;
  std::optional<std::string> server, store, default_graph;
};

enum class ScopeKind : std::uint8_t { kServer, kCluster, kStore };
std::string_view scope_kind_name(ScopeKind kind);  // "server", …

struct Binding {
  ScopeKind kind;
  std::string target;  // name of a server or cluster (or what stands for one), or a store's URI
};

struct Profile {
  std::string name;
  std::optional<std::string> server, cluster, store, default_graph;
  // Error of §5 unless exactly one of the three is set.
  Result<Binding> binding() const;
};

struct AliasDefinition {
  std::string server, query;
  std::optional<std::string> graph;
  std::vector<std::string> args;
  // Fixed parameters: name → JSON text. An error message instead when a key is no string.
  std::vector<std::pair<std::string, std::string>> params;
  bool bad_param_keys = false;
  std::optional<ResultFormat> format;
};

struct OperatorConfig {
  std::optional<std::string> actor;
  Defaults defaults;
  std::map<std::string, std::string> servers;   // name → URL
  std::map<std::string, std::string> clusters;  // name → root
  std::map<std::string, Profile> profiles;
  std::map<std::string, AliasDefinition> aliases;
};

inline constexpr std::size_t kMaxConfigBytes = 4u << 20;

// Directory of config.yaml and credentials; nullopt when there is no home.
std::optional<std::string> operator_home(const Process& process);

// Reads the file; an absent or empty one is an empty configuration. Warns about unknown keys on
// stderr, each once.
Result<OperatorConfig> load_operator_config(Process& process);

std::optional<ResultFormat> parse_format(std::string_view name);
std::string_view format_name(ResultFormat format);

// Path joined to a directory.
std::string join_path(std::string_view directory, std::string_view name);

}  // namespace omnigraph::cli
