// Bearer tokens of servers: $OMNIGRAPH_HOME/credentials, sections of `[name]` with `token = …`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/operator_config.h"
#include "cli/process.h"
#include "omnigraph/error.h"

namespace omnigraph::cli {

inline constexpr std::size_t kMaxCredentialsBytes = 4u << 20;

// $OMNIGRAPH_HOME/credentials. Error when there is no home directory.
Result<std::string> credentials_path(const Process& process);

// Stores or replaces the token of a server; other sections stay as they are, byte for byte.
Status store_token(const std::string& path, std::string_view server, std::string_view token);
// Removes the section; success when there is none.
Status remove_token(const std::string& path, std::string_view server);
// The stored token; nullopt when the file, the section or the token is missing. Error when others
// may read the file.
Result<std::optional<std::string>> stored_token(const std::string& path, std::string_view server);

// The token for a request to `base`, by the rules of cli.md §6.3: the operator server with the
// longest URL that is `base` or a prefix of it up to a `/` decides which variable and section
// count.
Result<std::optional<std::string>> token_for(const Process& process, const OperatorConfig& config,
                                             std::string_view base);

// Without blanks at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace omnigraph::cli
