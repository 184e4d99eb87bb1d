// A graph store in memory for the tests of this room: records are applied, never encoded, so that a
// test sees just what the committer decided. Appends can be made to fail, to be lost, or to lose a
// race. Thread-safe where the committer needs it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/test_runtime.h"
#include "query/check.h"
#include "query/parse.h"
#include "schema/compile.h"
#include "storage/store.h"
#include "write/writer.h"

namespace omnigraph::test {

class MemoryGraphStore final : public Store, public SegmentSource {
 public:
  MemoryGraphStore(CatalogPtr catalog, Runtime runtime)
      : runtime_(std::move(runtime)), ulids_(runtime_.clock, runtime_.random) {
    genesis_.id = Ulid{1, 1};
    genesis_.branch = "main";
    genesis_.version = 1;
    genesis_.gsn = 1;
    state_ = genesis_state(std::move(catalog), genesis_, Ulid{1, 2});
  }

  const std::string& graph_id() const override { return id_; }
  const Runtime& runtime() const override { return runtime_; }
  const ObjectStorePtr& objects() const override { return objects_; }
  LogForm log_form() const override { return LogForm::kObjects; }
  std::int64_t created_at() const override { return 0; }
  const CommitHeader& genesis() const override { return genesis_; }
  UlidSource& ulids() override { return ulids_; }

  GraphStatePtr state() const override {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  Result<GraphStatePtr> refresh() override {
    ++refreshes;
    const std::lock_guard lock(mutex_);
    OG_RETURN_IF_ERROR(catch_up());
    return state_;
  }

  Result<AppendOutcome> append(const Record& record) override {
    const std::lock_guard lock(mutex_);
    ++appends;
    if (fail_appends > 0) {
      --fail_appends;
      return Error(ErrorCode::kResourceExhausted, "no space left on device");
    }
    if (unknown_appends > 0) {
      --unknown_appends;
      if (!pending_) pending_ = record;
      return AppendOutcome::kUnknown;
    }
    if (pending_) {  // it landed the first time
      OG_ASSIGN_OR_RETURN(state_, apply_record(*state_, *pending_, *this));
      records.push_back(std::move(*pending_));
      pending_.reset();
      return AppendOutcome::kMoved;
    }
    if (!foreign_.empty()) {
      OG_RETURN_IF_ERROR(catch_up());
      return AppendOutcome::kMoved;
    }
    EXPECT_EQ(record.sequence, state_->sequence + 1);
    OG_ASSIGN_OR_RETURN(state_, apply_record(*state_, record, *this));
    records.push_back(record);
    return AppendOutcome::kAppended;
  }
  Status maintain() override {
    ++maintained;
    return {};
  }
  Status maintain_now() override { return maintain(); }
  Result<CompactionReport> compact(std::string_view) override { return CompactionReport(); }

  Result<SegmentRef> write_segment(const RowBatch& batch, const SegmentOptions&) override {
    ++segments_written;
    if (before_segment) std::exchange(before_segment, nullptr)();
    SegmentRef ref;
    ref.table = batch.table;
    ref.rows = batch.rows;
    ref.dense_rids = false;
    for (std::uint32_t i = 0; i < batch.rows; ++i) {
      if (i == 0 || batch.rids[i] < ref.min_rid) ref.min_rid = batch.rids[i];
      if (i == 0 || batch.rids[i] > ref.max_rid) ref.max_rid = batch.rids[i];
    }
    const std::lock_guard lock(segments_mutex_);
    ref.id = Ulid{7, ++segment_number_};
    OG_ASSIGN_OR_RETURN(segments_[ref.id], make_memory_segment(batch, true));
    return ref;
  }
  Result<SegmentPtr> segment(const SegmentRef& ref) override {
    const std::lock_guard lock(segments_mutex_);
    return segments_.at(ref.id);
  }
  Result<BranchState> branch_state(std::string_view, const CatalogPtr&) override {
    return not_found("no stored branch states here");
  }

  Result<std::optional<CommitHeader>> find_commit(CommitId id) override {
    const std::lock_guard lock(mutex_);
    for (const Record& record : records) {
      for (const Entry& entry : record.entries) {
        const auto* commit = std::get_if<CommitEntry>(&entry);
        if (commit != nullptr && commit->header.id == id) return std::optional(commit->header);
      }
    }
    return std::optional<CommitHeader>();
  }
  Result<std::vector<CommitHeader>> commits(std::string_view, std::size_t) override {
    return std::vector<CommitHeader>();
  }
  Result<SnapshotPtr> snapshot_at(CommitId) override { return not_found("no past here"); }
  Result<CommitEntry> commit_entry(CommitId) override { return not_found("no past here"); }
  Status visit_records(std::optional<CommitId>, Sequence, const VisitRecord&) override {
    return not_found("no past here");
  }
  Result<TableVersionPtr> keep_floor_table(TypeId, CommitId) override {
    return not_found("no past here");
  }
  Result<std::uint64_t> sweep(bool) override { return std::uint64_t{0}; }

  // Another process appends this as soon as somebody tries to append or refreshes.
  void append_elsewhere(Record record) {
    const std::lock_guard lock(mutex_);
    foreign_.push_back(std::move(record));
  }

  std::atomic<int> appends = 0, refreshes = 0, maintained = 0;
  int fail_appends = 0, unknown_appends = 0;
  int segments_written = 0;
  std::function<void()> before_segment;  // called once
  std::vector<Record> records;

 private:
  Status catch_up() {
    for (Record& record : foreign_) {
      OG_ASSIGN_OR_RETURN(state_, apply_record(*state_, record, *this));
    }
    foreign_.clear();
    return {};
  }

  std::string id_ = "test";
  Runtime runtime_;
  UlidSource ulids_;
  CommitHeader genesis_;
  ObjectStorePtr objects_ = make_memory_store();
  mutable std::mutex mutex_;
  std::mutex segments_mutex_;
  GraphStatePtr state_;
  std::vector<Record> foreign_;
  std::optional<Record> pending_;  // answered with kUnknown
  std::map<SegmentId, SegmentPtr> segments_;
  std::uint64_t segment_number_ = 0;
};

struct Outcome {
  std::string error;  // empty: it worked
  ErrorCode code = ErrorCode::kInternal;
  std::uint64_t nodes = 0, edges = 0;
  bool committed = false;
};

// A graph with a schema, and short ways to change it and to look at it.
class MemoryGraph {
 public:
  explicit MemoryGraph(const std::string& schema, Runtime runtime = test_runtime())
      : catalog_(compile(schema)), store(catalog_, std::move(runtime)), writer(store) {}

