// Stored layout of a segment; varints are LEB128:
//   varint table, varint rows
//   u8     flags: 1 edges, 2 row ids are a column, 4 commit numbers are a column
//   u8     IdForm
//   varint id property (kProperty, else 0); u64 high, u64 low of the id base
//   varint unique groups (at most 4,096); per group varint members, per member varint property
#include "storage/segment_layout.h"

#include "storage/byte_codec.h"

namespace omnigraph {
namespace {

constexpr std::uint8_t kEdges = 1, kRids = 2, kGsns = 4;
constexpr std::uint32_t kMaxGroups = 4096;

}  // namespace

void encode_layout(const SegmentLayout& layout, std::string& out) {
  append_varint(out, layout.table);
  append_varint(out, layout.rows);
  out.push_back(static_cast<char>((layout.is_edge ? kEdges : 0) | (layout.has_rids ? kRids : 0) |
                                  (layout.has_gsns ? kGsns : 0)));
  out.push_back(static_cast<char>(layout.id_form));
  append_varint(out, layout.id_property);
  append_fixed(out, layout.id_base.high);
  append_fixed(out, layout.id_base.low);
  append_varint(out, layout.unique_groups.size());
  for (const auto& group : layout.unique_groups) {
    append_varint(out, group.size());
    for (const PropertyId member : group) append_varint(out, member);
  }
}

Result<SegmentLayout> decode_layout(std::string_view bytes) {
  ByteReader in(bytes);
  SegmentLayout layout;
  layout.table = in.bounded<TypeId>(0xFFFFFFFF);
  layout.rows = in.bounded<std::uint32_t>(0xFFFFFFFF);
  const auto flags = in.fixed<std::uint8_t>();
  const auto form = in.fixed<std::uint8_t>();
  layout.id_property = in.bounded<PropertyId>(0xFFFFFFFF);
  layout.id_base.high = in.fixed<std::uint64_t>();
  layout.id_base.low = in.fixed<std::uint64_t>();
  const auto groups = in.bounded<std::uint32_t>(kMaxGroups);
  if (!in.ok() || flags > (kEdges | kRids | kGsns) ||
      form > static_cast<std::uint8_t>(IdForm::kProperty)) {
    return corrupt("segment layout: malformed");
  }
  layout.is_edge = (flags & kEdges) != 0;
  layout.has_rids = (flags & kRids) != 0;
  layout.has_gsns = (flags & kGsns) != 0;
  layout.id_form = static_cast<IdForm>(form);
  for (std::uint32_t g = 0; g < groups; ++g) {
    const auto members = in.bounded<std::uint32_t>(kMaxGroups);
    if (!in.ok() || in.remaining() < members) return corrupt("segment layout: malformed groups");
    auto& group = layout.unique_groups.emplace_back();
    for (std::uint32_t m = 0; m < members; ++m) {
      group.push_back(in.bounded<PropertyId>(0xFFFFFFFF));
    }
  }
  if (!in.ok() || in.remaining() != 0) return corrupt("segment layout: malformed groups");
  return layout;
}

}  // namespace omnigraph
