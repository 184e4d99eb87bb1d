#include "write/batch.h"

#include <algorithm>

#include "schema/catalog_json.h"
#include "storage/segment_files.h"
#include "write/limits.h"

namespace omnigraph {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Error no_branch(const std::string& name) { return not_found("branch '" + name + "' not found"); }

// What applying a change needs of a store.
class StoreSegments final : public SegmentSource {
 public:
  explicit StoreSegments(Store& store) : store_(store) {}
  Result<SegmentPtr> segment(const SegmentRef& ref) override { return store_.segment(ref); }
  Result<BranchState> branch_state(std::string_view, const CatalogPtr&) override {
    return Error(ErrorCode::kInternal, "a change of rows names no branch state");
  }

 private:
  Store& store_;
};

void shift(std::vector<RowId>& rows, RowId first, RowId by) {
  if (by == 0) return;
  for (RowId& row : rows) {
    if (row >= first && row != kNoRow) row += by;
  }
}

}  // namespace

Error precondition_failed(const std::string& branch, CommitId expected, const CommitHeader& head) {
  const std::string wanted = expected.text();
  ErrorDetails details{.kind = "precondition_failure", .fields = {{"expected", wanted}}};
  std::string current = "none";
  if (!head.id.is_nil()) {
    current = head.id.text();
    details.fields.emplace_back("actual", current);
  }
  return Error(ErrorCode::kPreconditionFailed, "precondition failed on branch '" + branch +
                                                   "': expected head '" + wanted +
                                                   "' but current is " + current)
      .with(std::move(details));
}

void RecentCommits::add(std::shared_ptr<const RecentCommit> commit) {
  commits_.push_back(std::move(commit));
  if (commits_.size() > kMaxCommits) commits_.pop_front();
}

Result<SnapshotPtr> advance(const SnapshotPtr& snapshot, const CommitEntry& entry, Store& store) {
  TableMap tables = snapshot->tables();
  StoreSegments segments(store);
  for (const TableChange& change : entry.tables) {
    OG_ASSIGN_OR_RETURN(tables[change.table], apply_change(*snapshot->table(change.table), change,
                                                           entry.header.gsn, segments));
  }
  CatalogPtr catalog = snapshot->catalog_ptr();
  if (entry.catalog_json) {
    OG_ASSIGN_OR_RETURN(catalog, catalog_from_json(*entry.catalog_json));
  }
  return SnapshotPtr(std::make_shared<Snapshot>(std::move(catalog), std::move(tables), entry.header,
                                                snapshot->branch()));
}

Batch::Batch(Store& store, const GraphState& state, UlidSource& ulids, const RecentCommits& recent)
    : store_(store), state_(state), ulids_(ulids), recent_(recent), next_gsn_(state.gsn + 1) {
  record_.sequence = state.sequence + 1;
  record_.first_gsn = next_gsn_;
  record_.nonce = store.runtime().random->next();
  ulids_.observe(state.last_commit);
}

void Batch::reserve(std::size_t requests) {
  record_.entries.reserve(requests);
  commits_.reserve(requests);
  taken_.reserve(requests);
}

void Batch::add(Request& request) {
  request.planned = false;
  request.answer = std::monostate();
  const auto answer = [&request](auto result) {
    if (!result.ok()) {
      request.answer = std::move(result).error();
      return;
    }
    request.planned = true;
    request.answer = std::move(result).value();
  };
  if (auto* const* intent = std::get_if<Intent*>(&request.wish)) {
    answer(add_commit(**intent));
  } else if (const auto* branch = std::get_if<ForkRequest>(&request.wish)) {
    answer(add_branch(*branch));
  } else if (const auto* deletion = std::get_if<DeletionRequest>(&request.wish)) {
    answer(remove_branch(*deletion));
  } else if (const auto* blocks = std::get_if<ReserveRequest>(&request.wish)) {
    answer(add_reservation(*blocks));
  }
}

