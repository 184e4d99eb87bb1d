#include "write/load/records.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "write/identity.h"

namespace omnigraph {
namespace {

const PropertyType kIdType{};

// The first eight bytes as a number that sorts like them.
std::uint64_t prefix_of(std::string_view text) {
  unsigned char bytes[8] = {};
  std::memcpy(bytes, text.data(), std::min<std::size_t>(8, text.size()));
  std::uint64_t prefix = 0;
  for (const unsigned char byte : bytes) prefix = prefix << 8 | byte;
  return prefix;
}

// One property (or the ids) of all pieces of a type, one after the other.
ColumnPtr joined(const std::vector<PieceRows*>& pieces, const PropertyType& type,
                 const std::function<ColumnPtr&(PieceRows&)>& column) {
  const bool any = std::any_of(pieces.begin(), pieces.end(),
                               [&](PieceRows* piece) { return column(*piece) != nullptr; });
  if (!any) return nullptr;
  std::vector<ColumnPtr> parts;
  for (PieceRows* piece : pieces) {
    ColumnPtr part = std::exchange(column(*piece), nullptr);
    parts.push_back(part ? std::move(part) : all_null_column(type, piece->rows));
  }
  return parts.size() == 1 ? parts[0] : concatenate(parts);
}

std::vector<ColumnPtr> joined_columns(const std::vector<PieceRows*>& pieces,
                                      const EntityType& type) {
  std::vector<ColumnPtr> columns;
  for (std::size_t i = 0; i < type.properties.size(); ++i) {
    columns.push_back(joined(pieces, type.properties[i].type,
                             [i](PieceRows& piece) -> ColumnPtr& { return piece.columns[i]; }));
  }
  return columns;
}

void pick(std::vector<ColumnPtr>& columns, const std::vector<std::uint32_t>& rows) {
  for (ColumnPtr& column : columns) {
    if (column) column = gather(*column, rows);
  }
}

RowBatch as_batch(const EntityType& type, const std::vector<ColumnPtr>& columns, IdColumn ids) {
  RowBatch batch;
  batch.table = type.id;
  batch.rows = ids.rows();
  batch.ids = std::move(ids);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i]) batch.columns.emplace_back(type.properties[i].id, columns[i]);
  }
  return batch;
}

Violation same_key(const LoadType& type, const UniqueRule& key, const NodeRecords& rows,
                   std::uint32_t row, const std::string& id) {
  std::vector<std::string> spellings;
  for (const std::string& name : key.names) {
    append_spelling(spellings.emplace_back(), *rows.columns[type.positions.at(name)], row);
  }
  return {Violation::Kind::kUnique, type.type->id, id,
          unique_message(*type.type, key, spellings, id, id)};
}

// Of rows sorted by id, the last of each run of equal ones stays; the others go.
void split_runs(const Column& ids, std::vector<std::uint32_t>& kept,
                std::vector<std::uint32_t>& replaced) {
  for (std::uint32_t row = 0; row < ids.rows; ++row) {
    const bool again = row + 1 < ids.rows && ids.text(row) == ids.text(row + 1);
    (again ? replaced : kept).push_back(row);
  }
}

Result<EdgeRecords> gather_edges(const LoadType& type, LoadMode mode,
                                 const std::vector<PieceRows*>& pieces,
                                 const std::vector<std::size_t>& workers) {
  EdgeRecords out;
  out.type = &type;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    out.records += pieces[i]->rows;
    out.pieces.push_back({workers[i], std::move(pieces[i]->from), std::move(pieces[i]->to)});
  }
  out.columns = joined_columns(pieces, *type.type);
  out.ids = joined(pieces, kIdType, [](PieceRows& piece) -> ColumnPtr& { return piece.ids; });
  if (out.ids == nullptr) return out;
  std::vector<std::uint32_t> given;
  for (std::uint32_t row = 0; row < out.ids->rows; ++row) {
    if (!out.ids->is_null(row)) given.push_back(row);
  }
  const Column& ids = *out.ids;
  std::sort(given.begin(), given.end(), [&ids](std::uint32_t a, std::uint32_t b) {
    const int order = ids.text(a).compare(ids.text(b));
    return order != 0 ? order < 0 : a < b;
  });
  for (std::size_t i = 0; i + 1 < given.size(); ++i) {
    if (ids.text(given[i]) != ids.text(given[i + 1])) continue;
    if (mode != LoadMode::kMerge) {
      return key_conflict(true, type.type->name, std::string(ids.text(given[i])));
    }
    out.superseded.push_back(given[i]);
  }
  std::sort(out.superseded.begin(), out.superseded.end());
  return out;
}

}  // namespace

JoinedRows join_pieces(const std::vector<PieceRows*>& pieces, const EntityType& type) {
  JoinedRows out;
  out.columns = joined_columns(pieces, type);
  out.ids = joined(pieces, kIdType, [](PieceRows& piece) -> ColumnPtr& { return piece.ids; });
  return out;
}

ColumnPtr with_generated(const Column& ids, UlidSource& ulids) {
  if (ids.null_count == 0) return nullptr;
  const Ulid base = ulids.next_run(ids.null_count);
  ColumnBuilder out(kIdType);
  out.reserve(ids.rows);
  std::uint64_t generated = 0;
  char text[26];
  for (std::uint32_t row = 0; row < ids.rows; ++row) {
    if (ids.is_null(row)) {
      base.plus(generated++).write_text(text);
      out.append_text({text, sizeof text});
    } else {
      out.append_text(ids.text(row));
    }
  }
  return out.finish();
}

