// One table at one moment: an ordered list of segments, each with the rows of it that are dead. A
// value that never changes; a commit makes a new one that shares whatever it did not touch.
// Thread-safe.
//
// Every live row id occurs in exactly one part. Parts that are small and in memory are merged with
// their like as they are added (sizes grow geometrically), so a version of n inline rows has
// O(log n) of them; that changes nothing on the store.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "storage/ids.h"
#include "storage/segment.h"

namespace omnigraph {

// Dead rows of one segment: persistent, in chunks of 64K rows that versions share.
class DeletionBitmap {
 public:
  static constexpr std::uint32_t kChunkRows = 1u << 16;
  bool contains(std::uint32_t row) const {
    const auto& chunk = chunks_[row >> 16];
    return chunk != nullptr && (((*chunk)[(row & 0xFFFF) >> 6] >> (row & 63)) & 1) != 0;
  }
  std::uint32_t count() const { return count_; }
  // The 1,024 words of a chunk, or null when the chunk has no dead row.
  const std::uint64_t* words(std::uint32_t chunk) const {
    return chunks_[chunk] ? chunks_[chunk]->data() : nullptr;
  }
  std::size_t chunks() const { return chunks_.size(); }
  // A bitmap with `rows` dead as well; `base` may be null. Copies only the chunks it touches.
  static std::shared_ptr<const DeletionBitmap> with(const DeletionBitmap* base,
                                                    std::uint32_t segment_rows,
                                                    std::span<const std::uint32_t> rows);
  void encode(std::string& out) const;  // format in deletion_bitmap.cc
  static Result<std::shared_ptr<const DeletionBitmap>> decode(std::string_view bytes,
                                                              std::uint32_t segment_rows);

 private:
  using Chunk = std::vector<std::uint64_t>;
  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::uint32_t count_ = 0;
};

struct TablePart {
  SegmentPtr segment;
  std::shared_ptr<const DeletionBitmap> deleted;  // null: none
  bool live(std::uint32_t row) const { return !deleted || !deleted->contains(row); }
  std::uint32_t live_rows() const { return segment->rows() - (deleted ? deleted->count() : 0); }
};

struct Location {
  std::uint32_t part = 0;
  std::uint32_t row = 0;
};

// What the versions of one table have in common that came from one another: its address names what
// readers derive from several segments at once and keep in the segments' cache. Thread-safe.
class TableLineage {
 public:
  TableLineage() = default;
  TableLineage(const TableLineage&) = delete;
  TableLineage& operator=(const TableLineage&) = delete;
  ~TableLineage();
  // Held by whoever looks for a derived part and makes it when it is not there.
  [[nodiscard]] std::unique_lock<std::mutex> deriving() const { return std::unique_lock(mutex_); }
  // Parts kept in `cache` under this address go with it. While deriving.
  void kept_in(std::shared_ptr<ColumnCache> cache) const;

 private:
  mutable std::mutex mutex_;  // guards what follows
  mutable std::shared_ptr<ColumnCache> cache_;
};

class TableVersion;
using TableVersionPtr = std::shared_ptr<const TableVersion>;

class TableVersion {
 public:
  TableVersion();
  // `lineage`: of the version that this one was made from; null when it is the first.
  explicit TableVersion(std::vector<TablePart> parts,
                        std::shared_ptr<const TableLineage> lineage = nullptr);
  static const TableVersionPtr& empty();
  // Stands for a version of the type that a cleanup gave up; `number` is its published version.
  // Has no parts: whoever reads a table of the past asks for reclaimed() first.
  static TableVersionPtr reclaimed(std::uint64_t number);
  std::optional<std::uint64_t> reclaimed() const { return reclaimed_; }

  const std::vector<TablePart>& parts() const { return parts_; }
  const std::shared_ptr<const TableLineage>& lineage() const { return lineage_; }
  std::uint64_t live_rows() const { return live_rows_; }
  bool has_deletions() const { return has_deletions_; }
  // One above the largest row id that any part holds; 0 when empty.
  RowId rid_limit() const { return rid_limit_; }

  // The live row of an id; nullopt when it has none here. O(parts).
  Result<std::optional<Location>> locate(RowId rid) const;
  Result<std::optional<Location>> find_id(std::string_view id) const;
  Result<RowId> rid(Location at) const;
  // Flat map rid → Location packed as part << 32 | row, kAbsent for none; built on first use for
  // versions of several parts, then cached. Null when the version is one dense segment without
  // deletions (row = rid - base).
  static constexpr std::uint64_t kAbsent = ~std::uint64_t{0};
  Result<std::shared_ptr<const std::vector<std::uint64_t>>> locator() const;

  // What one commit does to this table: `deleted` rows die (removed or superseded), `added`
  // segments join, so do `adopted` ones with the rows that are dead in them; `clear` drops every
  // earlier part first. Error kCorrupt if a deleted id is not live (except with clear). A reclaimed
  // version stays one until it is cleared.
  Result<TableVersionPtr> apply(bool clear, std::span<const RowId> deleted,
                                std::span<const SegmentPtr> added,
                                std::span<const TablePart> adopted = {}) const;
  // Folding: the parts whose segment ids are `inputs` (nil ids are skipped: they stand for inline
  // rows) and the inline rows written up to gsn `inline_through` (0: none) give way to `output`.
  // `dropped[i]` is the encoded deletion bitmap that input i had when it was folded (empty: none).
  // Rows that died since are dead in the output; inline rows that the output does not hold stay
  // where they are. Null when an input is gone or has a row alive that the fold dropped: then the
  // fold does not apply to this version. Reads only the row ids of rows that died since, and those
  // of inline rows. Error kCorrupt when the output lacks a row of its inputs.
  Result<TableVersionPtr> replace(std::span<const SegmentId> inputs,
                                  std::span<const std::string> dropped, Gsn inline_through,
                                  const SegmentPtr& output) const;
  // The same for file inputs without their bitmaps: compares (row id, gsn) of every row.
  Result<TableVersionPtr> replace(std::span<const SegmentId> inputs,
                                  const SegmentPtr& output) const;

 private:
  std::vector<TablePart> parts_;
  std::shared_ptr<const TableLineage> lineage_;
  std::uint64_t live_rows_ = 0;
  RowId rid_limit_ = 0;
  bool has_deletions_ = false;
  std::optional<std::uint64_t> reclaimed_;
  mutable std::mutex locator_mutex_;  // guards locator_
  mutable std::shared_ptr<const std::vector<std::uint64_t>> locator_;
};

// "historical published dataset version N was reclaimed", with details of kind `history_reclaimed`.
Error reclaimed_error(std::uint64_t number);

// Live rows of the parts, merged in segment order (nodes by id, edges by (_src, _dst, id)), with
// their rids and gsns: the rows of a fold.
Result<RowBatch> merge_parts(std::span<const TablePart> parts,
                             std::span<const std::pair<PropertyId, PropertyType>> properties);

}  // namespace omnigraph
