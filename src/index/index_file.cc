// Layout, little-endian:
//   "OGIX", u32 version (1), u64 file bytes, u32 head bytes, u32 sections (at most 65,536),
//   u32 pages, u32 0, u64 segment id high, u64 low
//   per section: u32 kind, u32 key, u64 offset in the file, u64 bytes
//   per page u32 CRC-32C of its bytes
//   zeros, so that the head is a multiple of 64 bytes; its last four are the CRC-32C of all before
//   data: the sections, each at a multiple of 64, in pages of 64 KiB counted from the head's end
#include "index/index_file.h"

#include <algorithm>
#include <cstring>

#include "common/crc32c.h"
#include "storage/byte_codec.h"

namespace omnigraph {
namespace {

constexpr std::string_view kMagic = "OGIX";
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kPage = 64 * 1024;
constexpr std::uint64_t kAlignment = 64;
constexpr std::size_t kPreamble = 48, kSectionEntry = 24;
constexpr std::uint32_t kMaxSections = 1u << 16;

constexpr std::uint64_t aligned(std::uint64_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

void IndexFileBuilder::add(SectionKind kind, std::uint32_t key, std::string bytes) {
  sections_.push_back({kind, key, std::move(bytes)});
}

std::string IndexFileBuilder::finish() {
  std::uint64_t data = 0;
  for (const Section& section : sections_) data = aligned(data) + section.bytes.size();
  const std::uint64_t pages = (data + kPage - 1) / kPage;
  const std::uint64_t head = aligned(kPreamble + sections_.size() * kSectionEntry + pages * 4 + 4);
  std::string out;
  out.reserve(head + data);
  out += kMagic;
  append_fixed(out, kVersion);
  append_fixed<std::uint64_t>(out, head + data);
  append_fixed(out, static_cast<std::uint32_t>(head));
  append_fixed(out, static_cast<std::uint32_t>(sections_.size()));
  append_fixed(out, static_cast<std::uint32_t>(pages));
  append_fixed<std::uint32_t>(out, 0);
  append_fixed(out, segment_.high);
  append_fixed(out, segment_.low);
  std::uint64_t at = 0;
  for (const Section& section : sections_) {
    at = aligned(at);
    append_fixed(out, static_cast<std::uint32_t>(section.kind));
    append_fixed(out, section.key);
    append_fixed<std::uint64_t>(out, head + at);
    append_fixed<std::uint64_t>(out, section.bytes.size());
    at += section.bytes.size();
  }
  const std::size_t crcs = out.size();
  out.resize(head);
  for (Section& section : sections_) {
    out.resize(head + aligned(out.size() - head));
    out += section.bytes;
    std::string().swap(section.bytes);
  }
  sections_.clear();
  for (std::uint64_t page = 0; page < pages; ++page) {
    const std::uint64_t begin = head + page * kPage;
    const std::uint32_t crc = crc32c(out.data() + begin, std::min(kPage, out.size() - begin));
    std::memcpy(out.data() + crcs + page * 4, &crc, 4);
  }
  const std::uint32_t head_crc = crc32c(out.data(), head - 4);
  std::memcpy(out.data() + head - 4, &head_crc, 4);
  return out;
}

Error IndexFile::damaged(std::string_view what) const {
  return corrupt("object '" + name_ + "' is damaged: " + std::string(what) +
                 "; run `omnigraph repair` or restore the object from a copy");
}

Result<std::shared_ptr<const IndexFile>> IndexFile::open(std::string name, SegmentId segment,
                                                         std::uint64_t length, Reads reads,
                                                         Read read) {
  auto file = std::make_shared<IndexFile>();
  file->name_ = std::move(name);
  file->length_ = length;
  file->read_ = std::move(read);
  if (length < kPreamble) return file->damaged("too short for a head");
  OG_ASSIGN_OR_RETURN(Bytes head, file->read_(0, std::min(length, kPage)));
  if (head.data.substr(0, 4) != kMagic) return file->damaged("no index file");
  const auto version = load_fixed<std::uint32_t>(head.data.data() + 4);
  const auto head_bytes = load_fixed<std::uint32_t>(head.data.data() + 16);
  // The version counts only once the checksum holds.
  if (head_bytes < kPreamble + 4 || head_bytes > length || head_bytes % kAlignment != 0) {
    return file->damaged("a head of impossible size");
  }
  if (head_bytes > head.data.size()) {
    OG_ASSIGN_OR_RETURN(head, file->read_(0, head_bytes));
  }
  const std::string_view bytes = head.data.substr(0, head_bytes);
  if (crc32c(bytes.substr(0, head_bytes - 4)) !=
      load_fixed<std::uint32_t>(bytes.data() + head_bytes - 4)) {
    return file->damaged("its head does not match its checksum");
  }
  if (version != kVersion) {
    return Error(ErrorCode::kUnsupportedFormat,
                 "object '" + file->name_ + "' has format " + std::to_string(version) +
                     ", this build reads format 1; open the graph with a newer build");
  }
  ByteReader in(bytes.substr(8));
  const auto file_bytes = in.fixed<std::uint64_t>();
  static_cast<void>(in.fixed<std::uint32_t>());
  const auto sections = in.fixed<std::uint32_t>();
  const auto pages = in.fixed<std::uint32_t>();
  static_cast<void>(in.fixed<std::uint32_t>());
  const SegmentId id{in.fixed<std::uint64_t>(), in.fixed<std::uint64_t>()};
  if (file_bytes != length) return file->damaged("it is not as long as it was written");
  if (id != segment) return file->damaged("it belongs to segment " + id.text());
  if (sections > kMaxSections || pages != (length - head_bytes + kPage - 1) / kPage ||
      aligned(kPreamble + sections * kSectionEntry + std::uint64_t{pages} * 4 + 4) != head_bytes) {
    return file->damaged("a head that does not fit its tables");
  }
  file->data_start_ = head_bytes;
  for (std::uint32_t i = 0; i < sections; ++i) {
    Section section{};
    section.kind = static_cast<SectionKind>(in.fixed<std::uint32_t>());
    section.key = in.fixed<std::uint32_t>();
    section.offset = in.fixed<std::uint64_t>();
    section.length = in.fixed<std::uint64_t>();
    if (section.offset < head_bytes || section.offset > length ||
        section.length > length - section.offset) {
      return file->damaged("a section outside the file");
    }
    file->sections_.push_back(section);
  }
  file->crcs_.resize(pages);
  for (std::uint32_t& crc : file->crcs_) crc = in.fixed<std::uint32_t>();
  if (reads == Reads::kMapped) file->checked_ = std::make_unique<std::atomic<bool>[]>(pages);
  return std::shared_ptr<const IndexFile>(std::move(file));
}

const IndexFile::Section* IndexFile::find(SectionKind kind, std::uint32_t key) const {
  for (const Section& section : sections_) {
    if (section.kind == kind && section.key == key) return &section;
  }
  return nullptr;
}

std::vector<std::uint32_t> IndexFile::keys(SectionKind kind) const {
  std::vector<std::uint32_t> out;
  for (const Section& section : sections_) {
    if (section.kind == kind) out.push_back(section.key);
  }
  return out;
}

std::uint64_t IndexFile::size(SectionKind kind, std::uint32_t key) const {
  const Section* section = find(kind, key);
  return section != nullptr ? section->length : 0;
}

Result<Bytes> IndexFile::section(SectionKind kind, std::uint32_t key) const {
  return part(kind, key, 0, size(kind, key));
}

Result<Bytes> IndexFile::part(SectionKind kind, std::uint32_t key, std::uint64_t offset,
                              std::uint64_t length) const {
  const Section* section = find(kind, key);
  if (section == nullptr) return damaged("it lacks a section");
  if (offset > section->length || length > section->length - offset) {
    return damaged("a section is shorter than what it should hold");
  }
  return checked(section->offset + offset, length);
}

Result<Bytes> IndexFile::checked(std::uint64_t offset, std::uint64_t length) const {
  if (length == 0) return Bytes{};
  const std::uint64_t first = (offset - data_start_) / kPage;
  const std::uint64_t last = (offset + length - 1 - data_start_) / kPage;
  const std::uint64_t begin = data_start_ + first * kPage;
  const std::uint64_t end = std::min(length_, data_start_ + (last + 1) * kPage);
  OG_ASSIGN_OR_RETURN(Bytes bytes, read_(begin, end - begin));
  for (std::uint64_t page = first; page <= last; ++page) {
    if (checked_ && checked_[page].load(std::memory_order_relaxed)) continue;
    const std::string_view of_page = bytes.data.substr((page - first) * kPage, kPage);
    if (crc32c(of_page) != crcs_[page]) {
      return damaged("page " + std::to_string(page) + " does not match its checksum");
    }
    if (checked_) checked_[page].store(true, std::memory_order_relaxed);
  }
  bytes.data = bytes.data.substr(offset - begin, length);
  return bytes;
}

}  // namespace omnigraph
