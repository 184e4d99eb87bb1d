// Small files, read and written whole.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph::cli {

// Largest source, schema or parameter file that is read whole.
inline constexpr std::size_t kMaxTextFileBytes = 512u << 20;

// The content of a file. Errors: kNotFound "could not read <what> '<path>': No such file or
// directory"; kIo; kResourceExhausted beyond `limit`.
Result<std::string> read_text_file(const std::string& path, std::string_view what,
                                   std::size_t limit = kMaxTextFileBytes);
// Replaces the content of an existing file as a whole; its permissions stay, and so does a link to
// it. kIo when the folder cannot be written.
Status replace_file(const std::string& path, std::string_view content);
bool file_exists(const std::string& path);
// Permission bits of an existing file.
std::optional<unsigned> file_mode(const std::string& path);
// Writes a temporary sibling of mode 0600, syncs it and renames it over `path`; makes the folder.
Status replace_private_file(const std::string& path, std::string_view content);

}  // namespace omnigraph::cli
