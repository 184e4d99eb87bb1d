// fmt: lays out `.pg` and `.gq` sources.
#include <algorithm>
#include <filesystem>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/files.h"
#include "query/format.h"
#include "schema/format.h"

namespace omnigraph::cli {
namespace {

namespace fs = std::filesystem;

enum class Language : std::uint8_t { kSchema, kQueries };

// Files that one run looks at.
constexpr std::size_t kMaxFiles = 100'000;

struct SourceFile {
  std::string path;
  Language language;
};

std::optional<Language> by_ending(const fs::path& path) {
  if (path.extension() == ".pg") return Language::kSchema;
  if (path.extension() == ".gq") return Language::kQueries;
  return std::nullopt;
}

std::optional<Language> asked_for(const Arguments& arguments) {
  const auto name = arguments.value("language");
  if (!name) return std::nullopt;
  return *name == "pg" ? Language::kSchema : Language::kQueries;
}

Result<std::string> laid_out(std::string_view source, Language language) {
  return language == Language::kSchema ? format_schema(source) : format_queries(source);
}

// A graph's folder holds no sources of anybody's.
bool is_graph(const fs::path& folder) {
  std::error_code code;
  return fs::exists(folder / "graph.json", code);
}

Status find_sources(const std::string& folder, std::vector<SourceFile>& files) {
  std::error_code code;
  fs::recursive_directory_iterator walk(folder, code);
  if (code) return io_error("could not read folder '" + folder + "': " + code.message());
  std::vector<SourceFile> found;
  for (const fs::recursive_directory_iterator end; walk != end; walk.increment(code)) {
    if (code) return io_error("could not read folder '" + folder + "': " + code.message());
    const fs::path& path = walk->path();
    if (walk->is_directory(code)) {
      const bool hidden = path.filename().string().starts_with('.');
      if (hidden || is_graph(path)) walk.disable_recursion_pending();
      continue;
    }
    const auto language = by_ending(path);
    if (!language || !walk->is_regular_file(code)) continue;
    found.push_back({path.string(), *language});
    if (files.size() + found.size() > kMaxFiles) {
      return Error(ErrorCode::kResourceExhausted,
                   "more than " + std::to_string(kMaxFiles) + " source files in '" + folder + "'");
    }
  }
  std::sort(found.begin(), found.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  std::move(found.begin(), found.end(), std::back_inserter(files));
  return {};
}

// What is not said is found out: the language in which the text is a source.
ExitStatus format_input(Invocation& call, bool check) {
  const std::string source = call.process.read_rest(kMaxTextFileBytes);
  if (source.size() > kMaxTextFileBytes) {
    return Error(ErrorCode::kResourceExhausted,
                 "standard input is larger than " + std::to_string(kMaxTextFileBytes) + " bytes");
  }
  const auto language = asked_for(call.arguments);
  Result<std::string> text = laid_out(source, language.value_or(Language::kSchema));
  if (!text.ok() && !language) {
    Result<std::string> queries = laid_out(source, Language::kQueries);
    const bool looks_so = source.find("query") != std::string::npos;
    if (queries.ok() || looks_so) text = std::move(queries);
  }
  if (!text.ok()) return std::move(text).error();
  if (!check) {
    call.print(*text);
    return kSuccess;
  }
  if (*text == source) return kSuccess;
  call.print("-\n");
  return kFailure;
}

}  // namespace

ExitStatus run_fmt(Invocation& call) {
  const bool check = call.arguments.has("check");
  const auto& paths = call.arguments.positionals();
  if (paths.size() == 1 && paths[0] == "-") return format_input(call, check);
  std::vector<SourceFile> files;
  for (const std::string_view given : paths) {
    const std::string path(given);
    if (path == "-") return bad_request("`-` (standard input) stands alone");
    std::error_code code;
    if (fs::is_directory(path, code)) {
      OG_RETURN_IF_ERROR(find_sources(path, files));
      continue;
    }
    const auto ending = by_ending(path);
    const auto language = ending ? ending : asked_for(call.arguments);
    if (!language) {
      return bad_request("'" + path + "' ends neither in .pg nor in .gq: say --language pg or gq");
    }
    files.push_back({path, *language});
  }
  // All are read before any is written: a mistake in one leaves the others as they are.
  std::vector<std::pair<std::string, std::string>> changed;
  for (const SourceFile& file : files) {
    OG_ASSIGN_OR_RETURN(const std::string source, read_text_file(file.path, "file"));
    Result<std::string> text = laid_out(source, file.language);
    if (!text.ok()) return std::move(text.error()).prefixed("'" + file.path + "': ");
    if (*text != source) changed.emplace_back(file.path, std::move(*text));
  }
  for (const auto& [path, text] : changed) {
    if (!check) OG_RETURN_IF_ERROR(replace_file(path, text));
    call.print(path + "\n");
  }
  return check && !changed.empty() ? kFailure : kSuccess;
}

}  // namespace omnigraph::cli
