// An embedded Omnigraph: one graph in a local folder, opened inside this process.
//
//   auto graph = omnigraph::Graph::create("people.omni", "node Person { name: String @key }");
//   graph->mutate({.source = "query add() { insert Person { name: \"Ada\" } }"});
//   auto people = graph->query({.source = "query all() { match { $p: Person } return { $p.name }
//   }"});
//
// A Graph is a handle. All of its member functions may be called from any number of threads at
// once; reads never wait for writes. Several processes may open the same folder: a write by one is
// seen by the next read of the others. Errors are values (omnigraph/error.h); nothing here throws,
// except std::bad_alloc from the containers.
//
// This header needs nothing but the standard library and its neighbours in this folder.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/merge.h"
#include "omnigraph/result_set.h"
#include "omnigraph/value.h"

namespace omnigraph {

struct GraphOptions {
  // Never write anything, not even checkpoints. Writes fail with kReadOnly.
  bool read_only = false;
  // The caller promises that no other process writes: reads skip the look for news.
  bool only_writer = false;
  // The first look for news takes the graph as it was opened: saves a program that opens it to ask
  // it one thing a round trip.
  bool first_read_as_opened = false;
  // Threads one query may use; 0: as many as this process may run on.
  unsigned threads = 0;
  // Bytes of cache and working memory; 0: a quarter of the machine's memory, at most 4 GiB.
  std::uint64_t memory_limit = 0;
  // create() only: take over a root that holds leftovers of an unfinished creation. Never replaces
  // a graph.
  bool force = false;
};

// A commit: one atomic change of one branch.
struct Commit {
  std::string id;                     // ULID text
  std::optional<std::string> branch;  // where it was authored; nullopt for main
  std::uint64_t version = 0;          // graph_manifest_version
  std::optional<std::string> parent;
  std::optional<std::string> merged_parent;
  std::optional<std::string> actor;
  std::int64_t created_at = 0;  // microseconds since the Unix epoch
};

struct QueryRequest {
  std::string_view source;       // .gq text
  std::string_view name = {};    // which query of it; empty: it must hold exactly one
  std::string_view params = {};  // a JSON object; empty or `null`: none
  std::optional<std::string_view> branch = std::nullopt;             // default main
  std::optional<std::string_view> snapshot = std::nullopt;           // a commit id; excludes branch
  std::optional<std::chrono::milliseconds> deadline = std::nullopt;  // from the call on
  const std::atomic<bool>* cancelled = nullptr;  // set to true by any thread to stop
  bool explain = false;                          // measure the plan; see ResultSet::plan
};

struct MutationRequest {
  std::string_view source;
  std::string_view name = {};
  std::string_view params = {};
  std::string_view branch = "main";
  // Only if the branch's head is exactly this commit; else kPreconditionFailed.
  std::optional<std::string_view> if_commit = std::nullopt;
  std::optional<std::string_view> actor = std::nullopt;
};

struct MutationReport {
  std::string branch;  // as requested
  std::string query_name;
  std::uint64_t affected_nodes = 0;
  std::uint64_t affected_edges = 0;
  std::optional<std::string> actor;
  std::optional<Commit> commit;  // nullopt: nothing matched, nothing was published
};

enum class LoadMode : std::uint8_t { kOverwrite, kAppend, kMerge };
std::string_view load_mode_name(LoadMode mode);  // "overwrite", …

struct LoadProgress {
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_total = 0;
};

// How a table of another program (CSV, Parquet, Arrow IPC) becomes entities of one type.
struct TableInput {
  std::string type;  // of nodes or edges
  // A property (or `id`, `from`, `to`) and the column that holds it; other columns go by their
  // names.
  std::vector<std::pair<std::string, std::string>> columns = {};
  bool ignore_unknown = false;  // leave out columns that are no property
};

struct LoadRequest {
  LoadMode mode;
  std::string_view branch = "main";
  // Fork the branch from here first when it does not exist.
  std::optional<std::string_view> from = std::nullopt;
  std::optional<std::string_view> actor = std::nullopt;
  // The file is a table. Its form is told by its first bytes.
  std::optional<TableInput> table = std::nullopt;
  // The forgiving grammar of the deprecated `ingest`.
  bool permissive = false;
  // Called now and then, by one thread at a time.
  std::function<void(const LoadProgress&)> progress = nullptr;
};

struct LoadedType {
  std::string name;
  std::uint64_t entities_loaded = 0;
};

struct LoadReport {
  std::string branch;  // as requested
  bool branch_created = false;
  std::vector<LoadedType> nodes, edges;  // sorted by name; only types with a record
  std::uint64_t total_entities = 0;
  Commit commit;
};

// A cell of a Blob property.
struct BlobSelector {
  bool is_edge = false;
  std::string_view type, id, property;
};

struct BlobRequest {
  BlobSelector cell;
  std::optional<std::string_view> branch = std::nullopt;    // default main
  std::optional<std::string_view> snapshot = std::nullopt;  // a commit id; excludes branch
};

struct BlobDescriptor {
  bool external = false;
  std::uint64_t size = 0;  // managed values: bytes
  std::string etag;        // managed values: 32 hexadecimal digits in double quotes
  std::string uri;         // external values
  // The version it was read from: the commit id asked for, else "manifest:<branch>:v<version>".
  std::string resolved_snapshot;
};

// A value of one version; what is written later does not change it. May outlive its Graph. Its
// functions may be called from several threads at once.
class BlobValue {
 public:
  // At most so many bytes are held at once and given to a sink in one call.
  static constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;

