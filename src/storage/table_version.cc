#include "storage/table_version.h"

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cassert>

#include "storage/column_cache.h"
#include "storage/column_memory.h"
#include "storage/file_segment.h"
#include "storage/snapshot.h"

namespace omnigraph {
namespace {

// Memory parts are put in classes by rows, each a factor of kClassFactor above the one before. As
// soon as a class holds kClassParts of them they become one: a row is copied O(log rows) times in
// all.
constexpr unsigned kClassBits = 2;
constexpr std::size_t kClassParts = 4;
// Larger memory parts are left alone; folding turns them into file segments.
constexpr std::uint32_t kMaxMergedRows = 1u << 16;

constexpr unsigned kClasses = (std::bit_width(kMaxMergedRows) - 1) / kClassBits + 1;

unsigned size_class(std::uint32_t rows) {
  return rows == 0 ? 0 : (static_cast<unsigned>(std::bit_width(rows)) - 1) / kClassBits;
}

bool mergeable(const TablePart& part) {
  return part.live_rows() <= kMaxMergedRows && part.segment->memory_rows() != nullptr;
}

// Every property that one of the parts holds, with its type; nothing when they disagree on a type.
std::optional<std::vector<std::pair<PropertyId, PropertyType>>> properties_of(
    std::span<const TablePart> parts) {
  std::vector<std::pair<PropertyId, PropertyType>> properties;
  for (const TablePart& part : parts) {
    for (const auto& [property, column] : part.segment->memory_rows()->columns) {
      const auto at = std::find_if(properties.begin(), properties.end(),
                                   [id = property](const auto& p) { return p.first == id; });
      if (at == properties.end()) {
        properties.emplace_back(property, type_of(*column));
      } else if (at->second != type_of(*column)) {
        return std::nullopt;
      }
    }
  }
  return properties;
}

// One part in place of several; false when they cannot be merged.
Result<bool> merge_into_one(std::vector<TablePart>& parts, const std::vector<std::size_t>& which) {
  std::vector<TablePart> inputs;
  for (const std::size_t i : which) inputs.push_back(parts[i]);
  const auto properties = properties_of(inputs);
  if (!properties) return false;
  OG_ASSIGN_OR_RETURN(RowBatch batch, merge_parts(inputs, *properties));
  OG_ASSIGN_OR_RETURN(SegmentPtr merged, make_memory_segment(std::move(batch), true));
  parts[which.front()] = {std::move(merged), nullptr};
  for (std::size_t i = which.size(); i-- > 1;) {
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(which[i]));
  }
  return true;
}

// Merges memory parts until no class is full and none is mostly dead. Each round leaves fewer parts
// or fewer dead rows, so it ends.
Status tidy(std::vector<TablePart>& parts) {
  std::bitset<kClasses> stuck;  // classes whose parts do not fit together
  for (;;) {
    std::array<std::uint32_t, kClasses> sizes{};
    std::optional<std::size_t> mostly_dead;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!mergeable(parts[i])) continue;
      ++sizes[size_class(parts[i].live_rows())];
      if (parts[i].deleted && parts[i].deleted->count() > parts[i].live_rows()) mostly_dead = i;
    }
    unsigned full = 0;
    while (full < kClasses && (sizes[full] < kClassParts || stuck[full])) ++full;
    if (full < kClasses) {
      std::vector<std::size_t> members;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (mergeable(parts[i]) && size_class(parts[i].live_rows()) == full) members.push_back(i);
      }
      OG_ASSIGN_OR_RETURN(const bool merged, merge_into_one(parts, members));
      if (!merged) stuck.set(full);
    } else if (mostly_dead) {
      OG_ASSIGN_OR_RETURN(const bool merged, merge_into_one(parts, {*mostly_dead}));
      assert(merged);
      static_cast<void>(merged);
    } else {
      return {};
    }
  }
}

Result<std::optional<std::uint32_t>> live_row(const TablePart& part, RowId rid) {
  const Segment& segment = *part.segment;
  std::optional<std::uint32_t> nothing;
  if (segment.rows() == 0 || rid < segment.min_rid() || rid > segment.max_rid()) return nothing;
  OG_ASSIGN_OR_RETURN(const std::optional<std::uint32_t> row, segment.row_of(rid));
  if (!row || !part.live(*row)) return nothing;
  return row;
}