Result<Batch::Branch*> Batch::branch(const std::string& name) {
  if (const auto found = branches_.find(name); found != branches_.end()) return &found->second;
  const BranchStatePtr* const state = state_.branches.get(name);
  if (state == nullptr || contains(deleted_, name)) return no_branch(name);
  Branch work;
  work.state = *state;
  work.snapshot = work.state->snapshot;
  work.head = work.snapshot->head();
  return &branches_.emplace(name, std::move(work)).first->second;
}

Status Batch::check_precondition(const Intent& intent, const Branch& branch) const {
  if (!intent.if_commit || *intent.if_commit == branch.head.id) return {};
  return precondition_failed(intent.branch, *intent.if_commit, branch.head);
}

// Whether a change lists a segment that a cleanup gave up since: its branch is gone, and its bytes
// will be.
bool Batch::adopts_garbage(const Change& change) const {
  for (const PreparedTable& table : change.tables) {
    for (const AdoptedSegment& adopted : table.adopted) {
      const std::string name = segment_data_name(table.table, adopted.ref.id);
      for (const auto& sweep : state_.sweeps) {
        if (contains(sweep->names, name)) return true;
      }
    }
  }
  return false;
}

bool Batch::must_prepare_again(const Intent& intent, const Branch& branch) const {
  if (intent.base == nullptr || intent.reads.everything) return true;
  // A cleanup took what this change uploaded for the leftovers of a failed one.
  for (const PreparedTable& table : intent.change.tables) {
    for (const SegmentRef& segment : table.segments) {
      if (segment.id.millis() * 1000 < state_.uploads_before) return true;
    }
  }
  // From the head back to the base. A parent stands before its child in the log.
  const CommitId base = intent.base->commit();
  std::optional<CommitId> at = branch.head.id;
  bool met = false;
  const auto step_back_through = [&](const auto& commits) {
    for (auto ahead = commits.rbegin(); ahead != commits.rend(); ++ahead) {
      if (!at || *at == base || met) return;
      const RecentCommit& commit = **ahead;
      if (commit.id != *at) continue;
      met = commit.everything ||
            std::any_of(commit.tables.begin(), commit.tables.end(), [&](const auto& table) {
              return meets(intent.reads, table.first, table.second);
            });
      at = commit.parent;
    }
  };
  step_back_through(commits_);
  step_back_through(recent_.commits());
  return met || at != base;
}

Result<SnapshotPtr> Batch::newest(Branch& branch) {
  for (; branch.applied < branch.ahead.size(); ++branch.applied) {
    const auto& entry = std::get<CommitEntry>(record_.entries[branch.ahead[branch.applied]]);
    OG_ASSIGN_OR_RETURN(branch.snapshot, advance(branch.snapshot, entry, store_));
  }
  return branch.snapshot;
}

RowId Batch::next_row(TypeId table) const {
  if (const auto mine = next_row_.find(table); mine != next_row_.end()) return mine->second;
  const auto known = state_.next_row.find(table);
  return known == state_.next_row.end() ? 0 : known->second;
}

bool Batch::number_rows(Change& change) const {
  std::map<TypeId, RowId> by;  // tables whose rows move, and how far
  for (const auto& [table, first] : change.first_new) {
    if (change.reserved.count(table) != 0) continue;
    const RowId now = next_row(table);
    if (now < first) return false;
    if (now != first) by[table] = now - first;
  }
  if (by.empty()) return true;
  for (const PreparedTable& table : change.tables) {
    if (!table.segments.empty()) return false;
  }
  const Catalog& catalog = *state_.catalog;
  for (PreparedTable& table : change.tables) {
    const EdgeType* edge = catalog.edge(table.table);
    const auto shift_column = [&](std::vector<RowId>& rows, TypeId of) {
      const auto first = change.first_new.find(of);
      if (first != change.first_new.end() && by.count(of) != 0) shift(rows, first->second, by[of]);
    };
    for (RowBatch& batch : table.rows) {
      shift_column(batch.rids, table.table);
      if (edge == nullptr) continue;
      shift_column(batch.src, edge->from_id);
      shift_column(batch.dst, edge->to_id);
    }
  }
  for (const auto& [table, distance] : by) change.first_new[table] += distance;
  return true;
}

