// Graph::export_parquet: the entities of one type as a Parquet file, by id, row group by row group.
#include "graph/engine.h"
#include "graph/part_cursor.h"
#include "storage/blob.h"
#include "storage/parquet/column_encoder.h"
#include "storage/parquet/footer.h"

namespace omnigraph {
namespace {

// A row group ends at so many rows or bytes of columns.
constexpr std::uint32_t kGroupRows = 65536;
constexpr std::uint64_t kGroupBytes = std::uint64_t{64} << 20;

class ParquetExport {
 public:
  ParquetExport(const Snapshot& snapshot, ObjectStore& objects, const TextSink& sink)
      : snapshot_(snapshot), objects_(objects), sink_(sink) {}

  Status run(const EntityType& type, const EdgeType* edge) {
    add({kIdColumn, "id", {.scalar = ScalarType::kString}, true, false, false});
    NodeNames from, to;
    if (edge != nullptr) {
      OG_ASSIGN_OR_RETURN(from, NodeNames::open(snapshot_.table(edge->from_id)));
      OG_ASSIGN_OR_RETURN(to, NodeNames::open(snapshot_.table(edge->to_id)));
      add({kSrcColumn, "from", {.scalar = ScalarType::kString}, true, false, false});
      add({kDstColumn, "to", {.scalar = ScalarType::kString}, true, false, false});
    }
    const std::size_t own = stored_.size();
    for (const Property& property : type.properties) {
      add({property.id, property.name, property.type, false, false, false});
    }
    std::vector<PartCursor> cursors;
    const TableVersionPtr table = snapshot_.table(type.id);
    for (const TablePart& part : table->parts()) {
      if (part.live_rows() == 0) continue;
      OG_ASSIGN_OR_RETURN(PartCursor cursor, PartCursor::open(part, type));
      cursors.push_back(std::move(cursor));
    }
    OG_RETURN_IF_ERROR(write(parquet::kMagic));
    for (;;) {
      PartCursor* least = nullptr;
      for (PartCursor& cursor : cursors) {
        if (!cursor.done() && (least == nullptr || cursor.id() < least->id())) least = &cursor;
      }
      if (least == nullptr) break;
      builders_[0].append_text(least->id());
      if (edge != nullptr) {
        char scratch[26];
        OG_ASSIGN_OR_RETURN(const std::string_view source, from.name(least->source(), scratch));
        builders_[1].append_text(source);
        OG_ASSIGN_OR_RETURN(const std::string_view target, to.name(least->target(), scratch));
        builders_[2].append_text(target);
      }
      for (std::size_t i = own; i < builders_.size(); ++i) {
        OG_RETURN_IF_ERROR(append(builders_[i], *least->columns()[i - own], least->row()));
      }
      least->advance();
      ++rows_;
      if (rows_ % 256 != 0) continue;
      std::uint64_t bytes = 0;
      for (const ColumnBuilder& builder : builders_) bytes += builder.memory();
      if (rows_ == kGroupRows || bytes > kGroupBytes) OG_RETURN_IF_ERROR(finish_group());
    }
    OG_RETURN_IF_ERROR(finish_group());
    return write(parquet::make_footer(stored_, groups_, total_));
  }

 private:
  void add(parquet::StoredColumn column) {
    builders_.emplace_back(column.type);
    stored_.push_back(std::move(column));
  }

  Status append(ColumnBuilder& out, const Column& column, std::uint32_t row) {
    if (column.is_null(row)) {
      out.append_null();
      return {};
    }
    if (column.type != ScalarType::kBlob) {
      out.append_from(column, row);
      return {};
    }
    OG_ASSIGN_OR_RETURN(const BlobCell cell, parse_blob_cell(column.text(row)));
    if (cell.kind == BlobCell::Kind::kExternal) {
      return bad_request("a Parquet file cannot hold the external Blob '" +
                         std::string(cell.bytes) + "'; export it as NDJSON");
    }
    OG_ASSIGN_OR_RETURN(const Bytes bytes, read_blob(objects_, cell));
    out.append_text(bytes.data);
    return {};
  }

  Status write(std::string_view bytes) {
    offset_ += bytes.size();
    return sink_(bytes);
  }

  Status finish_group() {
    if (rows_ == 0) return {};
    parquet::RowGroup& group = groups_.emplace_back();
    group.rows = rows_;
    for (std::size_t i = 0; i < builders_.size(); ++i) {
      const ColumnPtr column = builders_[i].finish(true);
      OG_ASSIGN_OR_RETURN(const parquet::EncodedChunk chunk,
                          parquet::encode_chunk(stored_[i], *column, 0, rows_));
      parquet::WrittenChunk& written = group.chunks.emplace_back();
      written.offset = offset_;
      written.data_offset = offset_ + chunk.pages.front().stored.offset;
      written.bytes = chunk.bytes.size();
      written.raw_bytes = chunk.raw_bytes;
      written.values = chunk.values;
      written.codec = chunk.codec;
      written.dictionary = chunk.dictionary.entries > 0;
      for (const DataPage& page : chunk.pages) {
        written.plain = written.plain || page.encoding == PageEncoding::kPlain;
        written.delta = written.delta || page.encoding == PageEncoding::kDelta;
      }
      OG_RETURN_IF_ERROR(write(chunk.bytes));
      builders_[i] = ColumnBuilder(stored_[i].type);
    }
    total_ += rows_;
    rows_ = 0;
    return {};
  }

  const Snapshot& snapshot_;
  ObjectStore& objects_;
  const TextSink& sink_;
  std::vector<parquet::StoredColumn> stored_;
  std::vector<ColumnBuilder> builders_;
  std::vector<parquet::RowGroup> groups_;
  std::uint32_t rows_ = 0;  // of the group at hand
  std::uint64_t total_ = 0, offset_ = 0;
};

}  // namespace

Status Graph::Engine::export_parquet(std::string_view branch, std::string_view type,
                                     const TextSink& sink) {
  OG_ASSIGN_OR_RETURN(const auto state, head(branch));
  const SnapshotPtr snapshot = state->snapshot;
  const NodeType* node = snapshot->catalog().node(type);
  const EdgeType* edge = node == nullptr ? snapshot->catalog().edge(type) : nullptr;
  if (node == nullptr && edge == nullptr) {
    return bad_request("unknown export type '" + std::string(type) + "'");
  }
  const EntityType& entity = node != nullptr ? static_cast<const EntityType&>(*node) : *edge;
  return ParquetExport(*snapshot, *store_->objects(), sink).run(entity, edge);
}

}  // namespace omnigraph
