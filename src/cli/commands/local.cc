// login, logout, profile, version: nothing here addresses a graph.
#include "cli/commands/commands.h"
#include "cli/completion.h"
#include "cli/credentials.h"
#include "omnigraph/version.h"

namespace omnigraph::cli {
namespace {

// A printable name for a section of the credentials file.
Status check_server_name(std::string_view name) {
  if (trimmed(name).empty() || name != trimmed(name) ||
      name.find_first_of("[]\r\n") != std::string_view::npos) {
    return bad_request("invalid server name '" + std::string(name) + "'");
  }
  return {};
}

// What a scope's target stands for, if the config says so.
std::optional<std::string> endpoint_of(const Binding& binding, const OperatorConfig& config) {
  if (binding.kind == ScopeKind::kStore) return binding.target;
  const auto& known = binding.kind == ScopeKind::kServer ? config.servers : config.clusters;
  const auto found = known.find(binding.target);
  if (found != known.end()) return found->second;
  if (binding.target.find("://") != std::string::npos) return binding.target;
  return std::nullopt;
}

struct ProfileView {
  std::string name;
  std::optional<Binding> binding;
  std::optional<std::string> default_graph;
};

Result<ProfileView> shown_profile(const Invocation& call) {
  std::string name(call.arguments.positional(0).value_or(""));
  if (name.empty()) name = call.process.variable("OMNIGRAPH_PROFILE").value_or("");
  const Defaults& defaults = call.config.defaults;
  ProfileView view{.name = name, .binding = {}, .default_graph = defaults.default_graph};
  if (name.empty()) {
    view.name = "(defaults)";
    if (defaults.server) view.binding = Binding{ScopeKind::kServer, *defaults.server};
    if (defaults.store) view.binding = Binding{ScopeKind::kStore, *defaults.store};
    return view;
  }
  const auto found = call.config.profiles.find(name);
  if (found == call.config.profiles.end()) {
    return not_found("unknown profile '" + name + "' (not defined under `profiles:`)");
  }
  OG_ASSIGN_OR_RETURN(Binding binding, found->second.binding());
  view.binding = std::move(binding);
  if (found->second.default_graph) view.default_graph = found->second.default_graph;
  return view;
}

}  // namespace

ExitStatus run_login(Invocation& call) {
  const std::string name(*call.arguments.positional(0));
  OG_RETURN_IF_ERROR(check_server_name(name));
  std::string token;
  if (const auto given = call.arguments.value("token")) {
    token = *given;
  } else {
    token = call.process.read_line().value_or("");
  }
  token = std::string(trimmed(token));
  if (token.empty()) {
    return bad_request(
        "no token provided: pass --token <TOKEN> or pipe it on stdin (echo $TOKEN | "
        "omnigraph login <name>)");
  }
  if (token.find_first_of("\r\n") != std::string::npos) {
    return bad_request("a token is a single line");
  }
  OG_ASSIGN_OR_RETURN(const std::string path, credentials_path(call.process));
  OG_RETURN_IF_ERROR(store_token(path, name, token));
  const bool declared = call.config.servers.contains(name);
  if (call.json()) {
    std::string document;
    JsonWriter json(document, JsonWriter::Style::kPretty);
    json.begin_object().key("server").value(name).key("credentials_path").value(path);
    json.key("declared").value(declared).end_object();
    call.print_json(document);
  } else {
    call.print("stored credential for '" + name + "' in " + path + "\n");
  }
  if (!declared) {
    call.process.err->write("note: '" + name +
                            "' is not declared under servers: in the operator config; the token is "
                            "used once a server of that name is\n");
  }
  return kSuccess;
}

ExitStatus run_logout(Invocation& call) {
  const std::string name(*call.arguments.positional(0));
  OG_ASSIGN_OR_RETURN(const std::string path, credentials_path(call.process));
  OG_RETURN_IF_ERROR(remove_token(path, name));
  if (call.json()) {
    std::string document;
    JsonWriter json(document, JsonWriter::Style::kPretty);
    json.begin_object().key("server").value(name).key("credentials_path").value(path).end_object();
    call.print_json(document);
  } else {
    call.print("removed credential for '" + name + "' from " + path + "\n");
  }
  return kSuccess;
}

ExitStatus run_profile_list(Invocation& call) {
  const std::string active = call.process.variable("OMNIGRAPH_PROFILE").value_or("");
  if (!call.json()) {
    if (call.config.profiles.empty()) call.print("no profiles defined in the operator config\n");
    for (const auto& [name, profile] : call.config.profiles) {
      const Result<Binding> binding = profile.binding();
      std::string line = name + (name == active ? " (active)" : "") + "  ";
      line += binding.ok() ? std::string(scope_kind_name(binding->kind)) + ": " + binding->target
                           : "invalid: " + binding.error().message();
      if (profile.default_graph) line += " · graph: " + *profile.default_graph;
      call.print(line + "\n");
    }
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_array();
  for (const auto& [name, profile] : call.config.profiles) {
    const Result<Binding> binding = profile.binding();
    json.begin_object().key("name").value(name);
    if (binding.ok()) {
      const std::string_view kind = scope_kind_name(binding->kind);
      json.key("binding").value(std::string(kind) + ": " + binding->target);
      json.key("scope_kind").value(kind);
      json.key("target").value(binding->target);
      json.key("valid").value(true);
      json.key("error").null();
    } else {
      json.key("binding").value("invalid: " + binding.error().message());
      json.key("scope_kind").value("invalid");
      json.key("target").null();
      json.key("valid").value(false);
      json.key("error").value(binding.error().message());
    }
    write_optional(json.key("default_graph"), profile.default_graph);
    json.key("active").value(name == active);
    json.end_object();
  }
  json.end_array();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_profile_show(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const ProfileView view, shown_profile(call));
  const auto& output = call.config.defaults.output;
  const std::string_view kind = view.binding ? scope_kind_name(view.binding->kind) : "none";
  const auto endpoint = view.binding ? endpoint_of(*view.binding, call.config) : std::nullopt;
  if (!call.json()) {
    std::string text = "profile: " + view.name + "\n  scope:   " + std::string(kind);
    if (view.binding) text += " " + view.binding->target;
    text += "\n";
    if (view.binding) {
      text += "  endpoint: " + endpoint.value_or("(undefined — name not in this config)") + "\n";
    }
    if (view.default_graph) text += "  default graph: " + *view.default_graph + "\n";
    if (output) text += "  output: " + std::string(format_name(*output)) + "\n";
    call.print(text);
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object().key("name").value(view.name);
  json.key("scope_kind").value(kind);
  write_optional(json.key("target"),
                 view.binding ? std::optional(view.binding->target) : std::nullopt);
  write_optional(json.key("endpoint"), endpoint);
  write_optional(json.key("default_graph"), view.default_graph);
  write_optional(json.key("output_format"),
                 output ? std::optional(std::string(format_name(*output))) : std::nullopt);
  json.end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_completion(Invocation& call) {
  call.print(completion_script(*call.arguments.positional(0)));
  return kSuccess;
}

ExitStatus run_version(Invocation& call) {
  call.print("omnigraph " + std::string(kVersion) + "\ninternal-schema " +
             std::to_string(kInternalSchemaVersion) + "\n");
  return kSuccess;
}

}  // namespace omnigraph::cli
