#include "history/table_diff.h"

#include <algorithm>
#include <bit>
#include <unordered_map>

#include "history/row_reader.h"
#include "storage/segment_cache.h"

namespace omnigraph {
namespace {

// Row ids and gsns of a part are read as whole columns when at least one of so many rows differs.
constexpr std::size_t kRowsPerRead = 64;
// Ids stand in blocks of this size, or of about what few rows need.
constexpr std::size_t kIdBlock = 1 << 16;
constexpr std::size_t kIdBytes = 32;
constexpr std::uint32_t kChunkWords = DeletionBitmap::kChunkRows / 64;

// Rows of a segment of which only one side's bitmap says that they live.
class PartComparison {
 public:
  PartComparison(const TablePart& before, const TablePart& after)
      : before_(before.deleted.get()), after_(after.deleted.get()), rows_(before.segment->rows()) {}

  // Calls visit(row, lives_after).
  template <typename Visit>
  void for_each(Visit visit) const {
    if (before_ == after_) return;
    const std::size_t chunks = std::max(before_ != nullptr ? before_->chunks() : 0,
                                        after_ != nullptr ? after_->chunks() : 0);
    for (std::size_t c = 0; c < chunks; ++c) {
      const std::uint64_t* old_words = words(before_, c);
      const std::uint64_t* new_words = words(after_, c);
      if (old_words == new_words) continue;  // shared, or no deletion on either side
      for (std::uint32_t w = 0; w < kChunkWords; ++w) {
        const std::uint64_t dead_before = old_words != nullptr ? old_words[w] : 0;
        const std::uint64_t dead_after = new_words != nullptr ? new_words[w] : 0;
        for (std::uint64_t differ = dead_before ^ dead_after; differ != 0; differ &= differ - 1) {
          const auto bit = static_cast<std::uint32_t>(std::countr_zero(differ));
          const std::uint32_t row =
              static_cast<std::uint32_t>(c) * DeletionBitmap::kChunkRows + w * 64 + bit;
          if (row < rows_) visit(row, ((dead_after >> bit) & 1) == 0);
        }
      }
    }
  }

 private:
  static const std::uint64_t* words(const DeletionBitmap* bitmap, std::size_t chunk) {
    if (bitmap == nullptr || chunk >= bitmap->chunks()) return nullptr;
    return bitmap->words(static_cast<std::uint32_t>(chunk));
  }

  const DeletionBitmap* before_;
  const DeletionBitmap* after_;
  std::uint32_t rows_;
};

// The part of `version` that lists the same segment.
class PartFinder {
 public:
  explicit PartFinder(const TableVersion& version) {
    for (std::uint32_t p = 0; p < version.parts().size(); ++p) {
      const Segment& segment = *version.parts()[p].segment;
      if (segment.id().is_nil()) {
        in_memory_.emplace(&segment, p);
      } else {
        stored_.emplace(segment.id(), p);
      }
    }
  }
  std::optional<std::uint32_t> find(const Segment& segment) const {
    if (segment.id().is_nil()) {
      const auto at = in_memory_.find(&segment);
      return at == in_memory_.end() ? std::nullopt : std::optional(at->second);
    }
    const auto at = stored_.find(segment.id());
    return at == stored_.end() ? std::nullopt : std::optional(at->second);
  }

