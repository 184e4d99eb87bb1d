// The container of all that belongs to one segment beside its rows: index/<segment>. One object of
// sections; a head with a CRC-32C per 64 KiB page, checked when a page is first touched, so that a
// cold look-up reads the head and the pages it needs. Layout in index_file.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "omnigraph/error.h"
#include "storage/ids.h"
#include "storage/object_store.h"

namespace omnigraph {

enum class SectionKind : std::uint32_t {
  kSegment = 1,        // what the segment is; layout in segment_layout.cc
  kDirectory = 2,      // key: column. ColumnDirectory
  kByTarget = 3,       // edge rows ordered by (_dst, _src): a permutation (sorted_column.h)
  kTargetSamples = 4,  // _dst of every 1,024th entry of the order by target: u32 each
  kTuples = 5,         // key: number of the @unique group in kSegment. TupleIndex
  kSorted = 7,         // key: property. A permutation
  kIds = 8,            // edges whose ids are no run: TupleIndex by hash of id
};

// Collects sections and lays them out. Not thread-safe.
class IndexFileBuilder {
 public:
  explicit IndexFileBuilder(SegmentId segment) : segment_(segment) {}
  void add(SectionKind kind, std::uint32_t key, std::string bytes);
  // The whole object. Frees the sections.
  std::string finish();

 private:
  struct Section {
    SectionKind kind;
    std::uint32_t key;
    std::string bytes;
  };
  SegmentId segment_;
  std::vector<Section> sections_;
};

// Thread-safe.
class IndexFile {
 public:
  // Reads [offset, offset + length) of the object, all of it or an error.
  using Read = std::function<Result<Bytes>(std::uint64_t offset, std::uint64_t length)>;

  // Whether equal reads give the same memory (a mapped file), so that a page is checked once, or
  // bytes that travelled anew, so that each read is.
  enum class Reads : std::uint8_t { kMapped, kFetched };

  // `length` is what the segment's reference says. `name` goes into messages. Reads the head only.
  // Error kCorrupt, kUnsupportedFormat, or what `read` returned.
  static Result<std::shared_ptr<const IndexFile>> open(std::string name, SegmentId segment,
                                                       std::uint64_t length, Reads reads,
                                                       Read read);

  bool has(SectionKind kind, std::uint32_t key = 0) const { return find(kind, key) != nullptr; }
  std::uint64_t size(SectionKind kind, std::uint32_t key = 0) const;
  // Of the sections of a kind, in their order in the file.
  std::vector<std::uint32_t> keys(SectionKind kind) const;
  // A whole section; kCorrupt when it is not there.
  Result<Bytes> section(SectionKind kind, std::uint32_t key = 0) const;
  // Part of a section that lies inside it (asserted by kCorrupt).
  Result<Bytes> part(SectionKind kind, std::uint32_t key, std::uint64_t offset,
                     std::uint64_t length) const;

 private:
  struct Section {
    SectionKind kind;
    std::uint32_t key;
    std::uint64_t offset, length;
  };
  const Section* find(SectionKind kind, std::uint32_t key) const;
  Result<Bytes> checked(std::uint64_t offset, std::uint64_t length) const;
  Error damaged(std::string_view what) const;

  std::string name_;
  std::uint64_t length_ = 0, data_start_ = 0;
  std::vector<Section> sections_;
  std::vector<std::uint32_t> crcs_;
  std::unique_ptr<std::atomic<bool>[]> checked_;  // per page of a mapped file
  Read read_;
};

}  // namespace omnigraph
