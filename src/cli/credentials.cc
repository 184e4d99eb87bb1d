#include "cli/credentials.h"

#include <charconv>

#include "cli/files.h"

namespace omnigraph::cli {
namespace {

Status check_private(const std::string& path) {
  const auto mode = file_mode(path);
  if (!mode || (*mode & 077U) == 0) return {};
  char octal[8];
  const auto end = std::to_chars(octal, octal + sizeof octal, *mode, 8).ptr;
  return Error(ErrorCode::kForbidden,
               "credentials file '" + path + "' is group/world-accessible (mode " +
                   std::string(octal, end) + "); run `chmod 600 " + path + "`");
}

// The file's text, empty when there is no file.
Result<std::string> read_private(const std::string& path) {
  OG_RETURN_IF_ERROR(check_private(path));
  Result<std::string> text = read_text_file(path, "credentials file", kMaxCredentialsBytes);
  if (!text.ok() && text.error().code() == ErrorCode::kNotFound) return std::string();
  return text;
}

// The name of a line that opens a section.
std::optional<std::string_view> section_name(std::string_view line) {
  line = trimmed(line);
  if (line.size() < 2 || line.front() != '[' || line.back() != ']') return std::nullopt;
  return trimmed(line.substr(1, line.size() - 2));
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

// The text without the sections of that name.
std::string without_section(std::string_view text, std::string_view server) {
  std::string kept;
  bool skip = false;
  while (!text.empty()) {
    const std::string_view before = text;
    const std::string_view line = take_line(text);
    if (const auto name = section_name(line)) skip = *name == server;
    if (!skip) kept += before.substr(0, before.size() - text.size());
  }
  return kept;
}

std::string variable_name(std::string_view server) {
  std::string name = "OMNIGRAPH_TOKEN_";
  for (const char c : server) {
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  }
  return name;
}

std::optional<std::string> token_variable(const Process& process, const char* name) {
  const auto value = process.variable(name);
  if (!value || trimmed(*value).empty()) return std::nullopt;
  return std::string(trimmed(*value));
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Result<std::string> credentials_path(const Process& process) {
  const auto home = operator_home(process);
  if (!home) {
    return bad_request("no home directory for credentials: set OMNIGRAPH_HOME or HOME");
  }
  return join_path(*home, "credentials");
}

Status store_token(const std::string& path, std::string_view server, std::string_view token) {
  OG_ASSIGN_OR_RETURN(const std::string text, read_private(path));
  std::string next = without_section(text, server);
  if (!next.empty() && next.back() != '\n') next += '\n';
  next += "[" + std::string(server) + "]\ntoken = " + std::string(token) + "\n";
  return replace_private_file(path, next);
}

Status remove_token(const std::string& path, std::string_view server) {
  OG_ASSIGN_OR_RETURN(const std::string text, read_private(path));
  const std::string next = without_section(text, server);
  if (next == text) return {};
  return replace_private_file(path, next);
}

Result<std::optional<std::string>> stored_token(const std::string& path, std::string_view server) {
  OG_ASSIGN_OR_RETURN(const std::string text, read_private(path));
  std::string_view rest = text;
  bool inside = false;
  while (!rest.empty()) {
    const std::string_view line = trimmed(take_line(rest));
    if (line.empty() || line.front() == '#') continue;
    if (const auto name = section_name(line)) {
      inside = *name == server;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!inside || equals == std::string_view::npos || trimmed(line.substr(0, equals)) != "token") {
      continue;
    }
    std::string_view value = trimmed(line.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
        value.back() == value.front()) {
      value = trimmed(value.substr(1, value.size() - 2));
    }
    if (value.empty()) return std::optional<std::string>();
    return std::optional(std::string(value));
  }
  return std::optional<std::string>();
}

Result<std::optional<std::string>> token_for(const Process& process, const OperatorConfig& config,
                                             std::string_view base) {
  const std::string* matched = nullptr;
  std::size_t longest = 0;
  for (const auto& [name, url] : config.servers) {
    std::string_view prefix = url;
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    const bool matches =
        base.starts_with(prefix) && (base.size() == prefix.size() || base[prefix.size()] == '/');
    if (!matches || prefix.size() < longest) continue;
    matched = &name;
    longest = prefix.size();
  }
  if (matched != nullptr) {
    if (auto token = token_variable(process, variable_name(*matched).c_str())) return token;
    OG_ASSIGN_OR_RETURN(const std::string path, credentials_path(process));
    OG_ASSIGN_OR_RETURN(auto token, stored_token(path, *matched));
    if (token) return token;
  }
  return token_variable(process, "OMNIGRAPH_BEARER_TOKEN");
}

}  // namespace omnigraph::cli