  const BlobDescriptor& descriptor() const;
  // Hands bytes [offset, offset + length) to `sink`, the end cut to the value's. Errors:
  // kBadRequest for an external value, kCorrupt, kIo, those of `sink`.
  Status read(std::uint64_t offset, std::uint64_t length, const TextSink& sink) const;

  struct Data;
  explicit BlobValue(std::shared_ptr<const Data> data);

 private:
  std::shared_ptr<const Data> data_;
};

struct BlobWriteRequest {
  BlobSelector cell;
  std::string_view branch = "main";
  std::optional<std::string_view> if_commit = std::nullopt;
  std::optional<std::string_view> actor = std::nullopt;
};

struct BlobWriteReport {
  std::uint64_t size = 0;  // of the value put
  std::string etag;        // of the value put; empty for a cleared cell
  Commit commit;
};

struct DatasetInfo {
  bool is_edge = false;
  std::string type_name;
  std::string path;                   // opaque, stable for the type's lifetime
  std::uint64_t version = 0;          // rises whenever the type's content changes
  std::optional<std::string> branch;  // named branch that wrote it; nullopt: main
  std::uint64_t entities = 0;
};

struct SnapshotInfo {
  std::string branch;
  std::uint64_t version = 0;
  std::string commit_id;
  std::vector<DatasetInfo> datasets;  // edge types by name, then node types by name
};

struct BranchRequest {
  std::string_view name;
  std::string_view from = "main";
  // Begin at this commit of `from`, or at the last one that it had at this instant (microseconds
  // since the Unix epoch), instead of at its head. At most one of the two.
  std::optional<std::string_view> at_commit = std::nullopt;
  std::optional<std::int64_t> at_time = std::nullopt;
};

struct BranchListRequest {
  std::string_view after = {};  // only names behind this one
  std::string_view prefix = {};
  std::size_t limit = SIZE_MAX;
};

struct BranchInfo {
  std::string name;
  std::string head;                   // commit id
  std::uint64_t version = 0;          // graph_manifest_version of the head
  std::optional<std::string> parent;  // what it was forked from; nullopt for main
  std::string forked_at;              // commit id; empty for main
  std::int64_t created_at = 0;        // microseconds since the Unix epoch
  std::int64_t changed_at = 0;        // of the head commit
};

struct MergeRequest {
  std::string_view source;
  std::string_view target = "main";
  std::optional<std::string_view> actor = std::nullopt;
};

struct MergeReport {
  std::string source, target;  // as requested
  MergeOutcome outcome = MergeOutcome::kAlreadyUpToDate;
  std::optional<std::string> actor;
  std::string base;                      // commit id: where the two last agreed
  std::optional<Commit> commit;          // nullopt when up to date or only previewed
  std::vector<MergedType> types;         // that change: edge types by name, then node types
  std::vector<MergeConflict> conflicts;  // of a preview; merge() reports them as its error
};

// One step of a schema change.
struct SchemaStep {
  std::string json;  // an object with `kind` and the fields of that kind
  std::string text;  // "add property 'Person.age' (I32?) on node 'Person'"
};

struct SchemaPlan {
  bool supported = false;
  std::vector<SchemaStep> steps;  // empty: the two schemas mean the same
};

struct SchemaRequest {
  std::string_view desired;  // the whole schema as it shall be, as text
  // Drops then take away for good what they drop, in earlier commits too.
  bool allow_data_loss = false;
  std::optional<std::string_view> actor = std::nullopt;
};

struct SchemaReport {
  SchemaPlan plan;            // always supported
  std::uint64_t version = 0;  // graph_manifest_version of main after the call
  // nullopt: the two schemas mean the same; nothing was published, and the stored text stays.
  std::optional<Commit> commit;
};

// A declared index that cannot be built yet. Not an error.
struct PendingIndex {
  std::string property;
  std::string reason;
};

struct OptimizedDataset {
  bool is_edge = false;
  std::string type_name;
  std::uint32_t fragments_removed = 0, fragments_added = 0;  // pieces read, segments written
  bool committed = false;                                    // this run changed it
  std::vector<PendingIndex> pending_indexes;
};

struct OptimizeReport {
  std::vector<OptimizedDataset> datasets;  // edge types by name, then node types by name
  std::optional<Commit> commit;            // nullopt: there was nothing to do
};

struct RepairedDataset {
  bool is_edge = false;
  std::string type_name;
  std::uint64_t version = 0;
  std::optional<std::string> damage;  // what is wrong with its storage
};

struct CleanupRequest {
  // What to keep of each type: so many of its newest versions (0 counts as 1), those younger than
  // this, or, with both, whatever either keeps. One must be given.
  std::optional<std::uint32_t> keep = std::nullopt;
  std::optional<std::uint64_t> older_than_seconds = std::nullopt;
  // The caller reads nothing through this handle meanwhile: space is freed at once when no other
  // handle or process has the graph open, else (and without this) an hour later.
  bool immediate = false;
};

struct CleanedDataset {
  bool is_edge = false;
  std::string type_name;
  std::uint64_t bytes_removed = 0;         // of objects that were given up
  std::uint64_t old_versions_removed = 0;  // that can be read no more
  std::optional<std::string> error;        // why the type was left alone
};

struct CleanupReport {
  std::vector<CleanedDataset> datasets;  // as in OptimizeReport
};

struct RepairReport {
  std::vector<RepairedDataset> datasets;  // as in OptimizeReport
};

// One side of a changed entity.
struct EntityImage {
  // Every declared property by name, as JSON text in the forms of an export.
  std::vector<std::pair<std::string, std::string>> properties;
  std::string from, to;  // edges only: ids of the ends
};

enum class ChangeOp : std::uint8_t { kInsert, kUpdate, kDelete };
std::string_view change_op_name(ChangeOp op);  // "insert", …

struct EntityChange {
  bool is_edge = false;
  std::string type_id;    // opaque; stands for the type's lifetime, through renames
  std::string type_name;  // as it was called then
  std::string id;
  ChangeOp op = ChangeOp::kInsert;
  std::optional<EntityImage> before, after;  // insert: after; delete: before; update: both
};

// Which commit made some changes.
struct ChangeCause {
  std::string commit_id;
  std::optional<std::string> parent, merged_parent;
  std::string branch;  // where it was authored
  std::optional<std::string> actor;
  std::int64_t authored_at = 0;  // microseconds since the Unix epoch
};

// Values of one list are alternatives, the lists combine; an empty one lets everything pass.
struct ChangeFilter {
  std::vector<std::string> kinds;  // "node", "edge"
  std::vector<std::string> types;  // names; one that no type has matches nothing
  std::vector<std::string> ops;    // "insert", "update", "delete"
};

struct CommitChangesRequest {
  std::string_view commit;
  std::optional<std::uint64_t> limit = std::nullopt;  // changes a page: 1 to 8192, default 1000
  std::optional<std::string_view> page_token = std::nullopt;
  ChangeFilter filter = {};
};

// Nodes before edges, then by type id, id.
struct CommitChangesPage {
  ChangeCause cause;
  std::vector<EntityChange> changes;
  std::optional<std::string> next_page_token;  // nullopt on the last page
};

struct PollRequest {
  std::string_view branch = "main";
  // At most one of these three; none is `now`.
  std::optional<std::string_view> start = std::nullopt;  // now, beginning or after:<commit id>
  std::optional<std::string_view> cursor = std::nullopt;
  std::optional<std::string_view> page_token = std::nullopt;
  std::optional<std::uint64_t> limit = std::nullopt;
  ChangeFilter filter = {};
};

// The changes of one commit, or some of them.
struct ChangeBlock {
  ChangeCause cause;
  std::vector<EntityChange> changes;
};

struct PollPage {
  std::vector<ChangeBlock> blocks;  // one for each commit, oldest first
  // Set when the page ends inside a block: the rest of it follows under this token. Otherwise
  // `cursor` stands behind the last block, and `caught_up` says whether that is the head.
  std::optional<std::string> next_page_token;
  std::optional<std::string> cursor;
  bool caught_up = false;
};

struct BaselineReport {
  std::string commit_id;      // the head that was captured
  std::string resume_cursor;  // behind it
};

struct DiffRequest {
  std::string_view from, to;  // branches or commit ids
  ChangeFilter filter = {};
};

struct DiffReport {
  std::string from_commit, to_commit;
  std::uint64_t changes = 0;
};

// Takes one change; an error of its own ends what produces them.
using ChangeSink = std::function<Status(const EntityChange&)>;

class Graph {
 public:
  // Makes a graph at `root`, a local path or file:// URI; folders are created as needed. Errors:
  // kBadRequest (the schema; nothing is written), kConflict (there is something already), kIo.
  static Result<Graph> create(std::string_view root, std::string_view schema_source,
                              const GraphOptions& options = {});
  // Errors: kNotFound (no graph there), kUnsupportedFormat, kCorrupt, kIo.
  static Result<Graph> open(std::string_view root, const GraphOptions& options = {});

  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  // Finishes housekeeping that has begun. No call may be in progress.
  ~Graph();