// Parts with `dead[i]` rows of part i dead as well; parts without a live row are left out.
std::vector<TablePart> bury(std::vector<TablePart> parts,
                            const std::vector<std::vector<std::uint32_t>>& dead) {
  for (std::size_t i = 0; i < dead.size(); ++i) {
    if (dead[i].empty()) continue;
    TablePart& part = parts[i];
    part.deleted = DeletionBitmap::with(part.deleted.get(), part.segment->rows(), dead[i]);
  }
  std::erase_if(parts, [](const TablePart& part) { return part.live_rows() == 0; });
  return parts;
}

}  // namespace

TableLineage::~TableLineage() {
  if (cache_) cache_->forget(this);
}

void TableLineage::kept_in(std::shared_ptr<ColumnCache> cache) const { cache_ = std::move(cache); }

TableVersion::TableVersion() : lineage_(std::make_shared<const TableLineage>()) {}

TableVersion::TableVersion(std::vector<TablePart> parts,
                           std::shared_ptr<const TableLineage> lineage)
    : parts_(std::move(parts)),
      lineage_(lineage ? std::move(lineage) : std::make_shared<const TableLineage>()) {
  for (const TablePart& part : parts_) {
    live_rows_ += part.live_rows();
    has_deletions_ = has_deletions_ || (part.deleted && part.deleted->count() > 0);
    if (part.segment->rows() > 0) rid_limit_ = std::max(rid_limit_, part.segment->max_rid() + 1);
  }
}

const TableVersionPtr& TableVersion::empty() {
  static const TableVersionPtr version = std::make_shared<const TableVersion>();
  return version;
}

TableVersionPtr TableVersion::reclaimed(std::uint64_t number) {
  auto version = std::make_shared<TableVersion>();
  version->reclaimed_ = number;
  return version;
}

Error reclaimed_error(std::uint64_t number) {
  const std::string version = std::to_string(number);
  return Error(ErrorCode::kInternal,
               "historical published dataset version " + version + " was reclaimed")
      .with({.kind = "history_reclaimed", .fields = {{"version", version}}});
}

Result<std::optional<Location>> TableVersion::locate(RowId rid) const {
  for (std::uint32_t p = 0; p < parts_.size(); ++p) {
    OG_ASSIGN_OR_RETURN(const std::optional<std::uint32_t> row, live_row(parts_[p], rid));
    if (row) return std::optional<Location>(Location{p, *row});
  }
  return std::optional<Location>();
}

Result<std::optional<Location>> TableVersion::find_id(std::string_view id) const {
  std::vector<const FileSegment*> remote;
  for (const TablePart& part : parts_) {
    const FileSegment* file = part.segment->remote_file();
    if (file != nullptr) remote.push_back(file);
  }
  if (!remote.empty()) OG_RETURN_IF_ERROR(FileSegment::warm(remote, id));
  const std::uint64_t hash = tuple_hash(id);
  // Newest first: what was written last is asked for most.
  for (std::size_t p = parts_.size(); p-- > 0;) {
    OG_ASSIGN_OR_RETURN(const std::optional<std::uint32_t> row,
                        parts_[p].segment->find_id(id, hash));
    if (row && parts_[p].live(*row)) {
      return std::optional<Location>(Location{static_cast<std::uint32_t>(p), *row});
    }
  }
  return std::optional<Location>();
}

Result<RowId> TableVersion::rid(Location at) const {
  assert(at.part < parts_.size() && at.row < parts_[at.part].segment->rows());
  return parts_[at.part].segment->rid(at.row);
}

Result<std::shared_ptr<const std::vector<std::uint64_t>>> TableVersion::locator() const {
  if (parts_.size() == 1 && !has_deletions_ && parts_[0].segment->dense_rids()) {
    return std::shared_ptr<const std::vector<std::uint64_t>>();
  }
  const std::lock_guard lock(locator_mutex_);
  if (locator_) return locator_;
  auto map = std::make_shared<std::vector<std::uint64_t>>(rid_limit_, kAbsent);
  for (std::uint32_t p = 0; p < parts_.size(); ++p) {
    const TablePart& part = parts_[p];
    const std::uint64_t high = std::uint64_t{p} << 32;
    if (part.segment->dense_rids()) {
      std::uint64_t* out = map->data() + part.segment->rid_base();
      for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
        if (part.live(row)) out[row] = high | row;
      }
      continue;
    }
    OG_ASSIGN_OR_RETURN(const auto rids, part.segment->rids());
    for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
      if (part.live(row)) (*map)[(*rids)[row]] = high | row;
    }
  }
  locator_ = std::move(map);
  return locator_;
}

