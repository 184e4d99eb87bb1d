#include "history/commit_diff.h"

#include <xxhash.h>

#include <algorithm>

#include "common/json_writer.h"
#include "write/blob_value.h"

namespace omnigraph {
namespace {

// A value as an export writes it: dates as numbers, blobs in base64, all else as in results.
Status append_export_value(std::string& out, const Value& value, ScalarType type,
                           ObjectStore& objects) {
  if (const ValueList* list = value.list()) {
    out += '[';
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (i > 0) out += ',';
      OG_RETURN_IF_ERROR(append_export_value(out, (*list)[i], type, objects));
    }
    out += ']';
    return {};
  }
  JsonWriter json(out);
  if (const Date* date = value.get_if<Date>()) {
    json.value(std::int64_t{date->days});
  } else if (const DateTime* instant = value.get_if<DateTime>()) {
    json.value(instant->millis);
  } else if (const auto* cell = value.get_if<std::string>(); cell && type == ScalarType::kBlob) {
    std::string text;
    OG_RETURN_IF_ERROR(append_blob_text(text, *cell, objects));
    json.value(text);
  } else {
    json.value(value);
  }
  return {};
}

ChangeOp op_of(RowDifference::Kind kind) {
  switch (kind) {
    case RowDifference::Kind::kAdded:
      return ChangeOp::kInsert;
    case RowDifference::Kind::kRemoved:
      return ChangeOp::kDelete;
    case RowDifference::Kind::kChanged:
    case RowDifference::Kind::kRewritten:
      break;
  }
  return ChangeOp::kUpdate;
}

// What of a type is stored: properties by identity, with names and types.
bool same_shape(const EntityType& before, const EntityType& after) {
  if (before.properties.size() != after.properties.size()) return false;
  for (const Property& property : before.properties) {
    const Property* other = after.find(property.id);
    if (other == nullptr || other->name != property.name || other->type != property.type) {
      return false;
    }
  }
  return true;
}

// Whether a cleanup left the nodes that edges of a type (null: none) end at.
Status has_ends(const Snapshot& snapshot, const EdgeType* edge) {
  if (edge == nullptr) return {};
  for (const TypeId nodes : {edge->from_id, edge->to_id}) {
    const auto gone = snapshot.table(nodes)->reclaimed();
    if (gone) return reclaimed_error(*gone);
  }
  return {};
}

// Of all types, by lifetime.
std::map<TypeId, const EntityType*> types_of(const Catalog& catalog) {
  std::map<TypeId, const EntityType*> types;
  for (const NodeType& type : catalog.nodes()) types[type.lifetime] = &type;
  for (const EdgeType& type : catalog.edges()) types[type.lifetime] = &type;
  return types;
}

}  // namespace

std::string_view change_op_name(ChangeOp op) {
  switch (op) {
    case ChangeOp::kInsert:
      return "insert";
    case ChangeOp::kUpdate:
      return "update";
    case ChangeOp::kDelete:
      break;
  }
  return "delete";
}

Error boundary_refused(CommitId commit, const std::string& type) {
  const std::string id = commit.text();
  return Error(ErrorCode::kConflict, "entity changes for commit '" + id +
                                         "' cross an unprovable schema boundary at type '" + type +
                                         "'")
      .with({"change_diff_refusal",
             {{"reason", "schema_boundary"}, {"graph_commit_id", id}, {"type_name", type}}});
}

Error gap_at(CommitId commit, const std::optional<std::string_view>& cursor) {
  const std::string id = commit.text();
  ErrorDetails details{.kind = "change_feed_gap", .fields = {}};
  if (cursor) details.fields.emplace_back("cursor", std::string(*cursor));
  details.fields.emplace_back("first_unreadable_commit_id", id);
  return not_found("change feed gap at commit '" + id + "'").with(std::move(details));
}

std::string type_lifetime_id(const std::string& graph, TypeId lifetime) {
  const std::string name = graph + "/" + std::to_string(lifetime);
  const XXH128_hash_t hash = XXH3_128bits(name.data(), name.size());
  std::string text = Ulid{hash.high64, hash.low64}.text();
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return text;
}

Result<std::optional<std::string>> schema_boundary(const Snapshot& before,
                                                   const Catalog& before_catalog,
                                                   const Snapshot& after,
                                                   const Catalog& after_catalog) {
  std::optional<std::string> first;
  if (&before_catalog == &after_catalog || before_catalog.version() == after_catalog.version()) {
    return first;
  }
  const auto found = [&first](const std::string& name) {
    if (!first || name < *first) first = name;
  };
  std::optional<std::uint64_t> gone;
  // A type that only one side has.
  const auto alone = [&](const Snapshot& side, const EntityType& type) {
    const TableVersion& table = *side.table(type.id);
    if (table.reclaimed()) {
      gone = table.reclaimed();
    } else if (table.live_rows() > 0) {
      found(type.name);
    }
  };
  const auto old_types = types_of(before_catalog);
  const auto new_types = types_of(after_catalog);
  for (const auto& [lifetime, type] : old_types) {
    const auto other = new_types.find(lifetime);
    if (other == new_types.end()) {
      alone(before, *type);
    } else if (!same_shape(*type, *other->second)) {
      found(other->second->name);
    }
  }
  for (const auto& [lifetime, type] : new_types) {
    if (!old_types.contains(lifetime)) alone(after, *type);
  }
  if (!first && gone) return reclaimed_error(*gone);
  return first;
}