 private:
  std::unordered_map<const Segment*, std::uint32_t> in_memory_;
  std::unordered_map<SegmentId, std::uint32_t, UlidHash> stored_;
};

// Adds rows of one part with their row ids and gsns.
Status add_rows(const TableVersion& version, std::uint32_t part,
                const std::vector<std::uint32_t>& rows, std::vector<RowVersion>& out) {
  if (rows.empty()) return {};
  const Segment& segment = *version.parts()[part].segment;
  if (rows.size() * kRowsPerRead < segment.rows()) {
    for (const std::uint32_t row : rows) {
      RowVersion at{kNoRow, {part, row}, 0};
      OG_ASSIGN_OR_RETURN(at.rid, segment.rid(row));
      OG_ASSIGN_OR_RETURN(at.gsn, segment.gsn(row));
      out.push_back(at);
    }
    return {};
  }
  OG_ASSIGN_OR_RETURN(const auto gsns, segment.gsns());
  std::shared_ptr<const std::vector<RowId>> rids;
  if (!segment.dense_rids()) {
    OG_ASSIGN_OR_RETURN(rids, segment.rids());
  }
  out.reserve(out.size() + rows.size());
  for (const std::uint32_t row : rows) {
    out.push_back({rids ? (*rids)[row] : segment.rid_base() + row, {part, row}, (*gsns)[row]});
  }
  return {};
}

Status add_live_rows(const TableVersion& version, std::uint32_t part,
                     std::vector<RowVersion>& out) {
  const TablePart& of = version.parts()[part];
  std::vector<std::uint32_t> rows;
  rows.reserve(of.live_rows());
  for (std::uint32_t row = 0; row < of.segment->rows(); ++row) {
    if (of.live(row)) rows.push_back(row);
  }
  return add_rows(version, part, rows, out);
}

void sort_by_rid(std::vector<RowVersion>& rows) {
  const auto less = [](const RowVersion& a, const RowVersion& b) { return a.rid < b.rid; };
  if (!std::is_sorted(rows.begin(), rows.end(), less)) std::sort(rows.begin(), rows.end(), less);
}

// Drops the row versions that both sides hold.
void cancel(VersionDiff& diff) {
  std::size_t kept_before = 0, kept_after = 0, a = 0, b = 0;
  auto& before = diff.before;
  auto& after = diff.after;
  while (a < before.size() && b < after.size()) {
    if (before[a].rid == after[b].rid) {
      if (before[a].gsn != after[b].gsn) {
        before[kept_before++] = before[a];
        after[kept_after++] = after[b];
      }
      ++a;
      ++b;
    } else if (before[a].rid < after[b].rid) {
      before[kept_before++] = before[a++];
    } else {
      after[kept_after++] = after[b++];
    }
  }
  while (a < before.size()) before[kept_before++] = before[a++];
  while (b < after.size()) after[kept_after++] = after[b++];
  before.resize(kept_before);
  after.resize(kept_after);
}

std::uint64_t prefix_of(std::string_view id) {
  std::uint64_t prefix = 0;
  const std::size_t bytes = std::min<std::size_t>(id.size(), 8);
  for (std::size_t i = 0; i < bytes; ++i) {
    prefix |= static_cast<std::uint64_t>(static_cast<unsigned char>(id[i])) << (56 - 8 * i);
  }
  return prefix;
}

class Comparison {
 public:
  Comparison(const Snapshot& before, const Snapshot& after, const EntityType& type,
             Rewritten rewritten)
      : before_(before),
        after_(after),
        edge_(before.catalog().edge(type.id)),
        old_rows_(before.table(type.id), type),
        new_rows_(after.table(type.id), type),
        rewritten_(rewritten) {}

  Result<TableDiff> run(const VersionDiff& versions) {
    id_block_ = std::min(kIdBlock, (versions.before.size() + versions.after.size()) * kIdBytes);
    expect(versions.before, old_rows_);
    expect(versions.after, new_rows_);
    OG_RETURN_IF_ERROR(pair_by_rid(versions));
    if (!removed_.empty() && !added_.empty()) OG_RETURN_IF_ERROR(pair_by_id());
    for (const RowVersion& row : removed_) {
      OG_RETURN_IF_ERROR(add(RowDifference::Kind::kRemoved, &row, nullptr));
    }
    for (const RowVersion& row : added_) {
      OG_RETURN_IF_ERROR(add(RowDifference::Kind::kAdded, nullptr, &row));
    }
    sort_by_id();
    return std::move(out_);
  }

 private:
  static void expect(const std::vector<RowVersion>& rows, RowReader& reader) {
    std::vector<std::size_t> counts(reader.version().parts().size());
    for (const RowVersion& row : rows) ++counts[row.at.part];
    for (std::uint32_t p = 0; p < counts.size(); ++p) {
      if (counts[p] > 0) reader.expect(p, counts[p]);
    }
  }

  Status pair_by_rid(const VersionDiff& versions) {
    std::size_t b = 0;
    for (const RowVersion& old_row : versions.before) {
      for (; b < versions.after.size() && versions.after[b].rid < old_row.rid; ++b) {
        added_.push_back(versions.after[b]);
      }
      if (b < versions.after.size() && versions.after[b].rid == old_row.rid) {
        OG_RETURN_IF_ERROR(pair(old_row, versions.after[b++]));
      } else {
        removed_.push_back(old_row);
      }
    }
    added_.insert(added_.end(), versions.after.begin() + static_cast<std::ptrdiff_t>(b),
                  versions.after.end());
    return {};
  }

