#include "history/merge_table.h"

#include <algorithm>
#include <optional>

#include "history/row_reader.h"

namespace omnigraph {
namespace {

using Kind = RowDifference::Kind;

class TableMerge {
 public:
  TableMerge(const MergeSides& sides, const EntityType& type, Counting counting)
      : sides_(sides),
        type_(type),
        exact_(counting == Counting::kExact),
        base_rows_(sides.base->table(type.id), type),
        source_rows_(sides.source->table(type.id), type),
        target_rows_(sides.target->table(type.id), type) {
    out_.type = &type;
    out_.edge = sides.target->catalog().edge(type.id);
    out_.counts.is_edge = out_.edge != nullptr;
    out_.counts.type_name = type.name;
  }

  Result<MergedTable> run() {
    OG_ASSIGN_OR_RETURN(const VersionDiff source, diff_versions(*sides_.base->table(type_.id),
                                                                *sides_.source->table(type_.id)));
    OG_ASSIGN_OR_RETURN(const VersionDiff target, diff_versions(*sides_.base->table(type_.id),
                                                                *sides_.target->table(type_.id)));
    out_.target_unchanged = target.empty();
    if (source.empty() && target.empty()) return std::move(out_);
    if (target.empty() && !exact_ && row_ids_decide(source)) {
      OG_RETURN_IF_ERROR(take_over(source));
    } else {
      OG_RETURN_IF_ERROR(decide(source, target));
    }
    std::sort(out_.dying.begin(), out_.dying.end());
    std::sort(out_.removed.begin(), out_.removed.end());
    return std::move(out_);
  }

 private:
  // Whether no entity can have come back under another row id.
  static bool row_ids_decide(const VersionDiff& source) {
    bool removed = false, added = false;
    std::size_t b = 0;
    for (const RowVersion& row : source.before) {
      for (; b < source.after.size() && source.after[b].rid < row.rid; ++b) added = true;
      if (b < source.after.size() && source.after[b].rid == row.rid) {
        ++b;
      } else {
        removed = true;
      }
      if (removed && added) return false;
    }
    return !removed || b == source.after.size();
  }

  // Only the source changed the table: its rows enter as they are.
  Status take_over(const VersionDiff& source) {
    bool moves = false;
    std::size_t b = 0;
    const auto enter = [this](const RowVersion& row) {
      out_.entering.push_back({row.at, row.rid, row.rid});
    };
    for (const RowVersion& row : source.before) {
      for (; b < source.after.size() && source.after[b].rid < row.rid; ++b) {
        enter(source.after[b]);
        ++out_.counts.inserted;
      }
      out_.dying.push_back(row.rid);
      if (b < source.after.size() && source.after[b].rid == row.rid) {
        if (!moves) {
          OG_ASSIGN_OR_RETURN(const bool same, unchanged(row.at, source.after[b].at));
          moves = !same;
        }
        enter(source.after[b++]);
        ++out_.counts.updated;
      } else {
        out_.removed.push_back(row.rid);
        ++out_.counts.deleted;
      }
    }
    for (; b < source.after.size(); ++b) {
      enter(source.after[b]);
      ++out_.counts.inserted;
    }
    if (moves || out_.counts.inserted > 0 || out_.counts.deleted > 0) return name_weighed();
    // Everything was written back as it was: no content changes.
    out_.entering.clear();
    out_.dying.clear();
    out_.counts.updated = 0;
    return {};
  }

  Status name_weighed() {
    out_.many = out_.entering.size() + out_.removed.size() > kMaxTouchedIds;
    if (out_.many) return {};
    std::string scratch;
    for (const EnteringRow& row : out_.entering) {
      OG_ASSIGN_OR_RETURN(const std::string_view id, source_rows_.id(row.at, scratch));
      out_.weighed.emplace_back(id);
    }
    const TableVersion& base = *sides_.base->table(type_.id);
    for (const RowId rid : out_.removed) {
      OG_ASSIGN_OR_RETURN(const std::optional<Location> at, base.locate(rid));
      if (!at) continue;
      OG_ASSIGN_OR_RETURN(const std::string_view id, base_rows_.id(*at, scratch));
      out_.weighed.emplace_back(id);
    }
    return {};
  }

  Result<bool> unchanged(Location base, Location source) {
    OG_ASSIGN_OR_RETURN(const bool same, same_values(base_rows_, base, source_rows_, source));
    if (!same || out_.edge == nullptr) return same;
    return same_ends(*sides_.base, *sides_.source, *out_.edge, base, source);
  }