Result<CommitDiff> CommitDiff::make(Store& store, SnapshotPtr before, SnapshotPtr after,
                                    std::vector<Candidate> candidates,
                                    const ChangeSelection& selection) {
  CommitDiff diff;
  const Catalog& catalog = after->catalog();
  for (Candidate& candidate : candidates) {
    Table table;
    table.type = catalog.entity(candidate.table);
    if (table.type == nullptr) continue;
    table.edge = catalog.edge(candidate.table);
    if (!selection.takes_kind(table.edge != nullptr) || !selection.takes_type(table.type->name)) {
      continue;
    }
    for (const Snapshot* side : {before.get(), after.get()}) {
      const auto gone = side->table(candidate.table)->reclaimed();
      if (gone) return reclaimed_error(*gone);
    }
    if (!candidate.versions) {
      OG_ASSIGN_OR_RETURN(candidate.versions, diff_versions(*before->table(candidate.table),
                                                            *after->table(candidate.table)));
    }
    OG_ASSIGN_OR_RETURN(table.diff, diff_table(*before, *after, *table.type, *candidate.versions,
                                               Rewritten::kLeaveOut));
    if (table.diff.rows.empty()) continue;
    table.type_id = type_lifetime_id(store.graph_id(), table.type->lifetime);
    table.before = std::make_unique<RowReader>(before->table(candidate.table), *table.type);
    table.after = std::make_unique<RowReader>(after->table(candidate.table), *table.type);
    diff.tables_.push_back(std::move(table));
  }
  std::sort(diff.tables_.begin(), diff.tables_.end(), [](const Table& a, const Table& b) {
    if ((a.edge != nullptr) != (b.edge != nullptr)) return a.edge == nullptr;
    return a.type_id < b.type_id;
  });
  for (std::uint32_t t = 0; t < diff.tables_.size(); ++t) {
    Table& table = diff.tables_[t];
    std::vector<std::size_t> old_counts(table.before->version().parts().size());
    std::vector<std::size_t> new_counts(table.after->version().parts().size());
    for (std::uint32_t row = 0; row < table.diff.rows.size(); ++row) {
      const RowDifference& difference = table.diff.rows[row];
      if (!selection.takes_op(op_of(difference.kind))) continue;
      if (difference.before) ++old_counts[difference.before->part];
      if (difference.after) ++new_counts[difference.after->part];
      diff.entries_.push_back({t, row});
    }
    bool old_images = false, new_images = false;
    for (std::uint32_t part = 0; part < old_counts.size(); ++part) {
      if (old_counts[part] == 0) continue;
      table.before->expect(part, old_counts[part]);
      old_images = true;
    }
    for (std::uint32_t part = 0; part < new_counts.size(); ++part) {
      if (new_counts[part] == 0) continue;
      table.after->expect(part, new_counts[part]);
      new_images = true;
    }
    // What cannot be shown to the end is not begun: images of edges name their nodes.
    if (old_images) OG_RETURN_IF_ERROR(has_ends(*before, table.edge));
    if (new_images) OG_RETURN_IF_ERROR(has_ends(*after, table.edge));
  }
  diff.objects_ = store.objects();
  diff.before_ = std::move(before);
  diff.after_ = std::move(after);
  return diff;
}

Result<EntityChange> CommitDiff::change(std::size_t i) {
  const Entry& entry = entries_[i];
  const Table& table = tables_[entry.table];
  const RowDifference& row = table.diff.rows[entry.row];
  EntityChange change;
  change.is_edge = table.edge != nullptr;
  change.type_id = table.type_id;
  change.type_name = table.type->name;
  change.id = std::string(row.id);
  change.op = op_of(row.kind);
  if (row.before) {
    OG_ASSIGN_OR_RETURN(change.before, image(*before_, table, *table.before, *row.before));
  }
  if (row.after) {
    OG_ASSIGN_OR_RETURN(change.after, image(*after_, table, *table.after, *row.after));
  }
  return change;
}

Result<EntityImage> CommitDiff::image(const Snapshot& snapshot, const Table& table, RowReader& rows,
                                      Location at) const {
  EntityImage image;
  image.properties.reserve(table.type->properties.size());
  for (std::size_t i = 0; i < table.type->properties.size(); ++i) {
    const Property& property = table.type->properties[i];
    OG_ASSIGN_OR_RETURN(const Value value, rows.value(i, at));
    std::string text;
    OG_RETURN_IF_ERROR(append_export_value(text, value, property.type.scalar, *objects_));
    image.properties.emplace_back(property.name, std::move(text));
  }
  if (table.edge == nullptr) return image;
  const auto name = [&](TypeId nodes, RowId rid) -> Result<std::string> {
    const TableVersion& version = *snapshot.table(nodes);
    OG_ASSIGN_OR_RETURN(const auto place, version.locate(rid));
    if (!place) {
      return corrupt("an edge ends at row id " + std::to_string(rid) + ", which no live node has");
    }
    return version.parts()[place->part].segment->id_text(place->row);
  };
  OG_ASSIGN_OR_RETURN(const RowId src, rows.src(at));
  OG_ASSIGN_OR_RETURN(const RowId dst, rows.dst(at));
  OG_ASSIGN_OR_RETURN(image.from, name(table.edge->from_id, src));
  OG_ASSIGN_OR_RETURN(image.to, name(table.edge->to_id, dst));
  return image;
}

}  // namespace omnigraph