  // Runs one read query on one consistent snapshot. Source texts are compiled once and remembered.
  // Errors: kBadRequest (parse, type, parameter or evaluation), kNotFound (branch, commit),
  // kDeadlineExceeded, kCancelled, kResourceExhausted (memory).
  Result<ResultSet> query(const QueryRequest& request) const;

  // Runs one mutation query as one commit. Durable when it returns.
  Result<MutationReport> mutate(const MutationRequest& request) const;

  // Loads newline-delimited JSON as one commit: from a file, or from memory.
  Result<LoadReport> load_file(const std::string& path, const LoadRequest& request) const;
  Result<LoadReport> load_text(std::string_view ndjson, const LoadRequest& request) const;

  // All entities of a branch head (or only those of the named types) as NDJSON lines that
  // load_file() takes.
  Status export_ndjson(std::string_view branch, const std::vector<std::string>& types,
                       const TextSink& sink) const;
  // The entities of one type as the bytes of a Parquet file that load_file() takes as a table:
  // columns `id`, of edges `from` and `to`, and all properties, with Parquet's own types. Errors:
  // kBadRequest for an unknown type and for a Blob that is an external reference.
  Status export_parquet(std::string_view branch, std::string_view type, const TextSink& sink) const;

  // A Blob cell. Errors: kBadRequest (type, property; details `blob_selector`), kNotFound (entity,
  // null cell: details `blob_cell`; branch, commit).
  Result<BlobValue> blob(const BlobRequest& request) const;
  // Sets a cell as one commit: to the content of a file ("-": standard input), which is not held in
  // memory whatever its size, or to bytes. Errors: as above, kPreconditionFailed, kIo.
  Result<BlobWriteReport> put_blob_file(const BlobWriteRequest& request,
                                        const std::string& path) const;
  Result<BlobWriteReport> put_blob(const BlobWriteRequest& request, std::string_view bytes) const;
  // Makes a cell null as one commit. kBadRequest when its property is not nullable.
  Result<BlobWriteReport> clear_blob(const BlobWriteRequest& request) const;