Result<TableVersionPtr> TableVersion::apply(bool clear, std::span<const RowId> deleted,
                                            std::span<const SegmentPtr> added,
                                            std::span<const TablePart> adopted) const {
  if (reclaimed_ && !clear) return reclaimed(*reclaimed_);
  std::vector<TablePart> parts;
  parts.reserve((clear ? 0 : parts_.size()) + added.size() + adopted.size());
  if (!clear) {
    parts = parts_;
    if (!deleted.empty()) {
      std::vector<std::vector<std::uint32_t>> dead(parts_.size());
      for (std::size_t i = 0; i < deleted.size(); ++i) {
        OG_ASSIGN_OR_RETURN(const std::optional<Location> at, locate(deleted[i]));
        if (!at || (i > 0 && deleted[i] <= deleted[i - 1])) {
          return corrupt("a commit deletes row " + std::to_string(deleted[i]) +
                         ", which is not live; run `omnigraph repair`");
        }
        dead[at->part].push_back(at->row);
      }
      parts = bury(std::move(parts), dead);
    }
  }
  for (const SegmentPtr& segment : added) {
    if (segment->rows() > 0) parts.push_back({segment, nullptr});
  }
  for (const TablePart& part : adopted) {
    if (part.live_rows() > 0) parts.push_back(part);
  }
  OG_RETURN_IF_ERROR(tidy(parts));
  // The empty version is everybody's: what comes after it begins a lineage.
  TableVersionPtr version =
      std::make_shared<const TableVersion>(std::move(parts), parts_.empty() ? nullptr : lineage_);
  return version;
}

Result<TablePart> adopted_part(const AdoptedSegment& adopted, SegmentSource& source) {
  TablePart part;
  OG_ASSIGN_OR_RETURN(part.segment, source.segment(adopted.ref));
  if (adopted.dead.empty()) return part;
  OG_ASSIGN_OR_RETURN(part.deleted, DeletionBitmap::decode(adopted.dead, part.segment->rows()));
  return part;
}

Result<TableVersionPtr> apply_change(const TableVersion& before, const TableChange& change, Gsn gsn,
                                     SegmentSource& source) {
  std::vector<SegmentPtr> added;
  added.reserve(change.segments.size() + change.inline_rows.size());
  for (const SegmentRef& ref : change.segments) {
    OG_ASSIGN_OR_RETURN(SegmentPtr segment, source.segment(ref));
    added.push_back(std::move(segment));
  }
  std::vector<TablePart> adopted;
  adopted.reserve(change.adopted.size());
  for (const AdoptedSegment& segment : change.adopted) {
    OG_ASSIGN_OR_RETURN(TablePart part, adopted_part(segment, source));
    adopted.push_back(std::move(part));
  }
  for (const RowBatch& rows : change.inline_rows) {
    if (rows.rows == 0) continue;
    if (rows.rids.size() != rows.rows) return corrupt("inline rows lack row ids");
    RowBatch batch = rows;
    if (batch.gsns.empty()) batch.gsn = gsn;
    OG_ASSIGN_OR_RETURN(SegmentPtr segment, make_memory_segment(std::move(batch)));
    added.push_back(std::move(segment));
  }
  return before.apply(change.clear, change.deleted, added, adopted);
}

namespace {

// The work of one replace(): which rows of the output, and of the memory parts, are dead
// afterwards.
class Replacement {
 public:
  Replacement(const std::vector<TablePart>& parts, const SegmentPtr& output)
      : parts_(parts), output_(output), dead_(parts.size()), input_(parts.size(), false) {}

