#include "cli/operator_config.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <filesystem>
#include <set>

#include "cli/files.h"
#include "common/json_writer.h"

namespace omnigraph::cli {
namespace {

// Deepest nesting of a value of an alias's fixed parameters.
constexpr int kMaxParameterDepth = 64;

// Reads one document. Stops at the first problem, which it keeps.
class Reader {
 public:
  Reader(Process& process, std::string path) : process_(process), path_(std::move(path)) {}

  Result<OperatorConfig> read(const std::string& text);

 private:
  void fail(std::string reason) {
    if (!problem_) problem_ = std::move(reason);
  }
  void warn(const std::string& dotted) {
    if (!warned_.insert(dotted).second) return;
    process_.err->write("warning: unknown key `" + dotted +
                        "` (newer CLI feature or typo); ignored in operator config '" + path_ +
                        "'\n");
  }
  // Calls `entry(key, value, dotted path)` for each member; false from it means an unknown key.
  template <typename Entry>
  void each(const YAML::Node& node, const std::string& prefix, Entry&& entry);
  std::optional<std::string> text(const YAML::Node& node, const std::string& dotted);
  std::optional<ResultFormat> format(const YAML::Node& node, const std::string& dotted);

  void defaults(const YAML::Node& node, Defaults& out);
  void profiles(const YAML::Node& node, OperatorConfig& out);
  void aliases(const YAML::Node& node, OperatorConfig& out);
  void alias(const YAML::Node& node, const std::string& prefix, AliasDefinition& out);
  void alias_params(const YAML::Node& node, const std::string& dotted, AliasDefinition& out);
  void named(const YAML::Node& node, const std::string& section, std::string_view member,
             std::map<std::string, std::string>& out);
  void append_json(const YAML::Node& node, std::string& out, int depth, const std::string& dotted);

