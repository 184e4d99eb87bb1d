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
#include <vector>

#include "omnigraph/error.h"
#include "omnigraph/result_set.h"
#include "omnigraph/value.h"

namespace omnigraph {

struct GraphOptions {
  // Never write anything, not even checkpoints. Writes fail with kReadOnly.
  bool read_only = false;
  // The caller promises that no other process writes: reads skip the look for news.
  bool only_writer = false;
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

struct LoadRequest {
  LoadMode mode;
  std::string_view branch = "main";
  // Fork the branch from here first when it does not exist.
  std::optional<std::string_view> from = std::nullopt;
  std::optional<std::string_view> actor = std::nullopt;
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

  Result<std::vector<std::string>> branches() const;  // sorted by bytes
  // Forks `name` from the head of `from`. Errors: kBadRequest (the name), kConflict, kNotFound.
  Status create_branch(std::string_view name, std::string_view from = "main") const;

  // History of a branch, newest first: what it inherited and what was authored on it.
  Result<std::vector<Commit>> commits(std::string_view branch = "main") const;
  Result<Commit> commit(std::string_view id) const;

  // Internal: what joins the rooms of the engine.
  class Engine;
  explicit Graph(std::unique_ptr<Engine> engine);

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace omnigraph
