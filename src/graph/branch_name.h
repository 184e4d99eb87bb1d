// Names of branches as callers supply them (spec/history.md §2).
#pragma once

#include <string>
#include <string_view>

#include "omnigraph/error.h"

namespace omnigraph {

inline constexpr std::string_view kMainBranch = "main";
// Names up to this many bytes always work; longer ones are refused.
inline constexpr std::size_t kMaxBranchNameBytes = 200;

// The name without surrounding white space. kBadRequest when nothing is left.
Result<std::string_view> trim_branch(std::string_view given);

// Whether a trimmed name may name a new branch. `operation` is for the message about internal
// names. That no live branch stands in its way is the committer's to find out.
Status check_new_branch(std::string_view name, std::string_view operation);

// kBadRequest "<operation> does not allow internal system ref '<name>'" for a name that the engine
// keeps to itself.
Status refuse_internal(std::string_view name, std::string_view operation);
// The same of an operation on two branches: "… internal system refs …".
Status refuse_internals(std::string_view name, std::string_view operation);

// "branch '<name>' not found".
Error branch_not_found(std::string_view name);

}  // namespace omnigraph