Result<NodeRecords> gather_nodes(const LoadType& type, const TableRules& rules, LoadMode mode,
                                 const std::vector<PieceRows*>& pieces, UlidSource& ulids) {
  NodeRecords out;
  out.type = &type;
  for (PieceRows* piece : pieces) out.records += piece->rows;
  out.rows = static_cast<std::uint32_t>(out.records);
  out.columns = joined_columns(pieces, *type.type);
  ColumnPtr ids = joined(pieces, kIdType, [](PieceRows& piece) -> ColumnPtr& { return piece.ids; });
  if (ids == nullptr) {
    out.ids = IdColumn::of_run(ulids.next_run(out.rows), out.rows);
    return out;
  }
  if (ColumnPtr all = with_generated(*ids, ulids)) ids = std::move(all);
  if (const std::vector<std::uint32_t> order = text_order(*ids); !order.empty()) {
    ids = gather(*ids, order);
    pick(out.columns, order);
  }
  std::vector<std::uint32_t> kept, replaced;
  split_runs(*ids, kept, replaced);
  if (!replaced.empty()) {
    const std::string id(ids->text(replaced[0]));
    if (rules.key) {
      out.twice.push_back(same_key(type, *rules.key, out, replaced[0], id));
    } else if (mode != LoadMode::kMerge) {
      return key_conflict(false, type.type->name, id);
    }
    std::vector<ColumnPtr> old = out.columns;
    pick(old, replaced);
    out.superseded = as_batch(*type.type, old, IdColumn::of_text(gather(*ids, replaced)));
    pick(out.columns, kept);
    ids = gather(*ids, kept);
    out.rows = ids->rows;
  }
  out.index = TextIndex(ids);
  out.ids = IdColumn::of_text(std::move(ids));
  return out;
}

TextIndex::TextIndex(ColumnPtr texts) : texts_(std::move(texts)) {
  std::size_t size = 16;
  while (size < std::size_t{texts_->rows} * 2) size *= 2;
  slots_.assign(size, kNone);
  for (std::uint32_t row = 0; row < texts_->rows; ++row) {
    std::size_t slot = text_hash(texts_->text(row)) & (size - 1);
    while (slots_[slot] != kNone) slot = (slot + 1) & (size - 1);
    slots_[slot] = row;
  }
}

std::uint32_t TextIndex::find(std::string_view text) const {
  if (slots_.empty()) return kNone;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = text_hash(text) & mask;; slot = (slot + 1) & mask) {
    if (slots_[slot] == kNone || texts_->text(slots_[slot]) == text) return slots_[slot];
  }
}

Error key_conflict(bool edge, const std::string& type, const std::string& id) {
  const std::string kind = edge ? "edge" : "node";
  return Error(ErrorCode::kConflict, kind + " type '" + type + "' already has this id")
      .with({.kind = "key_conflict",
             .fields = {{"entity_kind", kind}, {"type_name", type}, {"entity_id", id}}});
}

std::vector<std::uint32_t> text_order(const Column& texts) {
  struct Entry {
    std::uint64_t prefix;
    std::uint32_t row;
  };
  bool sorted = true;
  for (std::uint32_t row = 1; row < texts.rows && sorted; ++row) {
    sorted = texts.text(row - 1) <= texts.text(row);
  }
  if (sorted) return {};
  std::vector<Entry> entries(texts.rows);
  for (std::uint32_t row = 0; row < texts.rows; ++row) {
    entries[row] = {prefix_of(texts.text(row)), row};
  }
  std::sort(entries.begin(), entries.end(), [&texts](const Entry& a, const Entry& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const int order = texts.text(a.row).compare(texts.text(b.row));
    return order != 0 ? order < 0 : a.row < b.row;
  });
  std::vector<std::uint32_t> order(texts.rows);
  for (std::uint32_t i = 0; i < texts.rows; ++i) order[i] = entries[i].row;
  return order;
}

Result<LoadRecords> gather_records(const LoadPlan& plan, const Rules& rules, LoadMode mode,
                                   std::vector<Piece> pieces,
                                   std::vector<std::unique_ptr<RecordParser>> parsers,
                                   UlidSource& ulids) {
  LoadRecords out;
  for (std::size_t type = 0; type < plan.types().size(); ++type) {
    std::vector<PieceRows*> rows;
    std::vector<std::size_t> workers;
    for (Piece& piece : pieces) {
      for (PieceRows& part : piece.types) {
        if (part.type != type) continue;
        rows.push_back(&part);
        workers.push_back(piece.worker);
      }
    }
    if (rows.empty()) continue;
    const LoadType& load = plan.types()[type];
    if (load.node != nullptr) {
      OG_ASSIGN_OR_RETURN(NodeRecords nodes,
                          gather_nodes(load, rules.of(load.type->id), mode, rows, ulids));
      out.nodes.push_back(std::move(nodes));
    } else {
      OG_ASSIGN_OR_RETURN(EdgeRecords edges, gather_edges(load, mode, rows, workers));
      out.edges.push_back(std::move(edges));
    }
  }
  for (auto& parser : parsers) {
    out.ends.push_back(parser->take_ends());
  }
  return out;
}

}  // namespace omnigraph