  Process& process_;
  std::string path_;
  std::optional<std::string> problem_;
  std::set<std::string> warned_;
};

template <typename Entry>
void Reader::each(const YAML::Node& node, const std::string& prefix, Entry&& entry) {
  if (!node || node.IsNull()) return;
  if (!node.IsMap()) {
    fail("`" + (prefix.empty() ? std::string("document") : prefix) + "` must be a mapping");
    return;
  }
  for (const auto& member : node) {
    if (!member.first.IsScalar()) {
      fail("keys of `" + prefix + "` must be strings");
      return;
    }
    const std::string& key = member.first.Scalar();
    const std::string dotted = prefix.empty() ? key : prefix + "." + key;
    if (!entry(key, member.second, dotted)) warn(dotted);
  }
}

std::optional<std::string> Reader::text(const YAML::Node& node, const std::string& dotted) {
  if (node.IsNull()) return std::nullopt;
  if (!node.IsScalar()) {
    fail("`" + dotted + "` must be a string");
    return std::nullopt;
  }
  return node.Scalar();
}

std::optional<ResultFormat> Reader::format(const YAML::Node& node, const std::string& dotted) {
  const auto name = text(node, dotted);
  if (!name) return std::nullopt;
  const auto parsed = parse_format(*name);
  if (!parsed) fail("`" + dotted + "` must be one of table, kv, csv, jsonl, json");
  return parsed;
}

void Reader::defaults(const YAML::Node& node, Defaults& out) {
  each(node, "defaults",
       [&](const std::string& key, const YAML::Node& value, const std::string& at) {
         if (key == "output") {
           out.output = format(value, at);
         } else if (key == "table_max_column_width") {
           const auto digits = text(value, at);
           if (!digits) return true;
           std::uint32_t width = 0;
           const auto [end, code] =
               std::from_chars(digits->data(), digits->data() + digits->size(), width);
           if (code != std::errc() || end != digits->data() + digits->size()) {
             fail("`" + at + "` must be a non-negative integer");
           }
           out.table_max_column_width = width;
         } else if (key == "table_cell_layout") {
           const auto layout = text(value, at);
           if (layout && *layout != "truncate" && *layout != "wrap") {
             fail("`" + at + "` must be truncate or wrap");
           }
           out.wrap = layout == "wrap";
         } else if (key == "server") {
           out.server = text(value, at);
         } else if (key == "store") {
           out.store = text(value, at);
         } else if (key == "default_graph") {
           out.default_graph = text(value, at);
         } else {
           return false;
         }
         return true;
       });
}

// servers.<name>.url and clusters.<name>.root.
void Reader::named(const YAML::Node& node, const std::string& section, std::string_view member,
                   std::map<std::string, std::string>& out) {
  each(node, section, [&](const std::string& name, const YAML::Node& value, const std::string& at) {
    std::optional<std::string> found;
    each(value, at, [&](const std::string& key, const YAML::Node& inner, const std::string& where) {
      if (key != member) return false;
      found = text(inner, where);
      return true;
    });
    if (!found) {
      fail("`" + at + "` requires `" + std::string(member) + "`");
    } else {
      out[name] = *found;
    }
    return true;
  });
}

void Reader::profiles(const YAML::Node& node, OperatorConfig& out) {
  each(node, "profiles",
       [&](const std::string& name, const YAML::Node& value, const std::string& at) {
         Profile profile{
             .name = name, .server = {}, .cluster = {}, .store = {}, .default_graph = {}};
         each(value, at,
              [&](const std::string& key, const YAML::Node& inner, const std::string& where) {
                if (key == "server")
                  profile.server = text(inner, where);
                else if (key == "cluster")
                  profile.cluster = text(inner, where);
                else if (key == "store")
                  profile.store = text(inner, where);
                else if (key == "default_graph")
                  profile.default_graph = text(inner, where);
                else
                  return false;
                return true;
              });
         out.profiles.insert_or_assign(name, std::move(profile));
         return true;
       });
}

void Reader::append_json(const YAML::Node& node, std::string& out, int depth,
                         const std::string& dotted) {
  if (depth > kMaxParameterDepth) {
    fail("`" + dotted + "` is nested too deeply");
  } else if (node.IsNull()) {
    out += "null";
  } else if (node.IsSequence()) {
    out += '[';
    for (std::size_t i = 0; i < node.size(); ++i) {
      if (i > 0) out += ',';
      append_json(node[i], out, depth + 1, dotted);
    }
    out += ']';
  } else if (node.IsMap()) {
    out += '{';
    bool first = true;
    for (const auto& member : node) {
      if (!first) out += ',';
      first = false;
      JsonWriter::append_string(out, member.first.IsScalar() ? member.first.Scalar() : "");
      out += ':';
      append_json(member.second, out, depth + 1, dotted);
    }
    out += '}';
  } else {
    // A plain scalar has the type that YAML's core schema gives it; a quoted one is a string.
    bool boolean = false;
    std::int64_t integer = 0;
    double real = 0;
    if (node.Tag() != "!" && YAML::convert<bool>::decode(node, boolean)) {
      out += boolean ? "true" : "false";
    } else if (node.Tag() != "!" && YAML::convert<std::int64_t>::decode(node, integer)) {
      out += std::to_string(integer);
    } else if (node.Tag() != "!" && YAML::convert<double>::decode(node, real)) {
      JsonWriter::append_double(out, real);
    } else {
      JsonWriter::append_string(out, node.Scalar());
    }
  }
}

void Reader::alias_params(const YAML::Node& node, const std::string& dotted, AliasDefinition& out) {
  if (node.IsNull()) return;
  if (!node.IsMap()) {
    fail("`" + dotted + "` must be a mapping");
    return;
  }
  for (const auto& member : node) {
    // An unquoted 1 or true is a number or a boolean, not a name; this is told on use.
    bool boolean = false;
    double real = 0;
    const YAML::Node& key = member.first;
    if (!key.IsScalar() || (key.Tag() != "!" && (YAML::convert<double>::decode(key, real) ||
                                                 YAML::convert<bool>::decode(key, boolean)))) {
      out.bad_param_keys = true;
      continue;
    }
    std::string json;
    append_json(member.second, json, 0, dotted);
    out.params.emplace_back(key.Scalar(), std::move(json));
  }
}

void Reader::alias(const YAML::Node& node, const std::string& prefix, AliasDefinition& out) {
  bool server = false;
  bool query = false;
  each(node, prefix, [&](const std::string& key, const YAML::Node& value, const std::string& at) {
    if (key == "server") {
      out.server = text(value, at).value_or("");
      server = true;
    } else if (key == "query") {
      out.query = text(value, at).value_or("");
      query = true;
    } else if (key == "graph") {
      out.graph = text(value, at);
    } else if (key == "format") {
      out.format = format(value, at);
    } else if (key == "params") {
      alias_params(value, at, out);
    } else if (key == "args") {
      if (!value.IsSequence() && !value.IsNull()) {
        fail("`" + at + "` must be a list of strings");
        return true;
      }
      for (const auto& item : value) out.args.push_back(text(item, at).value_or(""));
    } else {
      return false;
    }
    return true;
  });
  if (!server) fail("`" + prefix + "` requires `server`");
  if (!query) fail("`" + prefix + "` requires `query`");
}

void Reader::aliases(const YAML::Node& node, OperatorConfig& out) {
  each(node, "aliases",
       [&](const std::string& name, const YAML::Node& value, const std::string& at) {
         alias(value, at, out.aliases[name]);
         return true;
       });
}

Result<OperatorConfig> Reader::read(const std::string& text_of_file) {
  OperatorConfig config;
  try {
    const YAML::Node document = YAML::Load(text_of_file);
    each(document, "", [&](const std::string& key, const YAML::Node& value, const std::string&) {
      if (key == "operator") {
        each(value, key,
             [&](const std::string& member, const YAML::Node& inner, const std::string& at) {
               if (member != "actor") return false;
               config.actor = text(inner, at);
               return true;
             });
      } else if (key == "defaults") {
        defaults(value, config.defaults);
      } else if (key == "servers") {
        named(value, key, "url", config.servers);
      } else if (key == "clusters") {
        named(value, key, "root", config.clusters);
      } else if (key == "profiles") {
        profiles(value, config);
      } else if (key == "aliases") {
        aliases(value, config);
      } else {
        return false;
      }
      return true;
    });
  } catch (const YAML::Exception& exception) {
    fail(exception.what());
  }
  if (problem_) {
    return bad_request("could not parse operator config '" + path_ + "': " + *problem_);
  }
  if (config.defaults.server && config.defaults.store) {
    return bad_request("operator config '" + path_ +
                       "': `defaults` binds one entity; set either `defaults.server` or "
                       "`defaults.store`, not both");
  }
  if (config.defaults.store && config.defaults.default_graph) {
    return bad_request("operator config '" + path_ +
                       "': `defaults.default_graph` does not apply to `defaults.store`: a store "
                       "is already a single graph");
  }
  return config;
}

}  // namespace

std::string_view scope_kind_name(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::kServer:
      return "server";
    case ScopeKind::kCluster:
      return "cluster";
    case ScopeKind::kStore:
      return "store";
  }
  return "store";
}

