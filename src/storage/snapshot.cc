#include "storage/snapshot.h"

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

const BranchState* GraphState::branch(std::string_view name) const {
  const auto it = branches.find(std::string(name));
  return it == branches.end() ? nullptr : it->second.get();
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
  const std::string name = genesis.branch;
  main->snapshot =
      std::make_shared<const Snapshot>(std::move(catalog), TableMap{}, std::move(genesis), name);
  state->branches.emplace(name, std::move(main));
  return state;
}

}  // namespace omnigraph