  const Catalog& catalog() const { return *catalog_; }
  const CatalogPtr& catalog_ptr() const { return catalog_; }
  SnapshotPtr head(const std::string& branch = "main") const {
    return store.state()->branches.at(branch)->snapshot;
  }
  TypeId type(const std::string& name) const {
    if (const auto* node = catalog_->node(name)) return node->id;
    return catalog_->edge(name)->id;
  }

  Outcome mutate(const std::string& source, const ParameterValues& parameters = {},
                 const std::string& branch = "main", std::optional<CommitId> if_commit = {}) {
    Outcome out;
    auto file = parse_queries(source);
    if (!file.ok()) return failed(file.error());
    auto typed = check_query(file->queries.at(0), *catalog_);
    if (!typed.ok()) return failed(typed.error());
    const auto& mutation = std::get<TypedMutation>(*typed);
    MutationCall call{mutation, parameters, catalog_, branch, if_commit, std::nullopt};
    auto result = writer.mutate(call);
    if (!result.ok()) return failed(result.error());
    out.nodes = result->affected_nodes;
    out.edges = result->affected_edges;
    out.committed = result->commit.has_value();
    return out;
  }

  // The live rows of a type: id, then "property=value" in declaration order, nulls left out; edges
  // begin with "from>to ". Sorted by id.
  std::vector<std::string> rows(const std::string& type_name, const std::string& branch = "main") {
    const EntityType& type = *catalog_->entity(this->type(type_name));
    const SnapshotPtr snapshot = head(branch);
    std::map<std::string, std::string> out;
    for (const TablePart& part : snapshot->table(type.id)->parts()) {
      for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
        if (!part.live(row)) continue;
        const std::string id = part.segment->id_text(row).value();
        std::string text;
        if (const EdgeType* edge = catalog_->edge(type.id)) {
          text = node_id(*snapshot, edge->from_id, part.segment->src(row).value()) + ">" +
                 node_id(*snapshot, edge->to_id, part.segment->dst(row).value());
        } else {
          text = id;
        }
        for (const Property& property : type.properties) {
          const Value value = part.segment->value(property.id, property.type, row).value();
          if (!value.is_null()) text += " " + property.name + "=" + show(value);
        }
        EXPECT_TRUE(out.emplace(id, text).second) << "two rows with id " << id;
      }
    }
    std::vector<std::string> list;
    for (auto& [id, text] : out) list.push_back(text);
    return list;
  }

  static std::string show(const Value& value) {
    if (const auto* v = value.get_if<std::string>()) return *v;
    if (const auto* v = value.get_if<std::int64_t>()) return std::to_string(*v);
    if (const auto* v = value.get_if<std::uint64_t>()) return std::to_string(*v);
    if (const auto* v = value.get_if<bool>()) return *v ? "true" : "false";
    if (const auto* v = value.get_if<double>()) {
      std::string text = std::to_string(*v);
      while (text.back() == '0') text.pop_back();
      return text;
    }
    if (const auto* v = value.get_if<Date>()) return std::to_string(v->days) + "d";
    if (const auto* v = value.get_if<DateTime>()) return std::to_string(v->millis) + "ms";
    if (const ValueList* list = value.list()) {
      std::string text = "[";
      for (const Value& item : *list) text += (text.size() > 1 ? "," : "") + show(item);
      return text + "]";
    }
    return "null";
  }

 private:
  static CatalogPtr compile(const std::string& schema) {
    auto catalog = compile_schema(schema);
    if (!catalog.ok()) {
      ADD_FAILURE() << catalog.error().message();
      std::abort();
    }
    return std::move(catalog).value();
  }
  static Outcome failed(const Error& error) {
    Outcome out;
    out.error = error.message();
    out.code = error.code();
    return out;
  }
  std::string node_id(const Snapshot& snapshot, TypeId table, RowId rid) const {
    const auto where = snapshot.table(table)->locate(rid).value();
    if (!where) return "?";
    return snapshot.table(table)->parts()[where->part].segment->id_text(where->row).value();
  }

  CatalogPtr catalog_;

 public:
  MemoryGraphStore store;
  Writer writer;
};

}  // namespace omnigraph::test