  // Entities that were removed and came back under another row id.
  Status pair_by_id() {
    std::unordered_map<std::string, std::size_t> gone;
    std::string scratch;
    for (std::size_t i = 0; i < removed_.size(); ++i) {
      OG_ASSIGN_OR_RETURN(const std::string_view id, old_rows_.id(removed_[i].at, scratch));
      gone.emplace(id, i);
    }
    std::vector<bool> paired(removed_.size(), false);
    std::vector<RowVersion> added;
    for (const RowVersion& row : added_) {
      OG_ASSIGN_OR_RETURN(const std::string_view id, new_rows_.id(row.at, scratch));
      const auto at = gone.find(std::string(id));
      if (at == gone.end()) {
        added.push_back(row);
        continue;
      }
      paired[at->second] = true;
      OG_RETURN_IF_ERROR(pair(removed_[at->second], row));
    }
    added_ = std::move(added);
    std::vector<RowVersion> removed;
    for (std::size_t i = 0; i < removed_.size(); ++i) {
      if (!paired[i]) removed.push_back(removed_[i]);
    }
    removed_ = std::move(removed);
    return {};
  }

  Status pair(const RowVersion& old_row, const RowVersion& new_row) {
    if (rewritten_ == Rewritten::kUnknown) {
      return add(RowDifference::Kind::kChanged, &old_row, &new_row);
    }
    OG_ASSIGN_OR_RETURN(bool same, same_values(old_rows_, old_row.at, new_rows_, new_row.at));
    if (same && edge_ != nullptr) {
      OG_ASSIGN_OR_RETURN(same, same_ends(before_, after_, *edge_, old_row.at, new_row.at));
    }
    if (same && rewritten_ == Rewritten::kLeaveOut) return {};
    return add(same ? RowDifference::Kind::kRewritten : RowDifference::Kind::kChanged, &old_row,
               &new_row);
  }

  Status add(RowDifference::Kind kind, const RowVersion* old_row, const RowVersion* new_row) {
    RowDifference row;
    row.kind = kind;
    std::string_view id;
    if (new_row != nullptr) {
      row.after = new_row->at;
      row.after_rid = new_row->rid;
      OG_ASSIGN_OR_RETURN(id, new_rows_.id(new_row->at, scratch_));
    }
    if (old_row != nullptr) {
      row.before = old_row->at;
      row.before_rid = old_row->rid;
      if (new_row == nullptr) {
        OG_ASSIGN_OR_RETURN(id, old_rows_.id(old_row->at, scratch_));
      }
    }
    row.id = keep(id);
    out_.rows.push_back(row);
    return {};
  }

  std::string_view keep(std::string_view id) {
    if (out_.ids.empty() || out_.ids.back().capacity() - out_.ids.back().size() < id.size()) {
      out_.ids.emplace_back().reserve(std::max(id.size(), id_block_));
    }
    std::string& block = out_.ids.back();
    const std::size_t at = block.size();
    block.append(id);  // never beyond its capacity, so earlier views stay
    return std::string_view(block).substr(at);
  }

  void sort_by_id() {
    struct Key {
      std::uint64_t prefix;
      std::uint32_t row;
    };
    std::vector<Key> keys;
    keys.reserve(out_.rows.size());
    for (std::uint32_t i = 0; i < out_.rows.size(); ++i) {
      keys.push_back({prefix_of(out_.rows[i].id), i});
    }
    const auto less = [this](const Key& a, const Key& b) {
      if (a.prefix != b.prefix) return a.prefix < b.prefix;
      return out_.rows[a.row].id < out_.rows[b.row].id;
    };
    if (std::is_sorted(keys.begin(), keys.end(), less)) return;
    std::sort(keys.begin(), keys.end(), less);
    std::vector<RowDifference> sorted;
    sorted.reserve(keys.size());
    for (const Key& key : keys) sorted.push_back(out_.rows[key.row]);
    out_.rows = std::move(sorted);
  }