  // Marks the part of this segment as an input; its index, or nothing when it is gone.
  std::optional<std::size_t> take(const SegmentId& id) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (parts_[p].segment->id() != id) continue;
      input_[p] = true;
      if (!first_input_) first_input_ = p;
      return p;
    }
    return std::nullopt;
  }

  // An input that had the rows of `dropped` dead (null: none) when it was folded. False when one of
  // them lives here.
  Result<bool> file_input(std::size_t p, const DeletionBitmap* dropped) {
    const TablePart& part = parts_[p];
    folded_rows_ += part.segment->rows() - (dropped != nullptr ? dropped->count() : 0);
    const std::size_t chunks = part.deleted ? part.deleted->chunks() : 0;
    if (dropped != nullptr && dropped->count() > 0 && chunks == 0) return false;
    constexpr std::size_t kWords = DeletionBitmap::kChunkRows / 64;
    for (std::uint32_t c = 0; c < chunks; ++c) {
      const std::uint64_t* now = part.deleted->words(c);
      const std::uint64_t* then = dropped != nullptr ? dropped->words(c) : nullptr;
      for (std::uint32_t w = 0; w < kWords; ++w) {
        const std::uint64_t before = then != nullptr ? then[w] : 0;
        const std::uint64_t after = now != nullptr ? now[w] : 0;
        if ((before & ~after) != 0) return false;
        for (std::uint64_t died = after & ~before; died != 0; died &= died - 1) {
          const std::uint32_t row = c * DeletionBitmap::kChunkRows + w * 64 +
                                    static_cast<std::uint32_t>(std::countr_zero(died));
          OG_ASSIGN_OR_RETURN(const RowId rid, part.segment->rid(row));
          OG_ASSIGN_OR_RETURN(const std::optional<std::uint32_t> at, output_->row_of(rid));
          if (!at) return lacks(rid);
          dead_output_.push_back(*at);
        }
      }
    }
    return true;
  }

  // An input whose bitmap then is unknown: each live row must be in the output, as it is here.
  // False when one is not.
  Result<bool> unknown_input(std::size_t p) {
    const TablePart& part = parts_[p];
    OG_ASSIGN_OR_RETURN(const auto rids, part.segment->rids());
    OG_ASSIGN_OR_RETURN(const auto gsns, part.segment->gsns());
    for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
      if (!part.live(row)) continue;
      OG_ASSIGN_OR_RETURN(const bool held, match((*rids)[row], (*gsns)[row]));
      if (!held) return false;
    }
    return true;
  }

  // Inline rows up to `through` that the output holds leave their parts.
  Status inline_rows(Gsn through) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      const TablePart& part = parts_[p];
      if (input_[p] || part.segment->memory_rows() == nullptr) continue;
      OG_ASSIGN_OR_RETURN(const auto rids, part.segment->rids());
      OG_ASSIGN_OR_RETURN(const auto gsns, part.segment->gsns());
      for (std::uint32_t row = 0; row < part.segment->rows(); ++row) {
        if (!part.live(row) || (*gsns)[row] > through) continue;
        OG_ASSIGN_OR_RETURN(const bool held, match((*rids)[row], (*gsns)[row]));
        if (held) dead_[p].push_back(row);
      }
    }
    // The output's other rows came from inline rows too, but died since.
    if (output_->rows() - folded_rows_ != matched_.size()) return mark_unmatched(true);
    return {};
  }

  // Output rows that nothing matched are dead.
  Status mark_unmatched(bool with_file_inputs) {
    std::vector<bool> alive(output_->rows(), false);
    for (const std::uint32_t row : matched_) alive[row] = true;
    for (std::size_t p = 0; with_file_inputs && p < parts_.size(); ++p) {
      if (!input_[p]) continue;
      // Rows that died in a file input since are in dead_output_ already; the others are alive.
      OG_ASSIGN_OR_RETURN(const auto rids, parts_[p].segment->rids());
      for (std::uint32_t row = 0; row < parts_[p].segment->rows(); ++row) {
        if (!parts_[p].live(row)) continue;
        OG_ASSIGN_OR_RETURN(const std::optional<std::uint32_t> at, output_->row_of((*rids)[row]));
        if (!at) return lacks((*rids)[row]);
        alive[*at] = true;
      }
    }
    dead_output_.clear();
    for (std::uint32_t row = 0; row < output_->rows(); ++row) {
      if (!alive[row]) dead_output_.push_back(row);
    }
    return {};
  }

  std::vector<TablePart> result() const {
    TablePart output{output_, nullptr};
    if (!dead_output_.empty()) {
      output.deleted = DeletionBitmap::with(nullptr, output_->rows(), dead_output_);
    }
    std::vector<TablePart> parts;
    const std::size_t place = first_input_.value_or(0);
    if (parts_.empty() || place == parts_.size()) parts.push_back(output);
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (p == place) parts.push_back(output);
      if (input_[p]) continue;
      parts.push_back(parts_[p]);
      if (dead_[p].empty()) continue;
      TablePart& part = parts.back();
      part.deleted = DeletionBitmap::with(part.deleted.get(), part.segment->rows(), dead_[p]);
    }
    std::erase_if(parts, [](const TablePart& part) { return part.live_rows() == 0; });
    return parts;
  }

 private:
  Error lacks(RowId rid) const {
    return corrupt("segment " + output_->id().text() + " lacks row " + std::to_string(rid) +
                   " of the segments it replaces; run `omnigraph repair`");
  }

  Result<bool> match(RowId rid, Gsn gsn) {
    if (rid < output_->min_rid() || rid > output_->max_rid()) return false;
    OG_ASSIGN_OR_RETURN(const std::optional<std::uint32_t> at, output_->row_of(rid));
    if (!at) return false;
    OG_ASSIGN_OR_RETURN(const Gsn held, output_->gsn(*at));
    if (held != gsn) return false;
    matched_.push_back(*at);
    return true;
  }

  const std::vector<TablePart>& parts_;
  const SegmentPtr& output_;
  std::vector<std::vector<std::uint32_t>> dead_;  // rows of each part that moved to the output
  std::vector<bool> input_;
  std::optional<std::size_t> first_input_;
  std::vector<std::uint32_t> dead_output_, matched_;
  std::uint64_t folded_rows_ = 0;  // rows of the output that came from file inputs
};

}  // namespace

