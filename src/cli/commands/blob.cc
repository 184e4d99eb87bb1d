// blob get, stat, put, clear.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/commands/commands.h"
#include "cli/write_target.h"

namespace omnigraph::cli {
namespace {

BlobSelector selector_of(const Invocation& call) {
  return {.is_edge = *call.arguments.positional(0) == "edge",
          .type = *call.arguments.positional(1),
          .id = *call.arguments.positional(2),
          .property = *call.arguments.positional(3)};
}

// The same words whether the cell is here or behind a server.
Error in_plain_words(Error error) {
  if (!error.details()) return error;
  if (error.details()->kind == "blob_selector") {
    return bad_request("invalid Blob selector");
  }
  if (error.details()->kind == "blob_cell") return not_found("Blob cell not found");
  return error;
}

Result<BlobValue> open_cell(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_without_uri(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, false));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, true));
  Result<BlobValue> value = graph.blob({.cell = selector_of(call),
                                        .branch = call.arguments.value("branch"),
                                        .snapshot = call.arguments.value("snapshot")});
  if (!value.ok()) return in_plain_words(std::move(value).error());
  return value;
}

// A file that is made, or cut to nothing, by its first byte.
class OutFile {
 public:
  explicit OutFile(std::string_view path) : path_(path) {}
  ~OutFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OutFile(const OutFile&) = delete;
  OutFile& operator=(const OutFile&) = delete;

  Status open() {
    if (fd_ >= 0) return {};
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return fd_ >= 0 ? Status() : failed();
  }
  Status write(std::string_view bytes) {
    OG_RETURN_IF_ERROR(open());
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed();
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }
  Status close() {
    OG_RETURN_IF_ERROR(open());
    const int closed = ::close(fd_);
    fd_ = -1;
    return closed == 0 ? Status() : failed();
  }

 private:
  Error failed() const { return io_error("cannot write '" + path_ + "': " + std::strerror(errno)); }
  std::string path_;
  int fd_ = -1;
};

void write_selector(JsonWriter& json, const BlobSelector& cell) {
  json.begin_object();
  json.key("entity").value(cell.is_edge ? "edge" : "node");
  json.key("type").value(cell.type);
  json.key("id").value(cell.id);
  json.key("property").value(cell.property);
  json.end_object();
}

std::string selector_lines(const BlobSelector& cell) {
  std::string text = cell.is_edge ? "entity: edge\n" : "entity: node\n";
  text += "type: " + std::string(cell.type) + "\n";
  text += "id: " + std::string(cell.id) + "\n";
  return text + "property: " + std::string(cell.property) + "\n";
}

ExitStatus write_cell(Invocation& call, bool put) {
  OG_ASSIGN_OR_RETURN(const Scope scope, scope_without_uri(call));
  OG_RETURN_IF_ERROR(refuse_served(call, scope, true));
  OG_ASSIGN_OR_RETURN(const Graph graph, open_graph(scope, false));
  const auto actor = actor_of(call.arguments, call.config);
  BlobWriteRequest request{.cell = selector_of(call),
                           .branch = call.arguments.value_or("branch", "main"),
                           .if_commit = call.arguments.value("if-commit")};
  if (actor) request.actor = *actor;
  Result<BlobWriteReport> report =
      put ? graph.put_blob_file(request, std::string(*call.arguments.value("file")))
          : graph.clear_blob(request);
  if (!report.ok()) {
    if (report.error().code() == ErrorCode::kPreconditionFailed) {
      return report_lost_precondition(call, report.error());
    }
    return in_plain_words(std::move(report).error());
  }
  if (!call.json()) {
    call.print(selector_lines(request.cell));
    if (put) {
      call.print("size: " + std::to_string(report->size) + "\netag: " + report->etag + "\n");
    } else {
      call.print("cleared\n");
    }
    call.print("branch: " + std::string(request.branch) + "\n");
    call.show();
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object();
  json.key("branch").value(request.branch);
  write_selector(json.key("selector"), request.cell);
  if (put) {
    json.key("kind").value("managed");
    json.key("size").value(report->size);
    json.key("etag").value(report->etag);
  }
  write_optional(json.key("actor_id"), report->commit.actor);
  write_commit(json.key("commit"), report->commit);
  json.end_object();
  call.print_json(document);
  call.show();
  return kSuccess;
}

}  // namespace

ExitStatus run_blob_get(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const BlobValue value, open_cell(call));
  const BlobDescriptor& about = value.descriptor();
  if (about.external) {
    return bad_request("external Blob is not downloaded; URI: " + about.uri +
                       "; use `blob stat --json` to inspect the descriptor");
  }
  const auto offset = call.arguments.number("offset");
  const auto length = call.arguments.number("length");
  if ((offset || length) && offset.value_or(0) >= about.size) {
    return bad_request("Blob range is not satisfiable");
  }
  const auto path = call.arguments.value("out");
  if (!path) {
    OG_RETURN_IF_ERROR(value.read(offset.value_or(0), length.value_or(UINT64_MAX),
                                  [&](std::string_view piece) -> Status {
                                    call.print(piece);
                                    if (call.process.out->good()) return {};
                                    return io_error("could not write to standard output");
                                  }));
    return kSuccess;
  }
  OutFile out(*path);
  OG_RETURN_IF_ERROR(value.read(offset.value_or(0), length.value_or(UINT64_MAX),
                                [&](std::string_view piece) { return out.write(piece); }));
  OG_RETURN_IF_ERROR(out.close());
  return kSuccess;
}

ExitStatus run_blob_stat(Invocation& call) {
  OG_ASSIGN_OR_RETURN(const BlobValue value, open_cell(call));
  const BlobDescriptor& about = value.descriptor();
  const BlobSelector cell = selector_of(call);
  const std::string_view kind = about.external ? "external" : "managed";
  const auto branch = call.arguments.value("branch");
  const auto snapshot = call.arguments.value("snapshot");
  if (!call.json()) {
    call.print(selector_lines(cell) + "kind: " + std::string(kind) + "\n");
    if (about.external) {
      call.print("uri: " + about.uri + "\n");
    } else {
      call.print("size: " + std::to_string(about.size) + "\netag: " + about.etag + "\n");
    }
    if (branch) call.print("branch: " + std::string(*branch) + "\n");
    if (snapshot) call.print("snapshot: " + std::string(*snapshot) + "\n");
    call.print("resolved_snapshot: " + about.resolved_snapshot + "\n");
    return kSuccess;
  }
  std::string document;
  JsonWriter json(document, JsonWriter::Style::kPretty);
  json.begin_object();
  write_selector(json.key("selector"), cell);
  json.key("kind").value(kind);
  if (about.external) {
    json.key("uri").value(about.uri);
  } else {
    json.key("size").value(about.size);
    json.key("etag").value(about.etag);
  }
  json.key("target").begin_object();
  if (branch) json.key("branch").value(*branch);
  if (snapshot) json.key("snapshot").value(*snapshot);
  json.key("resolved_snapshot").value(about.resolved_snapshot);
  json.end_object().end_object();
  call.print_json(document);
  return kSuccess;
}

ExitStatus run_blob_put(Invocation& call) { return write_cell(call, true); }
ExitStatus run_blob_clear(Invocation& call) { return write_cell(call, false); }

}  // namespace omnigraph::cli