  const Snapshot& before_;
  const Snapshot& after_;
  const EdgeType* edge_;  // null: nodes
  RowReader old_rows_, new_rows_;
  Rewritten rewritten_;
  std::vector<RowVersion> removed_, added_;  // not paired by row id
  std::string scratch_;
  std::size_t id_block_ = kIdBlock;
  TableDiff out_;
};

// The id of the node that an edge ends at.
Result<std::string> node_id(const Snapshot& snapshot, TypeId nodes, RowId rid) {
  const TableVersion& version = *snapshot.table(nodes);
  if (version.reclaimed()) return reclaimed_error(*version.reclaimed());
  OG_ASSIGN_OR_RETURN(const std::optional<Location> at, version.locate(rid));
  if (!at) {
    return corrupt("an edge ends at row id " + std::to_string(rid) + ", which no live node has");
  }
  return version.parts()[at->part].segment->id_text(at->row);
}

}  // namespace

Result<VersionDiff> diff_versions(const TableVersion& before, const TableVersion& after) {
  VersionDiff diff;
  if (&before == &after) return diff;
  const PartFinder in_after(after);
  std::vector<bool> shared(after.parts().size(), false);
  std::vector<std::uint32_t> died, born;
  for (std::uint32_t p = 0; p < before.parts().size(); ++p) {
    const std::optional<std::uint32_t> same = in_after.find(*before.parts()[p].segment);
    if (!same) {
      OG_RETURN_IF_ERROR(add_live_rows(before, p, diff.before));
      continue;
    }
    shared[*same] = true;
    died.clear();
    born.clear();
    PartComparison(before.parts()[p], after.parts()[*same])
        .for_each([&](std::uint32_t row, bool lives_after) {
          (lives_after ? born : died).push_back(row);
        });
    OG_RETURN_IF_ERROR(add_rows(before, p, died, diff.before));
    OG_RETURN_IF_ERROR(add_rows(after, *same, born, diff.after));
  }
  for (std::uint32_t p = 0; p < after.parts().size(); ++p) {
    if (!shared[p]) OG_RETURN_IF_ERROR(add_live_rows(after, p, diff.after));
  }
  sort_by_rid(diff.before);
  sort_by_rid(diff.after);
  cancel(diff);
  return diff;
}

Result<TableDiff> diff_table(const Snapshot& before, const Snapshot& after, const EntityType& type,
                             Rewritten rewritten) {
  OG_ASSIGN_OR_RETURN(const VersionDiff versions,
                      diff_versions(*before.table(type.id), *after.table(type.id)));
  return diff_table(before, after, type, versions, rewritten);
}

Result<TableDiff> diff_table(const Snapshot& before, const Snapshot& after, const EntityType& type,
                             const VersionDiff& versions, Rewritten rewritten) {
  if (versions.empty()) return TableDiff{};
  return Comparison(before, after, type, rewritten).run(versions);
}

Result<bool> same_ends(const Snapshot& before, const Snapshot& after, const EdgeType& edge,
                       Location old_row, Location new_row) {
  const Segment& was = *before.table(edge.id)->parts()[old_row.part].segment;
  const Segment& is = *after.table(edge.id)->parts()[new_row.part].segment;
  OG_ASSIGN_OR_RETURN(const RowId old_src, was.src(old_row.row));
  OG_ASSIGN_OR_RETURN(const RowId new_src, is.src(new_row.row));
  OG_ASSIGN_OR_RETURN(const RowId old_dst, was.dst(old_row.row));
  OG_ASSIGN_OR_RETURN(const RowId new_dst, is.dst(new_row.row));
  // A row id stands for one node id for ever; a node id may have had several row ids.
  const auto same = [&](TypeId nodes, RowId one, RowId other) -> Result<bool> {
    if (one == other) return true;
    OG_ASSIGN_OR_RETURN(const std::string old_id, node_id(before, nodes, one));
    OG_ASSIGN_OR_RETURN(const std::string new_id, node_id(after, nodes, other));
    return old_id == new_id;
  };
  OG_ASSIGN_OR_RETURN(const bool sources, same(edge.from_id, old_src, new_src));
  if (!sources) return false;
  return same(edge.to_id, old_dst, new_dst);
}

}  // namespace omnigraph
