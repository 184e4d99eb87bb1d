#include "maintenance/version_history.h"

#include <algorithm>

#include "schema/catalog_json.h"

namespace omnigraph {
namespace {

// Branches above one another; a longer line is a circle.
constexpr int kMaxDepth = 1 << 20;

std::vector<SegmentMention> segments_of(const CommitEntry& commit) {
  std::vector<SegmentMention> out;
  for (const TableChange& change : commit.tables) {
    for (const SegmentRef& ref : change.segments) {
      out.push_back({.id = ref.id, .table = change.table, .gsn = commit.header.gsn, .inputs = {}});
    }
    for (const AdoptedSegment& from : change.adopted) {
      out.push_back(
          {.id = from.ref.id, .table = change.table, .gsn = commit.header.gsn, .inputs = {}});
    }
  }
  return out;
}

class Reading {
 public:
  Reading(const GraphState& state, std::map<TypeId, std::vector<TypeVersion>>& versions,
          std::vector<SegmentMention>& mentions)
      : state_(state), versions_(versions), mentions_(mentions) {}

  void declare(const Catalog& catalog, const CommitHeader& by) {
    std::map<TypeId, bool> declared;
    for (const NodeType& type : catalog.nodes()) declared[type.id] = true;
    for (const EdgeType& type : catalog.edges()) declared[type.id] = true;
    for (const auto& [table, unused] : declared) {
      if (!declared_.contains(table)) note(table, by);
    }
    for (const auto& [table, unused] : declared_) {
      if (!declared.contains(table)) note(table, by);
    }
    declared_ = std::move(declared);
  }

  Status visit(const Record& record) {
    for (const Entry& entry : record.entries) {
      if (const auto* created = std::get_if<BranchCreateEntry>(&entry)) {
        incarnations_[created->name] = created->incarnation;
        // What a branch from the past may list lived on any branch before it.
        const BranchState* branch = state_.branch(created->name);
        if (created->table_state && branch != nullptr &&
            branch->incarnation == created->incarnation) {
          for (SegmentMention& mention : mentions_) mention.live = true;
        }
      } else if (const auto* commit = std::get_if<CommitEntry>(&entry)) {
        OG_RETURN_IF_ERROR(visit(*commit));
      } else if (const auto* floor = std::get_if<FloorEntry>(&entry)) {
        // A change of the schema that took something away for good makes a version of its own.
        for (const auto& [table, gsn] : floor->floors) {
          if (!floor->kept && gsn == last_.gsn && last_.branch == "main") note(table, last_);
        }
      } else if (const auto* fold = std::get_if<ReplaceEntry>(&entry)) {
        mentions_.push_back({.id = fold->output.id,
                             .table = fold->table,
                             .gsn = last_.gsn,
                             .live = fold->inline_through == 0 || lives(fold->branch),
                             .inputs = fold->inputs});
      }
    }
    return {};
  }

  void finish() {
    std::int64_t least = INT64_MAX;
    std::size_t at = commits_.size();
    // From the newest commit back, so that `least` covers a version and all behind it.
    std::map<Gsn, std::int64_t> since;
    while (at-- > 0) {
      least = std::min(least, commits_[at].second);
      since[commits_[at].first] = least;
    }
    for (auto& [table, versions] : versions_) {
      for (TypeVersion& version : versions) version.since = since[version.gsn];
    }
  }

  void note_commit(const CommitHeader& header) {
    last_ = header;
    if (header.branch == "main") commits_.emplace_back(header.gsn, header.created_at);
  }

 private:
  bool lives(const std::string& name) const {
    const BranchState* branch = state_.branch(name);
    if (branch == nullptr) return false;
    if (name == "main") return true;
    const auto now = incarnations_.find(name);
    return now != incarnations_.end() && now->second == branch->incarnation;
  }

  void note(TypeId table, const CommitHeader& by) {
    std::vector<TypeVersion>& versions = versions_[table];
    if (versions.empty() || versions.back().gsn != by.gsn) versions.push_back({by.gsn, by.id, 0});
  }

  Status visit(const CommitEntry& commit) {
    note_commit(commit.header);
    if (commit.catalog_json) {
      OG_ASSIGN_OR_RETURN(const CatalogPtr catalog, catalog_from_json(*commit.catalog_json));
      declare(*catalog, commit.header);
    }
    const bool live = lives(commit.header.branch);
    if (commit.header.branch == "main") {
      for (const TableChange& change : commit.tables) note(change.table, commit.header);
    }
    for (SegmentMention& mention : segments_of(commit)) {
      mention.live = live;
      mentions_.push_back(std::move(mention));
    }
    return {};
  }

  const GraphState& state_;
  std::map<TypeId, std::vector<TypeVersion>>& versions_;
  std::vector<SegmentMention>& mentions_;
  std::map<TypeId, bool> declared_;
  std::map<std::string, Ulid> incarnations_;
  std::vector<std::pair<Gsn, std::int64_t>> commits_;  // of main, with created_at
  CommitHeader last_;
};

// Where the line of a branch left main. A branch may begin at a commit that its source inherited,
// before its source's own fork.
Result<Gsn> fork_of(const GraphState& state, const BranchState& branch) {
  Gsn through = branch.forked_gsn;
  const BranchState* at = &branch;
  for (int depth = 0; at != nullptr && depth < kMaxDepth; ++depth) {
    if (at->parent_branch.empty()) return through;
    through = std::min(through, at->forked_gsn);
    at = state.branch(at->parent_branch);
  }
  return corrupt("its line does not lead to main");
}

}  // namespace

void for_each_segment(const Record& record,
                      const std::function<void(const SegmentMention&)>& visit) {
  for (const Entry& entry : record.entries) {
    if (const auto* commit = std::get_if<CommitEntry>(&entry)) {
      for (const SegmentMention& mention : segments_of(*commit)) visit(mention);
    } else if (const auto* fold = std::get_if<ReplaceEntry>(&entry)) {
      visit({.id = fold->output.id, .table = fold->table, .inputs = {}});
    }
  }
}

Result<VersionHistory> VersionHistory::read(Store& store, const GraphState& state) {
  VersionHistory history;
  for (const auto& [name, branch] : state.branches) {
    if (name == "main") continue;
    auto fork = fork_of(state, *branch);
    if (!fork.ok()) {
      return std::move(fork).error().prefixed("could not classify live branch '" + name + "': ");
    }
    history.forks_.push_back(*fork);
  }
  std::sort(history.forks_.begin(), history.forks_.end());
  history.forks_.erase(std::unique(history.forks_.begin(), history.forks_.end()),
                       history.forks_.end());
  Reading reading(state, history.versions_, history.mentions_);
  reading.note_commit(store.genesis());
  OG_ASSIGN_OR_RETURN(const SnapshotPtr first, store.snapshot_at(store.genesis().id));
  reading.declare(*first->written_catalog(), store.genesis());
  OG_RETURN_IF_ERROR(
      store.visit_records(std::nullopt, state.sequence, [&](const Record& record) -> Result<bool> {
        OG_RETURN_IF_ERROR(reading.visit(record));
        return true;
      }));
  reading.finish();
  return history;
}

}  // namespace omnigraph
