#include "history/change_feed.h"

#include <algorithm>

#include "history/lineage.h"
#include "write/batch.h"
#include "write/limits.h"

namespace omnigraph {
namespace {

constexpr std::string_view kAfter = "after:";
constexpr std::string_view kStartRule = "start must be now | beginning | after:<commit_id>";

ChangeCause cause_of(const CommitHeader& header) {
  ChangeCause cause;
  cause.commit_id = header.id.text();
  if (header.parent) cause.parent = header.parent->text();
  if (header.merged_parent) cause.merged_parent = header.merged_parent->text();
  cause.branch = header.branch;
  cause.actor = header.actor;
  cause.authored_at = header.created_at;
  return cause;
}

// About what the change takes as JSON.
std::size_t text_bytes(const EntityChange& change) {
  std::size_t bytes = 100 + change.type_id.size() + change.type_name.size() + change.id.size();
  for (const auto* image : {&change.before, &change.after}) {
    if (!*image) continue;
    bytes += 40 + (*image)->from.size() + (*image)->to.size();
    for (const auto& [name, value] : (*image)->properties) bytes += 4 + name.size() + value.size();
  }
  return bytes;
}

// A page that is being filled.
struct Room {
  std::uint64_t changes = 0;
  std::size_t bytes = 0;
  bool empty = true;
  bool full() const { return changes == 0 || bytes == 0; }
};

// Moves changes from `done` on into the page, as many as it has room for, at least one.
Status fill(CommitDiff& diff, std::uint64_t& done, Room& room, std::vector<EntityChange>& out) {
  while (done < diff.size() && !room.full()) {
    OG_ASSIGN_OR_RETURN(EntityChange change, diff.change(done));
    const std::size_t bytes = text_bytes(change);
    if (bytes > room.bytes && !room.empty) {
      room.bytes = 0;
      break;
    }
    room.bytes -= std::min(bytes, room.bytes);
    --room.changes;
    room.empty = false;
    ++done;
    out.push_back(std::move(change));
  }
  return {};
}

Ulid graph_of(const Store& store) { return Ulid::parse(store.graph_id()).value_or(Ulid{}); }

// A type that the commit changed cannot be read at its parent any more.
bool gave_up(const GraphState& state, const CommitEntry& commit, Gsn parent) {
  return std::any_of(commit.tables.begin(), commit.tables.end(), [&](const TableChange& change) {
    const auto floor = state.floors.find(change.table);
    return floor != state.floors.end() && parent < floor->second;
  });
}

// The rows that a commit removed and brought, out of its own entry. Nothing when it brought whole
// segments or cleared the table: then the two versions are compared.
Result<std::optional<VersionDiff>> rows_of(const TableChange& change, Gsn gsn,
                                           const TableVersion& before, const TableVersion& after) {
  if (change.clear || !change.segments.empty() || !change.adopted.empty())
    return std::optional<VersionDiff>();
  VersionDiff diff;
  const auto place = [](const TableVersion& version, RowId rid) -> Result<Location> {
    OG_ASSIGN_OR_RETURN(const auto at, version.locate(rid));
    if (!at) return corrupt("a commit names row " + std::to_string(rid) + ", which is not live");
    return *at;
  };
  for (const RowId rid : change.deleted) {
    RowVersion row{.rid = rid, .at = {}, .gsn = 0};
    OG_ASSIGN_OR_RETURN(row.at, place(before, rid));
    diff.before.push_back(row);
  }
  for (const RowBatch& rows : change.inline_rows) {
    if (!rows.gsns.empty()) return std::optional<VersionDiff>();
    for (const RowId rid : rows.rids) {
      RowVersion row{.rid = rid, .at = {}, .gsn = gsn};
      OG_ASSIGN_OR_RETURN(row.at, place(after, rid));
      diff.after.push_back(row);
    }
  }
  std::sort(diff.after.begin(), diff.after.end(),
            [](const RowVersion& a, const RowVersion& b) { return a.rid < b.rid; });
  return std::optional<VersionDiff>(std::move(diff));
}

}  // namespace

Result<std::uint64_t> change_limit(const std::optional<std::uint64_t>& given) {
  if (!given) return ChangeFeed::kDefaultLimit;
  if (*given == 0) return bad_request("limit must be greater than zero");
  if (*given > ChangeFeed::kMaxLimit) {
    return resource_limit("commit_changes_page_changes", ChangeFeed::kMaxLimit, *given);
  }
  return *given;
}

Result<SnapshotPtr> ChangeFeed::state_at(CommitId id) {
  {
    const std::lock_guard lock(mutex_);
    for (auto it = states_.begin(); it != states_.end(); ++it) {
      if (it->first != id) continue;
      states_.splice(states_.begin(), states_, it);
      return it->second;
    }
  }
  OG_ASSIGN_OR_RETURN(const SnapshotPtr found, store_.snapshot_at(id));
  return SnapshotPtr(std::make_shared<const Snapshot>(found->written_catalog(), found->tables(),
                                                      found->head(), found->branch()));
}

void ChangeFeed::keep_state(CommitId id, SnapshotPtr snapshot) {
  const std::lock_guard lock(mutex_);
  std::erase_if(states_, [&](const auto& kept) { return kept.first == id; });
  states_.emplace_front(id, std::move(snapshot));
  if (states_.size() > kKept) states_.pop_back();
}

std::optional<ChangeFeed::Begun> ChangeFeed::take_begun(CommitId commit, std::uint64_t scope) {
  const std::lock_guard lock(mutex_);
  for (auto it = begun_.begin(); it != begun_.end(); ++it) {
    if (it->commit != commit || it->scope != scope) continue;
    std::optional<Begun> begun(std::move(*it));
    begun_.erase(it);
    return begun;
  }
  return std::nullopt;
}

void ChangeFeed::keep_begun(Begun begun) {
  const std::lock_guard lock(mutex_);
  begun_.push_front(std::move(begun));
  if (begun_.size() > kKept) begun_.pop_back();
}

Result<CommitDiff> ChangeFeed::diff_of(const GraphState& state, const SnapshotPtr& before,
                                       const CommitEntry& commit, const ChangeSelection& selection,
                                       const std::optional<std::string_view>& cursor,
                                       SnapshotPtr& after) {
  const CommitId id = commit.header.id;
  if (gave_up(state, commit, before->gsn())) return gap_at(id, cursor);
  OG_ASSIGN_OR_RETURN(after, advance(before, commit, store_));
  if (commit.catalog_json) {
    OG_ASSIGN_OR_RETURN(const auto boundary,
                        schema_boundary(*before, before->catalog(), *after, after->catalog()));
    if (boundary) return boundary_refused(id, *boundary);
  }
  std::vector<CommitDiff::Candidate> candidates;
  for (const TableChange& change : commit.tables) {
    const EntityType* const type = after->catalog().entity(change.table);
    if (type == nullptr || !selection.takes_type(type->name)) continue;
    CommitDiff::Candidate candidate{.table = change.table, .versions = std::nullopt};
    OG_ASSIGN_OR_RETURN(candidate.versions,
                        rows_of(change, commit.header.gsn, *before->table(change.table),
                                *after->table(change.table)));
    candidates.push_back(std::move(candidate));
  }
  return CommitDiff::make(store_, before, after, std::move(candidates), selection);
}

Result<CommitChangesPage> ChangeFeed::commit_changes(const CommitHeader& header,
                                                     const CommitChangesRequest& request) {
  OG_ASSIGN_OR_RETURN(const std::uint64_t limit, change_limit(request.limit));
  OG_ASSIGN_OR_RETURN(const ChangeSelection selection, ChangeSelection::of(request.filter));
  ChangeToken place{.kind = TokenKind::kCommitPage,
                    .graph = graph_of(store_),
                    .filter = selection.scope(),
                    .commit = header.id,
                    .incarnation = {},
                    .cut = {},
                    .branch = {},
                    .done = 0};
  if (request.page_token) {
    OG_ASSIGN_OR_RETURN(const ChangeToken token,
                        decode_token(*request.page_token, TokenKind::kCommitPage));
    if (token.graph != place.graph || token.commit != place.commit) {
      return token_rejected("it does not match this graph and commit");
    }
    if (token.filter != place.filter) return token_rejected("it has a different filter scope");
    place.done = token.done;
  }
  if (!header.parent) {
    const std::string id = header.id.text();
    return Error(ErrorCode::kConflict,
                 "commit '" + id + "' has no first parent; there is nothing to compare it with")
        .with({"change_diff_refusal", {{"reason", "parentless_commit"}, {"graph_commit_id", id}}});
  }
  std::optional<Begun> begun = take_begun(header.id, place.filter);
  if (!begun) {
    const GraphStatePtr state = store_.state();
    OG_ASSIGN_OR_RETURN(const CommitEntry commit, store_.commit_entry(header.id));
    OG_ASSIGN_OR_RETURN(const SnapshotPtr before, state_at(*header.parent));
    SnapshotPtr after;
    auto diff = diff_of(*state, before, commit, selection, std::nullopt, after);
    if (!diff.ok()) {
      // The ends of an edge may be gone where its own type is not.
      const auto& details = diff.error().details();
      if (details && details->kind == "history_reclaimed") return gap_at(header.id, std::nullopt);
      return std::move(diff).error();
    }
    begun = Begun{header.id, place.filter, std::make_shared<CommitDiff>(std::move(diff).value()),
                  std::move(after)};
  }
  if (place.done > begun->diff->size()) return token_rejected("its payload is malformed");
  CommitChangesPage page;
  page.cause = cause_of(header);
  Room room{.changes = limit, .bytes = kPageBytes};
  const Status filled = fill(*begun->diff, place.done, room, page.changes);
  if (!filled.ok()) {
    const auto& details = filled.error().details();
    if (details && details->kind == "history_reclaimed") return gap_at(header.id, std::nullopt);
    return filled.error();
  }
  if (place.done < begun->diff->size()) {
    page.next_page_token = encode_token(place);
    keep_begun(std::move(*begun));
  }
  return page;
}

Result<std::string> ChangeFeed::cursor_at_head(const BranchState& branch,
                                               const ChangeFilter& filter) const {
  OG_ASSIGN_OR_RETURN(const ChangeSelection selection, ChangeSelection::of(filter));
  return encode_token({.kind = TokenKind::kFeedCursor,
                       .graph = graph_of(store_),
                       .filter = selection.scope(),
                       .commit = branch.snapshot->commit(),
                       .incarnation = branch.incarnation,
                       .cut = {},
                       .branch = branch.name,
                       .done = 0});
}

Result<PollPage> ChangeFeed::poll(const GraphState& state, const BranchState& branch,
                                  const PollRequest& request) {
  OG_ASSIGN_OR_RETURN(const std::uint64_t limit, change_limit(request.limit));
  OG_ASSIGN_OR_RETURN(const ChangeSelection selection, ChangeSelection::of(request.filter));
  if ((request.start && request.cursor) || (request.start && request.page_token) ||
      (request.cursor && request.page_token)) {
    return bad_request("cursor, start and page_token exclude one another");
  }
  const CommitId head = branch.snapshot->commit();
  ChangeToken place{.kind = TokenKind::kFeedCursor,
                    .graph = graph_of(store_),
                    .filter = selection.scope(),
                    .commit = head,
                    .incarnation = branch.incarnation,
                    .cut = head,
                    .branch = branch.name,
                    .done = 0};
  const Lineage lineage(state, branch);
  if (request.cursor || request.page_token) {
    const bool page = request.page_token.has_value();
    OG_ASSIGN_OR_RETURN(ChangeToken token,
                        decode_token(page ? *request.page_token : *request.cursor,
                                     page ? TokenKind::kFeedPage : TokenKind::kFeedCursor));
    if (token.graph != place.graph) return token_rejected("it does not belong to this graph");
    if (token.branch != place.branch) return token_rejected("it is of a different branch");
    if (token.incarnation != place.incarnation) {
      return token_rejected("it is of a different branch incarnation");
    }
    if (token.filter != place.filter) return token_rejected("it has a different filter scope");
    place.commit = token.commit;
    place.done = token.done;
    if (page) place.cut = token.cut;
  } else if (request.start == "beginning") {
    place.commit = store_.genesis().id;
  } else if (request.start && *request.start != "now") {
    if (!request.start->starts_with(kAfter) || request.start->size() == kAfter.size()) {
      return bad_request(std::string(kStartRule));
    }
    const auto id = Ulid::parse(request.start->substr(kAfter.size()));
    if (!id) return token_rejected("the commit is not on the branch's first-parent chain");
    place.commit = *id;
  }
  const auto on_chain = [&](CommitId id) -> Result<CommitHeader> {
    OG_ASSIGN_OR_RETURN(const auto header, store_.find_commit(id));
    if (!header || !lineage.carries(*header)) {
      return token_rejected("the commit is not on the branch's first-parent chain");
    }
    return *header;
  };
  OG_ASSIGN_OR_RETURN(const CommitHeader from, on_chain(place.commit));
  OG_ASSIGN_OR_RETURN(const CommitHeader cut, on_chain(place.cut));

  PollPage page;
  Room room{.changes = limit, .bytes = kPageBytes};
  SnapshotPtr before;  // the state at place.commit, once it is needed
  bool partial = false;
  std::optional<Error> stopped;
  const auto deliver = [&](const CommitEntry& commit) -> Status {
    std::optional<Begun> begun;
    if (place.done > 0) begun = take_begun(commit.header.id, place.filter);
    if (!begun) {
      if (!before) {
        OG_ASSIGN_OR_RETURN(before, state_at(place.commit));
      }
      SnapshotPtr after;
      OG_ASSIGN_OR_RETURN(CommitDiff diff,
                          diff_of(state, before, commit, selection, request.cursor, after));
      begun = Begun{commit.header.id, place.filter, std::make_shared<CommitDiff>(std::move(diff)),
                    std::move(after)};
    }
    if (place.done > begun->diff->size()) return token_rejected("its payload is malformed");
    ChangeBlock block{.cause = cause_of(commit.header), .changes = {}};
    std::uint64_t done = place.done;
    OG_RETURN_IF_ERROR(fill(*begun->diff, done, room, block.changes));
    page.blocks.push_back(std::move(block));
    place.done = done;
    if (done < begun->diff->size()) {
      partial = true;
      keep_begun(std::move(*begun));
      return {};
    }
    before = begun->after;
    place.commit = commit.header.id;
    place.done = 0;
    return {};
  };
  if (from.gsn < cut.gsn) {
    OG_RETURN_IF_ERROR(store_.visit_records(
        place.commit, state.sequence, [&](const Record& record) -> Result<bool> {
          for (const Entry& entry : record.entries) {
            const auto* commit = std::get_if<CommitEntry>(&entry);
            if (commit == nullptr || commit->header.gsn <= from.gsn ||
                !lineage.carries(commit->header)) {
              continue;
            }
            if (commit->header.gsn > cut.gsn) return false;
            if (commit->header.parent != place.commit) {
              return corrupt("history of branch '" + branch.name + "' has a hole before commit " +
                             commit->header.id.text());
            }
            if (page.blocks.size() == kMaxCommits || room.full()) return false;
            const Status delivered = deliver(*commit);
            if (!delivered.ok()) {
              stopped = delivered.error();
              const auto& details = stopped->details();
              if (details && details->kind == "history_reclaimed") {
                stopped = gap_at(commit->header.id, request.cursor);
              }
              return false;
            }
            if (partial) return false;
          }
          return true;
        }));
  }
  if (before) keep_state(place.commit, before);
  if (stopped) {
    const auto& details = stopped->details();
    const bool told =
        details && (details->kind == "change_feed_gap" || details->kind == "change_diff_refusal");
    // What cannot be compared ends the page before it, unless the page would be empty.
    if (!told || page.blocks.empty()) return std::move(*stopped);
  }
  if (partial) {
    place.kind = TokenKind::kFeedPage;
    page.next_page_token = encode_token(place);
    return page;
  }
  page.caught_up = place.commit == head;
  place.kind = TokenKind::kFeedCursor;
  place.cut = {};
  page.cursor = encode_token(place);
  return page;
}

}  // namespace omnigraph