Status Batch::take_numbers(const Change& change) {
  for (const PreparedTable& table : change.tables) {
    if (table.new_rows == 0 || change.reserved.count(table.table) != 0) continue;
    const RowId first = next_row(table.table);
    if (table.new_rows > kMaxRowId - first) {
      return resource_limit("row_ids_per_type", kMaxRowId, std::uint64_t{first} + table.new_rows);
    }
    next_row_[table.table] = first + table.new_rows;
  }
  return {};
}

Result<CommitHeader> Batch::add_commit(Intent& intent) {
  OG_ASSIGN_OR_RETURN(Branch* const branch, this->branch(intent.branch));
  OG_RETURN_IF_ERROR(check_precondition(intent, *branch));
  if (must_prepare_again(intent, *branch) || !number_rows(intent.change)) {
    OG_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, newest(*branch));
    GraphState view = state_;
    for (const auto& [table, row] : next_row_) view.next_row[table] = row;
    OG_ASSIGN_OR_RETURN(auto prepared, intent.prepare_again(snapshot, view));
    intent.base = snapshot;
    intent.change = std::move(prepared.first);
    intent.reads = std::move(prepared.second);
    if (!number_rows(intent.change)) {
      return Error(ErrorCode::kInternal, "a change prepared on the newest state is out of date");
    }
  }
  if (intent.change.empty() && !intent.publish_empty) return CommitHeader{};
  OG_RETURN_IF_ERROR(take_numbers(intent.change));

  CommitEntry entry;
  entry.header.id = ulids_.next();
  entry.header.gsn = next_gsn_++;
  entry.header.branch = intent.branch;
  if (!branch->head.id.is_nil()) entry.header.parent = branch->head.id;
  entry.header.merged_parent = intent.merged_parent;
  entry.header.actor = intent.by.actor;
  entry.header.created_at = store_.runtime().clock->now_micros();
  entry.header.version = branch->head.version + 1;
  auto recent = std::make_shared<RecentCommit>();
  recent->id = entry.header.id;
  recent->parent = entry.header.parent;
  recent->everything = intent.change.new_catalog != nullptr;
  if (intent.change.new_catalog) entry.catalog_json = catalog_to_json(*intent.change.new_catalog);
  entry.tables.reserve(intent.change.tables.size());
  recent->tables.reserve(intent.change.tables.size());
  for (PreparedTable& table : intent.change.tables) {
    TableChange& change = entry.tables.emplace_back();
    change.table = table.table;
    change.clear = table.clear;
    change.deleted = std::move(table.deleted);
    change.segments = table.segments;
    for (SegmentRef& segment : change.segments) segment.gsn = entry.header.gsn;
    change.inline_rows = std::move(table.rows);
    for (RowBatch& rows : change.inline_rows) {
      if (rows.gsns.empty()) rows.gsn = entry.header.gsn;
    }
    change.adopted = table.adopted;
    recent->tables.emplace_back(table.table, table.touched);
    if (table.clear) recent->tables.back().second.whole = true;
  }
  taken_.emplace_back(&intent, record_.entries.size());
  branch->ahead.push_back(record_.entries.size());
  branch->head = entry.header;
  commits_.push_back(std::move(recent));
  const Gsn gsn = entry.header.gsn;
  const std::int64_t created_at = entry.header.created_at;
  record_.entries.emplace_back(std::move(entry));
  if (!intent.change.forgotten.empty()) {
    FloorEntry floor;
    for (const TypeId table : intent.change.forgotten) floor.floors.emplace_back(table, gsn);
    floor.created_at = created_at;
    record_.entries.emplace_back(std::move(floor));
  }
  return branch->head;
}

void Batch::give_back() {
  for (const auto& [intent, at] : taken_) {
    std::vector<TableChange>& tables = std::get<CommitEntry>(record_.entries[at]).tables;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      intent->change.tables[i].deleted = std::move(tables[i].deleted);
      intent->change.tables[i].rows = std::move(tables[i].inline_rows);
    }
  }
  taken_.clear();
}

