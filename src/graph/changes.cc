// Graph::commit_changes, poll_changes, baseline and diff.
#include "graph/branch_name.h"
#include "graph/engine.h"
#include "history/change_feed.h"

namespace omnigraph {

Graph::Engine::~Engine() = default;

Result<CommitChangesPage> Graph::Engine::commit_changes(const CommitChangesRequest& request) {
  OG_RETURN_IF_ERROR(change_limit(request.limit));
  OG_RETURN_IF_ERROR(newest());
  OG_ASSIGN_OR_RETURN(const CommitHeader header, commit_header(request.commit));
  return feed_->commit_changes(header, request);
}

Result<PollPage> Graph::Engine::poll_changes(const PollRequest& request) {
  OG_RETURN_IF_ERROR(change_limit(request.limit));
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  OG_ASSIGN_OR_RETURN(const auto branch, head(*state, request.branch));
  return feed_->poll(*state, *branch, request);
}

Result<BaselineReport> Graph::Engine::baseline(std::string_view branch, const ChangeFilter& filter,
                                               const TextSink& sink) {
  OG_ASSIGN_OR_RETURN(const ChangeSelection selection, ChangeSelection::of(filter));
  OG_ASSIGN_OR_RETURN(const auto state, head(branch));
  OG_ASSIGN_OR_RETURN(std::string cursor, feed_->cursor_at_head(*state, filter));
  OG_RETURN_IF_ERROR(export_snapshot(
      *state->snapshot, filter.types, [&](bool is_edge) { return selection.takes_kind(is_edge); },
      sink));
  return BaselineReport{state->snapshot->commit().text(), std::move(cursor)};
}

Result<DiffReport> Graph::Engine::diff(const DiffRequest& request, const ChangeSink& sink) {
  OG_ASSIGN_OR_RETURN(const ChangeSelection selection, ChangeSelection::of(request.filter));
  OG_ASSIGN_OR_RETURN(const GraphStatePtr state, newest());
  const auto resolve = [&](std::string_view name) -> Result<SnapshotPtr> {
    auto branch = head(*state, name);
    if (branch.ok()) return (*branch)->snapshot;
    if (!Ulid::parse(name)) return std::move(branch).error();
    OG_ASSIGN_OR_RETURN(const CommitHeader header, commit_header(name));
    return store_->snapshot_at(header.id);
  };
  OG_ASSIGN_OR_RETURN(const SnapshotPtr before, resolve(request.from));
  OG_ASSIGN_OR_RETURN(const SnapshotPtr after, resolve(request.to));
  OG_ASSIGN_OR_RETURN(const auto boundary, schema_boundary(*before, *before->written_catalog(),
                                                           *after, *after->written_catalog()));
  if (boundary) return boundary_refused(after->commit(), *boundary);
  // Rows are named as the later schema names them.
  const CatalogPtr catalog =
      before->written_catalog()->version() <= after->written_catalog()->version()
          ? after->written_catalog()
          : before->written_catalog();
  const auto under = [&](const Snapshot& snapshot) {
    return std::make_shared<const Snapshot>(catalog, snapshot.tables(), snapshot.head(),
                                            snapshot.branch());
  };
  std::vector<CommitDiff::Candidate> candidates;
  const auto add = [&](const EntityType& type) {
    if (before->table(type.id) == after->table(type.id)) return;
    candidates.push_back({.table = type.id, .versions = std::nullopt});
  };
  for (const NodeType& type : catalog->nodes()) add(type);
  for (const EdgeType& type : catalog->edges()) add(type);
  OG_ASSIGN_OR_RETURN(CommitDiff diff, CommitDiff::make(*store_, under(*before), under(*after),
                                                        std::move(candidates), selection));
  for (std::size_t i = 0; i < diff.size(); ++i) {
    OG_ASSIGN_OR_RETURN(const EntityChange change, diff.change(i));
    OG_RETURN_IF_ERROR(sink(change));
  }
  return DiffReport{before->commit().text(), after->commit().text(), diff.size()};
}

}  // namespace omnigraph
