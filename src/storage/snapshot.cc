#include "storage/snapshot.h"

#include <algorithm>

namespace omnigraph {

const TableVersionPtr& Snapshot::table(TypeId type) const {
  const auto it = tables_.find(type);
  return it == tables_.end() ? TableVersion::empty() : it->second;
}

std::uint64_t BranchState::table_version(TypeId type) const {
  const auto it = table_versions.find(type);
  return it == table_versions.end() ? 1 : it->second;
}

const std::string& BranchState::table_writer(TypeId type) const {
  static const std::string main = "main";
  const auto it = table_writers.find(type);
  return it == table_writers.end() ? main : it->second;
}

namespace {

std::string fork_key(std::string_view parent, std::string_view child) {
  std::string key(parent);
  key += '\0';
  key += child;
  return key;
}

bool listed(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const BranchState* GraphState::branch(std::string_view name) const {
  const BranchStatePtr* found = branches.get(name);
  return found == nullptr ? nullptr : found->get();
}

void GraphState::put_branch(BranchStatePtr branch) {
  if (!branch->parent_branch.empty()) {
    const std::string key = fork_key(branch->parent_branch, branch->name);
    if (!forks_.contains(key)) forks_.set(key, true);
  }
  const std::string name = branch->name;
  branches.set(name, std::move(branch));
}

void GraphState::erase_branch(std::string_view name) {
  const BranchState* gone = branch(name);
  if (gone == nullptr) return;
  forks_.erase(fork_key(gone->parent_branch, gone->name));
  branches.erase(std::string(name));
}

const std::string* GraphState::child_of(std::string_view name,
                                        std::span<const std::string> except) const {
  const std::string prefix = fork_key(name, {});
  for (auto at = forks_.lower_bound(prefix); at != forks_.end() && at->first.starts_with(prefix);
       ++at) {
    const std::string_view child = std::string_view(at->first).substr(prefix.size());
    if (!listed(except, child)) return &branches.at(child)->name;
  }
  return nullptr;
}

const std::string* GraphState::relative_of(std::string_view name,
                                           std::span<const std::string> except) const {
  for (std::size_t slash = name.find('/'); slash != std::string_view::npos;
       slash = name.find('/', slash + 1)) {
    const BranchState* above = branch(name.substr(0, slash));
    if (above == nullptr || above->parent_branch.empty()) continue;  // main takes no part
    if (!listed(except, above->name)) return &above->name;
  }
  const std::string prefix = std::string(name) + "/";
  for (auto at = branches.lower_bound(prefix);
       at != branches.end() && at->first.starts_with(prefix); ++at) {
    if (!listed(except, at->first)) return &at->first;
  }
  return nullptr;
}

bool GraphState::carries(const CommitHeader& commit) const {
  // A branch carries all that it authored, and is not deleted while others stand on it.
  const BranchState* author = branch(commit.branch);
  return author != nullptr && (author->parent_branch.empty() || commit.gsn > author->created_gsn);
}

GraphStatePtr genesis_state(CatalogPtr catalog, CommitHeader genesis, Ulid main_incarnation) {
  auto state = std::make_shared<GraphState>();
  auto main = std::make_shared<BranchState>();
  main->name = genesis.branch;
  main->incarnation = main_incarnation;
  main->created_at = genesis.created_at;
  state->gsn = genesis.gsn;
  state->last_commit = genesis.id;
  state->catalog = catalog;
  const std::string name = main->name;
  main->snapshot =
      std::make_shared<const Snapshot>(std::move(catalog), TableMap{}, std::move(genesis), name);
  state->put_branch(std::move(main));
  return state;
}

}  // namespace omnigraph
