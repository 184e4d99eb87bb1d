#include "maintenance/cleanup.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "common/fault_point.h"
#include "maintenance/version_history.h"
#include "storage/segment_cache.h"

namespace omnigraph {
namespace {

// Plans made anew because a branch came into being meanwhile.
constexpr int kPlanTries = 8;
// Appends of one record while others write.
constexpr int kAppendTries = 64;
// Objects that one record names.
constexpr std::size_t kMaxNamed = 50'000;
// Segments that no record names are leftovers when they are older than this: a load may still be
// writing the younger ones.
constexpr std::int64_t kUploadGraceMicros = std::int64_t{3'600} * 1'000'000;
constexpr std::int64_t kMicros = 1'000'000;

// data/<table>/<id>.parquet or index/<id>: the id.
std::optional<SegmentId> segment_of(std::string_view object) {
  object.remove_prefix(object.rfind('/') + 1);
  return Ulid::parse(object.substr(0, object.find('.')));
}

std::optional<TypeId> table_of(std::string_view object) {
  constexpr std::string_view kPrefix = "data/";
  if (!object.starts_with(kPrefix)) return std::nullopt;
  object = object.substr(kPrefix.size(), object.rfind('/') - kPrefix.size());
  std::uint64_t table = 0;
  for (const char c : object) {
    if (c < '0' || c > '9' || table > std::numeric_limits<TypeId>::max()) return std::nullopt;
    table = table * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return static_cast<TypeId>(table);
}

struct TypePlan {
  Gsn floor = 0;    // 0: stays as it is
  CommitId commit;  // that made the version at the floor
  std::uint64_t given_up = 0;
  std::uint64_t bytes = 0;
  std::optional<std::string> error;
};

class Cleanup {
 public:
  Cleanup(Store& store, const CleanupRequest& request) : store_(store), request_(request) {}

  Result<CleanupReport> run() {
    for (int i = 0; i < kPlanTries; ++i) {
      OG_RETURN_IF_ERROR(plan());
      OG_FAULT_POINT("cleanup.planned");
      OG_ASSIGN_OR_RETURN(const bool published, publish());
      if (!published) continue;
      OG_FAULT_POINT("cleanup.published");
      OG_RETURN_IF_ERROR(store_.sweep(request_.immediate));
      return report();
    }
    return Error(ErrorCode::kConflict, "branches kept being created meanwhile; try again");
  }

 private:
  Status plan() {
    OG_ASSIGN_OR_RETURN(state_, store_.refresh());
    types_.clear();
    sweep_.clear();
    OG_ASSIGN_OR_RETURN(history_, VersionHistory::read(store_, *state_));
    for (const auto& [table, versions] : history_.versions()) {
      OG_ASSIGN_OR_RETURN(types_[table], floor_of(table, versions));
    }
    OG_RETURN_IF_ERROR(keep_floors());
    return find_garbage();
  }

  Result<TypePlan> floor_of(TypeId table, const std::vector<TypeVersion>& all) const {
    TypePlan plan;
    const auto now_floor = state_->floors.find(table);
    const Gsn floor = now_floor == state_->floors.end() ? 0 : now_floor->second;
    const auto first =
        std::lower_bound(all.begin(), all.end(), floor,
                         [](const TypeVersion& version, Gsn gsn) { return version.gsn < gsn; });
    const auto count = static_cast<std::size_t>(all.end() - first);
    if (count == 0) return plan;
    // The position of the oldest one kept; both policies must give a version up.
    std::size_t oldest = count - 1;
    if (request_.keep) {
      const std::size_t keep = std::max<std::size_t>(*request_.keep, 1);
      oldest = std::min(oldest, count > keep ? count - keep : 0);
    }
    if (request_.older_than_seconds) {
      const std::int64_t now = store_.runtime().clock->now_micros();
      for (std::size_t i = 0; i < oldest; ++i) {
        const std::int64_t age = now - first[static_cast<std::ptrdiff_t>(i)].since;
        if (age < 0 || static_cast<std::uint64_t>(age) / kMicros < *request_.older_than_seconds) {
          oldest = i;
        }
      }
    }
    for (const Gsn fork : history_.forks()) {
      // The version that was the newest when the branch left main.
      while (oldest > 0 && first[static_cast<std::ptrdiff_t>(oldest)].gsn > fork) --oldest;
    }
    if (oldest == 0) return plan;
    const TypeVersion& kept = first[static_cast<std::ptrdiff_t>(oldest)];
    plan.floor = kept.gsn;
    plan.commit = kept.commit;
    plan.given_up = oldest;
    return plan;
  }

  // Whether the type was declared after the commit with this number, one of its versions: the last
  // version of a type that is gone is the commit that dropped it.
  bool had_rows(TypeId table, Gsn version) const {
    if (state_->catalog->entity(table) != nullptr) return true;
    const auto versions = history_.versions().find(table);
    return versions != history_.versions().end() && versions->second.back().gsn != version;
  }

  // What is left of a type must be stored before older things go. A type of which it cannot be
  // stored is left alone.
  Status keep_floors() {
    kept_tables_.clear();
    for (auto& [table, plan] : types_) {
      const auto old = state_->floors.find(table);
      if (plan.floor != 0 && had_rows(table, plan.floor)) {
        OG_FAULT_POINT("cleanup.keep");
        auto kept = store_.keep_floor_table(table, plan.commit);
        if (kept.ok()) {
          kept_tables_.push_back(std::move(kept).value());
        } else {
          plan = TypePlan();
          plan.error = kept.error().message();
        }
      }
      // A floor that a change of the schema made has nothing stored yet.
      if (plan.floor != 0 || plan.error || old == state_->floors.end()) continue;
      const auto known = state_->kept_floors.find(table);
      const bool fresh = known == state_->kept_floors.end() || known->second < old->second;
      if (!had_rows(table, old->second)) {
        if (fresh) plan.floor = old->second;
        continue;
      }
      const auto& versions = history_.versions().at(table);
      const auto at =
          std::find_if(versions.begin(), versions.end(),
                       [&](const TypeVersion& version) { return version.gsn == old->second; });
      if (at == versions.end()) continue;
      auto kept = store_.keep_floor_table(table, at->commit);
      if (kept.ok()) {
        kept_tables_.push_back(std::move(kept).value());
        if (fresh) plan.floor = at->gsn;
      } else {
        plan.error = kept.error().message();
      }
    }
    return {};
  }

  Gsn floor(TypeId table) const {
    const auto plan = types_.find(table);
    if (plan != types_.end() && plan->second.floor != 0) return plan->second.floor;
    const auto known = state_->floors.find(table);
    return known == state_->floors.end() ? 0 : known->second;
  }

  // Names every object that nothing readable lists.
  Status find_garbage() {
    std::unordered_set<SegmentId, UlidHash> needed;
    const auto need = [&](const TableVersion& table) {
      for (const TablePart& part : table.parts()) needed.insert(part.segment->id());
    };
    for (const auto& [name, branch] : state_->branches) {
      for (const auto& [table, version] : branch->snapshot->tables()) need(*version);
    }
    for (const TableVersionPtr& table : kept_tables_) need(*table);
    for (const SegmentMention& mention : history_.mentions()) {
      if (!mention.live || mention.gsn < floor(mention.table)) continue;
      const bool all_inputs =
          std::all_of(mention.inputs.begin(), mention.inputs.end(),
                      [&](const SegmentId& input) { return needed.contains(input); });
      if (all_inputs) needed.insert(mention.id);
    }
    std::unordered_set<SegmentId, UlidHash> mentioned;
    std::unordered_map<SegmentId, TypeId, UlidHash> tables;
    for (const SegmentMention& mention : history_.mentions()) {
      mentioned.insert(mention.id);
      tables.emplace(mention.id, mention.table);
    }
    std::unordered_set<std::string_view> named;
    for (const auto& sweep : state_->sweeps) named.insert(sweep->names.begin(), sweep->names.end());

    uploads_before_ = store_.runtime().clock->now_micros() - kUploadGraceMicros;
    for (const std::string_view folder : {"data/", "index/"}) {
      OG_ASSIGN_OR_RETURN(const auto objects, store_.objects()->list(folder));
      for (const ObjectInfo& object : objects) {
        const auto id = segment_of(object.name);
        if (!id || needed.contains(*id) || named.contains(object.name)) continue;
        const bool leftover = id->millis() * 1000 < uploads_before_;
        if (!mentioned.contains(*id) && !leftover) continue;
        if (const auto table = table_of(object.name)) tables.emplace(*id, *table);
        const auto table = tables.find(*id);
        const auto plan = table == tables.end() ? types_.end() : types_.find(table->second);
        if (plan != types_.end()) {
          if (plan->second.error) continue;
          plan->second.bytes += object.size;
        }
        sweep_.push_back(object.name);
      }
    }
    return {};
  }

  // Appends the floors. False when a branch came into being since the plan, which may need more.
  Result<bool> publish() {
    std::vector<FloorEntry> entries(1);
    for (const auto& [table, plan] : types_) {
      if (plan.floor != 0) entries[0].floors.emplace_back(table, plan.floor);
    }
    if (entries[0].floors.empty() && sweep_.empty()) return true;
    entries[0].kept = true;
    entries[0].uploads_before = uploads_before_;
    for (std::size_t i = 0; i < sweep_.size(); i += kMaxNamed) {
      if (i > 0) entries.emplace_back();
      const auto first = sweep_.begin() + static_cast<std::ptrdiff_t>(i);
      entries.back().sweep.assign(
          first, first + static_cast<std::ptrdiff_t>(std::min(kMaxNamed, sweep_.size() - i)));
    }
    GraphStatePtr seen = state_;
    for (FloorEntry& entry : entries) {
      AppendOutcome outcome = AppendOutcome::kMoved;
      for (int i = 0; i < kAppendTries && outcome != AppendOutcome::kAppended; ++i) {
        const GraphStatePtr now = store_.state();
        if (now->sequence != seen->sequence) {
          OG_ASSIGN_OR_RETURN(const bool holds, still_holds(*seen, *now, entries));
          if (!holds) return false;
          seen = now;
        }
        Record record;
        record.sequence = now->sequence + 1;
        record.first_gsn = now->gsn + 1;
        entry.created_at = store_.runtime().clock->now_micros();
        record.entries.emplace_back(entry);
        OG_ASSIGN_OR_RETURN(outcome, store_.append(std::move(record)));
        if (outcome == AppendOutcome::kAppended) seen = store_.state();
      }
      if (outcome != AppendOutcome::kAppended) {
        return Error(ErrorCode::kConflict, "other writers kept appending first; try again");
      }
    }
    return true;
  }

  // Commits since the plan do it no harm, unless they bring what was taken for a leftover.
  Result<bool> still_holds(const GraphState& seen, const GraphState& now,
                           const std::vector<FloorEntry>& entries) {
    for (const auto& [name, branch] : now.branches) {
      const BranchState* before = seen.branch(name);
      if (before == nullptr || before->incarnation != branch->incarnation) return false;
    }
    std::unordered_set<SegmentId, UlidHash> named;
    for (const FloorEntry& entry : entries) {
      for (const std::string& object : entry.sweep) {
        if (const auto id = segment_of(object)) named.insert(*id);
      }
    }
    bool holds = true;
    OG_RETURN_IF_ERROR(
        store_.visit_records(seen.last_commit, now.sequence, [&](const Record& record) {
          if (record.sequence <= seen.sequence) return Result<bool>(true);
          for_each_segment(record, [&](const SegmentMention& mention) {
            holds = holds && !named.contains(mention.id);
          });
          return Result<bool>(holds);
        }));
    return holds;
  }

  CleanupReport report() const {
    CleanupReport report;
    const auto add = [&](const EntityType& type, bool is_edge) {
      CleanedDataset dataset;
      dataset.is_edge = is_edge;
      dataset.type_name = type.name;
      if (const auto plan = types_.find(type.id); plan != types_.end()) {
        dataset.error = plan->second.error;
        if (!dataset.error) {
          dataset.bytes_removed = plan->second.bytes;
          dataset.old_versions_removed = plan->second.given_up;
        }
      }
      report.datasets.push_back(std::move(dataset));
    };
    for (const EdgeType& type : state_->catalog->edges()) add(type, true);
    for (const NodeType& type : state_->catalog->nodes()) add(type, false);
    return report;
  }

  Store& store_;
  const CleanupRequest& request_;
  GraphStatePtr state_;
  VersionHistory history_;
  std::map<TypeId, TypePlan> types_;
  std::vector<TableVersionPtr> kept_tables_;
  std::vector<std::string> sweep_;
  std::int64_t uploads_before_ = 0;
};

}  // namespace

Result<CleanupReport> clean_up(Store& store, const CleanupRequest& request) {
  if (!request.keep && !request.older_than_seconds) {
    return bad_request("cleanup requires at least one of --keep or --older-than");
  }
  return Cleanup(store, request).run();
}

}  // namespace omnigraph