// A branch of this name, or one above or below it in the path of names, as this batch leaves them.
std::optional<Error> Batch::name_taken(const std::string& name) const {
  const auto related = [&name](const std::string& other) {
    const std::string& shorter = name.size() < other.size() ? name : other;
    const std::string& longer = name.size() < other.size() ? other : name;
    return longer.size() > shorter.size() && longer.starts_with(shorter) &&
           longer[shorter.size()] == '/';
  };
  const bool lives = state_.branch(name) != nullptr && !contains(deleted_, name);
  const std::string* relative = state_.relative_of(name, deleted_);
  bool created = false;
  for (const auto& [made, from] : created_) {
    created = created || made == name;
    if (related(made)) relative = &made;
  }
  if (lives || created) {
    return Error(ErrorCode::kConflict, "branch '" + name + "' already exists");
  }
  if (relative == nullptr) return std::nullopt;
  return Error(ErrorCode::kConflict, "branch '" + name + "' cannot live beside branch '" +
                                         *relative +
                                         "': names of live branches may not be ancestors or "
                                         "descendants of each other");
}

Result<BranchCreateEntry> Batch::add_branch(const ForkRequest& request) {
  if (auto taken = name_taken(request.name)) return std::move(*taken);
  OG_ASSIGN_OR_RETURN(const Branch* const from, branch(request.from));
  std::optional<std::string> past_state;
  if (request.past) {
    if (from->state->incarnation != request.past->incarnation) return no_branch(request.from);
    past_state = request.past->state;
    // A change of the schema came between: the state is refused, as one of another schema.
    if (state_.catalog->version() != request.past->schema_version) {
      OG_ASSIGN_OR_RETURN(past_state, store_.write_past_state(request.past->at));
    }
    // It was written down before: what it lists must still be there.
    OG_ASSIGN_OR_RETURN(const auto at, store_.find_commit(request.past->at));
    for (const auto& [table, floor] : state_.floors) {
      if (state_.catalog->entity(table) == nullptr) continue;
      if (!at || at->gsn < floor) {
        return bad_request("commit '" + request.past->at.text() +
                           "' can no longer be read in full: a cleanup gave its history up");
      }
    }
  }
  BranchCreateEntry entry;
  entry.name = request.name;
  entry.incarnation = ulids_.next();
  entry.from = request.from;
  entry.at = request.past ? request.past->at : from->head.id;
  entry.table_state = std::move(past_state);
  entry.created_at = store_.runtime().clock->now_micros();
  created_.emplace_back(request.name, request.from);
  record_.entries.emplace_back(entry);
  return entry;
}

Result<BranchDeleteEntry> Batch::remove_branch(const DeletionRequest& request) {
  const BranchState* const state = state_.branch(request.name);
  if (state == nullptr || contains(deleted_, request.name)) return no_branch(request.name);
  const std::string* child = nullptr;
  for (const auto& [made, from] : created_) {
    if (from == request.name) child = &made;
  }
  if (child == nullptr) child = state_.child_of(request.name, deleted_);
  if (child != nullptr) {
    return Error(ErrorCode::kConflict, "cannot delete branch '" + request.name +
                                           "' because descendant branch '" + *child +
                                           "' still depends on it");
  }
  BranchDeleteEntry entry{request.name, state->incarnation};
  deleted_.push_back(request.name);
  record_.entries.emplace_back(entry);
  return entry;
}

Result<std::vector<RowId>> Batch::add_reservation(const ReserveRequest& request) {
  std::vector<RowId> firsts;
  for (const auto& [table, count] : request.blocks) {
    const RowId first = next_row(table);
    if (count > kMaxRowId - first) {
      return resource_limit("row_ids_per_type", kMaxRowId, std::uint64_t{first} + count);
    }
    firsts.push_back(first);
  }
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    const auto& [table, count] = request.blocks[i];
    if (count == 0) continue;
    next_row_[table] = firsts[i] + count;
    record_.entries.emplace_back(ReserveEntry{.table = table, .first = firsts[i], .count = count});
  }
  return firsts;
}

}  // namespace omnigraph