  // The join of both diffs by id.
  Status decide(const VersionDiff& source_versions, const VersionDiff& target_versions) {
    OG_ASSIGN_OR_RETURN(TableDiff source, diff_table(*sides_.base, *sides_.source, type_,
                                                     source_versions, Rewritten::kUnknown));
    OG_ASSIGN_OR_RETURN(TableDiff target, diff_table(*sides_.base, *sides_.target, type_,
                                                     target_versions, Rewritten::kUnknown));
    out_.many = source.rows.size() > kMaxTouchedIds;
    if (!out_.many) {
      for (const RowDifference& row : source.rows) out_.weighed.emplace_back(row.id);
    }
    std::size_t t = 0;
    for (RowDifference& row : source.rows) {
      for (; t < target.rows.size() && target.rows[t].id < row.id; ++t) only_target(target.rows[t]);
      if (t < target.rows.size() && target.rows[t].id == row.id) {
        RowDifference& other = target.rows[t++];
        OG_RETURN_IF_ERROR(look(row, source_rows_, *sides_.source));
        OG_RETURN_IF_ERROR(look(other, target_rows_, *sides_.target));
        OG_RETURN_IF_ERROR(both(row, other));
        continue;
      }
      // A new version that the source alone has may enter unseen, once it is known that not all are
      // the old ones written again.
      if (exact_ || !moves_ || row.before_rid != row.after_rid) {
        OG_RETURN_IF_ERROR(look(row, source_rows_, *sides_.source));
      }
      moves_ = moves_ || row.kind != Kind::kRewritten;
      only_source(row);
    }
    for (; t < target.rows.size(); ++t) only_target(target.rows[t]);
    return {};
  }

  // Tells a change from a row that was only written anew.
  Status look(RowDifference& row, RowReader& rows, const Snapshot& side) {
    if (row.kind != Kind::kChanged) return {};
    OG_ASSIGN_OR_RETURN(bool same, same_values(base_rows_, *row.before, rows, *row.after));
    if (same && out_.edge != nullptr) {
      OG_ASSIGN_OR_RETURN(same, same_ends(*sides_.base, side, *out_.edge, *row.before, *row.after));
    }
    if (same) row.kind = Kind::kRewritten;
    return {};
  }

  void renumber(RowId known_as, RowId is) {
    if (known_as != kNoRow && is != kNoRow && known_as != is) {
      out_.renumbered.emplace(known_as, is);
    }
  }

  void only_target(const RowDifference& target) { renumber(target.before_rid, target.after_rid); }

  // The target has the entity as the base has it, or has none as the base has none.
  void only_source(const RowDifference& source) {
    switch (source.kind) {
      case Kind::kAdded:
        return enter(source, source.after_rid);
      case Kind::kRemoved:
        return remove(source.before_rid);
      case Kind::kChanged:
        return replace(source, source.before_rid);
      case Kind::kRewritten:
        return renumber(source.after_rid, source.before_rid);
    }
  }

  Status both(const RowDifference& source, const RowDifference& target) {
    renumber(source.after_rid, target.after_rid);
    renumber(target.before_rid, target.after_rid);
    if (!source.before) {
      OG_ASSIGN_OR_RETURN(const bool agree, sides_agree(source, target));
      if (agree) return {};
      return conflict(MergeConflict::Kind::kDivergentInsert, source, target);
    }
    if (source.kind == Kind::kRewritten) return {};  // as in the base: the target decides
    if (target.kind == Kind::kRewritten) {
      if (source.kind == Kind::kRemoved) {
        remove(target.after_rid);
      } else {
        replace(source, target.after_rid);
      }
      return {};
    }
    if (source.kind == Kind::kRemoved && target.kind == Kind::kRemoved) return {};
    if (source.kind == Kind::kRemoved || target.kind == Kind::kRemoved) {
      return conflict(MergeConflict::Kind::kDeleteVsUpdate, source, target);
    }
    OG_ASSIGN_OR_RETURN(const bool agree, sides_agree(source, target));
    if (agree) return {};
    return conflict(MergeConflict::Kind::kDivergentUpdate, source, target);
  }

  Result<bool> sides_agree(const RowDifference& source, const RowDifference& target) {
    OG_ASSIGN_OR_RETURN(const bool same,
                        same_values(source_rows_, *source.after, target_rows_, *target.after));
    if (!same || out_.edge == nullptr) return same;
    return same_ends(*sides_.source, *sides_.target, *out_.edge, *source.after, *target.after);
  }