  Result<SnapshotInfo> snapshot(std::string_view branch = "main") const;
  // The accepted schema as it was last written.
  Result<std::string> schema_source() const;
  // What it would take to accept `desired` instead. Reads no data and changes nothing. Errors:
  // kBadRequest when `desired` is no schema.
  Result<SchemaPlan> plan_schema(std::string_view desired, bool allow_data_loss = false) const;

  // Makes `desired` the accepted schema, as one commit on main. What stays keeps its identity, and
  // no entity is rewritten: the cost is that of the schema, not of the data. Writes that are under
  // way stand before it or are checked again under it. Errors: kBadRequest (no schema, or a change
  // that is not supported, whose message says why), kConflict (there are other branches).
  Result<SchemaReport> apply_schema(const SchemaRequest& request) const;

  Result<std::vector<std::string>> branches(
      const BranchListRequest& request = {}) const;  // sorted by bytes
  Result<std::vector<BranchInfo>> branch_infos(const BranchListRequest& request = {}) const;
  // Forks `name` from the head of `from`, in one small record whatever the size of the graph.
  // Errors: kBadRequest (the name), kConflict (it exists, or one above or below it), kNotFound.
  Status create_branch(std::string_view name, std::string_view from = "main") const;
  // The same from the past. Further errors: kNotFound (a commit that `from` does not carry),
  // kBadRequest (the schema changed since).
  Status create_branch(const BranchRequest& request) const;
  // Errors: kBadRequest (main), kNotFound, kConflict while another branch stands on it.
  Status delete_branch(std::string_view name) const;

