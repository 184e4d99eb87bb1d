// Graph's branches: list, create, delete, merge.
#include <algorithm>

#include "graph/branch_name.h"
#include "graph/engine.h"
#include "history/lineage.h"

namespace omnigraph {
namespace {

// Calls visit(branch) for the branches that a request names, in the order of their names.
template <typename Visit>
void for_each_branch(const GraphState& state, const BranchListRequest& request, Visit visit) {
  const std::string_view first = std::max(request.after, request.prefix);
  std::size_t listed = 0;
  for (auto at = state.branches.lower_bound(first); at != state.branches.end(); ++at) {
    if (!at->first.starts_with(request.prefix) || listed == request.limit) return;
    if (!request.after.empty() && at->first == request.after) continue;
    ++listed;
    visit(*at->second);
  }
}

}  // namespace

Result<std::vector<std::string>> Graph::Engine::branches(const BranchListRequest& request) {
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  std::vector<std::string> names;
  for_each_branch(*state, request,
                  [&](const BranchState& branch) { names.push_back(branch.name); });
  return names;
}

Result<std::vector<BranchInfo>> Graph::Engine::branch_infos(const BranchListRequest& request) {
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  std::vector<BranchInfo> infos;
  for_each_branch(*state, request, [&](const BranchState& branch) {
    const CommitHeader& head = branch.snapshot->head();
    BranchInfo& info = infos.emplace_back();
    info.name = branch.name;
    info.head = head.id.text();
    info.version = head.version;
    if (!branch.parent_branch.empty()) {
      info.parent = branch.parent_branch;
      info.forked_at = branch.forked_at.text();
    }
    info.created_at = branch.created_at;
    info.changed_at = head.created_at;
  });
  return infos;
}

// The commit of a branch that a request names; nullopt for its head.
Result<std::optional<CommitId>> Graph::Engine::fork_point(const GraphState& state,
                                                          const BranchState& from,
                                                          const BranchRequest& request) {
  const CommitHeader& head = from.snapshot->head();
  std::optional<CommitHeader> found;
  if (request.at_commit) {
    const std::string id(*request.at_commit);
    const auto parsed = Ulid::parse(id);
    if (parsed) {
      OG_ASSIGN_OR_RETURN(found, store_->find_commit(*parsed));
    }
    if (!found || !state.carries(*found)) return not_found("commit '" + id + "' not found");
    if (!Lineage(state, from).carries(*found)) {
      return not_found("commit '" + id + "' is not one of branch '" + from.name + "'");
    }
  } else {
    // The newest commit that is old enough. Clocks may have run backwards, so the first one met is
    // it.
    found = head;
    while (found->created_at > *request.at_time) {
      if (!found->parent) {
        return not_found("branch '" + from.name + "' has no commit as old as that");
      }
      const CommitId parent = *found->parent;
      OG_ASSIGN_OR_RETURN(found, store_->find_commit(parent));
      if (!found) return corrupt("commit '" + parent.text() + "' is missing");
    }
  }
  if (found->id == head.id) return std::optional<CommitId>();
  return std::optional(found->id);
}

Status Graph::Engine::create_branch(const BranchRequest& request) {
  OG_ASSIGN_OR_RETURN(Writer* const writer, this->writer());
  OG_ASSIGN_OR_RETURN(const std::string_view name, trim_branch(request.name));
  OG_ASSIGN_OR_RETURN(const std::string_view from, trim_branch(request.from));
  OG_RETURN_IF_ERROR(check_new_branch(name, "branch_create"));
  if (request.at_commit && request.at_time) {
    return bad_request("a branch begins at a commit or at a time, not at both");
  }
  if (!request.at_commit && !request.at_time) {
    OG_RETURN_IF_ERROR(writer->committer().create_branch(name, from));
    return {};
  }
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  const BranchState* const source = state->branch(from);
  if (source == nullptr) return branch_not_found(from);
  OG_ASSIGN_OR_RETURN(const std::optional<CommitId> at, fork_point(*state, *source, request));
  if (!at) {
    OG_RETURN_IF_ERROR(writer->committer().create_branch(name, from));
    return {};
  }
  if (state->branch(name) != nullptr) {
    return Error(ErrorCode::kConflict, "branch '" + std::string(name) + "' already exists");
  }
  OG_ASSIGN_OR_RETURN(std::string past, store_->write_past_state(*at));
  OG_RETURN_IF_ERROR(
      writer->committer().create_branch(name, from,
                                        {.incarnation = source->incarnation,
                                         .at = *at,
                                         .state = std::move(past),
                                         .schema_version = state->catalog->version()}));
  return {};
}

Status Graph::Engine::delete_branch(std::string_view name) {
  OG_ASSIGN_OR_RETURN(Writer* const writer, this->writer());
  OG_ASSIGN_OR_RETURN(const std::string_view branch, trim_branch(name));
  if (branch == kMainBranch) return bad_request("cannot delete branch 'main'");
  OG_RETURN_IF_ERROR(refuse_internal(branch, "branch_delete"));
  OG_RETURN_IF_ERROR(writer->committer().delete_branch(branch));
  return {};
}

Result<MergeReport> Graph::Engine::merge(const MergeRequest& request, bool preview) {
  OG_ASSIGN_OR_RETURN(const std::string_view source, trim_branch(request.source));
  OG_ASSIGN_OR_RETURN(const std::string_view target, trim_branch(request.target));
  for (const std::string_view name : {source, target}) {
    OG_RETURN_IF_ERROR(refuse_internals(name, "branch_merge"));
  }
  MergeCall call{.source = std::string(source), .target = std::string(target), .preview = preview};
  if (request.actor) call.actor = std::string(*request.actor);
  OG_ASSIGN_OR_RETURN(MergeResult merged, merger_->merge(call));
  MergeReport report;
  report.source = request.source;
  report.target = request.target;
  report.outcome = merged.outcome;
  report.actor = std::move(call.actor);
  report.base = merged.base.text();
  if (merged.commit) report.commit = to_commit(*merged.commit);
  report.types = std::move(merged.types);
  report.conflicts = std::move(merged.conflicts);
  return report;
}

}  // namespace omnigraph