  void enter(const RowDifference& source, RowId target_rid) {
    EnteringRow row{*source.after, source.after_rid, target_rid};
    row.rewritten = source.after_rid != target_rid;
    out_.entering.push_back(row);
    if (target_rid == source.after_rid && !source.before) ++out_.counts.inserted;
  }

  void replace(const RowDifference& source, RowId target_rid) {
    out_.dying.push_back(target_rid);
    renumber(source.after_rid, target_rid);
    enter(source, target_rid);
    ++out_.counts.updated;
  }

  void remove(RowId target_rid) {
    out_.dying.push_back(target_rid);
    out_.removed.push_back(target_rid);
    ++out_.counts.deleted;
  }

  Status conflict(MergeConflict::Kind kind, const RowDifference& source,
                  const RowDifference& target) {
    MergeConflict out;
    out.kind = kind;
    out.is_edge = out_.edge != nullptr;
    out.type_name = type_.name;
    out.entity_id = std::string(source.id);
    const char* what = kind == MergeConflict::Kind::kDivergentInsert   ? "divergent insert"
                       : kind == MergeConflict::Kind::kDivergentUpdate ? "divergent update"
                                                                       : "delete/update conflict";
    out.message = std::string(what) + " for id '" + *out.entity_id + "'";
    for (std::size_t p = 0; p < type_.properties.size(); ++p) {
      MergeConflict::Field field;
      field.property = type_.properties[p].name;
      OG_ASSIGN_OR_RETURN(field.base, value(base_rows_, p, source.before));
      OG_ASSIGN_OR_RETURN(field.source, value(source_rows_, p, source.after));
      OG_ASSIGN_OR_RETURN(field.target, value(target_rows_, p, target.after));
      if (!disagree(kind, field, source, target)) continue;
      out.fields.push_back(std::move(field));
    }
    if (out_.edge != nullptr) OG_RETURN_IF_ERROR(add_ends(out, kind, source, target));
    out_.conflicts.push_back(std::move(out));
    return {};
  }

  static Result<Value> value(RowReader& rows, std::size_t property,
                             const std::optional<Location>& at) {
    if (!at) return Value();
    return rows.value(property, *at);
  }

  // Divergent sides disagree with each other; where one side removed the entity, the other one
  // disagrees with the base.
  static bool disagree(MergeConflict::Kind kind, const MergeConflict::Field& field,
                       const RowDifference& source, const RowDifference& target) {
    if (kind != MergeConflict::Kind::kDeleteVsUpdate) {
      return !same_value(field.source, field.target);
    }
    if (source.after) return !same_value(field.base, field.source);
    return target.after && !same_value(field.base, field.target);
  }

  Status add_ends(MergeConflict& conflict, MergeConflict::Kind kind, const RowDifference& source,
                  const RowDifference& target) {
    for (const bool from : {true, false}) {
      MergeConflict::Field field;
      field.property = from ? "from" : "to";
      OG_ASSIGN_OR_RETURN(field.base, end(*sides_.base, source.before, from));
      OG_ASSIGN_OR_RETURN(field.source, end(*sides_.source, source.after, from));
      OG_ASSIGN_OR_RETURN(field.target, end(*sides_.target, target.after, from));
      if (disagree(kind, field, source, target)) conflict.fields.push_back(std::move(field));
    }
    return {};
  }

  // The id of an edge's end.
  Result<Value> end(const Snapshot& snapshot, const std::optional<Location>& at, bool from) const {
    if (!at) return Value();
    const Segment& segment = *snapshot.table(type_.id)->parts()[at->part].segment;
    OG_ASSIGN_OR_RETURN(const RowId rid, from ? segment.src(at->row) : segment.dst(at->row));
    const TableVersion& nodes = *snapshot.table(from ? out_.edge->from_id : out_.edge->to_id);
    OG_ASSIGN_OR_RETURN(const std::optional<Location> node, nodes.locate(rid));
    if (!node) return Value();
    OG_ASSIGN_OR_RETURN(std::string id, nodes.parts()[node->part].segment->id_text(node->row));
    return Value(std::move(id));
  }

  const MergeSides& sides_;
  const EntityType& type_;
  bool exact_;
  RowReader base_rows_, source_rows_, target_rows_;
  bool moves_ = false;  // something that the source alone did is a change
  MergedTable out_;
};

}  // namespace

Result<MergedTable> merge_table(const MergeSides& sides, const EntityType& type,
                                Counting counting) {
  return TableMerge(sides, type, counting).run();
}

}  // namespace omnigraph
