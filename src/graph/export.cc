// Graph::export_ndjson: the entities of one branch head as lines that a load takes (spec/writes.md
// §10). Types by their key (all edge types by name, then all node types), entities of a type by id.
//
// The parts of a table are read side by side and merged by id. A part whose rows are not in the
// order of their ids (edges that brought their own) is visited through a sorted list of its rows.
// Memory: the columns of one table, which the storage room counts and evicts, and 4 bytes a row
// where sorted.
#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "common/json_writer.h"
#include "graph/cell_text.h"
#include "graph/engine.h"
#include "graph/part_cursor.h"
#include "write/blob_value.h"

namespace omnigraph {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
// Of a Blob value: a multiple of three, so that the encoded pieces join.
constexpr std::uint64_t kBlobPiece = std::uint64_t{3} << 20;

template <typename Integer>
void append_integer(std::string& out, Integer value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// A value as a load reads it back: dates as numbers, blobs in base64, otherwise as in results.
void append_value(std::string& out, const Column& column, std::size_t row) {
  if (column.is_null(row)) {
    out += "null";
  } else if (column.layout == Column::Layout::kList) {
    out += '[';
    for (std::uint32_t i = column.offsets[row]; i < column.offsets[row + 1]; ++i) {
      if (i > column.offsets[row]) out += ',';
      append_value(out, *column.child, i);
    }
    out += ']';
  } else if (column.layout == Column::Layout::kFixed && column.type == ScalarType::kDate) {
    append_integer(out, column.fixed<std::int32_t>()[row]);
  } else if (column.layout == Column::Layout::kFixed && column.type == ScalarType::kDateTime) {
    append_integer(out, column.fixed<std::int64_t>()[row]);
  } else {
    append_cell_json(out, column, row);
  }
}

class Exporter {
 public:
  Exporter(const Snapshot& snapshot, ObjectStore& objects, const TextSink& sink)
      : snapshot_(snapshot), objects_(objects), sink_(sink) {}

  Status edges(const EdgeType& type) {
    OG_ASSIGN_OR_RETURN(const NodeNames* const from, names_of(type.from_id));
    OG_ASSIGN_OR_RETURN(const NodeNames* const to, names_of(type.to_id));
    return table(type, [&](const PartCursor& at) -> Status {
      char scratch[26];
      OG_ASSIGN_OR_RETURN(const std::string_view source, from->name(at.source(), scratch));
      out_ += "{\"edge\":";
      JsonWriter::append_string(out_, type.name);
      out_ += ",\"from\":";
      JsonWriter::append_string(out_, source);
      OG_ASSIGN_OR_RETURN(const std::string_view target, to->name(at.target(), scratch));
      out_ += ",\"to\":";
      JsonWriter::append_string(out_, target);
      return {};
    });
  }

  Status nodes(const NodeType& type) {
    return table(type, [&](const PartCursor&) -> Status {
      out_ += "{\"type\":";
      JsonWriter::append_string(out_, type.name);
      return {};
    });
  }

  Status finish() {
    if (out_.empty()) return {};
    return sink_(out_);
  }

 private:
  Result<const NodeNames*> names_of(TypeId type) {
    const auto known = names_.find(type);
    if (known != names_.end()) return &known->second;
    OG_ASSIGN_OR_RETURN(NodeNames names, NodeNames::open(snapshot_.table(type)));
    return &names_.emplace(type, std::move(names)).first->second;
  }

  // Every live row of a table by id: `head` writes the line up to `data`.
  template <typename Head>
  Status table(const EntityType& type, Head&& head) {
    const TableVersionPtr version = snapshot_.table(type.id);
    std::vector<PartCursor> cursors;
    for (const TablePart& part : version->parts()) {
      if (part.live_rows() == 0) continue;
      OG_ASSIGN_OR_RETURN(PartCursor cursor, PartCursor::open(part, type));
      cursors.push_back(std::move(cursor));
    }
    std::vector<std::string> keys;  // `,"name":`
    for (const Property& property : type.properties) {
      std::string key = ",";
      JsonWriter::append_string(key, property.name);
      keys.push_back(key + ":");
    }
    while (true) {
      PartCursor* least = nullptr;
      for (PartCursor& cursor : cursors) {
        if (!cursor.done() && (least == nullptr || cursor.id() < least->id())) least = &cursor;
      }
      if (least == nullptr) return {};
      OG_RETURN_IF_ERROR(head(*least));
      out_ += ",\"data\":{\"id\":";
      JsonWriter::append_string(out_, least->id());
      for (std::size_t i = 0; i < keys.size(); ++i) {
        out_ += keys[i];
        const Column& column = *least->columns()[i];
        if (column.type != ScalarType::kBlob || column.is_null(least->row())) {
          append_value(out_, column, least->row());
        } else {
          OG_RETURN_IF_ERROR(blob(column.text(least->row())));
        }
      }
      out_ += "}}\n";
      least->advance();
      OG_RETURN_IF_ERROR(hand_over());
    }
  }

  Status hand_over() {
    if (out_.size() < kPieceBytes) return {};
    OG_RETURN_IF_ERROR(sink_(out_));
    out_.clear();
    return {};
  }

  // A value of any size, piece by piece.
  Status blob(std::string_view cell) {
    OG_ASSIGN_OR_RETURN(const BlobCell blob, parse_blob_cell(cell));
    if (blob.kind == BlobCell::Kind::kExternal) {
      JsonWriter::append_string(out_, blob.bytes);
      return {};
    }
    out_ += "\"base64:";
    for (std::uint64_t at = 0; at < blob.size; at += kBlobPiece) {
      OG_ASSIGN_OR_RETURN(const Bytes piece, read_blob(objects_, blob, {at, kBlobPiece}));
      append_base64(out_, piece.data);
      OG_RETURN_IF_ERROR(hand_over());
    }
    out_ += '"';
    return {};
  }

  const Snapshot& snapshot_;
  ObjectStore& objects_;
  const TextSink& sink_;
  std::unordered_map<TypeId, NodeNames> names_;
  std::string out_;
};

}  // namespace

Status Graph::Engine::export_ndjson(std::string_view branch, const std::vector<std::string>& types,
                                    const TextSink& sink) {
  OG_ASSIGN_OR_RETURN(const auto state, head(branch));
  const SnapshotPtr snapshot = state->snapshot;
  return export_snapshot(
      *snapshot, types, [](bool) { return true; }, sink);
}

Status Graph::Engine::export_snapshot(const Snapshot& snapshot,
                                      const std::vector<std::string>& types,
                                      const std::function<bool(bool is_edge)>& takes,
                                      const TextSink& sink) {
  const Catalog& catalog = snapshot.catalog();
  for (const std::string& name : types) {
    if (catalog.node(name) == nullptr && catalog.edge(name) == nullptr) {
      return bad_request("unknown export type '" + name + "'");
    }
  }
  const auto wanted = [&](const std::string& name, bool is_edge) {
    if (!takes(is_edge)) return false;
    return types.empty() || std::find(types.begin(), types.end(), name) != types.end();
  };
  Exporter exporter(snapshot, *store_->objects(), sink);
  for (const EdgeType& type : catalog.edges()) {
    if (wanted(type.name, true)) OG_RETURN_IF_ERROR(exporter.edges(type));
  }
  for (const NodeType& type : catalog.nodes()) {
    if (wanted(type.name, false)) OG_RETURN_IF_ERROR(exporter.nodes(type));
  }
  return exporter.finish();
}

}  // namespace omnigraph