  // Merges what `source` has into `target` as one commit there. Errors: kBadRequest, kNotFound,
  // kConflict with details `merge_conflicts` (all of them; nothing was written) or
  // `read_set_conflict` (other commits kept moving the target).
  Result<MergeReport> merge(const MergeRequest& request) const;
  // What merge() would do now, its conflicts included. Writes nothing.
  Result<MergeReport> preview_merge(const MergeRequest& request) const;

  // History of a branch, newest first: what it inherited and what was authored on it.
  Result<std::vector<Commit>> commits(std::string_view branch = "main") const;
  Result<Commit> commit(std::string_view id) const;

  // What a commit changed, compared with its first parent. Errors: kNotFound (commit), kConflict
  // with `change_diff_refusal` (the first commit; a change of the schema), kNotFound with
  // `change_feed_gap` (a cleanup gave up what it needs), kBadRequest "change cursor rejected: …".
  Result<CommitChangesPage> commit_changes(const CommitChangesRequest& request) const;
  // The commits of a branch since a place, oldest first, with their changes. Nothing about who
  // reads is stored: keep the cursor together with what was applied. Errors as those of
  // commit_changes, when they concern the first commit asked for; else the page ends before it.
  Result<PollPage> poll_changes(const PollRequest& request) const;
  // An export (of the filter's kinds and types) of one head, and the cursor that follows it.
  Result<BaselineReport> baseline(std::string_view branch, const ChangeFilter& filter,
                                  const TextSink& sink) const;
  // What turns the state of one branch or commit into that of another, in the order of
  // commit_changes. Costs the segments that differ. Errors: kNotFound, kConflict with
  // `change_diff_refusal` (types of another shape), those of a reclaimed past.
  Result<DiffReport> diff(const DiffRequest& request, const ChangeSink& sink) const;

  // Rewrites the storage of main for speed. Changes no answer and keeps all history; one commit
  // without changes says that it ran, unless there was nothing to do. Safe beside readers and
  // writers of this and other processes. Errors: kConflict (others kept writing), kIo.
  Result<OptimizeReport> optimize() const;
  // Reads everything that main lists and says what is damaged. Changes nothing.
  Result<RepairReport> repair() const;

  // Gives up old versions of main's types, and whatever was left by deleted branches and failed
  // writes. Versions that a live branch inherited stay, with all newer ones; commit records stay.
  // Reading a version that was given up fails with "historical published dataset version N was
  // reclaimed". Safe beside readers and writers of this and other processes. Errors: kBadRequest
  // (no policy), kConflict (others kept writing), kIo.
  Result<CleanupReport> cleanup(const CleanupRequest& request) const;

  // Internal: what joins the rooms of the engine.
  class Engine;
  explicit Graph(std::unique_ptr<Engine> engine);

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace omnigraph
