// Graph::blob, put_blob, clear_blob: one Blob cell, read or written (spec/writes.md §8).
#include "storage/blob.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "graph/branch_name.h"
#include "graph/engine.h"
#include "storage/posix_file.h"
#include "write/blob_value.h"

namespace omnigraph {

struct BlobValue::Data {
  ObjectStorePtr objects;
  std::string cell;
  BlobDescriptor descriptor;
};

BlobValue::BlobValue(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

const BlobDescriptor& BlobValue::descriptor() const { return data_->descriptor; }

Status BlobValue::read(std::uint64_t offset, std::uint64_t length, const TextSink& sink) const {
  OG_ASSIGN_OR_RETURN(const BlobCell cell, parse_blob_cell(data_->cell));
  if (cell.kind == BlobCell::Kind::kExternal) {
    return bad_request("external Blob is not downloaded; URI: " + data_->descriptor.uri);
  }
  const std::uint64_t begin = std::min(offset, cell.size);
  const std::uint64_t end = begin + std::min(length, cell.size - begin);
  for (std::uint64_t at = begin; at < end; at += kPieceBytes) {
    OG_ASSIGN_OR_RETURN(const Bytes piece,
                        read_blob(*data_->objects, cell, {at, std::min(kPieceBytes, end - at)}));
    OG_RETURN_IF_ERROR(sink(piece.data));
  }
  return {};
}

namespace {

std::string quoted_tag(const BlobCell& cell) { return '"' + blob_tag(cell) + '"'; }

// A file that is read twice: once for its name, once for its bytes. Standard input and other pipes
// are copied into a file without a name first.
class Content {
 public:
  static constexpr std::size_t kPiece = std::size_t{1} << 20;

  static Result<Content> open(const std::string& path) {
    Content content;
    content.name_ = path == "-" ? "standard input" : path;
    content.fd_ = FileDescriptor(path == "-" ? ::dup(STDIN_FILENO)
                                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!content.fd_.valid()) {
      return system_error(errno, "cannot read", content.name_);
    }
    struct stat info {};
    const bool file = ::fstat(content.fd_.get(), &info) == 0 && S_ISREG(info.st_mode);
    if (!file || path == "-") OG_RETURN_IF_ERROR(content.spool());
    return content;
  }

  // Hands every byte, from the first one on, to `take(std::string_view) -> Status`.
  template <typename Take>
  Status each(const Take& take) const {
    std::vector<char> buffer(kPiece);
    for (std::uint64_t at = 0;;) {
      OG_ASSIGN_OR_RETURN(const std::size_t got,
                          read_at(fd_.get(), buffer.data(), buffer.size(), at, name_));
      if (got == 0) return {};
      OG_RETURN_IF_ERROR(take(std::string_view(buffer.data(), got)));
      at += got;
    }
  }
  const std::string& name() const { return name_; }

 private:
  Status spool() {
    std::FILE* const copy = std::tmpfile();
    if (copy == nullptr) return system_error(errno, "cannot copy", name_);
    FileDescriptor out(::dup(::fileno(copy)));
    std::fclose(copy);
    std::vector<char> buffer(kPiece);
    for (std::uint64_t at = 0;;) {
      const ssize_t got = ::read(fd_.get(), buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error(errno, "cannot read", name_);
      if (got == 0) break;
      const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
      OG_RETURN_IF_ERROR(write_all_at(out.get(), piece, at, name_));
      at += piece.size();
    }
    fd_ = std::move(out);
    return {};
  }

  FileDescriptor fd_;
  std::string name_;
};

// The cell of a content; what is too large for it becomes an object.
Result<std::string> store_content(const Content& content, ObjectStore& objects) {
  Sha256 hash;
  std::uint64_t size = 0;
  std::string small;
  OG_RETURN_IF_ERROR(content.each([&](std::string_view piece) -> Status {
    hash.update(piece);
    size += piece.size();
    if (size <= kMaxInlineBlob) small += piece;
    return {};
  }));
  if (size <= kMaxInlineBlob) return inline_blob_cell(small);
  const Sha256Digest digest = hash.finish();
  const std::string name = blob_object_name(digest);
  const Result<ObjectInfo> there = objects.head(name);
  if (there.ok() && there->size == size) return object_blob_cell(digest, size);
  if (!there.ok() && there.error().code() != ErrorCode::kNotFound) return there.error();
  OG_ASSIGN_OR_RETURN(const auto writer, objects.writer(name));
  Sha256 again;
  OG_RETURN_IF_ERROR(content.each([&](std::string_view piece) -> Status {
    again.update(piece);
    return writer->append(piece);
  }));
  if (again.finish() != digest)
    return io_error("'" + content.name() + "' changed while it was read");
  OG_RETURN_IF_ERROR(writer->finish());
  return object_blob_cell(digest, size);
}

}  // namespace

Result<BlobValue> Graph::Engine::blob(const BlobRequest& request) {
  OG_ASSIGN_OR_RETURN(const Resolved resolved, resolve(request.branch, request.snapshot));
  const SnapshotPtr& snapshot = resolved.snapshot;
  const BlobSelector& at = request.cell;
  OG_ASSIGN_OR_RETURN(const auto found,
                      find_blob_property(snapshot->catalog(), at.is_edge, at.type, at.property));
  const auto [type, property] = found;
  OG_RETURN_IF_ERROR(check_readable(type->id, *snapshot, *resolved.state));
  const TableVersionPtr& table = snapshot->table(type->id);
  OG_ASSIGN_OR_RETURN(const auto where, table->find_id(at.id));
  if (!where) return no_such_entity(at.is_edge, *type, at.id);
  const Segment& segment = *table->parts()[where->part].segment;
  OG_ASSIGN_OR_RETURN(const Value value, segment.value(property->id, property->type, where->row));
  const auto* cell = value.get_if<std::string>();
  if (cell == nullptr) {
    return not_found("Blob property '" + type->name + "." + property->name + "' is null for id '" +
                     std::string(at.id) + "'")
        .with({.kind = "blob_cell", .fields = {}});
  }
  auto data = std::make_shared<BlobValue::Data>();
  data->objects = store_->objects();
  data->cell = *cell;
  OG_ASSIGN_OR_RETURN(const BlobCell parsed, parse_blob_cell(data->cell));
  BlobDescriptor& descriptor = data->descriptor;
  descriptor.external = parsed.kind == BlobCell::Kind::kExternal;
  if (descriptor.external) {
    descriptor.uri = std::string(parsed.bytes);
  } else {
    descriptor.size = parsed.size;
    descriptor.etag = quoted_tag(parsed);
  }
  descriptor.resolved_snapshot = request.snapshot ? std::string(*request.snapshot)
                                                  : "manifest:" + snapshot->branch() + ":v" +
                                                        std::to_string(snapshot->head().version);
  return BlobValue(std::move(data));
}

Result<BlobWriteReport> Graph::Engine::set_blob(const BlobWriteRequest& request,
                                                std::optional<std::string> cell) {
  OG_ASSIGN_OR_RETURN(Writer* const writer, this->writer());
  OG_ASSIGN_OR_RETURN(const std::string_view branch, trim_branch(request.branch));
  OG_RETURN_IF_ERROR(refuse_internal(branch, "blob"));
  std::optional<CommitId> expected;
  if (request.if_commit) {
    expected = Ulid::parse(*request.if_commit);
    if (!expected) {
      OG_ASSIGN_OR_RETURN(const auto state, head(branch));
      return lost_precondition(state->name, *request.if_commit, state->snapshot->commit());
    }
  }
  BlobWriteReport report;
  if (cell) {
    OG_ASSIGN_OR_RETURN(const BlobCell parsed, parse_blob_cell(*cell));
    report.size = parsed.size;
    report.etag = quoted_tag(parsed);
  }
  const BlobAssignment assignment{request.cell.is_edge, std::string(request.cell.type),
                                  std::string(request.cell.id), std::string(request.cell.property),
                                  std::move(cell)};
  std::optional<std::string> actor;
  if (request.actor) actor = std::string(*request.actor);
  OG_ASSIGN_OR_RETURN(const CommitHeader commit,
                      writer->set_blob(std::string(branch), assignment, expected, actor));
  report.commit = to_commit(commit);
  return report;
}

Result<BlobWriteReport> Graph::Engine::put_blob_file(const BlobWriteRequest& request,
                                                     const std::string& path) {
  OG_RETURN_IF_ERROR(writer());
  OG_ASSIGN_OR_RETURN(const auto branch, head(request.branch));
  // What can be refused is refused before any byte is stored.
  OG_RETURN_IF_ERROR(find_blob_property(branch->snapshot->catalog(), request.cell.is_edge,
                                        request.cell.type, request.cell.property));
  OG_ASSIGN_OR_RETURN(const Content content, Content::open(path));
  OG_ASSIGN_OR_RETURN(std::string cell, store_content(content, *store_->objects()));
  return set_blob(request, std::move(cell));
}

Result<BlobWriteReport> Graph::Engine::put_blob(const BlobWriteRequest& request,
                                                std::string_view bytes) {
  OG_RETURN_IF_ERROR(writer());
  OG_ASSIGN_OR_RETURN(const auto branch, head(request.branch));
  OG_RETURN_IF_ERROR(find_blob_property(branch->snapshot->catalog(), request.cell.is_edge,
                                        request.cell.type, request.cell.property));
  BlobStage stage(*store_->objects());
  OG_ASSIGN_OR_RETURN(std::string cell, stage.cell(std::string(bytes)));
  OG_RETURN_IF_ERROR(stage.flush());
  return set_blob(request, std::move(cell));
}

Result<BlobWriteReport> Graph::Engine::clear_blob(const BlobWriteRequest& request) {
  return set_blob(request, std::nullopt);
}

}  // namespace omnigraph