Result<Binding> Profile::binding() const {
  std::optional<Binding> found;
  std::string names;
  int count = 0;
  const auto consider = [&](ScopeKind kind, const std::optional<std::string>& target) {
    if (!target) return;
    if (count++ > 0) names += ", ";
    names += scope_kind_name(kind);
    found = Binding{kind, *target};
  };
  consider(ScopeKind::kServer, server);
  consider(ScopeKind::kCluster, cluster);
  consider(ScopeKind::kStore, store);
  if (count == 0) {
    return bad_request("profile '" + name +
                       "' binds no scope; set exactly one of `server`, `cluster`, or `store`");
  }
  if (count > 1) {
    return bad_request("profile '" + name + "' binds " + std::to_string(count) + " scopes (" +
                       names +
                       "); a profile must bind exactly one of `server`, `cluster`, or "
                       "`store`");
  }
  return std::move(*found);
}

std::optional<ResultFormat> parse_format(std::string_view name) {
  if (name == "table") return ResultFormat::kTable;
  if (name == "kv") return ResultFormat::kKeyValue;
  if (name == "csv") return ResultFormat::kCsv;
  if (name == "jsonl") return ResultFormat::kJsonLines;
  if (name == "json") return ResultFormat::kJson;
  return std::nullopt;
}

std::string_view format_name(ResultFormat format) {
  switch (format) {
    case ResultFormat::kTable:
      return "table";
    case ResultFormat::kKeyValue:
      return "kv";
    case ResultFormat::kCsv:
      return "csv";
    case ResultFormat::kJsonLines:
      return "jsonl";
    case ResultFormat::kJson:
      return "json";
  }
  return "table";
}

std::string join_path(std::string_view directory, std::string_view name) {
  if (directory.empty()) return std::string(name);
  std::string path(directory);
  if (path.back() != '/') path += '/';
  path += name;
  return path;
}

std::optional<std::string> operator_home(const Process& process) {
  const auto user_home = process.variable("HOME");
  if (auto home = process.variable("OMNIGRAPH_HOME")) {
    if (*home == "~" && user_home) return user_home;
    if (home->starts_with("~/") && user_home) return join_path(*user_home, home->substr(2));
    return home;  // empty: the working directory
  }
  if (!user_home || user_home->empty()) return std::nullopt;
  return join_path(*user_home, ".omnigraph");
}

Result<OperatorConfig> load_operator_config(Process& process) {
  const auto home = operator_home(process);
  if (!home) return OperatorConfig{};
  const std::string path = join_path(*home, "config.yaml");
  Result<std::string> text = read_text_file(path, "operator config", kMaxConfigBytes);
  if (!text.ok()) {
    if (text.error().code() == ErrorCode::kNotFound) return OperatorConfig{};
    return std::move(text).error();
  }
  return Reader(process, path).read(*text);
}

}  // namespace omnigraph::cli