Result<TableVersionPtr> TableVersion::replace(std::span<const SegmentId> inputs,
                                              std::span<const std::string> dropped,
                                              Gsn inline_through, const SegmentPtr& output) const {
  if (!dropped.empty() && dropped.size() != inputs.size()) {
    return corrupt("a fold names " + std::to_string(inputs.size()) + " inputs and " +
                   std::to_string(dropped.size()) + " bitmaps");
  }
  Replacement replacement(parts_, output);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].is_nil()) continue;
    const std::optional<std::size_t> part = replacement.take(inputs[i]);
    if (!part) return TableVersionPtr();
    std::shared_ptr<const DeletionBitmap> bitmap;
    if (!dropped.empty() && !dropped[i].empty()) {
      OG_ASSIGN_OR_RETURN(bitmap,
                          DeletionBitmap::decode(dropped[i], parts_[*part].segment->rows()));
    }
    OG_ASSIGN_OR_RETURN(const bool applies, replacement.file_input(*part, bitmap.get()));
    if (!applies) return TableVersionPtr();
  }
  if (inline_through > 0) OG_RETURN_IF_ERROR(replacement.inline_rows(inline_through));
  std::vector<TablePart> parts = replacement.result();
  OG_RETURN_IF_ERROR(tidy(parts));
  TableVersionPtr version = std::make_shared<const TableVersion>(std::move(parts), lineage_);
  return version;
}

Result<TableVersionPtr> TableVersion::replace(std::span<const SegmentId> inputs,
                                              const SegmentPtr& output) const {
  Replacement replacement(parts_, output);
  for (const SegmentId& id : inputs) {
    if (id.is_nil()) continue;
    const std::optional<std::size_t> part = replacement.take(id);
    if (!part) return TableVersionPtr();
    OG_ASSIGN_OR_RETURN(const bool applies, replacement.unknown_input(*part));
    if (!applies) return TableVersionPtr();
  }
  OG_RETURN_IF_ERROR(replacement.mark_unmatched(false));
  std::vector<TablePart> parts = replacement.result();
  TableVersionPtr version = std::make_shared<const TableVersion>(std::move(parts), lineage_);
  return version;
}

}  // namespace omnigraph
