#include "graph/branch_name.h"

#include "common/regex.h"

namespace omnigraph {
namespace {

constexpr std::string_view kInternalName = "__schema_apply_lock__";
constexpr std::string_view kBlanks = " \t\n\v\f\r";

Error invalid(std::string_view name, std::string_view why) {
  return bad_request("invalid branch name '" + std::string(name) + "': " + std::string(why));
}

// segment ( "/" segment )*, a segment being letters and digits of any script, '.', '-' and '_'.
Status check_characters(std::string_view name) {
  static constexpr std::string_view kPattern =
      R"(^[\p{Alphabetic}\p{N}._-]+(/[\p{Alphabetic}\p{N}._-]+)*$)";
  bool ascii = true;
  bool good = true;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    ascii = ascii && byte < 0x80;
    const bool word = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= 'a' && byte <= 'z') || byte == '.' || byte == '-' || byte == '_' ||
                      byte == '/';
    good = good && word;
  }
  if (!ascii) {  // rare: only then are Unicode's tables worth loading
    OG_ASSIGN_OR_RETURN(const Regex pattern, Regex::compile(kPattern));
    good = pattern.search(name);
  }
  if (!good) return invalid(name, "use letters, digits, '.', '-', '_' and '/'");
  return {};
}

bool is_internal(std::string_view name) {
  if (name.starts_with('/')) name.remove_prefix(1);
  return name == kInternalName;
}

}  // namespace

Result<std::string_view> trim_branch(std::string_view given) {
  const std::size_t first = given.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return bad_request("branch name cannot be empty");
  return given.substr(first, given.find_last_not_of(kBlanks) - first + 1);
}

Status check_new_branch(std::string_view name, std::string_view operation) {
  if (name == kMainBranch) return bad_request("cannot create branch 'main'");
  OG_RETURN_IF_ERROR(refuse_internal(name, operation));
  if (name.size() > kMaxBranchNameBytes) return invalid(name, "longer than 200 bytes");
  if (name.find("..") != std::string_view::npos) return invalid(name, "it contains '..'");
  if (name.starts_with('/') || name.ends_with('/') || name.find("//") != std::string_view::npos) {
    return invalid(name, "it has an empty segment");
  }
  if (name.ends_with(".lock")) return invalid(name, "it ends with '.lock'");
  OG_RETURN_IF_ERROR(check_characters(name));
  return {};
}

Status refuse_internal(std::string_view name, std::string_view operation) {
  if (!is_internal(name)) return {};
  return bad_request(std::string(operation) + " does not allow internal system ref '" +
                     std::string(name) + "'");
}

Status refuse_internals(std::string_view name, std::string_view operation) {
  if (!is_internal(name)) return {};
  return bad_request(std::string(operation) + " does not allow internal system refs ('" +
                     std::string(name) + "')");
}

Error branch_not_found(std::string_view name) {
  return not_found("branch '" + std::string(name) + "' not found");
}

}  // namespace omnigraph
