// What Tab offers in the interactive shell: from the text before the cursor and the schema of the
// graph. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "schema/catalog.h"

namespace omnigraph::cli {

struct ShellNames {
  CatalogPtr catalog;  // may be null
  std::vector<std::string> branches;
};

struct ShellCandidates {
  std::size_t begin = 0;           // of the word that they would replace
  std::vector<std::string> words;  // sorted, each once, all beginning with that word
};

// `text`: everything of the input so far, up to the cursor. Behind `.` the properties (of the
// variable's type where a binding names it), behind `$` the variables of the input, behind a
// capital letter types, else keywords, edges and properties; behind `\` the commands and what they
// take.
ShellCandidates complete_in_shell(std::string_view text, const ShellNames& names);

// The longest text that all candidates begin with.
std::string common_beginning(const std::vector<std::string>& words);

}  // namespace omnigraph::cli
